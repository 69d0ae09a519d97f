"""No export has a key, a header or a secret, of whatever field of a request, in any format."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import get_args
from urllib.parse import quote
from zipfile import ZipFile

import pytest

from tests.reports import parts as report_parts
from worker_widget import Run, RunHistory, WorkerClient, load_run
from worker_widget.errors import RequestRefused
from worker_widget.host.process.threaded import ThreadedHost
from worker_widget.runs.export import ExportFormat

from .asking_worker import AskingWorker

HEADER = "Bearer canary-header-Zebra-4711"
COOKIE = "canary cookie/Gnu+4712=="
GIVEN = "canary-given-Okapi-4713"
QUERY = "canary-query-Tapir-4714"
TASKS = ("digest them", "tell them", "crash with them", "approve; tell them")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedHost]:
    with ThreadedHost(tmp_path_factory.mktemp("host"), {"agui": AskingWorker()}) as running:
        yield running


@pytest.fixture
def client(host: ThreadedHost) -> Iterator[WorkerClient]:
    headers = {"Authorization": HEADER, "Cookie": COOKIE}
    agent = f"http://127.0.0.1:8000/agent?key={QUERY}"
    made = WorkerClient(agui=agent, headers=headers, url=host.url, api_key=host.token)
    yield made
    made.close()


@pytest.fixture
def runs(client: WorkerClient) -> list[Run]:
    """A run with secrets in every field that takes some, and its replay."""
    made = [client.run(task, secrets={"X-Given": GIVEN}) for task in TASKS[:3]]
    asking = client.run(TASKS[3], secrets={"X-Given": GIVEN})
    while not asking.inputs:
        assert not asking.state.over
    asking.answer()
    ended = [run.wait(60) for run in (*made, asking)]
    return [*ended, ended[0].replay(secrets={"X-Given": GIVEN}).wait(60)]


def forms(secret: str) -> set[bytes]:
    """A secret, and its words, as they are and as texts, addresses and bytes can have them."""
    words = {word for word in (secret, *secret.split()) if word not in ("Bearer", "canary")}
    plain = {word.encode() for word in words}
    return plain | {b64encode(word) for word in plain} | {quote(word).encode() for word in words}


def contents(path: Path) -> bytes:
    """The bytes of a file; of a zip what the columns of its Parquet files hold, of a PDF also its text, of a
    report its parts."""
    if path.suffix == ".pdf":
        pypdf = pytest.importorskip("pypdf")
        reader = pypdf.PdfReader(path)
        text = "".join(page.extract_text() for page in reader.pages) + repr(reader.metadata)
        return path.read_bytes() + "".join(text.replace("\u200b", "").split()).encode()
    if path.suffix == ".html":
        html = path.read_text(encoding="utf-8")
        return b"".join([html.encode(), *(part.data for part in report_parts(html))])
    if path.suffix != ".zip":
        return path.read_bytes()
    parquet = pytest.importorskip("pyarrow.parquet")
    texts = []
    with ZipFile(path) as archive:
        for name in archive.namelist():
            with archive.open(name) as file:
                texts.append(repr(parquet.read_table(file).to_pylist()).encode())
    return b"".join(texts)


@pytest.mark.parametrize("format", get_args(ExportFormat))
def test_no_secret_is_in_an_export(
    host: ThreadedHost, client: WorkerClient, runs: list[Run], tmp_path: Path, format: ExportFormat
) -> None:
    if format in ("parquet", "pdf"):
        pytest.importorskip({"parquet": "pyarrow", "pdf": "typst"}[format])
    paths = client.history.export(runs, format, tmp_path)
    assert len(paths) == len(TASKS) + 1
    for path in paths:
        text = contents(path)
        for secret in (host.token, HEADER, COOKIE, GIVEN, QUERY):
            assert [form for form in forms(secret) if form in text] == []
    if format == "json":
        assert b"[secret]" in b"".join(map(contents, paths))
        loaded = load_run(paths[0], in_memory=True)
        again = RunHistory(loaded.store).export(loaded.run_id, "json", tmp_path / "again.json")
        assert GIVEN.encode() not in again.read_bytes()


def test_an_address_with_a_password_is_refused(host: ThreadedHost) -> None:
    address = f"http://me:{GIVEN}@127.0.0.1:8000/agent"
    with pytest.raises(RequestRefused, match="headers=") as error:
        WorkerClient(agui=address, url=host.url, api_key=host.token)
    assert GIVEN not in str(error.value)

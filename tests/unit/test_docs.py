"""The documentation says what the code does."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest

import worker_widget
from tests import brand_docs
from tests.contract.host_support import app_of_routes
from worker_widget import WorkerClient, events
from worker_widget.host.process.threaded import ThreadedHost
from worker_widget.host.runs.installed_workers import GROUP
from worker_widget.host.runs.refusals import Refusal
from worker_widget.host.worker import ValidatedRequest, Worker, WorkerContext, WorkerOption
from worker_widget.sources.worker_api.follow import DEFAULT_PATIENCE

ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs" / "worker-api.md").read_text(encoding="utf-8")
HOST = Path(worker_widget.__file__).parent / "host"
BASE = "/api/v1/workers/{worker}"


def rows(heading: str, level: int = 2) -> Iterator[list[str]]:
    """The cells of the table under ``heading``, without its head."""
    section = re.split(
        r"^##", DOC.partition(f"\n{'#' * level} {heading}\n")[2], maxsplit=1, flags=re.MULTILINE
    )[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    assert len(lines) > 2, f"no table under {heading!r}"
    for line in lines[2:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


def code(text: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", text)


def test_the_times_after_which_a_run_is_over_are_those_of_the_code() -> None:
    stated = {did: f"{after} {end}" for did, end, after in rows("When a run is over", level=3)}
    limits = DEFAULT_PATIENCE
    expected = {
        "sends `run_completed`": (limits.grace_s, 10 * limits.grace_s),
        "lets a stage": (limits.failed_quiet_s,),
        "sends nothing more": (limits.quiet_s,),
        "sends only keepalives": (limits.abandoned_s,),
        "cuts every connection": (limits.quiet_s,),
        "has no events": (limits.empty_s,),
        "no longer has a stream": (limits.lost_s,),
        "was away": (limits.abandoned_s,),
        "sends no byte": (limits.silence_s, limits.first_retry_s, limits.retry_s, limits.longest_retry_s),
        "stays away": (limits.give_up_s,),
        "is busy": (limits.longest_asked_s,),
    }
    for beginning, times in expected.items():
        (text,) = (text for did, text in stated.items() if did.startswith(beginning))
        for seconds in times:
            assert re.search(rf"(?<![\d.]){seconds:g} s\b", text), (beginning, seconds)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", DOC, re.MULTILINE | re.DOTALL)


def served() -> set[tuple[str, str]]:
    """Method and path of every route of the host."""
    paths = app_of_routes().openapi()["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


def test_it_lists_the_routes_of_the_host() -> None:
    documented = set()
    for route, _, here, _ in rows("Routes"):
        method, path = code(route)[0].split(" ")
        if here == "yes":
            documented.add((method, path if path.startswith(("/api/", "/v1/")) else BASE + path))
    assert documented == served()


def test_it_lists_the_fields_of_a_run_request() -> None:
    fields = ValidatedRequest.model_fields
    documented = {code(name)[0]: default for name, _, default, _ in rows("The run request")}
    assert list(documented) == list(fields)
    for name, default in documented.items():
        shown = code(default)[0] if code(default) else default
        wanted = (
            "required" if fields[name].is_required() else fields[name].get_default(call_default_factory=True)
        )
        assert shown == {None: "null", True: "true", False: "false"}.get(_hashable(wanted), str(wanted)), name


def test_it_lists_the_fields_of_a_brand() -> None:
    documented = [(code(name)[0], *rest) for name, *rest in rows("The brand")]
    assert documented == brand_docs.table_rows(), "Run `python -m tests.brand_docs`."


def test_it_lists_the_fields_of_an_option() -> None:
    documented = [name for names, _, _ in rows("Options", level=3) for name in code(names)]
    assert documented == list(WorkerOption.__struct_fields__)


def _hashable(value: Any) -> Any:
    return str(value) if isinstance(value, dict) else value


def test_it_lists_the_events_and_their_fields() -> None:
    documented = {code(name)[0]: code(fields) for name, fields, _ in rows("Events")}
    assert documented == {name: list(payload.__struct_fields__) for name, payload in events.PAYLOADS.items()}


def test_it_lists_the_statuses_of_all_refusals() -> None:
    documented = {int(status) for status, _ in rows("Errors")}
    named = re.findall(r"HTTPStatus\.([A-Z_]+)", "".join(path.read_text() for path in HOST.rglob("*.py")))
    assert documented == {HTTPStatus[name] for name in named if HTTPStatus[name] >= 400}
    assert documented >= {kind.status for kind in Refusal.__subclasses__()}


def test_the_entry_point_is_in_the_group_the_host_reads() -> None:
    (project,) = map(tomllib.loads, blocks("toml"))
    assert list(project["project"]["entry-points"]) == [GROUP]


@pytest.fixture
def own_worker(tmp_path: Path) -> Worker:
    """The worker of the example, made as the host makes it."""
    (source, *_) = blocks("python")
    scope: dict[str, Any] = {}
    exec(compile(source, "docs/worker-api.md", "exec"), scope)
    (project,) = map(tomllib.loads, blocks("toml"))
    ((worker_id, target),) = project["project"]["entry-points"][GROUP].items()
    worker: Worker = scope[target.rpartition(":")[2]](WorkerContext(tmp_path))
    assert worker.info.id == worker_id
    return worker


def test_the_example_of_an_own_worker_runs(own_worker: Worker, tmp_path: Path) -> None:
    with ThreadedHost(tmp_path, {own_worker.info.id: own_worker}) as host:
        client = WorkerClient(own_worker.info.id, url=host.url, api_key=host.token)
        try:
            run = client.run("Count the words of this task", shout=True).wait()
            assert (run.status, run.error) == ("completed", None)
            assert run.artifacts["words.md"].text == "# 6 WORDS\n"
            assert list(run.stages()["stage_id"]) == ["count"]
            again = run.replay().wait()
            assert (again.status, again.artifacts["words.md"].text) == ("completed", "# 6 WORDS\n")
        finally:
            client.close()


def test_the_example_refuses_an_option_that_it_does_not_declare(own_worker: Worker, tmp_path: Path) -> None:
    with ThreadedHost(tmp_path, {own_worker.info.id: own_worker}) as host:
        answer = httpx.post(
            f"{host.url}/api/v1/workers/{own_worker.info.id}/run-streaming",
            headers={"X-AOS-Key": host.token},
            json={"task": "Count the words", "options": {"whisper": True}},
        )
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "whisper" in answer.text

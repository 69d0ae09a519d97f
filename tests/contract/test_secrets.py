"""Secrets of a run reach its worker and nothing else: no file, event, answer, log or error has them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .host_support import Api, HostProcess

BASE = "/api/v1/workers/agui"
VALUE = "Bearer tiny-Zebra-4711-never-stored"
KEY = VALUE.split()[1]
SECRETS = {"Authorization": VALUE}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def host(home: Path) -> Iterator[HostProcess]:
    process = HostProcess(home, command=("-m", "tests.contract.asking_worker"))
    yield process
    process.close()


@pytest.fixture(scope="module")
def api(host: HostProcess) -> Iterator[Api]:
    client = host.api()
    client.base = BASE
    with client.http:
        yield client


def files_with(home: Path, text: str) -> list[str]:
    """The files of the home directory that contain the text, also those of SQLite's write-ahead log."""
    return [str(path) for path in home.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def started(api: Api, task: str, **request: Any) -> tuple[str, str]:
    """The id and the whole stream of a run with secrets."""
    run_id = api.start(task, **{"secrets": SECRETS, **request})
    return run_id, str(api.follow(run_id))


def test_the_worker_gets_them(api: Api) -> None:
    run_id, _ = started(api, "digest them")
    digest = hashlib.sha256(VALUE.encode()).hexdigest()
    assert api.get(f"/runs/{run_id}").json()["artifacts"]["digest.txt"] == repr({"Authorization": digest})


@pytest.mark.parametrize("task", ["digest them", "tell them", "crash with them"])
def test_no_file_event_or_answer_has_them(api: Api, home: Path, task: str) -> None:
    run_id, stream = started(api, task)
    assert KEY not in stream
    for path in (f"/runs/{run_id}", f"/events/{run_id}", "/runs"):
        assert KEY not in api.get(path).text
    assert files_with(home, run_id), "the search does not find what is stored"
    assert files_with(home, KEY) == []


def test_an_error_that_quotes_a_secret_says_the_rest(api: Api) -> None:
    run_id, _ = started(api, "tell them")
    assert api.get(f"/runs/{run_id}").json()["error"] == "The agent refused [secret]"


@pytest.mark.parametrize(
    "body",
    [
        b'{"task": "x", "secrets": {"A": "%s"}}' % KEY.encode(),
        b'{"task": "digest", "secrets": {"A": ["%s"]}}' % KEY.encode(),
        b'{"task": "digest", "secrets": "%s"}' % KEY.encode(),
        b'{"task": "digest", "secrets": ["%s"]}' % KEY.encode(),
        b'{"task": "digest", "secrets": {"A": "%s"}, "options": {"no": 1}}' % KEY.encode(),
        b'{"task": "digest", "secrets": {"A": "%s"' % KEY.encode(),
        b'"%s"' % KEY.encode(),
        b'{"task": "digest", "secrets": {"A": "%s"}, "budget": 1}' % (KEY.encode() * 2_000),
    ],
)
@pytest.mark.parametrize("route", ["/run-streaming", "/run", "/replay"])
def test_a_refusal_does_not_repeat_them(api: Api, home: Path, route: str, body: bytes) -> None:
    refused = api.http.post(BASE + route, content=body, headers={"Content-Type": "application/json"})
    assert refused.status_code == 422
    assert KEY not in refused.text
    assert files_with(home, KEY) == []


@pytest.mark.parametrize(
    "body",
    [
        b'{"url": "http://127.0.0.1:1", "model": "m", "key": ["%s"]}' % KEY.encode(),
        b'{"url": "http://127.0.0.1:1", "model": "m", "key": {"a": "%s"}}' % KEY.encode(),
        b'{"key": "%s", "url": 7}' % KEY.encode(),
        b'"%s"' % KEY.encode(),
        b'{"key": "%s"' % KEY.encode(),
    ],
)
def test_a_refused_language_model_does_not_repeat_its_key(api: Api, home: Path, body: bytes) -> None:
    refused = api.http.post("/api/v1/language-model", content=body)
    assert refused.status_code == 422
    assert KEY not in refused.text
    assert files_with(home, KEY) == []


def test_a_worker_that_takes_none_refuses_them(api: Api, tmp_path: Path) -> None:
    scripted = HostProcess(tmp_path)
    try:
        client = scripted.api()
        with client.http:
            refused = client.post("/run-streaming", {"task": "log 1", "secrets": SECRETS})
            assert refused.status_code == 422
            (problem,) = refused.json()["detail"]
            assert problem["loc"] == ["body", "secrets", "Authorization"]
            assert problem["msg"] == "is not a secret of this worker; it takes none"
            assert KEY not in refused.text
    finally:
        scripted.close()


def test_the_worker_list_says_which_it_takes(api: Api) -> None:
    listed = {row["id"]: row for row in api.http.get("/api/v1/workers").json()["workers"]}
    assert listed["agui"]["secrets"] == [{"name": "*", "help": "Headers for the agent.", "required": False}]


def test_a_token_and_a_hash_do_not_depend_on_them(api: Api) -> None:
    one, _ = started(api, "approve-not; nothing")
    other, _ = started(api, "approve-not; nothing", secrets={"Authorization": "another value"})
    tokens = [api.get(f"/runs/{run_id}").json()["replay_token"] for run_id in (one, other)]
    assert tokens[0]["request_context_hash"] == tokens[1]["request_context_hash"]


class TestARunIsRunAgain:
    @pytest.fixture
    def strict(self, host: HostProcess) -> Iterator[Api]:
        client = host.api()
        client.base = "/api/v1/workers/strict"
        with client.http:
            yield client

    def test_without_the_secrets_it_needs_it_is_refused(self, strict: Api) -> None:
        run_id, _ = started(strict, "digest them")
        token = strict.get(f"/runs/{run_id}").json()["replay_token"]
        for refused in (
            strict.post(f"/runs/{run_id}/retry"),
            strict.post(f"/runs/{run_id}/retry", {}),
            strict.post("/replay", {"replay_token": token}),
            strict.post("/run-streaming", {"task": "digest them"}),
        ):
            assert refused.status_code == 422
            (problem,) = refused.json()["detail"]
            assert problem["loc"] == ["body", "secrets", "Authorization"]
            assert "send it with every run" in problem["msg"]

    def test_with_them_it_runs_and_is_identical(self, strict: Api) -> None:
        run_id, _ = started(strict, "digest them")
        token = strict.get(f"/runs/{run_id}").json()["replay_token"]
        retried = strict.post(f"/runs/{run_id}/retry", {"secrets": SECRETS})
        assert retried.status_code == 201
        again = strict.post("/replay", {"replay_token": token, "secrets": SECRETS})
        assert again.status_code == 202
        stream = strict.follow(again.json()["run_id"])
        (verified,) = (frame.data["data"] for frame in stream if frame.event == "replay_verified")
        assert verified["identical"]
        strict.follow(retried.json()["id"])

    def test_without_optional_secrets_it_runs_too(self, api: Api) -> None:
        run_id, _ = started(api, "nothing much")
        retried = api.post(f"/runs/{run_id}/retry")
        assert retried.status_code == 201
        api.follow(retried.json()["id"])

"""What later servers of the worker API do, on the embedded host: posture, retries, open streams and so on."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from worker_widget import cli
from worker_widget.errors import RequestRefused, RunUnknown
from worker_widget.host.process import host_process
from worker_widget.host.process.server import HostSettings
from worker_widget.host.process.threaded import ThreadedHost
from worker_widget.sources.worker_api.client import AsyncWorkerClient
from worker_widget.sources.worker_api.endpoint import Endpoint
from worker_widget.sources.worker_api.endpoint_settings import FixedEndpoint

from .host_support import BASE, Api, events, scripted


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedHost]:
    with ThreadedHost(tmp_path_factory.mktemp("host"), scripted()) as running:
        yield running


@pytest.fixture(scope="module")
def api(host: ThreadedHost) -> Iterator[Api]:
    client = Api(host.url, host.token)
    with client.http:
        yield client


@pytest.mark.parametrize(
    ("request_fields", "strict"),
    [
        ({}, False),
        ({"policy_posture": None}, False),
        ({"policy_posture": "advisory"}, False),
        ({"policy_posture": "strict"}, True),
        ({"strict_mode": True}, True),
        ({"policy_posture": "strict", "strict_mode": True}, True),
        ({"policy_posture": "advisory", "strict_mode": False}, False),
    ],
)
def test_a_posture_is_another_name_for_strict_mode(
    api: Api, request_fields: dict[str, Any], strict: bool
) -> None:
    _, stream = api.finish("log 1", **request_fields)
    assert events(stream)[0].data["data"]["strict_mode"] is strict


@pytest.mark.parametrize(
    ("posture", "strict", "words"),
    [
        ("strict", False, "is strict, but strict_mode is false: give one of the two, or the same in both"),
        ("advisory", True, "is advisory, but strict_mode is true: give one of the two, or the same in both"),
        ("lenient", False, "Input should be 'advisory' or 'strict'"),
    ],
)
def test_a_posture_that_contradicts_strict_mode_is_refused(
    api: Api, posture: str, strict: bool, words: str
) -> None:
    body = {"task": "log 1", "policy_posture": posture, "strict_mode": strict}
    answer = api.post("/run-streaming", body)
    assert answer.status_code == 422
    assert [(each["loc"], each["msg"]) for each in answer.json()["detail"]] == [
        (["body", "policy_posture"], words)
    ]


def test_equal_requests_are_equal_whatever_they_call_strictness(api: Api) -> None:
    tokens = []
    for more in ({"policy_posture": "strict"}, {"strict_mode": True}):
        run_id, _ = api.finish("page <p>the same</p>", **more)
        tokens.append(api.get(f"/runs/{run_id}").json()["replay_token"]["request_context_hash"])
    assert tokens[0] == tokens[1]


def test_the_schema_has_the_fields_of_later_servers(api: Api) -> None:
    schema = api.get("/schema/run").json()["properties"]
    assert schema["policy_posture"]["anyOf"][0]["enum"] == ["advisory", "strict"]
    assert schema["async_mode"]["default"] is False


def test_an_asynchronous_run_answers_at_once_and_has_events(api: Api) -> None:
    answer = api.post("/run", {"task": "hold on", "async_mode": True})
    assert answer.status_code == 202
    assert answer.json()["status"] == "queued"
    run_id = answer.json()["run_id"]
    assert api.post(f"/runs/{run_id}/cancel").status_code == 202
    assert [frame.event for frame in events(api.follow(run_id))][-1] == "run_cancelled"


def test_a_run_that_is_not_asynchronous_answers_at_its_end(api: Api) -> None:
    answer = api.post("/run", {"task": "page <p>done</p>", "async_mode": False}).json()
    assert (answer["status"], answer["artifacts"]) == ("completed", {"landing.html": "<p>done</p>"})


@pytest.mark.parametrize(("task", "status"), [("page <p>x</p>", "completed"), ("fail again", "failed")])
def test_a_retry_is_a_new_run_of_the_same_request(api: Api, task: str, status: str) -> None:
    first, _ = api.finish(task, strict_mode=True, depth="deep", options={"writer": "rules"})
    answer = api.post(f"/runs/{first}/retry")
    assert answer.status_code == 201
    assert set(answer.json()) == {"id", "parent_run_id", "status"}
    assert (answer.json()["parent_run_id"], answer.json()["status"]) == (first, "queued")
    second = answer.json()["id"]
    assert second != first
    reported = [events(api.follow(run_id))[0].data["data"] for run_id in (first, second)]
    assert {**reported[0], "parent_run_id": first} == reported[1]
    assert api.get(f"/runs/{second}").json()["status"] == status


def test_an_active_run_cannot_be_retried_and_an_unknown_one_is_not_there(api: Api) -> None:
    run_id = api.start("hold on")
    answer = api.post(f"/runs/{run_id}/retry")
    assert answer.status_code == 409
    assert "before you start it again" in answer.json()["detail"]
    api.post(f"/runs/{run_id}/cancel")
    api.follow(run_id)
    assert api.post(f"/runs/{run_id}/retry").status_code == 201
    assert api.post("/runs/no-such-run/retry").status_code == 404


async def test_the_client_retries(host: ThreadedHost, api: Api) -> None:
    run_id, _ = api.finish("fail once")
    endpoint = FixedEndpoint(Endpoint(host.url, "/api/v1", host.token))
    client = AsyncWorkerClient(endpoint, "scripted")
    answer = await client.retry(run_id)
    assert answer.run_id not in ("", run_id)
    assert answer.status == "queued"
    with pytest.raises(RunUnknown):
        await client.retry("00000000-0000-4000-8000-000000000000")
    held = api.start("hold on")
    with pytest.raises(RequestRefused, match="still active"):
        await client.retry(held)
    api.post(f"/runs/{held}/cancel")
    await client.aclose()


@pytest.fixture(scope="module")
def open_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedHost]:
    settings = HostSettings(open_streams=True)
    with ThreadedHost(tmp_path_factory.mktemp("open"), scripted(), settings=settings) as running:
        yield running


def stream(url: str, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    with httpx.Client(base_url=url) as client:
        return client.get(path, headers=headers)


def test_a_stream_needs_the_key_unless_the_host_opens_it(
    host: ThreadedHost, api: Api, open_host: ThreadedHost
) -> None:
    closed, _ = api.finish("log 2")
    assert stream(host.url, f"{BASE}/stream/{closed}").status_code == 401
    client = Api(open_host.url, open_host.token)
    run_id, _ = client.finish("log 2")
    answer = stream(open_host.url, f"{BASE}/stream/{run_id}")
    assert answer.status_code == 200
    assert "event: run_completed" in answer.text
    client.http.close()


def test_an_open_stream_opens_nothing_else(open_host: ThreadedHost) -> None:
    client = Api(open_host.url, open_host.token)
    run_id, _ = client.finish("log 2")
    for path in (
        f"{BASE}/events/{run_id}",
        f"{BASE}/runs/{run_id}",
        f"{BASE}/runs",
        f"{BASE}/stream/1",
        f"{BASE}/stream/{run_id}/..",
        f"{BASE}/stream/{run_id[:-1]}",
        "/api/v1/workers",
    ):
        assert stream(open_host.url, path).status_code == 401, path
    with httpx.Client(base_url=open_host.url) as stranger:
        assert stranger.post(f"{BASE}/stream/{run_id}").status_code == 401
    path = f"{BASE}/stream/{run_id}"
    assert stream(open_host.url, path, {"X-AOS-Key": "wrong"}).status_code == 401
    assert stream(open_host.url, path, {"Authorization": "Basic x"}).status_code == 401
    assert stream(open_host.url, path, {"Host": "evil.example"}).status_code == 421
    client.http.close()


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [("http://localhost:8888", True), ("http://127.0.0.1:3000", True), ("https://evil.example", False)],
)
def test_a_page_of_this_computer_can_read_an_open_stream(
    open_host: ThreadedHost, origin: str, allowed: bool
) -> None:
    client = Api(open_host.url, open_host.token)
    run_id, _ = client.finish("log 2")
    answer = stream(open_host.url, f"{BASE}/stream/{run_id}", {"Origin": origin})
    assert answer.status_code == (200 if allowed else 403)
    assert answer.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)
    client.http.close()


def test_open_streams_are_refused_on_an_address_that_others_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def everywhere(port: int) -> socket.socket:
        return socket.create_server(("0.0.0.0", port))

    monkeypatch.setenv("WORKER_WIDGET_HOME", str(tmp_path))
    monkeypatch.setattr(host_process, "listen", everywhere)
    assert cli.main(["host", "--open-streams"]) == host_process.PORT_TAKEN
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert re.search(r"--open-streams is only for 127\.0\.0\.1, .* 0\.0\.0\.0", line)

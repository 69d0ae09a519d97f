"""A newer host takes the place of a running one, whose runs go on."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from worker_widget.host import retired
from worker_widget.sources.worker_api.embedded import EmbeddedHost

from ..killing import until
from .host_support import Api, HostProcess, events

OLD = (
    "-c",
    "from worker_widget import version; version.__version__ = '0.0.1'\n"
    "from tests.contract.host_support import main; main()",
)

Start = Callable[..., HostProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts hosts of one home; whatever still runs is killed in the end."""
    started: list[HostProcess] = []

    def begin(*options: str, command: tuple[str, ...] = ()) -> HostProcess:
        host = HostProcess(tmp_path, *options, **({"command": command} if command else {}))
        started.append(host)
        return host

    yield begin
    for host in started:
        host.close()


def retire(host: HostProcess) -> int:
    """Let a host give its place to another; returns how many runs it still has."""
    with host.api().http as http:
        answer = http.post("/api/v1/retire")
    assert answer.status_code == 200, answer.text
    return int(answer.json()["active_runs"])


def test_its_runs_go_on_and_are_read_and_ended_through_the_new_host(start: Start) -> None:
    old = start()
    with old.api().http, (api := old.api()).http:
        done, _ = api.finish("log 1")
        run_id = api.start("log 3; hold on")
        with api.stream(run_id) as stream:
            seen = list(islice(stream, 1 + 5))
            assert retire(old) == 1
            new = start()
            with (beside := new.api()).http:
                assert beside.get(f"/runs/{run_id}").json()["status"] == "running"
                assert beside.get(f"/runs/{done}").json()["status"] == "completed"
                assert beside.post(f"/runs/{run_id}/retry", {}).status_code == 409
                with beside.stream(run_id, after=2) as other:
                    assert [frame.id for frame in islice(other, 1 + 3)] == [None, 3, 4, 5]
                    assert beside.post(f"/runs/{run_id}/cancel").status_code == 202
                    assert [frame.event for frame in other] == ["run_cancelled", "stream_end"]
                seen += stream
                assert [frame.event for frame in seen[-2:]] == ["run_cancelled", "stream_end"]
                assert old.process.wait(120) == 0
                assert beside.get(f"/runs/{run_id}").json()["status"] == "cancelled"
                assert events(beside.follow(run_id)) == events(seen)
                assert beside.finish("log 1")[1][-1].event == "stream_end"
    assert new.state()["pid"] == new.process.pid, "the old host left its state file alone"
    until(lambda: not list(new.home.glob("retired-*")), "the removal of the old host's file")


def test_it_takes_no_more_runs_and_its_key_is_no_longer_good(start: Start) -> None:
    host = start()
    with (api := host.api()).http:
        api.start("hold on")
        assert retire(host) == 1
        assert api.http.get("/api/v1/health").status_code == 401
        (left,) = retired.living(host.home)
        api.http.headers["X-AOS-Key"] = left.token
        assert api.http.get("/api/v1/health").status_code == 200
        answer = api.post("/run-streaming", {"task": "log 1"})
        assert (answer.status_code, "replaced by another" in answer.text) == (401, True)


def test_one_without_runs_ends_at_once(start: Start) -> None:
    host = start()
    assert retire(host) == 0
    assert host.process.wait(120) == 0
    assert not host.state_path.exists()


@pytest.mark.parametrize("before", [True, False], ids=["before the new host starts", "beside it"])
def test_the_runs_of_a_replaced_host_that_is_killed_have_failed(start: Start, before: bool) -> None:
    old = start()
    with (api := old.api()).http:
        run_id = api.start("log 3; hold on")
        with api.stream(run_id) as stream:
            list(islice(stream, 1 + 5))
        retire(old)
    new = None if before else start()
    if new is not None:
        new.state()
    old.end(signal.SIGKILL)
    new = new or start()
    with (api := new.api()).http:
        assert [frame.event for frame in api.follow(run_id, after=5)] == [
            "connected",
            "run_failed",
            "stream_end",
        ]
        assert "the host was stopped" in api.get(f"/runs/{run_id}").json()["error"]
    until(lambda: not list(new.home.glob("retired-*")), "the removal of the old host's file")


def test_a_host_that_a_person_started_keeps_its_place(start: Start) -> None:
    host = start("host", command=("-m", "worker_widget.cli"))
    with host.api().http as http:
        answer = http.post("/api/v1/retire")
        assert (answer.status_code, "by a person" in answer.text) == (409, True)
        assert http.get("/api/v1/health").status_code == 200


async def test_a_newer_package_replaces_the_host_that_runs(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKER_WIDGET_HOME", str(tmp_path))
    old = start(command=OLD)
    with (api := old.api()).http:
        run_id = api.start("hold on")
        source = EmbeddedHost()
        assert source.news == ""
        endpoint = await source.resolve()
        assert source.news.startswith("A host of version ")
        assert source.news.endswith(
            "took the place of one of version 0.0.1, and ends after its 1 active run."
        )
        state = json.loads((tmp_path / "host.json").read_bytes())
        try:
            assert endpoint.origin.endswith(f":{state['port']}")
            with (beside := Api(endpoint.origin, state["token"])).http:
                assert beside.get(f"/runs/{run_id}").json()["status"] == "running"
            assert old.process.poll() is None, "its run goes on"
        finally:
            os.kill(state["pid"], signal.SIGTERM)

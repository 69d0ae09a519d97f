"""The embedded host as a process: found, refused, killed, stopped, idle."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path

import httpx
import pytest

from worker_widget.host.activity import Activity
from worker_widget.host.process import server
from worker_widget.host.process.server import HostSettings
from worker_widget.host.process.threaded import ThreadedHost
from worker_widget.host.runs.store import RunStore

from ..killing import until
from .host_support import SCRIPTED, Api, HostProcess, ScriptedWorker, events

INTERRUPTED = "The run did not finish: the host was stopped."

Start = Callable[..., HostProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start hosts of one home; whatever still runs is killed in the end."""
    started: list[HostProcess] = []

    def begin(*options: str, command: tuple[str, ...] = SCRIPTED) -> HostProcess:
        host = HostProcess(tmp_path, *options, command=command)
        started.append(host)
        return host

    yield begin
    for host in started:
        host.close()


def refused(host: HostProcess) -> tuple[int, str]:
    """The exit status and the one line of a host that does not start."""
    status = host.process.wait(120)
    lines = host.output().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("worker-widget host: ")
    return status, lines[0]


def listed(api: Api) -> list[str]:
    """The runs of the host, newest first."""
    return [run["run_id"] for run in api.get("/runs").json()["runs"]]


def size_of(home: Path) -> int:
    return (home / "host.db").stat().st_size


class TestBeingFound:
    def test_the_state_file_says_how(self, start: Start, tmp_path: Path) -> None:
        host = start()
        state = host.state()
        assert set(state) == {"pid", "port", "token", "version", "started_at", "language_model", "by_hand"}
        assert state["pid"] == host.process.pid
        assert len(state["token"]) >= 32
        assert stat.S_IMODE(host.state_path.stat().st_mode) == 0o600
        answer = httpx.get(
            f"http://127.0.0.1:{state['port']}/api/v1/health", headers={"X-AOS-Key": state["token"]}
        )
        assert answer.json()["version"] == state["version"]
        for name in ("host.db", "host.log", "host.lock"):
            assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600

    def test_each_start_has_a_token_of_its_own(self, start: Start) -> None:
        first = start()
        token = first.state()["token"]
        first.end()
        assert start().state()["token"] != token

    @pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="reads /proc")
    def test_it_lets_go_of_whoever_started_it(self, start: Start) -> None:
        host = start()
        host.api().http.close()
        assert host.output() == ""  # returns at once: the pipe has no writer any more
        process = Path(f"/proc/{host.process.pid}")
        assert os.readlink(process / "cwd") == "/"
        assert {os.readlink(process / "fd" / number) for number in "012"} == {"/dev/null"}

    def test_the_log_holds_no_token(self, start: Start, tmp_path: Path) -> None:
        host = start()
        api = host.api()
        with api.http:
            api.finish("crash")
            api.http.get("/nowhere", headers={"X-AOS-Key": "a wrong key"})
        token = host.state()["token"]
        host.end()
        log = (tmp_path / "host.log").read_text()
        assert "ZeroDivisionError" in log
        assert "Traceback" in log
        assert token not in log
        assert "a wrong key" not in log


class TestRefusingToStart:
    def test_a_second_host_of_the_same_home(self, start: Start) -> None:
        first = start()
        state = first.state()
        status, line = refused(start())
        assert status == 3
        assert f"port {state['port']}" in line
        assert f"kill {first.process.pid}" in line
        with first.api().http as http:
            assert http.get("/api/v1/health").status_code == 200
        assert first.state() == state

    def test_a_port_that_is_taken(self, start: Start, tmp_path: Path) -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            status, line = refused(start("--port", str(port)))
        assert status == 4
        assert f"port {port} cannot be used" in line
        assert "--port" in line
        assert not (tmp_path / "host.json").exists()

    def test_a_home_that_cannot_be_used(self, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.write_text("not a directory")
        for home in (file, file / "below"):
            host = HostProcess(home)
            try:
                status, line = refused(host)
            finally:
                host.close()
            assert status == 5
            assert str(home) in line
            assert "WORKER_WIDGET_HOME" in line

    @pytest.mark.parametrize("name", ["host.lock", "host.log", "host.json"])
    def test_a_home_where_a_directory_is_in_the_way(self, start: Start, tmp_path: Path, name: str) -> None:
        (tmp_path / name).mkdir()
        status, line = refused(start())
        assert status == 5
        assert str(tmp_path) in line

    def test_a_store_that_is_none(self, start: Start, tmp_path: Path) -> None:
        (tmp_path / "host.db").write_bytes(b"This is no database. " * 100)
        status, line = refused(start())
        assert status == 5
        assert str(tmp_path / "host.db") in line
        assert "move it away" in line

    @pytest.mark.parametrize(
        "options", [("--port", "70000"), ("--port", "x"), ("--idle-minutes", "-1"), ("--idle-minutes", "nan")]
    )
    def test_options_that_make_no_sense(self, start: Start, options: tuple[str, str]) -> None:
        host = start(*options)
        assert host.process.wait(120) == 2
        assert options[0] in host.output()


class TestBeingKilled:
    def test_a_run_in_flight_has_failed_on_the_next_start(self, start: Start) -> None:
        host = start()
        api = host.api()
        with api.http:
            done, _ = api.finish("log 3")
            run_id = api.start("log 200; hold on")
            with api.stream(run_id) as stream:
                seen = list(islice(stream, 1 + 202))
                host.end(signal.SIGKILL)
        assert host.state_path.exists()
        api = start().api()
        with api.http:
            answer = api.get(f"/runs/{run_id}").json()
            assert (answer["status"], answer["success"], answer["error"]) == ("failed", False, INTERRUPTED)
            rest = api.follow(run_id, after=seen[-1].id)
            assert [frame.event for frame in rest] == ["connected", "run_failed", "stream_end"]
            assert rest[1].id == 203
            assert rest[1].data["data"] == {"success": False, "error": INTERRUPTED}
            assert events(api.follow(run_id)) == [*events(seen), rest[1]]
            assert api.get(f"/runs/{done}").json()["status"] == "completed"
            assert api.get("/health").json()["active_runs"] == 0

    def test_nothing_that_a_reader_saw_is_taken_back(self, start: Start) -> None:
        host = start()
        api = host.api()
        with api.http:
            run_id = api.start("log 2000000")
            with api.stream(run_id) as stream:
                seen = list(islice(stream, 2000))
                host.end(signal.SIGKILL)
                with pytest.raises(httpx.RemoteProtocolError):
                    seen.extend(stream)
        api = start().api()
        with api.http:
            stored = events(api.follow(run_id))
        reported = events(seen)
        assert len(reported) >= 1999
        assert stored[: len(reported)] == reported
        assert [frame.id for frame in stored] == list(range(1, len(stored) + 1))
        assert stored[-1].event == "run_failed"


class TestBeingStopped:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
    def test_runs_fail_streams_end_and_nothing_is_left(self, start: Start, number: int) -> None:
        host = start()
        api = host.api()
        with api.http:
            run_id = api.start("log 5; hold on")
            with api.stream(run_id) as stream:
                list(islice(stream, 1 + 7))
                host.process.send_signal(number)
                rest = list(stream)
        assert [frame.event for frame in rest] == ["run_failed", "stream_end"]
        assert rest[0].data["data"]["error"] == INTERRUPTED
        assert host.process.wait(120) == 0
        assert not host.state_path.exists()
        store = RunStore.open(host.home / "host.db")
        run = store.run("scripted", run_id)
        assert run is not None
        assert (run.status, run.error) == ("failed", INTERRUPTED)
        assert json.loads(store.events(run.number, 7)[-1].raw) == rest[0].data
        store.close()

    def test_a_worker_that_does_not_listen_cannot_hold_it(self, start: Start) -> None:
        host = start()
        api = host.api()
        with api.http:
            run_id = api.start("stubborn")
            with api.stream(run_id) as stream:
                list(islice(stream, 3))
                host.process.send_signal(signal.SIGTERM)
                assert [frame.event for frame in stream] == ["log", "run_failed", "stream_end"]
        assert host.process.wait(120) == 0

    def test_the_state_file_of_another_is_left_alone(self, start: Start) -> None:
        host = start()
        host.state()
        host.state_path.write_text('{"pid": 1}')
        host.end()
        assert host.state_path.read_text() == '{"pid": 1}'


class TestIdle:
    def test_it_ends_when_nothing_is_asked(self, start: Start) -> None:
        host = start("--idle-minutes", "0.005")
        assert host.process.wait(120) == 0
        assert not host.state_path.exists()

    def test_a_run_in_flight_keeps_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        begun = threading.Event()
        # No time passes before the run is in flight.
        activity = partial(Activity, lambda: time.monotonic() if begun.is_set() else 0.0)
        monkeypatch.setattr(server, "Activity", activity)
        worker = ScriptedWorker()
        with ThreadedHost(tmp_path, {"scripted": worker}, settings=HostSettings(idle_s=0.1)) as host:
            api = Api(host.url, host.token)
            with api.http:
                api.start("log 1; wait")
                begun.set()
                threading.Event().wait(0.3)
                assert api.get("/health").json()["active_runs"] == 1
                worker.gate.set()
            host.wait()
            with pytest.raises(httpx.ConnectError):
                httpx.get(host.url)


class TestPruning:
    def test_the_file_stays_within_the_size_that_the_settings_name(
        self, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("WORKER_KEEP_SIZE", "3 MB")
        with (api := start().api()).http:
            ids = [api.finish("log 4000")[0] for _ in range(8)]
            until(lambda: len(listed(api)) < 4 and size_of(tmp_path) < 5e6, "the end of the oldest runs")
            left = listed(api)
            assert left == ids[::-1][: len(left)], "the newest are kept"
            assert api.get(f"/runs/{ids[0]}").status_code == 404

    @pytest.mark.parametrize(("name", "value"), [("WORKER_KEEP_RUNS", "2"), ("WORKER_KEEP_DAYS", "1e-9")])
    def test_runs_beyond_the_settings_are_deleted_at_the_start(
        self, start: Start, monkeypatch: pytest.MonkeyPatch, name: str, value: str
    ) -> None:
        host = start()
        with (api := host.api()).http:
            ids = [api.finish("log 1")[0] for _ in range(4)]
        host.end()
        monkeypatch.setenv(name, value)
        with (api := start().api()).http:
            kept = ids[:-3:-1] if name == "WORKER_KEEP_RUNS" else ids[:-2:-1]
            until(lambda: listed(api) == kept, "the end of the oldest runs")


class TestCommandLine:
    def test_the_command_serves_in_the_foreground(self, start: Start) -> None:
        host = start("host", command=("-m", "worker_widget.cli"))
        state = host.state()
        api = host.api()
        with api.http:
            workers = api.http.get("/api/v1/workers").json()["workers"]
        assert [(worker["id"], worker["status"]) for worker in workers] == [
            ("business-builder", "available"),
            ("agui", "beta"),
            ("code-debugger", "coming_soon"),
            ("repo-fixer", "coming_soon"),
        ]
        assert host.end(signal.SIGINT) == 0
        output = host.output()
        assert f"http://127.0.0.1:{state['port']}" in output
        assert state["token"] not in output

    def test_the_module_is_the_same_host(self, start: Start) -> None:
        host = start("--idle-minutes", "0", command=("-m", "worker_widget.host"))
        api = host.api()
        with api.http:
            assert api.http.get("/api/v1/workers/repo-fixer/health").json()["status"] == "unavailable"
        assert host.end() == 0

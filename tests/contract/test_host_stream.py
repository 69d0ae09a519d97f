"""Following a run of the embedded host: joined at any time, cut anywhere, by any number of readers."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from worker_widget.events import RunCancelled, RunFailed
from worker_widget.host.process.server import HostSettings
from worker_widget.host.process.threaded import ThreadedHost
from worker_widget.host.runs import recorder
from worker_widget.host.runs.active_run import ActiveRun
from worker_widget.host.runs.store import Batch, NewRun, RunStore

from .host_support import BASE, Api, Frame, ScriptedWorker, events


@pytest.fixture(scope="module")
def worker() -> ScriptedWorker:
    return ScriptedWorker()


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, worker: ScriptedWorker) -> Iterator[Api]:
    with ThreadedHost(tmp_path_factory.mktemp("host"), {"scripted": worker}) as host:
        client = Api(host.url, host.token)
        with client.http:
            yield client


@pytest.fixture(autouse=True)
def _closed_gate(worker: ScriptedWorker) -> Iterator[None]:
    worker.gate.clear()
    yield
    worker.gate.set()


def ids(stream: list[Frame]) -> list[int]:
    return [frame.id for frame in stream if frame.id is not None]


def until_log(stream: Iterator[Frame], index: int) -> list[Frame]:
    """Read on to the given log line."""
    read = []
    for frame in stream:
        read.append(frame)
        if frame.event == "log" and frame.data["data"]["message"] == f"line {index}":
            break
    return read


def test_numbers_count_from_one_without_a_gap(api: Api) -> None:
    _, stream = api.finish("log 3000; page <p>")
    assert ids(stream) == list(range(1, len(events(stream)) + 1))
    assert len(events(stream)) > 3000
    assert [stream[0].event, stream[-1].event] == ["connected", "stream_end"]


@pytest.mark.parametrize("way", ["header", "query"])
def test_a_finished_run_resumes_after_any_event(api: Api, way: str) -> None:
    run_id, whole = api.finish("log 9")
    reported = events(whole)
    for seen in range(len(reported) + 1):
        if way == "header":
            stream = api.follow(run_id, after=seen)
        else:
            answer = api.get(f"/stream/{run_id}", params={"after": seen})
            assert answer.text.count("\nid: ") == len(reported) - seen
            continue
        assert events(stream) == reported[seen:]
        assert (stream[0].event, stream[-1].event) == ("connected", "stream_end")


def test_where_both_say_the_header_wins(api: Api) -> None:
    run_id, whole = api.finish("log 9")
    answer = api.get(f"/stream/{run_id}", params={"after": 2}, headers={"Last-Event-ID": "11"})
    assert answer.text.count("\nid: ") == 1
    assert len(events(whole)) == 12


@pytest.mark.parametrize("seed", range(3))
def test_a_live_run_that_is_cut_again_and_again_arrives_whole(api: Api, seed: int) -> None:
    random = Random(seed)
    run_id = api.start("log 4000; page <p>done</p>")
    got: list[Frame] = []
    cuts = 0
    while not got or got[-1].event != "run_completed":
        last = got[-1].id if got else None
        with api.stream(run_id, after=last) as stream:
            got += events(list(islice(stream, random.randint(1, 1500))))
        cuts += 1
    assert ids(got) == list(range(1, len(got) + 1))
    assert cuts > 3
    assert [frame.data for frame in got] == api.get(f"/events/{run_id}").json()["events"]


def test_all_readers_see_the_same_whenever_they_join(api: Api, worker: ScriptedWorker) -> None:
    run_id = api.start("log 30; wait; log 30; page <p>")
    with api.stream(run_id) as early:
        first = until_log(early, 29)
        with api.stream(run_id) as late:
            second = until_log(late, 29)
            assert events(second) == events(first)
            worker.gate.set()
            first += early
            second += late
    assert first == second
    assert events(first) == events(api.follow(run_id))
    assert first[-1].event == "stream_end"


def test_a_reader_that_hangs_holds_nobody_up_and_loses_nothing(api: Api) -> None:
    run_id = api.start("log 30000")
    with api.stream(run_id) as hanging:
        first = list(islice(hanging, 2))
        _, other = api.finish("log 20")
        assert len(events(other)) == 23
        assert len(events(api.follow(run_id))) == 30_003
        assert ids(first + list(hanging)) == list(range(1, 30_004))


def test_a_reader_that_leaves_ends_neither_the_run_nor_the_others(api: Api, worker: ScriptedWorker) -> None:
    run_id = api.start("log 5; wait; log 5")
    with api.stream(run_id) as staying:
        seen = until_log(staying, 4)
        with api.stream(run_id) as leaving:
            until_log(leaving, 4)
        worker.gate.set()
        seen += staying
    assert seen[-2].event == "run_completed"


@pytest.mark.parametrize(("header", "query"), [("x", None), ("-1", None), (None, "x"), (None, "-1")])
def test_a_number_that_is_none_is_refused(api: Api, header: str | None, query: str | None) -> None:
    run_id, _ = api.finish("log 1")
    answer = api.get(
        f"/stream/{run_id}",
        params={} if query is None else {"after": query},
        headers={} if header is None else {"Last-Event-ID": header},
    )
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][-1] == ("last-event-id" if query is None else "after")


def test_a_number_that_was_never_told_is_refused(api: Api) -> None:
    run_id, _ = api.finish("log 1")
    for number in (5, 10**30):
        answer = api.get(f"/stream/{run_id}", params={"after": number})
        assert answer.status_code == 422
        assert "has 4 events" in answer.json()["detail"][0]["msg"]


def test_a_quiet_stream_is_kept_alive(tmp_path: Path) -> None:
    worker = ScriptedWorker()
    settings = HostSettings(keepalive_s=0.02)
    with ThreadedHost(tmp_path, {"scripted": worker}, settings=settings) as host:
        api = Api(host.url, host.token)
        with api.http, api.http.stream("GET", f"{BASE}/stream/{api.start('log 1; wait; log 1')}") as answer:
            text = ""
            for chunk in answer.iter_text():
                text += chunk
                if text.count(": keepalive\n\n") == 3:
                    worker.gate.set()
    assert text.count("event: log\n") == 2
    assert text.endswith("\n\n")
    assert "event: stream_end\n" in text


def test_a_run_deleted_under_its_reader_is_not_told_as_whole(api: Api) -> None:
    run_id = api.start("log 80000")
    while api.get(f"/runs/{run_id}").json()["status"] != "completed":
        pass
    with api.http.stream("GET", f"{BASE}/stream/{run_id}") as answer:
        chunks = answer.iter_raw()
        next(chunks)
        assert api.http.delete(f"{BASE}/runs/{run_id}").status_code == 200
        rest = b"".join(chunks)
    assert b"event: run_completed\n" not in rest
    assert b"event: stream_end\n" not in rest
    assert api.get(f"/stream/{run_id}").status_code == 404


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """While this is set, the run store of the host cannot be written."""
    full = threading.Event()
    write = RunStore.write

    def write_while_there_is_room(store: RunStore, batch: Batch) -> None:
        if full.is_set():
            raise sqlite3.OperationalError("database or disk is full")
        write(store, batch)

    monkeypatch.setattr(recorder, "RETRY_S", 0.01)
    monkeypatch.setattr(RunStore, "write", write_while_there_is_room)
    return full


def test_a_run_goes_on_while_the_disk_is_full_and_is_stored_once_it_is_not(
    api: Api, worker: ScriptedWorker, full: threading.Event
) -> None:
    run_id = api.start("log 2; wait; log 200; wait; page x")
    with api.stream(run_id) as stream:
        seen = until_log(stream, 1)
        full.set()
        first, worker.gate = worker.gate, threading.Event()
        first.set()
        for frame in stream:
            seen.append(frame)
            if frame.event == "run_warning":
                worker.gate.set()
            if frame.event == "run_completed":
                break
        assert api.get(f"/runs/{run_id}").json()["status"] == "running", "its end is not stored"
        with api.stream(run_id) as other:
            again = []
            for frame in other:
                again.append(frame)
                if frame.event == "run_completed":
                    break
        assert ids(again) == ids(seen), "who comes later reads from memory, too"
        full.clear()
        seen += stream
    assert seen[-1].event == "stream_end"
    assert ids(seen) == list(range(1, len(ids(seen)) + 1))
    (warning,) = (frame.data["data"] for frame in seen if frame.event == "run_warning")
    assert warning["code"] == "not_stored"
    assert "database or disk is full" in warning["message"]
    assert sum(frame.event == "log" for frame in seen) == 202
    assert ids(api.follow(run_id)) == ids(seen)
    assert api.get(f"/runs/{run_id}").json()["status"] == "completed"


def test_a_run_of_which_too_much_cannot_be_stored_fails_and_loses_no_event(
    api: Api, worker: ScriptedWorker, full: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, stopped = ActiveRun.stop, threading.Event()

    def noted_stop(run: ActiveRun, event: RunCancelled | RunFailed) -> None:
        stop(run, event)
        stopped.set()

    monkeypatch.setattr(ActiveRun, "stop", noted_stop)
    monkeypatch.setattr(recorder, "UNSTORED_BYTES", 10_000)
    run_id = api.start("log 2; wait; log 500; hold on")
    with api.stream(run_id) as stream:
        seen = until_log(stream, 1)
        full.set()
        worker.gate.set()
        assert stopped.wait(120)
        full.clear()
        seen += stream
    assert [frame.event for frame in seen[-2:]] == ["run_failed", "stream_end"]
    assert "database or disk is full" in seen[-2].data["data"]["error"]
    assert sum(frame.event == "log" for frame in seen) == 502
    assert ids(seen) == list(range(1, len(ids(seen)) + 1))


def test_a_run_that_cannot_be_stored_is_not_started(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def add_nothing(store: RunStore, run: NewRun) -> None:
        raise sqlite3.OperationalError("attempt to write a readonly database")

    before = api.get("/runs").json()
    with monkeypatch.context() as patch:
        patch.setattr(RunStore, "add", add_nothing)
        answer = api.post("/run-streaming", {"task": "log 1"})
    assert answer.status_code == 503
    assert "readonly database" in answer.json()["detail"]
    assert api.get("/health").json()["active_runs"] == 0
    assert api.get("/runs").json() == before


def test_many_readers_at_once(api: Api, worker: ScriptedWorker) -> None:
    run_id = api.start("log 500; wait; log 500")
    seen: list[list[int]] = []
    readers = [
        threading.Thread(target=lambda: seen.append(ids(api.follow(run_id))), daemon=True) for _ in range(8)
    ]
    for reader in readers:
        reader.start()
    worker.gate.set()
    for reader in readers:
        reader.join(120)
    assert seen == [list(range(1, 1004))] * 8

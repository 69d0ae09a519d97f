"""The runs of a server come into the history, over real sockets, whatever interrupts that."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from worker_widget import HostUnreachable, RunHistory, WorkerClient
from worker_widget.errors import KeyRefused
from worker_widget.host.process.threaded import ThreadedHost
from worker_widget.runs import syncing
from worker_widget.store.event_store import EventStore

from .host_support import Api, scripted
from .quirky_server import CUT, QuirkyServer, Reply, Stream

WORKER = "business-builder"
BASE = f"/api/v1/workers/{WORKER}"
HEALTHY = Reply(body={"status": "healthy"})


@pytest.fixture
def host(tmp_path: Path) -> Iterator[ThreadedHost]:
    with ThreadedHost(tmp_path, scripted()) as running:
        yield running


@pytest.fixture
def store() -> Iterator[EventStore]:
    memory = EventStore.memory()
    yield memory
    memory.close()


@pytest.fixture
def api(host: ThreadedHost) -> Iterator[Api]:
    made = Api(host.url, host.token)
    yield made
    made.http.close()


def sync(host: ThreadedHost, store: EventStore, **bounds: Any) -> syncing.Synced:
    return RunHistory(store).sync(url=host.url, api_key=host.token, worker="scripted", **bounds)


def test_ended_runs_of_a_server_are_in_the_history_whole(
    host: ThreadedHost, api: Api, store: EventStore
) -> None:
    made = [api.finish(task)[0] for task in ("page <p>Bread</p>", "log 300", "fail no flour")]
    going = api.start("hold on")
    synced = sync(host, store)
    assert set(synced.added) == set(made)
    assert (synced.complete, synced.running, synced.failed, synced.more) == (0, 1, {}, False)
    records = {record.task: record for record in store.runs()}
    assert [records[task].status for task in ("page <p>Bread</p>", "log 300", "fail no flour")] == [
        "completed",
        "completed",
        "failed",
    ]
    page = records["page <p>Bread</p>"]
    assert (page.artifacts, page.worker, page.origin) == (1, "scripted", host.url)
    assert page.replay_token is not None
    assert store.artifact_text(page.run_id, "landing.html") == "<p>Bread</p>"
    assert store.log_total(records["log 300"].run_id) >= 300
    assert store.run(going) is None
    assert [record.run_id for record in store.runs()] == made[::-1], "in the order of their creation there"
    api.post(f"/runs/{going}/cancel")


def test_complete_runs_are_not_read_again_and_deleted_ones_stay_deleted(
    host: ThreadedHost, api: Api, store: EventStore
) -> None:
    first, second = (api.finish("log 1")[0] for _ in range(2))
    sync(host, store)
    store.trash(second)
    third = api.finish("log 2")[0]
    synced = sync(host, store)
    assert (synced.added, synced.complete) == ((third,), 2)
    assert {record.run_id for record in store.runs()} == {first, third}


def test_only_the_newest_runs_and_those_since_a_time_are_brought(
    host: ThreadedHost, api: Api, store: EventStore
) -> None:
    runs = [api.finish("log 1")[0] for _ in range(4)]
    assert sync(host, store, limit=1).added == (runs[3],)
    store.delete(runs[3])
    with pytest.raises(ValueError, match="is not a time"):
        sync(host, store, since="yesterday")
    assert sync(host, store, since="2999-01-01") == syncing.Synced()
    assert len(sync(host, store, since="2020-01-01").added) == 4


def test_runs_beyond_the_limits_of_the_settings_are_not_brought(
    host: ThreadedHost, api: Api, store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [api.finish("log 1")[0] for _ in range(3)]
    monkeypatch.setenv("WORKER_KEEP_RUNS", "2")
    assert set(sync(host, store).added) == set(runs[1:])
    monkeypatch.setenv("WORKER_KEEP_DAYS", "1e-10")
    assert sync(host, store) == syncing.Synced()


def test_a_client_brings_the_runs_of_its_server(host: ThreadedHost, api: Api) -> None:
    run_id = api.finish("log 1")[0]
    client = WorkerClient("scripted", url=host.url, api_key=host.token)
    assert client.sync().added == (run_id,), "of all workers"
    assert client.get(run_id).success
    client.close()


def test_an_interrupted_call_keeps_what_arrived_and_the_next_continues(
    host: ThreadedHost, api: Api, store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [api.finish("log 20000")[0] for _ in range(3)]

    def interrupted(self: Any, words: str, done: int, total: int) -> None:
        if "interrupted" in words:
            shown.append(words)
        elif total:
            raise KeyboardInterrupt

    shown: list[str] = []
    monkeypatch.setattr(syncing, "_SHOW_EVERY_S", 0.001)
    with monkeypatch.context() as patch:
        patch.setattr(syncing.ProgressLine, "show", interrupted)
        with pytest.raises(KeyboardInterrupt):
            sync(host, store)
    assert "sync() again continues" in shown[-1]
    synced = sync(host, store)
    assert set(runs) == {record.run_id for record in store.runs(status="completed")}
    assert len(synced.added) + synced.complete == 3
    assert all(store.log_total(run_id) >= 20_000 for run_id in runs)


def test_a_wrong_key_is_named(host: ThreadedHost, store: EventStore) -> None:
    with pytest.raises(KeyRefused):
        RunHistory(store).sync(url=host.url, api_key="wrong", worker="scripted")
    assert store.runs() == []


def test_a_server_that_is_down_is_named(store: EventStore) -> None:
    with pytest.raises(HostUnreachable):
        RunHistory(store).sync(url="http://127.0.0.1:9", api_key="k", worker="w")


def item(run_id: str, status: str = "completed", **fields: Any) -> dict[str, Any]:
    created = "2026-11-22T07:49:19"
    return {"run_id": run_id, "task": "Bread", "status": status, "created_at": created, **fields}


def frame(kind: str, **data: Any) -> bytes:
    body = {"type": kind, "timestamp": "2026-11-22T07:49:20Z", "data": data}
    return f"event: {kind}\ndata: {json.dumps(body)}\n\n".encode()


def quirky(server: QuirkyServer, store: EventStore, **bounds: Any) -> syncing.Synced:
    return RunHistory(store).sync(url=server.origin, api_key="k", worker=WORKER, **bounds)


async def test_a_server_of_the_first_generation_is_read_as_far_as_it_lists(store: EventStore) -> None:
    async with QuirkyServer() as server:
        server.on("GET", f"{BASE}/health", HEALTHY)
        refused = Reply(422, {"detail": [{"loc": ["query", "limit"], "msg": "at most 100"}]})
        listed = [item("cut"), item("gone"), item("going", "running"), *(item(f"r{n}") for n in range(97))]
        server.on("GET", f"{BASE}/runs", refused, Reply(body={"runs": listed, "total": 100}))
        done = frame("run_completed", success=True, replay_token={"seed": 1})
        line = frame("log", message="half")
        server.on("GET", f"{BASE}/stream/cut", Stream(line, CUT), Stream(line, done))
        for n in range(97):
            server.on("GET", f"{BASE}/stream/r{n}", Stream(done))
        synced = await asyncio.to_thread(quirky, server, store)
    assert len(synced.added) == 98
    assert (synced.running, synced.more, list(synced.failed)) == (1, True, ["gone"])
    assert "gone" in synced.failed["gone"]
    assert (store.known_run("cut").status, store.log_total("cut")) == ("completed", 1)


def test_what_a_cell_of_a_notebook_shows(
    host: ThreadedHost, api: Api, store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.finish("log 3")
    shown: list[dict[str, str]] = []

    class Handle:
        def update(self, content: dict[str, str], raw: bool) -> None:
            shown.append(content)

    def display(content: dict[str, str], raw: bool, display_id: bool) -> Handle:
        shown.append(content)
        return Handle()

    monkeypatch.setattr("worker_widget.runs.progress_line._in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", display)
    first = sync(host, store)
    assert shown[-1]["text/plain"].startswith("1 of 1 runs · ")
    assert 'value="1" max="1"' in shown[-1]["text/html"]
    assert repr(first) == "<1 runs added, 0 complete before, 0 still running, 0 failed>"
    sync(host, store)
    assert shown[-1]["text/plain"] == "No new runs"

"""Many runs and subscribers at one host: all get every event, and a slow reader costs a bounded amount."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from worker_widget.events import Log
from worker_widget.events.request_models import ValidatedRequest
from worker_widget.host.process.threaded import ThreadedHost
from worker_widget.host.runs.recorder import PENDING_EVENTS
from worker_widget.host.worker import RunContext, RunResult

from ..subscribers import watch
from .host_support import Api, HostProcess, ScriptedWorker

STALLED_MB = 0.5
"""What a subscriber that reads nothing may cost the host, however long its run is."""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostProcess]:
    host = HostProcess(tmp_path_factory.mktemp("home"), "--idle-minutes", "0")
    host.state()
    yield host
    host.close()


def memory_mb(host: HostProcess) -> float:
    return float(psutil.Process(host.process.pid).memory_info().rss) / 1e6


def finished(api: Api, task: str) -> str:
    run_id, _ = api.finish(task)
    return run_id


@pytest.mark.parametrize("runs", [20, pytest.param(200, marks=pytest.mark.soak)])
async def test_runs_with_two_subscribers_each_all_get_every_event(host: HostProcess, runs: int) -> None:
    with (api := host.api()).http:
        prompt, _ = await watch(api, lambda: [api.start("story 30; log 50") for _ in range(runs)], each=2)
    assert [(one.events, one.whole) for one in prompt] == [(85, True)] * (2 * runs)


@pytest.mark.parametrize("stalled", [20, pytest.param(400, marks=pytest.mark.soak)])
async def test_slow_subscribers_cost_a_bounded_amount_and_lose_nothing(
    host: HostProcess, stalled: int
) -> None:
    with (api := host.api()).http:
        long = finished(api, "log 12000")
        before = memory_mb(host)

        def start() -> list[str]:
            return [api.start("story 30") for _ in range(10)]

        watching = asyncio.create_task(watch(api, start, each=1, stalled=[long] * stalled))
        grown = 0.0
        while not watching.done():
            await asyncio.sleep(0.05)
            grown = max(grown, memory_mb(host) - before)
        prompt, late = await watching
    assert [(one.events, one.whole) for one in prompt] == [(35, True)] * 10
    assert [(one.events, one.whole) for one in late] == [(12_003, True)] * stalled
    assert grown < 30 + stalled * STALLED_MB


@pytest.mark.parametrize("events", [100_000, pytest.param(20_000_000, marks=pytest.mark.soak)])
def test_a_flood_of_events_does_not_make_the_host_grow(host: HostProcess, events: int) -> None:
    with (api := host.api()).http:
        finished(api, "log 20000")
        before = memory_mb(host)
        run_id = api.start(f"log {events}")
        grown = 0.0
        while api.get(f"/runs/{run_id}").json()["status"] in ("queued", "running"):
            grown = max(grown, memory_mb(host) - before)
        assert api.get("/runs?limit=1").json()["runs"][0]["status"] == "completed"
    assert grown < 60


class NeverYields(ScriptedWorker):
    """Emits its events without giving the event loop a chance, and counts those that are stored then."""

    def __init__(self, store: Path) -> None:
        super().__init__()
        self._store = store
        self.stored = 0

    async def execute(self, request: ValidatedRequest, run: RunContext) -> RunResult:
        for number in range(int(request.task)):
            run.emit(Log(message=f"line {number}"))
        with contextlib.closing(sqlite3.connect(self._store)) as database:
            (self.stored,) = database.execute("SELECT max(last_seq) FROM events").fetchone()
        return RunResult()


def test_the_events_of_a_worker_that_never_yields_do_not_pile_up_in_memory(tmp_path: Path) -> None:
    worker = NeverYields(tmp_path / "host.db")
    with ThreadedHost(tmp_path, {"scripted": worker}) as host, (api := Api(host.url, host.token)).http:
        _, stream = api.finish("50000")
    assert worker.stored > 50_000 - PENDING_EVENTS
    assert [frame.id for frame in stream if frame.id] == list(range(1, 50_003))
    assert stream[-1].event == "stream_end"

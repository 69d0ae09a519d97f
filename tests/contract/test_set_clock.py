"""A clock that is set by an hour during a run changes no duration, no order, no countdown and no limit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest

from tests.any_events import RUN
from tests.recorded import logged
from tests.set_clock import SetClock
from worker_widget import WorkerClient, log, stage, worker
from worker_widget.console.controller import ConsoleController
from worker_widget.events import (
    Event,
    InputRequested,
    Log,
    Payload,
    RunCompleted,
    RunStarted,
    StageCompleted,
    StageFailed,
    StageStarted,
    make,
)
from worker_widget.host.process.threaded import ThreadedHost
from worker_widget.host.runs.inputs import Inputs
from worker_widget.runs import ended_kernels
from worker_widget.runs.live_run import LiveRun
from worker_widget.sources.run_source import EventBatch, StreamLink
from worker_widget.sources.worker_server import WorkerServer
from worker_widget.state.reduce import reduce_all
from worker_widget.steady_clock import SteadyClock, steady_us
from worker_widget.store.event_store import EventStore

from .host_support import Api, ScriptedWorker

MINUTE_US = 60_000_000
GUARD_S = 120.0
AN_HOUR = pytest.mark.parametrize("hours", [1, -1])


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SetClock:
    return SetClock(monkeypatch)


def in_order_and_within_a_minute(times: Sequence[datetime]) -> bool:
    return all(first <= second for first, second in pairwise(times)) and times[-1] - times[0] < timedelta(
        minutes=1
    )


@AN_HOUR
def test_a_run_of_this_kernel_takes_the_time_that_passes(clock: SetClock, hours: int) -> None:
    @worker(stages=["fetch", "rank"])
    def digest(task: str) -> None:
        """Reads feeds."""
        with stage("fetch"):
            log("fetched")
            clock.set(hours=hours)
        with stage("rank"):
            log("ranked")

    run = WorkerClient(digest).run("The news")
    state = run.wait(GUARD_S).state
    assert state.latency_ms is not None
    assert 0 <= state.latency_ms < 60_000
    assert state.started_us is not None
    assert state.ended_us is not None
    assert 0 <= state.ended_us - state.started_us < MINUTE_US
    for row in state.stages:
        assert row.started_us is not None
        assert row.ended_us is not None
        assert 0 <= row.ended_us - row.started_us < MINUTE_US
    axis = run._live.store.time_axis(run.run_id)
    assert max(axis.elapsed_us) < MINUTE_US
    assert max(axis.elapsed_us) == axis.elapsed_us[-1]


@AN_HOUR
def test_a_run_of_the_host_takes_the_time_that_passes(clock: SetClock, tmp_path: Path, hours: int) -> None:
    scripted = ScriptedWorker()
    with ThreadedHost(tmp_path, {"scripted": scripted}) as host:
        api = Api(host.url, host.token)
        with api.http:
            run_id = api.start("log 1; wait; log 2")
            with api.stream(run_id) as stream:
                frames = []
                for frame in stream:
                    frames.append(frame)
                    if frame.event == "log" and not scripted.gate.is_set():
                        clock.set(hours=hours)
                        scripted.gate.set()
            times = [datetime.fromisoformat(frame.data["timestamp"]) for frame in frames if frame.id]
            assert frames[-1].event in ("run_completed", "stream_end")
            assert in_order_and_within_a_minute(times)
            assert 0 <= api.get(f"/runs/{run_id}").json()["total_latency_ms"] < 60_000
            health = api.http.get(f"{host.url}/api/v1/health").json()
            assert 0 <= health["uptime_s"] < 60


@AN_HOUR
async def test_a_question_is_open_for_its_time(clock: SetClock, hours: int) -> None:
    recorded: list[Payload] = []
    inputs = Inputs(recorded.append, lambda: None, streamed=True, clock=SteadyClock())

    def ask(request_id: str) -> asyncio.Task[Any]:
        expires_at = datetime.now(UTC) + clock.ahead + timedelta(minutes=5)
        return asyncio.create_task(
            inputs.ask(
                "Publish?",
                schema=None,
                stage_id=None,
                reason="question",
                expires_at=expires_at,
                request_id=request_id,
            )
        )

    before = ask("before")
    await asyncio.sleep(0)
    clock.set(hours=hours)
    after = ask("after")
    await asyncio.sleep(0)
    for request_id, asked in (("before", before), ("after", after)):
        inputs.answer(request_id, True)
        assert await asyncio.wait_for(asked, GUARD_S) is True
    # A countdown starts from the times of the run's events.
    ends = [data.expires_at for data in recorded if isinstance(data, InputRequested)]
    left = [datetime.fromisoformat(end) - datetime.now(UTC) for end in ends if end is not None]
    assert len(left) == 2
    assert all(timedelta(minutes=4) < item <= timedelta(minutes=5) for item in left)


class Retrying:
    """A server whose clock is an hour ahead, and whose stream is cut."""

    def __init__(self, ahead: timedelta) -> None:
        self.ahead = ahead
        self.cut = asyncio.Event()

    async def events(self, after: str | None) -> AsyncGenerator[EventBatch | StreamLink, None]:
        yield StreamLink("live")
        yield EventBatch([make(RunStarted(task="t"), run_id=RUN, time=datetime.now(UTC) + self.ahead)])
        yield StreamLink("reconnecting", "The connection was cut.", 1, 20.0)
        self.cut.set()
        await asyncio.Event().wait()


@AN_HOUR
@pytest.mark.parametrize("server_hours", [0, 3, -3])
async def test_the_countdown_to_the_next_attempt_is_that_of_the_attempt(
    clock: SetClock, hours: int, server_hours: int
) -> None:
    store = EventStore.memory()
    store.begin(RUN, worker="w", origin="o", time_us=0)
    controller = ConsoleController(
        cast(WorkerServer, None), store, origin="o", worker="w", task="", brand="", changed=lambda: None
    )
    source: Any = Retrying(timedelta(hours=server_hours))
    live = LiveRun(RUN, source=source, store=store, worker="w")
    live.start()
    controller._hold(live)
    await asyncio.wait_for(source.cut.wait(), GUARD_S)
    first = controller.newest
    clock.set(hours=hours)
    shown = controller.newest
    assert shown.link == first.link, "it goes on, and does not start again with each frame"
    assert shown.link.retry_us is not None
    left_us = shown.link.retry_us - (steady_us() + shown.skew_us)
    assert 0 < left_us <= 20_000_000
    await live.stop()


def test_a_kernel_that_ended_before_the_clock_was_set_back_ends_its_run_after_its_events(
    clock: SetClock,
) -> None:
    store = EventStore.memory()
    store.begin(RUN, worker="w", origin="o", time_us=0)
    started = make(RunStarted(task="t"), run_id=RUN, time=datetime.now(UTC))
    store.append(RUN, [started])
    clock.set(hours=-1)
    ended_kernels._settle(store, RUN)
    state = store.state(RUN)
    assert (state.status, state.ended_us) == ("interrupted", started.time_us)


def at(data: Payload, minutes: float) -> Event:
    return make(data, run_id=RUN, time=datetime(2026, 11, 22, 8, tzinfo=UTC) + timedelta(minutes=minutes))


def test_a_servers_clock_that_is_set_back_makes_no_negative_duration() -> None:
    state = reduce_all(
        logged(
            [
                at(RunStarted(task="t"), 0),
                at(StageStarted(stage_id="a"), 1),
                at(StageStarted(stage_id="b"), 1),
                at(Log(message="working"), 2),
                at(StageCompleted(stage_id="a", duration_ms=90_000), -58),
                at(StageFailed(stage_id="b", error="e"), -57),
                at(RunCompleted(success=True), -56),
            ]
        )
    )
    assert state.status == "completed"
    assert state.started_us is not None
    assert (state.ended_us or 0) - state.started_us == 2 * MINUTE_US
    for row in state.stages:
        assert row.ended_us == row.started_us
    assert state.stages[0].duration_ms == 90_000


@AN_HOUR
def test_a_clock_of_a_run_follows_the_time_that_passes_alone(clock: SetClock, hours: int) -> None:
    steady = SteadyClock()
    before = steady.ns()
    clock.set(hours=hours)
    assert before <= steady.ns() < before + 60 * 10**9
    assert abs(steady.now() - datetime.now(UTC)) < timedelta(minutes=1)
    assert abs(SteadyClock().now() - steady.now()) > timedelta(minutes=59)

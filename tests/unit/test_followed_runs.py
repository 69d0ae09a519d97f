"""Consoles and clients that open a run at the same time share one `LiveRun`, whatever happens in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.any_events import RUN
from worker_widget.errors import HistoryError
from worker_widget.runs import followed_runs, live_run
from worker_widget.runs.live_run import LiveRun
from worker_widget.sources.run_source import StreamLink
from worker_widget.store.event_store import EventStore

GUARD_S = 120.0


class LimitedSource:
    """A source in which a time limit passes; ``meanwhile`` is called before the task goes on after it."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self.meanwhile = meanwhile
        self.went_on = asyncio.Event()

    async def events(self, after: str | None) -> AsyncGenerator[StreamLink, None]:
        loop = asyncio.get_running_loop()
        yield StreamLink("live")
        try:
            async with asyncio.timeout(None) as limit:
                limit.reschedule(loop.time())
                self.meanwhile()
                await asyncio.Event().wait()
        except TimeoutError:
            self.went_on.set()
        await asyncio.Event().wait()


def followed_run(meanwhile: Callable[[], object]) -> tuple[LiveRun, LimitedSource]:
    store = EventStore.memory()
    store.begin(RUN, worker="w", origin="o", time_us=0)
    source: Any = LimitedSource(meanwhile)
    live = LiveRun(RUN, source=source, store=store, worker="w")
    followed_runs.follow(live, "o", store)
    return live, source


async def test_a_run_whose_time_limit_passes_just_now_is_still_followed() -> None:
    seen: list[LiveRun | None] = []

    def ask() -> None:
        asyncio.get_running_loop().call_soon(
            lambda: seen.append(followed_runs.followed(live.store, "o", RUN))
        )

    live, source = followed_run(ask)
    await asyncio.wait_for(source.went_on.wait(), GUARD_S)
    assert seen == [live]
    await live.stop()
    assert followed_runs.followed(live.store, "o", RUN) is None


async def test_a_run_whose_time_limit_passes_just_now_can_be_stopped() -> None:
    stopping: list[asyncio.Task[None]] = []
    begun = asyncio.Event()

    def stop() -> None:
        stopping.append(asyncio.create_task(live.stop()))
        begun.set()

    live, _ = followed_run(stop)
    await asyncio.wait_for(begun.wait(), GUARD_S)
    await asyncio.wait_for(stopping[0], GUARD_S)
    assert live.over.done()


async def test_a_run_whose_history_cannot_be_written_is_shared_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = EventStore.open(tmp_path / "history.db")

    def refuse(*_: object, **__: object) -> None:
        raise HistoryError("The disk is full.")

    source: Any = LimitedSource(lambda: None)
    live = LiveRun(RUN, source=source, store=store, worker="w")
    restored = asyncio.Event()
    monkeypatch.setattr(live_run, "FIRST_RETRY_S", 0.01)
    with monkeypatch.context() as full:
        full.setattr(store, "begin", refuse)
        await live.begin(origin="o")
        followed_runs.follow(live, "o", store)
        assert live.store is not store
        assert followed_runs.followed(store, "o", RUN) is live
    live.listen(lambda: restored.set() if live.history_error is None else None)
    await asyncio.wait_for(restored.wait(), GUARD_S)
    assert followed_runs.followed(store, "o", RUN) is live
    await live.stop()
    store.close()

"""Events reach subscribers once they are stored: the bus, the recorder, and idleness."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from worker_widget.host.activity import Activity
from worker_widget.host.runs import recorder
from worker_widget.host.runs.feeds import Bus
from worker_widget.host.runs.recorder import Recorder
from worker_widget.host.runs.store import Batch, RunEnd, RunStore, StoredEvent
from worker_widget.host.runs.store_thread import StoreThread


class Received:
    """A run's events as a stand-in for the store, with a note of each read."""

    def __init__(self, at_once: int = 100) -> None:
        self.events: list[StoredEvent] = []
        self.reads: list[int] = []
        self.at_once = at_once

    def tell(self, count: int) -> int:
        """Returns the number of the last one."""
        start = len(self.events)
        self.events += [StoredEvent(start + n, "log", b"{}") for n in range(1, count + 1)]
        return len(self.events)

    async def read(self, run: int, after: int) -> list[StoredEvent]:
        self.reads.append(after)
        await asyncio.sleep(0)
        return self.events[after : after + self.at_once]


async def collect(stream: AsyncIterator[list[StoredEvent]]) -> list[int]:
    return [event.seq async for batch in stream for event in batch]


class TestBus:
    @pytest.mark.parametrize("after", [0, 1, 149, 150, 151, 299, 300])
    async def test_history_and_live_meet_without_gap_or_overlap(self, after: int) -> None:
        received = Received()
        bus = Bus(received.read)
        feed = bus.open(1)
        bus.publish(1, received.tell(150))
        reader = asyncio.create_task(collect(bus.subscribe(1, feed, after, quiet_s=60)))
        for _ in range(50):
            await asyncio.sleep(0)
            bus.publish(1, received.tell(3))
        bus.close(1)
        assert await reader == list(range(after + 1, 301))

    async def test_what_is_not_published_is_not_read(self) -> None:
        received = Received()
        bus = Bus(received.read)
        feed = bus.open(1)
        received.tell(10)
        reader = asyncio.create_task(collect(bus.subscribe(1, feed, 0, quiet_s=60)))
        for _ in range(10):
            await asyncio.sleep(0)
        assert received.reads == []
        bus.publish(1, 10)
        bus.close(1)
        assert await reader == list(range(1, 11))

    async def test_a_slow_subscriber_reads_no_more_than_it_takes(self) -> None:
        received = Received(at_once=10)
        bus = Bus(received.read)
        stream = bus.subscribe(1, bus.open(1), 0, quiet_s=60)
        bus.publish(1, received.tell(10_000))
        assert len(await anext(stream)) == 10
        bus.publish(1, received.tell(10_000))
        for _ in range(20):
            await asyncio.sleep(0)
        assert received.reads == [0]
        bus.close(1)
        assert await collect(stream) == list(range(11, 20_001))

    async def test_quiet_is_told_as_an_empty_batch(self) -> None:
        received = Received()
        bus = Bus(received.read)
        stream = bus.subscribe(1, bus.open(1), 0, quiet_s=0.001)
        assert await anext(stream) == []
        assert await anext(stream) == []
        bus.publish(1, received.tell(1))
        assert [event.seq for event in await anext(stream)] == [1]
        bus.close(1)
        assert await collect(stream) == []

    async def test_a_deleted_run_ends_its_subscriptions(self) -> None:
        received = Received(at_once=10)
        bus = Bus(received.read)
        stream = bus.subscribe(1, bus.open(1), 0, quiet_s=60)
        bus.publish(1, received.tell(100))
        bus.close(1)
        await anext(stream)
        received.events.clear()
        assert await collect(stream) == []


class FailingStore(RunStore):
    """Fails to write as often as it is set to."""

    failures = 0

    def write(self, batch: Batch) -> None:
        if self.failures:
            self.failures -= 1
            raise sqlite3.OperationalError("database or disk is full")
        super().write(batch)


@asynccontextmanager
async def recording(
    store: RunStore, on_trouble: Callable[[sqlite3.Error], None]
) -> AsyncIterator[tuple[Recorder, Bus]]:
    thread = StoreThread(store)
    bus = Bus(lambda run, after: made.read(run, after))
    made = Recorder(thread, bus, lambda error: None, on_trouble)
    task = asyncio.create_task(made.run())
    try:
        yield made, bus
    finally:
        task.cancel()
        thread.close()


async def test_a_store_that_fails_for_a_while_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "RETRY_S", 0.001)
    store = FailingStore.open(tmp_path / "host.db")
    store.failures = 3
    troubles: list[str] = []
    async with recording(store, lambda error: troubles.append(str(error))) as (writer, bus):
        feed = bus.open(1)
        reader = asyncio.create_task(collect(bus.subscribe(1, feed, 0, quiet_s=60)))
        for seq in range(1, 101):
            writer.event(1, StoredEvent(seq, "log", b"{}"))
            await asyncio.sleep(0)
        writer.ended(RunEnd(1, "failed", False))
        assert await reader == list(range(1, 101))
    assert troubles == ["database or disk is full"], "once, at the first failure"


async def test_many_events_told_at_once_are_read_in_few_batches(tmp_path: Path) -> None:
    async with recording(RunStore.open(tmp_path / "host.db"), lambda _: None) as (writer, bus):
        feed = bus.open(1)
        for seq in range(1, 20_001):
            writer.event(1, StoredEvent(seq, "log", b'{"message":"%s"}' % (b"x" * 100)))
        writer.ended(RunEnd(1, "completed", True))
        batches = [len(batch) async for batch in bus.subscribe(1, feed, 0, quiet_s=60)]
    assert sum(batches) == 20_000
    assert len(batches) <= 50


def test_idle_is_the_time_since_the_last_thing_ended() -> None:
    now = 100.0
    activity = Activity(lambda: now)
    now = 130.0
    assert activity.idle_s() == 30
    with activity:
        now = 500.0
        assert activity.idle_s() == 0
        with activity:
            pass
        now = 700.0
        assert activity.idle_s() == 0
    assert activity.idle_s() == 0
    now = 705.0
    assert activity.idle_s() == 5

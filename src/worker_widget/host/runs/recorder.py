"""Stores the events of runs in order, and publishes them once they are stored.

While the store fails they are published from memory, so that the runs go on.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial

from .feeds import Bus
from .store import ActiveStatus, Batch, KeptStage, RunEnd, StoredEvent
from .store_thread import StoreThread

RETRY_S = 1.0
PENDING_EVENTS = 20_000
PENDING_BYTES = 16 << 20
UNSTORED_BYTES = 64 << 20
"""The most bytes of events that are kept in memory while the store fails."""

_READ_AT_ONCE = 1_000
_GATHER_S = 0.02

_log = logging.getLogger(__name__)


class Recorder:
    """Group commit: events that arrive during a transaction are written by the next one.

    A transaction that fails (for example on a full disk) is repeated until it succeeds, so that no event is
    missing between two others. ``on_unstored`` is called for the first failure. From then on events are
    published before they are stored, up to `UNSTORED_BYTES`, and the end of a run only when it is. Beyond
    that ``on_error`` is called for each failure; it should stop the active runs.

    At most `PENDING_EVENTS` events and about `PENDING_BYTES` wait for a transaction: the event that reaches
    the limit waits until they are stored, which holds up a worker that never yields to the event loop.
    """

    def __init__(
        self,
        thread: StoreThread,
        bus: Bus,
        on_error: Callable[[sqlite3.Error], None],
        on_unstored: Callable[[sqlite3.Error], None],
    ) -> None:
        self._thread = thread
        self._bus = bus
        self._on_error = on_error
        self._on_unstored = on_unstored
        self._unstored = Batch()
        self._unstored_bytes = 0
        self._stored_batches = 0
        self._batch = Batch()
        self._work = asyncio.Event()
        self._events = 0
        self._bytes = 0
        self._writing: Future[None] | None = None
        self._failing: sqlite3.Error | None = None
        self._unpublished: list[Batch] = []

    def status(self, number: int, status: ActiveStatus) -> None:
        self._batch.status[number] = status
        self._work.set()

    def event(self, number: int, event: StoredEvent) -> None:
        self._batch.events.setdefault(number, []).append(event)
        self._work.set()
        self._events += 1
        self._bytes += len(event.raw)
        if self._events >= PENDING_EVENTS or self._bytes >= PENDING_BYTES:
            self._store_now()

    def kept(self, number: int, stage: KeptStage) -> None:
        self._batch.kept.append((number, stage))
        self._work.set()

    def ended(self, end: RunEnd) -> None:
        self._batch.ended.append(end)
        self._work.set()

    async def read(self, number: int, after: int) -> list[StoredEvent]:
        """The next events of a run after a sequence number, those in memory too; empty at the end."""
        while True:
            stored_before = self._stored_batches
            found = await self._thread.call(self._thread.store.events, number, after)
            if found:
                return found
            unstored = self._unstored.events.get(number, ())
            found = [event for event in unstored if event.seq > after][:_READ_AT_ONCE]
            if found or stored_before == self._stored_batches:
                return found

    async def run(self) -> None:
        """Write and publish until cancelled."""
        while True:
            await self._work.wait()
            self._work.clear()
            self._publish_stored()
            batch = self._take()
            await self._write(batch)
            self._publish(batch)
            self._publish_stored()

    def _take(self) -> Batch:
        batch, self._batch = self._batch, Batch()
        self._events = self._bytes = 0
        return batch

    async def _write(self, batch: Batch) -> None:
        """Stores a batch, and what arrives while that fails, which is published at once."""
        while True:
            self._writing = self._submit(batch)
            try:
                await asyncio.wrap_future(self._writing)
            except sqlite3.Error as error:
                if self._failing is None:
                    self._keep(batch)
                    self._on_unstored(error)
                self._failing = error
                _log.exception("Cannot write the run store; retrying in %s s", RETRY_S)
                if self._unstored_bytes > UNSTORED_BYTES:
                    self._on_error(error)
            else:
                self._failing = None
                self._stored_batches += 1
                self._unstored, self._unstored_bytes = Batch(), 0
                return
            await self._go_on(batch)

    async def _go_on(self, batch: Batch) -> None:
        """Adds to a batch that could not be stored what arrives until the next attempt, and publishes it."""
        self._publish_events(batch)
        until = asyncio.get_running_loop().time() + RETRY_S
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                while True:
                    await self._work.wait()
                    self._work.clear()
                    more = self._take()
                    self._keep(more)
                    _add(batch, more)
                    if self._unstored_bytes <= UNSTORED_BYTES:
                        self._publish_events(more)
                    await asyncio.sleep(_GATHER_S)

    def _keep(self, batch: Batch) -> None:
        """Keeps the events of a batch in memory, for readers, until they are stored."""
        for number, events in batch.events.items():
            self._unstored.events.setdefault(number, []).extend(events)
            self._unstored_bytes += sum(len(event.raw) for event in events)

    def _submit(self, batch: Batch) -> Future[None]:
        return self._thread.submit(partial(self._thread.store.write, batch))

    def _store_now(self) -> None:
        """Store what is pending before this returns. After a failure it stays pending, for `run`."""
        if self._failing is not None:
            if self._unstored_bytes + self._bytes > UNSTORED_BYTES:
                self._on_error(self._failing)
            return
        if self._writing is not None and self._writing.exception() is not None:
            return
        batch = self._take()
        try:
            self._submit(batch).result()
        except sqlite3.Error as error:
            self._batch = batch
            self._on_error(error)
        else:
            self._unpublished.append(batch)

    def _publish_stored(self) -> None:
        stored, self._unpublished = self._unpublished, []
        for batch in stored:
            self._publish(batch)

    def _publish(self, batch: Batch) -> None:
        self._publish_events(batch)
        for end in batch.ended:
            self._bus.close(end.number)

    def _publish_events(self, batch: Batch) -> None:
        for number, events in batch.events.items():
            self._bus.publish(number, events[-1].seq)


def _add(batch: Batch, more: Batch) -> None:
    """Adds a later batch to an earlier one."""
    for number, events in more.events.items():
        batch.events.setdefault(number, []).extend(events)
    batch.status.update(more.status)
    batch.kept += more.kept
    batch.ended += more.ended

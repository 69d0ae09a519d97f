"""Stores the events of runs in order, and publishes them once they are stored."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable

from .feeds import Bus
from .store import Batch, RunEnd, StoredEvent
from .store_thread import StoreThread

RETRY_S = 1.0

_log = logging.getLogger(__name__)


class Recorder:
    """Group commit: events that arrive during a transaction are written by the next one.

    A transaction that fails (for example on a full disk) is repeated until it succeeds, so that no event is
    missing between two others. ``on_error`` is called for each failure; it should stop the active runs.
    """

    def __init__(self, thread: StoreThread, bus: Bus, on_error: Callable[[sqlite3.Error], None]) -> None:
        self._thread = thread
        self._bus = bus
        self._on_error = on_error
        self._batch = Batch()
        self._work = asyncio.Event()

    def started(self, number: int) -> None:
        self._batch.started.append(number)
        self._work.set()

    def event(self, number: int, event: StoredEvent) -> None:
        self._batch.events.setdefault(number, []).append(event)
        self._work.set()

    def ended(self, end: RunEnd) -> None:
        self._batch.ended.append(end)
        self._work.set()

    async def run(self) -> None:
        """Write and publish until cancelled."""
        while True:
            await self._work.wait()
            self._work.clear()
            batch, self._batch = self._batch, Batch()
            await self._write(batch)
            self._publish(batch)

    async def _write(self, batch: Batch) -> None:
        while True:
            try:
                return await self._thread.call(self._thread.store.write, batch)
            except sqlite3.Error as error:
                _log.exception("Cannot write the run store; retrying in %s s", RETRY_S)
                self._on_error(error)
            await asyncio.sleep(RETRY_S)

    def _publish(self, batch: Batch) -> None:
        for number, events in batch.events.items():
            self._bus.publish(number, events[-1].seq)
        for end in batch.ended:
            self._bus.close(end.number)

"""Writes what runs tell, in the order told, and publishes it once it is stored."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable

from .bus import Bus
from .store import Batch, RunEnd, StoredEvent
from .store_thread import StoreThread

RETRY_S = 1.0

_log = logging.getLogger(__name__)


class Recorder:
    """Group commit: whatever is told while one transaction is written goes into the next.

    A transaction that fails (a full disk) is tried again until it succeeds, so that no event is ever
    missing between two others; ``on_trouble`` is told each time, and stops whoever makes more.
    """

    def __init__(self, thread: StoreThread, bus: Bus, on_trouble: Callable[[sqlite3.Error], None]) -> None:
        self._thread = thread
        self._bus = bus
        self._on_trouble = on_trouble
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
        """Write and publish for ever."""
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
                _log.exception("The run store cannot be written; trying again in %s s", RETRY_S)
                self._on_trouble(error)
            await asyncio.sleep(RETRY_S)

    def _publish(self, batch: Batch) -> None:
        for number, events in batch.events.items():
            self._bus.publish(number, events[-1].seq)
        for end in batch.ended:
            self._bus.close(end.number)

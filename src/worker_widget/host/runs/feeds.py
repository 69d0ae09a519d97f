"""Notifies subscribers of new events of a run.

The bus carries no events. It keeps the last stored sequence number of each run and wakes the subscribers,
which read the store from their position on. History and live events come from the same read, so no event
is missed between them. A slow subscriber holds at most one batch in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from .store import StoredEvent

Read = Callable[[int, int], Awaitable[list[StoredEvent]]]
"""The next events of a run (its number) after a sequence number; empty at the end."""


class Feed:
    """The last stored sequence number of a run (``last``), and whether it is final (``over``)."""

    def __init__(self, last: int = 0, *, over: bool = False) -> None:
        self.last = last
        self.over = over
        self._changed = asyncio.Event()

    def advance(self, last: int, *, over: bool = False) -> None:
        """Events up to ``last`` are stored: wake all waiting subscribers."""
        self.last = max(self.last, last)
        self.over = self.over or over
        self._changed.set()
        self._changed = asyncio.Event()

    async def more(self, after: int) -> None:
        """Wait for events after ``after``, or for the end of the run."""
        while self.last <= after and not self.over:
            await self._changed.wait()

    async def end(self) -> None:
        """Wait until the last event of the run is stored."""
        while not self.over:
            await self._changed.wait()


class Bus:
    """The feeds of the active runs, by run number."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._feeds: dict[int, Feed] = {}

    def open(self, run: int) -> Feed:
        """Add a feed for a new run."""
        feed = self._feeds[run] = Feed()
        return feed

    def feed(self, run: int) -> Feed | None:
        """The feed of an active run, ``None`` for any other run."""
        return self._feeds.get(run)

    def publish(self, run: int, last: int) -> None:
        """Report that the events of a run up to ``last`` are stored."""
        self._feeds[run].advance(last)

    def close(self, run: int) -> None:
        """Report that the last event of a run is stored. Subscriptions read up to it and end."""
        self._feeds.pop(run).advance(0, over=True)

    async def subscribe(
        self, run: int, feed: Feed, after: int, *, quiet_s: float
    ) -> AsyncIterator[list[StoredEvent]]:
        """Yield all events after ``after`` until the run is over: in batches, in order, each event once.

        An empty batch means ``quiet_s`` seconds without an event. The iteration ends early if the run is
        deleted.
        """
        while True:
            while after < feed.last:
                read = [await self._read(run, after)]
                if not read[0]:
                    return
                after = read[0][-1].seq
                yield read.pop()  # no reference is kept while a slow subscriber takes it
            if feed.over:
                return
            try:
                async with asyncio.timeout(quiet_s):
                    await feed.more(after)
            except TimeoutError:
                yield []

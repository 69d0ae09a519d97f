"""Who wants more of a run, and how much of it there is.

The bus carries no events. It knows per run how far the store has got, and wakes subscribers, who
read the store from where they are. History and live are one read, so there is no seam between them,
and a subscriber that is slow, or hangs, holds no more than the batch it is working on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from .store import StoredEvent

Read = Callable[[int, int], Awaitable[list[StoredEvent]]]
"""The next events of a run (its number) after a sequence number; empty at the end."""


class Feed:
    """How far one run's events are stored (``last``), and whether there will be more (``over``)."""

    def __init__(self, last: int = 0, *, over: bool = False) -> None:
        self.last = last
        self.over = over
        self._bell = asyncio.Event()

    def advance(self, last: int, *, over: bool = False) -> None:
        """Events up to ``last`` can be read now."""
        self.last = max(self.last, last)
        self.over = self.over or over
        self._bell.set()
        self._bell = asyncio.Event()

    async def more(self, after: int) -> None:
        """Return once there are events after ``after``, or there will be none."""
        while self.last <= after and not self.over:
            await self._bell.wait()

    async def end(self) -> None:
        """Return once the run's last event is stored."""
        while not self.over:
            await self._bell.wait()


class Bus:
    """The feeds of the runs in flight, by run number."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._feeds: dict[int, Feed] = {}

    def open(self, run: int) -> Feed:
        feed = self._feeds[run] = Feed()
        return feed

    def feed(self, run: int) -> Feed | None:
        """The feed of a run in flight; a run that is over, or was never here, has none."""
        return self._feeds.get(run)

    def publish(self, run: int, last: int) -> None:
        """The run's events up to ``last`` are stored."""
        self._feeds[run].advance(last)

    def close(self, run: int) -> None:
        """The run's last event is stored. Open subscriptions read on to it and end."""
        self._feeds.pop(run).advance(0, over=True)

    async def subscribe(
        self, run: int, feed: Feed, after: int, *, quiet_s: float
    ) -> AsyncIterator[list[StoredEvent]]:
        """All events after ``after``, in batches, each once and in order, until the run is over.

        An empty batch stands for ``quiet_s`` seconds without an event. Ends early where the run is
        deleted meanwhile.
        """
        while True:
            while after < feed.last:
                batch = await self._read(run, after)
                if not batch:
                    return
                yield batch
                after = batch[-1].seq
            if feed.over:
                return
            try:
                async with asyncio.timeout(quiet_s):
                    await feed.more(after)
            except TimeoutError:
                yield []

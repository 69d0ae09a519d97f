"""Pace: stretches a run so that a person can watch it, and lets others run in between.

Each stage has its share of the time; within a stage, `Pacer.reach` waits until the clock stands where the
work stands. Waiting is towards points in time, not by lengths, so that nothing adds up. Without pace
it only yields to the event loop now and then.
"""

from __future__ import annotations

import asyncio
import time

_YIELD_EVERY = 16
_SHORTEST_WAIT_S = 0.004


class Pacer:
    """``total_s`` is how long the whole run is to take, in seconds; 0 is no pace at all."""

    def __init__(self, total_s: float) -> None:
        self.total_s = total_s
        self._begun = 0.0
        self._length = 0.0
        self._calls = 0

    def begin(self, share: float) -> None:
        """A stage begins that takes ``share`` (0 to 1) of the time."""
        self._begun = time.perf_counter()
        self._length = self.total_s * share

    async def reach(self, done: float) -> None:
        """Wait until as much of the stage's time has gone as of its work is ``done`` (0 to 1)."""
        self._calls += 1
        ahead = self._begun + self._length * done - time.perf_counter()
        if self.total_s and ahead >= _SHORTEST_WAIT_S:
            await asyncio.sleep(ahead)
        elif self._calls % _YIELD_EVERY == 0:
            await asyncio.sleep(0)

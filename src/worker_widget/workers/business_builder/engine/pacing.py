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
    """The pace of one stage, from now on: it is to take ``length_s`` seconds; 0 is no pace at all."""

    def __init__(self, length_s: float) -> None:
        self._length_s = length_s
        self._begun = time.perf_counter()
        self._calls = 0

    @property
    def done(self) -> float:
        """How much of the stage's time has gone, 0 to 1; 0 without pace."""
        if not self._length_s:
            return 0.0
        return min(1.0, (time.perf_counter() - self._begun) / self._length_s)

    async def reach(self, done: float) -> None:
        """Wait until as much of the stage's time has gone as of its work is ``done`` (0 to 1)."""
        self._calls += 1
        ahead = self._begun + self._length_s * done - time.perf_counter()
        if self._length_s and ahead >= _SHORTEST_WAIT_S:
            await asyncio.sleep(ahead)
        elif self._calls % _YIELD_EVERY == 0:
            await asyncio.sleep(0)

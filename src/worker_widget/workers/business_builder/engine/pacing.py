"""Pacing: slows a stage down so that a person can watch it, and yields to other tasks.

The clock of a run stands still while the run is paused.

`StagePacer.reach` waits until a point in time, not for a duration, so that delays do not add up. Without pace
it only yields to the event loop now and then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_YIELD_EVERY = 16
_SHORTEST_WAIT_S = 0.004


class StagePacer:
    """The pace of one stage that starts now and takes ``length_s`` seconds by ``clock``; 0 means no pace."""

    def __init__(self, length_s: float, clock: Callable[[], float]) -> None:
        self._length_s = length_s
        self._clock = clock
        self._started = clock()
        self._calls = 0

    @property
    def done(self) -> float:
        """The share of the stage's time that has passed, 0 to 1; 0 without pace."""
        if not self._length_s:
            return 0.0
        return min(1.0, (self._clock() - self._started) / self._length_s)

    async def reach(self, done: float) -> None:
        """Wait until the share of time that has passed is the share of work that is ``done`` (0 to 1)."""
        self._calls += 1
        ahead = self._started + self._length_s * done - self._clock()
        if self._length_s and ahead >= _SHORTEST_WAIT_S:
            await asyncio.sleep(ahead)
        elif self._calls % _YIELD_EVERY == 0:
            await asyncio.sleep(0)

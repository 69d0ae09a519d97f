"""An event loop for whose timers a process that stands still does not age.

Limits in the tests are short, so that the tests are; a busy machine can keep a process waiting for longer.
Here only the time counts for which the loop meant to wait, and a moment of each turn of its work.
"""

from __future__ import annotations

import asyncio
import selectors
import time

MOST_OF_A_TURN_S = 0.01


class _Selector(selectors.DefaultSelector):
    """Waits for files, and counts the time of the loop."""

    def __init__(self) -> None:
        super().__init__()
        self._counted = 0.0
        self._seen = time.monotonic()

    def time(self) -> float:
        return self._counted + min(time.monotonic() - self._seen, MOST_OF_A_TURN_S)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._pass(MOST_OF_A_TURN_S)
        ready = super().select(timeout)
        self._pass(float("inf") if timeout is None else max(timeout, 0.0))
        return ready

    def _pass(self, most_s: float) -> None:
        now = time.monotonic()
        self._counted += min(now - self._seen, most_s)
        self._seen = now


class SteadyLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._steady = _Selector()
        super().__init__(self._steady)

    def time(self) -> float:
        return self._steady.time()


class SteadyLoops(asyncio.DefaultEventLoopPolicy):
    """Makes the loops of all tests."""

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return SteadyLoop()

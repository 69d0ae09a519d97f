"""A clock that tests set: calls that are due are made when `advance` passes their time."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count


class ManualTimer:
    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class ManualClock:
    """Meets `worker_widget.console.channel.clock.Clock`."""

    def __init__(self) -> None:
        self._now = 0.0
        self._order = count()
        self._due: list[tuple[float, int, ManualTimer, Callable[[], object]]] = []

    def time(self) -> float:
        return self._now

    def call_later(self, delay: float, callback: Callable[[], object], /) -> ManualTimer:
        timer = ManualTimer()
        heapq.heappush(self._due, (self._now + delay, next(self._order), timer, callback))
        return timer

    def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass: every call that is due is made at its own time, in order."""
        until = self._now + seconds
        while self._due and self._due[0][0] <= until:
            self._now, _, timer, callback = heapq.heappop(self._due)
            if not timer.cancelled:
                callback()
        self._now = until

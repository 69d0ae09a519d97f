"""Measures how long the host has been idle."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType


class Activity:
    """Counts active requests, streams and runs. Each of them is one ``with activity:`` block."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._active = 0
        self._since = clock()

    def __enter__(self) -> None:
        self._active += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._active -= 1
        self._since = self._clock()

    def idle_s(self) -> float:
        """The seconds since the last activity ended; 0 during an activity."""
        return 0.0 if self._active else self._clock() - self._since

"""Whether anything is going on, and since when nothing is."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType


class Activity:
    """Counts what is under way: requests, open streams, runs. Each is one ``with activity:``."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._under_way = 0
        self._since = clock()

    def __enter__(self) -> None:
        self._under_way += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._under_way -= 1
        self._since = self._clock()

    def idle_s(self) -> float:
        """For how many seconds nothing has been under way; 0 while something is."""
        return 0.0 if self._under_way else self._clock() - self._since

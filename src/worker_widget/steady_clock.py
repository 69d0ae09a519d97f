"""The time of day that only passes: it does not jump when a person, or the network, sets the clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_ELAPSED: Final[int] = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""It goes on while the computer sleeps: under Linux the monotonic clock does not, under macOS it does."""


class SteadyClock:
    """The time of day at its making, and from then on the time that passes, sleep included.

    Times of one clock never go back, and their differences are durations. One for each run: a long-lived one
    does not follow corrections of the time of day.
    """

    __slots__ = ("_offset_ns",)

    def __init__(self) -> None:
        self._offset_ns = time.time_ns() - elapsed_ns()

    def ns(self) -> int:
        """Nanoseconds since 1970-01-01 UTC."""
        return self._offset_ns + elapsed_ns()

    def us(self) -> int:
        """Microseconds since 1970-01-01 UTC."""
        return (self._offset_ns + time.clock_gettime_ns(_ELAPSED)) // 1_000

    def now(self) -> datetime:
        """The time in UTC."""
        return _EPOCH + timedelta(microseconds=self.us())


def elapsed_ns() -> int:
    """Nanoseconds that have passed since some moment, sleep included."""
    return time.clock_gettime_ns(_ELAPSED)


_process: Final = SteadyClock()


def steady_us() -> int:
    """The time of the clock of this process, in microseconds since 1970-01-01 UTC.

    For times that are compared with each other: it can be far from the time of day.
    """
    return _process.us()

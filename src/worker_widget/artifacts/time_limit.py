"""Limits the processor time of a pure computation."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Final, TypeVar

_T = TypeVar("_T")

_CHECK_INTERVAL_S: Final = 0.005


class TimeLimitExceeded(BaseException):
    """The computation took too long. Not an ``Exception``, so that the computation does not catch it."""


def with_time_limit(seconds: float, compute: Callable[[], _T]) -> _T:
    """Return what ``compute`` returns. Raises `TimeLimitExceeded` after ``seconds`` of processor time.

    Markdown and syntax parsers take quadratic time for some inputs, and the input is not trusted. Only the
    processor time of this thread counts, not the time that it waits for other threads. The clock is checked
    when a Python function is called, so a single long call into C is not interrupted.
    """
    end = time.thread_time() + seconds
    next_check = 0.0

    def check(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal next_check
        now = time.monotonic()  # faster to read than the thread clock
        if now > next_check:
            next_check = now + _CHECK_INTERVAL_S
            if time.thread_time() > end:
                raise TimeLimitExceeded

    outer = sys.gettrace()
    sys.settrace(check)
    try:
        return compute()
    finally:
        sys.settrace(outer)

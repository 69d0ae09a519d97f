"""A limit on how long a piece of pure computing may take."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Final, TypeVar

_T = TypeVar("_T")

_LOOK_S: Final = 0.005


class TooLong(BaseException):
    """Raised inside what took too long. Not an ``Exception``, so that nothing in there catches it."""


def within(seconds: float, make: Callable[[], _T]) -> _T:
    """What ``make`` returns, or `TooLong` once it has worked for ``seconds``.

    Markdown and syntax parsers take time quadratic in some inputs, and whoever writes the input is
    not to be trusted. What counts is the thread's own work: waiting for a busy cell is none. The clock
    is looked at when Python functions are called, so a single long call into C is not interrupted.
    Everything else of the thread goes on as before.
    """
    end = time.thread_time() + seconds
    next_look = 0.0

    def look(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal next_look
        now = time.monotonic()  # which is quicker to read than the thread's own clock
        if now > next_look:
            next_look = now + _LOOK_S
            if time.thread_time() > end:
                raise TooLong

    outer = sys.gettrace()
    sys.settrace(look)
    try:
        return make()
    finally:
        sys.settrace(outer)

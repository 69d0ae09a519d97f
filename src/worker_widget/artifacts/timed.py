"""A limit on how long a piece of pure computing may take."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Final, TypeVar

_T = TypeVar("_T")

MOST_SECONDS: Final = 2.0
"""How long formatting an artifact may take."""


class TooLong(BaseException):
    """Raised inside what took too long. Not an ``Exception``, so that nothing in there catches it."""


def within(seconds: float, make: Callable[[], _T]) -> _T:
    """What ``make`` returns, or `TooLong` once it has worked for ``seconds``.

    Markdown and syntax parsers take time quadratic in some inputs, and whoever writes the input is
    not to be trusted. The clock is looked at whenever a Python function is called, so a single long
    call into C is not interrupted. Everything else of the thread goes on as before.
    """
    end = time.monotonic() + seconds

    def look(frame: FrameType, event: str, argument: Any) -> None:
        if time.monotonic() > end:
            raise TooLong

    outer = sys.gettrace()
    sys.settrace(look)
    try:
        return make()
    finally:
        sys.settrace(outer)

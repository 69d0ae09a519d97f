"""Which frame of the stack is the user's, so that a warning names the user's line."""

from __future__ import annotations

import sys
from typing import Final

_PACKAGE: Final = __name__.partition(".")[0]


def users_level() -> int:
    """The ``stacklevel`` of a warning of the caller: the number of this package's frames on the stack."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__")):
        frame, level = frame.f_back, level + 1
    return level


def _is_ours(module: object) -> bool:
    return isinstance(module, str) and module.partition(".")[0] == _PACKAGE

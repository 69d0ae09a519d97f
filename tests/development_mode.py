"""What programs print in Python's development mode (``-X dev``)."""

from __future__ import annotations

import re
from typing import Final

_SLOW_STEP: Final = re.compile(r"^Executing <.*> took [\d.]+ seconds\n", re.MULTILINE)


def without_slow_steps(err: str) -> str:
    """``err`` without the reports of steps of an event loop that took long, as any does on a busy machine."""
    return _SLOW_STEP.sub("", err)

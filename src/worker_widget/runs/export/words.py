"""Texts and figures as the readable formats write them."""

from __future__ import annotations

from typing import Final

from ...state import terminal_text

VISIBLE: Final = {code: shown for code, shown in terminal_text.VISIBLE.items() if code != ord("\t")}
"""Replaces what acts on the program that shows a file, and what changes the order of the text around it."""


def one_line(text: str) -> str:
    """A text without its line ends, and with one space between words."""
    return " ".join(text.split())


def duration(duration_ms: float | None) -> str | None:
    """A duration in seconds, or in milliseconds if it is short."""
    if duration_ms is None:
        return None
    return f"{duration_ms / 1000:.2f} s" if duration_ms >= 1000 else f"{duration_ms:.1f} ms"

"""What a renderer says of a text that is not what its type promises."""

from __future__ import annotations

from typing import Final

TOO_DEEP: Final = "it is nested too deeply."


class Unreadable(Exception):
    """The text cannot be drawn as its type says; why, as the rest of a sentence, with its full stop."""

"""The error for a text that does not match its type."""

from __future__ import annotations

from typing import Final

TOO_DEEP: Final = "it is nested too deeply."


class InvalidContent(Exception):
    """The text is not valid content of its type.

    The message continues "Shown as source: " and ends with a full stop.
    """

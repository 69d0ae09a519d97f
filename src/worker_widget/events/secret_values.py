"""Takes the values of secrets out of texts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

HIDDEN: Final = "[secret]"

_SHORTEST: Final = 6
"""A shorter value is not searched for: it would be found in words that have nothing to do with it."""

_SCHEMES: Final = ("bearer", "digest")


def without_secrets(text: str, values: Iterable[str]) -> str:
    """``text`` without the values, and without their words, such as the key after ``Bearer``."""
    parts = {part for value in values for part in (value, *value.split())}
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= _SHORTEST and part.lower() not in _SCHEMES:
            for form in (part, repr(part)[1:-1], msgspec.json.encode(part).decode()[1:-1]):
                text = text.replace(form, HIDDEN)
    return text

"""Halves of surrogate pairs: JSON can contain them, UTF-8 cannot.

Producers that count text in UTF-16 can cut an emoji into two pieces. The halves are put together again; a
half without its other half becomes U+FFFD.
"""

from __future__ import annotations

import re
from typing import Any, Final

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_HIGH: Final = re.compile("[\ud800-\udbff]$")


def complete(text: str) -> tuple[str, str]:
    """``text`` without surrogates, and the first half of a pair at its end for the next piece."""
    if text.isascii() or _SURROGATE.search(text) is None:
        return text, ""
    half = text[-1] if _HIGH.search(text) else ""
    return _joined(text[:-1] if half else text), half


def without_surrogates(value: Any) -> Any:
    """A JSON value without surrogates; pairs become the character that they mean."""
    match value:
        case str():
            return value if value.isascii() or _SURROGATE.search(value) is None else _joined(value)
        case list():
            return [without_surrogates(item) for item in value]
        case dict():
            return {without_surrogates(key): without_surrogates(item) for key, item in value.items()}
        case _:
            return value


def _joined(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

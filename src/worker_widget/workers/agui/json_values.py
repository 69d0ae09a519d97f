"""JSON that other programs wrote: its values are always such that JSON can represent them again."""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec

from ...events.json_depth import MOST_IN_EVENT, nested_too_deep
from .surrogates import without_surrogates

_decode: Final = msgspec.json.Decoder().decode


def read_json(text: str | bytes, *, keep_surrogates: bool = False) -> Any:
    """The value of a JSON text. Raises ``ValueError`` for a text that is not JSON.

    ``NaN`` and infinities, which are not JSON but occur, become texts; integers of more than 64 bits become
    floats. Halves of surrogate pairs are replaced, unless they are kept for the caller to put together.
    """
    raw = text if isinstance(text, bytes) else text.encode("utf-8", "replace")
    if nested_too_deep(raw, MOST_IN_EVENT):
        raise ValueError("it is nested too deep")
    try:
        return _decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pass
    try:
        value = json.loads(text, parse_constant=str, parse_int=_integer)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    return value if keep_surrogates else without_surrogates(value)


def formatted(value: Any) -> str:
    """A value as indented JSON."""
    try:
        return json.dumps(value, ensure_ascii=False, indent=2)
    except RecursionError:
        return msgspec.json.encode(value).decode()


def _integer(digits: str) -> int | float:
    if len(digits) < 19:
        return int(digits)
    value = float(digits)
    return int(digits) if abs(value) < 1 << 63 else value

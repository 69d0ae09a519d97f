"""Reads JSON as servers and workers write it, also where a strict reader refuses it. Pure.

Python writes NaN and Infinity, JavaScript half of a surrogate pair, and some add a byte order mark or a
control character within a text. None of that is JSON, and the rest of the message is worth reading:

* a number that is not finite (also as C writes it: nan, -inf), or too large for a float, is read as its text,
  which is no number;
* half of a surrogate pair, and bytes that are not UTF-8, become U+FFFD;
* a byte order mark at the start is skipped.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

import msgspec

_BOM: Final = "\ufeff"
_HALVES: Final = re.compile("[\ud800-\udfff]")
_strict: Final = msgspec.json.Decoder()


def decode_json(raw: bytes) -> Any:
    """The value of ``raw``, which must not be nested deeper than `json_depth.MOST_DEPTH`.

    Raises `ValueError` for what is no JSON by the rules above either.
    """
    try:
        return _strict.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    text = raw.decode("utf-8", "replace").removeprefix(_BOM)
    try:
        value = _LENIENT.decode(text)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    except ValueError:
        quoted = _NOT_FINITE.sub(_as_text, text)
        if quoted == text:
            raise
        value = _LENIENT.decode(quoted)
    return _whole(value) if "\\u" in text else value


_NOT_FINITE: Final = re.compile(
    r"""("(?:[^"\\]|\\.)*+"?)|(?<![\w.])[+-]?(?:nan|inf|infinity)(?![\w.])""", re.IGNORECASE | re.DOTALL
)


def _as_text(found: re.Match[str]) -> str:
    return found[0] if found[1] else f'"{found[0]}"'


def _number(text: str) -> float | str:
    value = float(text)
    return value if math.isfinite(value) else text


def _integer(text: str) -> int | float | str:
    return int(text) if len(text) < _MOST_DIGITS else _number(text)


_MOST_DIGITS: Final = 1_000  # Python refuses to read an integer of some thousand digits
_LENIENT: Final = json.JSONDecoder(parse_constant=str, parse_float=_number, parse_int=_integer, strict=False)


def _whole(value: Any) -> Any:
    """``value`` without halves of surrogate pairs, which no UTF-8 can hold."""
    if isinstance(value, str):
        return _HALVES.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(name): _whole(item) for name, item in value.items()}
    return value

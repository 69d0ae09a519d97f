"""How deep JSON is nested, found without a decoder, which goes as deep as the stack of its caller lets it."""

from __future__ import annotations

from itertools import accumulate
from typing import Final

MOST_DEPTH: Final = 200
"""JSON that is nested deeper is not read: the least stack that code is called with is enough for this."""
MOST_IN_EVENT: Final = MOST_DEPTH - 8
"""The same for a value that becomes a part of an event."""
SHALLOW_BYTES: Final = 2 * MOST_DEPTH
"""JSON of so many bytes is not nested deeper than `MOST_DEPTH`."""

_BRACKETS: Final = bytes.maketrans(b"{}", b"[]")
_OTHERS: Final = bytes(code for code in range(256) if code not in b'[]{}"')
_STEP: Final = {ord("["): 1, ord("]"): -1}
_FLAT_LEVELS: Final = 8


def nested_too_deep(raw: bytes, most: int = MOST_DEPTH) -> bool:
    """Whether objects and lists of JSON are nested deeper than ``most``.

    In text that is no JSON a decoder goes at most twice as deep if this is false.
    """
    if len(raw) <= 2 * most or raw.count(b"[") + raw.count(b"{") <= most:
        return False
    if b"\\" in raw:
        raw = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    brackets = b"".join(raw.translate(_BRACKETS, _OTHERS).split(b'"')[::2])  # those outside of texts
    for _ in range(_FLAT_LEVELS):  # each takes the innermost level away
        brackets = brackets.replace(b"[]", b"")
    return any(depth > most - _FLAT_LEVELS for depth in accumulate(_STEP[code] for code in brackets))

"""Where a literal text is in bytes, in numpy, which does not hold the interpreter's lock meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final, TypeAlias

import numpy as np

Indexes: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"

_SAMPLE: Final = 2_048
"""So many bytes show how frequent each byte is."""
_FEW: Final = 0.003
"""The part of all places that is small enough to compare the rest of the text at each of them."""
_MANY: Final = 0.02
_MOST_WHOLE: Final = 4
"""So many bytes of the text, at most, are compared with the whole content."""
_SMALL: Final = 0x20
"""The bit that distinguishes a lower-case letter of ASCII."""


def text_places(content: bytes, text: bytes, ignoring_case: bool = False) -> Indexes:
    """Where ``text`` begins in ``content``, in order; places can overlap.

    With ``ignoring_case``, ``text`` is in lower case, and an ASCII letter matches in both cases.
    """
    if not text or len(text) > len(content):
        return np.arange(0 if text else len(content) + 1)
    return _finder(text, ignoring_case).places(content)


class _Finder:
    """Finds a text: its rarest bytes are compared with the whole content, the others where these match.

    Which bytes are the rarest is seen in the content, and again when they turn out to be frequent.
    """

    def __init__(self, text: bytes, ignoring_case: bool) -> None:
        self._text = text
        self._ignoring_case = ignoring_case
        self._small = bytes(code | _SMALL for code in text) if ignoring_case else text
        letters = b"abcdefghijklmnopqrstuvwxyz" if ignoring_case else text
        self._exact = [at for at, code in enumerate(text) if code not in letters]
        self._order: tuple[list[int], int] | None = None

    def places(self, content: bytes) -> Indexes:
        text = self._text
        size = len(content) - len(text) + 1
        codes = np.frombuffer(content, "u1")
        small = codes | _SMALL if self._ignoring_case else codes
        order, whole = self._order or self._rarest_first(small)
        self._order = order, whole
        mask = small[order[0] : order[0] + size] == self._small[order[0]]
        for at in order[1:whole]:
            mask &= small[at : at + size] == self._small[at]
        places = np.flatnonzero(mask)
        if len(places) > _MANY * size:
            self._order = None
        for at, width in _words(len(text)):
            if not len(places):
                break
            code = f"<u{width}"
            words = np.ndarray(len(small) - width + 1, code, small.data, 0, (1,))
            places = places[words[places + at] == np.frombuffer(self._small, code, 1, at)]
        for at in self._exact:
            places = places[codes[places + at] == text[at]]
        return places

    def _rarest_first(self, codes: Any) -> tuple[list[int], int]:
        """The indexes of the bytes of the text, the rarest first, and how many of them make the places few.

        A byte that is in the text twice is the second time at the end: it is probable beside the first.
        """
        text = self._small
        sample = codes[:: max(1, len(codes) // _SAMPLE)]
        counts = np.bincount(sample, minlength=256)
        keys = sorted((text.index(code) < at, int(counts[code]), at) for at, code in enumerate(text))
        share, whole = 1.0, 0
        while share > _FEW and whole < min(len(text), _MOST_WHOLE):
            share *= (keys[whole][1] + 1) / len(sample)
            whole += 1
        return [at for _, _, at in keys], whole


def _words(length: int) -> Iterator[tuple[int, int]]:
    """Parts of 8, 4, 2 or 1 bytes that cover so many bytes: where each begins, and its size."""
    width = next(width for width in (8, 4, 2, 1) if width <= length)
    for at in range(0, length - width, width):
        yield at, width
    yield length - width, width


@lru_cache(64)
def _finder(text: bytes, ignoring_case: bool) -> _Finder:
    return _Finder(text, ignoring_case)

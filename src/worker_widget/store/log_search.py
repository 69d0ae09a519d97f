"""`LogSearch`: a search in the messages of the log, for literal text or a regular expression."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

_SAME: Final = {
    letters[0]: letters
    for letters in (
        *("\u03bc\u039c\u00b5", "\u00e5\u00c5\u212b", "\u00df\u1e9e", "\u03b9\u0399\u0345\u1fbe"),
        *("\u0390\u1fd3", "\u03b2\u0392\u03d0", "\u03b5\u0395\u03f5", "\u03b8\u0398\u03d1\u03f4"),
        *("\u03ba\u039a\u03f0", "\u03c0\u03a0\u03d6", "\u03c1\u03a1\u03f1", "\u03c3\u03a3\u03c2"),
        *("\u03c6\u03a6\u03d5", "\u03c9\u03a9\u2126", "\u03b0\u1fe3", "\u0432\u0412\u1c80"),
        *("\u0434\u0414\u1c81", "\u043e\u041e\u1c82", "\u0441\u0421\u1c83", "\u0442\u0422\u1c84\u1c85"),
        *("\u044a\u042a\u1c86", "\u0463\u0462\u1c87", "\ua64b\ua64a\u1c88", "\u1e61\u1e60\u1e9b"),
        "\ufb06\ufb05",
    )
}
"""Letters that are equal when case is ignored, by the one that stands for all: those that are not only the
upper, lower and title case of each other."""
_FIRST: Final = {letter: first for first, letters in _SAME.items() for letter in letters}


class LogSearch(msgspec.Struct, frozen=True, kw_only=True):
    """A search in messages: for the literal ``text``, or with ``regex`` for the pattern ``text``.

    In a pattern, ``^`` and ``$`` also match at the line breaks within a message.
    """

    text: str
    regex: bool = False
    case_sensitive: bool = False


class PatternError(ValueError):
    """A pattern is invalid or takes too long; the message names the location and the fix."""


def lowered(text: str) -> str:
    """A text in lower case, letter by letter, so that its length stays the same.

    An ASCII letter stands for both cases of itself only. Another letter stands for all letters that Unicode's
    simple case folding makes equal, such as "ß" and "ẞ" or "σ" and "ς", as in regular expressions.
    """
    return "".join(map(_lower, text))


def _lower(letter: str) -> str:
    low = letter.lower()
    if letter.isascii():
        return low
    return letter if len(low) != 1 or low.isascii() else _FIRST.get(low, low)


def case_pairs(letters: Iterable[str]) -> list[tuple[str, str]]:
    """The letters outside ASCII that `lowered` converts to one of ``letters``, each with that one."""
    pairs = ((variant, letter) for letter in sorted(set(letters)) for variant in _variants(letter))
    return [(variant, letter) for variant, letter in pairs if variant != letter]


def _variants(letter: str) -> list[str]:
    if letter.isascii():
        return []
    variants = {letter.upper(), letter.title(), *_SAME.get(letter, "")}
    return sorted(variant for variant in variants if len(variant) == 1 and not variant.isascii())

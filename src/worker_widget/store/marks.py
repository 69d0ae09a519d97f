"""The matches of a search in one message, as the log marks them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from ..state.normal_forms import normal_forms
from .log_search import LogSearch, case_pairs, lowered

MARKS_S: Final = 0.005
"""The time limit for marking the matches in one line."""

_MOST_MARKS: Final = 200


def marks(search: LogSearch, message: str, timeout_s: float = MARKS_S) -> list[tuple[int, int]]:
    """The matches in ``message``: starts and ends, in order, without overlaps; at most 200.

    Raises ``TimeoutError`` for a pattern that takes longer than ``timeout_s``, and `PatternError`.
    """
    if search.regex:
        from .pattern import pattern  # with the package regex, which most logs never need

        return pattern(search.text, search.case_sensitive).marks(message, timeout_s, _MOST_MARKS)
    if not search.text:
        return []
    found = [mark for form in normal_forms(search.text) for mark in _marks(search, form, message)]
    kept: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept[:_MOST_MARKS]


def _marks(search: LogSearch, form: str, message: str) -> Iterator[tuple[int, int]]:
    needle = form if search.case_sensitive else lowered(form)
    text = message if search.case_sensitive else folded(message, needle)
    at = text.find(needle)
    for _ in range(_MOST_MARKS):
        if at < 0:
            return
        yield at, at + len(needle)
        at = text.find(needle, at + len(needle))


def folded(text: str, needle: str) -> str:
    """Converts ASCII letters and the letters of ``needle`` to lower case; the length stays the same.

    ``needle`` is in lower case.
    """
    return text.translate(_folding(frozenset(needle)))


@lru_cache(64)
def _folding(letters: frozenset[str]) -> dict[int, str]:
    table = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    return table | {ord(upper): lower for upper, lower in case_pairs(letters)}

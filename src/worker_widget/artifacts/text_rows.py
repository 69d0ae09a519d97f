"""Splits a text of any size into rows for a list view, with windows of rows and search."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from typing import Final, NamedTuple

from ..state.normal_forms import literal_pattern, normal_forms

ROW_CHARS: Final = 2_000
"""A line with more characters is split into several rows."""

_BLOCK_ROWS: Final = 256
_ROW: Final = re.compile(rf"[^\n]{{1,{ROW_CHARS}}}+\n?+|\n")
_BLOCK: Final = re.compile(rf"(?:{_ROW.pattern}){{1,{_BLOCK_ROWS}}}+")


class RowMatch(NamedTuple):
    """The ``nth`` (from 1) ``of`` the matching rows; ``row`` is its index, ``None`` if no row matches."""

    row: int | None
    nth: int
    of: int


class TextRows:
    """The rows of a text. Only the offset of every 256th row is stored.

    ``before`` may be the rows of a text that ``text`` begins with; then only the new part is scanned.
    """

    def __init__(self, text: str, before: TextRows | None = None) -> None:
        self.text = text
        self._starts: array[int] = array("Q", before._starts if before is not None else ())
        self._found: tuple[str, array[int]] | None = None
        at = self._starts.pop() if self._starts else 0  # the last block can be longer now
        while block := _BLOCK.match(text, at):
            self._starts.append(at)
            at = block.end()
        last = self._starts[-1] if self._starts else 0
        self.total = max(0, len(self._starts) - 1) * _BLOCK_ROWS + sum(1 for _ in _ROW.finditer(text, last))
        """The number of rows."""

    def window(self, start: int, count: int) -> list[str]:
        """At most ``count`` rows from index ``start`` (from 0) on, without line endings."""
        first, skipped = divmod(max(0, start), _BLOCK_ROWS)
        if first >= len(self._starts) or count <= 0:
            return []
        rows: list[str] = []
        for row in _ROW.finditer(self.text, self._starts[first]):
            if skipped:
                skipped -= 1
                continue
            rows.append(row[0].removesuffix("\n").removesuffix("\r"))
            if len(rows) == count:
                break
        return rows

    def find(self, text: str, start: int, direction: int) -> RowMatch:
        """The nearest row after (``direction`` 1) or before (-1) row ``start`` in which ``text`` begins.

        The search ignores case, and wraps around at the end and at the beginning.
        """
        rows = self._rows_with(text)
        if not rows:
            return RowMatch(None, 0, 0)
        at = bisect_right(rows, start) if direction > 0 else bisect_left(rows, start) - 1
        at %= len(rows)
        return RowMatch(rows[at], at + 1, len(rows))

    def _rows_with(self, searched: str) -> array[int]:
        """The rows in which ``searched`` begins, in order. The last result is cached."""
        if self._found is not None and self._found[0] == searched:
            return self._found[1]
        rows: array[int] = array("Q")
        pattern = literal_pattern(searched)
        longest = max(map(len, normal_forms(searched)))
        # Block by block: a regular expression holds the interpreter lock while it searches.
        for block, start in enumerate(self._starts if searched else ()):
            end = self._starts[block + 1] if block + 1 < len(self._starts) else len(self.text)
            reach = min(end + longest - 1, len(self.text))
            if pattern.search(self.text, start, reach) is None:
                continue
            for number, row in enumerate(_ROW.finditer(self.text, start, end)):
                found = pattern.search(self.text, row.start(), min(row.end() + longest - 1, reach))
                if found is not None and found.start() < row.end():
                    rows.append(block * _BLOCK_ROWS + number)
        self._found = (searched, rows)
        return rows

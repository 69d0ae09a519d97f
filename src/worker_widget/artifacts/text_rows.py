"""A text of any size in rows that a list can show: a window of them, and where something occurs."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from typing import Final, NamedTuple

ROW_CHARS: Final = 2_000
"""What is longer than this without a line end is cut into several rows."""

_BLOCK_ROWS: Final = 256
_ROW: Final = re.compile(rf"[^\n]{{1,{ROW_CHARS}}}+\n?+|\n")
_BLOCK: Final = re.compile(rf"(?:{_ROW.pattern}){{1,{_BLOCK_ROWS}}}+")


class Found(NamedTuple):
    """The ``nth`` (from 1) ``of`` so many rows that have it; ``row`` is ``None`` where none has."""

    row: int | None
    nth: int
    of: int


class Lines:
    """The rows of a text. Where every 256th of them begins is kept, and no more than that.

    ``before`` may be the rows of a text that this one begins with: only what is new is looked at then.
    """

    def __init__(self, text: str, before: Lines | None = None) -> None:
        self.text = text
        self._starts: array[int] = array("Q", before._starts if before is not None else ())
        self._found: tuple[str, array[int]] | None = None
        at = self._starts.pop() if self._starts else 0  # its last block may have grown
        while block := _BLOCK.match(text, at):
            self._starts.append(at)
            at = block.end()
        last = self._starts[-1] if self._starts else 0
        self.total = max(0, len(self._starts) - 1) * _BLOCK_ROWS + sum(1 for _ in _ROW.finditer(text, last))
        """How many rows there are."""

    def window(self, start: int, count: int) -> list[str]:
        """``count`` rows from the ``start``-th on (from 0), as far as there are, without line ends."""
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

    def find(self, words: str, start: int, way: int) -> Found:
        """The nearest row strictly after (``way`` 1) or before (-1) row ``start`` in which ``words`` begins.

        Case does not count. Past the last one it goes on at the first, and the other way round.
        """
        rows = self._rows_with(words)
        if not rows:
            return Found(None, 0, 0)
        at = bisect_right(rows, start) if way > 0 else bisect_left(rows, start) - 1
        at %= len(rows)
        return Found(rows[at], at + 1, len(rows))

    def _rows_with(self, words: str) -> array[int]:
        """The rows in which ``words`` begins, in order. The last answer is kept."""
        if self._found is not None and self._found[0] == words:
            return self._found[1]
        rows: array[int] = array("Q")
        pattern = re.compile(re.escape(words), re.IGNORECASE)
        # Block by block, so that no single search keeps all other threads waiting.
        for block, start in enumerate(self._starts if words else ()):
            end = self._starts[block + 1] if block + 1 < len(self._starts) else len(self.text)
            reach = min(end + len(words) - 1, len(self.text))
            if pattern.search(self.text, start, reach) is None:
                continue
            for number, row in enumerate(_ROW.finditer(self.text, start, end)):
                if pattern.search(self.text, row.start(), min(row.end() + len(words) - 1, reach)):
                    rows.append(block * _BLOCK_ROWS + number)
        self._found = (words, rows)
        return rows

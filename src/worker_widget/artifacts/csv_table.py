"""Renders CSV and TSV as HTML tables."""

from __future__ import annotations

import csv
import re
from html import escape
from io import StringIO
from itertools import islice
from typing import Final

from .invalid_content import InvalidContent

MOST_ROWS: Final = 500
"""The number of rows of a table that are shown."""

MOST_COLUMNS: Final = 200
_MOST_HEAD: Final = 100_000
_DECLARED: Final = re.compile(r'"?sep=([^\r\n"])"?\r?\n', re.IGNORECASE)
_BLANK_START: Final = re.compile(r"(?:\ufeff|[ ]*[\r\n])*+")
_QUOTED: Final = re.compile(r'"[^"]*"')
_ROW: Final = re.compile(r'(?:"[^"]*"?|[^"\r\n])*')


def csv_table(text: str, *, whole: bool) -> tuple[str, str | None]:
    """A table of the first 500 rows and 200 columns, and a note if there are more.

    The separator is the one that a first line ``sep=;`` declares, or else the most frequent of comma,
    semicolon, tab and bar in the first row, outside of quotes. ``whole`` is false
    for a text that is still being written: its last line is then left out. Raises `InvalidContent`.
    """
    text = _without_blank_start(text)
    declared = _DECLARED.match(text)
    if declared:
        return _table(text[declared.end() :], declared[1], whole)
    head = _QUOTED.sub("", _first_row(text))
    return _table(text, max(",;\t|", key=head.count), whole)


def _first_row(text: str) -> str:
    """The first row, whose quoted cells can have line ends."""
    return _ROW.match(text[:_MOST_HEAD])[0]  # type: ignore[index]  # it matches the empty text too


def tsv_table(text: str, *, whole: bool) -> tuple[str, str | None]:
    """The table of a text whose cells are separated by tabs; see `csv_table`."""
    return _table(_without_blank_start(text), "\t", whole)


def _without_blank_start(text: str) -> str:
    """The text from its first row on, without a byte order mark and the blank lines before."""
    return text[_BLANK_START.match(text).end() :]  # type: ignore[union-attr]  # it matches the empty text too


def _table(text: str, delimiter: str, whole: bool) -> tuple[str, str | None]:
    if not whole:
        text = text[: text.rfind("\n") + 1] or text  # the last line can be incomplete
    rows = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        head = next(rows)
        shown = list(islice(rows, MOST_ROWS))
        total = len(shown) + sum(1 for _ in rows)
    except csv.Error as error:
        raise InvalidContent(f"it is not a valid table ({error}).") from None
    parts = ['<div class="rows"><table><thead><tr><th class="number"></th>']
    parts += (f"<th>{escape(cell)}</th>" for cell in head[:MOST_COLUMNS])
    parts.append("</tr></thead><tbody>")
    for number, row in enumerate(shown, start=1):
        parts.append(f'<tr><th class="number">{number}</th>')
        parts += (f"<td>{escape(cell)}</td>" for cell in row[:MOST_COLUMNS])
        parts.append("</tr>")
    parts.append("</tbody></table></div>")
    columns = max(len(head), max(map(len, shown), default=0))
    left_out = [f"{len(shown):,} of {total:,} rows"] * (total > len(shown))
    left_out += [f"{MOST_COLUMNS:,} of {columns:,} columns"] * (columns > MOST_COLUMNS)
    return "".join(parts), f"The first {' and '.join(left_out)} are shown." if left_out else None

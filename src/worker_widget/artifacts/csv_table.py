"""Renders CSV and TSV as HTML tables."""

from __future__ import annotations

import csv
from html import escape
from io import StringIO
from itertools import islice
from typing import Final

from .invalid_content import InvalidContent

MOST_ROWS: Final = 500
"""The number of rows of a table that are shown."""

MOST_COLUMNS: Final = 200


def csv_table(text: str, *, whole: bool) -> tuple[str, str | None]:
    """A table of the first 500 rows and 200 columns, and a note if there are more.

    The separator is the most frequent of comma, semicolon, tab and bar in the first line. ``whole`` is false
    for a text that is still being written: its last line is then left out. Raises `InvalidContent`.
    """
    return _table(text, max(",;\t|", key=text.partition("\n")[0].count), whole)


def tsv_table(text: str, *, whole: bool) -> tuple[str, str | None]:
    """The table of a text whose cells are separated by tabs; see `csv_table`."""
    return _table(text, "\t", whole)


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

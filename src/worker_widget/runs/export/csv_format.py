"""The log as a spreadsheet: comma-separated values as RFC 4180 has them, a log line on each row.

Columns: ``line, position, time, level, stage_id, agent, message``; times are ISO 8601 in UTC.

A cell that a spreadsheet would take for a formula gets a leading quote, so that it shows as text:
what a worker says is never executed by whoever opens the file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Final

from .trace import Trace, instant

COLUMNS: Final = ("line", "position", "time", "level", "stage_id", "agent", "message")

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_PIECE_CHARS: Final = 64 * 1024


def csv_parts(trace: Trace) -> Iterator[str]:
    """The log as CSV text, in pieces."""
    piece = StringIO(newline="")
    writer = csv.writer(piece, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in trace.log():
        writer.writerow(
            (
                row.line,
                row.position,
                instant(row.time_us),
                row.level,
                as_text(row.stage_id),
                as_text(row.agent),
                as_text(row.message),
            )
        )
        if piece.tell() > _PIECE_CHARS:
            yield piece.getvalue()
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue()


def as_text(cell: str | None) -> str | None:
    """A cell that no spreadsheet takes for a formula.

    >>> as_text("=1+1"), as_text("1+1")
    ("'=1+1", '1+1')
    """
    return "'" + cell if cell is not None and cell.startswith(_FORMULA) else cell

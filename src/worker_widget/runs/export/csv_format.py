"""The log as comma-separated values (RFC 4180), one log line in each row.

Columns: ``line, position, time, level, stage_id, agent, message``; times are ISO 8601 in UTC. Line 0, before
the log, has the run's request as JSON in its message, if the request is known.

A cell that a spreadsheet would evaluate as a formula gets a leading quote, so that it is shown as text: a
worker's text is never executed by the program that opens the file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Final

import msgspec

from .trace import Trace, instant

COLUMNS: Final = ("line", "position", "time", "level", "stage_id", "agent", "message")

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_PIECE_CHARS: Final = 64 * 1024


def csv_parts(trace: Trace) -> Iterator[str]:
    """The log as CSV text, in parts."""
    piece = StringIO(newline="")
    writer = csv.writer(piece, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    request = trace.state.request
    if request is not None:
        asked = msgspec.json.encode(request).decode()
        writer.writerow((0, 0, instant(trace.record.created_us), "info", None, None, asked))
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
    """Makes a cell that no spreadsheet evaluates as a formula.

    >>> as_text("=1+1"), as_text("1+1")
    ("'=1+1", '1+1')
    """
    return "'" + cell if cell is not None and cell.startswith(_FORMULA) else cell

"""The log as comma-separated values (RFC 4180), one log line in each row.

Columns: ``line, position, time, level, stage_id, agent, message``; times are ISO 8601 in UTC. Line 0, before
the log, has the run's request as JSON in its message, if the request is known.

A cell that a spreadsheet would evaluate as a formula gets a leading quote, so that it is shown as text: a
worker's text is never executed by the program that opens the file. Control characters are visible symbols.

``spreadsheet`` is the same for Excel, LibreOffice and Google Sheets. It begins with a byte order mark,
without which Excel reads no UTF-8. Times have a form that is recognised as a time, to the millisecond, in
UTC. Cells are cut at 32,767 characters, the most that Excel takes. Blanks and invisible characters before a
formula do not hide it. Spreadsheets of many countries separate cells by semicolons, and all can by tabs:
quotes around a cell of this file then do not hold it together, and a semicolon, a tab or a line end in it
begins another. A formula behind one of these gets a quote too.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Final

import msgspec

from ...state import ansi
from ...state.terminal_text import CONTROLS
from .trace import Trace, instant

COLUMNS: Final = ("line", "position", "time", "level", "stage_id", "agent", "message")

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_STARTS: Final = "[=+\\-@＝＋－＠]"
_HIDING: Final = (  # controls, blanks, and what Unicode has no picture for
    "\x00-\x20\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f"
    "\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
_SEPARATORS: Final = re.compile("[;\t\r\n]")
_FORMULA_AHEAD: Final = re.compile(f"[{_HIDING}]*{_STARTS}|[{_HIDING}]*?[\t\r\n]")
_BEFORE_FORMULA: Final = re.compile(f'([{_HIDING};"]++)(?={_STARTS})|[{_HIDING};"]++')
_BYTE_ORDER_MARK: Final = "\ufeff"
_MOST_CELL_CHARS: Final = 32_767
_PIECE_CHARS: Final = 64 * 1024


def csv_parts(trace: Trace) -> Iterator[str]:
    """The log as CSV text, in parts."""
    return _parts(trace, instant, as_text)


def spreadsheet_parts(trace: Trace) -> Iterator[str]:
    """The log as CSV text for spreadsheets, in parts."""
    yield _BYTE_ORDER_MARK
    yield from _parts(trace, _sheet_time, _sheet_text)


def _parts(
    trace: Trace, time: Callable[[int | None], str | None], text: Callable[[str | None], str | None]
) -> Iterator[str]:
    piece = StringIO(newline="")
    writer = csv.writer(piece, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    request = trace.request
    if request is not None:
        asked = msgspec.json.encode(request).decode()
        writer.writerow((0, 0, time(trace.record.created_us), "info", None, None, text(asked)))
    for row in trace.log():
        cells = (text(row.stage_id), text(row.agent), text(row.message))
        writer.writerow((row.line, row.position, time(row.time_us), row.level, *cells))
        if piece.tell() > _PIECE_CHARS:
            yield piece.getvalue()
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue()


def as_text(cell: str | None) -> str | None:
    """Makes a cell that no spreadsheet evaluates as a formula, and in which nothing acts on a terminal.

    >>> as_text("=1+1"), as_text("1+1")
    ("'=1+1", '1+1')
    """
    if cell is None:
        return None
    cell = ansi.plain(cell).translate(CONTROLS)
    return "'" + cell if cell.startswith(_FORMULA) else cell


def _sheet_text(cell: str | None) -> str | None:
    if cell is None:
        return None
    cell = ansi.plain(cell[: 4 * _MOST_CELL_CHARS])[: _MOST_CELL_CHARS + 1]
    quote = "'" if _FORMULA_AHEAD.match(cell) else ""
    if _SEPARATORS.search(cell):
        cell = _BEFORE_FORMULA.sub(_with_quote, cell)
    cell = quote + cell.translate(CONTROLS)
    return cell if len(cell) <= _MOST_CELL_CHARS else cell[: _MOST_CELL_CHARS - 1] + "…"


def _with_quote(between: re.Match[str]) -> str:
    """What is between two words, with a quote at its end if a cell may begin there with a formula."""
    return between[0] + "'" if between[1] and _SEPARATORS.search(between[1]) else between[0]


def _sheet_time(time_us: int | None) -> str | None:
    text = instant(time_us)
    return None if text is None else text[:23].replace("T", " ")

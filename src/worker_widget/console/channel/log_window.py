"""Makes the wire's log rows: windows of the log under a filter, with styles and marked matches."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from ...state import ansi
from ...store.event_store import EventStore
from ...store.line_filter import LineFilter
from ...store.log_search import LogSearch, PatternError
from ...store.log_table import StoredLine
from ...store.marks import MARKS_S, marks
from ..wire import LogFilter, LogRow, LogRows

MOST_ROWS = 500
MOST_CHARS = 4_000
"""A longer message is cut on the wire; the browser requests the complete message when the row is opened."""


def line_filter(filter: LogFilter, search: LogSearch | None = None) -> LineFilter:
    """Converts the wire's filter to the store's; with ``search``, lines must also match that."""
    searches = [item for item in (filter.search, search) if item is not None and item.text]
    return LineFilter(
        levels=None if filter.levels is None else frozenset(filter.levels),
        stage_id=filter.stage_id,
        agent=filter.agent,
        searches=frozenset(searches),
    )


def log_window(
    store: EventStore,
    run_id: str,
    filter: LogFilter,
    start: int,
    count: int,
    *,
    search: LogSearch | None = None,
    seconds: float | None = None,
    after: int = 0,
    upto: int | None = None,
) -> LogRows:
    """The rows from index ``start`` on (from 0) under the filter.

    Matches of ``search`` are marked, without it matches of the filter's search. ``seconds`` limits the scan,
    and ``after`` and ``upto`` the events, as in `EventStore.log_window`. Raises `PatternError`.
    """
    count = min(count, MOST_ROWS)
    window = store.log_window(
        run_id, line_filter(filter), max(start, 0), count, seconds, after=after, upto=upto
    )
    marker = Marker(search or filter.search)
    rows = [_row(window.start + offset, row, marker) for offset, row in enumerate(window.rows)]
    return {"total": window.total, "start": window.start, "rows": rows}


class Marker:
    """Finds the matches of a search in rows. After a row for which the pattern is slow, none is marked."""

    def __init__(self, search: LogSearch | None) -> None:
        self._search = search

    def marks(self, message: str) -> list[tuple[int, int]]:
        """The matches in ``message``: starts and ends."""
        if self._search is None:
            return []
        try:
            return marks(self._search, message, MARKS_S)
        except (TimeoutError, PatternError):
            self._search = None
            return []


def _row(index: int, row: StoredLine, marker: Marker) -> LogRow:
    message = row.message[:MOST_CHARS]
    shown: LogRow = {
        "index": index,
        "line": row.line,
        "position": row.position,
        "time_us": row.time_us,
        "level": row.level,
        "stage_id": row.stage_id,
        "agent": row.agent,
        "message": message,
    }
    if len(row.message) > MOST_CHARS:
        shown["chars"] = len(row.message)
    pieces = list(styled_pieces(message, row.styled, marker.marks(message)))
    if any(style for _, style in pieces):
        shown["pieces"] = pieces
    return shown


def styled_pieces(
    message: str, styled: str | None, marked: list[tuple[int, int]]
) -> Iterator[tuple[str, str]]:
    """Divides ``message`` into consecutive pieces with class names: the style of ``styled``, and "match"."""
    cuts = chain.from_iterable(marked)
    cut = next(cuts, len(message))
    end, inside = 0, False
    for text, style in [(message, "")] if styled is None else ansi.pieces(styled):
        start, end = end, min(end + len(text), len(message))
        while start < end:
            if start == cut:
                inside, cut = not inside, next(cuts, len(message))
                continue
            until = min(end, cut)
            yield message[start:until], f"match {style}".rstrip() if inside else style
            start = until
        if end == len(message):
            return

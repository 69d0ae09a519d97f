"""Log rows as the wire carries them: windows of the whole log under a filter, and the newest rows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from ...state import ansi
from ...store.event_store import EventStore
from ...store.line_filter import LineFilter
from ...store.log_table import StoredLine
from ...store.search import MARKS_S, LogSearch, PatternError, marks
from ..wire import LogFilter, LogRow, LogRows

MOST_ROWS = 500
MOST_CHARS = 4_000
"""A longer message is cut on the wire; the browser requests the whole when a person opens the row."""


def stored(filter: LogFilter, search: LogSearch | None = None) -> LineFilter:
    """The store's filter for the wire's; with ``search``, only for lines that match that too."""
    searches = [wanted for wanted in (filter.search, search) if wanted is not None and wanted.text]
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
) -> LogRows:
    """The rows from index ``start`` (from 0) under the filter.

    Matches of ``search``, or else of the filter's own search, are marked. ``seconds`` as for
    `EventStore.log_window`. Raises `PatternError`.
    """
    window = store.log_window(run_id, stored(filter), max(start, 0), min(count, MOST_ROWS), seconds)
    marker = Marker(search or filter.search)
    rows = [_row(window.start + offset, row, marker) for offset, row in enumerate(window.rows)]
    return {"total": window.total, "start": window.start, "rows": rows}


class Marker:
    """Marks the matches of a search in rows. A pattern that is slow in a row marks no further rows."""

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
    """``message`` in consecutive pieces, each with its class names: its own style, and "match"."""
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

"""Log rows as the wire carries them: windows of the whole log under a filter, and the newest rows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from ...state import ansi
from ...store.event_store import EventStore
from ...store.log_index import LogFilter as StoredFilter
from ...store.log_index import LogRow
from ...store.search import MARKS_S, PatternError, marks
from ...store.search import LogSearch as StoredSearch
from ..wire import LogFilter, LogSearch

MOST_ROWS = 500
MOST_CHARS = 4_000
"""A longer message is cut on the wire; the whole is asked for when somebody opens the row."""


def stored(filter: LogFilter, search: LogSearch | None = None) -> StoredFilter:
    """The store's filter for the wire's; with ``search``, only for lines that match that too."""
    searches = [stored_search(one) for one in (filter.search, search) if one is not None and one.text]
    return StoredFilter(
        levels=None if filter.levels is None else frozenset(filter.levels),
        stage_id=filter.stage_id,
        agent=filter.agent,
        searches=frozenset(searches),
    )


def stored_search(search: LogSearch) -> StoredSearch:
    return StoredSearch(text=search.text, regex=search.regex, case_sensitive=search.case_sensitive)


def log_window(
    store: EventStore,
    run_id: str,
    filter: LogFilter,
    start: int,
    count: int,
    *,
    search: LogSearch | None = None,
    seconds: float | None = None,
) -> dict[str, Any]:
    """The rows from index ``start`` (from 0) under the filter, as ``{total, start, rows}``.

    What ``search``, or else the filter's own, finds is marked. ``seconds`` as for
    `EventStore.log_window`. Raises `PatternError`.
    """
    window = store.log_window(run_id, stored(filter), max(start, 0), min(count, MOST_ROWS), seconds)
    marker = Marker(search or filter.search)
    rows = [_row(window.start + offset, row, marker) for offset, row in enumerate(window.rows)]
    return {"total": window.total, "start": window.start, "rows": rows}


class Marker:
    """Marks what a search finds in some rows. A pattern that is slow for one marks no more."""

    def __init__(self, search: LogSearch | None) -> None:
        self._search = None if search is None else stored_search(search)

    def marks(self, message: str) -> list[tuple[int, int]]:
        """Where in ``message`` it occurs: starts and ends."""
        if self._search is None:
            return []
        try:
            return marks(self._search, message, MARKS_S)
        except (TimeoutError, PatternError):
            self._search = None
            return []


def _row(i: int, row: LogRow, marker: Marker) -> dict[str, Any]:
    message = row.message[:MOST_CHARS]
    told: dict[str, Any] = {
        "i": i,
        "n": row.n,
        "position": row.position,
        "time_us": row.time_us,
        "level": row.level,
        "stage_id": row.stage_id,
        "agent": row.agent,
        "message": message,
    }
    if len(row.message) > MOST_CHARS:
        told["chars"] = len(row.message)
    pieces = list(styled_pieces(message, row.styled, marker.marks(message)))
    if any(style for _, style in pieces):
        told["pieces"] = pieces
    return told


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

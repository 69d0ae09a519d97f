"""Log rows as the wire carries them: windows of the whole log under a filter, and the newest rows."""

from __future__ import annotations

from typing import Any

from ..history.logs import LogFilter as StoredFilter
from ..history.logs import LogRow
from ..history.store import EventStore
from .wire import LogFilter, WatchedLog

MOST_ROWS = 500
MOST_CHARS = 4_000
"""A longer message is cut on the wire; the whole is asked for when somebody opens the row."""


def stored(filter: LogFilter) -> StoredFilter:
    """The store's filter for the wire's."""
    return StoredFilter(
        levels=None if filter.levels is None else frozenset(filter.levels),
        stage_id=filter.stage_id,
        agent=filter.agent,
        text=filter.text or None,
    )


def log_news(store: EventStore, run_id: str, watched: WatchedLog, known: int | None) -> dict[str, Any] | None:
    """The newest rows after the first ``known`` ones under the filter, with the new total.

    At most as many as are watched. ``None`` where nothing is new; with ``known`` ``None`` all is.
    """
    filter = stored(watched.filter)
    total = store.log_total(run_id, filter)
    if total == known:
        return None
    fresh = total if known is None or known > total else total - known
    count = min(fresh, watched.rows, MOST_ROWS)
    return log_window(store, run_id, watched.filter, total - count, count)


def log_window(store: EventStore, run_id: str, filter: LogFilter, start: int, count: int) -> dict[str, Any]:
    """The rows from index ``start`` (from 0) under the filter, as ``{total, start, rows}``."""
    window = store.log_window(run_id, stored(filter), max(start, 0), min(count, MOST_ROWS))
    rows = [_row(window.start + offset, row) for offset, row in enumerate(window.rows)]
    return {"total": window.total, "start": window.start, "rows": rows}


def _row(i: int, row: LogRow) -> dict[str, Any]:
    told: dict[str, Any] = {
        "i": i,
        "n": row.n,
        "position": row.position,
        "time_us": row.time_us,
        "level": row.level,
        "stage_id": row.stage_id,
        "agent": row.agent,
        "message": row.message,
    }
    if len(row.message) > MOST_CHARS:
        told["message"] = row.message[:MOST_CHARS]
        told["chars"] = len(row.message)
    return told

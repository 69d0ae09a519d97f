"""How far one view has the log under its filter, and what comes next: rows, and the search's progress."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from ...errors import HistoryError, RunUnknown
from ...store.event_store import EventStore
from ...store.log_index import LogFilter, LogProgress
from ..wire import WatchedLog
from .log_window import MOST_ROWS, log_window, stored

_log = logging.getLogger(__name__)

_SLICE_S: Final = 0.04
"""How long to look through the log before telling how far it is."""
_AT_ONCE: Final = 4_096
"""So many lines are looked at on the loop, where no pattern is wanted: a millisecond's work."""
_AT_ONCE_S: Final = 0.001


class LogCursor:
    """Walks the log as one view watches it. What takes longer is done by a task of its own."""

    def __init__(self, watched: WatchedLog) -> None:
        self._watched = watched
        self._shown = stored(watched.filter)
        self._wanted = stored(watched.filter, watched.search)
        searches = (watched.filter.search, watched.search)
        self._searches = any(search is not None and search.text for search in searches)
        self._total: int | None = None
        self._progress: LogProgress | None = None
        self._task: asyncio.Task[None] | None = None
        self.behind = False

    def advance(self, store: EventStore, run_id: str) -> dict[str, Any]:
        """What is new for the view, as the wire carries it. ``behind`` says whether more is to be found.

        The rows are the newest of those found so far, at most as many as are watched.
        """
        news: dict[str, Any] = {}
        shown = _progress(store, run_id, self._shown)
        wanted = shown if self._wanted == self._shown else _progress(store, run_id, self._wanted)
        self.behind = not (shown.done and wanted.done)
        if shown.count != self._total and (shown.count or shown.done):
            news["log"] = self._rows(store, run_id, shown.count)
        if self._searches and wanted != self._progress:
            self._progress = wanted
            news["search"] = _told(wanted)
        return news

    def look_further(self, store: EventStore, run_id: str, tell: Callable[[], None]) -> None:
        """Look through the rest of the log beside the loop; ``tell`` is called whenever there is news."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look(store, run_id, tell), name="search the log")

    def close(self) -> None:
        """Look no further."""
        if self._task is not None:
            self._task.cancel()

    async def _look(self, store: EventStore, run_id: str, tell: Callable[[], None]) -> None:
        try:
            for only in (self._shown, self._wanted):
                done = False
                while not done:
                    done = (await asyncio.to_thread(store.log_scan, run_id, only, _SLICE_S)).done
                    tell()
        except (HistoryError, RunUnknown) as error:
            _log.warning("The history could not be searched: %s", error)

    def _rows(self, store: EventStore, run_id: str, total: int) -> dict[str, Any]:
        known = self._total
        fresh = total if known is None or known > total else total - known
        count = min(fresh, self._watched.rows, MOST_ROWS)
        watched = self._watched
        rows = log_window(
            store, run_id, watched.filter, total - count, count, search=watched.search, seconds=0
        )
        self._total = total
        return {**rows, "total": total}


def _progress(store: EventStore, run_id: str, only: LogFilter) -> LogProgress:
    progress = store.log_scan(run_id, only, 0)
    if progress.done or only.patterns or progress.of - progress.scanned > _AT_ONCE:
        return progress
    return store.log_scan(run_id, only, _AT_ONCE_S)


def _told(progress: LogProgress) -> dict[str, Any]:
    return {
        "count": progress.count,
        "scanned": progress.scanned,
        "of": progress.of,
        "done": progress.done,
        "error": progress.error,
    }

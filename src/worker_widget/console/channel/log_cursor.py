"""`LogCursor` reads the log rows and the search progress that a subscriber does not have yet."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

from ...errors import HistoryError, RunUnknown
from ...store.event_store import EventStore
from ...store.line_filter import LineFilter
from ...store.log_index import LogProgress
from ..wire import LogRows, SearchProgress, SubscriberNews, WatchedLog
from .log_window import MOST_ROWS, line_filter, log_window

_log = logging.getLogger(__name__)

_SLICE_S: Final = 0.04
"""How long the log is scanned before the progress is sent."""
_AT_ONCE: Final = 4_096
"""This many lines are scanned on the event loop if there is no pattern: about a millisecond."""
_AT_ONCE_S: Final = 0.001


class _Events(NamedTuple):
    """The events of a run whose lines are shown."""

    store: EventStore
    run_id: str
    upto: int | None
    after: int

    def scan(self, filter: LineFilter, seconds: float) -> LogProgress:
        return self.store.log_scan(self.run_id, filter, seconds, after=self.after, upto=self.upto)


class LogCursor:
    """Reads the log under the filter of one subscriber. A longer scan runs in a task of its own."""

    def __init__(self, watched: WatchedLog) -> None:
        self._watched = watched
        self._shown = line_filter(watched.filter)
        self._wanted = line_filter(watched.filter, watched.search)
        searches = (watched.filter.search, watched.search)
        self._searches = any(search is not None and search.text for search in searches)
        self._total: int | None = None
        self._progress: LogProgress | None = None
        self._task: asyncio.Task[None] | None = None
        self.behind = False

    def advance(
        self, store: EventStore, run_id: str, upto: int | None = None, after: int = 0
    ) -> SubscriberNews:
        """What is new for the subscriber in the first ``upto`` events, or all, without the first ``after``;
        ``behind`` is whether lines remain to be scanned.

        The rows are the newest of those found so far, at most as many as are watched.
        """
        news: SubscriberNews = {}
        read = _Events(store, run_id, upto, after)
        shown = _progress(read, self._shown)
        wanted = shown if self._wanted == self._shown else _progress(read, self._wanted)
        self.behind = not (shown.done and wanted.done)
        if shown.count != self._total and (shown.count or shown.done):
            news["log"] = self._rows(read, shown.count)
        if self._searches and wanted != self._progress:
            self._progress = wanted
            news["search"] = _search_progress(wanted)
        return news

    def scan_rest(
        self,
        store: EventStore,
        run_id: str,
        changed: Callable[[], None],
        upto: int | None = None,
        after: int = 0,
    ) -> None:
        """Scans the rest of the log in a thread; ``changed`` is called after each slice."""
        if self._task is None or self._task.done():
            events = _Events(store, run_id, upto, after)
            self._task = asyncio.create_task(self._scan(events, changed), name="search the log")

    def close(self) -> None:
        """Stops scanning."""
        if self._task is not None:
            self._task.cancel()

    async def _scan(self, events: _Events, changed: Callable[[], None]) -> None:
        try:
            for filter in (self._shown, self._wanted):
                scan = partial(events.scan, filter, _SLICE_S)
                done = False
                while not done:
                    done = (await asyncio.to_thread(scan)).done
                    changed()
        except (HistoryError, RunUnknown) as error:
            _log.warning("The history could not be searched: %s", error)

    def _rows(self, events: _Events, total: int) -> LogRows:
        known = self._total
        fresh = total if known is None or known > total else total - known
        count = min(fresh, self._watched.rows, MOST_ROWS)
        watched = self._watched
        rows = log_window(
            events.store,
            events.run_id,
            watched.filter,
            total - count,
            count,
            search=watched.search,
            seconds=0,
            after=events.after,
            upto=events.upto,
        )
        self._total = total
        return {"total": total, "start": rows["start"], "rows": rows["rows"]}


def _progress(events: _Events, filter: LineFilter) -> LogProgress:
    progress = events.scan(filter, 0)
    if progress.done or filter.patterns or progress.of - progress.scanned > _AT_ONCE:
        return progress
    return events.scan(filter, _AT_ONCE_S)


def _search_progress(progress: LogProgress) -> SearchProgress:
    return {
        "count": progress.count,
        "scanned": progress.scanned,
        "of": progress.of,
        "done": progress.done,
        "error": progress.error,
    }

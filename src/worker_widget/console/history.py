"""The list of runs: those of this computer's history, and those that only the server has."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Final, TypedDict

import msgspec

from ..errors import WorkerWidgetError
from ..events.answers import RunListItem
from ..runs.ended_kernels import settle_ended
from ..runs.listed_status import QUIET_US, listed_status
from ..sources.worker_server import WorkerServer
from ..state.error_words import error_words
from ..state.run_state import ENDED
from ..store.event_store import EventStore
from ..store.log_search import LogSearch
from ..store.run_list import RunFilter
from ..store.run_records import RunRecord
from ..store.run_search import RunsFound
from .wire import HistoryRow

RECENT_RUNS: Final = 10
MOST_ROWS: Final = 200
"""The most rows of a window."""
_FIRST_SEARCH_S: Final = 0.03
_SEARCH_S: Final = 0.15
"""How long a window searches the logs before it returns what is found so far: the first for a text briefly,
because it has the runs that are found by their tasks."""


class RecentRuns(TypedDict):
    """The newest runs, newest first; ``total`` is the number of runs in this computer's history."""

    runs: list[HistoryRow]
    total: int


class RunSearchProgress(TypedDict):
    """The progress of a search in the logs of all runs: ``lines`` lines of ``runs`` runs match so far.

    ``scanned`` of ``of`` lines were searched. ``error`` is the reason why the search ended early.
    """

    runs: int
    lines: int
    scanned: int
    of: int
    done: bool
    error: str | None


class HistoryWindow(TypedDict):
    """The runs from index ``start`` on, of ``total`` under a filter, newest first.

    First those whose task or note has the filter's text: ``in_rows``; then those that only have it in their
    logs.
    ``all`` is the number of runs in this computer's history. ``version`` identifies this answer: ``rows`` is
    ``None`` if the browser has it already. ``search`` is the progress of the search in the logs; each request
    continues it.
    """

    version: str
    total: int
    in_rows: int
    all: int
    start: int
    rows: list[HistoryRow] | None
    search: RunSearchProgress | None


def recorded_rows(store: EventStore, limit: int = RECENT_RUNS) -> list[HistoryRow]:
    """The newest runs in the history, newest first. Raises `HistoryError`."""
    settle_ended(store)
    records = store.runs(limit=limit)
    now_us = _now_us()
    return [row_of(record, now_us) for record in records]


def trashed_ids(store: EventStore) -> frozenset[str]:
    """The runs that were deleted and can be restored: the server still lists them. Raises `HistoryError`."""
    return frozenset(record.run_id for record in store.runs(trashed=True))


def merged_rows(
    recorded: Iterable[HistoryRow],
    listed: Iterable[tuple[str, RunListItem]],
    limit: int = RECENT_RUNS,
    trashed: Collection[str] = (),
) -> list[HistoryRow]:
    """The newest runs of both, newest first; ``listed`` are the server's runs, each with its worker.

    The history's row of an ended run is final; the state of another run is the server's.
    """
    rows = {row["run_id"]: row for row in recorded}
    for worker, item in listed:
        if item.run_id in trashed:
            continue
        known = rows.get(item.run_id)
        if known is None or not _has_ended(known):
            rows[item.run_id] = _listed(item, worker, known)
    newest = sorted(rows.values(), key=lambda row: row["started_us"] or 0, reverse=True)
    return newest[:limit]


def _has_ended(row: HistoryRow) -> bool:
    """Whether a run has ended in the history. An interruption without a reason is only presumed: the run is
    quiet, and its server may know better."""
    return row["status"] in ENDED and (row["status"] != "interrupted" or row["error"] is not None)


def row_of(record: RunRecord, now_us: int | None = None) -> HistoryRow:
    """The row of a run in the history."""
    return {
        "run_id": record.run_id,
        "worker": record.worker,
        "task": record.task,
        "status": listed_status(record, now_us),
        "success": record.success,
        "error": None if record.error is None else error_words(record.error),
        "started_us": record.started_us or record.created_us,
        "latency_ms": record.latency_ms,
        "replay_of": record.replay_of,
        "parent_run_id": record.parent_run_id,
        "strict_mode": record.strict_mode,
        "recorded": True,
        "replayable": record.token is not None,
        "starred": record.starred,
        "tags": list(record.tags),
        "note": record.note,
    }


class HistoryReader:
    """Reads the list of runs for one console."""

    def __init__(self, store: EventStore, client: WorkerServer) -> None:
        self._store = store
        self._client = client
        self._listed: list[tuple[str, RunListItem]] = []
        self._listed_us = 0
        self._searched = ""

    async def recent(self, worker: str) -> RecentRuns:
        """The newest runs, those in the history and those that only the server has. Raises `HistoryError`."""
        recorded = await asyncio.to_thread(recorded_rows, self._store)
        total = await asyncio.to_thread(self._store.run_count)
        try:
            answer = await self._client.runs(limit=RECENT_RUNS, worker=worker)
            self._listed = [(worker, item) for item in answer.runs]
            self._listed_us = _now_us()
        except WorkerWidgetError:
            self._listed = []  # the history of this computer can be read without the server
        trashed = await asyncio.to_thread(trashed_ids, self._store)
        return {"runs": merged_rows(recorded, self._listed, trashed=trashed), "total": total}

    def window(self, filter: RunFilter, start: int, count: int, known: str) -> HistoryWindow:
        """Reads up to ``count`` runs under the filter; see `HistoryWindow`. Raises `HistoryError`."""
        settle_ended(self._store)
        now_us = _now_us()
        others = self._only_listed() if filter == RunFilter() else []
        start, count = max(start, 0), min(max(count, 0), MOST_ROWS)
        before = sum(at < start for at, _ in others)
        within = [(at, row) for at, row in others if start <= at < start + count]
        logs = self._search(filter.text) if filter.text else None
        counts = {} if logs is None else self._without_trashed(logs.runs)
        found = self._store.run_window(
            filter, start - before, count - len(within), quiet_us=now_us - QUIET_US, logs=counts
        )
        rows = [self._row(record, now_us, counts.get(record.run_id)) for record in found.runs]
        for at, row in within:
            rows.insert(at - start, row)
        window: HistoryWindow = {
            "version": "",
            "total": found.total + len(others),
            "in_rows": found.in_rows + len(others),
            "all": self._store.run_count(),
            "start": start,
            "rows": rows,
            "search": None if logs is None else _progress(logs, counts),
        }
        window["version"] = _digest(window)
        return {**window, "rows": None} if window["version"] == known else window

    def _search(self, text: str) -> RunsFound:
        seconds = _SEARCH_S if text == self._searched else _FIRST_SEARCH_S
        self._searched = text
        return self._store.search_runs(LogSearch(text=text), seconds)

    def _without_trashed(self, counts: Mapping[str, int]) -> Mapping[str, int]:
        trashed = trashed_ids(self._store)
        return {run_id: count for run_id, count in counts.items() if run_id not in trashed}

    def _row(self, record: RunRecord, now_us: int, lines: int | None) -> HistoryRow:
        row = row_of(record, now_us)
        if lines is not None:
            row["lines"] = lines
        listed = next((item for item in self._listed if item[1].run_id == record.run_id), None)
        if listed is None or _has_ended(row) or record.updated_us > self._listed_us:
            return row
        return _listed(listed[1], listed[0], row)

    def _only_listed(self) -> list[tuple[int, HistoryRow]]:
        """The runs that only the server has, each with its index in the list of all runs."""
        trashed = trashed_ids(self._store) if self._listed else frozenset()
        rows = [
            _listed(item, worker, None)
            for worker, item in self._listed
            if item.run_id not in trashed and self._store.run(item.run_id) is None
        ]
        rows.sort(key=lambda row: row["started_us"] or 0, reverse=True)
        return [(self._store.runs_since(row["started_us"] or 0) + n, row) for n, row in enumerate(rows)]


def _now_us() -> int:
    return time.time_ns() // 1000


def _progress(logs: RunsFound, counts: Mapping[str, int]) -> RunSearchProgress:
    return {
        "runs": len(counts),
        "lines": sum(counts.values()),
        "scanned": logs.scanned,
        "of": logs.of,
        "done": logs.done,
        "error": logs.error,
    }


def _digest(window: HistoryWindow) -> str:
    return blake2b(msgspec.json.encode(window), digest_size=8).hexdigest()


def _listed(item: RunListItem, worker: str, known: HistoryRow | None) -> HistoryRow:
    row: HistoryRow = known or {
        "run_id": item.run_id,
        "worker": worker,
        "task": None,
        "status": "",
        "success": None,
        "error": None,
        "started_us": None,
        "latency_ms": None,
        "replay_of": None,
        "parent_run_id": None,
        "strict_mode": None,
        "recorded": False,
        "replayable": False,
        "starred": False,
        "tags": [],
        "note": None,
    }
    return {
        **row,
        "task": item.task or row["task"],
        "status": item.status,
        "success": item.success,
        "started_us": _microseconds(item.created_at) or row["started_us"],
        "latency_ms": item.total_latency_ms,
    }


def _microseconds(time: datetime | None) -> int | None:
    return None if time is None else round(time.timestamp() * 1_000_000)

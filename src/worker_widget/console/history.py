"""The rows of the run history: the runs of this computer's log, and those that only the server has."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from ..events.answers import RunListItem
from ..state.run_state import ENDED, RunState
from ..store.event_store import EventStore, RunRecord
from .wire import HistoryRow

RECENT_RUNS: Final = 10
QUIET_US: Final = 600_000_000
"""A run without an event for this long counts as interrupted, unless its server says otherwise."""


def recorded_rows(store: EventStore, limit: int = RECENT_RUNS) -> list[HistoryRow]:
    """The newest runs in the history, newest first. Raises `HistoryError`."""
    records = store.runs(limit=limit)
    opened = store.opening_states([record.run_id for record in records])
    now_us = time.time_ns() // 1000
    return [row_of(record, opened.get(record.run_id, RunState()), now_us) for record in records]


def merged_rows(
    recorded: Iterable[HistoryRow], listed: Iterable[tuple[str, RunListItem]], limit: int = RECENT_RUNS
) -> list[HistoryRow]:
    """The newest runs of both, newest first; ``listed`` are the server's runs, each with its worker.

    The history's row of an ended run is final; the state of another run is the server's.
    """
    rows = {row["run_id"]: row for row in recorded}
    for worker, item in listed:
        known = rows.get(item.run_id)
        if known is None or known["status"] not in ENDED:
            rows[item.run_id] = _listed(item, worker, known)
    newest = sorted(rows.values(), key=lambda row: row["started_us"] or 0, reverse=True)
    return newest[:limit]


def row_of(record: RunRecord, opened: RunState, now_us: int) -> HistoryRow:
    """The row of a run in the history; ``opened`` is its state after its first events.

    The record of a run that has not ended says only that it was queued.
    """
    status = record.status
    if status not in ENDED:
        status = "running" if record.events else status
        status = "interrupted" if now_us - record.updated_us > QUIET_US else status
    return {
        "run_id": record.run_id,
        "worker": record.worker,
        "task": record.task,
        "status": status,
        "success": record.success,
        "error": record.error,
        "started_us": record.started_us or record.created_us,
        "latency_ms": record.latency_ms,
        "replay_of": opened.replay_of,
        "strict_mode": opened.strict_mode,
        "recorded": True,
        "replayable": record.replay_token is not None,
    }


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
        "strict_mode": None,
        "recorded": False,
        "replayable": False,
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

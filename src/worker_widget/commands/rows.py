"""Runs as the commands print them: objects with stable keys, and words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ..runs.listed_status import listed_status
from ..state.error_words import error_words
from ..state.run_state import Artifact, InputRequest, RunState
from ..state.run_warnings import run_warnings
from ..state.verdict import verdict
from ..store.run_records import RunRecord

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


_LISTED: Final = (
    *("run_id", "worker", "origin", "task", "status", "success", "error"),
    *("created_at", "started_at", "ended_at", "duration_ms", "tokens", "stages_done", "stages_total"),
    *("artifacts", "position", "starred", "tags", "note", "in_history"),
)
"""The keys of a row in a list."""


def listed_row(record: RunRecord) -> dict[str, Any]:
    """The row of a run in a list."""
    return {
        "run_id": record.run_id,
        "worker": record.worker,
        "origin": record.origin,
        "task": record.task,
        "status": listed_status(record),
        "success": record.success,
        "error": None if record.error is None else error_words(record.error),
        "created_at": instant(record.created_us),
        "started_at": instant(record.started_us),
        "ended_at": instant(record.ended_us),
        "duration_ms": duration_ms(record.started_us, record.ended_us, record.latency_ms),
        "tokens": record.tokens,
        "stages_done": record.stages_done,
        "stages_total": record.stages_total,
        "artifacts": record.artifacts,
        "position": record.events,
        "starred": record.starred,
        "tags": list(record.tags),
        "note": record.note,
        "in_history": True,
    }


def blank_row() -> dict[str, Any]:
    """The row of a run that the history does not have."""
    return {
        **dict.fromkeys(_LISTED),
        **dict.fromkeys(("stages_done", "stages_total", "artifacts", "position"), 0),
        "starred": False,
        "tags": [],
        "in_history": False,
    }


def shown_row(run_id: str, record: RunRecord | None, state: RunState) -> dict[str, Any]:
    """One run with what a reader needs to go on: its end, open requests, warnings and artifacts."""
    ended = verdict(state)
    asked = state.request
    return {
        "run_id": run_id,
        "worker": state.worker or (record.worker if record else None),
        "origin": record.origin if record else None,
        "task": state.task or (record.task if record else None),
        "status": state.status,
        "over": state.over,
        "success": state.success,
        "error": None if state.error is None else error_words(state.error),
        "verdict": None if ended is None else ended.summary,
        "reason": None if ended is None else ended.reason,
        "created_at": instant(record.created_us) if record else None,
        "started_at": instant(state.started_us),
        "ended_at": instant(state.ended_us),
        "duration_ms": duration_ms(state.started_us, state.ended_us, state.latency_ms),
        "position": state.position,
        "log_lines": state.counts.logs,
        "tokens": state.tokens,
        "input_tokens": state.figures.input_tokens,
        "output_tokens": state.figures.output_tokens,
        "cost": None if state.figures.cost is None else state.figures.cost.amount,
        "stages_done": state.counts.top_done,
        "stages_total": max(state.total_stages or 0, state.counts.top_stages),
        "violations": state.figures.violations,
        "failures": state.figures.failures,
        "recoveries": state.figures.recoveries,
        "max_drift": state.figures.highest_drift,
        "replay_of": state.replay_of,
        "parent_run_id": state.parent_run_id,
        "from_stage": state.from_stage,
        "replayable": state.replay_token is not None,
        "inputs": [input_row(request) for request in state.inputs],
        "warnings": [
            {"code": row.code, "stage_id": row.stage_id, "message": row.message}
            for row in run_warnings(state)
        ],
        "artifacts": [_artifact_row(item) for item in state.artifacts],
        "request": None
        if asked is None
        else {
            "task": asked.task,
            "brand": None if asked.brand is None else dict(asked.brand),
            "budget": asked.budget,
            "strict_mode": asked.strict_mode,
            "depth": asked.depth,
            "options": dict(asked.options),
        },
        "starred": record.starred if record else False,
        "tags": list(record.tags) if record else [],
        "note": record.note if record else None,
    }


def input_row(request: InputRequest) -> dict[str, Any]:
    """An open request for an answer of a person."""
    return {
        "request_id": request.request_id,
        "message": request.message,
        "reason": request.reason,
        "stage_id": request.stage_id,
        "schema": request.schema,
        "expires_at": instant(request.expires_us),
    }


def cursor_row(run_id: str, position: int, state: RunState) -> dict[str, Any]:
    """Where the reader of a run is: what was printed are the events up to ``position``."""
    return {
        "kind": "cursor",
        "run_id": run_id,
        "position": position,
        "status": state.status,
        "over": state.over,
        "success": state.success,
    }


def _artifact_row(item: Artifact) -> dict[str, Any]:
    return {
        "file": item.file,
        "type": item.kind,
        "stage_id": item.stage_id,
        "status": item.status,
        "chars": item.chars,
        "sha256": item.sha256,
    }


def instant(us: int | None) -> str | None:
    """A time as ISO 8601 in UTC; ``None`` for one that no calendar has."""
    moment = _moment(us)
    return None if moment is None else moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def local_time(us: int | None, format: str) -> str:
    """A time of day or a date where the terminal is; empty if it is unknown."""
    moment = _moment(us)
    try:
        return "" if moment is None else moment.astimezone().strftime(format)
    except (OverflowError, ValueError):
        return ""


def duration_ms(started_us: int | None, ended_us: int | None, latency_ms: float | None) -> float | None:
    """The duration of a run, by its own times or else by what its worker reports."""
    if started_us is None or ended_us is None:
        return latency_ms
    return (ended_us - started_us) / 1000


def _moment(us: int | None) -> datetime | None:
    try:
        return None if us is None else _EPOCH + timedelta(microseconds=us)
    except OverflowError:
        return None

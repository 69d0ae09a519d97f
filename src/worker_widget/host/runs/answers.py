"""Builds the responses of the worker API about runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ...events.event import utc_text
from ..worker import RunResult
from .store import NewRun, StoredRun, StoredRunSummary

EMPTY_DETAIL: Mapping[str, Any] = {
    "artifacts": None,
    "replay_token": None,
    "cost_report": None,
    "policy_violations": [],
    "recovery_log": [],
    "drift_metrics": {},
    "execution_trace": [],
    "routing_decisions": [],
}
"""The worker's part of a run response, before the run has a result."""


def detail(result: RunResult, *, artifacts: Mapping[str, str], replay_token: Mapping[str, Any]) -> bytes:
    """The worker's part of a run response as JSON, the form in which it is stored.

    Raises ``TypeError`` or ``ValueError`` if JSON cannot represent the result.
    """
    return msgspec.json.encode(
        {
            "artifacts": artifacts,
            "replay_token": replay_token,
            "cost_report": result.cost_report,
            "policy_violations": result.policy_violations,
            "recovery_log": result.recovery_log,
            "drift_metrics": result.drift_metrics,
            "execution_trace": result.execution_trace,
            "routing_decisions": result.routing_decisions,
        }
    )


def artifacts_only(artifacts: Mapping[str, str]) -> bytes:
    """The worker's part of a run that has no result: only the finished artifacts."""
    return msgspec.json.encode({**EMPTY_DETAIL, "artifacts": artifacts or None})


def queued(run: NewRun) -> StoredRun:
    """A new run in the state queued."""
    return StoredRun(
        number=run.number,
        run_id=run.run_id,
        task=run.task,
        status="queued",
        success=None,
        created_us=run.created_us,
        total_latency_ms=None,
        worker=run.worker,
        request=run.request,
        error=None,
        total_tokens=0,
        detail=None,
        parent_run_id=run.parent_run_id,
        from_stage=run.from_stage,
    )


def run_response(run: StoredRun) -> dict[str, Any]:
    """The response with all data of a run."""
    return {
        "run_id": run.run_id,
        "success": run.success,
        "status": run.status,
        **(EMPTY_DETAIL if run.detail is None else msgspec.json.decode(run.detail)),
        "error": run.error,
        "total_tokens_used": run.total_tokens,
        "total_latency_ms": run.total_latency_ms,
        "created_at": utc_text(run.created_us),
        "parent_run_id": run.parent_run_id,
        "from_stage": run.from_stage,
    }


def listing(runs: list[StoredRunSummary], *, cursor: str | None) -> dict[str, Any]:
    """A page of runs. ``total`` is the number of runs in the page, ``cursor`` that of the next page."""
    items = [
        {
            "run_id": run.run_id,
            "task": run.task,
            "status": run.status,
            "success": run.success,
            "created_at": utc_text(run.created_us),
            "total_latency_ms": run.total_latency_ms,
        }
        for run in runs
    ]
    return {"runs": items, "total": len(items), "next_cursor": cursor}

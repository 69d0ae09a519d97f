"""What a console and a report show of a `RunState`: its header, its parts, and what changed between two.

Pure functions. The reducer replaces the parts of a state that change and keeps the others, so a part that is
the same object is unchanged.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict, cast

import msgspec

from .request_facts import request_facts
from .run_state import Counts, LedgerRow, RoutingRow, RunState, RunStatus
from .run_warnings import run_warnings
from .verdict import Verdict, verdict


class VerifiedArtifact(TypedDict):
    """The SHA-256 sums of an artifact in a run and in its replay; ``None`` if there is none."""

    name: str
    expected: str | None
    actual: str | None


class Verification(TypedDict):
    """Whether a replay has the same artifacts as the original run."""

    identical: bool | None
    artifacts: list[VerifiedArtifact]


class ShownFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Those of `Figures` that a console shows."""

    policies: int
    policies_passed: int
    recoveries: int
    recovered: int
    mean_complexity: float | None
    mean_drift: float | None
    highest_drift: float | None
    highest_drift_stage: str | None


class RunHeader(msgspec.Struct, frozen=True, kw_only=True):
    """The header and figures of the run on screen.

    ``total_stages`` are the stages at the top of the tree, those announced included. ``recording`` is true
    for a run that is shown from the history: no live events arrive. ``paused_us`` are the µs of its pauses
    that are over, ``paused_since_us`` is the beginning of the one that is not.
    """

    run_id: str
    status: RunStatus
    success: bool | None
    error: str | None
    task: str | None
    worker: str | None
    strict_mode: bool | None
    budget: int | None
    replay_of: str | None
    parent_run_id: str | None
    from_stage: str | None
    started_us: int | None
    ended_us: int | None
    paused_us: int
    paused_since_us: int | None
    latency_ms: float | None
    tokens: int
    total_stages: int
    complexity: float | None
    drift: float | None
    replayable: bool
    verified: Verification | None
    verdict: Verdict | None
    counts: Counts
    figures: ShownFigures
    recording: bool


def run_header(run_id: str, run: RunState, worker: str, *, recording: bool) -> RunHeader:
    """The header of a run. ``worker`` is the one of a run that does not name its own."""
    return RunHeader(
        run_id=run_id,
        status=run.status,
        success=run.success,
        error=run.error,
        task=run.task,
        worker=run.worker or worker,
        strict_mode=run.strict_mode,
        budget=run.budget,
        replay_of=run.replay_of,
        parent_run_id=run.parent_run_id,
        from_stage=run.from_stage,
        started_us=run.started_us,
        ended_us=run.ended_us,
        paused_us=run.paused_us,
        paused_since_us=run.paused_since_us,
        latency_ms=run.latency_ms,
        tokens=run.tokens,
        total_stages=max(run.total_stages or 0, run.counts.top_stages),
        complexity=run.complexity,
        drift=run.drift,
        replayable=run.replay_token is not None,
        verified=cast(Verification | None, run.verified),
        verdict=verdict(run),
        counts=run.counts,
        figures=msgspec.convert(run.figures, ShownFigures, from_attributes=True),
        recording=recording,
    )


def run_parts(run: RunState) -> dict[str, Any]:
    """Everything else that is shown of a state, by the names of the wire's ``ConsoleState``."""
    return {
        "request": run.request,
        "asked": request_facts(run),
        "understanding": run.understanding,
        "warnings": run_warnings(run),
        "stages": run.stages,
        "inputs": run.inputs,
        "routing": {"total": run.counts.routing, "rows": run.routing},
        "ledger": {"total": run.counts.ledger, "rows": run.ledger},
        "incidents": {"total": run.counts.incidents, "rows": run.incidents},
        "artifacts": run.artifacts,
    }


def changed_parts(old: RunState, new: RunState) -> dict[str, Any]:
    """Those of `run_parts` that changed, by the names of the wire's ``Patch``: of rows what is new."""
    rows: dict[str, Any] = {}
    for name in ("request", "understanding"):
        if getattr(old, name) is not getattr(new, name):
            rows[name] = getattr(new, name)
    if _asked(old) != _asked(new):
        rows["asked"] = request_facts(new)
    if run_warnings(old) != (warnings := run_warnings(new)):
        rows["warnings"] = warnings
    if old.stages is not new.stages:
        known = {stage.stage_id: stage for stage in old.stages}
        changed_stages = [stage for stage in new.stages if known.pop(stage.stage_id, None) != stage]
        if changed_stages:
            rows["stages"] = changed_stages
        if known:
            rows["stages_gone"] = list(known)
    if old.inputs is not new.inputs:
        rows["inputs"] = new.inputs
    if old.artifacts is not new.artifacts:
        had = {item.file: item for item in old.artifacts}
        rows["artifacts"] = [item for item in new.artifacts if had.get(item.file) != item]
    if old.counts.routing != new.counts.routing:
        fresh = [row for row in new.routing if row.number > _last_number(old.routing)]
        rows["routing"] = {"total": new.counts.routing, "rows": fresh}
    if old.counts.ledger != new.counts.ledger:
        entered = [row for row in new.ledger if row.number > _last_number(old.ledger)]
        rows["ledger"] = {"total": new.counts.ledger, "rows": entered}
    if old.incidents is not new.incidents:
        before = {item.number: item for item in old.incidents}
        changed = [item for item in new.incidents if before.get(item.number) != item]
        rows["incidents"] = {"total": new.counts.incidents, "rows": changed}
    return rows


def _last_number(rows: Sequence[RoutingRow | LedgerRow]) -> int:
    """The number of the newest row, which a state always has."""
    return rows[-1].number if rows else 0


def _asked(run: RunState) -> tuple[Any, ...]:
    """All that `request_facts` depends on; the request itself is replaced at most once."""
    return id(run.request), run.strict_mode, run.budget, run.has_brand, run.parent_run_id

"""(state, event) → state: the one place that decides what an event means for a run.

`reduce` is pure and total: it takes any event in any order, and an event that the state already
holds (by its position in the log) changes nothing. Live streams, history and tests all go through it.

What servers were seen to do decides the rules: the end of a run is never undone by an event that
comes after it; a stage that is over starts again only if the new start is later than its end; what is
still running when the run ends, ends with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any, Final, TypeVar

import msgspec
from msgspec.structs import replace

from ..events import (
    ArtifactCreated,
    ArtifactDelta,
    ArtifactStarted,
    DriftDetected,
    FailureClassified,
    FailureDetected,
    Payload,
    PolicyCheck,
    PolicyViolation,
    RecoveryCompleted,
    RecoveryStarted,
    RecoverySuggestion,
    ReplayVerified,
    RoutingDecision,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunReconciled,
    RunStarted,
    StageCompleted,
    StageFailed,
    StageStarted,
    UnknownEvent,
)
from ..events.file_names import FALLBACK_TYPE, file_name
from .log_line import LoggedEvent, log_line
from .run_state import (
    TAIL_ROWS,
    Artifact,
    Counts,
    LedgerKind,
    LedgerRow,
    Outcome,
    RoutingRow,
    RunState,
    RunStatus,
    Stage,
    StageStatus,
)
from .stage_names import ORDER, display_name


def reduce(state: RunState, logged: LoggedEvent) -> RunState:
    """The state after one more event of the log. Events at or before ``state.position`` are known."""
    if logged.position <= state.position:
        return state
    event = logged.event
    time_us = event.time_us
    line = log_line(event)
    counts = state.counts
    state = replace(
        state,
        position=logged.position,
        run_id=state.run_id or event.run_id,
        last_us=_latest(state.last_us, time_us),
        counts=Counts(
            events=counts.events + 1,
            logs=counts.logs + (line is not None),
            warnings=counts.warnings + (line is not None and line.level == "warning"),
            errors=counts.errors + (line is not None and line.level == "error"),
            routing=counts.routing,
            ledger=counts.ledger,
            problems=counts.problems,
            unknown=counts.unknown + isinstance(event.data, UnknownEvent),
        ),
    )
    rule = _RULES.get(type(event.data))
    if rule is None:
        return state
    return rule(state, event.data, time_us)


def reduce_all(events: Iterable[LoggedEvent], state: RunState | None = None) -> RunState:
    """The state after all of ``events``, from an empty one or from ``state``."""
    state = state or RunState()
    for logged in events:
        state = reduce(state, logged)
    return state


def _latest(known: int | None, time_us: int | None) -> int | None:
    return time_us if known is None or (time_us is not None and time_us > known) else known


# --- the run ---------------------------------------------------------------------------------------


def _run_started(state: RunState, data: RunStarted, time_us: int | None) -> RunState:
    planned = tuple(
        Stage(stage_id=plan.stage_id, name=plan.name or display_name(plan.stage_id))
        for plan in data.stages or ()
    )
    return replace(
        state,
        status=state.status if state.over else "running",
        task=data.task,
        worker=data.worker or state.worker,
        budget=data.budget,
        strict_mode=data.strict_mode,
        replay_of=data.replay_of,
        started_us=time_us,
        stages=state.stages or planned,
        total_stages=len(planned) or state.total_stages,
    )


def _run_completed(state: RunState, data: RunCompleted, time_us: int | None) -> RunState:
    state = replace(
        state,
        tokens=state.tokens if data.total_tokens is None else data.total_tokens,
        latency_ms=state.latency_ms if data.total_latency_ms is None else data.total_latency_ms,
        replay_token=data.replay_token or state.replay_token,
        cost_report=data.cost_report or state.cost_report,
    )
    if data.success is False:
        return _end(state, "failed", time_us, "The worker ended the run without success.")
    return _end(state, "completed", time_us)


def _run_failed(state: RunState, data: RunFailed, time_us: int | None) -> RunState:
    error = data.error or "The worker gave no reason."
    state = replace(state, replay_token=data.replay_token or state.replay_token)
    state = _end(state, "failed", time_us, error)
    return _row(state, None, "failure", "M9", "error", f"Run failed: {error}", time_us=time_us)


def _run_cancelled(state: RunState, data: RunCancelled, time_us: int | None) -> RunState:
    return _end(state, "cancelled", time_us, data.reason)


def _run_reconciled(state: RunState, data: RunReconciled, time_us: int | None) -> RunState:
    state = replace(
        state,
        tokens=state.tokens if data.total_tokens is None else data.total_tokens,
        latency_ms=data.total_latency_ms if state.latency_ms is None else state.latency_ms,
        replay_token=state.replay_token or data.replay_token,
    )
    ends: dict[str, RunStatus] = {"completed": "completed", "cancelled": "cancelled"}
    if data.status is None or data.status in ("queued", "running"):
        return state
    end = ends.get(data.status, "failed")
    return _end(state, end, time_us, None if end == "completed" else data.error or data.reason)


def _end(state: RunState, status: RunStatus, time_us: int | None, error: str | None = None) -> RunState:
    if state.over:
        return state
    state = replace(
        state,
        status=status,
        success=status == "completed",
        error=error,
        ended_us=time_us if time_us is not None else state.last_us,
    )
    artifacts = tuple(
        replace(item, status="failed") if item.status == "assembling" else item for item in state.artifacts
    )
    return replace(state, stages=tuple(_settled(state, item) for item in state.stages), artifacts=artifacts)


# --- stages ----------------------------------------------------------------------------------------


def _stage(state: RunState, stage_id: str | None) -> Stage | None:
    if stage_id is None:
        return None
    for stage in state.stages:
        if stage.stage_id == stage_id:
            return stage
    return Stage(stage_id=stage_id, name=display_name(stage_id))


def _with_stage(state: RunState, stage: Stage) -> RunState:
    stage = _settled(state, stage)
    known = any(item.stage_id == stage.stage_id for item in state.stages)
    stages = (
        tuple(stage if item.stage_id == stage.stage_id else item for item in state.stages)
        if known
        else (*state.stages, stage)
    )
    return replace(state, stages=stages)


def _settled(state: RunState, stage: Stage) -> Stage:
    """A stage that is still under way when its run is over has ended with it."""
    if not state.over or stage.status not in ("running", "recovering"):
        return stage
    ends: dict[str, StageStatus] = {"completed": "completed", "cancelled": "cancelled"}
    return replace(stage, status=ends.get(state.status, "failed"), ended_us=stage.ended_us or state.ended_us)


def _stage_started(state: RunState, data: StageStarted, time_us: int | None) -> RunState:
    if not state.stages and data.total_stages == len(ORDER) and data.stage_id in ORDER:
        planned = tuple(Stage(stage_id=known, name=display_name(known)) for known in ORDER)
        state = replace(state, stages=planned)
    state = replace(state, total_stages=data.total_stages or state.total_stages)
    stage = _stage(state, data.stage_id)
    if stage is None:
        return state
    over = stage.status not in ("pending", "running", "recovering")
    if over and (time_us is None or stage.ended_us is None or time_us <= stage.ended_us):
        return _with_stage(state, replace(stage, started_us=stage.started_us or time_us))
    return _with_stage(
        state,
        replace(
            stage,
            status="running",
            attempts=stage.attempts + (over or stage.attempts == 0),
            started_us=stage.started_us or time_us,
            ended_us=None,
            error=None,
        ),
    )


def _stage_completed(state: RunState, data: StageCompleted, time_us: int | None) -> RunState:
    stage = _stage(state, data.stage_id)
    if stage is None:
        return state
    mended = stage.recoveries > 0 or stage.error is not None
    stage = replace(
        stage,
        status="recovered" if mended else "completed",
        attempts=stage.attempts or 1,
        ended_us=time_us,
        duration_ms=_sum(stage.duration_ms, data.duration_ms),
        tokens=_sum(stage.tokens, data.tokens_used),
        error=None,
    )
    if not state.over:
        state = replace(state, tokens=state.tokens + (data.tokens_used or 0))
    return _with_stage(state, stage)


_N = TypeVar("_N", int, float)


def _sum(known: _N | None, more: _N | None) -> _N | None:
    if known is None or more is None:
        return more if known is None else known
    return known + more


def _stage_failed(state: RunState, data: StageFailed, time_us: int | None) -> RunState:
    error = data.error or "The worker gave no reason."
    stage = _stage(state, data.stage_id)
    if stage is not None:
        attempts = stage.attempts or 1
        stage = replace(stage, status="failed", attempts=attempts, ended_us=time_us, error=error)
        state = _with_stage(state, stage)
    return _row(state, data.stage_id, "failure", "M9", "error", f"Stage failed: {error}", time_us=time_us)


# --- routing ---------------------------------------------------------------------------------------


def _routing(state: RunState, data: RoutingDecision, time_us: int | None) -> RunState:
    n = state.counts.routing + 1
    row = RoutingRow(
        n=n,
        position=state.position,
        time_us=time_us,
        stage_id=data.stage_id,
        agent=data.selected_agent,
        complexity=data.complexity,
        confidence=data.confidence,
        source=data.routing_source,
        alternatives=tuple(_alternative(item) for item in data.alternatives),
    )
    state = replace(
        state,
        routing=(*state.routing[-TAIL_ROWS + 1 :], row),
        complexity=state.complexity if data.complexity is None else data.complexity,
        counts=replace(state.counts, routing=n),
    )
    stage = _stage(state, data.stage_id)
    if stage is None:
        return state
    return _with_stage(state, replace(stage, agent=data.selected_agent, complexity=data.complexity))


def _alternative(said: Any) -> dict[str, Any]:
    """An alternative as ``{agent, score, reason}``, whether told as an object or as a name."""
    if not isinstance(said, dict):
        return {"agent": str(said), "score": None, "reason": None}
    score = said.get("score")
    reason = said.get("reason")
    return {
        "agent": str(said.get("agent") or said.get("name") or "unnamed"),
        "score": score if isinstance(score, int | float) else None,
        "reason": reason if isinstance(reason, str) else None,
    }


# --- the ledger ------------------------------------------------------------------------------------


def _row(
    state: RunState,
    stage_id: str | None,
    kind: LedgerKind,
    engine: str,
    outcome: Outcome,
    title: str,
    detail: Iterable[tuple[str, Any]] = (),
    *,
    time_us: int | None,
) -> RunState:
    n = state.counts.ledger + 1
    row = LedgerRow(
        n=n,
        position=state.position,
        time_us=time_us,
        stage_id=stage_id,
        kind=kind,
        engine=engine,
        outcome=outcome,
        title=title,
        detail=tuple((label, _text(value)) for label, value in detail if value not in (None, "")),
    )
    problem = outcome in ("error", "warning")
    counts = replace(state.counts, ledger=n, problems=state.counts.problems + problem)
    return replace(state, ledger=(*state.ledger[-TAIL_ROWS + 1 :], row), counts=counts)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _policy_check(state: RunState, data: PolicyCheck, time_us: int | None) -> RunState:
    outcomes: dict[bool | None, tuple[Outcome, str]] = {
        True: ("ok", "passed"),
        False: ("error", "not passed"),
        None: ("info", "no result told"),
    }
    outcome, words = outcomes[data.passed]
    title = f"{data.policy or 'policy check'}: {words}"
    return _row(state, data.stage_id, "policy", "M19", outcome, title, time_us=time_us)


def _policy_violation(state: RunState, data: PolicyViolation, time_us: int | None) -> RunState:
    stage = _stage(state, data.stage_id)
    if stage is not None:
        state = _with_stage(state, replace(stage, violations=stage.violations + 1))
    outcome: Outcome = "warning" if (data.severity or "").lower() in ("warning", "info", "low") else "error"
    kind = data.policy or data.violation_type
    title = "Policy violation" + (f" ({kind})" if kind else "") + f": {data.reason or 'no reason given'}"
    detail = (("pattern", data.pattern), ("location", data.location), ("severity", data.severity))
    return _row(state, data.stage_id, "policy", "M19", outcome, title, detail, time_us=time_us)


def _drift(state: RunState, data: DriftDetected, time_us: int | None) -> RunState:
    stage = _stage(state, data.stage_id)
    if data.drift_score is not None:
        state = replace(state, drift=data.drift_score)
        if stage is not None:
            state = _with_stage(state, replace(stage, drift=data.drift_score))
    score = "not told" if data.drift_score is None else f"{data.drift_score:.0%}"
    allowed = "" if data.threshold is None else f", {data.threshold:.0%} allowed"
    outcome: Outcome = "warning" if data.aligned is False else "ok"
    return _row(state, data.stage_id, "drift", "M18", outcome, f"Drift {score}{allowed}", time_us=time_us)


def _failure_detected(state: RunState, data: FailureDetected, time_us: int | None) -> RunState:
    title = f"Failure detected: {data.pattern or data.error or 'no reason given'}"
    detail = (("error", data.error), ("pattern", data.pattern))
    return _row(state, data.stage_id, "failure", "M9", "error", title, detail, time_us=time_us)


def _failure_classified(state: RunState, data: FailureClassified, time_us: int | None) -> RunState:
    title = f"Classified as {data.code or 'unknown'}" + (f" ({data.category})" if data.category else "")
    detail = (("violations", data.violation_count), ("severity", data.severity))
    return _row(state, None, "failure", "M9", "error", title, detail, time_us=time_us)


def _recovery_suggestion(state: RunState, data: RecoverySuggestion, time_us: int | None) -> RunState:
    count = len(data.suggestions)
    title = f"{count} recovery suggestion{'' if count == 1 else 's'} for {data.failure_code or 'the failure'}"
    detail = [(f"suggestion {n}", _suggestion(item)) for n, item in enumerate(data.suggestions, start=1)]
    if data.auto_apply is not None:
        detail.append(("applied", "automatically" if data.auto_apply else "by hand"))
    return _row(state, None, "recovery", "M10", "info", title, detail, time_us=time_us)


def _suggestion(said: Any) -> str:
    if not isinstance(said, dict):
        return _text(said)
    return "; ".join(
        f"{label.replace('_', ' ')}: {_text(value)}"
        for label, value in said.items()
        if value not in (None, "")
    )


def _recovery_started(state: RunState, data: RecoveryStarted, time_us: int | None) -> RunState:
    stage = _stage(state, data.stage_id)
    if stage is not None:
        stage = replace(stage, status="recovering", recoveries=stage.recoveries + 1)
        state = _with_stage(state, stage)
    title = f"Recovery started: {data.action or 'no action told'}"
    return _row(state, data.stage_id, "recovery", "M10", "info", title, time_us=time_us)


def _recovery_completed(state: RunState, data: RecoveryCompleted, time_us: int | None) -> RunState:
    stage = _stage(state, data.stage_id)
    if stage is not None and stage.status in ("recovering", "failed"):
        failed = stage.error is not None
        if data.success is False:
            status: StageStatus = "failed" if failed else "running"
        else:
            status = "recovered" if failed else "running"
        state = _with_stage(state, replace(stage, status=status))
    words = "failed" if data.success is False else "completed"
    outcome: Outcome = "error" if data.success is False else "ok"
    title = f"Recovery {words}: {data.action or 'no action told'}"
    return _row(state, data.stage_id, "recovery", "M10", outcome, title, time_us=time_us)


def _replay_verified(state: RunState, data: ReplayVerified, time_us: int | None) -> RunState:
    verdict = {"identical": data.identical, "artifacts": data.artifacts}
    state = replace(state, verified=verdict)
    count = len(data.artifacts)
    if data.identical:
        title = f"Replay verified: {count} artifact{'' if count == 1 else 's'} identical"
        return _row(state, None, "replay", "M4", "ok", title, time_us=time_us)
    differing = [
        str(item.get("name"))
        for item in data.artifacts
        if isinstance(item, dict) and item.get("expected") != item.get("actual")
    ]
    title = "Replay differs: " + (", ".join(differing) or "no artifact named")
    return _row(state, None, "replay", "M4", "error", title, time_us=time_us)


# --- artifacts -------------------------------------------------------------------------------------


def _artifact(state: RunState, data: ArtifactStarted | ArtifactDelta | ArtifactCreated) -> Artifact:
    file = file_name(data.artifact_name, data.artifact_type)
    for item in state.artifacts:
        if item.file == file:
            return item
    return Artifact(
        file=file,
        name=data.artifact_name or "artifact",
        kind=(data.artifact_type or FALLBACK_TYPE).lstrip(".").lower(),
        stage_id=data.stage_id,
        status="assembling",
        version=0,
    )


def _with_artifact(state: RunState, artifact: Artifact) -> RunState:
    artifact = replace(artifact, position=state.position)
    if state.over and artifact.status == "assembling":
        artifact = replace(artifact, status="failed")
    known = any(item.file == artifact.file for item in state.artifacts)
    artifacts = (
        tuple(artifact if item.file == artifact.file else item for item in state.artifacts)
        if known
        else (*state.artifacts, artifact)
    )
    return replace(state, artifacts=artifacts)


def _artifact_started(state: RunState, data: ArtifactStarted, time_us: int | None) -> RunState:
    known = _artifact(state, data)
    stage_id = data.stage_id or known.stage_id
    begun = replace(
        known, status="assembling", chars=0, version=known.version + 1, sha256=None, stage_id=stage_id
    )
    return _with_artifact(state, begun)


def _artifact_delta(state: RunState, data: ArtifactDelta, time_us: int | None) -> RunState:
    known = _artifact(state, data)
    end = (known.chars if data.offset is None else data.offset) + len(data.text)
    grown = replace(known, version=max(known.version, 1), chars=max(known.chars, end))
    return _with_artifact(state, grown)


def _artifact_created(state: RunState, data: ArtifactCreated, time_us: int | None) -> RunState:
    known = _artifact(state, data)
    if data.content is None:
        done = replace(
            known,
            status="done",
            version=max(known.version, 1),
            sha256=data.sha256,
            has_content=known.chars > 0,
        )
        return _with_artifact(state, done)
    digest = data.sha256 or sha256(data.content.encode("utf-8", "surrogatepass")).hexdigest()
    rewritten = known.status == "done" and known.sha256 != digest
    done = replace(
        known,
        status="done",
        chars=len(data.content),
        version=max(known.version + rewritten, 1),
        sha256=digest,
        has_content=True,
        stage_id=data.stage_id or known.stage_id,
    )
    return _with_artifact(state, done)


_RULES: Final[dict[type[Payload], Callable[[RunState, Any, int | None], RunState]]] = {
    RunStarted: _run_started,
    RunCompleted: _run_completed,
    RunFailed: _run_failed,
    RunCancelled: _run_cancelled,
    RunReconciled: _run_reconciled,
    StageStarted: _stage_started,
    StageCompleted: _stage_completed,
    StageFailed: _stage_failed,
    RoutingDecision: _routing,
    PolicyCheck: _policy_check,
    PolicyViolation: _policy_violation,
    DriftDetected: _drift,
    FailureDetected: _failure_detected,
    FailureClassified: _failure_classified,
    RecoverySuggestion: _recovery_suggestion,
    RecoveryStarted: _recovery_started,
    RecoveryCompleted: _recovery_completed,
    ReplayVerified: _replay_verified,
    ArtifactStarted: _artifact_started,
    ArtifactDelta: _artifact_delta,
    ArtifactCreated: _artifact_created,
}

"""`reduce` applies an event to the state of its run: (state, event) → state.

`reduce` is pure and total: it accepts any event in any order, and an event that the state already includes
(by its position in the log) changes nothing. Live streams, history and tests all use it.

The rules follow the observed behaviour of servers: an event after the end of a run does not undo the end; a
stage that has ended starts again only if the new start is later than its end; stages and artifacts that are
unfinished when the run ends, end with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from ..events import (
    ArtifactCreated,
    ArtifactDelta,
    ArtifactStarted,
    DriftDetected,
    Payload,
    PolicyViolation,
    RecoveryCompleted,
    RecoveryStarted,
    ReplayVerified,
    RoutingDecision,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunReconciled,
    RunRequested,
    RunStarted,
    RunWarning,
    StageCompleted,
    StageFailed,
    StageStarted,
    TaskUnderstood,
    UnknownEvent,
)
from ..events.file_names import FALLBACK_TYPE, file_name
from ..events.run_request import DEPTHS, RunRequest
from .display_names import display_name
from .figures import with_event, with_incidents
from .incident import Change, Incident
from .incidents import PASSED_CHECKS, enter
from .log_line import LoggedEvent, log_line
from .routing_and_ledger import NO_REASON, PROBLEMS, ledger_row, routing_row
from .run_state import (
    MOST_WARNINGS,
    TAIL_ROWS,
    Artifact,
    Counts,
    RunState,
    RunStatus,
    Stage,
    StageStatus,
    Understanding,
    WarningRow,
)
from .verdict import NO_SUCCESS


def reduce(state: RunState, logged: LoggedEvent) -> RunState:
    """The state after one more event of the log. Events at or before ``state.position`` change nothing."""
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
        # The time of a request is that of this computer's clock, all others are of the worker's.
        last_us=state.last_us if isinstance(event.data, RunRequested) else _latest(state.last_us, time_us),
        counts=Counts(
            events=counts.events + 1,
            logs=counts.logs + (line is not None),
            debug=counts.debug + (line is not None and line.level == "debug"),
            warnings=counts.warnings + (line is not None and line.level == "warning"),
            errors=counts.errors + (line is not None and line.level == "error"),
            routing=counts.routing,
            ledger=counts.ledger,
            problems=counts.problems,
            passed=counts.passed,
            incidents=counts.incidents,
            unknown=counts.unknown + isinstance(event.data, UnknownEvent),
        ),
        figures=with_event(state.figures, event.data),
    )
    rule = _RULES.get(type(event.data))
    if rule is not None:
        state = rule(state, event.data, time_us)
    return _with_rows(state, logged)


def _with_rows(state: RunState, logged: LoggedEvent) -> RunState:
    """The state with the routing decision, or the ledger row and incident, of the event, if it has one."""
    counts = state.counts
    decision = routing_row(logged, counts.routing + 1)
    if decision is not None:
        counts = replace(counts, routing=decision.number)
        return replace(state, routing=(*state.routing[-TAIL_ROWS + 1 :], decision), counts=counts)
    entered = enter(state.book, logged)
    if entered.book is not state.book:
        counts = replace(counts, incidents=entered.book.total)
        state = replace(
            state,
            book=entered.book,
            incidents=_with_incidents(state.incidents, entered.changes),
            figures=with_incidents(state.figures, entered.changes),
            counts=counts,
        )
    if entered.number is None:
        return state
    entry = ledger_row(logged, counts.ledger + 1, entered.number)
    if entry is None:
        return state
    counts = replace(
        counts,
        ledger=entry.number,
        problems=counts.problems + (entry.outcome in PROBLEMS),
        passed=counts.passed + (entered.number == PASSED_CHECKS and entry.outcome == "ok"),
    )
    return replace(state, ledger=(*state.ledger[-TAIL_ROWS + 1 :], entry), counts=counts)


def _with_incidents(known: tuple[Incident, ...], changes: Iterable[Change]) -> tuple[Incident, ...]:
    """The incidents after changes: of too many, the oldest that are no problem any more are left out."""
    rows = {item.number: item for item in known}
    rows |= {change.after.number: change.after for change in changes}
    while len(rows) > TAIL_ROWS:
        oldest = sorted(rows)
        del rows[next((number for number in oldest if not rows[number].unfixed), oldest[0])]
    return tuple(rows[number] for number in sorted(rows))


def reduce_all(events: Iterable[LoggedEvent], state: RunState | None = None) -> RunState:
    """The state after all of ``events``, starting from ``state`` or from an empty state."""
    state = state or RunState()
    for logged in events:
        state = reduce(state, logged)
    return state


def _latest(known: int | None, time_us: int | None) -> int | None:
    return time_us if known is None or (time_us is not None and time_us > known) else known


# --- the run ---------------------------------------------------------------------------------------


def _run_requested(state: RunState, data: RunRequested, time_us: int | None) -> RunState:
    return replace(
        state,
        task=state.task or data.task,
        worker=state.worker or data.worker,
        budget=data.budget if state.budget is None else state.budget,
        strict_mode=data.strict_mode if state.strict_mode is None else state.strict_mode,
        has_brand=data.brand is not None,
        request=state.request or _request(data),
    )


def _request(data: RunRequested | RunStarted) -> RunRequest:
    return RunRequest(
        task=data.task or "",
        brand=data.brand,
        budget=data.budget,
        strict_mode=bool(data.strict_mode),
        depth=next((depth for depth in DEPTHS if depth == data.depth), "auto"),
        options=data.options or {},
    )


def _run_started(state: RunState, data: RunStarted, time_us: int | None) -> RunState:
    planned = tuple(
        Stage(stage_id=plan.stage_id, name=plan.name or display_name(plan.stage_id) or "Stage")
        for plan in data.stages or ()
    )
    return replace(
        state,
        status=state.status if state.over else "running",
        task=data.task or state.task,
        worker=data.worker or state.worker,
        budget=state.budget if data.budget is None else data.budget,
        strict_mode=state.strict_mode if data.strict_mode is None else data.strict_mode,
        has_brand=state.has_brand if data.has_brand is None else data.has_brand,
        replay_of=data.replay_of,
        # Servers that repeat the whole request name its depth.
        request=state.request or (_request(data) if data.depth else None),
        started_us=time_us,
        stages=state.stages or planned,
        total_stages=len(planned) or state.total_stages,
    )


def _task_understood(state: RunState, data: TaskUnderstood, time_us: int | None) -> RunState:
    facts = tuple(
        (str(fact.get("kind", "fact")), str(fact["text"]))
        for fact in data.facts
        if isinstance(fact, dict) and fact.get("text")
    )
    understanding = Understanding(
        score=data.score, threshold=data.threshold, reasons=tuple(data.reasons), facts=facts
    )
    return replace(state, understanding=understanding)


def _run_warning(state: RunState, data: RunWarning, time_us: int | None) -> RunState:
    message = data.message or data.code
    if message is None or len(state.warnings) >= MOST_WARNINGS:
        return state
    warning = WarningRow(position=state.position, stage_id=data.stage_id, code=data.code, message=message)
    return replace(state, warnings=(*state.warnings, warning))


def _run_completed(state: RunState, data: RunCompleted, time_us: int | None) -> RunState:
    state = replace(
        state,
        tokens=state.tokens if data.total_tokens is None else data.total_tokens,
        latency_ms=state.latency_ms if data.total_latency_ms is None else data.total_latency_ms,
        replay_token=data.replay_token or state.replay_token,
        cost_report=data.cost_report or state.cost_report,
    )
    if data.success is False:
        return _end(state, "failed", time_us, NO_SUCCESS)
    return _end(state, "completed", time_us)


def _run_failed(state: RunState, data: RunFailed, time_us: int | None) -> RunState:
    state = replace(state, replay_token=data.replay_token or state.replay_token)
    return _end(state, "failed", time_us, data.error or NO_REASON)


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
    return Stage(stage_id=stage_id, name=display_name(stage_id) or "Stage")


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
    """Ends a stage that is still running when its run has ended."""
    if not state.over or stage.status not in ("running", "recovering"):
        return stage
    ends: dict[str, StageStatus] = {"completed": "completed", "cancelled": "cancelled"}
    return replace(stage, status=ends.get(state.status, "failed"), ended_us=stage.ended_us or state.ended_us)


def _stage_started(state: RunState, data: StageStarted, time_us: int | None) -> RunState:
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
    recovered = stage.recoveries > 0 or stage.error is not None
    stage = replace(
        stage,
        status="recovered" if recovered else "completed",
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
    stage = _stage(state, data.stage_id)
    if stage is None:
        return state
    attempts = stage.attempts or 1
    error = data.error or NO_REASON
    return _with_stage(
        state, replace(stage, status="failed", attempts=attempts, ended_us=time_us, error=error)
    )


# --- routing, policy, drift and recovery -----------------------------------------------------------


def _routing(state: RunState, data: RoutingDecision, time_us: int | None) -> RunState:
    if data.complexity is not None:
        state = replace(state, complexity=data.complexity)
    stage = _stage(state, data.stage_id)
    if stage is None:
        return state
    return _with_stage(state, replace(stage, agent=data.selected_agent, complexity=data.complexity))


def _policy_violation(state: RunState, data: PolicyViolation, time_us: int | None) -> RunState:
    stage = _stage(state, data.stage_id)
    return state if stage is None else _with_stage(state, replace(stage, violations=stage.violations + 1))


def _drift(state: RunState, data: DriftDetected, time_us: int | None) -> RunState:
    if data.drift_score is None:
        return state
    state = replace(state, drift=data.drift_score)
    stage = _stage(state, data.stage_id)
    return state if stage is None else _with_stage(state, replace(stage, drift=data.drift_score))


def _recovery_started(state: RunState, data: RecoveryStarted, time_us: int | None) -> RunState:
    stage = _stage(state, data.stage_id)
    if stage is None:
        return state
    return _with_stage(state, replace(stage, status="recovering", recoveries=stage.recoveries + 1))


def _recovery_completed(state: RunState, data: RecoveryCompleted, time_us: int | None) -> RunState:
    stage = _stage(state, data.stage_id)
    if stage is None or stage.status not in ("recovering", "failed"):
        return state
    failed = stage.error is not None
    if data.success is False:
        status: StageStatus = "failed" if failed else "running"
    else:
        status = "recovered" if failed else "running"
    return _with_stage(state, replace(stage, status=status))


def _replay_verified(state: RunState, data: ReplayVerified, time_us: int | None) -> RunState:
    return replace(state, verified={"identical": data.identical, "artifacts": data.artifacts})


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
    started = replace(
        known, status="assembling", chars=0, version=known.version + 1, sha256=None, stage_id=stage_id
    )
    return _with_artifact(state, started)


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
    RunRequested: _run_requested,
    RunStarted: _run_started,
    TaskUnderstood: _task_understood,
    RunWarning: _run_warning,
    RunCompleted: _run_completed,
    RunFailed: _run_failed,
    RunCancelled: _run_cancelled,
    RunReconciled: _run_reconciled,
    StageStarted: _stage_started,
    StageCompleted: _stage_completed,
    StageFailed: _stage_failed,
    RoutingDecision: _routing,
    PolicyViolation: _policy_violation,
    DriftDetected: _drift,
    RecoveryStarted: _recovery_started,
    RecoveryCompleted: _recovery_completed,
    ReplayVerified: _replay_verified,
    ArtifactStarted: _artifact_started,
    ArtifactDelta: _artifact_delta,
    ArtifactCreated: _artifact_created,
}

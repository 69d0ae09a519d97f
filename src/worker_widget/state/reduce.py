"""`reduce` applies an event to the state of its run: (state, event) → state.

`reduce` is pure and total: it accepts any event in any order, and an event that the state already includes
(by its position in the log) changes nothing. Live streams, history and tests all use it.

The rules follow the observed behaviour of servers: an event after the end of a run does not undo the end; a
stage that has ended starts again only if the new start is later than its end; stages and artifacts that are
unfinished when the run ends, end with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any, Final, cast

from msgspec.structs import replace

from ..events import (
    ArtifactCreated,
    ArtifactDelta,
    ArtifactStarted,
    DriftDetected,
    InputGiven,
    InputRequested,
    Log,
    Payload,
    ReplayVerified,
    RoutingDecision,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunPaused,
    RunReconciled,
    RunRequested,
    RunResumed,
    RunStarted,
    RunWarning,
    StageCompleted,
    StageFailed,
    StageStarted,
    TaskUnderstood,
    UnknownEvent,
)
from ..events.event import instant_us
from ..events.file_names import ending_of, file_name
from ..events.run_request import DEPTHS, RunRequest
from .figures import with_event, with_incidents
from .incident import Change, Incident
from .incidents import PASSED_CHECKS, enter
from .log_line import LoggedEvent, level, log_line
from .routing_and_ledger import NO_REASON, PROBLEMS, ledger_row, routing_row
from .run_end import run_end
from .run_state import (
    MOST_ARTIFACTS,
    MOST_AT_WORK,
    MOST_INPUTS,
    MOST_STAGES,
    MOST_WARNINGS,
    TAIL_ROWS,
    Artifact,
    Counts,
    InputRequest,
    RunState,
    RunStatus,
    Stage,
    Understanding,
    WarningRow,
)
from .stages import (
    WORKING,
    Ending,
    StageContext,
    changed_stage,
    concerns_stage,
    is_done,
    planned_stage,
    settled,
    tokens_used,
    windowed,
    with_child,
)
from .verdict import NO_SUCCESS

_LINES_AT_ONCE: Final = 4_096
_STAGES_AT_ONCE: Final = 64
"""After so many new stages those out of view are left out of the state."""


def reduce(state: RunState, logged: LoggedEvent) -> RunState:
    """The state after one more event of the log. Events at or before ``state.position`` change nothing."""
    if logged.position <= state.position:
        return state
    event = logged.event
    time_us = event.time_us
    line = log_line(event, state.book)
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
            stages=counts.stages,
            top_stages=counts.top_stages,
            top_done=counts.top_done,
        ),
        figures=with_event(state.figures, event.data),
    )
    stage_id = concerns_stage(event.data)
    if stage_id is not None:
        state = _stage_event(state, stage_id, event.data, time_us)
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
        del rows[next((number for number in oldest if not rows[number].unrecovered), oldest[0])]
    return tuple(rows[number] for number in sorted(rows))


def reduce_all(events: Iterable[LoggedEvent], state: RunState | None = None) -> RunState:
    """The state after all of ``events``, starting from ``state`` or from an empty state."""
    state = state or RunState()
    lines: list[LoggedEvent] = []
    for logged in events:
        if type(logged.event.data) is Log and len(lines) < _LINES_AT_ONCE:
            lines.append(logged)
            continue
        if lines:
            state = _with_lines(state, lines)
            lines.clear()
        state = reduce(state, logged)
    return _with_lines(state, lines)


def _with_lines(state: RunState, lines: list[LoggedEvent]) -> RunState:
    """The state after ``log`` events, of which there are many: they only change counts and times."""
    if not lines:
        return state
    first, last = lines[0].position, lines[-1].position
    positions = [logged.position for logged in lines]
    if first <= state.position or positions != list(range(first, last + 1)):
        for logged in lines:  # some can be repeated
            state = reduce(state, logged)
        return state
    events = [logged.event for logged in lines]
    levels: Counter[str] = Counter()
    for name, number in Counter([cast(Log, event.data).level for event in events]).items():
        levels[level(name)] += number
    counts = replace(
        state.counts,
        events=state.counts.events + len(lines),
        logs=state.counts.logs + len(lines),
        debug=state.counts.debug + levels["debug"],
        warnings=state.counts.warnings + levels["warning"],
        errors=state.counts.errors + levels["error"],
    )
    return replace(
        state,
        position=last,
        run_id=state.run_id or next((event.run_id for event in events if event.run_id), events[-1].run_id),
        last_us=_latest(
            state.last_us, max((event.time_us for event in events if event.time_us is not None), default=None)
        ),
        counts=counts,
    )


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
        planned_stage(plan.stage_id, plan.name, number) for number, plan in enumerate(data.stages or (), 1)
    )
    if not state.stages:
        counts = replace(state.counts, stages=len(planned), top_stages=len(planned))
        state = _within_window(replace(state, counts=counts), planned)
    return replace(
        state,
        status="running" if state.status == "queued" else state.status,
        task=data.task or state.task,
        worker=data.worker or state.worker,
        budget=state.budget if data.budget is None else data.budget,
        strict_mode=state.strict_mode if data.strict_mode is None else data.strict_mode,
        has_brand=state.has_brand if data.has_brand is None else data.has_brand,
        replay_of=data.replay_of,
        parent_run_id=data.parent_run_id,
        from_stage=data.from_stage,
        # Servers that repeat the whole request name its depth.
        request=state.request or (_request(data) if data.depth else None),
        started_us=time_us,
        total_stages=len(planned) or state.total_stages,
    )


def _run_paused(state: RunState, data: RunPaused, time_us: int | None) -> RunState:
    if state.over or state.status == "paused":
        return state
    return replace(state, status="paused", paused_since_us=time_us)


def _run_resumed(state: RunState, data: RunResumed, time_us: int | None) -> RunState:
    if state.status != "paused":
        return state
    return replace(_unpaused(state, time_us), status="waiting" if state.inputs else "running")


def _unpaused(state: RunState, time_us: int | None) -> RunState:
    """The state after a pause that ended at ``time_us``."""
    since_us = state.paused_since_us
    if since_us is None:
        return state
    paused_us = max(0, (time_us or since_us) - since_us)
    return replace(state, paused_us=state.paused_us + paused_us, paused_since_us=None)


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
        artifacts_count=data.artifacts_count,
    )
    failed = run_end(data) == "failed"
    return _end(state, "failed" if failed else "completed", time_us, NO_SUCCESS if failed else None)


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
        cost_report=state.cost_report or data.cost_report,
    )
    end = run_end(data)
    if end is None:
        return state
    return _end(state, end, time_us, None if end == "completed" else data.error or data.reason)


def _end(state: RunState, status: RunStatus, time_us: int | None, error: str | None = None) -> RunState:
    if state.over:
        return state
    state = replace(
        _unpaused(state, time_us),
        status=status,
        success=status == "completed",
        error=error,
        ended_us=state.last_us if time_us is None or time_us < (state.started_us or time_us) else time_us,
    )
    artifacts = tuple(
        replace(item, status="failed") if item.status == "assembling" else item for item in state.artifacts
    )
    stages = tuple(settled(item, _ending(state)) for item in state.stages)
    finished = sum(map(_is_top_done, stages)) - sum(map(_is_top_done, state.stages))
    if status == "completed":
        finished += state.working_left_out
    counts = replace(state.counts, top_done=state.counts.top_done + finished)
    return replace(state, stages=stages, counts=counts, artifacts=artifacts, inputs=(), working_left_out=0)


# --- stages ----------------------------------------------------------------------------------------


def _ending(state: RunState) -> Ending | None:
    return Ending(state.status, state.ended_us) if state.over else None


def _stage_event(state: RunState, stage_id: str, data: Payload, time_us: int | None) -> RunState:
    """The state after an event that concerns a stage."""
    place = _place(state.stages, stage_id)
    known = None if place is None else state.stages[place]
    counts = state.counts
    if known is None and counts.stages > len(state.stages):
        if not isinstance(data, StageStarted):
            return _out_of_view(state, data)
        if state.planned_left_out and data.parent_id is None:
            return _planned_started(state, data, time_us)
    context = StageContext(counts.stages + 1, state.position, time_us)
    stage = settled(changed_stage(known, data, context), _ending(state))
    counts = replace(
        counts,
        stages=counts.stages + (known is None),
        top_stages=counts.top_stages + _is_top(stage) - (known is not None and _is_top(known)),
        top_done=counts.top_done + _is_top_done(stage) - (known is not None and _is_top_done(known)),
    )
    stages = state.stages
    if known is None or (known.parent_id is None and stage.parent_id is not None):
        stages = _with_child(stages, stage)
    if place is not None:
        return replace(state, stages=(*stages[:place], stage, *stages[place + 1 :]), counts=counts)
    return _with_stage(replace(state, counts=counts), (*stages, stage))


def _out_of_view(state: RunState, data: Payload) -> RunState:
    """The state after an event of a stage that is not in it: one at work can end."""
    if not (state.working_left_out and isinstance(data, StageCompleted | StageFailed)):
        return state
    done = state.counts.top_done + isinstance(data, StageCompleted)
    return replace(
        state, counts=replace(state.counts, top_done=done), working_left_out=state.working_left_out - 1
    )


def _planned_started(state: RunState, data: StageStarted, time_us: int | None) -> RunState:
    """The state after the start of a stage that was planned, and not in it: it counts already."""
    number = state.counts.stages - state.planned_left_out + 1
    stage = changed_stage(None, data, StageContext(number, state.position, time_us))
    left_out = state.planned_left_out - 1
    return _with_stage(
        replace(state, planned_left_out=left_out), (*state.stages, settled(stage, _ending(state)))
    )


def _with_stage(state: RunState, stages: tuple[Stage, ...]) -> RunState:
    """The state with one stage more, without those out of view after some more."""
    if state.counts.stages % _STAGES_AT_ONCE == 0 or len(stages) >= MOST_AT_WORK + _STAGES_AT_ONCE:
        return _within_window(state, stages)
    return replace(state, stages=stages)


def _within_window(state: RunState, stages: tuple[Stage, ...]) -> RunState:
    """The state with those of the stages that are in view, and the number of the others that are to come."""
    kept = windowed(stages, MOST_STAGES, MOST_AT_WORK)
    if len(kept) == len(stages):
        return replace(state, stages=stages)
    ids = {stage.stage_id for stage in kept}
    gone = [str(stage.status) for stage in stages if stage.stage_id not in ids and _is_top(stage)]
    return replace(
        state,
        stages=kept,
        working_left_out=state.working_left_out + sum(map(gone.count, WORKING)),
        planned_left_out=state.planned_left_out + gone.count("pending"),
    )


def _place(stages: tuple[Stage, ...], stage_id: str) -> int | None:
    """The index of a stage; the newest are searched first."""
    for place in range(len(stages) - 1, -1, -1):
        if stages[place].stage_id == stage_id:
            return place
    return None


def _with_child(stages: tuple[Stage, ...], child: Stage) -> tuple[Stage, ...]:
    """The stages, of which the parent of ``child`` has one child more."""
    place = None if child.parent_id is None else _place(stages, child.parent_id)
    if place is None:
        return stages
    return (*stages[:place], with_child(stages[place]), *stages[place + 1 :])


def _is_top(stage: Stage) -> bool:
    return stage.parent_id is None


def _is_top_done(stage: Stage) -> bool:
    return stage.parent_id is None and is_done(stage)


def _stage_started(state: RunState, data: StageStarted, time_us: int | None) -> RunState:
    return replace(state, total_stages=data.total_stages or state.total_stages)


def _stage_completed(state: RunState, data: StageCompleted, time_us: int | None) -> RunState:
    return state if state.over else replace(state, tokens=state.tokens + (tokens_used(data) or 0))


# --- input of a person -----------------------------------------------------------------------------


def _input_requested(state: RunState, data: InputRequested, time_us: int | None) -> RunState:
    if data.request_id is None or state.over:
        return state
    request = InputRequest(
        request_id=data.request_id,
        stage_id=data.stage_id,
        reason=data.reason,
        message=data.message,
        schema=data.schema,
        expires_us=instant_us(data.expires_at),
        position=state.position,
    )
    others = tuple(item for item in state.inputs if item.request_id != data.request_id)
    status: RunStatus = "paused" if state.status == "paused" else "waiting"
    return replace(state, inputs=(*others[-MOST_INPUTS + 1 :], request), status=status)


def _input_given(state: RunState, data: InputGiven, time_us: int | None) -> RunState:
    inputs = tuple(item for item in state.inputs if item.request_id != data.request_id)
    status: RunStatus = "running" if state.status == "waiting" and not inputs else state.status
    return replace(state, inputs=inputs, status=status)


# --- routing, drift and replay ---------------------------------------------------------------------


def _routing(state: RunState, data: RoutingDecision, time_us: int | None) -> RunState:
    return state if data.complexity is None else replace(state, complexity=data.complexity)


def _drift(state: RunState, data: DriftDetected, time_us: int | None) -> RunState:
    return state if data.drift_score is None else replace(state, drift=data.drift_score)


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
        kind=ending_of(data.artifact_type),
        stage_id=data.stage_id,
        status="assembling",
        version=0,
    )


def _with_artifact(state: RunState, known: Artifact, artifact: Artifact) -> RunState:
    """The state with an artifact, which was ``known`` before, as its newest event left it."""
    begun = known.begun if artifact.version == known.version else state.position
    artifact = replace(artifact, begun=begun, position=state.position)
    if state.over and artifact.status == "assembling":
        artifact = replace(artifact, status="failed")
    place = next((place for place, item in enumerate(state.artifacts) if item.file == artifact.file), None)
    if place is not None:
        return replace(state, artifacts=(*state.artifacts[:place], artifact, *state.artifacts[place + 1 :]))
    if len(state.artifacts) >= MOST_ARTIFACTS:
        return state if state.more_artifacts else replace(state, more_artifacts=True)
    return replace(state, artifacts=(*state.artifacts, artifact))


def _artifact_started(state: RunState, data: ArtifactStarted, time_us: int | None) -> RunState:
    known = _artifact(state, data)
    stage_id = data.stage_id or known.stage_id
    started = replace(
        known,
        status="assembling",
        chars=0,
        version=known.version + 1,
        sha256=None,
        stage_id=stage_id,
        has_gap=False,
        scattered=False,
    )
    return _with_artifact(state, known, started)


def _artifact_delta(state: RunState, data: ArtifactDelta, time_us: int | None) -> RunState:
    known = _artifact(state, data)
    start = known.chars if data.offset is None else data.offset
    grown = replace(
        known,
        version=max(known.version, 1),
        chars=max(known.chars, start + len(data.text)),
        has_gap=known.has_gap or start > known.chars,
        scattered=known.scattered or (known.has_gap and start < known.chars),
    )
    return _with_artifact(state, known, grown)


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
        return _with_artifact(state, known, done)
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
        has_gap=known.has_gap and not rewritten,
        scattered=known.scattered and not rewritten,
    )
    return _with_artifact(state, known, done)


_RULES: Final[dict[type[Payload], Callable[[RunState, Any, int | None], RunState]]] = {
    RunRequested: _run_requested,
    RunStarted: _run_started,
    RunPaused: _run_paused,
    RunResumed: _run_resumed,
    TaskUnderstood: _task_understood,
    RunWarning: _run_warning,
    RunCompleted: _run_completed,
    RunFailed: _run_failed,
    RunCancelled: _run_cancelled,
    RunReconciled: _run_reconciled,
    StageStarted: _stage_started,
    StageCompleted: _stage_completed,
    InputRequested: _input_requested,
    InputGiven: _input_given,
    RoutingDecision: _routing,
    DriftDetected: _drift,
    ReplayVerified: _replay_verified,
    ArtifactStarted: _artifact_started,
    ArtifactDelta: _artifact_delta,
    ArtifactCreated: _artifact_created,
}

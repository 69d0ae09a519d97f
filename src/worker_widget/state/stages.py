"""The stages of a run: how an event changes a stage, and the tree that stages form. Pure.

The run state and the store share these rules: the state holds the stages in view, the store all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from ..events import (
    DriftDetected,
    Payload,
    PolicyViolation,
    Progress,
    RecoveryCompleted,
    RecoveryStarted,
    RoutingDecision,
    StageCompleted,
    StageFailed,
    StageStarted,
)
from ..events.vocabulary import TYPES
from .display_names import display_name
from .routing_and_ledger import NO_REASON
from .run_state import RunStatus, Stage, StageProgress, StageStatus
from .sums import total, total_cost

WORKING: Final = ("running", "recovering")
"""The statuses of a stage that is at work."""
_UNFINISHED: Final = (*WORKING, "pending")

_NAMELESS: Final = "Stage"


class Ending(NamedTuple):
    """The end of a run: its status, and its time in µs since the epoch."""

    status: RunStatus
    time_us: int | None


class StageContext(NamedTuple):
    """What a rule knows besides the stage: its number if it is new, and the event's position and time."""

    number: int
    position: int
    time_us: int | None


def concerns_stage(data: Payload) -> str | None:
    """The id of the stage that an event changes; ``None`` if it changes none."""
    return getattr(data, "stage_id", None) if type(data) in _RULES else None


def changed_stage(known: Stage | None, data: Payload, context: StageContext) -> Stage:
    """The stage after an event that concerns it; ``known`` is the stage before, ``None`` for a new one."""
    if known is None:
        stage_id = concerns_stage(data) or ""
        known = Stage(stage_id=stage_id, name=display_name(stage_id) or _NAMELESS, number=context.number)
    return _RULES[type(data)](known, data, context)


def planned_stage(stage_id: str, name: str | None, number: int) -> Stage:
    """A stage as its worker announces it."""
    return Stage(stage_id=stage_id, name=name or display_name(stage_id) or _NAMELESS, number=number)


def with_child(parent: Stage) -> Stage:
    """The stage with one child more."""
    return replace(parent, children=parent.children + 1)


def is_done(stage: Stage) -> bool:
    """Whether the stage is complete."""
    return stage.status in ("completed", "recovered")


def settled(stage: Stage, end: Ending | None) -> Stage:
    """Ends a stage that is at work although its run has ended."""
    if end is None or stage.status not in WORKING:
        return stage
    ends: dict[str, StageStatus] = {
        "completed": "completed",
        "cancelled": "cancelled",
        "interrupted": "cancelled",
    }
    return replace(stage, status=ends.get(end.status, "failed"), ended_us=stage.ended_us or end.time_us)


def windowed(stages: tuple[Stage, ...], most: int, most_at_work: int) -> tuple[Stage, ...]:
    """At most ``most`` of the stages, in their order, and up to ``most_at_work`` with those at work and those
    around them.

    Left out first are those inside a stage that has ended, then other inner ones, then the oldest. Of too
    many at work the newest remain, and of those that are planned the first.
    """
    if len(stages) <= most:
        return stages
    by_id = {stage.stage_id: stage for stage in stages}
    kept: set[str] = set()
    working = [stage for stage in stages if stage.status in WORKING]
    planned = [stage for stage in stages if stage.status == "pending"]
    for stage in (*reversed(working), *planned):
        around: Stage | None = stage
        while around is not None and around.stage_id not in kept and len(kept) < most_at_work:
            kept.add(around.stage_id)
            around = None if around.parent_id is None else by_id.get(around.parent_id)
    rest = [stage for stage in stages if stage.stage_id not in kept and stage.status not in _UNFINISHED]

    def importance(stage: Stage) -> tuple[int, int]:
        parent = None if stage.parent_id is None else by_id.get(stage.parent_id)
        place = 2 if stage.parent_id is None else 1 if parent is not None and parent.stage_id in kept else 0
        return place, stage.number

    rest.sort(key=importance)
    room = max(0, most - len(kept))
    kept.update(stage.stage_id for stage in rest[max(0, len(rest) - room) :])
    return tuple(stage for stage in stages if stage.stage_id in kept)


class TreeRow(NamedTuple):
    """A stage in its tree; ``depth`` is 0 at the top."""

    stage: Stage
    depth: int


def tree(stages: Iterable[Stage]) -> Iterator[TreeRow]:
    """The stages in the order of their tree: each before its children, children in the order of their start.

    A stage whose parent is unknown, or is inside the stage itself, is at the top.
    """
    rows = list(stages)
    known = {stage.stage_id for stage in rows}
    children: dict[str | None, list[Stage]] = {}
    for stage in rows:
        inside = stage.parent_id if stage.parent_id in known and stage.parent_id != stage.stage_id else None
        children.setdefault(inside, []).append(stage)
    visited: set[str] = set()
    yield from _walk([(stage, 0) for stage in children.get(None, ())], children, visited)
    for stage in rows:  # a circle of parents
        if stage.stage_id not in visited:
            yield from _walk([(stage, 0)], children, visited)


def _walk(
    tops: Sequence[tuple[Stage, int]], children: dict[str | None, list[Stage]], visited: set[str]
) -> Iterator[TreeRow]:
    waiting = list(reversed(tops))
    while waiting:
        stage, depth = waiting.pop()
        if stage.stage_id in visited:
            continue
        visited.add(stage.stage_id)
        yield TreeRow(stage, depth)
        waiting += ((child, depth + 1) for child in reversed(children.get(stage.stage_id, ())))


# --- one event -------------------------------------------------------------------------------------


def _started(stage: Stage, data: StageStarted, context: StageContext) -> Stage:
    time_us = context.time_us
    stage = replace(
        stage,
        parent_id=stage.parent_id or (data.parent_id if data.parent_id != stage.stage_id else None),
        kind=data.kind or stage.kind,
        name=data.name or stage.name,
        agent=data.agent or stage.agent,
        started_at=context.position if data.input is not None or not stage.started_at else stage.started_at,
        has_input=stage.has_input or data.input is not None,
        reused_from=data.reused_from,
    )
    over = stage.status not in ("pending", *WORKING)
    if over and (time_us is None or stage.ended_us is None or time_us <= stage.ended_us):
        return replace(stage, started_us=_earliest(stage.started_us, time_us))
    return replace(
        stage,
        status="running",
        attempts=stage.attempts + (over or stage.attempts == 0),
        started_us=_earliest(stage.started_us, time_us),
        ended_us=None,
        error=None,
    )


def _earliest(known: int | None, time_us: int | None) -> int | None:
    return time_us if known is None or (time_us is not None and time_us < known) else known


def _not_before(started_us: int | None, time_us: int | None) -> int | None:
    """The end of a stage: not before its start, where the worker's clock was set back in between."""
    return time_us if time_us is None or started_us is None else max(started_us, time_us)


def _completed(stage: Stage, data: StageCompleted, context: StageContext) -> Stage:
    recovered = stage.recoveries > 0 or stage.error is not None
    return replace(
        stage,
        status="recovered" if recovered else "completed",
        attempts=stage.attempts or 1,
        ended_us=_not_before(stage.started_us, context.time_us),
        duration_ms=total(stage.duration_ms, data.duration_ms),
        tokens=total(stage.tokens, tokens_used(data)),
        input_tokens=total(stage.input_tokens, data.input_tokens),
        output_tokens=total(stage.output_tokens, data.output_tokens),
        model=data.model or stage.model,
        cost=total_cost(stage.cost, data.cost),
        error=None,
        ended_at=context.position,
        has_output=data.output is not None,
    )


def _failed(stage: Stage, data: StageFailed, context: StageContext) -> Stage:
    return replace(
        stage,
        status="failed",
        attempts=stage.attempts or 1,
        ended_us=_not_before(stage.started_us, context.time_us),
        error=data.error or NO_REASON,
        ended_at=context.position,
        has_traceback=data.traceback is not None,
    )


def _progress(stage: Stage, data: Progress, context: StageContext) -> Stage:
    if data.done is None:
        return stage
    known = stage.progress
    return replace(
        stage,
        progress=StageProgress(
            done=data.done,
            total=data.total if data.total is not None else known.total if known else None,
            unit=data.unit or (known.unit if known else None),
        ),
    )


def _routing(stage: Stage, data: RoutingDecision, context: StageContext) -> Stage:
    return replace(stage, agent=data.selected_agent, complexity=data.complexity)


def _violation(stage: Stage, data: PolicyViolation, context: StageContext) -> Stage:
    return replace(stage, violations=stage.violations + 1)


def _drift(stage: Stage, data: DriftDetected, context: StageContext) -> Stage:
    return stage if data.drift_score is None else replace(stage, drift=data.drift_score)


def _recovery_started(stage: Stage, data: RecoveryStarted, context: StageContext) -> Stage:
    return replace(stage, status="recovering", recoveries=stage.recoveries + 1)


def _recovery_completed(stage: Stage, data: RecoveryCompleted, context: StageContext) -> Stage:
    if stage.status not in ("recovering", "failed"):
        return stage
    failed = stage.error is not None
    if data.success is False:
        status: StageStatus = "failed" if failed else "running"
    else:
        status = "recovered" if failed else "running"
    return replace(stage, status=status)


_RULES: Final[dict[type[Payload], Callable[[Stage, Any, StageContext], Stage]]] = {
    StageStarted: _started,
    StageCompleted: _completed,
    StageFailed: _failed,
    Progress: _progress,
    RoutingDecision: _routing,
    PolicyViolation: _violation,
    DriftDetected: _drift,
    RecoveryStarted: _recovery_started,
    RecoveryCompleted: _recovery_completed,
}


STAGE_EVENTS: Final = tuple(TYPES[payload] for payload in _RULES)
"""The types of the events that change a stage."""


def tokens_used(data: StageCompleted) -> int | None:
    """The tokens of a stage: as reported, or the sum of its input and output."""
    if data.tokens_used is not None:
        return data.tokens_used
    return total(data.input_tokens, data.output_tokens)

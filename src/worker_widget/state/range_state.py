"""The state of a range of a run's events, computed from the states at its start and its end. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from .figures import Figures, since
from .run_state import Counts, RunState, Stage


class RangeParts(NamedTuple):
    """What the two states do not have: facts of the range about stages, incidents and drift.

    ``stages`` counts those in the range, ``top_stages`` those of them at the top, ``top_done`` those of these
    that are complete; ``narrowed`` leaves out the others. ``joined`` are the numbers of the incidents that
    began before the range and have events in it. ``drift`` are figures with the highest drift of the range.
    """

    stages: int
    top_stages: int
    top_done: int
    narrowed: Callable[[Sequence[Stage]], list[Stage]]
    joined: Sequence[int]
    drift: Figures


def range_state(before: RunState, now: RunState, parts: RangeParts) -> RunState:
    """The state at the end of a range, with the rows and figures of its events alone.

    What holds at a moment, such as status, error and artifacts' sizes, is as at the end. ``before`` is the
    state before the range.
    """
    after = before.position
    begun = [opened.incident for opened in before.book.open if opened.incident.number in parts.joined]
    return replace(
        now,
        warnings=tuple(row for row in now.warnings if row.position > after),
        tokens=max(now.tokens - before.tokens, 0),
        total_stages=None,
        stages=tuple(parts.narrowed(now.stages)),
        routing=tuple(row for row in now.routing if row.position > after),
        ledger=tuple(row for row in now.ledger if row.position > after),
        incidents=tuple(row for row in now.incidents if row.last > after),
        artifacts=tuple(row for row in now.artifacts if row.position > after),
        counts=_counts(before, now, parts),
        figures=since(before.figures, now.figures, begun, parts.drift),
    )


def _counts(before: RunState, now: RunState, parts: RangeParts) -> Counts:
    was, has = before.counts, now.counts
    return Counts(
        events=has.events - was.events,
        logs=has.logs - was.logs,
        debug=has.debug - was.debug,
        warnings=has.warnings - was.warnings,
        errors=has.errors - was.errors,
        routing=has.routing - was.routing,
        ledger=has.ledger - was.ledger,
        problems=has.problems - was.problems,
        passed=has.passed - was.passed,
        incidents=now.book.total - before.book.total + len(parts.joined),
        unknown=has.unknown - was.unknown,
        stages=parts.stages,
        top_stages=parts.top_stages,
        top_done=parts.top_done,
    )

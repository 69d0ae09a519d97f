"""Stages as they were after the first events of a run: those of one parent, or one of them.

The table of stages has each in its last state. One that no later event changed is that state already. Others
are taken from the run's state at the position, if that has all stages, else they are made from their events.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from sqlite3 import Connection
from typing import Final, NamedTuple

from msgspec.structs import replace

from ..events import RunStarted
from ..state.log_line import LoggedEvent
from ..state.run_end import END_EVENTS
from ..state.run_state import RunState, Stage
from ..state.stages import (
    STAGE_EVENTS,
    StageContext,
    changed_stage,
    concerns_stage,
    planned_stage,
    settled,
)
from . import blocks_table, events_table, stages_table
from .blocks_table import BlockReader
from .stages_table import StageRow, StageWindow, StoredEnding

_OF_RUN: Final = ("run_started", *END_EVENTS)


class PastRun(NamedTuple):
    """A run after its first ``upto`` events, its state there, and its end, even if that comes later."""

    db: Connection
    reader: BlockReader
    run: int
    upto: int
    state: RunState
    end: StoredEnding | None


def window(past: PastRun, parent_id: str | None, start: int, count: int) -> StageWindow:
    """Up to ``count`` stages directly inside ``parent_id``, or at the top, from index ``start`` on."""
    total = stages_table.count_at(past.db, past.run, parent_id, past.upto)
    start = min(max(start, 0), total)
    rows = stages_table.rows_at(past.db, past.run, parent_id, past.upto, start, max(count, 0))
    return StageWindow(total, start, as_they_were(past, rows))


def stage(past: PastRun, stage_id: str) -> Stage | None:
    """A stage by its id; ``None`` if no event mentions it yet."""
    row = stages_table.row(past.db, past.run, stage_id)
    if row is None or row.first > past.upto:
        return None
    (found,) = as_they_were(past, [row])
    return found


def as_they_were(past: PastRun, rows: Sequence[StageRow]) -> list[Stage]:
    """The stages of rows of the table, in their order, each as it was."""
    changing = {row.stage.stage_id: row for row in rows if row.changed > past.upto}
    if not changing:
        return [row.stage for row in rows]
    if _has_all_stages(past):
        known = {stage.stage_id: stage for stage in past.state.stages}
        return [known.get(row.stage.stage_id, row.stage) for row in rows]
    made = _from_events(past, changing)
    return [made.get(row.stage.stage_id, row.stage) for row in rows]


def _has_all_stages(past: PastRun) -> bool:
    """Whether the state has all stages as the table has them.

    If the end of the run has no time, stages that end with it have none in the table.
    """
    ended = past.end is not None and past.end.position <= past.upto and past.end.time_us is None
    return len(past.state.stages) == past.state.counts.stages and not ended


def _from_events(past: PastRun, rows: dict[str, StageRow]) -> dict[str, Stage]:
    """Stages from their events up to the position, with the numbers of the table."""
    known: dict[str, Stage] = {}
    first = min(row.first for row in rows.values())
    end = past.end.ending if past.end is not None and past.end.position < first else None
    for logged in _events(past, rows, first):
        data = logged.event.data
        stage_id = concerns_stage(data)
        if stage_id in rows:
            context = StageContext(rows[stage_id].stage.number, logged.position, logged.event.time_us)
            known[stage_id] = settled(changed_stage(known.get(stage_id), data, context), end)
        elif isinstance(data, RunStarted):
            for plan in data.stages or ():
                row = rows.get(plan.stage_id)
                if row is not None and row.first == logged.position:
                    known[plan.stage_id] = planned_stage(plan.stage_id, plan.name, row.stage.number)
        elif past.end is not None and past.end.position == logged.position:
            end = past.end.ending
            known = {stage_id: settled(stage, end) for stage_id, stage in known.items()}
    return {
        stage_id: replace(
            stage, children=stages_table.children_at(past.db, past.run, rows[stage_id], past.upto)
        )
        for stage_id, stage in known.items()
    }


def _events(past: PastRun, rows: dict[str, StageRow], first: int) -> Iterable[LoggedEvent]:
    """The events of stages from a position on, and those of the run that concern all stages."""
    for span in blocks_table.event_spans(past.db, past.run, first, past.upto):
        with blocks_table.skipping_damage():
            yield from events_table.events_of_stages(
                past.db, past.reader, span, (first, past.upto), rows.keys(), STAGE_EVENTS, _OF_RUN
            )

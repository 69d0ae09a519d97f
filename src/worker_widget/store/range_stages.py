"""The stages of a range of a run's events, as they were at its end.

A stage is in the range if it was first mentioned there, or was at work at any time of it. The stages around
those are in it, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from ..state.run_state import Stage
from ..state.stages import WORKING, is_done
from . import stages_table
from .past_stages import PastRun, as_they_were
from .stages_table import StageRow, StageWindow


class RangeStages(NamedTuple):
    """The numbers of the stages in a range, by the id of the stage around them (``None``: at the top).

    ``ids`` are those of all of them, ``top_done`` is the number of those at the top that are complete.
    """

    inside: dict[str | None, list[int]]
    ids: frozenset[str]
    top_done: int

    def narrowed(self, stages: Sequence[Stage]) -> list[Stage]:
        """Those of the stages that are in the range, without the stages inside them that are not."""
        return [
            replace(stage, children=len(self.inside.get(stage.stage_id, ())))
            for stage in stages
            if stage.stage_id in self.ids
        ]


def range_stages(past: PastRun, after: int) -> RangeStages:
    """The stages of the events after the position ``after``, up to that of ``past``."""
    rows = stages_table.rows_between(past.db, past.run, after, past.upto)
    found = {
        stage.stage_id: (row, stage)
        for row, stage in zip(rows, as_they_were(past, rows), strict=True)
        if _was_at_work(row, stage, after)
    }
    missing = {parent for row, _ in found.values() if (parent := _parent(row, past.upto)) not in found}
    while missing - {None}:
        around = [
            row
            for stage_id in missing
            if stage_id is not None
            and (row := stages_table.row(past.db, past.run, stage_id)) is not None
            and row.first <= past.upto
        ]
        for row, stage in zip(around, as_they_were(past, around), strict=True):
            found[stage.stage_id] = (row, stage)
        missing = {parent for row in around if (parent := _parent(row, past.upto)) not in found}
    inside: dict[str | None, list[int]] = {}
    for row, stage in sorted(found.values(), key=lambda item: item[1].number):
        inside.setdefault(_parent(row, past.upto), []).append(stage.number)
    top_done = sum(is_done(stage) for row, stage in found.values() if _parent(row, past.upto) is None)
    return RangeStages(inside, frozenset(found), top_done)


def window(past: PastRun, stages: RangeStages, parent_id: str | None, start: int, count: int) -> StageWindow:
    """Up to ``count`` stages of the range directly inside ``parent_id``, or at the top, from index ``start``
    on."""
    numbers = stages.inside.get(parent_id, [])
    start = min(max(start, 0), len(numbers))
    rows = stages_table.rows_numbered(past.db, past.run, numbers[start : start + max(count, 0)])
    return StageWindow(len(numbers), start, stages.narrowed(as_they_were(past, rows)))


def _was_at_work(row: StageRow, stage: Stage, after: int) -> bool:
    return row.first > after or stage.status in WORKING or stage.started_at > after or stage.ended_at > after


def _parent(row: StageRow, upto: int) -> str | None:
    """The stage around a stage, as far as the events up to a position say."""
    return row.stage.parent_id if row.parent_at is not None and row.parent_at <= upto else None

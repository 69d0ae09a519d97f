"""`RunAxis`: the time of a run with its marks, as a console and a report draw it."""

from __future__ import annotations

from typing import TypedDict

from ..store.event_store import EventStore
from ..store.time_axis import ArtifactChanges, AxisMark


class RunAxis(TypedDict):
    """The time of a run, from its first to its newest event.

    ``points`` are positions and their times, both increasing; between two of them they grow evenly. There are
    none while no event has a time. ``activity`` is the number of events in each of the equal parts of the
    time, ``changes`` is how much of each artifact was written when.
    """

    start_us: int
    end_us: int
    newest: int
    points: list[tuple[int, int]]
    activity: list[int]
    marks: list[AxisMark]
    changes: list[ArtifactChanges]


def run_axis(store: EventStore, run_id: str) -> RunAxis:
    """The axis of a run as far as it is in the history. Raises `RunUnknown`."""
    axis, marks = store.time_axis(run_id), store.marks(run_id)
    start, end = axis.start_us, axis.end_us
    if start is None or end is None:
        start = end = 0
        points: list[tuple[int, int]] = []
    else:
        points = [(at, start + us) for at, us in zip(axis.positions, axis.elapsed_us, strict=True)]
    return {
        "start_us": start,
        "end_us": end,
        "newest": axis.events,
        "points": points,
        "activity": axis.activity,
        "marks": marks.marks,
        "changes": marks.changes,
    }

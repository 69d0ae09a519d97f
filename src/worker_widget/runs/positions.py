"""Positions in runs: the number of an event, from 1; 0 is before the first."""

from __future__ import annotations

import operator
import re
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final, TypeAlias

from ..errors import PositionUnknown
from ..state.run_state import Stage
from ..store.event_store import EventStore
from .frames.filters import microseconds

Position: TypeAlias = int | str | timedelta | datetime
"""A moment of a run: the number of an event, a time since the start ("12.5s", "1m30s", a ``timedelta``), a
``datetime`` (UTC if it has no zone), or the id or name of a stage, for its start."""

_END: Final = "the end of the run"

_UNITS: Final = {"d": 86_400_000_000, "h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "ms": 1_000}
_PARTS: Final = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)\s*(ms|d|h|m|s)\s*")
_DURATION: Final = re.compile(rf"(?:{_PARTS.pattern})+")
_MOST_NAMED: Final = 5


def position_of(store: EventStore, run_id: str, at: Position) -> int:
    """The position in a run that ``at`` says, at most that of its last event so far.

    A time is at the last event that is not later. Raises `PositionUnknown` for anything else, and
    `RunUnknown`.
    """
    if isinstance(at, bool):
        raise _refusal(store, run_id, at, "is neither true nor false")
    if isinstance(at, datetime):
        return store.position_at(run_id, microseconds("at", at))
    if isinstance(at, timedelta):
        return _after_start(store, run_id, at, at // timedelta(microseconds=1))
    if isinstance(at, str):
        stage = _stage(store, run_id, at)
        if stage is not None:
            return _start_of(store, run_id, at, stage)
        return _after_start(store, run_id, at, _duration(store, run_id, at))
    try:
        number = operator.index(at)
    except TypeError:
        raise _refusal(store, run_id, at, f"is a {type(at).__name__}") from None
    if number < 0:
        raise _refusal(store, run_id, at, "is less than 0, which is before the first event")
    return min(number, store.known_run(run_id).events)


def range_of(store: EventStore, run_id: str, start: Position | None, end: Position | None) -> tuple[int, int]:
    """The positions between which the events of a range are: after the first, up to the second.

    The events at both ends belong to the range. A stage as ``start`` is its start, as ``end`` its end;
    ``None`` is the start or the end of the run. Raises `PositionUnknown` if no event is in the range.
    """
    events = store.known_run(run_id).events
    after = 0 if start is None else _before(store, run_id, start)
    upto = events if end is None else _end_of(store, run_id, end)
    if after >= upto:
        last = _END if end is None else _shown(end)
        raise PositionUnknown(
            f"No event of run {run_id} is from {_shown(start or 0)} to {last}: of its {events:,} events,"
            f" {after:,} are before that start and {upto:,} up to that end. Give a start before the end."
        )
    return after, upto


def _before(store: EventStore, run_id: str, at: Position) -> int:
    """The position before the event at a position, or before the first event at or after a time."""
    if isinstance(at, datetime):
        return store.position_at(run_id, microseconds("start", at) - 1)
    if isinstance(at, timedelta):
        return _after_start(store, run_id, at, at // timedelta(microseconds=1), -1)
    if isinstance(at, str) and _stage(store, run_id, at) is None:
        return _after_start(store, run_id, at, _duration(store, run_id, at), -1)
    return max(position_of(store, run_id, at) - 1, 0)


def _end_of(store: EventStore, run_id: str, at: Position) -> int:
    """The position that ``at`` says, of a stage that of its end, or of the last event so far."""
    stage = _stage(store, run_id, at) if isinstance(at, str) else None
    if stage is None:
        return position_of(store, run_id, at)
    started = _start_of(store, run_id, str(at), stage)
    return stage.ended_at if stage.ended_at >= started else store.known_run(run_id).events


def duration_us(text: str) -> int | None:
    """A duration such as "12.5s", "1m30s" or "250ms" in µs; ``None`` for another text."""
    if _DURATION.fullmatch(text.strip().lower()) is None:
        return None
    return sum(round(float(number) * _UNITS[unit]) for number, unit in _PARTS.findall(text.strip().lower()))


def _stage(store: EventStore, run_id: str, at: str) -> Stage | None:
    """The stage of this id or name; ``None`` for a text that is no stage's, and for a time."""
    stage = store.stage(run_id, at)
    if stage is not None or duration_us(at) is not None:
        return stage
    named = list(islice(store.stages_named(run_id, at), _MOST_NAMED))
    if len(named) > 1:
        ids = ", ".join(repr(stage.stage_id) for stage in named)
        raise _refusal(store, run_id, at, f"is the name of more than one stage: give an id, such as {ids}")
    return named[0] if named else None


def _duration(store: EventStore, run_id: str, at: str) -> int:
    duration = duration_us(at)
    if duration is None:
        raise _refusal(store, run_id, at, "is neither a time since the start nor a stage of this run")
    return duration


def _start_of(store: EventStore, run_id: str, at: str, stage: Stage) -> int:
    if not stage.started_at:
        raise _refusal(store, run_id, at, "is a stage that has not started")
    return stage.started_at


def _after_start(store: EventStore, run_id: str, at: Any, duration: int, shift: int = 0) -> int:
    """The position at a time since the start, ``shift`` µs later."""
    if duration < 0:
        raise _refusal(store, run_id, at, "is before the start of the run")
    start = store.start_time(run_id)
    if start is None:
        raise _refusal(store, run_id, at, "is a time, and no event of this run has one")
    return store.position_at(run_id, start + duration + shift)


def _refusal(store: EventStore, run_id: str, at: Any, reason: str) -> PositionUnknown:
    events = store.known_run(run_id).events
    stages = [stage.stage_id for stage in store.stage_window(run_id, None, 0, _MOST_NAMED).rows]
    named = f", such as {', '.join(map(repr, stages))}" if stages else ""
    return PositionUnknown(
        f"The position {_shown(at)} in run {run_id} {reason}. Give the number of an event (0 to {events:,}), "
        "a time since the start ('12.5s', '1m30s' or a timedelta), a datetime, or the id or name of a "
        f"stage{named}."
    )


def _shown(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}" if isinstance(at, datetime) else repr(at)[:100]

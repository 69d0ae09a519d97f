"""The time of each event of a run, and back: `TimeAxes` reads it from the columns of the blocks.

The times of events can go back and forth, so the time at a position is the latest of the events up to there:
it never goes back. The time of a request is that of this computer's clock, all others are of the worker's: it
does not count.
"""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from sqlite3 import Connection
from typing import Any, Final, Generic, Literal, NamedTuple, TypeAlias, TypeVar

import msgspec

from . import blocks_table
from .blocks.columns import NO_INTEGER, ColumnKind, numbers
from .blocks_table import BlockReader, BlockSpan
from .database import Database, key_range

T = TypeVar("T")

MOST_POINTS: Final = 1_000
SLICES: Final = 200
"""The number of parts of the same duration in which activity is counted."""
_MOST_CACHED: Final = 32
_MOST_KEPT: Final = 8
_REQUEST: Final = "run_requested"


class TimeAxis(msgspec.Struct, frozen=True):
    """The times of a run of ``events`` events, from ``start_us`` to ``end_us``; ``None`` if none has a time.

    The event at ``positions[i]`` is ``elapsed_us[i]`` after the start; between two of these points, positions
    and times are about proportional. The first point is before the first event. ``activity`` are the numbers
    of events in `SLICES` parts of the same duration; one part if all events have the same time.
    """

    events: int
    start_us: int | None
    end_us: int | None
    positions: list[int]
    elapsed_us: list[int]
    activity: list[int]


AxisKind: TypeAlias = Literal[
    "stage",
    "stage_end",
    "failure",
    "error",
    "violation",
    "recovery",
    "artifact",
    "input",
    "pause",
    "resume",
]


class AxisMark(msgspec.Struct, frozen=True, kw_only=True):
    """A mark at an event, or of ``count`` events of a kind from ``position`` to ``last``.

    ``time_us`` is the time at the position. ``label`` is the text of a single event; it is empty where that
    cannot be read, and of several events, except of stages. ``stage_id`` is that of a single event.
    """

    position: int
    time_us: int | None
    kind: AxisKind
    label: str
    stage_id: str | None = None
    count: int = 1
    last: int = 0


class ArtifactChanges(msgspec.Struct, frozen=True):
    """How much of an artifact was written when: its events up to ``positions[i]``, after those up to the
    position before, have ``bytes[i]`` bytes."""

    file: str
    positions: list[int]
    bytes: list[int]


class AxisMarks(msgspec.Struct, frozen=True):
    """The marks of the first ``events`` events of a run, in order, and how its artifacts changed."""

    events: int
    marks: list[AxisMark]
    changes: list[ArtifactChanges]


class KeptResults(Generic[T]):
    """The last results about a few runs, which stay the same as long as no event is added."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, tuple[int, T]] = OrderedDict()

    def of(self, run: int, events: int, make: Callable[[], T]) -> T:
        """The result about the first ``events`` events of a run."""
        with self._lock:
            known = self._kept.get(run)
        if known is not None and known[0] == events:
            return known[1]
        made = make()
        with self._lock:
            self._kept[run] = events, made
            self._kept.move_to_end(run)
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return made


class _Block(NamedTuple):
    """A block: its span, and the latest time before it and at its end; `NO_INTEGER` if there is none."""

    span: BlockSpan
    before: int
    latest: int


class TimeAxes:
    """The times of runs. May be used from any thread; runs are identified by their keys."""

    def __init__(self, db: Database, reader: BlockReader) -> None:
        self._db = db
        self._reader = reader
        self._lock = threading.Lock()
        self._sealed: OrderedDict[int, list[_Block]] = OrderedDict()

    def position_at(self, run: int, time_us: int) -> int:
        """The last position whose time is at or before a time; 0 if there is none."""
        with self._db.read() as db:
            blocks = self._blocks(db, run)
            index = bisect_right(blocks, time_us, key=lambda block: block.latest)
            if index == len(blocks):
                return blocks[-1].span.end - 1 if blocks else 0
            block = blocks[index]
            return block.span.position - 1 + bisect_right(self._latest(db, block), time_us)

    def time_at(self, run: int, position: int) -> int | None:
        """The time at a position, in µs since the epoch; ``None`` before the first event with a time."""
        with self._db.read() as db:
            blocks = self._blocks(db, run)
            index = bisect_right(blocks, position, key=lambda block: block.span.position) - 1
            if index < 0:
                return None
            block = blocks[index]
            at = min(position, block.span.end - 1) - block.span.position
            time_us = self._latest(db, block)[at]
        return None if time_us == NO_INTEGER else time_us

    def times_at(self, run: int, positions: Sequence[int]) -> list[int | None]:
        """The times at ascending positions from 1 on."""
        found: list[int | None] = []
        with self._db.read() as db:
            blocks = iter(self._blocks(db, run))
            block, latest = None, list[int]()
            for position in positions:
                if block is None or position >= block.span.end:
                    block = next((item for item in blocks if position < item.span.end), None)
                    if block is None:
                        return found + [None] * (len(positions) - len(found))
                    latest = self._latest(db, block)
                time_us = latest[position - block.span.position]
                found.append(None if time_us == NO_INTEGER else time_us)
        return found

    def divided(self, run: int, parts: int) -> list[int]:
        """The positions at the ends of all but the last of so many parts of the same duration.

        They are parts with the same number of events if all events have the same time, or none.
        """
        with self._db.read() as db:
            blocks = self._blocks(db, run)
            start = self._start(db, blocks)
        end = blocks[-1].latest if blocks else NO_INTEGER
        if start is None or end == start:
            events = blocks[-1].span.end - 1 if blocks else 0
            return [events * part // parts for part in range(1, parts)]
        return [self.position_at(run, start + (end - start) * part // parts) for part in range(1, parts)]

    def start(self, run: int) -> int | None:
        """The first time of a run, in µs since the epoch."""
        with self._db.read() as db:
            return self._start(db, self._blocks(db, run))

    def axis(self, run: int) -> TimeAxis:
        """The whole axis."""
        with self._db.read() as db:
            blocks = self._blocks(db, run)
            events = blocks[-1].span.end - 1 if blocks else 0
            start = self._start(db, blocks)
            if start is None:
                return TimeAxis(events, None, None, [0, events], [0, 0], [events])
            end = blocks[-1].latest
            points = min(events, MOST_POINTS)
            positions = [events * index // points for index in range(points + 1)]
            edges = [start + (end - start) * index // SLICES for index in range(1, SLICES)]
            edges = edges if end > start else []
            elapsed, counts, point = list[int](), list[int](), 0
            for block in blocks:
                latest = self._latest(db, block)
                last = block.span.end - 1
                while point < len(positions) and positions[point] <= last:
                    known = latest[positions[point] - block.span.position] if positions[point] else start
                    elapsed.append(max(known - start, 0))
                    point += 1
                while len(counts) < len(edges) and latest[-1] >= edges[len(counts)]:
                    counts.append(block.span.position - 1 + bisect_left(latest, edges[len(counts)]))
        activity = [after - before for before, after in pairwise([0, *counts, events])]
        return TimeAxis(events, start, end, positions, elapsed, activity)

    def _start(self, db: Connection, blocks: list[_Block]) -> int | None:
        for block in blocks:
            if block.latest != NO_INTEGER:
                return next(time for time in self._latest(db, block) if time != NO_INTEGER)
        return None

    def _blocks(self, db: Connection, run: int) -> list[_Block]:
        """All blocks of a run; only those are read that are new, or can still change."""
        with self._lock:
            known = self._sealed.pop(run, [])
            self._sealed[run] = known
            if len(self._sealed) > _MOST_CACHED:
                self._sealed.popitem(last=False)
            found = list(known)
        after = found[-1].span.row_key if found else key_range(run)[0]
        latest = found[-1].latest if found else NO_INTEGER
        for span in blocks_table.spans(db, run, "row_key > ?", (after,)):
            before, latest = latest, max(latest, max(self._times(db, span), default=NO_INTEGER))
            found.append(_Block(span, before, latest))
        with self._lock:
            sealed = next((at for at, block in enumerate(found) if not block.span.sealed), len(found))
            self._sealed[run] = found[:sealed]
        return found

    def _latest(self, db: Connection, block: _Block) -> list[int]:
        """The latest time at each position of a block."""
        return list(accumulate(self._times(db, block.span), max, initial=block.before))[1:]

    def _times(self, db: Connection, span: BlockSpan) -> Any:
        """The times of the events of a block, `NO_INTEGER` for those without one."""
        with blocks_table.skipping_damage():
            table = self._reader.columns(db, span)["events"]
            times = numbers(ColumnKind.INTEGER, table["time"])
            words = table["type"].words or []
            if _REQUEST in words:
                code = words.index(_REQUEST) + 1
                for index, kind in enumerate(numbers(ColumnKind.WORD, table["type"])):
                    if kind == code:
                        times[index] = NO_INTEGER
            return times
        return [NO_INTEGER] * span.events

"""The table of stages: every stage of a run in its last state, by its number, id and parent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from sqlite3 import Connection
from typing import Any, Final, NamedTuple

import msgspec

from ..events import Payload, RunStarted
from ..state.log_line import LoggedEvent
from ..state.run_end import run_end
from ..state.run_state import RunStatus, Stage
from ..state.stages import (
    WORKING,
    Ending,
    StageContext,
    changed_stage,
    concerns_stage,
    planned_stage,
    settled,
    with_child,
)
from . import database
from .database import NUMBER_MASK, ROW_BITS, key_range

_ROWS_AT_ONCE: Final = 4_096
_ROW: Final = "body, first, changed, parent_at"
_BODIES: Final = msgspec.json.Decoder(list[Stage])


class StageWindow(msgspec.Struct, frozen=True):
    """A range of the ``total`` stages inside one: those from index ``start`` on (from 0)."""

    total: int
    start: int
    rows: list[Stage]


class StoredEnding(NamedTuple):
    """The end of a run, and the position of the event that ended it."""

    status: RunStatus
    time_us: int | None
    position: int = 0

    @property
    def ending(self) -> Ending:
        """The end as stages need it."""
        return Ending(self.status, self.time_us)


_END: Final = msgspec.json.Decoder(StoredEnding)


def stored_ending(ending: bytes | None) -> StoredEnding | None:
    """The end of a run from the row of the run."""
    return None if ending is None else _END.decode(ending)


class StageRow(NamedTuple):
    """A stage, and the positions of the events that first mentioned it, last changed it, and named the stage
    around it (``None``: none did)."""

    stage: Stage
    first: int
    changed: int
    parent_at: int | None


class StageRows:
    """The changes of stages that a batch of events makes; `write` stores them.

    ``number`` is the number of stages of the run, ``ending`` how it ended as JSON, ``None`` before that.
    """

    def __init__(self, db: Connection, run: int, number: int, ending: bytes | None) -> None:
        self.number = number
        self._db = db
        self._run = run
        self._end = stored_ending(ending)
        self._known: dict[str, StageRow | None] = {}
        self._changed: set[str] = set()

    @property
    def ending(self) -> bytes | None:
        """How the run ended, as JSON; ``None`` while it has not."""
        return None if self._end is None else msgspec.json.encode(self._end)

    def enter(self, logged: LoggedEvent) -> None:
        """Changes the stages that an event concerns."""
        data: Payload = logged.event.data
        time_us = logged.event.time_us
        position = logged.position
        stage_id = concerns_stage(data)
        if stage_id is not None:
            row = self._row(stage_id)
            known = None if row is None else row.stage
            context = StageContext(self.number + 1, position, time_us)
            stage = settled(changed_stage(known, data, context), self._end and self._end.ending)
            inside = stage.parent_id is not None and (known is None or known.parent_id is None)
            self._put(stage, position, inside=inside)
            if known is None:
                self.number += 1
            if inside and (around := self._row(stage.parent_id or "")) is not None:
                self._put(with_child(around.stage), position)
        elif isinstance(data, RunStarted):
            if not self.number:
                for plan in data.stages or ():
                    self.number += 1
                    self._put(planned_stage(plan.stage_id, plan.name, self.number), position)
        elif self._end is None and (status := run_end(data)) is not None:
            self._end = StoredEnding(status, time_us, position)
            self._settle(self._end)

    def write(self) -> None:
        """Stores the changed stages."""
        base = self._run << ROW_BITS
        changed = [row for stage_id in self._changed if (row := self._known[stage_id]) is not None]
        for start in range(0, len(changed), database.ROWS_AT_ONCE):
            values: list[Any] = []
            for stage, first, at, parent_at in changed[start : start + database.ROWS_AT_ONCE]:
                values += (base | stage.number, stage.stage_id, stage.parent_id)
                values += (stage.status in WORKING, msgspec.json.encode(stage), first, at, parent_at)
            database.insert(self._db, "stages", 8, values, "INSERT OR REPLACE")

    def _row(self, stage_id: str) -> StageRow | None:
        if stage_id not in self._known:
            self._known[stage_id] = row(self._db, self._run, stage_id)
        return self._known[stage_id]

    def _put(self, stage: Stage, position: int, *, inside: bool = False) -> None:
        known = self._known.get(stage.stage_id)
        first, parent_at = (position, None) if known is None else (known.first, known.parent_at)
        self._known[stage.stage_id] = StageRow(stage, first, position, position if inside else parent_at)
        self._changed.add(stage.stage_id)

    def _settle(self, end: StoredEnding) -> None:
        """Ends the stages that are still at work when the run ends."""
        for stored in self._working():
            self._known.setdefault(stored.stage.stage_id, stored)
        for known in list(self._known.values()):
            if known is not None and known.stage.status in WORKING:
                self._put(settled(known.stage, end.ending), end.position)

    def _working(self) -> list[StageRow]:
        first, last = key_range(self._run)
        rows = self._db.execute(
            f"SELECT {_ROW} FROM stages WHERE row_key BETWEEN ? AND ? AND working", (first, last)
        )
        return [_stage_row(found) for found in rows.fetchall()]


class AllStageRows(StageRows):
    """The stages of a run from its first event on, whatever is stored of them."""

    def write_places(self) -> None:
        """Adds to the stored stages where they changed, and to the run where it ended.

        What is not known, because of damage, is at 1.
        """
        first, last = key_range(self._run)
        if self._end is not None:
            self._db.execute("UPDATE runs SET ending = ? WHERE run = ?", (self.ending, self._run))
        self._db.executemany(
            "UPDATE stages SET first = ?, changed = ?, parent_at = ? "
            "WHERE stage_id = ? AND row_key BETWEEN ? AND ?",
            [
                (row.first, row.changed, row.parent_at, stage_id, first, last)
                for stage_id, row in self._known.items()
                if row is not None
            ],
        )
        self._db.execute(
            """UPDATE stages SET first = 1, changed = 1, parent_at = iif(parent_id IS NULL, NULL, 1)
               WHERE row_key BETWEEN ? AND ? AND first IS NULL""",
            (first, last),
        )

    def _row(self, stage_id: str) -> StageRow | None:
        return self._known.get(stage_id)

    def _working(self) -> list[StageRow]:
        return []


def row(db: Connection, run: int, stage_id: str) -> StageRow | None:
    """The row of a stage of a run by its id; ``None`` for an unknown one."""
    first, last = key_range(run)
    found = db.execute(
        f"SELECT {_ROW} FROM stages WHERE stage_id = ? AND row_key BETWEEN ? AND ?", (stage_id, first, last)
    ).fetchone()
    return None if found is None else _stage_row(found)


def _stage_row(found: Sequence[Any]) -> StageRow:
    body, *places = found
    return StageRow(msgspec.json.decode(body, type=Stage), *places)


def stage(db: Connection, run: int, stage_id: str) -> Stage | None:
    """A stage of a run by its id; ``None`` for an unknown one."""
    found = row(db, run, stage_id)
    return None if found is None else found.stage


class StageSubtree:
    """Which stages of a run are inside a stage, at any depth; each belongs to itself.

    A stage that no event has started yet is inside none. With ``upto`` as the first events up to that
    position say. `grow` is for one that is used again after more events.
    """

    def __init__(self, run: int, root: str, upto: int | None = None) -> None:
        self._range = key_range(run)
        self._upto = NUMBER_MASK if upto is None else upto
        self._inside: dict[str, bool] = {root: True}
        self._tops: set[str] = set()  # where the ways up from stages that are not inside end
        self._events = 0
        self._newest = self._range[0]

    def grow(self, db: Connection) -> bool:
        """Takes notice of new events: whether stages that were not inside can be inside now.

        A stage that is inside another remains there; only one that is in none comes to be in one.
        """
        first, last = self._range
        found = db.execute("SELECT events FROM runs WHERE run = ?", (first >> ROW_BITS,)).fetchone()
        if found is None or found[0] == self._events:
            return False
        higher: set[str] = set()
        if self._tops:
            rows = db.execute(
                """SELECT stage_id FROM stages WHERE row_key > ?1 AND row_key <= ?2 AND parent_at > ?3
                   UNION ALL SELECT stage_id FROM stages
                   WHERE row_key BETWEEN ?4 AND ?2 AND parent_at > first AND parent_at > ?3""",
                (self._newest, last, self._events, first),
            )
            higher = self._tops & {stage_id for (stage_id,) in rows}
        self._events = found[0]
        (newest,) = db.execute(
            "SELECT max(row_key) FROM stages WHERE row_key BETWEEN ? AND ?", self._range
        ).fetchone()
        self._newest = newest or first
        if higher:
            self._inside = {stage_id: inside for stage_id, inside in self._inside.items() if inside}
            self._tops.clear()
        return bool(higher)

    def among(self, db: Connection, words: Iterable[str | None]) -> set[str]:
        """Those of the ids that are inside the stage."""
        return {word for word in words if word is not None and self._is_inside(db, word)}

    def _is_inside(self, db: Connection, stage_id: str) -> bool:
        path: list[str] = []
        at: str | None = stage_id
        known = True
        while at is not None and at not in self._inside and at not in path:
            path.append(at)
            row = db.execute(
                """SELECT iif(parent_at <= ?1, parent_id, NULL) FROM stages
                   WHERE stage_id = ?2 AND row_key BETWEEN ?3 AND ?4 AND first <= ?1""",
                (self._upto, at, *self._range),
            ).fetchone()
            known = row is not None
            at = None if row is None else row[0]
        inside = at is not None and self._inside.get(at, False)
        if at is None:
            self._tops.add(path[-1])
        if known or inside:
            self._inside |= dict.fromkeys(path, inside)
        return inside


def inside(run: int, upto: int, root: str) -> str:
    """The SQL of the ids of a stage and of all stages inside it, as far as the events up to a position say.

    ``root`` is the name of the parameter that is the id of the stage.
    """
    first, last = key_range(run)
    return f"""WITH RECURSIVE inside (stage_id) AS (
            VALUES ({root}) UNION SELECT stages.stage_id FROM stages JOIN inside
            ON stages.parent_id = inside.stage_id AND row_key BETWEEN {first} AND {last}
            AND parent_at <= {upto}
        ) SELECT stage_id FROM inside"""


def window(db: Connection, run: int, parent_id: str | None, start: int, count: int) -> StageWindow:
    """Up to ``count`` stages directly inside ``parent_id``, or at the top, from index ``start`` on."""
    first, last = key_range(run)
    inside = "parent_id IS ? AND row_key BETWEEN ? AND ?"
    (total,) = db.execute(f"SELECT count(*) FROM stages WHERE {inside}", (parent_id, first, last)).fetchone()
    start = min(max(start, 0), total)
    (found,) = db.execute(
        f"""SELECT json_group_array(json(body)) FROM (
                SELECT body FROM stages WHERE {inside} ORDER BY row_key LIMIT ? OFFSET ?
            )""",
        (parent_id, first, last, max(count, 0), start),
    ).fetchone()
    return StageWindow(int(total), start, _BODIES.decode(found))


def count_at(db: Connection, run: int, parent_id: str | None, upto: int) -> int:
    """The number of stages directly inside ``parent_id``, or at the top, after the first ``upto`` events."""
    (total,) = db.execute(
        f"SELECT count(*) FROM stages WHERE {_inside_at(parent_id)}", _values_at(run, parent_id, upto)
    ).fetchone()
    return int(total)


def rows_at(
    db: Connection, run: int, parent_id: str | None, upto: int, start: int, count: int
) -> list[StageRow]:
    """Those of the same stages from index ``start`` on, in their last states."""
    rows = db.execute(
        f"""SELECT {_ROW} FROM stages WHERE {_inside_at(parent_id)}
            ORDER BY row_key LIMIT :count OFFSET :start""",
        {**_values_at(run, parent_id, upto), "count": count, "start": start},
    )
    return [_stage_row(found) for found in rows.fetchall()]


def rows_between(db: Connection, run: int, after: int, upto: int) -> list[StageRow]:
    """The stages that the first ``upto`` events mention and that are not as they were after the first
    ``after`` events, or are at work, in their last states."""
    rows = db.execute(
        f"""SELECT {_ROW} FROM stages WHERE row_key BETWEEN ? AND ? AND first <= ?
            AND (changed > ? OR working) ORDER BY row_key""",
        (*key_range(run), upto, after),
    )
    return [_stage_row(found) for found in rows.fetchall()]


def rows_numbered(db: Connection, run: int, stage_numbers: Sequence[int]) -> list[StageRow]:
    """The stages of these numbers, in the order of their numbers, in their last states."""
    rows = db.execute(
        f"""SELECT {_ROW} FROM stages
            WHERE row_key IN (SELECT ? + value FROM json_each(?)) ORDER BY row_key""",
        (key_range(run)[0], msgspec.json.encode(stage_numbers).decode()),
    )
    return [_stage_row(found) for found in rows.fetchall()]


def inside_later(db: Connection, run: int, stage_id: str, upto: int) -> set[str]:
    """The stages that are inside a stage only because of events after a position."""
    rows = db.execute(
        f"""SELECT stage_id FROM ({inside(run, NUMBER_MASK, ":root")})
            EXCEPT SELECT stage_id FROM ({inside(run, upto, ":root")})""",
        {"root": stage_id},
    ).fetchall()
    return {found for (found,) in rows}


def children_at(db: Connection, run: int, row: StageRow, upto: int) -> int:
    """The number of stages that were begun inside a stage after its first mention, up to a position."""
    first, last = key_range(run)
    (children,) = db.execute(
        """SELECT count(*) FROM stages WHERE parent_id = ? AND row_key BETWEEN ? AND ?
           AND parent_at > ? AND parent_at <= ?""",
        (row.stage.stage_id, first, last, row.first, upto),
    ).fetchone()
    return int(children)


def _inside_at(parent_id: str | None) -> str:
    """The SQL of the condition of `_values_at`."""
    if parent_id is not None:
        return "parent_id = :parent_id AND row_key BETWEEN :first AND :last AND parent_at <= :upto"
    return """row_key IN (
            SELECT row_key FROM stages WHERE parent_id IS NULL AND row_key BETWEEN :first AND :last
            UNION ALL SELECT row_key FROM stages
            WHERE parent_at > first AND parent_at > :upto AND row_key BETWEEN :first AND :last
        ) AND first <= :upto"""


def _values_at(run: int, parent_id: str | None, upto: int) -> dict[str, int | str | None]:
    first, last = key_range(run)
    return {"first": first, "last": last, "parent_id": parent_id, "upto": upto}


def stages(db: Connection, run: int, after: int) -> list[Stage]:
    """The next stages of a run after number ``after``, at most a few thousand."""
    first, last = key_range(run)
    (found,) = db.execute(
        f"""SELECT json_group_array(json(body)) FROM (
                SELECT body FROM stages WHERE row_key BETWEEN ? AND ? ORDER BY row_key LIMIT {_ROWS_AT_ONCE}
            )""",
        (first + after + 1, last),
    ).fetchone()
    return _BODIES.decode(found)

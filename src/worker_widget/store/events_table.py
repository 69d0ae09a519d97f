"""The rows of runs' events: written once, in order, and read back as events."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from itertools import islice
from sqlite3 import Connection
from typing import Any, Final, NamedTuple, TypeVar

from ..events import ArtifactCreated, ArtifactDelta, ArtifactStarted, Event, RoutingDecision, decode
from ..events.file_names import file_name
from ..state.log_line import LEVELS, LoggedEvent, log_line
from ..state.routing_and_ledger import PROBLEMS, ledger_row
from . import database
from .database import NUMBER, PLACE_BITS, stretch

_T = TypeVar("_T")

_DIGITS: Final = 19
_LEVELS: Final[dict[str, int]] = {word: number for number, word in enumerate(LEVELS)}
_EVENT: Final = "place, type, event_id, raw"
_ARTIFACT: Final = (ArtifactStarted, ArtifactDelta, ArtifactCreated)
_DELETED_AT_ONCE: Final = 4_096

DELETIONS: Final = (
    *(
        f"""DELETE FROM {table} WHERE place IN (
                SELECT place FROM {table} WHERE place BETWEEN :first AND :last LIMIT {_DELETED_AT_ONCE}
            )"""
        for table in ("events", "log", "routing", "ledger")
    ),
    f"""DELETE FROM keys WHERE (run, near, key) IN (
            SELECT run, near, key FROM keys WHERE run = :run LIMIT {_DELETED_AT_ONCE}
        )""",
)
"""What deletes some of a run's rows, until none is left. Parameters: run, and its first and last place."""


class Head(NamedTuple):
    """A run's number in the file, how many rows each of its logs has, and its last stream id."""

    run: int
    events: int
    lines: int
    routing: int
    ledger: int
    last_id: str | None


class Repeated(Exception):
    """A batch holds events that the log knows already."""


def read(
    db: Connection, run: int, after: int, limit: int, without: Collection[str] = ()
) -> list[LoggedEvent]:
    """Up to ``limit`` events of a run that follow position ``after``, except the types in ``without``."""
    base, last = stretch(run)
    condition = f" AND type NOT IN ({','.join('?' * len(without))})" if without else ""
    rows = db.execute(
        f"SELECT {_EVENT} FROM events WHERE place BETWEEN ? AND ?{condition} ORDER BY place LIMIT ?",
        (base + after + 1, last, *without, limit),
    ).fetchall()
    return [_logged(row) for row in rows]


def _near(event: Event, time_us: int | None) -> int:
    """Where to put an event's key, so that it lies beside those of the events around it."""
    name = event.id
    if name is None:
        return time_us or 0
    return int(name) if len(name) < _DIGITS and name.isascii() and name.isdigit() else 0


def _in_parts(batch: Iterable[_T]) -> Iterator[tuple[_T, ...]]:
    """As many at a time as one statement takes."""
    rest = iter(batch)
    while part := tuple(islice(rest, database.ROWS_AT_ONCE)):
        yield part


def new_ones(db: Connection, run: int, batch: dict[bytes, Event]) -> dict[bytes, Event]:
    """The events of a batch whose keys the log does not hold."""
    known: set[bytes] = set()
    for part in _in_parts(batch.items()):
        values: list[Any] = []
        for key, event in part:
            values += (key, run, _near(event, event.time_us))
        rows, parameters = database.table_of(3, values)
        found = db.execute(
            f"""SELECT column1 FROM {rows} WHERE EXISTS (
                    SELECT 1 FROM keys WHERE run = column2 AND near = column3 AND key = column1
                )""",
            parameters,
        )
        known.update(key for (key,) in found)
    return {key: event for key, event in batch.items() if key not in known}


def insert(db: Connection, head: Head, batch: dict[bytes, Event]) -> list[LoggedEvent]:
    """Write events, their keys and the rows they tell behind what a run's logs hold; them, as logged.

    Raises `Repeated` where the log holds one of them.
    """
    base = head.run << PLACE_BITS
    logged: list[LoggedEvent] = []
    position = head.events
    n, decisions, entries = head.lines, head.routing, head.ledger
    last_id = head.last_id
    for part in _in_parts(batch.items()):
        keys: list[Any] = []
        events: list[Any] = []
        lines: list[Any] = []
        routing: list[Any] = []
        ledger: list[Any] = []
        for key, event in part:
            position += 1
            told = LoggedEvent(position, event)
            logged.append(told)
            place = base | position
            data = event.data
            time_us = event.time_us
            artifact = None
            if isinstance(data, _ARTIFACT):
                artifact = file_name(data.artifact_name, data.artifact_type)
            keys += (head.run, _near(event, time_us), key)
            events += (place, event.type, time_us, artifact, event.id, event.raw)
            line = log_line(event)
            if line is not None:
                n += 1
                lines += (base | n, place, _LEVELS[line.level], line.stage_id, line.agent)
                lines += (line.message, line.styled)
            entry = ledger_row(told, entries + 1)
            if entry is not None:
                entries += 1
                ledger += (base | entries, place, entry.kind, entry.outcome in PROBLEMS, entry.stage_id)
            elif type(data) is RoutingDecision:
                decisions += 1
                routing += (base | decisions, place, data.stage_id)
            if event.id is not None:
                last_id = event.id
        if database.insert(db, "keys", 3, keys, "INSERT OR IGNORE") < len(part):
            raise Repeated
        database.insert(db, "events", 6, events)
        database.insert(db, "log", 7, lines)
        database.insert(db, "routing", 3, routing)
        database.insert(db, "ledger", 5, ledger)
    db.execute(
        """UPDATE runs SET events = ?, lines = ?, routing = ?, ledger = ?, last_id = ?, updated_us = ?
           WHERE run = ?""",
        (position, n, decisions, entries, last_id, now_us(), head.run),
    )
    return logged


def artifact_events(db: Connection, run: int, file: str, after: int) -> Iterator[LoggedEvent]:
    """The events of an artifact that follow a position."""
    base, last = stretch(run)
    return _each(db, "artifact = ? AND place BETWEEN ? AND ?", "", (file, base + after + 1, last))


def artifact_events_back(db: Connection, run: int, file: str, before: int) -> Iterator[LoggedEvent]:
    """The events of an artifact that stand before a position, from the last backwards."""
    base, _ = stretch(run)
    return _each(db, "artifact = ? AND place > ? AND place < ?", "DESC", (file, base, base + before))


def _each(db: Connection, condition: str, order: str, values: tuple[Any, ...]) -> Iterator[LoggedEvent]:
    """One event at a time; a reader who stops early leaves nothing open."""
    query = f"SELECT {_EVENT} FROM events WHERE {condition} ORDER BY place {order}"
    with closing(db.execute(query, values)) as rows:
        yield from map(_logged, rows)


def _logged(row: tuple[int, str, str | None, bytes]) -> LoggedEvent:
    place, kind, event_id, raw = row
    return LoggedEvent(place & NUMBER, decode(raw, kind, event_id))


def now_us() -> int:
    """The time, in µs since the epoch."""
    return time.time_ns() // 1_000

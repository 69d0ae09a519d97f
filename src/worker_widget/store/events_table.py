"""The table of events, and the rows of the other tables that are derived from events."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from itertools import islice
from sqlite3 import Connection
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from ..events import (
    ArtifactCreated,
    ArtifactDelta,
    ArtifactSources,
    ArtifactStarted,
    Event,
    RoutingDecision,
    decode,
)
from ..events.file_names import file_name
from ..state.incident import Incident, IncidentBook
from ..state.incidents import enter
from ..state.log_line import LEVELS, LoggedEvent, log_line
from . import database
from .database import NUMBER_MASK, ROW_BITS, key_range

_T = TypeVar("_T")

_DIGITS: Final = 19
_LEVELS: Final[dict[str, int]] = {word: number for number, word in enumerate(LEVELS)}
_EVENT: Final = "row_key, type, event_id, raw"
_ARTIFACT: Final = (ArtifactStarted, ArtifactDelta, ArtifactCreated, ArtifactSources)
_DELETED_AT_ONCE: Final = 4_096

DELETIONS: Final = (
    *(
        f"""DELETE FROM {table} WHERE row_key IN (
                SELECT row_key FROM {table} WHERE row_key BETWEEN :first AND :last LIMIT {_DELETED_AT_ONCE}
            )"""
        for table in ("events", "log", "routing", "ledger", "incidents")
    ),
    f"""DELETE FROM keys WHERE (run, near, key) IN (
            SELECT run, near, key FROM keys WHERE run = :run LIMIT {_DELETED_AT_ONCE}
        )""",
)
"""Each statement deletes some rows of a run; repeat it until none is left.

Parameters: run, and its first and last row key.
"""


class Head(NamedTuple):
    """The key of a run in the database, the numbers of its rows by table, its last stream id, and its book of
    incidents as JSON."""

    run: int
    events: int
    lines: int
    routing: int
    ledger: int
    last_id: str | None
    book: bytes | None


class RepeatedEvents(Exception):
    """A batch contains events that are in the log already."""


def read(
    db: Connection, run: int, after: int, limit: int, without: Collection[str] = ()
) -> list[LoggedEvent]:
    """Reads up to ``limit`` events after position ``after``, except the types in ``without``."""
    base, last = key_range(run)
    condition = f" AND type NOT IN ({','.join('?' * len(without))})" if without else ""
    rows = db.execute(
        f"SELECT {_EVENT} FROM events WHERE row_key BETWEEN ? AND ?{condition} ORDER BY row_key LIMIT ?",
        (base + after + 1, last, *without, limit),
    ).fetchall()
    return [_logged(row) for row in rows]


def _near(event: Event, time_us: int | None) -> int:
    """A number that is similar for neighbouring events: the stream's number, or else the time."""
    name = event.id
    if name is None:
        return time_us or 0
    return int(name) if len(name) < _DIGITS and name.isascii() and name.isdigit() else 0


def _parts(batch: Iterable[_T]) -> Iterator[tuple[_T, ...]]:
    """Divides a batch into parts of at most `ROWS_AT_ONCE`."""
    rest = iter(batch)
    while part := tuple(islice(rest, database.ROWS_AT_ONCE)):
        yield part


def without_repeated(db: Connection, run: int, batch: dict[bytes, Event]) -> dict[bytes, Event]:
    """The events of a batch, by their keys, that are not in the run's log."""
    known: set[bytes] = set()
    for part in _parts(batch.items()):
        values: list[Any] = []
        for key, event in part:
            values += (key, run, _near(event, event.time_us))
        rows, parameters = database.values_table(3, values)
        found = db.execute(
            f"""SELECT column1 FROM {rows} WHERE EXISTS (
                    SELECT 1 FROM keys WHERE run = column2 AND near = column3 AND key = column1
                )""",
            parameters,
        )
        known.update(key for (key,) in found)
    return {key: event for key, event in batch.items() if key not in known}


def insert(db: Connection, head: Head, batch: dict[bytes, Event]) -> list[LoggedEvent]:
    """Appends events to a run's log, with their keys and derived rows, and returns them with positions.

    Raises `RepeatedEvents` if one of them is in the log already.
    """
    base = head.run << ROW_BITS
    logged: list[LoggedEvent] = []
    position = head.events
    line_number, routing_number, ledger_number = head.lines, head.routing, head.ledger
    last_id = head.last_id
    book = IncidentBook() if head.book is None else msgspec.json.decode(head.book, type=IncidentBook)
    changed: dict[int, Incident] = {}
    for part in _parts(batch.items()):
        keys: list[Any] = []
        events: list[Any] = []
        lines: list[Any] = []
        routing: list[Any] = []
        ledger: list[Any] = []
        for key, event in part:
            position += 1
            logged_event = LoggedEvent(position, event)
            logged.append(logged_event)
            event_key = base | position
            data = event.data
            time_us = event.time_us
            artifact = None
            if isinstance(data, _ARTIFACT):
                artifact = file_name(data.artifact_name, data.artifact_type)
            keys += (head.run, _near(event, time_us), key)
            events += (event_key, event.type, time_us, artifact, event.id, event.raw)
            line = log_line(event)
            if line is not None:
                line_number += 1
                lines += (base | line_number, event_key, _LEVELS[line.level], line.stage_id, line.agent)
                lines += (line.message, line.styled)
            book, incident, changes = enter(book, logged_event)
            changed |= {change.after.number: change.after for change in changes}
            if incident is not None:
                ledger_number += 1
                ledger += (base | ledger_number, event_key, incident, getattr(data, "stage_id", None))
            elif type(data) is RoutingDecision:
                routing_number += 1
                routing += (base | routing_number, event_key, data.stage_id)
            if event.id is not None:
                last_id = event.id
        if database.insert(db, "keys", 3, keys, "INSERT OR IGNORE") < len(part):
            raise RepeatedEvents
        database.insert(db, "events", 6, events)
        database.insert(db, "log", 7, lines)
        database.insert(db, "routing", 3, routing)
        database.insert(db, "ledger", 4, ledger)
    for incidents in _parts(changed.values()):
        rows: list[Any] = []
        for item in incidents:
            rows += (base | item.number, item.unfixed, item.stage_id, msgspec.json.encode(item))
        database.insert(db, "incidents", 4, rows, "INSERT OR REPLACE")
    db.execute(
        """UPDATE runs SET events = ?, lines = ?, routing = ?, ledger = ?, last_id = ?, updated_us = ?,
           book = ? WHERE run = ?""",
        (
            *(position, line_number, routing_number, ledger_number, last_id, now_us()),
            msgspec.json.encode(book),
            head.run,
        ),
    )
    return logged


def artifact_events(
    db: Connection, run: int, file: str, after: int, *, sources: bool = False
) -> Iterator[LoggedEvent]:
    """The events of an artifact's text after a position, in order; with ``sources`` also those of its
    sentences."""
    base, last = key_range(run)
    values = (file, base + after + 1, last)
    return _iterate(db, f"artifact = ? AND row_key BETWEEN ? AND ?{_but(sources)}", "", values)


def artifact_events_back(
    db: Connection, run: int, file: str, before: int, *, sources: bool = False
) -> Iterator[LoggedEvent]:
    """The same events before a position, the last first."""
    base, _ = key_range(run)
    values = (file, base, base + before)
    return _iterate(db, f"artifact = ? AND row_key > ? AND row_key < ?{_but(sources)}", "DESC", values)


def _but(sources: bool) -> str:
    return "" if sources else " AND type <> 'artifact_sources'"


def _iterate(db: Connection, condition: str, order: str, values: tuple[Any, ...]) -> Iterator[LoggedEvent]:
    """Reads one event at a time; the query is closed when the iterator is."""
    query = f"SELECT {_EVENT} FROM events WHERE {condition} ORDER BY row_key {order}"
    with closing(db.execute(query, values)) as rows:
        yield from map(_logged, rows)


def _logged(row: tuple[int, str, str | None, bytes]) -> LoggedEvent:
    row_key, kind, event_id, raw = row
    return LoggedEvent(row_key & NUMBER_MASK, decode(raw, kind, event_id))


def now_us() -> int:
    """The current time in µs since the epoch."""
    return time.time_ns() // 1_000

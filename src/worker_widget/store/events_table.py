"""The events of a run: appending them with what is derived from them, and reading them from the blocks."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from sqlite3 import Connection
from typing import Final, Literal, NamedTuple

import msgspec

from ..events import Event, Log, decode
from ..state.incident import Incident, IncidentBook
from ..state.incidents import enter
from ..state.log_line import LoggedEvent, log_line, with_derived_line
from . import blocks_table, database
from .blocks.block import Derived, block_of, key, numeric_id, numeric_ids, raw_parts
from .blocks.columns import NO_INTEGER, Column, ColumnKind, Table, ends, numbers, texts, words
from .blocks_table import BlockReader, BlockSpan
from .database import NUMBER_MASK, ROW_BITS
from .stages_table import StageRows

_DELETED_AT_ONCE: Final = 4_096
_BLOCKS_DELETED_AT_ONCE: Final = 16

DELETIONS: Final = tuple(
    f"""DELETE FROM {table} WHERE row_key IN (
            SELECT row_key FROM {table} WHERE row_key BETWEEN :first AND :last LIMIT {at_once}
        )"""
    for table, at_once in (
        ("blocks", _BLOCKS_DELETED_AT_ONCE),
        ("keyframes", _BLOCKS_DELETED_AT_ONCE),
        ("incidents", _DELETED_AT_ONCE),
        ("stages", _DELETED_AT_ONCE),
    )
)
"""Each statement deletes some rows of a run; repeat it until none is left.

Parameters: its first and last row key.
"""

_RUN_KEYS: Final = f"row_key BETWEEN run << {ROW_BITS} AND (run << {ROW_BITS}) | {NUMBER_MASK}"
_BLOCK_BYTES: Final = " + ".join(f"length({part})" for part in blocks_table.PARTS)
_ROW_BYTES: Final = 200
BYTES_OF_RUN: Final = f"{_ROW_BYTES} + ifnull(length(state), 0) + ifnull(length(book), 0) + " + " + ".join(
    f"ifnull((SELECT sum({size}) FROM {table} WHERE {_RUN_KEYS}), 0)"
    for table, size in (
        *(("blocks", _BLOCK_BYTES), ("keyframes", "length(state)")),
        *(("incidents", "length(body)"), ("stages", "length(body)")),
    )
)
"""The SQL of the bytes that the contents of a row of runs have; the file needs a little more for them."""


class Head(NamedTuple):
    """The key of a run in the database, the numbers of its rows, its last stream id, its book of incidents
    and its end, both as JSON, and its latest time and largest number in the stream."""

    run: int
    events: int
    lines: int
    routing: int
    ledger: int
    last_id: str | None
    book: bytes | None
    stages: int
    ending: bytes | None
    newest_us: int | None
    newest_id: int | None


def insert(db: Connection, head: Head, events: Sequence[Event], received_us: int | None) -> list[LoggedEvent]:
    """Appends new events to a run's log with what is derived from them, and returns them with positions.

    ``received_us`` is when they arrived.
    """
    logged: list[LoggedEvent] = []
    before = blocks_table.Before(head.events, head.lines, head.routing, head.ledger)
    book = IncidentBook() if head.book is None else msgspec.json.decode(head.book, type=IncidentBook)
    changed: dict[int, Incident] = {}
    stages = StageRows(db, head.run, head.stages, head.ending)
    newest_us, newest_id = head.newest_us, head.newest_id
    for part in _parts(events):
        derived = Derived({}, {})
        first = before.events + 1
        items = list(map(LoggedEvent, range(first, first + len(part)), part))
        logged += items
        for index in with_derived_line(part):
            item = items[index]
            derived.lines[index] = log_line(item.event, book)
            if type(item.event.data) is Log:
                continue
            book, incident, changes = enter(book, item)
            if incident is not None:
                derived.incidents[index] = incident
            for change in changes:
                changed[change.after.number] = change.after
            stages.enter(item)
        block = block_of(part, first, derived, received_us)
        blocks_table.append(db, head.run, before, block)
        before = before.after(block)
        newest_us = _latest(newest_us, block.max_us)
        newest_id = _latest(newest_id, block.max_id)
    _write_incidents(db, head.run, list(changed.values()))
    stages.write()
    if stages.ending is not None and head.ending is None:
        blocks_table.seal(db, head.run)
    last_id = next((event.id for event in reversed(events) if event.id is not None), head.last_id)
    db.execute(
        """UPDATE runs SET events = ?, lines = ?, routing = ?, ledger = ?, last_id = ?, updated_us = ?,
           book = ?, stages = ?, ending = ?, newest_us = ?, newest_id = ? WHERE run = ?""",
        (
            *before,
            *(last_id, now_us(), msgspec.json.encode(book), stages.number, stages.ending),
            *(newest_us, newest_id, head.run),
        ),
    )
    return logged


def _parts(events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    """Divides events into parts that each become a block."""
    if len(events) <= blocks_table.SEALED_EVENTS and (
        sum([len(event.raw) for event in events]) <= blocks_table.SEALED_BYTES
    ):
        yield events
        return
    start, size = 0, 0
    for index, event in enumerate(events):
        if index > start and (
            index - start == blocks_table.SEALED_EVENTS or size + len(event.raw) > blocks_table.SEALED_BYTES
        ):
            yield events[start:index]
            start, size = index, 0
        size += len(event.raw)
    if start < len(events):
        yield events[start:]


def _latest(known: int | None, value: int | None) -> int | None:
    return value if known is None or (value is not None and value > known) else known


def _write_incidents(db: Connection, run: int, incidents: list[Incident]) -> None:
    for start in range(0, len(incidents), database.ROWS_AT_ONCE):
        rows: list[object] = []
        for item in incidents[start : start + database.ROWS_AT_ONCE]:
            key_of_row = (run << ROW_BITS) | item.number
            rows += (key_of_row, item.unrecovered, item.stage_id, msgspec.json.encode(item))
        database.insert(db, "incidents", 4, rows, "INSERT OR REPLACE")


# --- repeated events -------------------------------------------------------------------------------


def distinct(events: Sequence[Event]) -> Sequence[Event]:
    """The events without those that repeat one before: with the same id, or else the same bytes and copy."""
    ids = {event.id for event in events}
    if len(ids) == len(events) and None not in ids:
        return events
    batch: dict[str | tuple[bytes, int], Event] = {}
    for event in events:
        batch.setdefault((event.raw, event.copy) if event.id is None else event.id, event)
    return list(batch.values())


def without_repeated(
    db: Connection, reader: BlockReader, head: Head, events: Sequence[Event]
) -> Sequence[Event]:
    """The events that are not in the run's log. An event is known by its id, or else by its bytes.

    Only the blocks are read whose ids or times an event is among.
    """
    suspects = _suspects(head, events) if head.events else []
    if not suspects:
        return events
    known: Counter[str | bytes] = Counter()
    for span in _where_known(db, head.run, suspects):
        with blocks_table.skipping_damage():
            known.update(_known(db, reader, span, suspects))
    return [event for event in events if known[_identity(event)] <= event.copy]


def _identity(event: Event) -> str | bytes:
    return event.raw if event.id is None else event.id


def _suspects(head: Head, events: Sequence[Event]) -> list[Event]:
    """The events that are not known to be newer than those in the log."""
    numbers = numeric_ids([event.id for event in events])
    found = [number for number in numbers if number is not None]
    if found and len(found) == len(events) and (head.newest_id is None or min(found) > head.newest_id):
        return []
    return [event for event in events if not _is_newer(head, event)]


def _is_newer(head: Head, event: Event) -> bool:
    if event.id is None:
        if event.time_us is None:
            return False
        return head.newest_us is None or event.time_us > head.newest_us
    number = numeric_id(event.id)
    return number is not None and (head.newest_id is None or number > head.newest_id)


def _where_known(db: Connection, run: int, suspects: Sequence[Event]) -> list[BlockSpan]:
    """The blocks that can hold the suspects."""
    ids = [number for event in suspects if (number := numeric_id(event.id)) is not None]
    times = [event.time_us for event in suspects if event.id is None and event.time_us is not None]
    conditions: list[str] = []
    values: list[int] = []
    for name, found in (("id", ids), ("us", times)):
        if found:
            conditions.append(f"(min_{name} <= ? AND max_{name} >= ?)")
            values += (max(found), min(found))
    if len(ids) + len(times) < len(suspects):
        conditions.append("odd > 0")
    return blocks_table.spans(db, run, f"({' OR '.join(conditions)})", values)


def _known(
    db: Connection, reader: BlockReader, span: BlockSpan, suspects: Sequence[Event]
) -> list[str | bytes]:
    """The ids, or else the bytes, of the suspects that a block holds, as often as it holds them."""
    table = reader.columns(db, span)["events"]
    found: list[str | bytes] = []
    ids = set(numbers(ColumnKind.INTEGER, table["id"]))
    wanted: dict[int, set[str | bytes]] = {}
    for event in suspects:
        number = numeric_id(event.id)
        if number is None:
            wanted.setdefault(key(event), set()).add(_identity(event))
        elif number in ids:
            found.append(_identity(event))
    keys = numbers(ColumnKind.POSITION, table["key"])
    common = wanted.keys() & set(keys)
    if common:
        stored = _StoredEvents(db, reader, span)
        for index in [index for index, number in enumerate(keys) if number in common]:
            name = stored.id(index)
            identity = stored.raw(index) if name is None else name
            if identity in wanted[keys[index]]:
                found.append(identity)
    return found


# --- reading ---------------------------------------------------------------------------------------


class _StoredEvents:
    """The events of a block, decoded one at a time."""

    def __init__(self, db: Connection, reader: BlockReader, span: BlockSpan) -> None:
        self._db, self._reader, self._span = db, reader, span
        self._position = span.position
        tables = reader.columns(db, span)
        self.table: Table = tables["events"]
        self._types = words(self.table["type"])
        self._ids = numbers(ColumnKind.INTEGER, self.table["id"])
        self._odd: dict[int, str | None] = {}
        if "odd_ids" in tables:
            odd = tables["odd_ids"]
            self._odd = dict(
                zip(numbers(ColumnKind.POSITION, odd["position"]), texts(odd["id"]), strict=True)
            )
        self._ends = ends(self.table["length"])
        self._raw: bytes | None = None

    def id(self, index: int) -> str | None:
        number = self._ids[index]
        if number != NO_INTEGER:
            return str(number)
        return self._odd.get(self._position + index) if self._odd else None

    def raw(self, index: int) -> bytes:
        if self._raw is None:
            self._raw = self._reader.raw(self._db, self._span)
        return self._raw[self._ends[index - 1] if index else 0 : self._ends[index]]

    def raw_events(self, first: int) -> list[EventBytes]:
        raws = raw_parts(self._reader.raw(self._db, self._span), self._ends, first, len(self._ends))
        position, types = self._position, self._types
        return [
            EventBytes(position + index, self.id(index), raw, types[index] or "unknown")
            for index, raw in enumerate(raws, first)
        ]

    def event(self, index: int) -> LoggedEvent:
        event = decode(self.raw(index), self._types[index] or "", self.id(index))
        return LoggedEvent(self._position + index, event)


def read(
    db: Connection,
    reader: BlockReader,
    run: int,
    after: int,
    limit: int,
    without: Collection[str] = (),
    only: Collection[str] = (),
) -> list[LoggedEvent]:
    """Reads up to ``limit`` events after position ``after``, except the types in ``without``.

    With ``only`` those of these types alone.
    """
    found: list[LoggedEvent] = []
    for span in blocks_table.event_spans(db, run, after + 1, NUMBER_MASK):
        with blocks_table.skipping_damage():
            for logged in _read_block(db, reader, span, after, without, only):
                found.append(logged)
                if len(found) == limit:
                    return found
    return found


def read_to(db: Connection, reader: BlockReader, run: int, after: int, last: int) -> list[LoggedEvent]:
    """Reads the events after position ``after`` up to position ``last``."""
    found: list[LoggedEvent] = []
    for span in blocks_table.event_spans(db, run, after + 1, last):
        with blocks_table.skipping_damage():
            found += _block_part(db, reader, span, after, last)
    return found


def _block_part(
    db: Connection, reader: BlockReader, span: BlockSpan, after: int, last: int
) -> list[LoggedEvent]:
    first, end = max(after + 1 - span.position, 0), min(last + 1 - span.position, span.events)
    if first >= end:
        return []
    stored = _StoredEvents(db, reader, span)
    return [stored.event(index) for index in range(first, end)]


def _read_block(
    db: Connection,
    reader: BlockReader,
    span: BlockSpan,
    after: int,
    without: Collection[str],
    only: Collection[str],
) -> Iterator[LoggedEvent]:
    first = max(after + 1 - span.position, 0)
    types = reader.columns(db, span)["events"]["type"]
    wanted = [
        code
        for code, word in enumerate(types.words or (), 1)
        if word not in without and (not only or word in only)
    ]
    if not wanted or first >= span.events:
        return
    indexes: Iterable[int] = range(first, span.events)
    if len(wanted) < len(types.words or ()):
        indexes = _indexes(types, wanted, first)
    stored = _StoredEvents(db, reader, span)
    for index in indexes:
        yield stored.event(index)


class EventBytes(NamedTuple):
    """An event as it arrived: its position, its id in the stream, its bytes, and its type."""

    position: int
    id: str | None
    raw: bytes
    type: str


def raw_events(
    db: Connection, reader: BlockReader, run: int, first: int
) -> tuple[int, list[EventBytes]] | None:
    """The events from position ``first`` on that are in the same block, and the position after them.

    ``None`` if there are none.
    """
    for span in blocks_table.event_spans(db, run, first, first):
        if span.position <= first < span.end:
            with blocks_table.skipping_damage():
                return span.end, _StoredEvents(db, reader, span).raw_events(first - span.position)
            return span.end, []
    return None


def events_of_types(
    db: Connection, reader: BlockReader, span: BlockSpan, types: Collection[str]
) -> list[LoggedEvent]:
    """The events of a block that have one of these types."""
    column = reader.columns(db, span)["events"]["type"]
    wanted = [code for code, word in enumerate(column.words or (), 1) if word in types]
    if not wanted:
        return []
    stored = _StoredEvents(db, reader, span)
    return [stored.event(index) for index in _indexes(column, wanted)]


def events_of_stages(
    db: Connection,
    reader: BlockReader,
    span: BlockSpan,
    positions: tuple[int, int],
    stages: Collection[str],
    types: Collection[str],
    of_run: Collection[str],
) -> list[LoggedEvent]:
    """The events of a block between two positions (inclusive) that have one of the types and stages, and
    those of the types ``of_run``."""
    first, last = positions
    table = reader.columns(db, span)["events"]
    kinds = [word in types for word in table["type"].words or ()]
    ends = [word in of_run for word in table["type"].words or ()]
    wanted = [False, *(word in stages for word in table["stage_id"].words or ())]
    if not any(ends) and not (any(kinds) and any(wanted)):
        return []
    type_codes = numbers(ColumnKind.WORD, table["type"])
    stage_codes = numbers(ColumnKind.WORD, table["stage_id"])
    start, end = max(first - span.position, 0), min(last + 1 - span.position, span.events)
    indexes = [
        index
        for index in range(start, end)
        if ends[type_codes[index] - 1] or (kinds[type_codes[index] - 1] and wanted[stage_codes[index]])
    ]
    stored = _StoredEvents(db, reader, span) if indexes else None
    return [] if stored is None else [stored.event(index) for index in indexes]


def block_events_at(
    db: Connection, reader: BlockReader, span: BlockSpan, positions: Iterable[int]
) -> list[LoggedEvent]:
    """The events at positions that are in a block."""
    stored = _StoredEvents(db, reader, span)
    return [stored.event(position - span.position) for position in positions]


def _indexes(values: Column, wanted: Collection[int], first: int = 0) -> list[int]:
    """The indexes from ``first`` on of the words whose codes are wanted."""
    known = set(wanted)
    codes = numbers(ColumnKind.WORD, values)
    return [index for index in range(first, len(codes)) if codes[index] in known]


def artifact_events(
    db: Connection,
    reader: BlockReader,
    run: int,
    file: str,
    after: int,
    last: int,
    *,
    sources: bool = False,
) -> Iterator[LoggedEvent]:
    """The events of an artifact's text after one position and up to another, in order; with ``sources`` also
    those of its sentences."""
    for span in blocks_table.event_spans(db, run, after + 1, last):
        yield from _artifact_events(db, reader, span, file, sources, lambda at: after < at <= last)


def artifact_events_back(
    db: Connection,
    reader: BlockReader,
    run: int,
    file: str,
    before: int,
    *,
    first: int = 0,
    sources: bool = False,
) -> Iterator[LoggedEvent]:
    """The same events from position ``first`` on and before another, the last first."""
    for span in reversed(blocks_table.event_spans(db, run, max(first, 1), before - 1)):
        yield from _artifact_events(db, reader, span, file, sources, lambda at: first <= at < before, step=-1)


def _artifact_events(
    db: Connection,
    reader: BlockReader,
    span: BlockSpan,
    file: str,
    sources: bool,
    belongs: Callable[[int], bool],
    step: int = 1,
) -> Iterator[LoggedEvent]:
    table = reader.columns(db, span)["events"]
    files = table["artifact"]
    if file not in (files.words or ()):
        return
    code = (files.words or []).index(file) + 1
    stored: _StoredEvents | None = None
    for index in _indexes(files, (code,))[::step]:
        if belongs(span.position + index):
            stored = stored or _StoredEvents(db, reader, span)
            logged = stored.event(index)
            if sources or logged.event.type != "artifact_sources":
                yield logged


def event_at(db: Connection, reader: BlockReader, run: int, position: int) -> LoggedEvent | None:
    """The event at a position; ``None`` if there is none."""
    for span in blocks_table.event_spans(db, run, position, position):
        if span.position <= position < span.end:
            return _StoredEvents(db, reader, span).event(position - span.position)
    return None


def events_at(
    db: Connection, reader: BlockReader, run: int, positions: Sequence[int]
) -> Iterator[LoggedEvent]:
    """The events at ascending positions."""
    rest = list(positions)
    if not rest:
        return
    for span in blocks_table.event_spans(db, run, rest[0], rest[-1]):
        inside = [position for position in rest if span.position <= position < span.end]
        if inside:
            stored = _StoredEvents(db, reader, span)
            for position in inside:
                yield stored.event(position - span.position)


def next_of_type(
    db: Connection, reader: BlockReader, run: int, position: int, direction: Literal[1, -1]
) -> int | None:
    """The position of the nearest event after (1) or before (-1) a position that has the type of the event
    there; ``None`` if there is none, or the event there is damaged.
    """
    span = next((item for item in blocks_table.event_spans(db, run, position, position)), None)
    if span is None or not span.position <= position < span.end:
        return None
    type = ""
    with blocks_table.skipping_damage():
        type = words(reader.columns(db, span)["events"]["type"])[position - span.position] or ""
    limits = (position + 1, NUMBER_MASK) if direction == 1 else (1, position - 1)
    for span in blocks_table.event_spans(db, run, *limits)[::direction] if type else ():
        with blocks_table.skipping_damage():
            types = reader.columns(db, span)["events"]["type"]
            if type not in (types.words or ()):
                continue
            found = [
                at
                for index in _indexes(types, ((types.words or []).index(type) + 1,))
                if ((at := span.position + index) - position) * direction > 0
            ]
            if found:
                return found[0 if direction == 1 else -1]
    return None


def now_us() -> int:
    """The current time in µs since the epoch."""
    return time.time_ns() // 1_000

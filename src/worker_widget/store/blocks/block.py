"""`Block`: consecutive events of a run in columns, made of events or of smaller blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple
from zlib import crc32

import msgspec

from ...events import (
    ArtifactCreated,
    ArtifactDelta,
    ArtifactSources,
    ArtifactStarted,
    Event,
    Log,
    Payload,
    RoutingDecision,
)
from ...events.file_names import file_name
from ...state.incidents import PASSED_CHECKS
from ...state.log_line import LEVELS, LogLine, level
from . import rows
from .columns import (
    NO_INTEGER,
    ColumnKind,
    Schema,
    Table,
    column,
    encoded,
    joined,
    numeric,
    repeated,
    table,
)

Tables = dict[str, Table]
"""The tables of a part of a block, by name. A table without rows may be missing."""

EVENTS: Final[Schema] = {
    "type": ColumnKind.WORD,
    "time": ColumnKind.INTEGER,
    "received": ColumnKind.INTEGER,
    "stage_id": ColumnKind.WORD,
    "artifact": ColumnKind.WORD,
    "id": ColumnKind.INTEGER,
    "key": ColumnKind.POSITION,
    "length": ColumnKind.POSITION,
}
"""One row for each event: times in µs, the file name of an event of an artifact, the stream's id if it is a
whole number, else `key`, and the number of raw bytes."""
ODD_IDS: Final[Schema] = {"position": ColumnKind.POSITION, "id": ColumnKind.TEXT}
"""The ids of a stream that are no whole numbers."""
LINES: Final[Schema] = {
    "position": ColumnKind.POSITION,
    "level": ColumnKind.LEVEL,
    "stage_id": ColumnKind.WORD,
    "agent": ColumnKind.WORD,
    "length": ColumnKind.POSITION,
}
"""One row for each log line; the length is that of its message in UTF-8."""
STYLED: Final[Schema] = {"position": ColumnKind.POSITION, "text": ColumnKind.TEXT}
"""The original message of each line that has control sequences."""
LEDGER: Final[Schema] = {"position": ColumnKind.POSITION, "incident": ColumnKind.INTEGER}


class _LevelCodes(dict[str, int]):
    """The indexes of the levels in `LEVELS`, by a worker's words for them."""

    def __missing__(self, word: str) -> int:
        return self[level(word)]


_LEVEL_CODES: Final = _LevelCodes((word, number) for number, word in enumerate(LEVELS))
_ARTIFACT: Final = (ArtifactStarted, ArtifactDelta, ArtifactCreated, ArtifactSources)
_DIGITS: Final = 18


class Block(NamedTuple):
    """Consecutive events of a run.

    ``events``, ``lines``, ``routing`` and ``ledger`` are the numbers of rows, ``passed`` those of checks that
    passed. ``min_us`` to ``max_us`` are
    the times of the events that have a time and no id, ``min_id`` to ``max_id`` the ids that are numbers,
    ``odd`` the number of events with neither: where an event can be that was received before. ``columns``
    has the tables events and odd_ids, ``line_columns`` lines and styled, ``row_tables`` those of
    `rows.TABLES` and the ledger. ``messages`` has the log's messages, each followed by a line feed, and
    ``raw`` the bytes of all events.
    """

    events: int
    lines: int
    routing: int
    ledger: int
    passed: int
    min_us: int | None
    max_us: int | None
    min_id: int | None
    max_id: int | None
    odd: int
    columns: Tables
    line_columns: Tables
    row_tables: Tables
    messages: bytes
    raw: bytes


class Derived(NamedTuple):
    """What is derived from consecutive events, by their index: the log line, or ``None`` for one without, of
    each of `worker_widget.state.log_line.with_derived_line`, and the incident of each event with a row in the
    ledger."""

    lines: dict[int, LogLine | None]
    incidents: dict[int, int]


def block_of(events: Sequence[Event], position: int, derived: Derived, received_us: int | None) -> Block:
    """The block of consecutive events, the first at ``position``, which arrived at ``received_us``."""
    payloads = [event.data for event in events]
    others = [(index, data) for index, data in enumerate(payloads) if type(data) is not Log]
    times = [event.time_us for event in events]
    raws = [event.raw for event in events]
    ids = numeric_ids([event.id for event in events])
    known_ids = [number for number in ids if number is not None]
    known_times: list[int] = []
    odd_ids: list[tuple[int, str]] = []
    keys = repeated(ColumnKind.POSITION, 0, len(events))
    if len(known_ids) < len(events):
        pairs = list(zip(events, ids, strict=True))
        unnumbered = [event.time_us for event in events if event.id is None]
        known_times = [time_us for time_us in unnumbered if time_us is not None]
        odd_ids = [
            (position + index, event.id)
            for index, (event, number) in enumerate(pairs)
            if number is None and event.id is not None
        ]
        keys = numeric(ColumnKind.POSITION, [key(event) if number is None else 0 for event, number in pairs])
    received = NO_INTEGER if received_us is None else received_us
    columns: Tables = {
        "events": {
            "type": column(ColumnKind.WORD, [event.type for event in events]),
            "time": column(ColumnKind.INTEGER, times),
            "received": repeated(ColumnKind.INTEGER, received, len(events)),
            "stage_id": column(ColumnKind.WORD, [getattr(data, "stage_id", None) for data in payloads]),
            "artifact": column(ColumnKind.WORD, _artifacts(len(events), others)),
            "id": column(ColumnKind.INTEGER, ids),
            "key": keys,
            "length": numeric(ColumnKind.POSITION, list(map(len, raws))),
        }
    }
    if odd_ids:
        columns["odd_ids"] = table(ODD_IDS, odd_ids)
    lines: list[Any] = payloads.copy()
    for index, line in derived.lines.items():
        lines[index] = line
    line_columns, messages = _lines(position, lines)
    row_tables = _row_tables(position, others)
    if derived.incidents:
        row_tables["ledger"] = table(
            LEDGER, [(position + index, incident) for index, incident in derived.incidents.items()]
        )
    return Block(
        events=len(events),
        lines=len(events) - list(derived.lines.values()).count(None),
        routing=sum(isinstance(data, RoutingDecision) for _, data in others),
        ledger=len(derived.incidents),
        passed=sum(incident == PASSED_CHECKS for incident in derived.incidents.values()),
        min_us=min(known_times, default=None),
        max_us=max(known_times, default=None),
        min_id=min(known_ids, default=None),
        max_id=max(known_ids, default=None),
        odd=len(events) - len(known_times) - len(known_ids),
        columns=columns,
        line_columns=line_columns,
        row_tables=row_tables,
        messages=messages,
        raw=b"".join(raws),
    )


def _artifacts(count: int, others: Sequence[tuple[int, Payload]]) -> list[str | None]:
    """The file name of each event of an artifact among ``count`` events."""
    files: list[str | None] = [None] * count
    for index, data in others:
        if isinstance(data, _ARTIFACT):
            files[index] = file_name(data.artifact_name, data.artifact_type)
    return files


def _lines(position: int, found: Sequence[Log | LogLine | None]) -> tuple[Tables, bytes]:
    """The tables of the log lines of events, and their messages. A plain ``log`` event is its own line."""
    places = [position + index for index, line in enumerate(found) if line is not None]
    if not places:
        return {}, b""
    lines = [line for line in found if line is not None]
    lengths, messages = _messages([line.message for line in lines])
    tables: Tables = {
        "lines": {
            "position": numeric(ColumnKind.POSITION, places),
            "level": numeric(
                ColumnKind.LEVEL, list(map(_LEVEL_CODES.__getitem__, [line.level for line in lines]))
            ),
            "stage_id": column(ColumnKind.WORD, [line.stage_id for line in lines]),
            "agent": column(ColumnKind.WORD, [line.agent for line in lines]),
            "length": numeric(ColumnKind.POSITION, lengths),
        }
    }
    styled = [
        (place, line.styled)
        for place, line in zip(places, lines, strict=True)
        if type(line) is LogLine and line.styled
    ]
    if styled:
        tables["styled"] = table(STYLED, styled)
    return tables, messages


def _messages(texts: list[str]) -> tuple[list[int], bytes]:
    """The lengths in UTF-8 of the messages of lines, and all of them, each followed by a line feed."""
    whole = "\n".join(texts)
    if whole.isascii():
        return list(map(len, texts)), (whole + "\n").encode()
    messages = list(map(encoded, texts))
    return list(map(len, messages)), b"\n".join(messages) + b"\n"


def _row_tables(position: int, others: Sequence[tuple[int, Payload]]) -> Tables:
    collected: dict[str, list[tuple[Any, ...]]] = {}
    for index, data in others:
        row = rows.row(data)
        if row is not None:
            collected.setdefault(row.table, []).append((position + index, *row.values))
            if isinstance(data, RoutingDecision):
                collected.setdefault("alternatives", []).extend(rows.alternatives(data))
    return {name: table(rows.TABLES[name], values) for name, values in collected.items()}


def joined_blocks(blocks: Sequence[Block]) -> Block:
    """One block with the events of consecutive blocks."""
    return Block(
        events=sum(block.events for block in blocks),
        lines=sum(block.lines for block in blocks),
        routing=sum(block.routing for block in blocks),
        ledger=sum(block.ledger for block in blocks),
        passed=sum(block.passed for block in blocks),
        min_us=_least(block.min_us for block in blocks),
        max_us=_greatest(block.max_us for block in blocks),
        min_id=_least(block.min_id for block in blocks),
        max_id=_greatest(block.max_id for block in blocks),
        odd=sum(block.odd for block in blocks),
        columns=_joined_tables([block.columns for block in blocks]),
        line_columns=_joined_tables([block.line_columns for block in blocks]),
        row_tables=_joined_tables([block.row_tables for block in blocks]),
        messages=b"".join(block.messages for block in blocks),
        raw=b"".join(block.raw for block in blocks),
    )


def _joined_tables(parts: Sequence[Tables]) -> Tables:
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: joined([part[name] for part in parts if name in part]) for name in names}


def _least(values: Iterable[int | None]) -> int | None:
    return min((value for value in values if value is not None), default=None)


def _greatest(values: Iterable[int | None]) -> int | None:
    return max((value for value in values if value is not None), default=None)


def numeric_id(name: str | None) -> int | None:
    """The stream's id of an event as a number; ``None`` for another id."""
    if name is None or len(name) > _DIGITS or not (name.isdecimal() and name.isascii()):
        return None
    return int(name) if name[0] != "0" or name == "0" else None


def numeric_ids(names: Sequence[str | None]) -> list[int | None]:
    """The stream's ids of events as numbers, ``None`` for each that is none."""
    known = [name for name in names if name is not None]
    if known and len(known) == len(names) and max(map(len, known)) <= _DIGITS:
        digits = "".join(known)
        # The least text is an empty one, or one that begins with 0, if there is any.
        if digits.isascii() and digits.isdecimal() and min(known)[:1] not in {"", "0"}:
            return list(map(int, known))
    return list(map(numeric_id, names))


def key(event: Event) -> int:
    """32 bits of the id of an event, or else of its content: events with different keys are different."""
    return crc32(event.raw if event.id is None else event.id.encode("utf-8", "replace"))


# --- packing ---------------------------------------------------------------------------------------

_TABLES: Final = msgspec.msgpack.Decoder(Tables)


def packed_tables(tables: Tables) -> bytes:
    """The bytes of the tables of a part."""
    return msgspec.msgpack.encode(tables) if tables else b""


def unpacked_tables(content: bytes) -> Tables:
    """The tables that `packed_tables` packed. Raises ``ValueError`` for damaged bytes."""
    try:
        return _TABLES.decode(content) if content else {}
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error


def raw_parts(raw: bytes, ends: Sequence[int], first: int, last: int) -> Iterator[bytes]:
    """The bytes of the events with index ``first`` to ``last`` (exclusive) of a block."""
    start = ends[first - 1] if first else 0
    for end in ends[first:last]:
        yield raw[start:end]
        start = end

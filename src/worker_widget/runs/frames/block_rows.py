"""Frames whose rows are in the columns of the history's blocks: events, log lines and typed rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from msgspec.structs import replace

from ...events.json_depth import SHALLOW_BYTES, nested_too_deep
from ...store.blocks.block import raw_parts
from ...store.blocks.columns import NO_INTEGER, Column
from ...store.run_blocks import BlockQuery, StoredBlock
from .columns import (
    Numbers,
    Values,
    constant,
    line_texts,
    spelled,
    stored,
    stored_levels,
    taken,
)
from .filters import FrameFilter
from .schema import FRAMES, ValueKind


class BlockRows(NamedTuple):
    """How the rows of a frame are read from a block.

    ``condition`` is an SQL condition for blocks with rows. ``positions`` are those of the rows' events,
    ``None`` for each event of the block. ``read`` makes further columns by name.
    """

    condition: str
    positions: Callable[[StoredBlock], Numbers | None]
    read: Mapping[str, Callable[[StoredBlock], Values]]


def query(rows: BlockRows, filter: FrameFilter) -> BlockQuery:
    """The blocks that can have rows that pass the filter.

    The times of a block are known if all its events have one and no id.
    """
    conditions, values = [rows.condition], []
    known = "min_id IS NULL AND odd = 0"
    if filter.since_us is not None:
        conditions.append(f"NOT ({known} AND max_us < ?)")
        values.append(filter.since_us)
    if filter.until_us is not None:
        conditions.append(f"NOT ({known} AND min_us >= ?)")
        values.append(filter.until_us)
    return BlockQuery(" AND ".join(conditions), tuple(values))


def block_columns(
    name: str, wanted: Collection[str], filter: FrameFilter, block: StoredBlock
) -> dict[str, Values] | None:
    """The columns, without ``run_id``, of the rows of a block that pass the filter; ``None`` without any."""
    rows = BLOCK_ROWS[name]
    events = block.columns()["events"]
    # A log line can be of another stage than its event.
    if name != "logs" and filter.stages and filter.stages.isdisjoint(events["stage_id"].words or ()):
        return None
    positions = rows.positions(block)
    index = slice(None) if positions is None else positions.astype(np.int64) - block.span.position
    mask = _mask(rows, filter, block, index)
    if mask is not None and not mask.any():
        return None
    kinds = {column.name: column.kind for column in FRAMES[name].columns}
    found: dict[str, Values] = {}
    for column in wanted:
        if column in rows.read:
            values = rows.read[column](block)
        elif column == "seq":
            first = block.span.position
            at = np.arange(first, first + block.span.events) if positions is None else positions
            values = Values(ValueKind.INTEGER, at.astype(np.int64))
        else:
            source = stored(kinds[column], events[_OF_EVENTS[column]])
            values = replace(source, data=source.data[index])
        found[column] = values if mask is None else taken(values, mask)
    return found


_OF_EVENTS: Final = {"timestamp": "time", "received_at": "received", "stage_id": "stage_id", "type": "type"}


def _mask(rows: BlockRows, filter: FrameFilter, block: StoredBlock, index: Any) -> Numbers | None:
    """Which rows pass the filter; ``None`` if all do."""
    masks: list[Numbers] = []
    events = block.columns()["events"]
    if filter.has_time:
        times = np.frombuffer(events["time"].content, "<i8")[index]
        masks.append(times != NO_INTEGER)
        if filter.since_us is not None:
            masks.append(times >= filter.since_us)
        if filter.until_us is not None:
            masks.append(times < filter.until_us)
    if filter.stages is not None:
        if "stage_id" in rows.read:
            masks.append(_is_word(rows.read["stage_id"](block), filter.stages))
        else:
            masks.append(_is_word(stored(ValueKind.CATEGORY, events["stage_id"]), filter.stages)[index])
    if filter.levels is not None and "level" in rows.read:
        masks.append(_is_word(rows.read["level"](block), filter.levels))
    mask = None
    for part in masks:
        mask = part if mask is None else mask & part
    return None if mask is None or mask.all() else mask


def _is_word(values: Values, wanted: Collection[str]) -> Numbers:
    passing: Numbers = np.array([False, *(word in wanted for word in values.words)])[values.data]
    return passing


# --- the frames ------------------------------------------------------------------------------------


def _lines(name: str, kind: ValueKind) -> Callable[[StoredBlock], Values]:
    return lambda block: stored(kind, block.line_columns()["lines"][name])


def _positions(column: Column) -> Numbers:
    return np.frombuffer(column.content, "<u4")


def _row_positions(table: str) -> Callable[[StoredBlock], Numbers]:
    def positions(block: StoredBlock) -> Numbers:
        tables = block.row_tables()
        return _positions(tables[table]["position"]) if table in tables else np.zeros(0, np.uint32)

    return positions


def _rows(table: str, **read: Callable[[StoredBlock], Values]) -> BlockRows:
    def column(name: str, kind: ValueKind) -> Callable[[StoredBlock], Values]:
        def values(block: StoredBlock) -> Values:
            tables = block.row_tables()
            return stored(kind, tables[table][name]) if table in tables else constant(kind, 0)

        return values

    own = {
        item.name: column(item.name, item.kind)
        for item in FRAMES[table].columns
        if item.name not in ("run_id", "seq", "timestamp", "stage_id")
    }
    condition = "routing > 0" if table == "routing" else "length(row_tables) > 0"
    return BlockRows(condition, _row_positions(table), own | read)


def _alternatives(block: StoredBlock) -> Values:
    tables = block.row_tables()
    if "routing" not in tables:
        return constant(ValueKind.ALTERNATIVES, 0)
    lengths = _positions(tables["routing"]["alternatives"])
    if "alternatives" not in tables:
        return constant(ValueKind.ALTERNATIVES, len(lengths))
    found = tables["alternatives"]
    agents = stored(ValueKind.CATEGORY, found["agent"])
    items = (
        spelled(agents),
        stored(ValueKind.NUMBER, found["score"]),
        stored(ValueKind.TEXT, found["reason"]),
    )
    return Values(ValueKind.ALTERNATIVES, np.zeros(0), lengths, items=items)


class _Envelope(msgspec.Struct, gc=False):
    data: msgspec.Raw = msgspec.Raw(b"")


_ENVELOPE: Final = msgspec.json.Decoder(_Envelope)
_OPEN, _CLOSE = b"{}"


def _data(block: StoredBlock) -> Values:
    """The JSON of the events' ``data``: of all at once, or of a block with an odd event one by one."""
    raw = block.raw()
    sizes = np.frombuffer(block.columns()["events"]["length"].content, "<u4").astype(np.int64)
    found: Sequence[bytes | msgspec.Raw] = _all_data(raw, sizes)
    content = b"".join(found)
    if not found or not _is_utf8(content):
        found = [_one_data(part) for part in raw_parts(raw, np.cumsum(sizes).tolist(), 0, len(sizes))]
        content = b"".join(found)
    return Values(ValueKind.TEXT, np.frombuffer(content, np.uint8), np.fromiter(map(len, found), np.uint32))


def _all_data(raw: bytes, sizes: Numbers) -> Sequence[msgspec.Raw]:
    """The data of events that are all JSON objects with data; nothing if one is not.

    Each event is a line. As each begins and ends with a brace, two lines cannot be one JSON value, and the
    number of values shows whether one line is two.
    """
    if not len(sizes) or not sizes.all():
        return ()
    content = np.frombuffer(raw, np.uint8)
    stops = np.cumsum(sizes)
    if (content[stops - 1] != _CLOSE).any() or (content[stops - sizes] != _OPEN).any():
        return ()
    parts = list(raw_parts(raw, stops.tolist(), 0, len(stops)))
    if any(nested_too_deep(parts[index]) for index in np.flatnonzero(sizes > SHALLOW_BYTES).tolist()):
        return ()
    try:
        found = [envelope.data for envelope in _ENVELOPE.decode_lines(b"\n".join(parts))]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ()
    return found if len(found) == len(sizes) and all(map(len, found)) else ()


def _is_utf8(content: bytes) -> bool:
    if content.isascii():
        return True
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _one_data(part: bytes) -> bytes:
    if nested_too_deep(part):
        return part.decode("utf-8", "replace").encode()
    try:
        data = bytes(_ENVELOPE.decode(part).data) or part
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        data = part
    return data.decode("utf-8", "replace").encode()


BLOCK_ROWS: Final[dict[str, BlockRows]] = {
    "events": BlockRows("TRUE", lambda block: None, {"data": _data}),
    "logs": BlockRows(
        "lines > 0",
        lambda block: _positions(block.line_columns()["lines"]["position"]),
        {
            "level": lambda block: stored_levels(block.line_columns()["lines"]["level"]),
            "stage_id": _lines("stage_id", ValueKind.CATEGORY),
            "agent": _lines("agent", ValueKind.CATEGORY),
            "message": lambda block: line_texts(block.messages(), block.line_columns()["lines"]["length"]),
        },
    ),
    "routing": _rows("routing", alternatives=_alternatives),
    **{name: _rows(name) for name in ("policy", "drift", "failures", "recoveries")},
}
"""How the rows of each frame are read that is in the blocks' columns."""

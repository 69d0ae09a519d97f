"""The table of blocks: appending to a run's log, joining small blocks, sealing full ones, and reading parts.

Every append adds a block with its events. Small blocks are joined to larger ones, and a block of
`SEALED_EVENTS` or `SEALED_BYTES` is sealed: it is compressed and never changes again. So the log of a run
consists of sealed blocks and a few small ones, all of the same form. Joining and sealing happen in the
transaction of the append.

Of a small block only the bytes of many events are compressed: they are most of what an append writes. Such
bytes are fewer than the column ``bytes`` says.
"""

from __future__ import annotations

import json
import sqlite3
import struct
import threading
import warnings
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from sqlite3 import Connection
from typing import Any, Final, Literal, NamedTuple, TypeAlias, get_args
from zlib import crc32

from ..errors import HistoryError
from .blocks.block import Block, Tables, joined_blocks, packed_tables, unpacked_tables
from .database import NUMBER_MASK, ROW_BITS, key_range

SEALED_EVENTS: Final = 4_096
SEALED_BYTES: Final = 4 * 1024 * 1024

SEARCHED_BYTES: Final = 192 * 1024 * 1024
"""The most bytes of unpacked parts of blocks that searches keep in memory: the messages of a million lines,
and what is read beside them."""
WINDOW_BYTES: Final = 8 * 1024 * 1024
"""The same for what is on screen: a run that is followed reads each new block once."""
OPEN_BYTES: Final = 8 * 1024 * 1024
"""The most for blocks that are not sealed: soon they are joined to others, and nothing reads them again."""

_COMPRESSED_BYTES: Final = 16 * 1024
"""So many bytes of events are compressed also in a block that is not sealed."""

_JOINED_AT_ONCE: Final = 16
"""So many blocks of about the same size are joined: an event is written three times before it is sealed."""
_SIZES: Final = (16, 256, SEALED_EVENTS)

_SPAN: Final = (
    "row_key, events, sealed, bytes, first_line, lines, first_routing, routing, first_ledger, ledger, "
    "passed, min_us, max_us, min_id, max_id, odd"
)
BlockPart: TypeAlias = Literal["messages", "line_columns", "columns", "row_tables", "raw"]
"""The name of a part of a block, and of its column in the table."""
_PartKey: TypeAlias = tuple[int, int, BlockPart]
PARTS: Final = get_args(BlockPart)
"""The columns of the table with the contents of a block."""
_CHECKS: Final = struct.Struct(f"<{len(PARTS)}I")


class BlockSpan(NamedTuple):
    """Which events a block has, and how many rows; see `Block`. The counts named ``first`` are those of the
    rows before it in the run."""

    row_key: int
    events: int
    sealed: int
    bytes: int
    first_line: int
    lines: int
    first_routing: int
    routing: int
    first_ledger: int
    ledger: int
    passed: int
    min_us: int | None
    max_us: int | None
    min_id: int | None
    max_id: int | None
    odd: int

    @property
    def position(self) -> int:
        """The position of the first event."""
        return self.row_key & NUMBER_MASK

    @property
    def end(self) -> int:
        """The position after that of the last event."""
        return self.position + self.events


class DamagedBlock(HistoryError):
    """A block of the log cannot be read; the message names its events."""


class DeletedBlock(HistoryError):
    """A block of the log is gone, because another process deleted its run."""


class DamageWarning(UserWarning):
    """Some events of a run were left out, because they are damaged in the history."""


@contextmanager
def skipping_damage() -> Iterator[None]:
    """Leaves the rest of the block out if that is damaged, with a `DamageWarning`."""
    try:
        yield
    except DamagedBlock as error:
        warnings.warn(str(error), DamageWarning, stacklevel=3)


class Before(NamedTuple):
    """The numbers of rows of a run before a block."""

    events: int
    lines: int
    routing: int
    ledger: int

    def after(self, block: Block) -> Before:
        """The numbers of rows with those of a block more."""
        return Before(
            self.events + block.events,
            self.lines + block.lines,
            self.routing + block.routing,
            self.ledger + block.ledger,
        )


def append(db: Connection, run: int, before: Before, block: Block) -> None:
    """Adds a block at the end of a run, and joins and seals what is due."""
    sealed = block.events >= SEALED_EVENTS or len(block.raw) >= SEALED_BYTES
    _insert(db, (run << ROW_BITS) | (before.events + 1), before, block, sealed)
    if not sealed:
        _join(db, run)


def seal(db: Connection, run: int) -> None:
    """Joins and seals all small blocks of a run, which has ended."""
    _replace(db, run, _small(db, run), sealed=True)


def spans(
    db: Connection, run: int, condition: str = "TRUE", values: Sequence[Any] = (), limit: int = -1
) -> list[BlockSpan]:
    """The spans of a run's blocks that meet an SQL condition, in order: at most ``limit``; -1 means all."""
    rows = db.execute(
        f"SELECT {_SPAN} FROM blocks WHERE row_key BETWEEN ? AND ? AND {condition} ORDER BY row_key LIMIT ?",
        (*key_range(run), *values, limit),
    ).fetchall()
    return [BlockSpan(*row) for row in rows]


def event_bytes(db: Connection, run: int) -> int:
    """The bytes of all events of a run as they arrived."""
    (found,) = db.execute(
        "SELECT ifnull(sum(bytes), 0) FROM blocks WHERE row_key BETWEEN ? AND ?", key_range(run)
    ).fetchone()
    return int(found)


class ListedBlock(NamedTuple):
    """A block with log lines: its key, and the numbers of its events, raw bytes and lines."""

    row_key: int
    events: int
    sealed: int
    bytes: int
    lines: int


def all_with_lines(db: Connection) -> list[ListedBlock]:
    """The blocks with log lines of all runs, the newest run first."""
    rows = db.execute(
        "SELECT row_key, events, sealed, bytes, lines FROM blocks WHERE lines > 0 ORDER BY row_key DESC"
    ).fetchall()
    return list(map(ListedBlock._make, rows))


def span_of(db: Connection, row_key: int, events: int) -> BlockSpan | None:
    """The span of a block; ``None`` if it was deleted, or joined to others, since it had so many events."""
    row = db.execute(f"SELECT {_SPAN} FROM blocks WHERE row_key = ?", (row_key,)).fetchone()
    return None if row is None or row[1] != events else BlockSpan(*row)


def event_spans(db: Connection, run: int, first: int, last: int) -> list[BlockSpan]:
    """The spans of the blocks with events at positions ``first`` to ``last``."""
    base = run << ROW_BITS
    keys = (base + min(first, NUMBER_MASK), base + min(last, NUMBER_MASK))
    rows = db.execute(
        f"""SELECT {_SPAN} FROM blocks WHERE row_key BETWEEN ifnull(
                (SELECT max(row_key) FROM blocks WHERE row_key BETWEEN ?3 + 1 AND ?1), ?1
            ) AND ?2 ORDER BY row_key""",
        (*keys, base),
    ).fetchall()
    return [BlockSpan(*row) for row in rows]


def line_spans(db: Connection, run: int, first: int, last: int) -> list[BlockSpan]:
    """The spans of the blocks with the lines ``first`` to ``last`` of the log."""
    return spans(db, run, "first_line < ? AND first_line + lines >= ? AND lines > 0", (last, first))


def spans_of_runs(
    db: Connection, runs: Sequence[int], condition: str = "TRUE", values: Sequence[Any] = ()
) -> list[tuple[int, BlockSpan]]:
    """The spans of the blocks of several runs that meet an SQL condition, each with the index of its run."""
    rows = db.execute(
        f"""SELECT wanted.key, {_SPAN} FROM json_each(?) AS wanted CROSS JOIN blocks
            WHERE row_key BETWEEN wanted.value << {ROW_BITS} AND (wanted.value << {ROW_BITS}) | {NUMBER_MASK}
            AND {condition} ORDER BY wanted.key, row_key""",
        (json.dumps(list(runs)), *values),
    ).fetchall()
    return [(row[0], BlockSpan(*row[1:])) for row in rows]


class BlockReader:
    """Reads the parts of blocks, and keeps the last of them in memory. May be used from any thread.

    A block is identified by its first event and the number of events: its contents never change.
    ``most_bytes`` is the most that stays in memory; the parts of the last block always do. What ``other`` has
    in memory is not read again.
    """

    def __init__(self, most_bytes: int, other: BlockReader | None = None) -> None:
        self._lock = threading.Lock()
        self._other = other
        self._sealed = _PartCache(most_bytes)
        self._open = _PartCache(min(most_bytes, OPEN_BYTES))

    def columns(self, db: Connection, span: BlockSpan) -> Tables:
        """The tables events and odd_ids of a block. Like all methods, it raises `DamagedBlock`."""
        found: Tables = self._part(db, span, "columns")
        return found

    def line_columns(self, db: Connection, span: BlockSpan) -> Tables:
        """The tables lines and styled of a block."""
        found: Tables = self._part(db, span, "line_columns")
        return found

    def row_tables(self, db: Connection, span: BlockSpan) -> Tables:
        """The tables of typed rows of a block, and its ledger."""
        found: Tables = self._part(db, span, "row_tables")
        return found

    def messages(self, db: Connection, span: BlockSpan) -> bytes:
        """The messages of a block's lines, each followed by a line feed."""
        found: bytes = self._part(db, span, "messages")
        return found

    def raw(self, db: Connection, span: BlockSpan) -> bytes:
        """The bytes of all events of a block."""
        found: bytes = self._part(db, span, "raw")
        return found

    def has_messages(self, span: BlockSpan) -> bool:
        """Whether the messages of a block are in memory."""
        with self._lock:
            return self._cache_of(span).has((span.row_key, span.events, "messages"))

    def _part(self, db: Connection, span: BlockSpan, part: BlockPart) -> Any:
        key = (span.row_key, span.events, part)
        known = self._known(span, key)
        if known is None and self._other is not None:
            known = self._other._known(span, key)
        if known is not None:
            return known
        found, size = read_part(db, span, part)
        with self._lock:
            self._cache_of(span).keep(key, found, size)
        return found

    def _known(self, span: BlockSpan, key: _PartKey) -> Any:
        with self._lock:
            return self._cache_of(span).get(key)

    def _cache_of(self, span: BlockSpan) -> _PartCache:
        return self._sealed if span.sealed else self._open


class _PartCache:
    """The parts of blocks that were used last; see `BlockReader`."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._parts: OrderedDict[_PartKey, tuple[Any, int]] = OrderedDict()
        self._bytes = 0

    def has(self, key: _PartKey) -> bool:
        return key in self._parts

    def get(self, key: _PartKey) -> Any:
        """A part, or ``None`` if it is not here."""
        if key not in self._parts:
            return None
        self._parts.move_to_end(key)
        return self._parts[key][0]

    def keep(self, key: _PartKey, part: Any, size: int) -> None:
        """Adds a part of ``size`` bytes, and removes those that were used longest ago."""
        if key not in self._parts:
            self._parts[key] = part, size
            self._bytes += size
        while self._bytes > self._most_bytes and len(self._parts) > len(PARTS):
            _, (_, freed) = self._parts.popitem(last=False)
            self._bytes -= freed


def read_part(db: Connection, span: BlockSpan, part: BlockPart) -> tuple[Any, int]:
    """A part of a block, and the size of its bytes. Raises `DamagedBlock` and `DeletedBlock`."""
    try:
        row = db.execute(
            f"SELECT sealed, bytes, checks, {part} FROM blocks WHERE row_key = ?", (span.row_key,)
        ).fetchone()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT:
            raise
        raise _damaged(span, part, error) from error
    if row is None:
        raise DeletedBlock(f"The events {span.position:,} to {span.end - 1:,} of the run were deleted.")
    sealed, raw_bytes, checks, content = row
    return _unpacked(span._replace(sealed=sealed, bytes=raw_bytes), part, checks, content)


def _unpacked(span: BlockSpan, part: str, checks: bytes, content: bytes) -> tuple[Any, int]:
    """A part of a block, and the size of its bytes."""
    from .blocks import compression

    try:
        if crc32(content) != _CHECKS.unpack(checks)[PARTS.index(part)]:
            raise ValueError("its checksum is wrong")
        if span.sealed and content:
            content = compression.undense(content) if part == "raw" else compression.unfast(content)
        elif part == "raw" and len(content) < span.bytes:
            content = compression.unfast(content)
        return (content if part in ("messages", "raw") else unpacked_tables(content)), len(content)
    except (ValueError, struct.error) as error:
        raise _damaged(span, part, error) from error


def _damaged(span: BlockSpan, part: str, error: Exception) -> DamagedBlock:
    return DamagedBlock(
        f"The events {span.position:,} to {span.end - 1:,} of the run are damaged in the history "
        f"({part}: {error}). All other events can be read."
    )


def _packed(block: Block, sealed: bool) -> list[bytes]:
    parts = [
        block.messages,
        packed_tables(block.line_columns),
        packed_tables(block.columns),
        packed_tables(block.row_tables),
    ]
    if not sealed:
        return [*parts, _open_raw(block.raw)]
    from .blocks import compression

    return [*(compression.fast(part) if part else part for part in parts), compression.dense(block.raw)]


def _open_raw(raw: bytes) -> bytes:
    """The bytes of the events of a block that is not sealed, as they are stored."""
    if len(raw) < _COMPRESSED_BYTES:
        return raw
    from .blocks import compression

    packed = compression.fast(raw)
    return packed if len(packed) < len(raw) else raw


def _insert(db: Connection, row_key: int, before: Before, block: Block, sealed: bool) -> None:
    parts = _packed(block, sealed)
    db.execute(
        f"INSERT INTO blocks ({_SPAN}, checks, {', '.join(PARTS)}) VALUES ({','.join('?' * 22)})",
        (
            *(row_key, block.events, sealed, len(block.raw), before.lines, block.lines),
            *(before.routing, block.routing, before.ledger, block.ledger),
            *(block.passed, block.min_us, block.max_us, block.min_id, block.max_id, block.odd),
            _CHECKS.pack(*map(crc32, parts)),
            *parts,
        ),
    )


def _small(db: Connection, run: int) -> list[BlockSpan]:
    """The blocks after the last sealed one, in order."""
    first, last = key_range(run)
    rows = db.execute(
        f"SELECT {_SPAN} FROM blocks WHERE row_key BETWEEN ? AND ? ORDER BY row_key DESC LIMIT ?",
        (first, last, len(_SIZES) * _JOINED_AT_ONCE),
    )
    small: list[BlockSpan] = []
    for row in rows:
        span = BlockSpan(*row)
        if span.sealed:
            break
        small.append(span)
    rows.close()
    return small[::-1]


def _join(db: Connection, run: int) -> None:
    small = _small(db, run)
    for size in _SIZES:
        group = _last_smaller(small, size)
        events = sum(span.events for span in group)
        raw_bytes = sum(span.bytes for span in group)
        full = events >= SEALED_EVENTS or raw_bytes >= SEALED_BYTES
        if full or len(group) >= _JOINED_AT_ONCE:
            joined = _replace(db, run, group, sealed=full)
            small = [*small[: len(small) - len(group)], *joined]


def _last_smaller(small: list[BlockSpan], size: int) -> list[BlockSpan]:
    """The last blocks of a run that have fewer events than ``size``."""
    count = 0
    for span in reversed(small):
        if span.events >= size:
            break
        count += 1
    return small[len(small) - count :]


def _replace(db: Connection, run: int, group: list[BlockSpan], *, sealed: bool) -> list[BlockSpan]:
    """Replaces consecutive blocks by one; returns its span unless it is sealed."""
    if not group:
        return []
    first = group[0]
    blocks = [_whole_block(db, span) for span in group]
    damaged = [span.row_key for span, whole in zip(group, blocks, strict=True) if whole is None]
    if damaged:
        # It is no longer among the small blocks, so that those before it stay as they are.
        db.executemany("UPDATE blocks SET sealed = 1 WHERE row_key = ?", [(key,) for key in damaged])
        return []
    block = joined_blocks([whole for whole in blocks if whole is not None])
    db.execute("DELETE FROM blocks WHERE row_key BETWEEN ? AND ?", (first.row_key, group[-1].row_key))
    before = Before(first.position - 1, first.first_line, first.first_routing, first.first_ledger)
    _insert(db, first.row_key, before, block, sealed)
    if sealed:
        return []
    return [
        first._replace(
            events=block.events,
            bytes=len(block.raw),
            lines=block.lines,
            routing=block.routing,
            ledger=block.ledger,
            passed=block.passed,
        )
    ]


def _whole_block(db: Connection, span: BlockSpan) -> Block | None:
    """A small block; ``None`` if it is damaged."""
    try:
        checks, *contents = db.execute(
            f"SELECT checks, {', '.join(PARTS)} FROM blocks WHERE row_key = ?", (span.row_key,)
        ).fetchone()
        parts = {
            part: _unpacked(span._replace(sealed=0), part, checks, content)[0]
            for part, content in zip(PARTS, contents, strict=True)
        }
    except DamagedBlock as error:
        warnings.warn(str(error), DamageWarning, stacklevel=2)
        return None
    return Block(
        *(span.events, span.lines, span.routing, span.ledger, span.passed),
        *(span.min_us, span.max_us, span.min_id, span.max_id, span.odd),
        columns=parts["columns"],
        line_columns=parts["line_columns"],
        row_tables=parts["row_tables"],
        messages=parts["messages"],
        raw=parts["raw"],
    )

"""The table of keyframes: the states of runs at some positions, from which the states after them are made.

A keyframe is a copy of what the events say: it may be missing, and one that cannot be read is left out.
Keyframes are at least `KEYFRAME_EVENTS` apart, and further where states are large: together they have at most
a `_SHARE` of the bytes of the run's events.
"""

from __future__ import annotations

import sqlite3
from functools import cache
from sqlite3 import Connection
from typing import Final, NamedTuple
from zlib import crc32

import msgspec

from ..state.run_state import RunState
from ..version import __version__
from . import blocks_table
from .database import NUMBER_MASK, ROW_BITS, key_range

KEYFRAME_EVENTS: Final = 1_024
"""Keyframes are at least so many events apart. To apply as many events takes about 30 ms."""
_SHARE: Final = 10

_STATE: Final = msgspec.msgpack.Decoder(RunState)


class Keyframe(NamedTuple):
    """A stored state: its position, and its packed content."""

    position: int
    checksum: int
    content: bytes


@cache
def form() -> int:
    """The form of the states that this version writes: those of another are not read."""
    return crc32(__version__.encode() + msgspec.json.encode(msgspec.json.schema(RunState)))


def packed(state: RunState) -> bytes | None:
    """The packed content of a state; ``None`` if it has values that cannot be packed."""
    from .blocks import compression

    try:
        return compression.dense(msgspec.msgpack.encode(state))
    except (ValueError, TypeError, OverflowError):  # such as a number of a server beyond 64 bits
        return None


def unpacked(content: bytes) -> RunState:
    """The state with this packed content. Raises ``ValueError`` for a damaged one."""
    from .blocks import compression

    try:
        return _STATE.decode(compression.undense(content))
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error


def nearest(db: Connection, run: int, after: int, position: int) -> Keyframe | None:
    """The last keyframe of a run after one position, and at or before another."""
    first, _ = key_range(run)
    try:
        row = db.execute(
            """SELECT row_key, checksum, state FROM keyframes WHERE row_key BETWEEN ? AND ? AND form = ?
               ORDER BY row_key DESC LIMIT 1""",
            (first + after + 1, first + position, form()),
        ).fetchone()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT:
            raise
        return None
    return None if row is None else Keyframe(row[0] & NUMBER_MASK, *row[1:])


def state_of(keyframe: Keyframe) -> RunState | None:
    """The state of a keyframe; ``None`` if it is damaged."""
    if crc32(keyframe.content) != keyframe.checksum:
        return None
    try:
        state = unpacked(keyframe.content)
    except ValueError:
        return None
    return state if state.position == keyframe.position else None


def insert(db: Connection, run: int, position: int, content: bytes) -> bool:
    """Stores a keyframe, unless it is too near to another; returns whether it did."""
    first, last = key_range(run)
    key = first + position
    (before,) = db.execute(
        "SELECT ifnull(max(row_key), ?1) FROM keyframes WHERE row_key BETWEEN ?1 AND ?2", (first, key)
    ).fetchone()
    after = db.execute(
        """SELECT row_key, length(state) FROM keyframes WHERE row_key BETWEEN ? AND ?
           ORDER BY row_key LIMIT 1""",
        (key + 1, last),
    ).fetchone()
    before &= NUMBER_MASK
    if not _apart(db, run, before, position, len(content)):
        return False
    if after is not None and not _apart(db, run, position, after[0] & NUMBER_MASK, after[1]):
        return False
    db.execute(
        "INSERT INTO keyframes (row_key, form, checksum, state) VALUES (?, ?, ?, ?)",
        (key, form(), crc32(content), content),
    )
    return True


def delete_other_forms(db: Connection, run: int) -> None:
    """Deletes the keyframes of a run that another version wrote."""
    db.execute("DELETE FROM keyframes WHERE row_key BETWEEN ? AND ? AND form != ?", (*key_range(run), form()))


def delete(db: Connection, run: int, position: int) -> None:
    """Deletes the keyframe at a position."""
    db.execute("DELETE FROM keyframes WHERE row_key = ?", ((run << ROW_BITS) | position,))


def _apart(db: Connection, run: int, first: int, last: int, size: int) -> bool:
    """Whether a keyframe of this size may follow one at the position ``first``, at the position ``last``."""
    return last - first >= KEYFRAME_EVENTS and _event_bytes(db, run, first, last) >= _SHARE * size


def _event_bytes(db: Connection, run: int, first: int, last: int) -> float:
    """About how many bytes the events after ``first`` up to ``last`` have."""
    found = 0.0
    for span in blocks_table.event_spans(db, run, first + 1, last):
        inside = min(last + 1, span.end) - max(first + 1, span.position)
        found += span.bytes * max(inside, 0) / span.events
    return found

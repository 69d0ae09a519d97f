"""Reads the blocks of many runs in order, the next ones in other threads."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby, islice
from operator import itemgetter
from sqlite3 import Connection
from typing import Any, Final, Generic, NamedTuple, TypeAlias, TypeVar

import msgspec

from ..state.log_line import LoggedEvent
from . import blocks_table, events_table
from .blocks.block import Tables
from .blocks_table import BlockPart, BlockReader, BlockSpan, DamagedBlock, DeletedBlock
from .database import NUMBER_MASK, ROW_BITS, Database

T = TypeVar("T")

_THREADS: Final = 2
_AHEAD: Final = 4
_GROUP_EVENTS: Final = 8_192
_GROUP_BLOCKS: Final = 64


class RunKey(NamedTuple):
    """A run's id, and its key in the database."""

    run_id: str
    run: int


class BlockQuery(NamedTuple):
    """Which blocks are read: those that meet an SQL condition on their spans, with its values."""

    condition: str = "TRUE"
    values: tuple[Any, ...] = ()


class BlockResult(NamedTuple, Generic[T]):
    """What was read of a block of a run, or why it cannot be read."""

    run: RunKey
    result: T | DamagedBlock


class StoredBlock:
    """One block, whose parts are read when they are first used. Its methods raise `DamagedBlock`."""

    def __init__(self, db: Connection, span: BlockSpan) -> None:
        self.span = span
        self._db = db
        self._parts: dict[BlockPart, Any] = {}

    def _part(self, name: BlockPart) -> Any:
        found = self._parts.get(name)
        if found is None:
            found = self._parts[name] = blocks_table.read_part(self._db, self.span, name)[0]
        return found

    def columns(self) -> Tables:
        """The tables events and odd_ids."""
        found: Tables = self._part("columns")
        return found

    def line_columns(self) -> Tables:
        """The tables lines and styled."""
        found: Tables = self._part("line_columns")
        return found

    def row_tables(self) -> Tables:
        """The tables of typed rows, and the ledger."""
        found: Tables = self._part("row_tables")
        return found

    def messages(self) -> bytes:
        """The messages of the lines, each followed by a line feed."""
        found: bytes = self._part("messages")
        return found

    def raw(self) -> bytes:
        """The bytes of all events."""
        found: bytes = self._part("raw")
        return found

    def events(self, types: Collection[str]) -> list[LoggedEvent]:
        """The events of these types."""
        return events_table.events_of_types(self._db, BlockReader(most_bytes=0), self.span, types)

    def events_at(self, positions: Iterable[int]) -> list[LoggedEvent]:
        """The events at these positions of the run, which are in the block."""
        return events_table.block_events_at(self._db, BlockReader(most_bytes=0), self.span, positions)


_Place: TypeAlias = tuple[RunKey, BlockSpan]


def read_blocks(
    db: Database, runs: Sequence[RunKey], query: BlockQuery, read: Callable[[StoredBlock], T]
) -> Iterator[BlockResult[T]]:
    """Applies ``read`` to the blocks of runs; see `EventStore.read_blocks`.

    Blocks that can still change are read by the connection that found them.
    """
    with db.read() as connection:
        found = blocks_table.spans_of_runs(
            connection, [key.run for key in runs], query.condition, query.values
        )
        groups = list(_groups([(runs[index], span) for index, span in found]))
        if len(groups) == 1 or db.reads_in_turn:
            for _, group in groups:
                yield from _read(connection, group, read)
            return
        yield from _ahead(db, connection, groups, read)


def _groups(places: Iterable[_Place]) -> Iterator[tuple[bool, list[_Place]]]:
    """Consecutive blocks that are read together, with whether all of them are sealed."""
    group: list[_Place] = []
    events = 0
    for place in places:
        sealed = bool(place[1].sealed)
        if group and (
            sealed != bool(group[-1][1].sealed) or events >= _GROUP_EVENTS or len(group) == _GROUP_BLOCKS
        ):
            yield bool(group[-1][1].sealed), group
            group, events = [], 0
        group.append(place)
        events += place[1].events
    if group:
        yield bool(group[-1][1].sealed), group


def _ahead(
    db: Database,
    connection: Connection,
    groups: list[tuple[bool, list[_Place]]],
    read: Callable[[StoredBlock], T],
) -> Iterator[BlockResult[T]]:
    coming: deque[tuple[list[_Place], Future[list[BlockResult[T]]] | None]] = deque()
    rest = iter(groups)
    with ThreadPoolExecutor(_THREADS, "worker-widget-read") as pool:
        try:
            while True:
                for sealed, group in islice(rest, _AHEAD - len(coming)):
                    coming.append((group, pool.submit(_read_alone, db, group, read) if sealed else None))
                if not coming:
                    return
                group, future = coming.popleft()
                yield from _read(connection, group, read) if future is None else future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _read_alone(db: Database, group: list[_Place], read: Callable[[StoredBlock], T]) -> list[BlockResult[T]]:
    with db.read() as connection:
        return list(_read(connection, group, read))


def _read(
    connection: Connection, group: list[_Place], read: Callable[[StoredBlock], T]
) -> Iterator[BlockResult[T]]:
    for key, span in group:
        try:
            yield BlockResult(key, read(StoredBlock(connection, span)))
        except DamagedBlock as error:
            yield BlockResult(key, error)
        except DeletedBlock:
            continue


def bodies(
    db: Connection, table: str, runs: Sequence[RunKey], type: type[list[T]]
) -> Iterator[tuple[RunKey, list[T]]]:
    """The rows of a table with bodies as JSON, of each run that has some."""
    rows = db.execute(
        f"""SELECT wanted.key, CAST({table}.body AS TEXT) FROM json_each(?) AS wanted CROSS JOIN {table}
            WHERE row_key BETWEEN wanted.value << {ROW_BITS} AND (wanted.value << {ROW_BITS}) | {NUMBER_MASK}
            ORDER BY wanted.key, row_key""",
        (json.dumps([key.run for key in runs]),),
    )
    decoder = msgspec.json.Decoder(type)
    for index, group in groupby(rows, itemgetter(0)):
        yield runs[index], decoder.decode("[" + ",".join([row[1] for row in group]) + "]")

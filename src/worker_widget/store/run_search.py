"""A search in the log lines of all runs: how many lines of each run match, the newest run first.

A search continues where an earlier call for the same text ended, and later calls add the runs and lines that
came since. Blocks are read ahead in other threads; a block without a match is never divided into lines.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from math import inf
from sqlite3 import Connection
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from . import blocks_table, run_records
from .blocks_table import BlockReader, DamagedBlock, ListedBlock
from .database import ROW_BITS, Database
from .line_filter import LineFilter
from .log_index import compiled_pattern
from .log_search import LogSearch, PatternError
from .read_ahead import CORES, keep_freed_memory

if TYPE_CHECKING:
    from .pattern import Pattern

_AHEAD: Final = CORES + 1
_PART_BYTES: Final = 4 * 1024 * 1024
"""So many raw bytes of events are counted in at once; the messages of their lines are at most as many."""
_PART_BLOCKS: Final = 32
_MOST_CACHED: Final = 16


class RunsFound(msgspec.Struct, frozen=True):
    """The number of matching lines by run id, the newest run first; runs without a match, and those in the
    trash, are left out.

    ``scanned`` of ``of`` lines were searched. An ``error`` ended the search: the pattern is invalid or takes
    too long.
    """

    runs: dict[str, int]
    scanned: int
    of: int
    error: str | None = None

    @property
    def done(self) -> bool:
        """Whether the search has ended."""
        return self.scanned >= self.of or self.error is not None


class RunSearches:
    """The searches in the logs of all runs of a history. May be used from any thread."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._scans: OrderedDict[LogSearch, _RunsScan] = OrderedDict()

    def found(self, search: LogSearch, seconds: float | None) -> RunsFound:
        """Searches for about ``seconds`` and returns what was found so far; ``None`` means to the end."""
        with self._lock:
            scan = self._scans.pop(search, None) or _RunsScan(search)
            self._scans[search] = scan
            if len(self._scans) > _MOST_CACHED:
                self._scans.popitem(last=False)
        return scan.scan(self._db, inf if seconds is None else time.perf_counter() + seconds)


class _RunsScan:
    def __init__(self, search: LogSearch) -> None:
        self._search = search
        self._filter = LineFilter(searches=frozenset({search}))
        self._scanning = threading.Lock()
        self._known: set[int] = set()
        """The row keys of the sealed blocks that were searched."""
        self._sealed: Counter[int] = Counter()
        """The matches in these, by the key of the run."""
        self._tails: Counter[int] = Counter()
        """The matches in blocks that were small when they were searched."""
        self._compiled: Pattern | None = None
        self._coming: deque[list[ListedBlock]] = deque()
        self._listed: object = None
        """The state of the logs when their blocks were listed."""
        self._scanned = self._of = 0

    def scan(self, db: Database, until: float) -> RunsFound:
        with self._scanning:
            try:
                while True:
                    if not self._coming and not self._list(db):
                        return self._found(db)
                    changed = self._count_blocks(db, until)
                    if changed:
                        self._listed = None
                    if self._coming or not changed:
                        return self._found(db)
            except PatternError as error:
                return self._found(db, str(error))

    def _list(self, db: Database) -> bool:
        """Lists the blocks that were not searched, the newest run first; whether some lines are new."""
        with db.read() as connection:
            state = run_records.log_state(connection)
            if state == self._listed:
                return False
            blocks = blocks_table.all_with_lines(connection)
        coming = [block for block in blocks if block.row_key not in self._known]
        self._coming = deque(_parts(coming))
        self._listed = state
        self._tails.clear()
        self._of = sum(block.lines for block in blocks)
        self._scanned = self._of - sum(block.lines for block in coming)
        return True

    def _count_blocks(self, db: Database, until: float) -> bool:
        """Counts the matches of the next blocks, of at least one; whether one was joined to others since it
        was listed, or deleted."""
        if self._compiled is None and self._search.regex:
            self._compiled = compiled_pattern(self._search)
        changed = False
        with _counter(db, self._search, self._compiled) as count:
            counting: deque[Callable[[], list[_Counted]]] = deque()
            while self._coming:
                while len(counting) < min(_AHEAD, len(self._coming)):
                    counting.append(count(self._coming[len(counting)]))
                part, counts = self._coming[0], counting.popleft()()
                self._coming[0] = rest = []  # what remains of it, also if a pattern takes too long
                undecided: list[bytes] = []
                for block, found in zip(part, counts, strict=True):
                    if isinstance(found, bytes):
                        rest.append(block)
                        undecided.append(found)
                    else:
                        changed |= not self._add(block, found)
                for messages in undecided:
                    changed |= not self._add(rest[0], self._count_lines(db, rest[0], messages))
                    del rest[0]
                    if rest and time.perf_counter() >= until:
                        return changed
                self._coming.popleft()
                if time.perf_counter() >= until:
                    break
        return changed

    def _add(self, block: ListedBlock, count: int | None) -> bool:
        """Adds the matches of a block; whether it still has the events that it had when it was listed."""
        self._scanned += block.lines
        if count is None:
            return False
        run = block.row_key >> ROW_BITS
        if block.sealed:
            self._known.add(block.row_key)
            self._sealed[run] += count
        else:
            self._tails[run] += count
        return True

    def _count_lines(self, db: Database, block: ListedBlock, messages: bytes) -> int | None:
        """The number of matching lines of a block, whose messages are divided into lines."""
        from .line_matching import SlowLine, matching  # numpy takes a while to import
        from .pattern import slow_pattern_error

        patterns = [] if self._compiled is None else [(self._search, self._compiled)]
        with db.read() as connection:
            span = blocks_table.span_of(connection, block.row_key, block.events)
            if span is None:
                return None
            try:
                table = BlockReader(most_bytes=0).line_columns(connection, span)["lines"]
            except DamagedBlock:
                return 0
        try:
            return matching(
                messages, lambda: table, self._filter, patterns, slice(0, span.lines), lambda stages: ()
            ).bit_count()
        except SlowLine as slow:
            raise slow_pattern_error(slow.search, span.first_line + slow.index + 1) from None

    def _found(self, db: Database, error: str | None = None) -> RunsFound:
        counts = self._sealed + self._tails
        with db.read() as connection:
            listed: list[tuple[int, str]] = connection.execute(
                "SELECT run, run_id FROM runs WHERE trashed_us IS NULL ORDER BY created_us DESC, run DESC"
            ).fetchall()
        runs = {run_id: counts[run] for run, run_id in listed if run in counts}
        return RunsFound(runs, self._scanned, self._of, error)


_Counted: TypeAlias = "int | bytes | None"
"""The number of matching lines of a block; its messages, if they must be divided into lines for that; or
``None``, if it was joined or deleted."""


def _parts(blocks: Sequence[ListedBlock]) -> Iterator[list[ListedBlock]]:
    """Blocks that are counted together: some that are small, or a large one."""
    part: list[ListedBlock] = []
    size = 0
    for block in blocks:
        part.append(block)
        size += block.bytes
        if size >= _PART_BYTES or len(part) == _PART_BLOCKS:
            yield part
            part, size = [], 0
    if part:
        yield part


@contextmanager
def _counter(
    db: Database, search: LogSearch, compiled: Pattern | None
) -> Iterator[Callable[[list[ListedBlock]], Callable[[], list[_Counted]]]]:
    """A function that begins to count in blocks and returns one that waits for the counts."""
    if db.reads_in_turn:
        yield lambda part: partial(_count, search, compiled, part, partial(_messages, db, part))
        return
    keep_freed_memory()
    with ThreadPoolExecutor(CORES, "worker-widget-search") as pool:

        def begin(part: list[ListedBlock]) -> Callable[[], list[_Counted]]:
            if compiled is None:
                return pool.submit(_count, search, None, part, partial(_messages, db, part)).result
            # A pattern is searched by one thread: RE2 takes the interpreter's lock at each match.
            return partial(_count, search, compiled, part, pool.submit(_messages, db, part).result)

        try:
            yield begin
        finally:
            pool.shutdown(cancel_futures=True)


def _count(
    search: LogSearch,
    compiled: Pattern | None,
    part: list[ListedBlock],
    read: Callable[[], list[bytes | None]],
) -> list[_Counted]:
    from .line_matching import line_counts  # numpy takes a while to import

    messages = read()
    lines = [block.lines if content else 0 for block, content in zip(part, messages, strict=True)]
    counts = line_counts(search, compiled, [content or b"" for content in messages], lines)
    return [
        content if count is None or content is None else count
        for content, count in zip(messages, counts, strict=True)
    ]


def _messages(db: Database, part: Sequence[ListedBlock]) -> list[bytes | None]:
    """The messages of blocks: empty for a damaged block, ``None`` for one that was joined or deleted."""
    with db.read() as connection:
        return [_block_messages(connection, block) for block in part]


def _block_messages(db: Connection, block: ListedBlock) -> bytes | None:
    span = blocks_table.span_of(db, block.row_key, block.events)
    if span is None:
        return None
    try:
        messages: bytes = blocks_table.read_part(db, span, "messages")[0]
    except DamagedBlock:
        return b""
    return messages

"""An index of the log lines that pass a filter: their number, and any range of them.

Whether a line passes hardly ever changes, so each line is scanned once; again only if its stage comes to be
inside the stage of the filter later. The log is divided into blocks of 4,096
lines, and the index holds one bit for each line of a block: 125 kB for a million lines. A total, or a jump to
any line, costs no more than reading the rows that are shown.

A line has two numbers here: ``line``, its number in the log (from 1), and ``index``, its place among the
lines that pass the filter (from 0).
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterator
from functools import partial
from itertools import islice
from math import inf
from sqlite3 import Connection
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import msgspec

from . import blocks_table, log_table
from .blocks.columns import Table
from .blocks_table import BlockReader, BlockSpan, DamagedBlock
from .database import Database
from .line_filter import EVERY_LINE, LineFilter
from .log_search import LogSearch, PatternError
from .log_table import StoredLine
from .read_ahead import read_ahead
from .stages_table import StageSubtree

if TYPE_CHECKING:
    from .pattern import Pattern

BLOCK: Final = 4096
"""Lines in a block."""
_LINES_AT_ONCE: Final = 2 * BLOCK
"""The most lines that are scanned before the time is checked."""
_MOST_CACHED: Final = 32
_BETWEEN_SUMS: Final = 16 * BLOCK


class LogWindow(msgspec.Struct, frozen=True):
    """A range of the ``total`` lines that pass a filter: ``rows`` are those from index ``start`` on."""

    total: int
    start: int
    rows: list[StoredLine]


class LogProgress(msgspec.Struct, frozen=True):
    """How far a log is scanned: ``count`` of its first ``scanned`` lines match; it has ``of`` lines.

    An ``error`` ends the scan: a pattern is invalid or takes too long.
    """

    count: int
    scanned: int
    of: int
    error: str | None = None

    @property
    def done(self) -> bool:
        """Whether the scan has ended."""
        return self.scanned >= self.of or self.error is not None


class NextLine(msgspec.Struct, frozen=True):
    """A line that was searched for: its ``index``, and that it is the ``nth`` match (from 1) ``of`` all.

    ``index`` is ``None`` if there is no match.
    """

    index: int | None
    nth: int
    of: int


class Facets(msgspec.Struct, frozen=True):
    """The numbers of lines by agent and by stage, in the order of their first line.

    The first ``scanned`` of ``of`` lines are counted.
    """

    agents: dict[str, int]
    stages: dict[str, int]
    scanned: int
    of: int

    @property
    def done(self) -> bool:
        """Whether all lines are counted."""
        return self.scanned >= self.of


class LogIndex:
    """The lines that pass a filter, for the logs of all runs. May be used from any thread.

    ``lines`` is the number of lines that are searched, from the first: those of the run so far, or fewer. The
    first ``skip`` of them are left out of all that is counted and found.
    Each method first scans the log for about ``seconds`` (0: not at all; ``None``: to the end) and answers
    from the scanned part. A method that scans to the end raises `PatternError`. ``searched`` reads what a
    search for a text needs, which the next search needs, too; ``reader`` reads all else.
    """

    def __init__(self, db: Database, reader: BlockReader, searched: BlockReader) -> None:
        self._db = db
        self._reader = reader
        self._searched = searched
        self._lock = threading.Lock()
        self._scans: OrderedDict[tuple[int, LineFilter], _FilterScan] = OrderedDict()
        self._facets: OrderedDict[int, _FacetCounter] = OrderedDict()
        self._first_lines: OrderedDict[int, _FirstLines] = OrderedDict()

    def scan(
        self, run: int, filter: LineFilter, lines: int, seconds: float | None, skip: int = 0
    ) -> LogProgress:
        """Scans the log and returns the progress."""
        matches = self._scan(run, filter, lines, seconds, skip)
        return LogProgress(matches.total, matches.scanned, lines - skip, matches.error)

    def window(
        self,
        run: int,
        filter: LineFilter,
        lines: int,
        start: int,
        count: int,
        seconds: float | None,
        skip: int = 0,
    ) -> LogWindow:
        """Reads up to ``count`` lines that pass the filter, from index ``start`` on."""
        matches = self._scan(run, filter, lines, seconds, skip)
        start = min(max(start, 0), matches.total)
        numbers = matches.lines(start, start + count)
        if not numbers:
            return LogWindow(matches.total, start, [])
        with self._db.read() as db:
            return LogWindow(matches.total, start, log_table.read_lines(db, self._reader, run, numbers))

    def matches_before(
        self, run: int, filter: LineFilter, lines: int, line: int, seconds: float | None, skip: int = 0
    ) -> int:
        """How many lines that pass the filter precede ``line``."""
        return self._scan(run, filter, lines, seconds, skip).before(line)

    def next(
        self,
        run: int,
        filter: LineFilter,
        wanted: LineFilter,
        lines: int,
        start: int,
        direction: int,
        skip: int = 0,
    ) -> NextLine:
        """Finds the line nearest to index ``start`` under ``filter`` that also passes ``wanted``.

        It follows ``start`` for ``direction`` 1 and precedes it for -1. After the last line the search
        continues at the first, and the reverse.
        """
        shown = self._scan(run, filter, lines, None, skip)
        hits = self._scan(run, filter.combined(wanted), lines, None, skip)
        if not hits.total:
            return NextLine(None, 0, 0)
        line = 0 if start < 0 else lines + 1 if start >= shown.total else shown.lines(start, start + 1)[0]
        nth = hits.before(line + 1) if direction > 0 else hits.before(line) - 1
        nth %= hits.total
        (found,) = hits.lines(nth, nth + 1)
        return NextLine(shown.before(found), nth + 1, hits.total)

    def facets(self, run: int, lines: int, seconds: float | None, skip: int = 0) -> Facets:
        """Counts the lines by agent and by stage. With ``skip`` the order is that of all first lines."""
        with self._lock:
            counter = _cached(self._facets, run, _FacetCounter)
        until = inf if seconds is None else time.perf_counter() + seconds
        while (
            not (facets := counter.scan(self._db, self._reader, run, lines)).done
            and time.perf_counter() < until
        ):
            pass
        if not skip:
            return facets
        before = counter.scan(self._db, self._reader, run, min(skip, facets.scanned))
        return Facets(
            _less(facets.agents, before.agents),
            _less(facets.stages, before.stages),
            max(facets.scanned - skip, 0),
            lines - skip,
        )

    def stages(self, run: int, lines: int) -> dict[str, int]:
        """The ids of the stages of the first ``lines`` lines, each with the number of its first line."""
        with self._lock:
            first_lines = _cached(self._first_lines, run, _FirstLines)
        return first_lines.scan(self._db, self._reader, run, lines)

    def _scan(
        self, run: int, filter: LineFilter, lines: int, seconds: float | None, skip: int
    ) -> _Cut | _AllLines:
        if filter == EVERY_LINE:
            return _AllLines(lines, skip)
        with self._lock:
            scan = _cached(self._scans, (run, filter), lambda: _FilterScan(run, filter))
        scan.grow(self._db, wait=seconds is None)
        if seconds != 0 and not scan.done(lines):
            until = inf if seconds is None else time.perf_counter() + seconds
            scan.scan(self._db, self._searched if filter.searches else self._reader, lines, until)
        matches = _Cut(scan.matches, lines, skip)
        if matches.error is not None and seconds is None:
            raise PatternError(matches.error)
        return matches


_K = TypeVar("_K")
_V = TypeVar("_V")


def _cached(cache: OrderedDict[_K, _V], key: _K, make: Callable[[], _V]) -> _V:
    """The value of ``key``, made if it is missing; the least recently used value is removed."""
    value = cache.pop(key, None) or make()
    cache[key] = value
    if len(cache) > _MOST_CACHED:
        cache.popitem(last=False)
    return value


class _AllLines(NamedTuple):
    """The matches of a filter that every line passes, among the lines after the first ``skip``."""

    of: int
    skip: int
    error: None = None

    @property
    def scanned(self) -> int:
        return self.of - self.skip

    @property
    def total(self) -> int:
        return self.scanned

    def before(self, line: int) -> int:
        return min(max(line - 1 - self.skip, 0), self.total)

    def lines(self, start: int, end: int) -> list[int]:
        return list(range(self.skip + start + 1, self.skip + min(end, self.total) + 1))


class _Matches(NamedTuple):
    """Which of the first ``scanned`` lines match; immutable.

    ``blocks`` holds the bits of each complete block, one for each line, and ``sums`` the number of matches
    before each block. A later scan appends to both lists, so only the first ``complete`` blocks count.
    ``rest`` holds the bits of the lines after them. ``error`` is why the scan ended early.
    """

    scanned: int
    complete: int
    blocks: list[int]
    sums: list[int]
    rest: int
    error: str | None = None

    @property
    def total(self) -> int:
        return self.sums[self.complete] + self.rest.bit_count()

    def before(self, line: int) -> int:
        """How many matches precede ``line``."""
        line = min(max(line, 1), self.scanned + 1)
        block, offset = divmod(line - 1, BLOCK)
        bits = self.rest if block >= self.complete else self.blocks[block]
        return self.sums[block] + (bits & ((1 << offset) - 1)).bit_count()

    def lines(self, start: int, end: int) -> list[int]:
        """The lines of the matches with index ``start`` to ``end`` (exclusive)."""
        end = min(end, self.total)
        found: list[int] = []
        block = bisect_right(self.sums, start, 0, self.complete + 1) - 1
        while start < end:
            bits = self.rest if block == self.complete else self.blocks[block]
            inside = start - self.sums[block]
            taken = islice(_set_bits(bits), inside, inside + end - start)
            before = len(found)
            found += [block * BLOCK + offset + 1 for offset in taken]
            start += len(found) - before
            block += 1
            if start < end:  # skip the blocks without a match
                block = bisect_right(self.sums, start, block, self.complete + 1) - 1
        return found


class _Cut(NamedTuple):
    """Which of the first ``of`` lines match, without the first ``skip``; see `_Matches`."""

    matches: _Matches
    of: int
    skip: int

    @property
    def scanned(self) -> int:
        return max(min(self.matches.scanned, self.of) - self.skip, 0)

    @property
    def error(self) -> str | None:
        """Why the scan ended before all of these lines are scanned."""
        matches = self.matches
        return matches.error if matches.scanned < self.of or not matches.scanned else None

    @property
    def _first(self) -> int:
        """How many matches are left out."""
        return self.matches.before(self.skip + 1)

    @property
    def total(self) -> int:
        return self.matches.before(self.of + 1) - self._first

    def before(self, line: int) -> int:
        return self.matches.before(min(max(line, self.skip + 1), self.of + 1)) - self._first

    def lines(self, start: int, end: int) -> list[int]:
        first = self._first
        return self.matches.lines(first + start, first + min(end, self.total))


def _set_bits(bits: int) -> Iterator[int]:
    """The positions of the bits that are set, from the lowest."""
    text = bin(bits)[:1:-1]
    at = text.find("1")
    while at >= 0:
        yield at
        at = text.find("1", at + 1)


class _FilterScan:
    """A scan of one run's log under one filter, and the matches so far."""

    def __init__(self, run: int, filter: LineFilter) -> None:
        self._run = run
        self._filter = filter
        self._tree = None if filter.stage_id is None else StageSubtree(run, filter.stage_id)
        self._outside: dict[str, int] = {}  # other stages, each with a line that none of its lines precedes
        self._scanning = threading.Lock()
        self.matches = _Matches(0, 0, [], [0], 0)
        self._patterns: list[tuple[LogSearch, Pattern]] = []
        try:
            self._patterns = [(search, compiled_pattern(search)) for search in filter.patterns]
        except PatternError as error:
            self.matches = self.matches._replace(error=str(error))

    def done(self, lines: int) -> bool:
        """Whether the first ``lines`` lines are scanned, or an error ended the scan."""
        return self.matches.scanned >= lines or self.matches.error is not None

    def grow(self, db: Database, *, wait: bool) -> None:
        """Takes back what is known of lines whose stage was not inside that of the filter, and now is.

        If a thread scans, ``wait`` is whether to wait for it, else that is left to a later call.
        """
        if self._tree is None or not self._scanning.acquire(blocking=wait):
            return
        try:
            with db.read() as connection:
                if self._tree.grow(connection):
                    inside = self._inside(connection, 0, list(self._outside))
                    lines = [self._outside.pop(stage_id) for stage_id in inside]
                    self.matches = _shortened(self.matches, min(lines, default=self.matches.scanned + 1))
        finally:
            self._scanning.release()

    def scan(self, db: Database, reader: BlockReader, lines: int, until: float) -> None:
        """Scans more of the first ``lines`` lines, at least one block of the log and about until the time
        ``until``, in s of `time.perf_counter`. Only one thread scans at a time."""
        from .line_matching import SlowLine, matching  # numpy takes a while to import
        from .pattern import slow_pattern_error

        found = 0
        of_text = bool(self._filter.searches)

        def read(connection: Connection, span: BlockSpan) -> bytes | None:
            if not of_text:
                return b""
            try:
                messages = reader.messages(connection, span)
                if found:  # the next block probably has matches, too
                    reader.line_columns(connection, span)
            except DamagedBlock:
                return None  # its lines are shown without a filter, where they say so
            return messages

        with self._scanning, db.read() as connection:
            spans = blocks_table.line_spans(connection, self._run, self.matches.scanned + 1, lines)
            is_quick = reader.has_messages if of_text else lambda _: True
            for span, messages in read_ahead(db, connection, spans, is_quick, read):
                if self.done(lines):
                    return
                start = self.matches.scanned - span.first_line
                end = min(lines - span.first_line, span.lines)
                found = 0
                if messages is not None:
                    try:
                        found = matching(
                            messages,
                            partial(self._table, connection, reader, span),
                            self._filter,
                            self._patterns,
                            slice(start, end),
                            partial(self._inside, connection, self.matches.scanned + 1),
                        )
                    except SlowLine as slow:
                        error = slow_pattern_error(slow.search, span.first_line + slow.index + 1)
                        self.matches = self.matches._replace(error=str(error))
                        return
                    except DamagedBlock:
                        pass
                self.matches = _extended(self.matches, found, end - start)
                if time.perf_counter() >= until:
                    return

    def _table(self, connection: Connection, reader: BlockReader, span: BlockSpan) -> Table:
        return reader.line_columns(connection, span)["lines"]

    def _inside(self, connection: Connection, line: int, stages: list[str]) -> Collection[str]:
        """Those of the stages of lines from ``line`` on that are inside the filter's; others are noted."""
        if self._tree is None:
            return ()
        inside = self._tree.among(connection, stages) - self._filter.not_yet_inside
        for stage_id in stages:
            if stage_id not in inside:
                self._outside.setdefault(stage_id, line)
        return inside


def compiled_pattern(search: LogSearch) -> Pattern:
    """The pattern of a search. Raises `PatternError`."""
    from .pattern import pattern  # with the package regex, which most logs never need

    return pattern(search.text, search.case_sensitive)


_BLOCK_BITS: Final = (1 << BLOCK) - 1


def _extended(matches: _Matches, found: int, count: int) -> _Matches:
    """The matches after the scan of ``count`` lines more: ``found`` has a bit for each, from the lowest."""
    complete, blocks, sums = matches.complete, matches.blocks, matches.sums
    known = matches.scanned - complete * BLOCK
    rest = matches.rest | found << known
    scanned = matches.scanned + count
    while (complete + 1) * BLOCK <= scanned:
        bits = rest & _BLOCK_BITS
        blocks.append(bits)
        sums.append(sums[complete] + bits.bit_count())
        complete, rest = complete + 1, rest >> BLOCK
    return _Matches(scanned, complete, blocks, sums, rest)


def _shortened(matches: _Matches, line: int) -> _Matches:
    """The matches of the complete blocks before ``line``, if that is scanned."""
    if line > matches.scanned:
        return matches
    complete = (line - 1) // BLOCK
    sums = matches.sums[: complete + 1]
    return _Matches(complete * BLOCK, complete, matches.blocks[:complete], sums, 0)


class _FacetCounter:
    """Counts the lines of one run by stage and agent.

    ``sums`` are the counts of some first lines, at most `_BETWEEN_SUMS` apart.
    """

    def __init__(self) -> None:
        self._scanning = threading.Lock()
        self._scanned = 0
        self._agents: Counter[str] = Counter()
        self._stages: Counter[str] = Counter()
        self._sums: list[tuple[int, dict[str, int], dict[str, int]]] = [(0, {}, {})]

    def scan(self, db: Database, reader: BlockReader, run: int, lines: int) -> Facets:
        """Counts some more of the first ``lines`` lines. Only one thread counts at a time."""
        with self._scanning:
            if lines < self._scanned:
                return self._fewer(db, reader, run, lines)
            if self._scanned < lines:
                last = min(lines, self._scanned + _LINES_AT_ONCE)
                with db.read() as connection:
                    counted = log_table.facets(connection, reader, run, self._scanned + 1, last)
                _add(counted, self._agents, self._stages)
                self._scanned = last
                if last - self._sums[-1][0] >= _BETWEEN_SUMS:
                    self._sums.append((last, dict(self._agents), dict(self._stages)))
            return Facets(dict(self._agents), dict(self._stages), self._scanned, lines)

    def _fewer(self, db: Database, reader: BlockReader, run: int, lines: int) -> Facets:
        known, agents, stages = self._sums[bisect_right(self._sums, lines, key=lambda item: item[0]) - 1]
        counts = Counter(agents), Counter(stages)
        if known < lines:
            with db.read() as connection:
                _add(log_table.facets(connection, reader, run, known + 1, lines), *counts)
        return Facets(dict(counts[0]), dict(counts[1]), lines, lines)


def _less(counts: dict[str, int], before: dict[str, int]) -> dict[str, int]:
    """The counts without those of ``before``."""
    return {name: more for name, count in counts.items() if (more := count - before.get(name, 0))}


def _add(
    counted: list[tuple[str | None, str | None, int]], agents: Counter[str], stages: Counter[str]
) -> None:
    for stage_id, agent, count in counted:
        if stage_id is not None:
            stages[stage_id] += count
        if agent is not None:
            agents[agent] += count


class _FirstLines:
    """Finds the first line of each stage in the log of one run."""

    def __init__(self) -> None:
        self._scanning = threading.Lock()
        self._scanned = 0
        self._first: dict[str, int] = {}

    def scan(self, db: Database, reader: BlockReader, run: int, lines: int) -> dict[str, int]:
        with self._scanning:
            if self._scanned < lines:
                with db.read() as connection:
                    found = log_table.first_lines(
                        connection, reader, run, self._scanned + 1, lines, self._first.keys()
                    )
                self._first |= found
                self._scanned = lines
            return {stage_id: line for stage_id, line in self._first.items() if line <= lines}

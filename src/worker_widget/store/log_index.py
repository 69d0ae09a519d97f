"""An index of the log lines that pass a filter: their number, and any range of them.

Whether a line passes never changes, so each line is scanned once. The log is divided into blocks of 4,096
lines, and the index holds one bit for each line of a block: 125 kB for a million lines. A total, or a jump to
any line, costs no more than reading the rows that are shown.

A line has two numbers here: ``line``, its number in the log (from 1), and ``index``, its place among the
lines that pass the filter (from 0).
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left, bisect_right
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from itertools import islice
from math import inf
from typing import Final, NamedTuple, TypeVar

import msgspec

from . import log_table
from .database import Database
from .line_filter import EVERY_LINE, LineFilter
from .log_table import StoredLine
from .search import LogSearch, Pattern, PatternError, SlowPattern, pattern, slow_pattern_error

BLOCK: Final = 4096
"""Lines in a block."""
_LINES_AT_ONCE: Final = 8 * BLOCK
"""The most lines that one statement scans."""
_PATTERN_LINES_AT_ONCE: Final = 2 * BLOCK
"""The most lines that one statement reads for a pattern."""
_MOST_CACHED: Final = 32


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

    ``lines`` is the number of lines of the run, which may be larger in later calls. Each method first scans
    the log for about ``seconds`` (0: not at all; ``None``: to the end) and answers from the scanned part. A
    method that scans to the end raises `PatternError`.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._scans: OrderedDict[tuple[int, LineFilter], _FilterScan] = OrderedDict()
        self._facets: OrderedDict[int, _FacetCounter] = OrderedDict()

    def scan(self, run: int, filter: LineFilter, lines: int, seconds: float | None) -> LogProgress:
        """Scans the log and returns the progress."""
        matches = self._scan(run, filter, lines, seconds)
        return LogProgress(matches.total, matches.scanned, max(lines, matches.scanned), matches.error)

    def window(
        self, run: int, filter: LineFilter, lines: int, start: int, count: int, seconds: float | None
    ) -> LogWindow:
        """Reads up to ``count`` lines that pass the filter, from index ``start`` on."""
        matches = self._scan(run, filter, lines, seconds)
        start = min(max(start, 0), matches.total)
        numbers = matches.lines(start, start + count)
        if not numbers:
            return LogWindow(matches.total, start, [])
        with self._db.read() as db:
            return LogWindow(matches.total, start, log_table.read_lines(db, run, numbers))

    def matches_before(
        self, run: int, filter: LineFilter, lines: int, line: int, seconds: float | None
    ) -> int:
        """How many lines that pass the filter precede ``line``."""
        return self._scan(run, filter, lines, seconds).before(line)

    def next(
        self, run: int, filter: LineFilter, wanted: LineFilter, lines: int, start: int, direction: int
    ) -> NextLine:
        """Finds the line nearest to index ``start`` under ``filter`` that also passes ``wanted``.

        It follows ``start`` for ``direction`` 1 and precedes it for -1. After the last line the search
        continues at the first, and the reverse.
        """
        shown = self._scan(run, filter, lines, None)
        hits = self._scan(run, filter.combined(wanted), lines, None)
        if not hits.total:
            return NextLine(None, 0, 0)
        line = 0 if start < 0 else lines + 1 if start >= shown.total else shown.lines(start, start + 1)[0]
        nth = hits.before(line + 1) if direction > 0 else hits.before(line) - 1
        nth %= hits.total
        (found,) = hits.lines(nth, nth + 1)
        return NextLine(shown.before(found), nth + 1, hits.total)

    def facets(self, run: int, lines: int, seconds: float | None) -> Facets:
        """Counts the lines by agent and by stage."""
        with self._lock:
            counter = _cached(self._facets, run, _FacetCounter)
        until = inf if seconds is None else time.perf_counter() + seconds
        while not (facets := counter.scan(self._db, run, lines)).done and time.perf_counter() < until:
            pass
        return facets

    def _scan(self, run: int, filter: LineFilter, lines: int, seconds: float | None) -> _Matches | _AllLines:
        if filter == EVERY_LINE:
            return _AllLines(lines)
        with self._lock:
            scan = _cached(self._scans, (run, filter), lambda: _FilterScan(run, filter))
        until = inf if seconds is None else time.perf_counter() + seconds
        while seconds != 0 and not scan.done(lines):
            scan.scan(self._db, lines)
            if time.perf_counter() >= until:
                break
        matches = scan.matches
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
    """The matches of a filter that every line passes; see `_Matches`."""

    scanned: int
    error: None = None

    @property
    def total(self) -> int:
        return self.scanned

    def before(self, line: int) -> int:
        return min(max(line - 1, 0), self.scanned)

    def lines(self, start: int, end: int) -> list[int]:
        return list(range(start + 1, min(end, self.scanned) + 1))


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
        self._scanning = threading.Lock()
        self.matches = _Matches(0, 0, [], [0], 0)
        self._patterns: list[tuple[LogSearch, Pattern]] = []
        try:
            self._patterns = [
                (search, pattern(search.text, search.case_sensitive)) for search in filter.patterns
            ]
        except PatternError as error:
            self.matches = self.matches._replace(error=str(error))

    def done(self, lines: int) -> bool:
        """Whether the first ``lines`` lines are scanned, or an error ended the scan."""
        return self.matches.scanned >= lines or self.matches.error is not None

    def scan(self, db: Database, lines: int) -> None:
        """Scans some more of the first ``lines`` lines. Only one thread scans at a time."""
        with self._scanning:
            if self.done(lines):
                return
            matches = self.matches
            at_once = _PATTERN_LINES_AT_ONCE if self._patterns else _LINES_AT_ONCE
            last = min(lines, matches.complete * BLOCK + at_once)
            try:
                found = self._matching_lines(db, matches.scanned + 1, last)
            except PatternError as error:
                self.matches = matches._replace(error=str(error))
            else:
                self.matches = _extended(matches, found, last)

    def _matching_lines(self, db: Database, first: int, last: int) -> list[int]:
        if not self._patterns:
            with db.read() as connection:
                return log_table.matching_lines(connection, self._run, self._filter, first, last)
        with db.read() as connection:
            lines, messages = log_table.matching_messages(connection, self._run, self._filter, first, last)
        for search, compiled in self._patterns:
            try:
                found = compiled.matching(messages)
            except SlowPattern as slow:
                raise slow_pattern_error(search, lines[slow.index]) from None
            lines = [lines[index] for index in found]
            messages = [messages[index] for index in found]
        return lines


def _extended(matches: _Matches, lines: list[int], last: int) -> _Matches:
    """The matches after the scan of the lines up to ``last``, of which ``lines`` match."""
    complete, blocks, sums, rest = matches.complete, matches.blocks, matches.sums, matches.rest
    start = 0
    while complete < last // BLOCK:
        end = bisect_left(lines, (complete + 1) * BLOCK + 1, start)
        bits = rest | _bits(lines[start:end])
        blocks.append(bits)
        sums.append(sums[complete] + bits.bit_count())
        complete, start, rest = complete + 1, end, 0
    return _Matches(last, complete, blocks, sums, rest | _bits(lines[start:]))


def _bits(lines: list[int]) -> int:
    """A number with a bit set for each of these lines, which are of one block."""
    if not lines:
        return 0
    digits = bytearray(b"0" * BLOCK)
    for line in lines:
        digits[-1 - (line - 1) % BLOCK] = ord("1")
    return int(digits, 2)


class _FacetCounter:
    """Counts the lines of one run by stage and agent."""

    def __init__(self) -> None:
        self._scanning = threading.Lock()
        self._scanned = 0
        self._agents: Counter[str] = Counter()
        self._stages: Counter[str] = Counter()

    def scan(self, db: Database, run: int, lines: int) -> Facets:
        """Counts some more of the first ``lines`` lines. Only one thread counts at a time."""
        with self._scanning:
            if self._scanned < lines:
                last = min(lines, self._scanned + _LINES_AT_ONCE)
                with db.read() as connection:
                    counted = log_table.facets(connection, run, self._scanned + 1, last)
                for stage_id, agent, count in counted:
                    if stage_id is not None:
                        self._stages[stage_id] += count
                    if agent is not None:
                        self._agents[agent] += count
                self._scanned = last
            scanned = self._scanned
            return Facets(dict(self._agents), dict(self._stages), scanned, max(lines, scanned))

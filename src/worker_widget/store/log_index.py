"""Windows of a run's log: which lines a filter lets through, how many, and any stretch of them.

Whether a line matches never changes, so it is looked at once. The log is cut into blocks of 4,096
lines, and what is remembered of a block is one bit for each line: a million lines take 125 kB, and a
total, or a jump to any place, costs no more than the rows that are shown.
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
from .log_table import EVERY_LINE, LineFilter, StoredLine
from .search import LogSearch, Pattern, PatternError, Slow, pattern, slow_line

__all__ = [
    "EVERY_LINE",
    "Facets",
    "LineFilter",
    "LogIndex",
    "LogProgress",
    "LogWindow",
    "NextLine",
    "StoredLine",
]

BLOCK: Final = 4096
_SPAN: Final = 8 * BLOCK
"""How many lines one statement looks at."""
_PATTERN_SPAN: Final = 2 * BLOCK
"""How many it reads for a pattern."""
_REMEMBERED: Final = 32


class LogWindow(msgspec.Struct, frozen=True):
    """A stretch of the lines that match: ``rows`` are those from ``start`` on (from 0), of ``total``."""

    total: int
    start: int
    rows: list[StoredLine]


class LogProgress(msgspec.Struct, frozen=True):
    """How far a log is looked through: ``count`` of its first ``scanned`` lines match, of ``of``.

    With an ``error`` it goes no further: a pattern cannot be used, or takes too long.
    """

    count: int
    scanned: int
    of: int
    error: str | None = None

    @property
    def done(self) -> bool:
        """Whether there is nothing more to look at."""
        return self.scanned >= self.of or self.error is not None


class NextLine(msgspec.Struct, frozen=True):
    """A line that was looked for: its ``index`` (from 0), the ``nth`` (from 1) ``of`` so many.

    ``index`` is ``None`` where there is none.
    """

    index: int | None
    nth: int
    of: int


class Facets(msgspec.Struct, frozen=True):
    """How many lines each agent and each stage has, in the order of their first line.

    Of the first ``scanned`` lines, of as many as there are.
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
    """What is known of the logs of all runs, by run and filter. Usable from any thread.

    ``lines`` is how many lines of a run there are; a later call may say more. Each question first looks
    further through the log, for about ``seconds``: not at all for 0, to the end for ``None``. It is
    answered from what is scanned then. To the end it raises `PatternError`.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[int, LineFilter], _Matches] = OrderedDict()
        self._facets: OrderedDict[int, _Facets] = OrderedDict()

    def scan(self, run: int, only: LineFilter, lines: int, seconds: float | None) -> LogProgress:
        """How far the log is looked through."""
        known = self._look(run, only, lines, seconds)
        return LogProgress(known.total, known.scanned, max(lines, known.scanned), known.error)

    def window(
        self, run: int, only: LineFilter, lines: int, start: int, count: int, seconds: float | None
    ) -> LogWindow:
        """``count`` lines that match from the ``start``-th on (from 0)."""
        known = self._look(run, only, lines, seconds)
        start = min(max(start, 0), known.total)
        numbers = known.numbers(start, start + count)
        if not numbers:
            return LogWindow(known.total, start, [])
        with self._db.read() as db:
            return LogWindow(known.total, start, log_table.rows(db, run, numbers))

    def before(self, run: int, only: LineFilter, lines: int, n: int, seconds: float | None) -> int:
        """How many lines that match stand before the ``n``-th of the log."""
        return self._look(run, only, lines, seconds).before(n)

    def next(
        self, run: int, only: LineFilter, want: LineFilter, lines: int, start: int, way: int
    ) -> NextLine:
        """The line nearest to the index ``start`` under ``only`` that ``want`` lets through too.

        After it with ``way`` 1, before it with -1; past the last it goes on at the first.
        """
        shown = self._look(run, only, lines, None)
        wanted = self._look(run, only.both(want), lines, None)
        if not wanted.total:
            return NextLine(None, 0, 0)
        here = 0 if start < 0 else lines + 1 if start >= shown.total else shown.numbers(start, start + 1)[0]
        nth = wanted.before(here + 1) if way > 0 else wanted.before(here) - 1
        nth %= wanted.total
        (n,) = wanted.numbers(nth, nth + 1)
        return NextLine(shown.before(n), nth + 1, wanted.total)

    def facets(self, run: int, lines: int, seconds: float | None) -> Facets:
        """Who and what the log tells of."""
        with self._lock:
            facets = _recent(self._facets, run, _Facets)
        until = inf if seconds is None else time.perf_counter() + seconds
        while not (told := facets.scan(self._db, run, lines)).done and time.perf_counter() < until:
            pass
        return told

    def _look(self, run: int, only: LineFilter, lines: int, seconds: float | None) -> _Known | _Every:
        if only == EVERY_LINE:
            return _Every(lines)
        with self._lock:
            matches = _recent(self._known, (run, only), lambda: _Matches(run, only))
        until = inf if seconds is None else time.perf_counter() + seconds
        while seconds != 0 and not matches.done(lines):
            matches.scan(self._db, lines)
            if time.perf_counter() >= until:
                break
        known = matches.known
        if known.error is not None and seconds is None:
            raise PatternError(known.error)
        return known


_K = TypeVar("_K")
_V = TypeVar("_V")


def _recent(known: OrderedDict[_K, _V], key: _K, make: Callable[[], _V]) -> _V:
    """What is known by ``key``, made if it is not; what was not asked for longest is forgotten."""
    value = known.pop(key, None) or make()
    known[key] = value
    if len(known) > _REMEMBERED:
        known.popitem(last=False)
    return value


class _Every(NamedTuple):
    """All lines match."""

    scanned: int
    error: None = None

    @property
    def total(self) -> int:
        return self.scanned

    def before(self, n: int) -> int:
        return min(max(n - 1, 0), self.scanned)

    def numbers(self, start: int, end: int) -> list[int]:
        return list(range(start + 1, min(end, self.scanned) + 1))


class _Known(NamedTuple):
    """Which of the first ``scanned`` lines match.

    ``blocks`` holds a bit for each line of each complete block, ``sums`` how many matches stand before
    each: both may have grown since, so that only the first ``complete`` count. ``rest`` are the bits of
    the lines behind those. ``error`` says why there will be no more.
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

    def before(self, n: int) -> int:
        """How many matches stand before line ``n``."""
        n = min(max(n, 1), self.scanned + 1)
        block, offset = divmod(n - 1, BLOCK)
        bits = self.rest if block >= self.complete else self.blocks[block]
        return self.sums[block] + (bits & ((1 << offset) - 1)).bit_count()

    def numbers(self, start: int, end: int) -> list[int]:
        """The numbers of the matches ``start`` to ``end`` (exclusive, from 0)."""
        end = min(end, self.total)
        found: list[int] = []
        block = bisect_right(self.sums, start, 0, self.complete + 1) - 1
        while start < end:
            bits = self.rest if block == self.complete else self.blocks[block]
            inside = start - self.sums[block]
            taken = islice(_ones(bits), inside, inside + end - start)
            before = len(found)
            found += [block * BLOCK + offset + 1 for offset in taken]
            start += len(found) - before
            block += 1
            if start < end:  # over the blocks without a match
                block = bisect_right(self.sums, start, block, self.complete + 1) - 1
        return found


def _ones(bits: int) -> Iterator[int]:
    """Where ``bits`` are set, from the lowest."""
    text = bin(bits)[:1:-1]
    at = text.find("1")
    while at >= 0:
        yield at
        at = text.find("1", at + 1)


class _Matches:
    """Which lines of one run match one filter, as far as they were looked at."""

    def __init__(self, run: int, only: LineFilter) -> None:
        self._run = run
        self._only = only
        self._turn = threading.Lock()
        self.known = _Known(0, 0, [], [0], 0)
        self._patterns: list[tuple[LogSearch, Pattern]] = []
        try:
            self._patterns = [(one, pattern(one.text, one.case_sensitive)) for one in only.patterns]
        except PatternError as error:
            self.known = self.known._replace(error=str(error))

    def done(self, lines: int) -> bool:
        """Whether the first ``lines`` lines were looked at, or no more can be."""
        return self.known.scanned >= lines or self.known.error is not None

    def scan(self, db: Database, lines: int) -> None:
        """Look at some more of the first ``lines`` lines; threads take turns."""
        with self._turn:
            if self.done(lines):
                return
            known = self.known
            span = _PATTERN_SPAN if self._patterns else _SPAN
            last = min(lines, known.complete * BLOCK + span)
            try:
                self.known = _with(known, self._look(db, known.scanned + 1, last), last)
            except PatternError as error:
                self.known = known._replace(error=str(error))

    def _look(self, db: Database, first: int, last: int) -> list[int]:
        if not self._patterns:
            with db.read() as connection:
                return log_table.numbers(connection, self._run, self._only, first, last)
        with db.read() as connection:
            numbers, messages = log_table.messages(connection, self._run, self._only, first, last)
        for search, one in self._patterns:
            try:
                found = one.matching(messages)
            except Slow as slow:
                raise slow_line(search, numbers[slow.index]) from None
            numbers = [numbers[index] for index in found]
            messages = [messages[index] for index in found]
        return numbers


def _with(known: _Known, numbers: list[int], last: int) -> _Known:
    """What is known once the lines up to ``last`` are looked at, of which these match."""
    complete, blocks, sums, rest = known.complete, known.blocks, known.sums, known.rest
    start = 0
    while complete < last // BLOCK:
        end = bisect_left(numbers, (complete + 1) * BLOCK + 1, start)
        bits = rest | _bits(numbers[start:end])
        blocks.append(bits)
        sums.append(sums[complete] + bits.bit_count())
        complete, start, rest = complete + 1, end, 0
    return _Known(last, complete, blocks, sums, rest | _bits(numbers[start:]))


def _bits(numbers: list[int]) -> int:
    """Bits for lines of one block."""
    if not numbers:
        return 0
    digits = bytearray(b"0" * BLOCK)
    for n in numbers:
        digits[-1 - (n - 1) % BLOCK] = 49  # "1"
    return int(digits, 2)


class _Facets:
    """How many lines of one run each stage and agent has, as far as they were counted."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._scanned = 0
        self._agents: Counter[str] = Counter()
        self._stages: Counter[str] = Counter()

    def scan(self, db: Database, run: int, lines: int) -> Facets:
        """Count some more of the first ``lines`` lines; threads take turns."""
        with self._turn:
            if self._scanned < lines:
                last = min(lines, self._scanned + _SPAN)
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

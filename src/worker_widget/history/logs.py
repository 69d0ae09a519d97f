"""Windows of a run's log: which lines a filter lets through, how many, and any stretch of them.

The log is cut into blocks of 4,096 lines. How many lines of a complete block match a filter never
changes, so it is counted once and remembered: a total, or a jump to any place, then costs one number
for each block and the lines of one or two.
"""

from __future__ import annotations

import sqlite3
import threading
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from itertools import accumulate
from typing import Any, Final

import msgspec

from ..run.log import LEVELS
from .database import NUMBER, PLACE_BITS

BLOCK: Final = 4096
_REMEMBERED: Final = 32


class LogFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which log lines to show. What is ``None`` lets every line through.

    ``levels`` are words of `worker_widget.run.log.LEVELS`. ``text`` is looked for as it stands, no
    matter whether in lower or upper case.
    """

    levels: frozenset[str] | None = None
    stage_id: str | None = None
    agent: str | None = None
    text: str | None = None


EVERY_LINE: Final = LogFilter()


class LogRow(msgspec.Struct, frozen=True):
    """One log line. ``n`` counts the lines of its run from 1, ``position`` is that of its event."""

    n: int
    position: int
    time_us: int | None
    level: str
    stage_id: str | None
    agent: str | None
    message: str


class LogWindow(msgspec.Struct, frozen=True):
    """A stretch of the lines that match: ``rows`` are those from ``start`` on (from 0), of ``total``."""

    total: int
    start: int
    rows: list[LogRow]


class LogIndex:
    """Counts and windows of the log of any run; remembers the counts. Usable from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[int, LogFilter], list[int]] = OrderedDict()

    def total(self, db: sqlite3.Connection, run: int, lines: int, only: LogFilter) -> int:
        """How many of the first ``lines`` lines match."""
        return lines if _lets_all_through(only) else sum(self._counts(db, run, lines, only))

    def window(
        self, db: sqlite3.Connection, run: int, lines: int, only: LogFilter, start: int, count: int
    ) -> LogWindow:
        """``count`` of the first ``lines`` lines that match, from the ``start``-th on (from 0)."""
        if _lets_all_through(only):
            start = min(max(start, 0), lines)
            rows = _rows(db, run, EVERY_LINE, start + 1, min(start + count, lines), 0, count)
            return LogWindow(lines, start, rows)
        sums = list(accumulate(self._counts(db, run, lines, only), initial=0))
        total = sums[-1]
        start = min(max(start, 0), total)
        end = min(start + count, total)
        if end <= start:
            return LogWindow(total, start, [])
        first = bisect_right(sums, start) - 1
        last = bisect_left(sums, end)
        until = min(last * BLOCK, lines)
        rows = _rows(db, run, only, first * BLOCK + 1, until, start - sums[first], end - start)
        return LogWindow(total, start, rows)

    def tail(self, db: sqlite3.Connection, run: int, lines: int, only: LogFilter, count: int) -> LogWindow:
        """The last ``count`` of the first ``lines`` lines that match."""
        total = self.total(db, run, lines, only)
        return self.window(db, run, lines, only, max(0, total - count), count)

    def index(self, db: sqlite3.Connection, run: int, lines: int, only: LogFilter, position: int) -> int:
        """How many of the first ``lines`` lines that match stand before the event at ``position``."""
        place = (run << PLACE_BITS) | position
        before, end = 0, lines
        while before < end:
            middle = (before + end + 1) // 2
            (event,) = db.execute(
                "SELECT event FROM log WHERE place = ?", ((run << PLACE_BITS) | middle,)
            ).fetchone()
            if event < place:
                before = middle
            else:
                end = middle - 1
        return self.total(db, run, before, only)

    def _counts(self, db: sqlite3.Connection, run: int, lines: int, only: LogFilter) -> list[int]:
        """Matching lines of each block, the last of which may be incomplete."""
        complete = lines // BLOCK
        with self._lock:
            known = self._known.get((run, only), [])[:complete]
        counts = known + _count_blocks(db, run, only, len(known) * BLOCK + 1, lines)
        if complete > len(known):
            with self._lock:
                self._known[run, only] = counts[:complete]
                self._known.move_to_end((run, only))
                if len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)
        return counts


def _lets_all_through(only: LogFilter) -> bool:
    return only.levels is None and only.stage_id is None and only.agent is None and not only.text


def _count_blocks(db: sqlite3.Connection, run: int, only: LogFilter, first: int, last: int) -> list[int]:
    if first > last:
        return []
    base = run << PLACE_BITS
    condition, values = _condition(only)
    (counts,) = db.execute(
        f"""WITH RECURSIVE block (first) AS (
                SELECT ? UNION ALL SELECT first + {BLOCK} FROM block WHERE first + {BLOCK} <= ?
            )
            SELECT json_group_array((
                SELECT count(*) FROM log
                WHERE log.place BETWEEN block.first AND min(block.first + {BLOCK - 1}, ?){condition}
            )) FROM block""",
        (base | first, base | last, base | last, *values),
    ).fetchone()
    return msgspec.json.decode(counts, type=list[int])


_Row = tuple[int, int, int | None, int, str | None, str | None, str]


def _rows(
    db: sqlite3.Connection, run: int, only: LogFilter, first: int, last: int, skip: int, count: int
) -> list[LogRow]:
    """Lines ``first`` to ``last`` that match, without the first ``skip`` of them, ``count`` at most."""
    base = run << PLACE_BITS
    condition, values = _condition(only)
    (rows,) = db.execute(
        f"""SELECT json_group_array(json_array(
                place & {NUMBER}, event & {NUMBER}, time_us, level, stage_id, agent, message
            )) FROM (
                SELECT log.*, events.time_us FROM log JOIN events ON events.place = log.event
                WHERE log.place BETWEEN ? AND ?{condition} ORDER BY log.place LIMIT ? OFFSET ?
            )""",
        (base | first, base | last, *values, count, skip),
    ).fetchone()
    return [
        LogRow(n, position, time_us, LEVELS[level], stage_id, agent, message)
        for n, position, time_us, level, stage_id, agent, message in msgspec.json.decode(
            rows, type=list[_Row]
        )
    ]


def _condition(only: LogFilter) -> tuple[str, list[Any]]:
    condition = ""
    values: list[Any] = []
    if only.levels is not None:
        numbers = ",".join(str(number) for number, word in enumerate(LEVELS) if word in only.levels)
        condition += f" AND log.level IN ({numbers})"
    if only.stage_id is not None:
        condition += " AND log.stage_id = ?"
        values.append(only.stage_id)
    if only.agent is not None:
        condition += " AND log.agent = ?"
        values.append(only.agent)
    if only.text:
        # lower() knows ASCII letters only. A function of ours could do all of them, but would have to
        # get the interpreter's lock for every line; so the text's other letters are put in lower case
        # by replace(), one by one.
        text = only.text.encode(errors="replace").decode().lower()
        message = "lower(log.message)"
        for letter in sorted(set(text)):
            upper = letter.upper()
            if not letter.isascii() and upper != letter and len(upper) == 1:
                message = f"replace({message}, ?, ?)"
                values += (upper, letter)
        condition += f" AND instr({message}, ?) > 0"
        values.append(text)
    return condition, values

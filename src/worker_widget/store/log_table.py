"""The log lines of a run in SQL: which match, what they say, and where in the log a moment is.

Lines are named by their number in the run, from 1. Each question is one statement with one row for an
answer (see `database`); only a very long message is read by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection
from typing import Any, Final

import msgspec

from ..state.log_line import LEVELS, Level
from .database import NUMBER, PLACE_BITS
from .search import LogSearch, two_cases

_LONG_CHARS: Final = 16_000
_FAR_US: Final = 1 << 62
_TIMELESS: Final = 256
"""How far back to look for a line whose event told a time."""


class LineFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which log lines to show. What is ``None`` lets every line through.

    ``levels`` are words of `worker_widget.state.log_line.LEVELS`. Of ``searches`` all must match.
    """

    levels: frozenset[str] | None = None
    stage_id: str | None = None
    agent: str | None = None
    searches: frozenset[LogSearch] = frozenset()

    @property
    def patterns(self) -> list[LogSearch]:
        """The searches that SQL cannot do."""
        return [search for search in self.searches if search.regex]

    def both(self, other: LineFilter) -> LineFilter:
        """What lets through what this and ``other`` let through."""
        levels = self.levels if other.levels is None else other.levels
        if self.levels is not None and other.levels is not None:
            levels = self.levels & other.levels
        contrary = _contrary(self.stage_id, other.stage_id) or _contrary(self.agent, other.agent)
        return LineFilter(
            levels=frozenset() if contrary else levels,
            stage_id=self.stage_id if other.stage_id is None else other.stage_id,
            agent=self.agent if other.agent is None else other.agent,
            searches=self.searches | other.searches,
        )


EVERY_LINE: Final = LineFilter()


def _contrary(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other


class StoredLine(msgspec.Struct, frozen=True):
    """One log line. ``line`` counts the lines of its run from 1, ``position`` is that of its event.

    ``message`` is plain text; ``styled`` is the message as it came, where that has control sequences.
    """

    line: int
    position: int
    time_us: int | None
    level: Level
    stage_id: str | None
    agent: str | None
    message: str
    styled: str | None = None


def numbers(db: Connection, run: int, only: LineFilter, first: int, last: int) -> list[int]:
    """Which of the lines ``first`` to ``last`` match, as far as SQL can tell: without the patterns."""
    base = run << PLACE_BITS
    condition, values = _condition(only)
    (found,) = db.execute(
        f"SELECT json_group_array(place & {NUMBER}) FROM log WHERE place BETWEEN ? AND ?{condition}",
        (base | first, base | last, *values),
    ).fetchone()
    return msgspec.json.decode(found, type=list[int])


def messages(
    db: Connection, run: int, only: LineFilter, first: int, last: int
) -> tuple[list[int], list[str]]:
    """The lines that `numbers` tells, and their messages."""
    base = run << PLACE_BITS
    condition, values = _condition(only)
    # Where all are wanted, their numbers need not be told.
    told = f"json_group_array(place & {NUMBER})" if condition else "NULL"
    found, said = db.execute(
        f"""SELECT {told}, json_group_array({_short("message")})
            FROM log WHERE place BETWEEN ? AND ?{condition}""",
        (base | first, base | last, *values),
    ).fetchone()
    lines = list(range(first, last + 1)) if found is None else msgspec.json.decode(found, type=list[int])
    texts = msgspec.json.decode(said, type=list[str | None])
    return lines, [
        _text(db, base | n, "message") if text is None else text for n, text in zip(lines, texts, strict=True)
    ]


_Row = tuple[int, int, int | None, int, str | None, str | None, str | None, str | None, bool]


def rows(db: Connection, run: int, lines: Sequence[int]) -> list[StoredLine]:
    """The lines of these numbers, in order."""
    base = run << PLACE_BITS
    (found,) = db.execute(
        f"""SELECT json_group_array(json_array(
                place & {NUMBER}, event & {NUMBER}, time_us, level, stage_id, agent,
                {_short("message")}, {_short("styled")}, json(iif(styled IS NULL, 'false', 'true'))
            )) FROM (
                SELECT log.*, events.time_us FROM log JOIN events ON events.place = log.event
                WHERE log.place IN (SELECT ? | value FROM json_each(?)) ORDER BY log.place
            )""",
        (base, msgspec.json.encode(lines).decode()),
    ).fetchone()
    told = []
    for n, position, time_us, level, stage_id, agent, message, styled, is_styled in msgspec.json.decode(
        found, type=list[_Row]
    ):
        if message is None:
            message = _text(db, base | n, "message")
        if styled is None and is_styled:
            styled = _text(db, base | n, "styled")
        told.append(StoredLine(n, position, time_us, LEVELS[level], stage_id, agent, message, styled))
    return told


def facets(db: Connection, run: int, first: int, last: int) -> list[tuple[str | None, str | None, int]]:
    """How many of these lines each stage and agent has, in the order of their first."""
    base = run << PLACE_BITS
    (found,) = db.execute(
        """SELECT json_group_array(json_array(stage_id, agent, lines)) FROM (
               SELECT stage_id, agent, count(*) AS lines FROM log WHERE place BETWEEN ? AND ?
               GROUP BY stage_id, agent ORDER BY min(place)
           )""",
        (base | first, base | last),
    ).fetchone()
    return msgspec.json.decode(found, type=list[tuple[str | None, str | None, int]])


def before_position(db: Connection, run: int, lines: int, position: int) -> int:
    """How many of the first ``lines`` lines stand before the event at ``position``."""
    event = "SELECT event FROM log WHERE place = :base + {n}"
    return _before(db, run, lines, event, (run << PLACE_BITS) | min(max(position, 0), NUMBER))


def before_time(db: Connection, run: int, lines: int, time_us: int) -> int:
    """How many of the first ``lines`` lines are from before ``time_us``, going by the order of the log.

    Where times go back and forth, this is one of the places where they pass that moment. Lines that tell
    no time are from when the last one before them is.
    """
    told = f"""SELECT time_us FROM log JOIN events ON events.place = log.event
               WHERE log.place > :base + max({{n}} - {_TIMELESS}, 0) AND log.place <= :base + {{n}}
               AND time_us IS NOT NULL ORDER BY log.place DESC LIMIT 1"""
    told = f"SELECT ifnull(({told}), :wanted - 1)"
    return _before(db, run, lines, told, min(max(time_us, -_FAR_US), _FAR_US))


def _before(db: Connection, run: int, lines: int, value: str, wanted: int) -> int:
    """How many lines have a smaller value than is wanted; found by halving, in one statement."""
    less = f"({value.format(n='(low + high + 1) / 2')}) < :wanted"
    (before,) = db.execute(
        f"""WITH RECURSIVE halves (low, high) AS (
                SELECT 0, :lines UNION ALL
                SELECT iif({less}, (low + high + 1) / 2, low), iif({less}, high, (low + high + 1) / 2 - 1)
                FROM halves WHERE low < high
            )
            SELECT low FROM halves WHERE low >= high""",
        {"base": run << PLACE_BITS, "lines": lines, "wanted": wanted},
    ).fetchone()
    return int(before)


def _short(column: str) -> str:
    """The text of a column where it is not very long: all texts of a statement must fit into one."""
    return f"iif(length({column}) > {_LONG_CHARS}, NULL, {column})"


def _text(db: Connection, place: int, column: str) -> str:
    (text,) = db.execute(f"SELECT {column} FROM log WHERE place = ?", (place,)).fetchone()
    return str(text)


def _condition(only: LineFilter) -> tuple[str, list[Any]]:
    condition = ""
    values: list[Any] = []
    if only.levels is not None:
        words = ",".join(str(number) for number, word in enumerate(LEVELS) if word in only.levels)
        condition += f" AND level IN ({words})"
    if only.stage_id is not None:
        condition += " AND stage_id = ?"
        values.append(only.stage_id)
    if only.agent is not None:
        condition += " AND agent = ?"
        values.append(only.agent)
    for search in only.searches:
        if search.regex or not search.text:
            continue
        text = search.text.encode(errors="replace").decode()
        message = "message"
        if not search.case_sensitive:
            # lower() knows ASCII letters only. A function of ours could do all of them, but would have
            # to get the interpreter's lock for every line; so the text's other letters are put in lower
            # case by replace(), one by one.
            text = text.lower()
            message = "lower(message)"
            for upper, lower in two_cases(text):
                message = f"replace({message}, ?, ?)"
                values += (upper, lower)
        condition += f" AND instr({message}, ?) > 0"
        values.append(text)
    return condition, values

"""The SQL of a run's log lines: which lines match, their contents, and the lines before a position or time.

Lines are identified by their number in the run, from 1. Each function executes one statement that returns one
row (see `database`); only a very long message is read by a statement of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection
from typing import Any, Final

import msgspec

from ..state.log_line import LEVELS, Level
from .database import NUMBER_MASK, ROW_BITS
from .line_filter import LineFilter
from .search import case_pairs

_LONG_CHARS: Final = 16_000
_FAR_US: Final = 1 << 62
_LINES_WITHOUT_TIME: Final = 256
"""How many lines to look back for a line with a time."""


class StoredLine(msgspec.Struct, frozen=True):
    """A log line in the store. ``line`` is its number in the run (from 1), ``position`` that of its event.

    ``message`` is plain text; ``styled`` is the original message, if that has control sequences.
    """

    line: int
    position: int
    time_us: int | None
    level: Level
    stage_id: str | None
    agent: str | None
    message: str
    styled: str | None = None


def matching_lines(db: Connection, run: int, filter: LineFilter, first: int, last: int) -> list[int]:
    """Which of the lines ``first`` to ``last`` pass the filter, its patterns not applied."""
    base = run << ROW_BITS
    condition, values = _condition(filter)
    (found,) = db.execute(
        f"SELECT json_group_array(row_key & {NUMBER_MASK}) FROM log WHERE row_key BETWEEN ? AND ?{condition}",
        (base | first, base | last, *values),
    ).fetchone()
    return msgspec.json.decode(found, type=list[int])


def matching_messages(
    db: Connection, run: int, filter: LineFilter, first: int, last: int
) -> tuple[list[int], list[str]]:
    """The lines of `matching_lines`, and their messages."""
    base = run << ROW_BITS
    condition, values = _condition(filter)
    # Without a condition every line matches: the line numbers need no query.
    numbers = f"json_group_array(row_key & {NUMBER_MASK})" if condition else "NULL"
    found, messages = db.execute(
        f"""SELECT {numbers}, json_group_array({_unless_long("message")})
            FROM log WHERE row_key BETWEEN ? AND ?{condition}""",
        (base | first, base | last, *values),
    ).fetchone()
    lines = list(range(first, last + 1)) if found is None else msgspec.json.decode(found, type=list[int])
    texts = msgspec.json.decode(messages, type=list[str | None])
    return lines, [
        _long_text(db, base | line, "message") if text is None else text
        for line, text in zip(lines, texts, strict=True)
    ]


_Row = tuple[int, int, int | None, int, str | None, str | None, str | None, str | None, bool]


def read_lines(db: Connection, run: int, lines: Sequence[int]) -> list[StoredLine]:
    """Reads the lines with these numbers, in order."""
    base = run << ROW_BITS
    (found,) = db.execute(
        f"""SELECT json_group_array(json_array(
                row_key & {NUMBER_MASK}, event_key & {NUMBER_MASK}, time_us, level, stage_id, agent,
                {_unless_long("message")}, {_unless_long("styled")},
                json(iif(styled IS NULL, 'false', 'true'))
            )) FROM (
                SELECT log.*, events.time_us FROM log JOIN events ON events.row_key = log.event_key
                WHERE log.row_key IN (SELECT ? | value FROM json_each(?)) ORDER BY log.row_key
            )""",
        (base, msgspec.json.encode(lines).decode()),
    ).fetchone()
    rows = []
    for line, position, time_us, level, stage_id, agent, message, styled, is_styled in msgspec.json.decode(
        found, type=list[_Row]
    ):
        if message is None:
            message = _long_text(db, base | line, "message")
        if styled is None and is_styled:
            styled = _long_text(db, base | line, "styled")
        rows.append(StoredLine(line, position, time_us, LEVELS[level], stage_id, agent, message, styled))
    return rows


def facets(db: Connection, run: int, first: int, last: int) -> list[tuple[str | None, str | None, int]]:
    """Counts the lines ``first`` to ``last`` by stage and agent: (stage, agent, number of lines).

    The counts are in the order of their first line.
    """
    base = run << ROW_BITS
    (found,) = db.execute(
        """SELECT json_group_array(json_array(stage_id, agent, lines)) FROM (
               SELECT stage_id, agent, count(*) AS lines FROM log WHERE row_key BETWEEN ? AND ?
               GROUP BY stage_id, agent ORDER BY min(row_key)
           )""",
        (base | first, base | last),
    ).fetchone()
    return msgspec.json.decode(found, type=list[tuple[str | None, str | None, int]])


def lines_before_position(db: Connection, run: int, lines: int, position: int) -> int:
    """How many of the first ``lines`` lines precede the event at ``position``."""
    event_key = "SELECT event_key FROM log WHERE row_key = :base + {line}"
    return _lines_before(db, run, lines, event_key, (run << ROW_BITS) | min(max(position, 0), NUMBER_MASK))


def lines_before_time(db: Connection, run: int, lines: int, time_us: int) -> int:
    """How many of the first ``lines`` lines precede ``time_us``, if their times ascend.

    If the times go back and forth, this is one of the lines at which they pass that time. A line without a
    time has the time of the last line before it that has one.
    """
    time = f"""SELECT time_us FROM log JOIN events ON events.row_key = log.event_key
               WHERE log.row_key > :base + max({{line}} - {_LINES_WITHOUT_TIME}, 0)
               AND log.row_key <= :base + {{line}}
               AND time_us IS NOT NULL ORDER BY log.row_key DESC LIMIT 1"""
    time = f"SELECT ifnull(({time}), :wanted - 1)"
    return _lines_before(db, run, lines, time, min(max(time_us, -_FAR_US), _FAR_US))


def _lines_before(db: Connection, run: int, lines: int, value: str, wanted: int) -> int:
    """How many lines have a smaller ``value`` than ``wanted``: a binary search in one statement.

    ``value`` is an SQL query for the value of ``{line}``; values ascend.
    """
    less = f"({value.format(line='(low + high + 1) / 2')}) < :wanted"
    (before,) = db.execute(
        f"""WITH RECURSIVE halves (low, high) AS (
                SELECT 0, :lines UNION ALL
                SELECT iif({less}, (low + high + 1) / 2, low), iif({less}, high, (low + high + 1) / 2 - 1)
                FROM halves WHERE low < high
            )
            SELECT low FROM halves WHERE low >= high""",
        {"base": run << ROW_BITS, "lines": lines, "wanted": wanted},
    ).fetchone()
    return int(before)


def _unless_long(column: str) -> str:
    """SQL for a text that is NULL if very long: one result must hold all texts of a statement."""
    return f"iif(length({column}) > {_LONG_CHARS}, NULL, {column})"


def _long_text(db: Connection, row_key: int, column: str) -> str:
    (text,) = db.execute(f"SELECT {column} FROM log WHERE row_key = ?", (row_key,)).fetchone()
    return str(text)


def _condition(filter: LineFilter) -> tuple[str, list[Any]]:
    condition = ""
    values: list[Any] = []
    if filter.levels is not None:
        words = ",".join(str(number) for number, word in enumerate(LEVELS) if word in filter.levels)
        condition += f" AND level IN ({words})"
    if filter.stage_id is not None:
        condition += " AND stage_id = ?"
        values.append(filter.stage_id)
    if filter.agent is not None:
        condition += " AND agent = ?"
        values.append(filter.agent)
    for search in filter.searches:
        if search.regex or not search.text:
            continue
        text = search.text.encode(errors="replace").decode()
        message = "message"
        if not search.case_sensitive:
            # SQLite's lower() converts only ASCII letters. A Python function for all letters would need the
            # interpreter's lock for every line, so replace() converts each other letter of the text.
            text = text.lower()
            message = "lower(message)"
            for upper, lower in case_pairs(text):
                message = f"replace({message}, ?, ?)"
                values += (upper, lower)
        condition += f" AND instr({message}, ?) > 0"
        values.append(text)
    return condition, values

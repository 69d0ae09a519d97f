"""The lines of a run's log, read from its blocks: their contents and counts, and those before a position or
time.

Lines are identified by their number in the run, from 1.
"""

from __future__ import annotations

import warnings
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Sequence
from sqlite3 import Connection
from typing import Final

import msgspec

from ..state.log_line import LEVELS, Level
from . import blocks_table
from .blocks.columns import NO_INTEGER, ColumnKind, ends, numbers, texts, words
from .blocks_table import BlockReader, BlockSpan, DamagedBlock

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


def read_lines(db: Connection, reader: BlockReader, run: int, lines: Sequence[int]) -> list[StoredLine]:
    """Reads the lines with these numbers, which ascend."""
    if not lines:
        return []
    found: list[StoredLine] = []
    start = 0
    for span in blocks_table.line_spans(db, run, lines[0], lines[-1]):
        end = bisect_left(lines, span.first_line + span.lines + 1, start)
        if end > start:
            indexes = [line - span.first_line - 1 for line in lines[start:end]]
            try:
                found += _block_lines(db, reader, span, indexes)
            except DamagedBlock as error:
                warnings.warn(str(error), blocks_table.DamageWarning, stacklevel=2)
                found += [_damaged_line(span, index) for index in indexes]
            start = end
    return found


def _damaged_line(span: BlockSpan, index: int) -> StoredLine:
    message = "This line is damaged in the history."
    return StoredLine(span.first_line + index + 1, span.position, None, "error", None, None, message)


def _block_lines(
    db: Connection, reader: BlockReader, span: BlockSpan, indexes: Sequence[int]
) -> list[StoredLine]:
    rows: list[StoredLine] = []
    tables = reader.line_columns(db, span)
    table = tables["lines"]
    times = numbers(ColumnKind.INTEGER, reader.columns(db, span)["events"]["time"])
    positions = numbers(ColumnKind.POSITION, table["position"])
    levels = numbers(ColumnKind.LEVEL, table["level"])
    lengths = numbers(ColumnKind.POSITION, table["length"])
    stages, agents = words(table["stage_id"]), words(table["agent"])
    messages = reader.messages(db, span)
    message_ends = ends(table["length"], separator=1)
    styled: dict[int, str | None] = {}
    if "styled" in tables:
        originals = tables["styled"]
        styled = dict(
            zip(numbers(ColumnKind.POSITION, originals["position"]), texts(originals["text"]), strict=True)
        )
    for index in indexes:
        position = positions[index]
        time_us = times[position - span.position]
        message = messages[message_ends[index] - lengths[index] : message_ends[index]]
        rows.append(
            StoredLine(
                line=span.first_line + index + 1,
                position=position,
                time_us=None if time_us == NO_INTEGER else time_us,
                level=LEVELS[levels[index]],
                stage_id=stages[index],
                agent=agents[index],
                message=message.decode("utf-8", "replace"),
                styled=styled.get(position),
            )
        )
    return rows


def facets(
    db: Connection, reader: BlockReader, run: int, first: int, last: int
) -> list[tuple[str | None, str | None, int]]:
    """Counts the lines ``first`` to ``last`` by stage and agent: (stage, agent, number of lines).

    The counts are in the order of their first line.
    """
    counts: Counter[tuple[str | None, str | None]] = Counter()
    for span in blocks_table.line_spans(db, run, first, last):
        try:
            table = reader.line_columns(db, span)["lines"]
        except DamagedBlock:
            continue  # the lines themselves say so
        start, end = max(first - span.first_line - 1, 0), last - span.first_line
        stages = [None, *(table["stage_id"].words or ())]
        agents = [None, *(table["agent"].words or ())]
        codes = zip(
            numbers(ColumnKind.WORD, table["stage_id"])[start:end],
            numbers(ColumnKind.WORD, table["agent"])[start:end],
            strict=True,
        )
        for (stage, agent), count in Counter(codes).items():
            counts[stages[stage], agents[agent]] += count
    return [(stage, agent, count) for (stage, agent), count in counts.items()]


def first_lines(
    db: Connection, reader: BlockReader, run: int, first: int, last: int, known: Collection[str]
) -> dict[str, int]:
    """The first line of each stage that is not ``known``, among the lines ``first`` to ``last``."""
    found: dict[str, int] = {}
    for span in blocks_table.line_spans(db, run, first, last):
        try:
            column = reader.line_columns(db, span)["lines"]["stage_id"]
        except DamagedBlock:
            continue
        codes = {word: code for code, word in enumerate(column.words or (), 1)}
        new = [word for word in codes if word not in known and word not in found]
        if not new:
            continue
        start, end = max(first - span.first_line - 1, 0), last - span.first_line
        stages = numbers(ColumnKind.WORD, column)[start:end]
        for word in new:
            if codes[word] in stages:
                found[word] = span.first_line + start + stages.index(codes[word]) + 1
    return found


def lines_upto(db: Connection, reader: BlockReader, run: int, position: int) -> int:
    """How many lines the first ``position`` events have."""
    found = blocks_table.event_spans(db, run, position, position) if position > 0 else []
    if not found:
        return 0
    span = found[-1]
    if position >= span.end - 1 or not span.lines:
        return span.first_line + span.lines
    with blocks_table.skipping_damage():
        table = reader.line_columns(db, span)["lines"]
        return span.first_line + bisect_right(numbers(ColumnKind.POSITION, table["position"]), position)
    return span.first_line


def lines_before_position(db: Connection, reader: BlockReader, run: int, lines: int, position: int) -> int:
    """How many of the first ``lines`` lines precede the event at ``position``."""
    found = blocks_table.event_spans(db, run, position, position) if position > 0 else []
    if not found:
        return 0
    span = found[-1]
    before = span.first_line
    if span.lines and position > span.position:
        table = reader.line_columns(db, span)["lines"]
        before += bisect_left(numbers(ColumnKind.POSITION, table["position"]), position)
    return min(before, lines)


def lines_before_time(db: Connection, reader: BlockReader, run: int, lines: int, time_us: int) -> int:
    """How many of the first ``lines`` lines precede ``time_us``, if their times ascend.

    If the times go back and forth, this is one of the lines at which they pass that time. A line without a
    time has the time of the last line before it that has one.
    """
    spans = blocks_table.line_spans(db, run, 1, lines)
    low, high = 0, len(spans)
    while low < high:  # the first block whose last line has that time
        middle = (low + high) // 2
        if _last_time(db, reader, spans[: middle + 1], time_us, lines) < time_us:
            low = middle + 1
        else:
            high = middle
    if low == len(spans):
        return lines
    span = spans[low]
    known = _last_time(db, reader, spans[:low], time_us, lines)
    ascending: list[int] = []
    for line_time in _line_times(db, reader, span, lines):
        known = known if line_time == NO_INTEGER else line_time
        ascending.append(known)
    return min(span.first_line + bisect_left(ascending, time_us), lines)


def _last_time(
    db: Connection, reader: BlockReader, spans: Sequence[BlockSpan], time_us: int, lines: int
) -> int:
    """The time of the last line of these blocks that is one of the first ``lines`` lines of the log.

    It is one before ``time_us`` if the last lines have none.
    """
    checked = 0
    for span in reversed(spans):
        for line_time in reversed(_line_times(db, reader, span, lines)):
            if line_time != NO_INTEGER:
                return line_time
            checked += 1
            if checked == _LINES_WITHOUT_TIME:
                return time_us - 1
    return time_us - 1


def _line_times(db: Connection, reader: BlockReader, span: BlockSpan, lines: int) -> list[int]:
    """The times of a block's lines up to the number ``lines``; `NO_INTEGER` for a line without one."""
    times = numbers(ColumnKind.INTEGER, reader.columns(db, span)["events"]["time"])
    positions = numbers(ColumnKind.POSITION, reader.line_columns(db, span)["lines"]["position"])
    return [times[position - span.position] for position in positions[: max(lines - span.first_line, 0)]]

"""Which lines of blocks of the log pass a filter. Pure functions on columns, in numpy."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, TypeAlias

import numpy as np

from ..state.log_line import LEVELS
from ..state.normal_forms import normal_forms
from .blocks.columns import Column, Table
from .line_filter import LineFilter
from .log_search import LogSearch, case_pairs, lowered
from .marks import folded
from .pattern import Pattern, SlowPattern
from .text_places import text_places

LineIndexes: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"
"""Indexes of lines of a block."""
Mask: TypeAlias = "np.ndarray[Any, np.dtype[np.bool_]]"
"""Whether each line of a block passes."""

_LINE_FEED: Final = ord("\n")


class LineBlock:
    """The lines of a block: their columns, and their messages, each followed by a line feed."""

    def __init__(self, table: Table, messages: bytes) -> None:
        self._table = table
        self.messages = messages
        lengths = np.frombuffer(table["length"].content, "<u4")
        self.ends = np.cumsum(lengths + np.uint32(1), dtype=np.int64)
        self._lengths = lengths

    def __len__(self) -> int:
        return len(self.ends)

    def with_lines(self, lines: LineIndexes) -> Mask:
        """The lines with these indexes."""
        mask = np.zeros(len(self), bool)
        mask[lines] = True
        return mask

    def with_levels(self, levels: frozenset[str]) -> Mask:
        """The lines with one of these levels."""
        wanted = np.array([word in levels for word in LEVELS])
        mask: Mask = wanted[np.frombuffer(self._table["level"].content, "u1")]
        return mask

    def with_words(self, name: str, words: Collection[str]) -> Mask:
        """The lines with one of these words in the column ``stage_id`` or ``agent``."""
        column: Column = self._table[name]
        wanted = np.array([False, *(word in words for word in column.words or ())])
        mask: Mask = wanted[np.frombuffer(column.content, "<u4")]
        return mask

    @property
    def stages(self) -> list[str]:
        """The ids of the stages of the lines."""
        return self._table["stage_id"].words or []

    def with_text(self, search: LogSearch, places: LineIndexes | None) -> LineIndexes:
        """The lines whose message contains the literal text of a search.

        ``places`` are those of `searched_places` in the messages.
        """
        if places is None:
            messages = enumerate(self.texts(range(len(self))))
            return np.array([index for index, message in messages if _has_text(message, search)], np.int64)
        lines = self.at(places)
        if "\n" in search.text:  # a match can cross the end of a message
            text = search.text if search.case_sensitive else lowered(search.text)
            return lines[places + len(text.encode("utf-8", "replace")) < self.ends[lines]]
        return lines

    def at(self, places: LineIndexes) -> LineIndexes:
        """The lines that have the characters at these places of the messages."""
        return np.searchsorted(self.ends, places, "right")

    def texts(self, indexes: Any) -> list[str]:
        """The messages of these lines."""
        return [
            self.messages[self.ends[index] - 1 - self._lengths[index] : self.ends[index] - 1].decode(
                "utf-8", "replace"
            )
            for index in indexes
        ]


def _has_text(message: str, search: LogSearch) -> bool:
    if search.case_sensitive:
        return any(form in message for form in normal_forms(search.text))
    return any((text := lowered(form)) in folded(message, text) for form in normal_forms(search.text))


def searched_places(messages: bytes, search: LogSearch) -> LineIndexes | None:
    """Where the literal text of a search is in the messages of blocks, in either normal form, in order.

    ``None`` if each message must be searched separately: they have a letter whose lower case has another
    length, or the forms of a text of several lines differ.
    """
    forms = normal_forms(search.text)
    if len(forms) == 1:
        return _places_of(messages, forms[0], search.case_sensitive)
    if "\n" in search.text:
        return None
    places = [_places_of(messages, form, search.case_sensitive) for form in forms]
    found = [each for each in places if each is not None]
    return np.unique(np.concatenate(found)) if len(found) == len(places) else None


def _places_of(messages: bytes, searched: str, case_sensitive: bool) -> LineIndexes | None:
    if case_sensitive:
        return text_places(messages, searched.encode("utf-8", "replace"))
    text = lowered(searched)
    for variant, letter in case_pairs(text):
        large, small = variant.encode(), letter.encode()
        if large in messages:
            if len(large) != len(small):
                return None
            messages = messages.replace(large, small)
    return text_places(messages, text.encode("utf-8", "replace"), ignoring_case=True)


def line_counts(
    search: LogSearch, compiled: Pattern | None, blocks: Sequence[bytes], lines: Sequence[int]
) -> list[int | None]:
    """How many lines of each block match, by the messages alone; ``lines`` are the numbers of lines.

    ``None`` for a block whose lines must be known: a message has more than one line, or the search needs
    each message separately.
    """
    if not search.text and compiled is None:
        return list(lines)
    messages = b"".join(blocks)
    if compiled is None:
        places = searched_places(messages, search)
    else:
        places = _pattern_places(compiled, messages, sum(lines))
    if places is None:
        if len(blocks) == 1:
            return [None]
        return [
            line_counts(search, compiled, [block], [count])[0]
            for block, count in zip(blocks, lines, strict=True)
        ]
    if not len(places):
        return [0] * len(blocks)
    ends = np.cumsum([0, *map(len, blocks)])
    in_block = np.searchsorted(ends, places, "right") - 1
    first, last = int(in_block[0]), int(in_block[-1])
    codes = np.frombuffer(messages, "u1")[ends[first] : ends[last + 1]]
    line_feeds = np.flatnonzero(codes == _LINE_FEED) + ends[first]
    in_line = np.searchsorted(line_feeds, places)
    distinct = np.append(True, np.diff(in_line) > 0)
    counts = np.bincount(in_block[distinct], minlength=len(blocks)).tolist()
    known = np.diff(np.searchsorted(line_feeds, ends)).tolist()
    return [
        None if count and ("\n" in search.text or known[index] != lines[index]) else count
        for index, count in enumerate(counts)
    ]


def matching(
    messages: bytes,
    columns: Callable[[], Table],
    filter: LineFilter,
    patterns: list[tuple[LogSearch, Pattern]],
    wanted: slice,
    inside: Callable[[list[str]], Collection[str]],
) -> int:
    """Which of the ``wanted`` lines of a block pass the filter: a bit for each, the lowest for the first.

    ``messages`` are those of the lines, each followed by a line feed (empty if the filter searches no text),
    and ``columns`` reads the table of the lines, if it is needed. ``patterns`` are those of the filter,
    compiled; ``inside`` finds which of some stages are inside the filter's stage. Raises `SlowLine` for a
    pattern that takes too long.
    """
    texts = []
    for search in filter.searches:
        if not search.regex and search.text:
            places = searched_places(messages, search)
            if places is not None and not len(places):
                return 0
            texts.append((search, places))
    block = LineBlock(columns(), messages)
    passing = np.zeros(len(block), bool)
    passing[wanted] = True
    if filter.levels is not None:
        passing &= block.with_levels(filter.levels)
    if filter.stage_id is not None:
        passing &= block.with_words("stage_id", inside(block.stages))
    if filter.agent is not None:
        passing &= block.with_words("agent", (filter.agent,))
    for search, places in texts:
        passing &= block.with_lines(block.with_text(search, places))
    for search, pattern in patterns:
        passing &= block.with_lines(_with_pattern(block, search, pattern, np.flatnonzero(passing)))
    return int.from_bytes(np.packbits(passing[wanted], bitorder="little").tobytes(), "little")


class SlowLine(Exception):
    """A pattern takes too long for the line at ``index`` of a block."""

    def __init__(self, search: LogSearch, index: int) -> None:
        super().__init__(search, index)
        self.search, self.index = search, index


def _with_pattern(block: LineBlock, search: LogSearch, pattern: Pattern, lines: LineIndexes) -> LineIndexes:
    """The lines whose message matches a pattern, at least those of ``lines``."""
    if len(lines) * 4 >= len(block):  # most lines remain: the whole block is searched at once
        places = _pattern_places(pattern, block.messages, len(block))
        if places is not None:
            return block.at(places)
    try:
        found = pattern.matching(block.texts(lines.tolist()))
    except SlowPattern as slow:
        raise SlowLine(search, int(lines[slow.index])) from None
    return lines[np.array(found, np.int64)]


def _pattern_places(pattern: Pattern, messages: bytes, lines: int) -> LineIndexes | None:
    """`Pattern.places` in messages; ``None`` also if one of them has more than one line."""
    if np.count_nonzero(np.frombuffer(messages, "u1") == _LINE_FEED) != lines:
        return None
    places = pattern.places(messages, lines)
    return None if places is None else np.array(places, np.int64)

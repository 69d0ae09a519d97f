"""The values of frame columns in numpy, between the history and the libraries that hold frames.

They have the form of the history's columns (`worker_widget.store.blocks.columns`), so that most are views of
its bytes, and nothing is done for each row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import isfinite
from typing import Any, Final, TypeAlias

import msgspec
import numpy as np
from msgspec.structs import replace

from ...state.log_line import LEVELS
from ...store.blocks.columns import NO_FLAG, NO_INTEGER, NO_TEXT, Codes, Column, encoded
from .schema import FrameSchema, ValueKind

Numbers: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"
"""An array of numbers."""

DTYPES: Final[Mapping[ValueKind, str]] = {
    ValueKind.CATEGORY: "<u4",
    ValueKind.LEVEL: "<u4",
    ValueKind.TEXT: "u1",
    ValueKind.INTEGER: "<i8",
    ValueKind.NUMBER: "<f8",
    ValueKind.FLAG: "i1",
    ValueKind.TIME: "<i8",
    ValueKind.DURATION: "<i8",
}
_LIMIT: Final = 1 << 63
_LISTS: Final = (ValueKind.ALTERNATIVES, ValueKind.TAGS)
_ALTERNATIVE: Final = (ValueKind.TEXT, ValueKind.NUMBER, ValueKind.TEXT)
"""The kinds of agent, score and reason of an alternative."""


class Values(msgspec.Struct, frozen=True, eq=False):
    """The values of a column.

    ``data`` are the numbers of the rows: for categories and levels their codes, 0 for a missing one and n for
    ``words[n - 1]``; 1, 0 or `NO_FLAG` for flags; µs for times and durations; `NO_INTEGER` and NaN are
    missing. For texts ``data`` are the UTF-8 bytes of all rows and ``lengths`` those of each, `NO_TEXT` for a
    missing one. For lists ``lengths`` are the numbers of items, and ``items`` their columns.
    """

    kind: ValueKind
    data: Numbers
    lengths: Numbers | None = None
    words: tuple[str, ...] = ()
    items: tuple[Values, ...] = ()

    def __len__(self) -> int:
        return len(self.data if self.lengths is None else self.lengths)

    @property
    def missing(self) -> Numbers:
        """Whether each row is missing."""
        if self.kind is ValueKind.TEXT and self.lengths is not None:
            found: Numbers = self.lengths == NO_TEXT
        elif self.kind in _LISTS:
            found = np.zeros(len(self), bool)
        elif self.kind in (ValueKind.CATEGORY, ValueKind.LEVEL):
            found = self.data == 0
        elif self.kind is ValueKind.NUMBER:
            found = np.isnan(self.data)
        elif self.kind is ValueKind.FLAG:
            found = self.data == NO_FLAG
        else:
            found = self.data == NO_INTEGER
        return found

    @property
    def ends(self) -> Numbers:
        """Where each text or list ends, after a first 0."""
        lengths = known_lengths(self)
        ends = np.zeros(len(lengths) + 1, np.int64)
        np.cumsum(lengths, out=ends[1:])
        return ends


class FrameData(msgspec.Struct, frozen=True, eq=False):
    """The columns of a frame, by name in the order of its schema."""

    schema: FrameSchema
    columns: Mapping[str, Values]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))


def known_lengths(values: Values) -> Numbers:
    """The lengths of texts, 0 for a missing one, or the numbers of items of lists."""
    lengths = np.zeros(0, np.uint32) if values.lengths is None else values.lengths
    return np.where(lengths == NO_TEXT, 0, lengths) if values.kind is ValueKind.TEXT else lengths


# --- made from the history, from Python, and from nothing ------------------------------------------


def stored(kind: ValueKind, column: Column) -> Values:
    """A view of a column of the history."""
    lengths = None if column.lengths is None else np.frombuffer(column.lengths, "<u4")
    data = np.frombuffer(column.content, DTYPES[kind])
    return Values(kind, data, lengths, tuple(column.words or ()))


def stored_levels(column: Column) -> Values:
    """The levels of a block's lines, which the history never misses."""
    return Values(ValueKind.LEVEL, np.frombuffer(column.content, "u1").astype(np.uint32) + 1, words=LEVELS)


def constant_word(word: str, rows: int) -> Values:
    """The same word in each row."""
    return Values(ValueKind.CATEGORY, np.full(rows, 1, np.uint32), words=(word,))


def constant(kind: ValueKind, rows: int) -> Values:
    """A column of missing values, or of empty lists."""
    if kind in _LISTS:
        items = _ALTERNATIVE if kind is ValueKind.ALTERNATIVES else (ValueKind.TEXT,)
        return Values(
            kind, np.zeros(0), np.zeros(rows, np.uint32), items=tuple(constant(k, 0) for k in items)
        )
    if kind is ValueKind.TEXT:
        return Values(kind, np.zeros(0, np.uint8), np.full(rows, NO_TEXT, np.uint32))
    fill: float = {ValueKind.NUMBER: np.nan, ValueKind.FLAG: NO_FLAG}.get(
        kind, 0 if kind in (ValueKind.CATEGORY, ValueKind.LEVEL) else NO_INTEGER
    )
    words = LEVELS if kind is ValueKind.LEVEL else ()
    return Values(kind, np.full(rows, fill, DTYPES[kind]), words=words)


def made(kind: ValueKind, values: Sequence[Any]) -> Values:
    """A column of Python values, of which ``None`` is a missing one.

    A number that its column cannot hold is a missing one: a server may send any.
    """
    match kind:
        case ValueKind.CATEGORY:
            codes = Codes()
            data = np.fromiter((codes[value] for value in values), np.uint32, len(values))
            return Values(kind, data, words=tuple(encoded(word).decode() for word in codes.words))
        case ValueKind.TEXT:
            texts = [None if value is None else encoded(value) for value in values]
            sizes = np.fromiter(
                (NO_TEXT if text is None else len(text) for text in texts), np.uint32, len(texts)
            )
            return Values(kind, np.frombuffer(b"".join(text for text in texts if text), np.uint8), sizes)
        case ValueKind.TAGS:
            sizes = np.fromiter(map(len, values), np.uint32, len(values))
            return Values(
                kind,
                np.zeros(0),
                sizes,
                items=(made(ValueKind.TEXT, [tag for row in values for tag in row]),),
            )
        case ValueKind.FLAG:
            return Values(kind, np.array([NO_FLAG if value is None else value for value in values], "i1"))
        case _:
            return Values(kind, _numbers(kind, values))


def _numbers(kind: ValueKind, values: Sequence[Any]) -> Numbers:
    number = kind is ValueKind.NUMBER
    try:
        known = values if number else [NO_INTEGER if value is None else value for value in values]
        return np.array(known, DTYPES[kind])
    except OverflowError:
        fitting = (_number(value) if number else value if _fits(value) else NO_INTEGER for value in values)
        return np.fromiter(fitting, DTYPES[kind], len(values))


def milliseconds(values: Iterable[float | None]) -> list[int | None]:
    """Durations in milliseconds as µs."""
    return [
        None if value is None or not isfinite(value * 1_000) else round(value * 1_000) for value in values
    ]


def _number(value: float | None) -> float:
    try:
        return np.nan if value is None else float(value)
    except OverflowError:
        return np.nan


def _fits(value: int | None) -> bool:
    return value is not None and -_LIMIT < value < _LIMIT


def line_texts(messages: bytes, lengths: Column) -> Values:
    """The texts of the messages of a block, each of which a line feed follows."""
    sizes = np.frombuffer(lengths.content, "<u4")
    if messages.count(b"\n") == len(sizes):
        joined_text = messages.replace(b"\n", b"")
        return Values(ValueKind.TEXT, np.frombuffer(joined_text, np.uint8), sizes)
    data = np.frombuffer(messages, np.uint8)
    kept = np.ones(len(data), bool)
    kept[np.cumsum(sizes.astype(np.int64) + 1) - 1] = False
    return Values(ValueKind.TEXT, data[kept], sizes)


# --- rows ------------------------------------------------------------------------------------------


def taken(values: Values, rows: Numbers) -> Values:
    """The rows of which a mask is true."""
    if values.lengths is None:
        return replace(values, data=values.data[rows])
    inside = np.repeat(rows, known_lengths(values))
    return replace(
        values,
        data=values.data[inside] if values.kind is ValueKind.TEXT else values.data,
        lengths=values.lengths[rows],
        items=tuple(taken(item, inside) for item in values.items),
    )


def first_rows(values: Values, count: int) -> Values:
    """The first rows."""
    if count >= len(values):
        return values
    if values.lengths is None:
        return replace(values, data=values.data[:count])
    end = int(values.ends[count])
    return replace(
        values,
        data=values.data[:end] if values.kind is ValueKind.TEXT else values.data,
        lengths=values.lengths[:count],
        items=tuple(first_rows(item, end) for item in values.items),
    )


def joined(kind: ValueKind, parts: Iterable[Values]) -> Values:
    """One column with the rows of all parts, in order."""
    joining = Joining(kind)
    for part in parts:
        joining.add(part)
    return joining.whole()


class Joining:
    """Joins parts of a column. Texts are copied at once, so that they never are in memory twice."""

    def __init__(self, kind: ValueKind) -> None:
        self._kind = kind
        self._parts: list[Values] = []
        self._lengths: list[Numbers] = []
        self._content = bytearray()
        self._items: list[Joining] = []

    def add(self, part: Values) -> None:
        """Adds the next rows."""
        if part.lengths is None:
            self._parts.append(part)
            return
        self._lengths.append(part.lengths)
        if self._kind is ValueKind.TEXT:
            self._content += part.data.data
        if not self._items:
            self._items = [Joining(item.kind) for item in part.items]
        for joining, item in zip(self._items, part.items, strict=True):
            joining.add(item)

    def whole(self) -> Values:
        """The column of all parts.

        The words of a category are those that rows have, in alphabetical order, so that they do not depend on
        the parts.
        """
        parts = self._parts
        if self._lengths:
            data = np.frombuffer(self._content, np.uint8)
            items = tuple(joining.whole() for joining in self._items)
            return Values(self._kind, data, np.concatenate(self._lengths), items=items)
        if not parts:
            return constant(self._kind, 0)
        if self._kind is ValueKind.CATEGORY:
            return _joined_words(parts)
        return Values(self._kind, np.concatenate([part.data for part in parts]), words=parts[0].words)


def _joined_words(parts: Sequence[Values]) -> Values:
    codes = Codes()
    remapped = [np.array([0, *(codes[word] for word in part.words)], np.uint32)[part.data] for part in parts]
    data = np.concatenate(remapped)
    words = codes.words
    used = np.flatnonzero(np.bincount(data, minlength=len(words) + 1)[1:])
    ordered = sorted(used.tolist(), key=words.__getitem__)
    places = np.zeros(len(words) + 1, np.uint32)
    places[np.array(ordered, np.int64) + 1] = np.arange(1, len(ordered) + 1)
    return Values(ValueKind.CATEGORY, places[data], words=tuple(words[at] for at in ordered))


def spelled(values: Values) -> Values:
    """Categories as texts."""
    words = [encoded(word) for word in values.words]
    lengths = np.array([NO_TEXT, *map(len, words)], np.uint32)[values.data]
    content = b"".join([words[code - 1] for code in values.data.tolist() if code])
    return Values(ValueKind.TEXT, np.frombuffer(content, np.uint8), lengths)


def texts(values: Values) -> list[str | None]:
    """The texts of a column, row by row."""
    content = values.data.tobytes()
    ends = values.ends.tolist()
    missing = values.missing
    if content.isascii():
        text = content.decode("ascii")
        found: list[str | None] = [text[start:end] for start, end in pairwise(ends)]
    else:
        found = [content[start:end].decode("utf-8", "replace") for start, end in pairwise(ends)]
    for row in np.flatnonzero(missing).tolist():
        found[row] = None
    return found

"""Typed columns as bytes: `Column`, and tables of them, which are joined without reading their rows.

Only the standard library is used here: the writer of a run must not load numpy. Readers of many rows view
the bytes as numpy arrays. Numbers are little-endian.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from itertools import accumulate
from math import nan
from typing import Any, Final, TypeAlias

import msgspec

NO_INTEGER: Final = -(1 << 63)
"""The value of an integer or a time that is missing."""
NO_FLAG: Final = -1
NO_TEXT: Final = 0xFFFF_FFFF
"""The length of a text that is missing."""

_INT64: Final = 1 << 63


class ColumnKind(Enum):
    """The type of a column. The value is the code of its numbers in the module ``array``."""

    POSITION = "I"
    """A position in the run, a count or a length; never missing."""
    LEVEL = "B"
    """The index of a log level in `worker_widget.state.log_line.LEVELS`; never missing."""
    INTEGER = "q"
    """A whole number; `NO_INTEGER` is a missing one."""
    NUMBER = "d"
    """A number; NaN is a missing one, which JSON cannot express."""
    FLAG = "b"
    """1, 0, or `NO_FLAG`."""
    WORD = "word"
    """A text with few different values: ``content`` has codes of 4 bytes, 0 for a missing one, and n for
    ``words[n - 1]``."""
    TEXT = "text"
    """Any text: ``content`` has the UTF-8 bytes of all rows, ``lengths`` their lengths of 4 bytes each, or
    `NO_TEXT`."""


class Column(msgspec.Struct, frozen=True):
    """The values of one column; see `ColumnKind`."""

    content: bytes
    words: list[str] | None = None
    lengths: bytes | None = None


Schema: TypeAlias = Mapping[str, ColumnKind]
"""The names and kinds of the columns of a table."""
Table: TypeAlias = dict[str, Column]
"""Columns of the same length, by name."""


class Codes(dict["str | None", int]):
    """The codes of words, from 1 in the order of their first use; ``None`` has 0."""

    def __init__(self) -> None:
        super().__init__({None: 0})

    def __missing__(self, word: str | None) -> int:
        self[word] = code = len(self)
        return code

    @property
    def words(self) -> list[str]:
        """The words in the order of their codes."""
        return [word for word in self if word is not None]


def column(kind: ColumnKind, values: Sequence[Any]) -> Column:
    """Makes a column of Python values, of which ``None`` is a missing one.

    A whole number that does not fit into 64 bits becomes a missing one: a server may send any number.
    """
    match kind:
        case ColumnKind.WORD:
            codes = Codes()
            if len(values) > 1 and values[0] == values[-1] and values.count(values[0]) == len(values):
                return Column(_bytes("I", [codes[values[0]]]) * len(values), words=codes.words)
            return Column(_bytes("I", list(map(codes.__getitem__, values))), words=codes.words)
        case ColumnKind.TEXT:
            texts = [None if value is None else encoded(value) for value in values]
            lengths = [NO_TEXT if text is None else len(text) for text in texts]
            return Column(b"".join(text for text in texts if text), lengths=_bytes("I", lengths))
        case ColumnKind.INTEGER:
            try:
                return numeric(kind, values)
            except (TypeError, OverflowError):
                fitting = (value is not None and -_INT64 < value < _INT64 for value in values)
                pairs = zip(values, fitting, strict=True)
                return numeric(kind, [value if fits else NO_INTEGER for value, fits in pairs])
        case ColumnKind.NUMBER:
            return numeric(kind, [nan if value is None else float(value) for value in values])
        case ColumnKind.FLAG:
            return numeric(kind, [NO_FLAG if value is None else int(value) for value in values])
        case _:
            return numeric(kind, values)


def numeric(kind: ColumnKind, values: Iterable[float]) -> Column:
    """Makes a column of numbers, none of them missing."""
    return Column(_bytes(kind.value, values))


def repeated(kind: ColumnKind, value: float, count: int) -> Column:
    """Makes a column of the same number ``count`` times."""
    return Column(_bytes(kind.value, [value]) * count)


def encoded(text: str) -> bytes:
    """The UTF-8 bytes of a text; half a surrogate pair becomes a question mark."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def table(schema: Schema, rows: Sequence[Sequence[Any]]) -> Table:
    """Makes a table of rows, whose values are in the order of the schema."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    return {name: column(kind, values) for (name, kind), values in zip(schema.items(), columns, strict=True)}


def joined(tables: Sequence[Table]) -> Table:
    """One table with the rows of all, in order. All have the same columns."""
    return {name: _joined([part[name] for part in tables]) for name in tables[0]}


def _joined(parts: list[Column]) -> Column:
    first = parts[0]
    if first.words is None:
        lengths = None if first.lengths is None else b"".join(part.lengths or b"" for part in parts)
        return Column(b"".join(part.content for part in parts), lengths=lengths)
    if all(part.words == first.words for part in parts):
        return Column(b"".join(part.content for part in parts), words=first.words)
    codes = Codes()
    contents = []
    for part in parts:
        new = [0, *(codes[word] for word in part.words or ())]
        if new == list(range(len(new))):
            contents.append(part.content)
        else:
            contents.append(_bytes("I", [new[code] for code in numbers(ColumnKind.POSITION, part)]))
    return Column(b"".join(contents), words=codes.words)


def numbers(kind: ColumnKind, values: Column) -> array[Any]:
    """The numbers of a column; of words their codes."""
    found = array("I" if kind is ColumnKind.WORD else kind.value)
    found.frombytes(values.content)
    return _native(found)


def words(values: Column) -> list[str | None]:
    """The words of a column of that kind, row by row."""
    known = [None, *(values.words or ())]
    return [known[code] for code in numbers(ColumnKind.WORD, values)]


def texts(values: Column) -> list[str | None]:
    """The texts of a column of that kind, row by row."""
    lengths = array("I")
    lengths.frombytes(values.lengths or b"")
    found: list[str | None] = []
    at = 0
    for length in _native(lengths):
        if length == NO_TEXT:
            found.append(None)
            continue
        found.append(values.content[at : at + length].decode("utf-8", "replace"))
        at += length
    return found


def ends(lengths: Column, separator: int = 0) -> list[int]:
    """Where each of the parts ends that have these lengths and are followed by a separator."""
    sizes = numbers(ColumnKind.POSITION, lengths)
    if separator:
        return [end - separator for end in accumulate(size + separator for size in sizes)]
    return list(accumulate(sizes))


def _bytes(code: str, values: Iterable[float]) -> bytes:
    return _native(array(code, values)).tobytes()


def _native(values: array[Any]) -> array[Any]:
    if sys.byteorder == "big":
        values.byteswap()
    return values

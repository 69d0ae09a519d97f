r"""Regular expressions from a user, matched in time linear in the text.

A backtracking matcher can take time exponential in the text, and a time limit would make results depend
on the machine. So an expression becomes a position automaton (Glushkov's construction): one position for
each character it can read, and for each position those that can follow. All positions that could have been
reached are kept at once, as the bits of a number, so that a character costs one step whatever the expression.

Supported: characters, ``.``, classes, ``\d \w \s`` and their opposites, ``\b \B``, the ends of the text
(``^ $ \A \Z``), groups, ``|``, and the repeats ``* + ? {m} {m,} {m,n}``, all without regard to case.
Look-around, back references and possessive repeats are not, nor is an expression with more than
`MOST_POSITIONS` positions.

Matches are the leftmost and of these the longest, of at most `LONGEST` characters, and never empty. Whether
a text has any match at all takes one step for each character; only then are its places looked for, with at
most `LONGEST` steps for each character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

MOST_POSITIONS: Final = 250
LONGEST: Final = 200

_MOST_REMEMBERED: Final = 4_096
_DEEPEST: Final = 40
_SETS: Final = frozenset("dwsDWS")
_BOUNDARIES: Final = {"b": "b", "B": "B", "A": "^", "Z": "$", "z": "$"}
_CONTROLS: Final = frozenset("ntrfv")
_COUNTED: Final = re.compile(r"\{(\d{0,3})(,?)(\d{0,3})\}")
_NAMED_GROUP: Final = re.compile(r"\(\?P<\w+>")


class Unsupported(ValueError):
    """Why an expression cannot be used."""


class _Node(NamedTuple):
    """A part of an expression; ``size`` is how many positions it has."""

    kind: Literal["read", "boundary", "all", "any", "repeat", "optional"]
    size: int
    said: str = ""
    parts: tuple[_Node, ...] = ()


class _Boundary(NamedTuple):
    """What is true between two characters of a text."""

    word: bool = False
    start: bool = False
    end: bool = False

    def holds(self, said: str) -> bool:
        return {"b": self.word, "B": not self.word, "^": self.start, "$": self.end}[said]


class Automaton:
    """A compiled expression. Raises `Unsupported`."""

    def __init__(self, source: str) -> None:
        self._root = _Parser(source).whole()
        if self._root.size > MOST_POSITIONS:
            raise Unsupported(f"it has more than {MOST_POSITIONS} positions once its repeats are written out")
        self._bounded = _has_boundary(self._root)
        self._tables: dict[_Boundary, _Table] = {}
        self._readers = [re.compile(said, re.IGNORECASE) for said in _reads(self._root)]
        self._masks: dict[str, int] = {}

    def spans(self, text: str) -> tuple[tuple[int, int], ...]:
        """Where it matches, from left to right, as code point ranges that do not overlap."""
        tables = self._boundaries(text)
        return tuple(self._found(text, tables)) if self._any(text, tables) else ()

    def _any(self, text: str, tables: list[_Table]) -> bool:
        state = 0
        for index, char in enumerate(text):
            state = (tables[index].after(state) | tables[index].first) & self._mask(char)
            if state & tables[index + 1].last:
                return True
        return False

    def _found(self, text: str, tables: list[_Table]) -> Iterator[tuple[int, int]]:
        start = 0
        while start < len(text):
            state, index, end = tables[start].first & self._mask(text[start]), start, 0
            while state:
                index += 1
                if state & tables[index].last:
                    end = index
                if index == len(text) or index - start >= LONGEST:
                    break
                state = tables[index].after(state) & self._mask(text[index])
            if end:
                yield start, end
            start = end or start + 1

    def _boundaries(self, text: str) -> list[_Table]:
        """The transitions at each place between two characters, the ends included."""
        if not self._bounded:
            return [self._table(_Boundary())] * (len(text) + 1)
        words = [False, *(char.isalnum() or char == "_" for char in text), False]
        return [
            self._table(_Boundary(words[index] != words[index + 1], index == 0, index == len(text)))
            for index in range(len(text) + 1)
        ]

    def _table(self, boundary: _Boundary) -> _Table:
        table = self._tables.get(boundary)
        if table is None:
            table = self._tables[boundary] = _Table.build(self._root, boundary)
        return table

    def _mask(self, char: str) -> int:
        """The positions that read ``char``."""
        mask = self._masks.get(char)
        if mask is None:
            mask = sum(1 << index for index, reader in enumerate(self._readers) if reader.fullmatch(char))
            if len(self._masks) >= _MOST_REMEMBERED:
                self._masks.clear()
            self._masks[char] = mask
        return mask


@dataclass
class _Table:
    """What follows what at one kind of boundary: sets of positions, as bits.

    ``first`` can begin a match, ``last`` can end one, ``follow`` has for each position those after it.
    """

    first: int = 0
    last: int = 0
    follow: list[int] = field(default_factory=list)
    _known: dict[int, int] = field(default_factory=dict)

    @classmethod
    def build(cls, root: _Node, boundary: _Boundary) -> _Table:
        table = cls()
        _, table.first, table.last = table._add(root, boundary)
        return table

    def after(self, state: int) -> int:
        """The positions that can follow any of ``state``."""
        known = self._known.get(state)
        if known is None:
            known = 0
            for position in _bits(state):
                known |= self.follow[position]
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[state] = known
        return known

    def _add(self, node: _Node, boundary: _Boundary) -> tuple[bool, int, int]:
        """Whether a part can be empty, and the positions it can begin and end with."""
        if node.kind == "read":
            self.follow.append(0)
            bit = 1 << len(self.follow) - 1
            return False, bit, bit
        if node.kind == "boundary":
            return boundary.holds(node.said), 0, 0
        if node.kind == "any":
            parts = [self._add(part, boundary) for part in node.parts]
            firsts, lasts = (_union(part[side] for part in parts) for side in (1, 2))
            return any(part[0] for part in parts), firsts, lasts
        empty, first, last = True, 0, 0
        for part in node.parts:
            then_empty, then_first, then_last = self._add(part, boundary)
            self._connect(last, then_first)
            first |= then_first if empty else 0
            last = then_last | (last if then_empty else 0)
            empty = empty and then_empty
        if node.kind == "repeat":
            self._connect(last, first)
        return empty or node.kind == "optional", first, last

    def _connect(self, before: int, after: int) -> None:
        for position in _bits(before):
            self.follow[position] |= after


@dataclass
class _Parser:
    source: str
    at: int = 0
    depth: int = 0

    def whole(self) -> _Node:
        while self.source.startswith("(?i)", self.at):
            self.at += 4
        node = self._choice()
        if self.at < len(self.source):
            raise Unsupported("a group is closed that was not opened")
        return node

    def _choice(self) -> _Node:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise Unsupported(f"its groups are nested more than {_DEEPEST} deep")
        branches = [self._sequence()]
        while self.source.startswith("|", self.at):
            self.at += 1
            branches.append(self._sequence())
        self.depth -= 1
        size = sum(branch.size for branch in branches)
        return branches[0] if len(branches) == 1 else _Node("any", size, parts=tuple(branches))

    def _sequence(self) -> _Node:
        parts: list[_Node] = []
        while self.at < len(self.source) and self.source[self.at] not in "|)":
            parts.append(self._repeated(self._part()))
        return _sequence(parts)

    def _part(self) -> _Node:
        char = self.source[self.at]
        if char == "(":
            return self._group()
        if char == "[":
            return self._class()
        if char == "\\":
            return self._escape()
        self.at += 1
        if char in "^$":
            return _Node("boundary", 0, char)
        if char in "*+?":
            raise Unsupported(f"{char!r} has nothing to repeat")
        return _Node("read", 1, "." if char == "." else re.escape(char))

    def _group(self) -> _Node:
        named = _NAMED_GROUP.match(self.source, self.at)
        if named:
            self.at = named.end()
        elif self.source.startswith("(?:", self.at):
            self.at += 3
        elif self.source.startswith("(?", self.at):
            raise Unsupported("only plain groups are supported")
        else:
            self.at += 1
        node = self._choice()
        if not self.source.startswith(")", self.at):
            raise Unsupported("a group is not closed")
        self.at += 1
        return node

    def _class(self) -> _Node:
        begin, end = self.at, self.at + 1
        end += self.source.startswith("^", end)
        end += self.source.startswith("]", end)
        while end < len(self.source) and self.source[end] != "]":
            end += 2 if self.source[end] == "\\" else 1
        if end >= len(self.source):
            raise Unsupported("a character class is not closed")
        inside = self.source[begin + 1 : end]
        if any(mark in inside for mark in ("--", "&&", "||", "~~")):
            raise Unsupported("a character class holds a set operation")
        self.at = end + 1
        said = "[" + re.sub(r"(?<!\\)\[", r"\\[", inside) + "]"
        try:
            re.compile(said)
        except re.error as error:
            raise Unsupported(f"a character class is broken ({error})") from None
        return _Node("read", 1, said)

    def _escape(self) -> _Node:
        said = self.source[self.at : self.at + 2]
        self.at += 2
        if said[1:] in _BOUNDARIES:
            return _Node("boundary", 0, _BOUNDARIES[said[1]])
        if len(said) < 2 or (said[1].isalnum() and said[1] not in _SETS | _CONTROLS):
            raise Unsupported(f"{said!r} is not supported")
        return _Node("read", 1, said if said[1].isalpha() else re.escape(said[1]))

    def _repeated(self, node: _Node) -> _Node:
        bounds = self._bounds()
        if bounds is None:
            return node
        if self.source.startswith("+", self.at):
            raise Unsupported("possessive repeats are not supported")
        self.at += self.source.startswith("?", self.at)
        if node.kind == "boundary" or self._bounds() is not None:
            raise Unsupported("only characters and groups can be repeated")
        node = _times(node, *bounds)
        if node.size > MOST_POSITIONS:
            raise Unsupported(f"it has more than {MOST_POSITIONS} positions once its repeats are written out")
        return node

    def _bounds(self) -> tuple[int, int | None] | None:
        """Least and most repeats said here; ``None`` where none are."""
        char = self.source[self.at : self.at + 1]
        if char and char in "*+?":
            self.at += 1
            return (1 if char == "+" else 0), (1 if char == "?" else None)
        match = _COUNTED.match(self.source, self.at)
        if not match or not (match[1] or match[3]):
            return None
        low = int(match[1] or 0)
        high = int(match[3]) if match[3] else (None if match[2] else low)
        if high is not None and high < low:
            raise Unsupported(f"the repeat {match[0]} is the wrong way round")
        self.at = match.end()
        return low, high


def _times(node: _Node, low: int, high: int | None) -> _Node:
    """``node`` from ``low`` to ``high`` times, written out; ``None`` is without an end."""
    if node.size * max(low, high or 1) > MOST_POSITIONS:
        return node._replace(size=MOST_POSITIONS + 1)
    if high is None:
        again = _Node("repeat", node.size, parts=(node,))
        return _sequence([node] * (low - 1) + [again] if low else [_optional(again)])
    return _sequence([node] * low + [_optional(node)] * (high - low))


def _sequence(parts: list[_Node]) -> _Node:
    return _Node("all", sum(part.size for part in parts), parts=tuple(parts))


def _optional(node: _Node) -> _Node:
    return _Node("optional", node.size, parts=(node,))


def _reads(node: _Node) -> Iterator[str]:
    """What each position reads, in the order in which positions are numbered."""
    if node.kind == "read":
        yield node.said
    for part in node.parts:
        yield from _reads(part)


def _has_boundary(node: _Node) -> bool:
    return node.kind == "boundary" or any(map(_has_boundary, node.parts))


def _bits(state: int) -> Iterator[int]:
    while state:
        low = state & -state
        yield low.bit_length() - 1
        state ^= low


def _union(sets: Iterator[int]) -> int:
    found = 0
    for positions in sets:
        found |= positions
    return found

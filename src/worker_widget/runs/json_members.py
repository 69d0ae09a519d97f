"""`JsonMembers` reads a large JSON object from a file: one member, or element of a list, at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO, Final, NamedTuple

import msgspec

_CHUNK: Final = 1024 * 1024
_LONGEST_LINE: Final = 4 * _CHUNK
_BOM: Final = b"\xef\xbb\xbf"
_BLANKS: Final = re.compile(rb"[ \t\r\n]*")
_STRING: Final = rb'"(?:[^"\\]|\\.)*"'
_KEY: Final = re.compile(_STRING, re.DOTALL)
_TOKEN: Final = re.compile(rb"[\s,:]*(" + _STRING + rb'|[{}\[\]]|[^\s,:{}\[\]"]+)', re.DOTALL)
_raw: Final = msgspec.json.Decoder(msgspec.Raw)


class BadJson(Exception):
    """The file is no JSON object from byte ``offset`` on. ``cut`` is whether it ends there."""

    def __init__(self, reason: str, offset: int, *, cut: bool = False) -> None:
        super().__init__(reason)
        self.offset = offset
        self.cut = cut


class Member(NamedTuple):
    """A member of the object, or an element of a member that is a list: its key, text, and first byte.

    ``damaged`` is whether it is a line of its own that is no JSON.
    """

    key: str
    text: bytes
    offset: int
    damaged: bool = False


class JsonMembers:
    """Reads the members of an object. At most one element and a chunk of the file are in memory.

    An element that ends with its line is found at once; others are found token by token. A line that is no
    JSON, in a list whose next line begins as it does, is damaged and does not end the reading. ``lists`` are
    the keys of the members so far that are lists.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._buffer = b""
        self._at = 0
        self._base = 0
        self._shift = 0
        self._searched = 0
        self.lists: set[str] = set()

    def __iter__(self) -> Iterator[Member]:
        if self._next() == _BOM[:1] and self._buffer.startswith(_BOM):
            self._at += len(_BOM)
        self._expect(b"{", "It does not begin with { as a JSON object does.")
        if self._next() == b"}":
            self._at += 1
        else:
            yield from self._members()
        if self._next():
            raise self._error("Something follows the end of the object.")

    def _members(self) -> Iterator[Member]:
        while True:
            key = self._key()
            if self._next() == b"[":
                self.lists.add(key)
                yield from self._elements(key)
            else:
                yield self._value(key)
            if self._next() != b",":
                break
            self._at += 1
        self._expect(b"}", "A member is followed by neither , nor }.")

    def _elements(self, key: str) -> Iterator[Member]:
        self._at += 1
        if self._next() == b"]":
            self._at += 1
            return
        start = b""
        while True:
            self._next()
            start = start or self._buffer[self._at : self._at + 8]
            yield self._value(key, start)
            if self._next() != b",":
                break
            self._at += 1
        self._expect(b"]", "An element is followed by neither , nor ].")

    def _key(self) -> str:
        if (found := self._next()) != b'"':
            raise self._error("There is no key.") if found else self._cut()
        while (key_text := _KEY.match(self._buffer, self._at)) is None:
            if not self._fill():
                raise self._cut()
        with suppress(msgspec.DecodeError):
            key = msgspec.json.decode(key_text[0], type=str)
            self._at = key_text.end()
            self._expect(b":", "A key has no value.")
            return key
        raise self._error("The key is no text.")

    def _value(self, key: str, start: bytes = b"") -> Member:
        if not self._next():
            raise self._cut()
        offset = self._base + self._at
        shared = offset < self._searched  # the line has several values: it is not copied for each of them
        line = b"" if shared else self._line()
        if line and _is_json(line):
            self._at += len(line)
            return Member(key, line, offset)
        if line and self._is_damaged(line, start):
            self._at += len(line)
            return Member(key, line, offset, damaged=True)
        length = self._length()
        text = self._buffer[self._at : self._at + length]
        if _is_json(text):
            self._at += length
            return Member(key, text, offset)
        ends = self._at + length == len(self._buffer)
        if shared and self._is_damaged(line := self._line(), start):
            self._at += len(line)
            return Member(key, line, offset, damaged=True)
        raise self._cut() if ends else self._error("This is no JSON.")

    def _line(self) -> bytes:
        """The text up to the end of the line without the comma there; empty if that is far away."""
        seen = self._at
        while (end := self._buffer.find(b"\n", seen)) < 0:
            seen = len(self._buffer)
            if seen - self._at > _LONGEST_LINE:
                self._searched = self._base + seen
                return b""
            if not self._fill():
                end = seen
                break
            seen -= self._shift
        self._searched = self._base + end
        return self._buffer[self._at : end].rstrip(b" \t\r").removesuffix(b",").rstrip(b" \t\r")

    def _is_damaged(self, line: bytes, start: bytes) -> bool:
        """Whether a line is an element that is no JSON, not several: the list goes on or ends in the next."""
        if not start or not line.startswith(start) or _is_json(b"[%b]" % line):
            return False
        after = self._at + len(line)
        while len(self._buffer) - after < 64 and self._fill():
            after -= self._shift
        follows = self._buffer[after : after + 64].lstrip(b", \t\r\n")
        return follows.startswith((start, b"]"))

    def _length(self) -> int:
        """The length of the value that begins here, token by token."""
        at, depth, chunk = self._at, 0, _CHUNK
        while True:
            token = _TOKEN.match(self._buffer, at)
            if token is None or token.end() == len(self._buffer):
                if self._fill(chunk):
                    at -= self._shift
                    chunk *= 2
                    continue
                if token is None:
                    raise self._cut()
            at = token.end()
            depth += (token[1] in b"{[") - (token[1] in b"}]")
            if depth <= 0:
                return at - self._at

    def _next(self) -> bytes:
        """The next byte that is no blank; empty at the end of the file."""
        while True:
            found = _BLANKS.match(self._buffer, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._buffer):
                return self._buffer[self._at : self._at + 1]
            if not self._fill():
                return b""

    def _expect(self, byte: bytes, reason: str) -> None:
        found = self._next()
        if not found:
            raise self._cut()
        if found != byte:
            raise self._error(reason)
        self._at += 1

    def _fill(self, size: int = _CHUNK) -> bool:
        """Reads on, unless the file ends: what is before `_at` is forgotten, and indexes fall by `_shift`."""
        more = self._file.read(size)
        if not more:
            return False
        self._shift = self._at
        self._base += self._at
        self._buffer = self._buffer[self._at :] + more
        self._at = 0
        return True

    def _error(self, reason: str) -> BadJson:
        return BadJson(reason, self._base + self._at)

    def _cut(self) -> BadJson:
        return BadJson("It ends in the middle.", self._base + len(self._buffer), cut=True)


def _is_json(text: bytes) -> bool:
    try:
        _raw.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True

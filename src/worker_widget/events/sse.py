"""Decodes event streams: the format of the WHATWG HTML standard for server-sent events.

The standard requires these oddities:

* CR, LF and CRLF each end a line, also when a chunk ends between the two; nothing else does, so
  U+2028 and the like stay in the data;
* a line that starts with a colon is a comment; one space after a field's colon belongs to the syntax;
* a block without any ``data`` line is not an event, but its ``id`` and ``retry`` apply;
* an ``id`` that contains NUL and a ``retry`` that is not a number are ignored;
* one byte order mark at the very start is skipped, any other is data;
* bytes that are not UTF-8 become U+FFFD;
* a block that is incomplete at the end of the stream is discarded: it is never returned.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import Final

import msgspec

MOST_BYTES: Final = 64_000_000
"""The most bytes of one event, and of one line. What is longer is left out, as it arrives."""
MOST_ID_BYTES: Final = 1_000
"""The most bytes of an id, which a reconnect sends in a header. A longer one is ignored."""

_BOM = b"\xef\xbb\xbf"
_RETRY_DIGITS = 15
_REGULAR: Final = re.compile(rb"(?:id: (.{1,%d})\n)?event: (.+)\ndata: (.*)\n\n" % MOST_ID_BYTES)
"""The block of an event as most servers write it; the bytes must have neither CR nor NUL."""
_REGULAR_SYNTAX: Final = len(b"event: \ndata: \n\n")
_ID_SYNTAX: Final = len(b"id: \n")


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One dispatched event.

    ``name`` is ``"message"`` if the block has no ``event`` field. ``data`` is valid UTF-8, its lines joined
    by LF. ``id`` is the id in this block, else ``None``: the standard's last event id also applies to later
    blocks, and an event without an id must not get the id of another.
    """

    name: str
    data: bytes
    id: str | None = None


class SSEDecoder:
    """Decodes the body of an event stream from chunks that may be cut anywhere.

    ``last_event_id`` is what a reconnect sends as ``Last-Event-ID`` and passes to its own decoder (``""`` for
    none). ``retry_ms`` is the reconnection time that the server requested, if it did. ``comments`` counts
    comment lines, which servers send as keepalives. ``left_out`` counts the events, or lines, of more than
    ``most_bytes``. Such an event is left out as soon as it is too long, since it can be one without end.
    """

    def __init__(self, last_event_id: str = "", most_bytes: int = MOST_BYTES) -> None:
        self.last_event_id = last_event_id
        self.left_out = 0
        self.retry_ms: int | None = None
        self.comments = 0
        self._most_bytes = most_bytes
        self._tail: list[bytes] = []
        self._tail_bytes = 0
        self._line_is_left_out = False
        self._event_is_left_out = False
        self._data_bytes = 0
        self._at_start = True
        self._skip_lf = False
        self._name = ""
        self._data: list[bytes] = []
        self._id: str | None = None

    @property
    def unfinished_bytes(self) -> int:
        """The bytes so far of an event that is not complete, unless it is left out."""
        return self._tail_bytes + self._data_bytes

    def feed(self, chunk: bytes) -> list[Frame]:
        """The frames that ``chunk`` completes, in order. Time is linear in the bytes fed."""
        if self._skip_lf and chunk:
            self._skip_lf = False
            if chunk[0] == 0x0A:
                chunk = chunk[1:]
        if not chunk:
            return []
        if b"\n" not in chunk and b"\r" not in chunk:
            # Joined when the line is complete: a line of megabytes must not be copied for every chunk.
            self._keep(chunk)
            return []
        if self._tail:
            chunk = b"".join((*self._tail, chunk))
            self._tail, self._tail_bytes = [], 0
        if self._at_start:
            self._at_start = False
            chunk = chunk.removeprefix(_BOM)
        start, end = self._whole_blocks(chunk)
        regular = regular_frames(chunk[start:end])
        if regular is None:
            return self._lines(chunk)
        frames = [*self._lines(chunk[:start]), *regular]
        self.last_event_id = next(
            (frame.id for frame in reversed(regular) if frame.id is not None), self.last_event_id
        )
        return frames + self._lines(chunk[end:])

    def _whole_blocks(self, chunk: bytes) -> tuple[int, int]:
        """Where the blocks begin and end that are whole in ``chunk``, if its lines can be read as such."""
        if self._line_is_left_out or len(chunk) > self._most_bytes or b"\r" in chunk or b"\0" in chunk:
            return 0, 0
        between = not (self._name or self._data or self._event_is_left_out) and self._id is None
        start = 0 if between else chunk.find(b"\n\n") + 2
        return start, max(start, chunk.rfind(b"\n\n") + 2)

    def _lines(self, chunk: bytes) -> list[Frame]:
        """The frames that the lines in ``chunk`` complete; a line that goes on is kept."""
        if not chunk:
            return []
        lines = chunk.splitlines()  # of bytes: at CR, LF and CRLF only
        last = chunk[-1]
        if self._line_is_left_out:
            self._line_is_left_out = False
            del lines[0]
        rest = b""
        if last != 0x0A:
            if last == 0x0D:
                self._skip_lf = True
            else:
                rest = lines.pop()
        frames = self._read(lines)
        if rest:
            self._keep(rest)
        return frames

    def _keep(self, part: bytes) -> None:
        """Keeps a part of a line that goes on, if the line is not too long."""
        if self._line_is_left_out:
            return
        self._tail_bytes += len(part)
        if self._tail_bytes + self._data_bytes > self._most_bytes:
            self._line_is_left_out = True
            self._tail, self._tail_bytes = [], 0
            self._leave_out()
        else:
            self._tail.append(part)

    def _leave_out(self) -> None:
        """Leaves out the event that is being read."""
        self._data.clear()
        self._data_bytes = 0
        if not self._event_is_left_out:
            self._event_is_left_out = True
            self.left_out += 1

    def _read(self, lines: list[bytes]) -> list[Frame]:
        frames: list[Frame] = []
        data = self._data
        for line in lines:
            if not line:
                if self._id is not None:
                    self.last_event_id = self._id
                if data:
                    if not self._event_is_left_out:
                        body = data[0] if len(data) == 1 else b"\n".join(data)
                        frames.append(Frame(self._name or "message", _utf8(body), self._id))
                    data.clear()
                self._name = ""
                self._id = None
                self._data_bytes = 0
                self._event_is_left_out = False
            elif line[:6] == b"data: ":
                data.append(line[6:])
                self._data_bytes += len(line)
                if self._data_bytes > self._most_bytes:
                    self._leave_out()
            elif line[:7] == b"event: ":
                self._name = line[7:].decode("utf-8", "replace")
            elif line[:4] == b"id: " and b"\0" not in line:
                self._set_id(line[4:])
            else:
                self._field(line)
        return frames

    def _field(self, line: bytes) -> None:
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if not field:
            self.comments += 1
        elif field == b"data":
            self._data.append(value)
            self._data_bytes += len(line)
            if self._data_bytes > self._most_bytes:
                self._leave_out()
        elif field == b"event":
            self._name = value.decode("utf-8", "replace")
        elif field == b"id":
            if b"\0" not in value:
                self._set_id(value)
        elif field == b"retry" and value.isdigit() and len(value) <= _RETRY_DIGITS:
            self.retry_ms = int(value)

    def _set_id(self, value: bytes) -> None:
        if len(value) <= MOST_ID_BYTES:
            self._id = value.decode("utf-8", "replace")


def regular_frames(blocks: bytes) -> list[Frame] | None:
    """The frames of whole blocks that are all written as most servers do; ``None`` for others."""
    found = _REGULAR.findall(blocks)
    if not found:
        return None
    ids, names, bodies = zip(*found, strict=True)
    syntax = _REGULAR_SYNTAX * len(found) + _ID_SYNTAX * (len(ids) - ids.count(b""))
    if sum(map(len, chain(ids, names, bodies))) + syntax != len(blocks):
        return None  # something is between the matches
    if not blocks.isascii():
        try:
            blocks.decode()
        except UnicodeDecodeError:
            return None
    words = {name: name.decode() for name in set(names)}
    return [
        Frame(words[name], body, id.decode() or None)
        for id, name, body in zip(ids, names, bodies, strict=True)
    ]


def _utf8(data: bytes) -> bytes:
    if data.isascii():
        return data
    try:
        data.decode()
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace").encode()
    return data

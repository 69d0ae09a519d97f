"""The parts of a report's data: JSON, compressed, each in an element of its own on a line of its own.

What is in an element is base64, so that no text of a run can end it or become markup.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal
from zlib import compress

import msgspec

PART_BYTES: Final = 512 * 1024
"""A part is written when its JSON has so many bytes."""

PartKind = Literal[
    "head",
    "moments",
    "events",
    "routing",
    "ledger",
    "incidents",
    "stages",
    "contents",
    "versions",
    "artifact",
    "document",
    "lines",
    "messages",
    "raw",
    "omitted",
]

TYPE: Final = "application/x-worker-widget"
_SHARES: Final[dict[PartKind, float]] = {
    "contents": 0.45,
    "moments": 0.6,
    "routing": 0.6,
    "ledger": 0.6,
    "incidents": 0.6,
    "stages": 0.6,
    "events": 0.6,
    "artifact": 0.75,
    "document": 0.8,
}
"""A part is left out if with it the file had more than this share of the most bytes: what comes later in the
file has room, too."""

_RESERVED: Final = 16 * 1024
"""So many bytes, or a hundredth of the most, are for the list of what is left out, summary and hashes."""


def element(kind: PartKind, run: int, number: int, content: bytes) -> str:
    """The element of a part: the ``number``-th of its kind, or where in the run it begins."""
    data = b64encode(compress(content, 6)).decode()
    return f'<script type="{TYPE}" data-part="{kind}" data-run="{run}" data-at="{number}">{data}</script>\n'


class Omitted(msgspec.Struct, frozen=True):
    """Something that is left out of a report: of which run, and what in words.

    ``moment`` is the position from which states are left out.
    """

    run: int
    what: str
    moment: int | None = None


class Budget:
    """The bytes of a file, and what was left out of it."""

    def __init__(self, most_bytes: int) -> None:
        self.reserved = max(_RESERVED, most_bytes // 100)
        self.most_bytes = most_bytes - self.reserved
        self.used = 0
        self.omitted: list[Omitted] = []
        self._base = 0
        self._until = self.most_bytes

    def begin_run(self, runs: int) -> None:
        """Of ``runs`` that remain, the next has its share of the rest."""
        self._base = self.used
        self._until = self.used + max(self.most_bytes - self.used, 0) // runs

    def takes(self, kind: PartKind, text: str) -> bool:
        """Whether a part still fits; if so, it counts."""
        most = self._base + (self._until - self._base) * _SHARES.get(kind, 1.0)
        if self.used + len(text) > most:
            return False
        self.used += len(text)
        return True


class PartRows:
    """PartRows of one kind on their way into parts: at most one part of them is in memory."""

    def __init__(self, kind: PartKind, run: int, budget: Budget) -> None:
        self.kind = kind
        self._run = run
        self._budget = budget
        self._rows: list[bytes] = []
        self._bytes = 0
        self._parts = 0
        self.lost = 0

    def add(self, row: Any) -> Iterator[str]:
        """Adds a row; a part that is full is returned."""
        data = msgspec.json.encode(row)
        self._rows.append(data)
        self._bytes += len(data)
        if self._bytes >= PART_BYTES:
            yield from self.end()

    def extend(self, rows: Iterable[Any]) -> Iterator[str]:
        """Adds rows."""
        for row in rows:
            yield from self.add(row)

    def end(self) -> Iterator[str]:
        """The part of the rows that are left."""
        if not self._rows:
            return
        text = element(self.kind, self._run, self._parts, b"[" + b",".join(self._rows) + b"]")
        self._parts += 1
        if self._budget.takes(self.kind, text):
            yield text
        else:
            self.lost += len(self._rows)
        self._rows.clear()
        self._bytes = 0

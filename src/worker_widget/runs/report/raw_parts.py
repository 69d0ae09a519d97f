"""The events of a report as they arrived, each hashed onto the one before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy

from ...events.event_chain import EventChain
from ...store.events_table import EventBytes
from ..export.event_row import RowEvent, row_text
from .parts import PART_BYTES, Budget, element


class RawParts:
    """Makes the parts of the events of one run; ``chain`` is that of the events in them.

    If a part does not fit, it and those after it are left out.
    """

    def __init__(self, run: int, budget: Budget) -> None:
        self.chain = EventChain()
        self._written = EventChain()
        self._run = run
        self._budget = budget
        self._number = 0
        self._full = False

    def parts(self, events: Iterable[EventBytes]) -> Iterator[str]:
        """The parts of the events."""
        rows: list[str] = []
        chars = 0
        for at, id, raw, type in events:
            rows.append(row_text(RowEvent(raw, id, type, at), self._written))
            chars += len(rows[-1])
            if chars >= PART_BYTES:
                yield from self._part(rows)
                if self._full:
                    return
                rows, chars = [], 0
        if rows:
            yield from self._part(rows)

    def _part(self, rows: list[str]) -> Iterator[str]:
        content = "\n".join(rows).encode("utf-8", "surrogatepass")
        text = element("raw", self._run, self._number, content)
        self._full = not self._budget.takes("raw", text)
        if not self._full:
            self._number += 1
            self.chain = copy(self._written)
            yield text

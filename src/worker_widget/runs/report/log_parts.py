"""The log of a report: its columns, and apart from them its messages, the newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from ...state import ansi
from ...state.log_line import LEVELS
from ...store.event_store import EventStore
from ...store.line_filter import EVERY_LINE
from ...store.log_table import StoredLine
from .events_pass import steps
from .parts import Budget, element

LINES_AT_ONCE: Final = 8_192


class LogParts:
    """Makes the parts of the log of one run."""

    def __init__(self, store: EventStore, run_id: str, run: int, budget: Budget) -> None:
        self._store = store
        self._run_id = run_id
        self._run = run
        self._budget = budget
        self.lost_lines = 0
        self.lost_messages: list[tuple[int, int]] = []

    def parts(self, lines: int) -> Iterator[str]:
        """The parts of the first ``lines`` lines. Of a log that is too long, the oldest messages are lost."""
        start = (lines - 1) // LINES_AT_ONCE * LINES_AT_ONCE
        while start >= 0 and lines:
            count = min(LINES_AT_ONCE, lines - start)
            rows = self._store.log_window(self._run_id, EVERY_LINE, start, count).rows
            yield from self._page(start + 1, rows)
            start -= LINES_AT_ONCE

    def omitted(self) -> Iterator[str]:
        """What did not fit, in words."""
        if self.lost_lines:
            yield f"{self.lost_lines:,} log lines"
        if self.lost_messages:
            first = min(start for start, _ in self.lost_messages)
            last = max(end for _, end in self.lost_messages)
            yield f"The messages of the log lines {first:,} to {last:,}"

    def _page(self, first: int, rows: Sequence[StoredLine]) -> Iterator[str]:
        words: dict[str, int] = {}

        def code(word: str | None) -> int:
            return 0 if word is None else words.setdefault(word, len(words) + 1)

        columns = {
            "position": steps(row.position for row in rows),
            "time_us": steps(row.time_us for row in rows),
            "level": "".join(str(LEVELS.index(row.level)) for row in rows),
            "stage": [code(row.stage_id) for row in rows],
            "agent": [code(row.agent) for row in rows],
            "words": words,
        }
        columns["words"] = list(words)
        text = element("lines", self._run, first, msgspec.json.encode(columns))
        if not self._budget.takes("lines", text):
            self.lost_lines += len(rows)
            return
        yield text
        messages: dict[str, Any] = {"text": [row.message for row in rows]}
        styled = {
            str(index): list(ansi.pieces(row.styled))
            for index, row in enumerate(rows)
            if row.styled is not None
        }
        if styled:
            messages["styled"] = styled
        text = element("messages", self._run, first, msgspec.json.encode(messages))
        if self._budget.takes("messages", text):
            yield text
        else:
            self.lost_messages.append((first, first + len(rows) - 1))

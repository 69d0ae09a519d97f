"""`LineFilter`: which log lines to show."""

from __future__ import annotations

from typing import Final

import msgspec

from .log_search import LogSearch


class LineFilter(msgspec.Struct, frozen=True, kw_only=True):
    """A filter for log lines. A field that is ``None`` lets every line pass.

    ``stage_id`` stands for the stage and all stages inside it, except those of ``not_yet_inside``, which
    were begun inside it only later. ``levels`` are words of `worker_widget.state.log_line.LEVELS`. A line
    passes if all ``searches`` match it.
    """

    levels: frozenset[str] | None = None
    stage_id: str | None = None
    agent: str | None = None
    searches: frozenset[LogSearch] = frozenset()
    not_yet_inside: frozenset[str] = frozenset()

    @property
    def patterns(self) -> list[LogSearch]:
        """The searches for regular expressions, which SQL cannot do."""
        return [search for search in self.searches if search.regex]

    def combined(self, other: LineFilter) -> LineFilter:
        """The filter for lines that pass both this filter and ``other``."""
        levels = self.levels if other.levels is None else other.levels
        if self.levels is not None and other.levels is not None:
            levels = self.levels & other.levels
        contradictory = _differ(self.stage_id, other.stage_id) or _differ(self.agent, other.agent)
        return LineFilter(
            levels=frozenset() if contradictory else levels,
            stage_id=self.stage_id if other.stage_id is None else other.stage_id,
            agent=self.agent if other.agent is None else other.agent,
            searches=self.searches | other.searches,
            not_yet_inside=self.not_yet_inside | other.not_yet_inside,
        )


EVERY_LINE: Final = LineFilter()


def _differ(a: str | None, b: str | None) -> bool:
    return a is not None and b is not None and a != b

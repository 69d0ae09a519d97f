"""`RunSelection`: what is selected of the run on screen."""

from __future__ import annotations

from typing import NamedTuple


class RunSelection(NamedTuple):
    """The stage whose rows all panes show, and the range of events that is shown alone.

    ``stage`` is its id, ``start`` and ``end`` are the numbers of the first and the last event of the range;
    ``None`` where nothing is selected.
    """

    stage: str | None = None
    start: int | None = None
    end: int | None = None

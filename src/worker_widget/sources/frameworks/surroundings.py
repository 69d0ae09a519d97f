"""`Surroundings`: the framework run that the running code is inside, of whatever framework."""

from __future__ import annotations

from collections.abc import Callable

from ..local.local_run import LocalRun
from .destination import Inside, OpenRun, open_destination
from .framework_run import FrameworkRun, Spot

Finder = Callable[[], Spot | None]


class Surroundings:
    """Opens framework runs where they belong: inside the innermost span around them, or for themselves.

    Each watched framework adds a finder: the span of its own that the running code is in.
    """

    def __init__(self, open_run: OpenRun = LocalRun.open) -> None:
        self._open_run = open_run
        self._finders: list[Finder] = []

    def add(self, finder: Finder) -> None:
        self._finders.append(finder)

    def remove(self, finder: Finder) -> None:
        if finder in self._finders:
            self._finders.remove(finder)

    def open(self, name: str, worker: str, task: str) -> FrameworkRun:
        """A new framework run."""
        spots = [spot for finder in self._finders if (spot := finder()) is not None and not spot.run.over]
        if not spots:
            return FrameworkRun(open_destination(self._open_run, name, worker, task))
        spot = max(spots, key=lambda spot: spot.run.depth)
        around = spot.run.trace.stage_id(spot.span_id)
        return FrameworkRun(Inside(spot.run.destination.recording, around), spot)

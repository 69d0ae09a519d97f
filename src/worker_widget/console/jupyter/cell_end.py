"""The end of a cell waits until its consoles have saved the runs that ended during it.

A notebook that runs without a person, as with ``jupyter execute``, is written right after its last cell, and
what arrives later is lost.
"""

from __future__ import annotations

import time
import weakref
from typing import Final, Protocol

from .shell import shell

WAIT_S: Final = 5.0
"""The longest that the consoles together delay the end of a cell."""


class Saving(Protocol):
    def wait_until_saved(self, timeout: float) -> None:
        """Waits until the ended run is saved with the notebook, at most ``timeout`` seconds."""


class CellEnd:
    """The open consoles of one kernel that the end of a cell waits for."""

    def __init__(self) -> None:
        self._consoles: weakref.WeakSet[Saving] = weakref.WeakSet()

    def enter(self, console: Saving) -> None:
        """Waits for ``console`` at the end of each cell from now on; does nothing outside a kernel."""
        events = getattr(shell(), "events", None)
        if events is None:
            return
        self._consoles.add(console)
        events.register("post_run_cell", self._cell_ended)  # once, however often it is called

    def leave(self, console: Saving) -> None:
        """Waits for ``console`` no more."""
        self._consoles.discard(console)

    def _cell_ended(self, *_: object) -> None:
        until = time.monotonic() + WAIT_S
        for console in tuple(self._consoles):
            console.wait_until_saved(max(0.0, until - time.monotonic()))

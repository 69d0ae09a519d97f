"""`Following`: a run that is read by position while its events arrive, from a server or another process."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from .. import background
from ..errors import HostUnreachable, WorkerWidgetError
from ..state.log_line import LoggedEvent
from ..state.run_state import ENDED, RunState
from ..store.event_store import EventStore
from .ended_kernels import settle_ended
from .live_run import LiveRun
from .run import Run

_QUIET_S: Final = 0.6
_CATCH_UP_S: Final = 10.0
_POLL_S: Final = 0.25
_SETTLE_S: Final = 2.0
_CLOSE_S: Final = 2.0


class Following:
    """The events of a run in the history, and those that arrive.

    ``run`` is followed from its server; without one only the history is read, which another process may
    write. Use it in a ``with`` block.
    """

    def __init__(self, store: EventStore, run_id: str, run: Run | None = None) -> None:
        self.run_id = run_id
        self._store = store
        self._run = run
        self._live: LiveRun | None = None if run is None else run._live
        self._changed = threading.Event()
        self._connected = False
        self._settled = time.monotonic()

    def __enter__(self) -> Self:
        if self._live is not None:
            self._unlisten = self._live.listen(self._changed.set)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._unlisten()
            with suppress(TimeoutError):  # the connection is closed before the process ends
                background.call(self._live.stop, _CLOSE_S)

    @property
    def store(self) -> EventStore:
        """The history with the run: that of this computer, or one in memory if that cannot be written."""
        return self._store if self._live is None else self._live.store

    @property
    def state(self) -> RunState:
        """The state of the run after the events so far."""
        return self.store.state(self.run_id) if self._live is None else self._live.state

    @property
    def over(self) -> bool:
        """Whether the run has ended and all its events are in the history."""
        if self._live is not None:
            return self._live.over.done() and self._live.state.over
        record = self._store.run(self.run_id)
        return record is not None and record.status in ENDED

    def events(self, after: int) -> Iterator[LoggedEvent]:
        """The events after a position that are in the history now."""
        return self.store.iterate(self.run_id, after=after)

    def wait(self, seconds: float = _POLL_S) -> None:
        """Waits until something changed, but not longer than this.

        Raises the error that ended following before the run ended, and `HostUnreachable` if the server
        cannot be reached from the start on.
        """
        live = self._live
        if live is None:
            time.sleep(min(seconds, _POLL_S))
            if time.monotonic() - self._settled > _SETTLE_S:
                self._settled = time.monotonic()
                settle_ended(self._store)
            return
        self._changed.wait(seconds)
        self._changed.clear()
        if live.over.done() and not live.state.over:
            raise live.failure or WorkerWidgetError(f"Run {self.run_id} is no longer followed.")
        link = live.link
        if link is not None:
            self._connected |= link.phase in ("live", "stalled", "ended")
            if link.phase == "reconnecting" and not self._connected:
                raise HostUnreachable(link.message)

    def catch_up(self) -> None:
        """Waits until the history has what the server has: the end of the run, an event that is newer than
        this call, or no more events for a moment. Errors as for `wait`."""
        live = self._live
        if live is None:
            return
        began_us = time.time_ns() // 1000
        deadline = time.monotonic() + _CATCH_UP_S
        quiet_since, position = time.monotonic(), -1
        while not self.over and time.monotonic() < deadline:
            state = live.state
            if state.position != position or not self._connected:
                position, quiet_since = state.position, time.monotonic()
            if not state.over:
                if self._connected and time.monotonic() - quiet_since > _QUIET_S:
                    return
                if (state.last_us or 0) > began_us:
                    return
            self.wait(_POLL_S)

"""`Run`: one run in Python, live or finished; what scripts and notebook cells hold.

Everything it tells comes from the event log and the run state, and can be asked while the run goes on.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from .. import background
from ..errors import RunTimeout
from ..state.run_state import RunState
from .artifacts import Artifacts
from .live import LiveRun

if TYPE_CHECKING:
    import pandas as pd

    from .export import ExportFormat
    from .history import RunHistory


class Run:
    """One run of a worker.

    Made by ``WorkerConsole.run``, ``WorkerClient.run`` and ``WorkerClient.get``. Wait for its end
    with `wait` in a script, with ``await run`` in a coroutine or a notebook cell.
    """

    def __init__(self, live: LiveRun, *, start_replay: Callable[[Run], Run]) -> None:
        self._live = live
        self._start_replay = start_replay
        background.call_soon(live.hold)
        self._let_go = weakref.finalize(self, _release, live)
        self._let_go.atexit = False

    def __repr__(self) -> str:
        return f"Run({self.run_id!r}, status={self.status!r})"

    @property
    def run_id(self) -> str:
        """The server's id of the run."""
        return self._live.run_id

    @property
    def state(self) -> RunState:
        """All that is known of the run now; immutable."""
        return self._live.state

    @property
    def status(self) -> str:
        """queued, running, completed, failed or cancelled."""
        return self.state.status

    @property
    def success(self) -> bool | None:
        """Whether the run completed; ``None`` while it has not ended."""
        return self.state.success

    @property
    def error(self) -> str | None:
        """Why the run failed or was cancelled, in the worker's words; else ``None``."""
        return self.state.error

    @property
    def replay_token(self) -> dict[str, Any] | None:
        """What a replay needs; ``None`` until the run completed."""
        return self.state.replay_token

    @property
    def artifacts(self) -> Artifacts:
        """The artifacts so far, by file name."""
        return Artifacts(self._live)

    def wait(self, timeout: float | None = None) -> Run:
        """Wait until the run is over and return it; a failed run returns too.

        ``timeout`` is in seconds, ``None`` for no limit. Raises `RunTimeout` when it has passed (the
        run goes on), and what ended following where that ended before the run: `RunUnknown`,
        `HostUnreachable`, `KeyRefused`.
        """
        try:
            self._live.over.result(timeout)
        except TimeoutError as error:
            state = self.state
            raise RunTimeout(
                f"Run {self.run_id} is {state.status} after {timeout:g} s; it goes on. "
                "Wait again, or stop it with run.stop()."
            ) from error
        return self._settled()

    def __await__(self) -> Generator[Any, None, Run]:
        import asyncio

        yield from asyncio.shield(asyncio.wrap_future(self._live.over)).__await__()
        return self._settled()

    def is_of(self, live: LiveRun) -> bool:
        """Whether this is the handle of ``live``."""
        return self._live is live

    def stop(self) -> None:
        """Ask the worker to cancel the run. Raises where it cannot; a run that is over stays as it is."""
        if not self.state.over:
            background.call(self._live.cancel())

    def replay(self) -> Run:
        """Execute the run again from its replay token and return the new run.

        Its state's ``verified`` tells at the end whether every artifact came out identical. Raises
        `RequestRefused` where the run has no token.
        """
        return self._start_replay(self)

    def events(self) -> pd.DataFrame:
        """Every event so far, a row each; columns as of `RunHistory.events`, and so for the others."""
        return self._history.events(self.run_id)

    def stages(self) -> pd.DataFrame:
        """The stages as they stand, a row each."""
        return self._history.stages(self.run_id)

    def logs(self) -> pd.DataFrame:
        """The log lines so far, a row each."""
        return self._history.logs(self.run_id)

    def routing(self) -> pd.DataFrame:
        """The routing decisions so far, a row each."""
        return self._history.routing(self.run_id)

    def ledger(self) -> pd.DataFrame:
        """Failures, policy, drift and recovery so far, a row each."""
        return self._history.ledger(self.run_id)

    @overload
    def export(self, format: ExportFormat) -> str: ...

    @overload
    def export(self, format: ExportFormat, path: str | Path) -> Path: ...

    def export(self, format: ExportFormat, path: str | Path | None = None) -> str | Path:
        """Exports the run's trace as ``json``, ``txt`` or ``csv``; see `RunHistory.export`."""
        if path is None:
            return self._history.export(self.run_id, format)
        return self._history.export(self.run_id, format, path)

    @property
    def _history(self) -> RunHistory:
        from .history import RunHistory

        return RunHistory(self._live.store)

    def _settled(self) -> Run:
        if not self.state.over and self._live.failure is not None:
            raise self._live.failure
        return self


def _release(live: LiveRun) -> None:
    background.submit(live.release())

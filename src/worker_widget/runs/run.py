"""`Run`: one run as a Python object for scripts and notebook cells, live or finished.

All its data comes from the event log and the run state, and can be read during the run.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from .. import background
from ..errors import RunTimeout, WorkerWidgetError
from ..events.run_request import RunRequest
from ..state.run_state import RunState, Understanding
from ..state.run_warnings import run_warnings
from .artifacts import Artifacts
from .live_run import LiveRun

if TYPE_CHECKING:
    import pandas as pd

    from .export import ExportFormat
    from .history import RunHistory


class Run:
    """One run of a worker.

    Returned by ``WorkerConsole.run``, ``WorkerClient.run`` and ``WorkerClient.get``. Wait for its end with
    `wait` in a script, or with ``await run`` in a coroutine or a notebook cell.
    """

    def __init__(self, live: LiveRun, *, start_replay: Callable[[Run], Run]) -> None:
        self._live = live
        self._start_replay = start_replay
        background.call_soon(live.hold)
        self._process = os.getpid()
        self._finalizer = weakref.finalize(self, _release, live, self._process)
        self._finalizer.atexit = False

    def __repr__(self) -> str:
        return f"Run({self.run_id!r}, status={self.status!r})"

    @property
    def run_id(self) -> str:
        """The server's id of the run."""
        return self._live.run_id

    @property
    def state(self) -> RunState:
        """The current state of the run; immutable."""
        return self._live.state

    @property
    def status(self) -> str:
        """The run's status: queued, running, completed, failed or cancelled."""
        return self.state.status

    @property
    def success(self) -> bool | None:
        """Whether the run completed; ``None`` while it has not ended."""
        return self.state.success

    @property
    def error(self) -> str | None:
        """The worker's reason why the run failed or was cancelled; else ``None``."""
        return self.state.error

    @property
    def request(self) -> RunRequest | None:
        """What the run was started with: task, brand, budget, strict mode, depth and options.

        Also of a run that was started elsewhere, if its server repeats the request, as the embedded host
        does. ``None`` where the request is unknown. What is run again has the request of its original. The
        request contains no key. To start the same again::

            asked = run.request
            client.run(asked.task, asked.brand, budget=asked.budget, strict_mode=asked.strict_mode,
                       depth=asked.depth, **asked.options)
        """
        return self.state.request

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the result must know, the most important first; empty if there is nothing.

        `RunHistory.warnings` has them with their codes and stages.
        """
        return tuple(warning.message for warning in run_warnings(self.state))

    @property
    def understanding(self) -> Understanding | None:
        """How much of the task the worker understood, with reasons and facts; ``None`` if not reported."""
        return self.state.understanding

    @property
    def replay_token(self) -> dict[str, Any] | None:
        """The token from which the run can be run again; ``None`` until the run has completed."""
        return self.state.replay_token

    @property
    def artifacts(self) -> Artifacts:
        """The artifacts so far, by file name."""
        return Artifacts(self._live)

    def wait(self, timeout: float | None = None) -> Run:
        """Waits until the run has ended and returns the run, also if it failed.

        ``timeout`` is in seconds, ``None`` for no limit. Raises `RunTimeout` after it (the run continues),
        and the error that ended following before the run ended: `RunUnknown`, `HostUnreachable` or
        `KeyRefused`.
        """
        self._check_process()
        try:
            background.wait(self._live.over, timeout)
        except TimeoutError as error:
            state = self.state
            raise RunTimeout(
                f"Run {self.run_id} is {state.status} after {timeout:g} s and continues. "
                "Wait again, or stop it with run.stop()."
            ) from error
        return self._settled()

    def __await__(self) -> Generator[Any, None, Run]:
        import asyncio

        self._check_process()
        yield from asyncio.shield(asyncio.wrap_future(self._live.over)).__await__()
        return self._settled()

    def is_of(self, live: LiveRun) -> bool:
        """Whether this is the run that ``live`` follows."""
        return self._live is live

    def stop(self) -> None:
        """Requests the worker to cancel the run; does nothing if the run has ended.

        Raises the package's errors if the request fails.
        """
        if not self.state.over:
            background.call(self._live.cancel())

    def replay(self) -> Run:
        """Runs it again and verifies: executes the run from its replay token and returns the new run.

        ``verified`` in the new run's final state is whether all artifacts are identical. To watch the
        recording of a run instead, without executing anything, use ``WorkerConsole(replay=run.run_id)``.
        Raises `RequestRefused` if the run has no token.
        """
        return self._start_replay(self)

    def events(self) -> pd.DataFrame:
        """The events so far, one row each. The columns are those of `RunHistory.events`."""
        return self._history.events(self.run_id)

    def stages(self) -> pd.DataFrame:
        """The current stages, one row each, as in `RunHistory.stages`."""
        return self._history.stages(self.run_id)

    def logs(self) -> pd.DataFrame:
        """The log lines so far, one row each, as in `RunHistory.logs`."""
        return self._history.logs(self.run_id)

    def routing(self) -> pd.DataFrame:
        """The routing decisions so far, one row each, as in `RunHistory.routing`."""
        return self._history.routing(self.run_id)

    def ledger(self) -> pd.DataFrame:
        """Failures, policy, drift and recovery so far, one row each, as in `RunHistory.ledger`."""
        return self._history.ledger(self.run_id)

    def incidents(self) -> pd.DataFrame:
        """What was found, tried and fixed so far, one row per incident, as in `RunHistory.incidents`."""
        return self._history.incidents(self.run_id)

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

    def _check_process(self) -> None:
        """A forked child has no thread that follows the run: it would wait for ever."""
        if os.getpid() != self._process:
            raise WorkerWidgetError(
                f"Run {self.run_id} is followed by the parent of this process. "
                f"Get it here with WorkerClient().get({self.run_id!r})."
            )

    def _settled(self) -> Run:
        if self.state.over:
            return self
        raise self._live.failure or WorkerWidgetError(
            f"Run {self.run_id} is no longer followed, because this program ends. The run continues; "
            f"WorkerClient().get({self.run_id!r}) follows it again."
        )


def _release(live: LiveRun, process: int) -> None:
    if os.getpid() == process:
        background.clean_up(live.release())

"""`Run`: one run as a Python object for scripts and notebook cells, live or finished.

All its data comes from the event log and the run state, and can be read during the run.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Generator, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self, overload

from .. import background
from ..errors import RequestRefused, RunTimeout, WorkerWidgetError
from ..events.run_request import Depth, RunRequest
from ..state.run_state import InputRequest, RunState, Understanding
from ..state.run_warnings import run_warnings
from ..store.event_store import EventStore
from .artifacts import Artifacts
from .frames.engines import FrameEngine
from .frames.run_frames import RunFrames
from .live_run import LiveRun
from .request_changes import UNCHANGED, Unchanged, stage_named
from .saved_brands import brand_of

if TYPE_CHECKING:
    from .export import ExportFormat
    from .history import RunHistory
    from .positions import Position


class RunStarter(Protocol):
    """Starts a run from a run that has ended, and follows it. Raises the package's errors."""

    def replay(self, run: Run, secrets: Mapping[str, str]) -> Run:
        """Executes a run again from its replay token."""
        ...

    def retry(self, run: Run, from_stage: str | None, secrets: Mapping[str, str]) -> Run:
        """Runs the same request from a stage on, by default from the one that failed."""
        ...

    def fork(self, run: Run, from_stage: str, changes: Mapping[str, Any], secrets: Mapping[str, str]) -> Run:
        """Runs a run from a stage on with changes of its request, by field."""
        ...


class Run(RunFrames):
    """One run of a worker.

    Returned by ``WorkerConsole.run``, ``WorkerClient.run`` and ``WorkerClient.get``. Wait for its end with
    `wait` in a script, or with ``await run`` in a coroutine or a notebook cell.
    """

    def __init__(self, live: LiveRun, *, starter: RunStarter) -> None:
        self._live = live
        self._starter = starter
        background.call_soon(live.hold)
        self._process = os.getpid()
        self._finalizer = weakref.finalize(self, _release, live, self._process)
        self._finalizer.atexit = False

    def __repr__(self) -> str:
        return f"Run({self.run_id!r}, status={self.status!r})"

    def _repr_html_(self) -> str:
        from .run_summary import run_html

        return run_html(self.run_id, self.state)

    @property
    def run_id(self) -> str:
        """The server's id of the run."""
        return self._live.run_id

    @property
    def state(self) -> RunState:
        """The current state of the run; immutable."""
        return self._live.state

    def at(self, position: Position) -> RunState:
        """The state of the run as it was at a position: after the event there.

        ``position`` is the number of an event (from 1; 0 is before the first), a time since the start such as
        "12.5s" or "1m30s" or a ``timedelta``, a ``datetime`` (UTC if it has no zone), or the id or name of a
        stage, for its start. After the last event so far it is the current state. Raises `PositionUnknown`::

            run.at("12.5s").stages
            run.at("copy").figures.violations
        """
        from .positions import position_of

        return self.store.state_at(self.run_id, position_of(self.store, self.run_id, position))

    @property
    def status(self) -> str:
        """The run's status: queued, running, waiting (for an answer of a person), paused, completed, failed
        or cancelled.
        """
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
        request contains no key and no secret. To start the same again::

            asked = run.request
            client.run(asked.task, asked.brand, budget=asked.budget, strict_mode=asked.strict_mode,
                       depth=asked.depth, **asked.options)
        """
        return self.state.request

    @property
    def warnings(self) -> RunWarnings:
        """What a reader of the result must know, the most important first; empty if there is nothing.

        ``run.warnings()`` is the frame with their codes and stages; see `RunHistory.warnings`.
        """
        return RunWarnings(
            (row.message for row in run_warnings(self.state)), partial(self._frame, "warnings")
        )

    @property
    def understanding(self) -> Understanding | None:
        """How much of the task the worker understood, with reasons and facts; ``None`` if not reported."""
        return self.state.understanding

    @property
    def replay_token(self) -> dict[str, Any] | None:
        """The token from which the run can be run again; ``None`` until the run has completed."""
        return self.state.replay_token

    @property
    def inputs(self) -> tuple[InputRequest, ...]:
        """The open requests for an answer of a person, oldest first; empty unless the run is waiting.

        Each has ``request_id``, ``message``, ``reason``, ``schema`` (the JSON schema of the answer),
        ``stage_id`` and ``expires_us``. `answer` answers one.
        """
        return self._live.inputs

    @property
    def artifacts(self) -> Artifacts:
        """The artifacts so far, by file name."""
        return Artifacts(self._live)

    @property
    def store(self) -> EventStore:
        """The history that holds the run: this computer's, or one in memory if that cannot be written."""
        return self._live.store

    def wait(self, timeout: float | None = None) -> Run:
        """Waits until the run has ended and returns the run, also if it failed.

        A run that waits for an answer has not ended: `answer` it before, or in another thread or cell.
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
                + ("Answer it with run.answer(...), or stop" if state.inputs else "Wait again, or stop")
                + " it with run.stop()."
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

    def answer(self, payload: Any = True, request_id: str | None = None) -> None:
        """Answers a request for input: an approval by default, else any JSON value, such as a mapping.

        Without ``request_id`` the only open request is answered; `inputs` has all of them. Raises
        `RequestRefused` if there is none or more than one, if it was answered elsewhere or has expired, and,
        with the field's name, for an answer that does not meet its schema.
        """
        request = self._open_request(request_id)
        background.call(lambda: self._live.answer(request.request_id, payload))

    def stop(self) -> None:
        """Requests the worker to cancel the run; does nothing if the run has ended.

        Raises the package's errors if the request fails.
        """
        if not self.state.over:
            background.call(self._live.cancel)

    def pause(self) -> None:
        """Pauses the run: it waits at the worker's next step until `resume`, and takes no time meanwhile.

        ``status`` becomes "paused" once it waits. Raises `RequestRefused` if the run has ended or its worker
        does not offer it (``capabilities`` in `WorkerClient.workers`). A host that ends ends its paused runs.
        """
        background.call(self._live.pause)

    def resume(self) -> None:
        """Lets a paused run go on, or withdraws a pause that has not begun.

        Raises `RequestRefused` if the run is not paused.
        """
        background.call(self._live.resume)

    @property
    def parent_run_id(self) -> str | None:
        """The run from which this one was started by `fork` or `retry`; ``None`` for any other run.

        ``WorkerClient().get(run.parent_run_id)`` is that run; ``worker_widget.compare`` compares the two.
        """
        return self.state.parent_run_id

    def retry(self, stage: str | None = None, *, secrets: Mapping[str, str] | None = None) -> Run:
        """Runs the same request again and returns the new run.

        With a ``stage``, its id or name, the stages before it are taken over from this run, byte for byte. By
        default a run that failed or was stopped goes on at the first stage that is not complete, if its
        worker offers "retry"; any other starts anew. ``secrets`` as for `replay`.

        Raises `RequestRefused` if the run has not ended, its worker does not offer it, or a stage cannot be
        taken over.
        """
        stage_id = None if stage is None else stage_named(self.state, stage)
        return self._starter.retry(self, stage_id, secrets or {})

    def fork(
        self,
        from_stage: str,
        *,
        task: str | Unchanged = UNCHANGED,
        brand: Mapping[str, Any] | str | Unchanged | None = UNCHANGED,
        budget: int | Unchanged | None = UNCHANGED,
        strict_mode: bool | Unchanged = UNCHANGED,
        depth: Depth | Unchanged = UNCHANGED,
        secrets: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Run:
        """Runs this run again from a stage on, with another task, brand or option; returns the new run.

        ``from_stage`` is the id or name of a stage. The stages before it are not executed: their artifacts
        are taken over byte for byte, and verified by their SHA-256. What is not given is as in this run; an
        option of ``None`` has its default::

            other = run.fork("copy", brand={**run.request.brand, "tagline": "Half the bounce rate"})

        Raises `RequestRefused` if the run has not ended, its worker does not offer "fork", a stage cannot be
        taken over, or, with the field's name, for an invalid value.
        """
        given = {
            "task": task,
            "brand": brand if isinstance(brand, Unchanged) else brand_of(brand),
            "budget": budget,
            "strict_mode": strict_mode,
            "depth": depth,
            "options": options or UNCHANGED,
        }
        changes = {name: value for name, value in given.items() if value is not UNCHANGED}
        return self._starter.fork(self, stage_named(self.state, from_stage), changes, secrets or {})

    def replay(self, *, secrets: Mapping[str, str] | None = None) -> Run:
        """Runs it again and verifies: executes the run from its replay token and returns the new run.

        ``secrets`` must be given again if it had some, because nothing keeps them; the headers of an AG-UI
        agent come from the client or console.

        ``verified`` in the new run's final state is whether all artifacts are identical. To watch the
        recording of a run instead, without executing anything, use ``WorkerConsole(replay=run.run_id)``.
        Raises `RequestRefused` if the run has no token.
        """
        return self._starter.replay(self, secrets or {})

    def tag(self, *tags: str) -> None:
        """Adds tags to the run in the history; see `RunHistory.tag`."""
        self._history.tag(self.run_id, *tags)

    def untag(self, *tags: str) -> None:
        """Removes tags of the run in the history; tags that it does not have are ignored."""
        self._history.untag(self.run_id, *tags)

    def note(self, text: str | None) -> None:
        """Sets the note of the run in the history; ``None`` removes it."""
        self._history.note(self.run_id, text)

    def star(self, on: bool = True) -> None:
        """Stars the run in the history, so that it stays when old runs are deleted, or removes the star."""
        self._history.star(self.run_id, on)

    @overload
    def export(self, format: ExportFormat, *, sign: str | Path | None = None) -> str: ...

    @overload
    def export(
        self,
        format: ExportFormat,
        path: str | Path,
        *,
        sign: str | Path | None = None,
        most_bytes: int | None = None,
    ) -> Path: ...

    def export(
        self,
        format: ExportFormat,
        path: str | Path | None = None,
        *,
        sign: str | Path | None = None,
        most_bytes: int | None = None,
    ) -> str | Path:
        """Exports the run's trace as text or to a file; see `RunHistory.export` for the formats."""
        if path is None:
            return self._history.export(self.run_id, format, sign=sign)
        return self._history.export(self.run_id, format, path, sign=sign, most_bytes=most_bytes)

    def _frame(self, name: str, engine: FrameEngine, *, content: bool = False, **filters: Any) -> Any:
        from .frames.reading import frame_in_engine

        return frame_in_engine(self.store, name, engine, content=content, runs=self.run_id, **filters)

    @property
    def _history(self) -> RunHistory:
        from .history import RunHistory

        return RunHistory(self.store)

    def _open_request(self, request_id: str | None) -> InputRequest:
        requests = [item for item in self.inputs if request_id in (None, item.request_id)]
        if len(requests) == 1:
            return requests[0]
        if requests:
            listed = "; ".join(f"{item.request_id!r} asks {item.message or '?'}" for item in requests)
            raise RequestRefused(
                f"Run {self.run_id} waits for {len(requests)} answers: say which with request_id. {listed}"
            )
        which = "no answer" if request_id is None else f"no answer to {request_id!r}"
        answered = any(request_id in (None, item.request_id) for item in self.state.inputs)
        why = "it has just been answered" if answered else f"its status is {self.status}"
        raise RequestRefused(
            f"Run {self.run_id} waits for {which}: {why}. run.inputs lists the open requests."
        )

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


class RunWarnings(tuple[str, ...]):
    """The texts of a run's warnings. Called, it returns the frame `RunHistory.warnings` of the run."""

    _frame: Callable[..., Any]

    def __new__(cls, messages: Iterable[str], frame: Callable[..., Any]) -> Self:
        made = super().__new__(cls, messages)
        made._frame = frame
        return made

    def __call__(self, *, engine: FrameEngine = "pandas", **filters: Any) -> Any:
        """The warnings with their codes, stages and times, one row each."""
        return self._frame(engine, **filters)


def _release(live: LiveRun, process: int) -> None:
    if os.getpid() == process:
        background.clean_up(live.release)

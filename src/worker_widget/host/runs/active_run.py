"""An active run: runs the worker, records its events, and stops it."""

from __future__ import annotations

import asyncio
import logging
import traceback
from typing import Any

import msgspec

from ...events import (
    TERMINAL,
    TYPES,
    ArtifactCreated,
    InputGiven,
    InputRequested,
    Payload,
    ReplayVerified,
    RunCancelled,
    RunFailed,
    RunPaused,
    RunResumed,
    RunStarted,
    StageCompleted,
    encode_at,
)
from ...events.file_names import file_name
from ...events.request_models import ValidatedRequest
from ...steady_clock import SteadyClock
from ..worker import InputCancelled, RunResult, Worker
from .feeds import Feed
from .forks import Fork, kept
from .inputs import Inputs
from .pauses import Pauses
from .recorder import Recorder
from .replay_token import ReplayOf, text_hash
from .run_context import HostRunContext
from .secrets import Secrets
from .store import ActiveStatus, KeptStage, StoredEvent

STOP_GRACE_S = 1.0
"""Seconds that a stopped worker has for cleanup before the run ends without it."""

_HOST_EVENTS = frozenset(
    {
        RunStarted,
        RunPaused,
        RunResumed,
        InputRequested,
        InputGiven,
        ReplayVerified,
        *TERMINAL,
    }
)
_HINTS = {
    InputRequested: "; run.ask() asks a person",
    InputGiven: "; run.ask() asks a person",
    RunPaused: "; run.checkpoint() is where a run can pause",
}

_log = logging.getLogger(__name__)


class Stopped(Exception):
    """The run was stopped. ``event`` is its terminal event."""

    def __init__(self, event: RunCancelled | RunFailed) -> None:
        super().__init__(event)
        self.event = event


class ActiveRun:
    """The state of an active run.

    ``inputs`` are its requests for input, ``pauses`` its pauses, ``fork`` what it takes over of the
    run ``parent_run_id``, if any, ``version`` that of its worker. ``artifacts`` are the texts of the finished
    artifacts and ``hashes`` their SHA-256, by file name. ``tokens`` is the sum over the completed stages.
    ``streamed`` is false for a run whose events are not stored. ``over`` is true after its terminal event.
    """

    def __init__(
        self,
        *,
        number: int,
        run_id: str,
        worker_id: str,
        request: ValidatedRequest,
        created_us: int,
        recorder: Recorder,
        feed: Feed,
        streamed: bool,
        replay_of: ReplayOf | None,
        secrets: Secrets,
        version: str,
        fork: Fork | None = None,
        parent_run_id: str | None = None,
    ) -> None:
        self.number = number
        self.run_id = run_id
        self.worker_id = worker_id
        self.request = request
        self.created_us = created_us
        self.feed = feed
        self.replay_of = replay_of
        self.secrets = secrets
        self.fork = fork
        self.parent_run_id = parent_run_id
        self._version = version
        self._clock = SteadyClock()
        self.inputs = Inputs(self.record, self._show_status, streamed=streamed, clock=self._clock)
        self.pauses = Pauses(self.record, self._show_status)
        self.artifacts: dict[str, str] = {}
        self.hashes: dict[str, str] = {}
        self.tokens = 0
        self.over = False
        self._recorder = recorder
        self._streamed = streamed
        self._seq = 0
        self._stop: RunCancelled | RunFailed | None = None
        self._stopping = asyncio.Event()

    @property
    def fork_of(self) -> tuple[str, str] | None:
        """The run whose first stages are taken over, and the stage from which this one is executed."""
        return None if self.fork is None else (self.fork.parent_run_id, self.fork.from_stage)

    @property
    def active_ms(self) -> float:
        """How long the run has been at work, without its pauses."""
        return round(self.pauses.active_s * 1000, 3)

    def take_over(self) -> None:
        """Record the stages that are taken over from another run, and keep them for runs after this one."""
        if self.fork is not None:
            for data in self.fork.events:
                self.emit(data)
            for stage_id, state in self.fork.kept.items():
                self._recorder.kept(self.number, KeptStage(stage_id, state))

    def emit(self, data: Payload) -> None:
        """Record an event of the worker. Must be called on the event loop thread; ignored after the end.

        Raises ``ValueError`` for an event that only the host emits, ``TypeError`` for an event that JSON
        cannot represent.
        """
        kind = type(data)
        if kind in _HOST_EVENTS:
            hint = _HINTS.get(kind, "")
            raise ValueError(f"{TYPES[kind]} is emitted by the host, not by a worker{hint}")
        if self.over:
            return
        if type(data) is ArtifactCreated:
            data = self._keep(data)
        elif type(data) is StageCompleted:
            self.tokens += data.tokens_used or 0
        self.record(data)

    def record(self, data: Payload) -> None:
        """Add time and sequence number to an event, and pass it to the recorder."""
        raw = encode_at(data, run_id=self.run_id, time_us=self._clock.us())
        if self._streamed:
            self._seq += 1
            self._recorder.event(self.number, StoredEvent(self._seq, TYPES[type(data)], raw))

    def stop(self, event: RunCancelled | RunFailed) -> None:
        """Request the end of the run with this terminal event. Only the first call has an effect."""
        if self._stop is None:
            self._stop = event
            self.inputs.withdraw()
            self._stopping.set()

    async def work(self, worker: Worker) -> RunResult:
        """Run the worker to its end. Raises `Stopped`, or the exception of the worker."""
        try:
            return await self._work(worker)
        finally:
            self.inputs.withdraw()

    async def _work(self, worker: Worker) -> RunResult:
        work = asyncio.create_task(self._execute(worker))
        stop = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if self._stop is None:
            return await work
        work.cancel()
        await asyncio.wait({work}, timeout=STOP_GRACE_S)
        if not work.done():
            _log.error("Run %s: the worker continues although its run was stopped", self.run_id)
        elif not work.cancelled() and not isinstance(error := work.exception(), InputCancelled | None):
            self.log_failure("the worker failed during the stop", error)
        raise Stopped(self._stop)

    async def _execute(self, worker: Worker) -> RunResult:
        """Execute the worker; its ``SystemExit`` and self-cancellation become ``RuntimeError``."""
        try:
            context = HostRunContext(
                run_id=self.run_id,
                replay_of=None if self.replay_of is None else self.replay_of.token,
                secrets=self.secrets,
                sink=self.emit,
                inputs=self.inputs,
                pauses=self.pauses,
                fork=None if self.fork is None else self.fork.of_worker,
                keeper=self.keep,
            )
            return await worker.execute(self.request, context)
        except SystemExit as error:
            raise RuntimeError(f"it tried to exit with {error.code!r}") from error
        except asyncio.CancelledError as error:
            if self._stop is None:
                raise RuntimeError("it cancelled its own run") from error
            raise

    def log_failure(self, what: str, error: BaseException | None) -> None:
        """Write an exception of the worker to the host's log, without the secrets that it may quote."""
        trace = "".join(traceback.format_exception(error)) if error is not None else ""
        _log.error("Run %s: %s\n%s", self.run_id, what, self.secrets.hidden_in(trace))

    def keep(self, stage_id: str, state: Any) -> None:
        """Store what a run that takes over this stage gets of it; see `RunContext.keep`."""
        if not self.over:
            self._recorder.kept(self.number, KeptStage(stage_id, kept(self._version, state)))

    def _show_status(self) -> None:
        status: ActiveStatus = "waiting" if self.inputs.any_open else "running"
        self._recorder.status(self.number, "paused" if self.pauses.paused else status)

    def _keep(self, data: ArtifactCreated) -> ArtifactCreated:
        """Store the text and the hash of an artifact; returns the event with its hash."""
        name = file_name(data.artifact_name, data.artifact_type)
        if data.content is not None:
            self.artifacts[name] = data.content
            if data.sha256 is None:
                data = msgspec.structs.replace(data, sha256=text_hash(data.content))
        if data.sha256 is not None:
            self.hashes[name] = data.sha256
        return data

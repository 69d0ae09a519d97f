"""An active run: runs the worker, records its events, and stops it."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

import msgspec

from ...events import (
    TERMINAL,
    TYPES,
    ArtifactCreated,
    Payload,
    ReplayVerified,
    RunCancelled,
    RunFailed,
    RunStarted,
    StageCompleted,
    encode,
)
from ...events.file_names import file_name
from ...events.request_models import ValidatedRequest
from ..worker import RunResult, Worker
from .feeds import Feed
from .recorder import Recorder
from .replay_token import ReplayOf, text_hash
from .store import StoredEvent

STOP_GRACE_S = 1.0
"""Seconds that a stopped worker has for cleanup before the run ends without it."""

_HOST_EVENTS = (RunStarted, ReplayVerified, *TERMINAL)

_log = logging.getLogger(__name__)


class Stopped(Exception):
    """The run was stopped. ``event`` is its terminal event."""

    def __init__(self, event: RunCancelled | RunFailed) -> None:
        super().__init__(event)
        self.event = event


class ActiveRun:
    """The state of an active run.

    ``artifacts`` are the texts of the finished artifacts and ``hashes`` their SHA-256, by file name.
    ``tokens`` is the sum over the completed stages. ``streamed`` is false for a run whose events are not
    stored. ``over`` is true after its terminal event.
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
    ) -> None:
        self.number = number
        self.run_id = run_id
        self.worker_id = worker_id
        self.request = request
        self.created_us = created_us
        self.feed = feed
        self.replay_of = replay_of
        self.artifacts: dict[str, str] = {}
        self.hashes: dict[str, str] = {}
        self.tokens = 0
        self.over = False
        self._recorder = recorder
        self._streamed = streamed
        self._seq = 0
        self._time = datetime.min.replace(tzinfo=UTC)
        self._stop: RunCancelled | RunFailed | None = None
        self._stopping = asyncio.Event()

    def emit(self, data: Payload) -> None:
        """Record an event of the worker. Must be called on the event loop thread; ignored after the end.

        Raises ``ValueError`` for an event that only the host emits, ``TypeError`` for an event that JSON
        cannot represent.
        """
        if isinstance(data, _HOST_EVENTS):
            raise ValueError(f"{TYPES[type(data)]} is emitted by the host, not by a worker")
        if self.over:
            return
        if isinstance(data, ArtifactCreated):
            data = self._keep(data)
        elif isinstance(data, StageCompleted):
            self.tokens += data.tokens_used or 0
        self.record(data)

    def record(self, data: Payload) -> None:
        """Add time and sequence number to an event, and pass it to the recorder."""
        self._time = max(self._time, datetime.now(UTC))
        raw = encode(data, run_id=self.run_id, time=self._time)
        if self._streamed:
            self._seq += 1
            self._recorder.event(self.number, StoredEvent(self._seq, TYPES[type(data)], raw))

    def stop(self, event: RunCancelled | RunFailed) -> None:
        """Request the end of the run with this terminal event. Only the first call has an effect."""
        if self._stop is None:
            self._stop = event
            self._stopping.set()

    async def work(self, worker: Worker) -> RunResult:
        """Run the worker to its end. Raises `Stopped`, or the exception of the worker."""
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
        elif not work.cancelled() and (error := work.exception()) is not None:
            _log.error("Run %s: the worker failed during the stop", self.run_id, exc_info=error)
        raise Stopped(self._stop)

    async def _execute(self, worker: Worker) -> RunResult:
        """Execute the worker; its ``SystemExit`` and self-cancellation become ``RuntimeError``."""
        try:
            token = None if self.replay_of is None else self.replay_of.token
            return await worker.execute(self.request, self.emit, run_id=self.run_id, replay_of=token)
        except SystemExit as error:
            raise RuntimeError(f"it tried to exit with {error.code!r}") from error
        except asyncio.CancelledError as error:
            if self._stop is None:
                raise RuntimeError("it cancelled its own run") from error
            raise

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

"""The state of a run's event stream, as far as `follow` needs it. Pure: no waiting, no network.

Its size does not depend on the number of events.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from msgspec.structs import replace

from ...events import (
    TERMINAL,
    Event,
    FailureDetected,
    InputGiven,
    InputRequested,
    Log,
    Payload,
    PolicyViolation,
    RecoveryCompleted,
    RunCompleted,
    RunFailed,
    RunPaused,
    RunReconciled,
    RunResumed,
    RunWarning,
    StageCompleted,
    StageFailed,
    StageStarted,
    UnknownEvent,
    decode,
    make,
)
from ...events.answers import RunAnswer
from ...events.run_status import end_status
from ...events.sse import MOST_BYTES, Frame

_KEEPALIVES: Final = frozenset({"ping", "pong", "keepalive", "keep-alive", "keep_alive", "heartbeat"})
_SEVERE: Final = (None, "error", "critical", "high")
_MOST_COARSE: Final = 10_000
_NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


class StreamState:
    """The state of the stream of one run.

    ``terminal`` is the payload of the first terminal event. ``settled`` is true once the end of the run is
    known from another route, ``ended`` once ``stream_end`` has arrived on this connection. ``failing`` is
    true after a stage or its recovery failed, until a stage starts or completes. ``fresh`` is true if this
    connection has delivered a new event.
    """

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.terminal: Payload | None = None
        self.settled = False
        self.ended = False
        self.failing = False
        self.fresh = False
        self._open_inputs: set[str | None] = set()
        self._paused = False
        self._failure: str | None = None
        self._violation: str | None = None
        self._coarse = _CoarseEvents()
        self._latest: datetime | None = None
        self._latest_here: datetime | None = None
        self._events = 0
        self._most_events = 0

    @property
    def empty(self) -> bool:
        """Whether no connection has delivered an event."""
        return not self._most_events

    @property
    def over(self) -> bool:
        """Whether the end of the run is known."""
        return self.terminal is not None or self.settled

    @property
    def waiting(self) -> bool:
        """Whether the run is paused, or the stream has a request for input that is still open."""
        return self._paused or bool(self._open_inputs)

    def begin_connection(self) -> None:
        """Reset the state of the connection, not of the run."""
        self.ended = self.fresh = False
        self._events = 0
        self._latest_here = None
        self._coarse = _CoarseEvents()

    def receive(self, frames: Iterable[Frame]) -> list[Event]:
        """Decode frames and update the state; returns the events of the run among them."""
        events: list[Event] = []
        for frame in frames:
            # An empty id in a stream means no id.
            event = decode(frame.data, frame.name, frame.id or None)
            if event.type == "connected" or _is_keepalive(frame, event):
                continue
            if event.type == "stream_end":
                self.ended = True
                continue
            events.append(self._coarse.numbered(event))
            self._note(event)
        return events

    def take(self, events: Iterable[Event]) -> list[Event]:
        """Updates the state with events that did not come over a stream, and returns them."""
        taken = [event for event in events if event.type not in ("connected", "stream_end")]
        for event in taken:
            self._note(event)
        return taken

    def too_long(self, left_out: int) -> list[Event]:
        """The warning that ``left_out`` events of this connection were too long to be kept."""
        size = f"more than {MOST_BYTES // 1_000_000} MB"
        what = f"An event of {size} was" if left_out == 1 else f"So far {left_out} events of {size} were"
        warning = RunWarning(
            code="event_too_long",
            message=f"{what} left out: the worker sent it, but it is neither shown nor in the history.",
        )
        # Where a reconnect repeats all events, the time and so the bytes are the same again.
        return self.take([make(warning, run_id=self.run_id, time=self._latest_here or _NO_TIME)])

    def run_lost(self) -> Event:
        """The terminal event of a run that its server no longer has."""
        return self._interrupted(
            "The server no longer has this run: it was restarted, which ended the run.",
            "After the stream was cut, the server responded that it has no such run.",
        )

    def run_abandoned(self, seconds: float) -> Event:
        """The terminal event of a run that its server lists as active and no longer works on."""
        return self._interrupted(
            f"The server was away, and for {seconds:.0f} s since then nothing has happened in this run: it"
            " was restarted, which ended the run.",
            "The server still reports the run as active, but nothing happens in it.",
        )

    def run_unreported(self, seconds: float) -> Event:
        """The terminal event of a run in which nothing happens and whose status is not reported."""
        failure = self._failure or self._violation
        start = f"{failure.removesuffix('.')}. After that the" if failure else "The"
        return self._interrupted(
            f"{start} server sent no event for {seconds:.0f} s and did not report whether the run is active.",
            "Neither the list of runs nor the run answer has the status of the run.",
        )

    def _interrupted(self, error: str, reason: str) -> Event:
        return self._settle(
            RunReconciled(status="interrupted", success=False, error=error, reason=reason), None
        )

    def end_from(self, answer: RunAnswer) -> Event:
        """The terminal event that ``answer`` describes, for a stream without a terminal event."""
        completed = end_status(answer.status) == "completed"
        error = answer.error or self._failure or self._violation or "The server reported no reason."
        return self._settle(
            RunReconciled(
                status=answer.status,
                success=completed if answer.success is None else answer.success,
                error=None if completed else error,
                reason=f"The server lists the run as {answer.status}; its stream has no terminal event.",
                total_tokens=answer.total_tokens_used,
                total_latency_ms=answer.total_latency_ms,
                replay_token=answer.replay_token,
                cost_report=answer.cost_report or None,
            ),
            answer.created_at,
        )

    def addition_from(self, answer: RunAnswer) -> Event | None:
        """The data of ``answer`` that the terminal event lacks, as an event; ``None`` if there is none."""
        completed = self.terminal if isinstance(self.terminal, RunCompleted) else RunCompleted()
        failed = self.terminal if isinstance(self.terminal, RunFailed) else RunFailed()
        token = completed.replay_token or failed.replay_token
        addition = RunReconciled(
            replay_token=None if token else answer.replay_token or None,
            total_tokens=answer.total_tokens_used or None if completed.total_tokens is None else None,
            total_latency_ms=answer.total_latency_ms or None if completed.total_latency_ms is None else None,
            cost_report=None if completed.cost_report else answer.cost_report or None,
            reason="The run answer has data that the stream did not have.",
        )
        if addition == RunReconciled(reason=addition.reason):
            return None
        return self._settle(addition, answer.created_at)

    def _note(self, event: Event) -> None:
        self._events += 1
        # A stream without ids repeats all events on a reconnect: only the events after them are new.
        self.fresh = self.fresh or event.id is not None or self._events > self._most_events
        self._most_events = max(self._most_events, self._events)
        time = event.time
        if time is not None and (self._latest is None or time > self._latest):
            self._latest = time
        if time is not None and (self._latest_here is None or time > self._latest_here):
            self._latest_here = time
        match event.data:
            case StageFailed(failed_in=str()) if self.failing:
                pass  # the reason is that of the stage inside
            case (
                StageFailed(stage_id=stage_id, error=error) | FailureDetected(stage_id=stage_id, error=error)
            ):
                self.failing = True
                self._failure = f"Stage {stage_id or 'unknown'} failed: {error or 'no reason given'}"
            case PolicyViolation(stage_id=stage_id, reason=reason, severity=severity) if severity in _SEVERE:
                self.failing = True
                stage = f" in stage {stage_id}" if stage_id else ""
                self._violation = f"Policy violation{stage}: {reason or 'no reason given'}"
            case InputRequested(request_id=request_id):
                self._open_inputs.add(request_id)
            case InputGiven(request_id=request_id):
                self._open_inputs.discard(request_id)
            case RunPaused():
                self._paused = True
            case RunResumed():
                self._paused = False
            case RecoveryCompleted(success=False):
                self.failing = True
            case RecoveryCompleted(success=True):
                self.failing = False
                self._failure = None
            case StageStarted() | StageCompleted():
                self.failing = False
            case data if isinstance(data, TERMINAL):
                self.terminal = self.terminal or data

    def _settle(self, data: RunReconciled, created_at: datetime | None) -> Event:
        """An event at the time of the latest event of the run, so that equal facts have equal bytes."""
        self.settled = True
        return make(data, run_id=self.run_id, time=self._latest or created_at or datetime.now(UTC))


class _CoarseEvents:
    """Numbers equal lines of one connection whose times do not tell them apart: `Event.copy`.

    Real servers give microseconds, so an event that comes twice is the same; where times are missing or in
    whole seconds, a worker that logs one line three times in a second means three lines.
    """

    def __init__(self) -> None:
        self._counts: dict[bytes, int] = {}

    def numbered(self, event: Event) -> Event:
        if event.id is not None or type(event.data) not in (Log, UnknownEvent) or _is_fine(event.time_us):
            return event
        if len(self._counts) >= _MOST_COARSE:
            del self._counts[next(iter(self._counts))]
        before = self._counts.pop(event.key, 0)
        self._counts[event.key] = before + 1
        return replace(event, copy=before) if before else event


def _is_fine(time_us: int | None) -> bool:
    """Whether a time has parts of a second."""
    return time_us is not None and time_us % 1_000_000 != 0


def _is_keepalive(frame: Frame, event: Event) -> bool:
    """Whether an event only keeps the connection alive; servers also send comments for that."""
    return isinstance(event.data, UnknownEvent) and not _KEEPALIVES.isdisjoint(
        (frame.name.lower(), event.type.lower())
    )

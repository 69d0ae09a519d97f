"""The state of a run's event stream, as far as `follow` needs it. Pure: no waiting, no network.

Its size does not depend on the number of events.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from ...events import (
    TERMINAL,
    Event,
    FailureDetected,
    Payload,
    RecoveryCompleted,
    RunCompleted,
    RunFailed,
    RunReconciled,
    StageCompleted,
    StageFailed,
    StageStarted,
    decode,
    make,
)
from ...events.answers import RunAnswer
from ...events.sse import Frame


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
        self._failure: str | None = None
        self._latest: datetime | None = None
        self._events = 0
        self._most_events = 0

    @property
    def over(self) -> bool:
        """Whether the end of the run is known."""
        return self.terminal is not None or self.settled

    def begin_connection(self) -> None:
        """Reset the state of the connection, not of the run."""
        self.ended = self.fresh = False
        self._events = 0

    def receive(self, frames: Iterable[Frame]) -> list[Event]:
        """Decode frames and update the state; returns the events of the run among them."""
        events: list[Event] = []
        for frame in frames:
            # An empty id in a stream means no id.
            event = decode(frame.data, frame.name, frame.id or None)
            if event.type == "connected":
                continue
            if event.type == "stream_end":
                self.ended = True
                continue
            events.append(event)
            self._note(event)
        return events

    def run_lost(self) -> Event:
        """The terminal event of a run that its server no longer has."""
        return self._settle(
            RunReconciled(
                status="failed",
                success=False,
                error="The server no longer has this run: it was restarted, which ended the run.",
                reason="After the stream was cut, the server responded that it has no such run.",
            ),
            None,
        )

    def end_from(self, answer: RunAnswer) -> Event:
        """The terminal event that ``answer`` describes, for a stream without a terminal event."""
        completed = answer.status == "completed"
        error = answer.error or self._failure or "The server reported no reason."
        return self._settle(
            RunReconciled(
                status=answer.status,
                success=completed if answer.success is None else answer.success,
                error=None if completed else error,
                reason=f"The server lists the run as {answer.status}; its stream has no terminal event.",
                total_tokens=answer.total_tokens_used,
                total_latency_ms=answer.total_latency_ms,
                replay_token=answer.replay_token,
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
            reason="The run answer has data that the stream did not have.",
        )
        if (
            addition.replay_token is None
            and addition.total_tokens is None
            and addition.total_latency_ms is None
        ):
            return None
        return self._settle(addition, answer.created_at)

    def _note(self, event: Event) -> None:
        self._events += 1
        # A stream without ids repeats all events on a reconnect: only the events after them are new.
        self.fresh = self.fresh or event.id is not None or self._events > self._most_events
        self._most_events = max(self._most_events, self._events)
        if event.time is not None and (self._latest is None or event.time > self._latest):
            self._latest = event.time
        match event.data:
            case (
                StageFailed(stage_id=stage_id, error=error) | FailureDetected(stage_id=stage_id, error=error)
            ):
                self.failing = True
                self._failure = f"Stage {stage_id or 'unknown'} failed: {error or 'no reason given'}"
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

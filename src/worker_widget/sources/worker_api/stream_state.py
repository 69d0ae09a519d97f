"""What a run's stream has told so far, as far as following it needs to know. No waiting, no network.

It does not grow with the number of events.
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


class Story:
    """The state of following one run.

    ``terminal`` is the payload of the first terminal event. ``settled`` says that the end is known
    from elsewhere, ``ended`` that the stream called itself ended, ``failing`` that a stage or its
    recovery failed and nothing went on since, ``fresh`` that this connection brought anything new.
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
        """Whether the run's end is known."""
        return self.terminal is not None or self.settled

    def begin_connection(self) -> None:
        self.ended = self.fresh = False
        self._events = 0

    def take(self, frames: Iterable[Frame]) -> list[Event]:
        """The run's own events among ``frames``."""
        events: list[Event] = []
        for frame in frames:
            # An empty id is how a stream says that there is none.
            event = decode(frame.data, frame.name, frame.id or None)
            if event.type == "connected":
                continue
            if event.type == "stream_end":
                self.ended = True
                continue
            events.append(event)
            self._note(event)
        return events

    def lost(self) -> Event:
        """The end of a run that its server has forgotten."""
        return self._settle(
            RunReconciled(
                status="failed",
                success=False,
                error="The server no longer knows this run: it was restarted, and the run ended with it.",
                reason="After the stream was cut, the server answered that it has no such run.",
            ),
            None,
        )

    def concluded(self, answer: RunAnswer) -> Event:
        """The end of a run as ``answer`` has it, where the stream told none."""
        good = answer.status == "completed"
        error = answer.error or self._failure or "The server gives no reason."
        return self._settle(
            RunReconciled(
                status=answer.status,
                success=good if answer.success is None else answer.success,
                error=None if good else error,
                reason=f"The server lists the run as {answer.status}; its stream told no end.",
                total_tokens=answer.total_tokens_used,
                total_latency_ms=answer.total_latency_ms,
                replay_token=answer.replay_token,
            ),
            answer.created_at,
        )

    def supplemented(self, answer: RunAnswer) -> Event | None:
        """What ``answer`` tells of the ended run that its terminal event did not, if anything."""
        told = self.terminal if isinstance(self.terminal, RunCompleted) else RunCompleted()
        failed = self.terminal if isinstance(self.terminal, RunFailed) else RunFailed()
        token = told.replay_token or failed.replay_token
        more = RunReconciled(
            replay_token=None if token else answer.replay_token or None,
            total_tokens=answer.total_tokens_used or None if told.total_tokens is None else None,
            total_latency_ms=answer.total_latency_ms or None if told.total_latency_ms is None else None,
            reason="The run answer tells more than the stream did.",
        )
        if more.replay_token is None and more.total_tokens is None and more.total_latency_ms is None:
            return None
        return self._settle(more, answer.created_at)

    def _note(self, event: Event) -> None:
        self._events += 1
        # Without ids a stream repeats itself from the start: only what goes further is new.
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
        """An event of ours at the time of the latest of the run's, so that the same facts are always
        the same bytes."""
        self.settled = True
        return make(data, run_id=self.run_id, time=self._latest or created_at or datetime.now(UTC))

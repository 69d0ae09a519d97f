"""Runs that are made of the spans that other programs send: each trace is a run of the worker ``otlp``.

A span is sent when it ends, in batches, and a program can send it twice. The root span ends its run. A trace
whose root does not arrive ends when it has been quiet for a while. Spans that arrive later are added to the
run.
"""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from ...events import (
    TYPES,
    Payload,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunStarted,
    RunWarning,
    decode,
    encode,
)
from ...events.answers import WorkerInfo
from ...spans import WORKER_ID, span_events, trace_reader
from ...spans.span import Span
from ...spans.span_events import TimedPayload
from ...spans.trace_reader import TraceReader
from . import answers
from .feeds import Bus, Feed
from .recorder import Recorder
from .registry import Registry
from .store import NewRun, RunEnd, StoredEvent, StoredRun
from .store_thread import StoreThread

QUIET_S: Final = 600.0
"""A trace without its root span ends after so many seconds without a span."""
MOST_OPEN: Final = 256
"""With more traces at once, the one that has been quiet for longest ends."""

NO_ROOT: Final = "root_span_missing"
"""The code of the warning of a run whose root span did not arrive."""

RECEIVER: Final = WorkerInfo(
    id=WORKER_ID,
    name="OpenTelemetry",
    description="Receives OpenTelemetry traces of other programs.",
    status="unavailable",
    reason="other programs run, and send their traces to /v1/traces",
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_log = logging.getLogger(__name__)


class _Trace:
    """A trace that is being received; ``seq`` is the number of its last event."""

    def __init__(self, number: int, run_id: str, reader: TraceReader, feed: Feed, seq: int = 0) -> None:
        self.number = number
        self.run_id = run_id
        self.reader = reader
        self.feed = feed
        self.seq = seq
        self.tokens = 0
        self.first_ns = 0
        self.last_ns = 0
        self.ended: StoredRun | None = None
        self.expiry: asyncio.TimerHandle | None = None


class ReceivedTraces:
    """The traces that this host receives. Call its methods on the event loop thread only."""

    def __init__(
        self,
        thread: StoreThread,
        recorder: Recorder,
        bus: Bus,
        registry: Registry,
        next_number: Callable[[], int],
        *,
        quiet_s: float = QUIET_S,
    ) -> None:
        self._thread = thread
        self._store = thread.store
        self._recorder = recorder
        self._bus = bus
        self._registry = registry
        self._next_number = next_number
        self._quiet_s = quiet_s
        self._open: dict[str, _Trace] = {}
        self._one_at_a_time = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        registry.know(RECEIVER)
        if self._store.runs(WORKER_ID, limit=1):
            registry.add(RECEIVER)

    def is_open(self, run_id: str) -> bool:
        """Whether spans of the run are awaited."""
        return run_id in self._open

    async def receive(self, spans: Sequence[Span]) -> None:
        """Adds spans to the runs of their traces; returns once they are stored.

        Raises ``sqlite3.Error`` if a run cannot be stored.
        """
        traces: dict[str, list[Span]] = {}
        for span in spans:
            traces.setdefault(span.trace_id, []).append(span)
        async with self._one_at_a_time:
            for trace_id, found in traces.items():
                await self._add(str(uuid.UUID(trace_id)), found)

    async def cancel(self, run_id: str, reason: str) -> None:
        """Ends a run as cancelled: no more of its spans are awaited."""
        async with self._one_at_a_time:
            if run_id in self._open:
                trace = self._open[run_id]
                await self._end(trace, RunCancelled(reason=reason), _took_ms(trace))

    async def close(self) -> None:
        """Ends all runs whose spans are awaited."""
        async with self._one_at_a_time:
            for trace in list(self._open.values()):
                await self._end_without_root(trace)

    async def _add(self, run_id: str, spans: Sequence[Span]) -> None:
        trace = self._open.get(run_id) or await self._reopened(run_id) or await self._begun(run_id, spans)
        root = trace_reader.root_of(spans)
        is_end = root is not None and not trace.reader.has_read(root)
        for item in trace.reader.read(spans):
            self._record(trace, item)
        if root is not None and is_end and (trace.ended is None or trace.ended.status != "cancelled"):
            await self._end(trace, trace_reader.run_end(root), span_events.duration_ms(root))
        elif trace.ended is not None:
            await self._close_again(trace, trace.ended)
        else:
            self._await_more(trace)
            await trace.feed.more(trace.seq - 1)
            if len(self._open) > MOST_OPEN:
                await self._end_without_root(next(iter(self._open.values())))

    async def _begun(self, run_id: str, spans: Sequence[Span]) -> _Trace:
        """A new run."""
        task = trace_reader.task_of(spans)
        starts = [span.start_ns for span in spans if span.start_ns]
        first_ns = min(starts, default=time.time_ns())
        number = self._next_number()
        request = msgspec.json.encode({"task": task}).decode()
        new = NewRun(number, run_id, WORKER_ID, task, request, "", first_ns // 1_000)
        await self._thread.call(self._store.add, new)
        self._registry.add(RECEIVER)
        trace = _Trace(number, run_id, TraceReader(), self._bus.open(number))
        trace.first_ns = first_ns
        self._open[run_id] = trace
        self._recorder.status(number, "running")
        named = {
            "service": spans[0].resource.get("service.name"),
            "trace_id": spans[0].trace_id,
            "conversation_id": trace_reader.conversation_of(spans),
        }
        options = {name: value for name, value in named.items() if value is not None}
        self._record(trace, TimedPayload(first_ns, RunStarted(task=task, worker=WORKER_ID, options=options)))
        return trace

    async def _reopened(self, run_id: str) -> _Trace | None:
        """A run that has ended, for more spans; ``None`` if there is no such run."""
        run = await self._thread.call(self._store.run, WORKER_ID, run_id)
        if run is None:
            return None
        payloads: list[Payload] = []
        seq = 0
        while events := await self._thread.call(self._store.events, run.number, seq):
            seq = events[-1].seq
            payloads += (decode(event.raw, event.type).data for event in events)
        feed = self._bus.open(run.number)
        feed.advance(seq)
        trace = _Trace(run.number, run_id, TraceReader.resumed(payloads), feed, seq)
        trace.tokens = run.total_tokens
        trace.ended = run
        return trace

    def _record(self, trace: _Trace, item: TimedPayload) -> None:
        time_ns = item.time_ns or time.time_ns()
        trace.last_ns = max(trace.last_ns, time_ns)
        trace.tokens += trace_reader.tokens_of(item.data)
        trace.seq += 1
        moment = _EPOCH + timedelta(microseconds=time_ns // 1_000)
        raw = encode(item.data, run_id=trace.run_id, time=moment)
        self._recorder.event(trace.number, StoredEvent(trace.seq, TYPES[type(item.data)], raw))

    def _await_more(self, trace: _Trace) -> None:
        """Ends the run when no span arrives for a while; moves it to the end of the open ones."""
        self._open[trace.run_id] = self._open.pop(trace.run_id, trace)
        if trace.expiry is not None:
            trace.expiry.cancel()
        trace.expiry = asyncio.get_running_loop().call_later(self._quiet_s, self._expire, trace)

    def _expire(self, trace: _Trace) -> None:
        task = asyncio.create_task(self._expired(trace, trace.expiry))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _expired(self, trace: _Trace, expiry: asyncio.TimerHandle | None) -> None:
        async with self._one_at_a_time:
            if self._open.get(trace.run_id) is trace and trace.expiry is expiry:
                await self._end_without_root(trace)

    async def _end_without_root(self, trace: _Trace) -> None:
        message = "The root span of this trace did not arrive. What it reports is missing."
        self._record(trace, TimedPayload(trace.last_ns, RunWarning(code=NO_ROOT, message=message)))
        await self._end(trace, RunCompleted(success=True), _took_ms(trace))

    async def _end(
        self, trace: _Trace, event: RunCompleted | RunFailed | RunCancelled, took_ms: float | None
    ) -> None:
        self._record(trace, TimedPayload(trace.last_ns, event))
        if isinstance(event, RunCompleted):
            end = RunEnd(trace.number, "completed", True)
        elif isinstance(event, RunFailed):
            end = RunEnd(trace.number, "failed", False, event.error)
        else:
            end = RunEnd(trace.number, "cancelled", False, event.reason)
        await self._store_end(trace, end, took_ms)

    async def _close_again(self, trace: _Trace, ended: StoredRun) -> None:
        """Ends a run as it had ended before more of its spans arrived."""
        end = RunEnd(trace.number, ended.status, bool(ended.success), ended.error)
        await self._store_end(trace, end, ended.total_latency_ms)

    async def _store_end(self, trace: _Trace, end: RunEnd, took_ms: float | None) -> None:
        if trace.expiry is not None:
            trace.expiry.cancel()
        self._recorder.ended(
            RunEnd(
                end.number,
                end.status,
                end.success,
                end.error,
                total_tokens=trace.tokens,
                total_latency_ms=took_ms,
                detail=answers.artifacts_only({}),
            )
        )
        self._open.pop(trace.run_id, None)
        await trace.feed.end()


def _took_ms(trace: _Trace) -> float:
    return round((trace.last_ns - trace.first_ns) / 1_000_000, 3)

"""`LiveTraces`: the spans of this process as open runs, one for each trace that begins here."""

from __future__ import annotations

import threading
from typing import Final

from ...events import RunFailed
from ...spans import WORKER_ID, trace_reader
from ...spans.span import Span
from ...spans.trace_reader import TraceReader
from ..local.local_run import LocalRun

OPEN_AFTER_ROOT_S: Final = 30.0
"""A run ends so long after its root span, also if spans in it have not ended."""

_NOT_STOPPED: Final = "The run is no longer followed. The code that makes its spans was not stopped."
_SHUT_DOWN: Final = "The tracer provider was shut down."


class _Trace:
    """An open run. ``root_id`` is the span that began it, ``open`` are the ids of all its open spans."""

    def __init__(self, run: LocalRun, root_id: str) -> None:
        self.run = run
        self.root_id = root_id
        self.reader = TraceReader()
        self.open: set[str] = set()
        self.root: Span | None = None


class LiveTraces:
    """Opens a run with the first span of a trace, and ends it after that span. For any thread."""

    def __init__(self) -> None:
        self._traces: dict[str, _Trace] = {}
        self._lock = threading.Lock()

    def started(self, span: Span) -> None:
        """A span has started: its stage is open at once."""
        with self._lock:
            trace = self._traces.get(span.trace_id)
            if trace is None:
                trace = self._traces[span.trace_id] = _Trace(_opened(span), span.span_id)
            trace.open.add(span.span_id)
            start = trace.reader.begin(_within(span, trace))
        trace.run.recording.add(start.data)

    def ended(self, span: Span) -> str | None:
        """A span has ended. Returns the id of the run that ends with it, ``None`` if none does.

        A span whose start was not seen is left out.
        """
        with self._lock:
            trace = self._traces.get(span.trace_id)
            if trace is None or span.span_id not in trace.open:
                return None
            trace.open.discard(span.span_id)
            read = trace.reader.finish(_within(span, trace))
            trace.run.recording.tokens += sum(trace_reader.tokens_of(item.data) for item in read)
            if span.span_id == trace.root_id:
                trace.root = span
            is_over = trace.root is not None and not trace.open
            if is_over:
                del self._traces[span.trace_id]
            elif span.span_id == trace.root_id:
                self._end_later(span.trace_id, trace)
        for item in read:
            trace.run.recording.add(item.data)
        if not is_over:
            return None
        _end(trace)
        return trace.run.run_id

    def shut_down(self) -> list[str]:
        """Ends all open runs; returns their ids."""
        with self._lock:
            traces, self._traces = list(self._traces.values()), {}
        for trace in traces:
            trace.run.cancelled(_SHUT_DOWN)
        return [trace.run.run_id for trace in traces]

    def _end_later(self, trace_id: str, trace: _Trace) -> None:
        """Ends the run some time after its root span, if spans in it are open until then."""

        def end() -> None:
            with self._lock:
                if self._traces.get(trace_id) is not trace:
                    return
                del self._traces[trace_id]
            _end(trace)

        timer = threading.Timer(OPEN_AFTER_ROOT_S, end)
        timer.daemon = True
        timer.start()


def _opened(span: Span) -> LocalRun:
    task = trace_reader.task_of([span])
    run = LocalRun.open(span.name or task, worker=WORKER_ID, task=task)
    run.call_stop = lambda: run.cancelled(_NOT_STOPPED)
    return run


def _within(span: Span, trace: _Trace) -> Span:
    """The span in the tree of its run: the first one is at the top, whatever is around it elsewhere."""
    return span if span.span_id != trace.root_id else span.outermost()


def _end(trace: _Trace) -> None:
    end = None if trace.root is None else trace_reader.run_end(trace.root)
    if isinstance(end, RunFailed):
        trace.run.fail(end.error or "")
    else:
        trace.run.complete()

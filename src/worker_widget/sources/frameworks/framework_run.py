"""`FrameworkRun`: one watched run of a framework, fed from any thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

from ...events import Log, Payload
from ...recording.failure_text import error_line, traceback_text
from .destination import Destination
from .trace import NO_CAUSE, NO_USAGE, Cause, SpanFailure, SpanTrace, Usage

_NOT_STOPPABLE = (
    "Stop reaches this run only where it is asynchronous. Interrupt the cell or the program that it runs in."
)
_MOST_CAUSES = 20


class Spot(NamedTuple):
    """An open span of a framework run."""

    run: FrameworkRun
    span_id: Hashable


class FrameworkRun:
    """The trace of one framework run and where its events go.

    ``around`` is the span that it is inside, if another framework run is around it. A stop cancels the task
    that opens it.
    """

    def __init__(self, destination: Destination, around: Spot | None = None) -> None:
        self.destination = destination
        self.around = around
        self.depth: int = 0 if around is None else around.run.depth + 1
        self.over = False
        self.trace = SpanTrace(destination.names, destination.around)
        self._lock = threading.Lock()
        self._add = destination.add
        self.stop_with_task()

    def stop_with_task(self) -> None:
        """From now on a stop of the run cancels the running task."""
        if self.destination.own:
            self.destination.recording.on_stop = self._stopper()

    def stop_with(self, stop: Callable[[], None]) -> None:
        """From now on a stop of the run calls ``stop``."""
        if self.destination.own:
            self.destination.recording.on_stop = stop

    # --- reports ---------------------------------------------------------------------------------

    def start(self, span_id: Hashable, parent_id: Hashable | None, **facts: Any) -> None:
        with self._lock:
            self._send(self.trace.start(span_id, parent_id, **facts))

    def pass_over(self, span_id: Hashable, parent_id: Hashable | None, *, agent: str | None = None) -> None:
        with self._lock:
            self.trace.pass_over(span_id, parent_id, agent=agent)

    def given(self, span_id: Hashable, input: Any) -> None:
        with self._lock:
            self._send(self.trace.given(span_id, input))

    def text(self, span_id: Hashable, text: str) -> None:
        with self._lock:
            for data in self.trace.text(span_id, text):
                self._add(data)

    def thinking(self, span_id: Hashable, text: str) -> None:
        with self._lock:
            self._send(self.trace.thinking(span_id, text))

    def end(
        self, span_id: Hashable, *, output: Any = None, model: str | None = None, usage: Usage = NO_USAGE
    ) -> None:
        with self._lock:
            self._send(self.trace.end(span_id, output=output, model=model, usage=usage))

    def fail(self, span_id: Hashable, error: BaseException | SpanFailure) -> None:
        with self._lock:
            if isinstance(error, SpanFailure):
                self._send(self.trace.fail(span_id, error))
            elif isinstance(error, GeneratorExit):  # nobody reads its results any more
                self._send(self.trace.end(span_id))
            else:
                self._fail(span_id, error, _marks(error))

    def _fail(self, span_id: Hashable, error: BaseException, marks: frozenset[Hashable]) -> None:
        """Fails a span with an error that stages of the code inside can have had first."""
        recording, trace = self.destination.recording, self.trace
        stage_id, around = trace.stage_id(span_id), trace.around(span_id)
        known = trace.knows(span_id, marks)
        inner = None if known else recording.failed_in(error, stage_id, self.destination.around)
        inside = NO_CAUSE if inner is None else Cause(marks, inner.name, inner.stage_id)
        failure = _failure(error, marks, recorded=known or inner is not None)
        self._send(trace.fail(span_id, failure._replace(inside=inside)))
        recording.passes(error, trace.failed.stage_id or "", trace.failed.name, around)

    def suspend(self, span_id: Hashable) -> None:
        with self._lock:
            self._send(self.trace.suspend(span_id))

    def log(self, span_id: Hashable, message: str, level: str = "info") -> None:
        with self._lock:
            stage_id, agent = self.trace.stage_id(span_id), self.trace.agent(span_id)
        self._add(Log(stage_id=stage_id, agent=agent, message=message, level=level))

    def add(self, data: Payload) -> None:
        self._add(data)

    def close(self, error: BaseException | str | None = None) -> None:
        """The framework run is over; what is still open in it ends with it. Only the first call counts."""
        with self._lock:
            if self.over:
                return
            self.over = True
            if isinstance(error, BaseException):
                self._send(self.trace.finish(_failure(error, _marks(error), recorded=not len(self.trace))))
            else:
                self._send(self.trace.finish(None if error is None else SpanFailure(error)))
        cause, destination = self.trace.outcome, self.destination
        if isinstance(error, BaseException) and cause.stage_id is not None:
            destination.recording.passes(error, cause.stage_id, cause.name, destination.around)
        if error is not None and self.around is not None:
            self.around.run.trace.failed_inside(self.around.span_id, self.trace.outcome)
        self.destination.end(error)

    def _send(self, events: list[Payload]) -> None:
        for data in events:
            self._add(data)

    def _stopper(self) -> Callable[[], None]:
        try:
            task, loop = asyncio.current_task(), asyncio.get_running_loop()
        except RuntimeError:
            return lambda: self._add(Log(level="warning", message=_NOT_STOPPABLE))
        if task is None:
            return lambda: self._add(Log(level="warning", message=_NOT_STOPPABLE))
        return lambda: _call(loop, task.cancel)


def _marks(error: BaseException) -> frozenset[Hashable]:
    """What an exception shares with those that wrap it: itself and its causes."""
    marks: set[int] = set()
    linked: BaseException | None = error
    while linked is not None and id(linked) not in marks and len(marks) < _MOST_CAUSES:
        marks.add(id(linked))
        linked = linked.__cause__ or (None if linked.__suppress_context__ else linked.__context__)
    return frozenset(marks)


def _failure(error: BaseException, marks: frozenset[Hashable], *, recorded: bool) -> SpanFailure:
    if isinstance(error, asyncio.CancelledError):
        return SpanFailure("Cancelled", None, marks)
    return SpanFailure(error_line(error), None if recorded else traceback_text(error), marks)


def _call(loop: asyncio.AbstractEventLoop, function: Callable[[], Any]) -> None:
    try:
        loop.call_soon_threadsafe(function)
    except RuntimeError:  # the loop has ended
        return

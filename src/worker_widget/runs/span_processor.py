"""`WorkerSpanProcessor` shows the OpenTelemetry spans of this process as runs, live."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from .. import background
from ..sources.otel.live_traces import LiveTraces
from ..sources.otel.sdk_span import read_span
from .local_runs import wait_until_written

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace import Span as SdkSpan
    from opentelemetry.sdk.trace import SpanProcessor as _SpanProcessor
else:
    _SpanProcessor = object  # the SDK calls its methods, and does not ask for its class

_MOST_ENDED = 100

_log = logging.getLogger(__name__)


class WorkerSpanProcessor(_SpanProcessor):
    """Makes the spans of this process runs, while they happen::

        provider.add_span_processor(WorkerSpanProcessor())

    Each trace that begins in this process is a run: in the history, and on consoles that watch. A span is a
    stage from its start on. The GenAI conventions and OpenInference are read: agents, model calls and tools
    with their inputs, outputs and tokens. The end of the first span ends the run. Stopping the run in a
    console ends following it, not the code.

    It raises nothing into the code that makes the spans: the first error of its own is a warning in the log.
    """

    def __init__(self) -> None:
        self._traces = LiveTraces()
        self._ended: deque[str] = deque(maxlen=_MOST_ENDED)
        self._warned = False

    def on_start(self, span: SdkSpan, parent_context: Context | None = None) -> None:
        """Opens the stage of a span, and the run of its trace if it is the first."""
        if _is_own_thread():
            return
        try:
            self._traces.started(read_span(span))
        except Exception as error:
            self._warn(error)

    def on_end(self, span: ReadableSpan) -> None:
        """Ends the stage of a span, and the run if it was the first of its trace."""
        try:
            run_id = self._traces.ended(read_span(span))
        except Exception as error:
            self._warn(error)
        else:
            if run_id is not None:
                self._ended.append(run_id)

    def _on_ending(self, span: Any) -> None:
        """The SDK calls it before the end of a span."""

    def shutdown(self) -> None:
        """Ends the open runs as cancelled, and waits until they are in the history."""
        self._ended.extend(self._traces.shut_down())
        self.force_flush()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Waits until the runs that have ended are in the history."""
        try:
            while self._ended:
                wait_until_written(self._ended.popleft())
        except Exception as error:
            self._warn(error)
            return False
        return True

    def _warn(self, error: Exception) -> None:
        if not self._warned:
            self._warned = True
            _log.warning("A span cannot be shown as a stage; this is not reported again", exc_info=error)


def _is_own_thread() -> bool:
    """Whether this is a thread of this package: what its requests make is no run of the person's."""
    return threading.current_thread().name.startswith(background.THREAD_NAME)

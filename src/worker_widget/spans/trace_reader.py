"""`TraceReader`: the spans of one trace, in any order and repeated, as the events of one run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Self

from msgspec.structs import replace

from ..events import Payload, RunCompleted, RunFailed, StageCompleted, StageFailed, StageStarted
from . import span_events
from .span import Span
from .span_events import TimedPayload

_PENDING: Final = "span in progress"
_REMOTE: Final = "span of another process"


class TraceReader:
    """Reads the spans of one trace as they arrive; each is read once.

    A parent that has not arrived is opened as a stage of its own, because a span is sent when it ends: after
    all spans inside it. A span that fails with the error of a span inside it names that span.
    """

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._opened: set[str] = set()
        self._counted: set[str] = set()
        self._begun: dict[str, Payload] = {}
        self._failed: dict[str, dict[str | None, str]] = {}

    @classmethod
    def resumed(cls, events: Iterable[Payload]) -> Self:
        """A reader that has read the spans of these events."""
        reader = cls()
        parents: dict[str, str | None] = {}
        for data in events:
            match data:
                case StageStarted(stage_id=str(span_id)):
                    reader._opened.add(span_id)
                    parents[span_id] = parents.get(span_id) or data.parent_id
                case StageCompleted(stage_id=str(span_id)) | StageFailed(stage_id=str(span_id)):
                    reader._known.add(span_id)
                    parent = parents.get(span_id)
                    if parent is not None and (span_id in reader._counted or tokens_of(data)):
                        reader._counted.add(parent)
                    if isinstance(data, StageFailed):
                        reader._fails(parent, data.error, data.failed_in or span_id)
        return reader

    def has_read(self, span: Span) -> bool:
        """Whether the span was read before."""
        return span.span_id in self._known

    def read(self, spans: Iterable[Span]) -> list[TimedPayload]:
        """The events of the spans that are new, in the order of their times."""
        new: dict[str, Span] = {}
        for span in spans:
            if span.span_id not in self._known:
                new.setdefault(span.span_id, span)
        self._known.update(new)
        ordered = list(_outer_first(new))
        read = [*self._pending(ordered, new), *map(span_events.started, ordered)]
        self._opened.update(new)
        for span in ordered:
            read += span_events.log_lines(span)
        read += [self._ended(span) for span in reversed(ordered)]
        return sorted(read, key=lambda item: item.time_ns)

    def begin(self, span: Span) -> TimedPayload:
        """The start of a span that has just started."""
        start = span_events.started(span)
        self._opened.add(span.span_id)
        self._begun[span.span_id] = start.data
        return start

    def finish(self, span: Span) -> list[TimedPayload]:
        """The events at the end of a span that was begun: what is known since then, and its end."""
        self._known.add(span.span_id)
        start = span_events.started(span)
        changed = [] if self._begun.pop(span.span_id, None) == start.data else [start]
        return [*changed, *span_events.log_lines(span), self._ended(span)]

    def _pending(self, ordered: Sequence[Span], new: dict[str, Span]) -> Iterator[TimedPayload]:
        """Starts of the parents that have not arrived."""
        for span in ordered:
            parent = span.parent_id
            if parent is None or parent in new or parent in self._opened:
                continue
            self._opened.add(parent)
            name = _REMOTE if span.parent_is_remote else _PENDING
            yield TimedPayload(span.start_ns, StageStarted(stage_id=parent, name=name))

    def _ended(self, span: Span) -> TimedPayload:
        """The end of a span. Tokens that spans inside it reported are not counted again."""
        counted = span.span_id in self._counted
        if span.parent_id is not None and (counted or span_events.has_tokens(span)):
            self._counted.add(span.parent_id)
        ended = span_events.ended(span, with_tokens=not counted)
        inside = self._failed.pop(span.span_id, {})
        if not isinstance(ended.data, StageFailed):
            return ended
        inner = inside.get(ended.data.error)
        self._fails(span.parent_id, ended.data.error, inner or span.span_id)
        return ended if inner is None else ended._replace(data=replace(ended.data, failed_in=inner))

    def _fails(self, parent_id: str | None, error: str | None, failed_in: str) -> None:
        if parent_id is not None:
            self._failed.setdefault(parent_id, {}).setdefault(error, failed_in)


def tokens_of(data: Payload) -> int:
    """The tokens that an event adds to those of the run."""
    if not isinstance(data, StageCompleted):
        return 0
    if data.tokens_used is not None:
        return data.tokens_used
    return (data.input_tokens or 0) + (data.output_tokens or 0)


def root_of(spans: Iterable[Span]) -> Span | None:
    """The span that has no parent: its end is the end of the run."""
    return next((span for span in spans if span.parent_id is None), None)


def run_end(root: Span) -> RunCompleted | RunFailed:
    """The terminal event of a run whose root span ended."""
    if root.status == "error":
        return RunFailed(
            success=False, error=span_events.error(root), traceback=span_events.failure_traceback(root)
        )
    return RunCompleted(success=True, total_latency_ms=span_events.duration_ms(root))


def task_of(spans: Sequence[Span]) -> str:
    """What the trace works on: what a person asked, as the outermost span that knows it says; else a name."""
    ordered = list(_outer_first({span.span_id: span for span in spans}))
    asked = (span_events.facts(span).prompt for span in ordered)
    return (
        next((prompt for prompt in asked if prompt), None) or (ordered[0].name if ordered else "") or "Trace"
    )


def conversation_of(spans: Iterable[Span]) -> str | None:
    """The id of the conversation that the spans belong to."""
    return next((found for span in spans if (found := span_events.facts(span).conversation)), None)


def _outer_first(spans: dict[str, Span]) -> Iterator[Span]:
    """The spans in the order of their tree: each before those inside it, siblings by their start."""
    inside: dict[str | None, list[Span]] = {}
    for span in sorted(spans.values(), key=lambda span: (span.start_ns, span.span_id)):
        inside.setdefault(span.parent_id if span.parent_id in spans else None, []).append(span)
    visited: set[str] = set()
    # After the tops, spans that are inside each other in a circle.
    for top in (*inside.get(None, ()), *spans.values()):
        waiting = [top]
        while waiting:
            span = waiting.pop()
            if span.span_id not in visited:
                visited.add(span.span_id)
                yield span
                waiting += reversed(inside.get(span.span_id, ()))

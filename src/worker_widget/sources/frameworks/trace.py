"""`SpanTrace`: the spans of one framework run, as the events of a run. Pure.

A span is what a framework reports with a start and an end: an agent, a model call, a tool call. Each becomes
a stage, unless it is passed over: then its children belong to the span around it. The methods return the
events that follow from a report, in order. A report about a span that is unknown or has ended gives none.

- The text of a model call is an artifact of its own, ``answer.md``, ``answer-2.md``, that grows by deltas.
  What it thinks is ``thinking.md`` in a stage inside it.
- An exception passes through every span around the one that raised it, and each reports it. The innermost
  stage has its text and traceback; those around it name that stage.
- A tool that is called again after it failed is a recovery of the call that failed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from typing import Any, Final, NamedTuple

from ...events import (
    ArtifactCreated,
    ArtifactDelta,
    ArtifactStarted,
    Payload,
    RecoveryCompleted,
    RecoveryStarted,
    StageCompleted,
    StageFailed,
    StageStarted,
)
from .names import Names

RETRY: Final = "retry"
"""The action of a recovery: the tool that failed is called again."""

MOST_FAILED_CALLS: Final = 20
"""The most failed calls of one tool that a later call recovers."""


class Cause(NamedTuple):
    """The error that left a span: its marks, and the name and id of the innermost stage that it failed."""

    marks: frozenset[Hashable] = frozenset()
    name: str = ""
    stage_id: str | None = None


NO_CAUSE: Final = Cause()


class SpanFailure(NamedTuple):
    """Why a span failed. Two failures that share a mark are one error on its way outwards.

    ``inside`` is where the error comes from, if that is no span but a stage of the code inside the span.
    """

    line: str
    traceback: str | None = None
    marks: frozenset[Hashable] = frozenset()
    inside: Cause = NO_CAUSE


class Usage(NamedTuple):
    """The tokens of one model call."""

    input_tokens: int | None = None
    output_tokens: int | None = None


NO_USAGE: Final = Usage()


class _Text:
    """An artifact that is being written."""

    __slots__ = ("hash", "length", "name", "stage_id")

    def __init__(self, name: str, stage_id: str | None) -> None:
        self.name = name
        self.stage_id = stage_id
        self.length = 0
        self.hash = hashlib.sha256()

    def started(self) -> Payload:
        return ArtifactStarted(stage_id=self.stage_id, artifact_name=self.name, artifact_type="md")

    def delta(self, text: str) -> Payload:
        offset = self.length
        self.length = offset + len(text)
        try:
            encoded = text.encode()
        except UnicodeEncodeError:  # half a surrogate pair
            encoded = text.encode("utf-8", "replace")
            text = encoded.decode()
        self.hash.update(encoded)
        return ArtifactDelta(
            stage_id=self.stage_id, artifact_name=self.name, artifact_type="md", offset=offset, text=text
        )

    def created(self) -> Payload:
        return ArtifactCreated(
            stage_id=self.stage_id,
            artifact_name=self.name,
            artifact_type="md",
            sha256=self.hash.hexdigest(),
        )


class _Span:
    """An open span. ``stage_id`` is that of the nearest stage: its own, or if passed over, one around it."""

    __slots__ = (
        "agent",
        "answer",
        "cause",
        "kind",
        "name",
        "own",
        "parent",
        "retried",
        "stage_id",
        "thinking",
    )

    def __init__(self, parent: _Span | None, stage_id: str | None, kind: str, name: str, agent: str | None):
        self.parent = parent
        self.stage_id = stage_id
        self.own = True
        self.kind = kind
        self.name = name
        self.agent = agent
        self.answer: _Text | None = None
        self.thinking: _Text | None = None
        self.retried: tuple[str, ...] = ()
        self.cause = NO_CAUSE


class SpanTrace:
    """The open spans of one framework run, inside the stage ``around``; ``None`` is the top of a run."""

    def __init__(self, names: Names, around: str | None = None) -> None:
        self._names = names
        self._around = around
        self._spans: dict[Hashable, _Span] = {}
        self._failed_calls: dict[str, list[str]] = {}
        self._suspended: list[_Span] = []
        self.failed = NO_CAUSE
        """The error of the span that failed last."""
        self.outcome = NO_CAUSE
        """The last error that left the outermost span."""

    def __contains__(self, span_id: Hashable) -> bool:
        return span_id in self._spans

    def __len__(self) -> int:
        return len(self._spans)

    def stage_id(self, span_id: Hashable) -> str | None:
        """The stage of a span, or around it."""
        span = self._spans.get(span_id)
        return self._around if span is None else span.stage_id

    def agent(self, span_id: Hashable) -> str | None:
        """The agent that a span belongs to."""
        span = self._spans.get(span_id)
        return None if span is None else span.agent

    def pass_over(self, span_id: Hashable, parent_id: Hashable | None, *, agent: str | None = None) -> None:
        """A span that is no stage."""
        parent = self._spans.get(parent_id)
        stage_id = self._around if parent is None else parent.stage_id
        span = _Span(parent, stage_id, "", "", agent or (parent.agent if parent else None))
        span.own = False
        self._spans[span_id] = span

    def start(
        self,
        span_id: Hashable,
        parent_id: Hashable | None,
        *,
        kind: str,
        name: str,
        agent: str | None = None,
        input: Any = None,
    ) -> list[Payload]:
        """A span starts. ``agent`` defaults to that of the span around it."""
        parent = self._spans.get(parent_id)
        resumed = self._resumed(kind, name, parent)
        if resumed is not None:
            self._spans[span_id] = resumed
            return []
        agent = agent or (parent.agent if parent else None)
        span = _Span(parent, self._names.stage_id(name), kind, name, agent)
        self._spans[span_id] = span
        events: list[Payload] = []
        if kind == "tool":
            failed = self._failed_calls.pop(_call_key(span), None)
            if failed:
                span.retried = tuple(failed)
                events.append(RecoveryStarted(stage_id=failed[-1], action=RETRY))
        events.append(
            StageStarted(
                stage_id=span.stage_id,
                parent_id=self._around if parent is None else parent.stage_id,
                kind=kind,
                name=name,
                agent=agent,
                input=input,
            )
        )
        return events

    def given(self, span_id: Hashable, input: Any) -> list[Payload]:
        """The input of an open span, where it is not known at the start."""
        span = self._spans.get(span_id)
        if span is None or not span.own or input is None:
            return []
        return [StageStarted(stage_id=span.stage_id, input=input)]

    def text(self, span_id: Hashable, text: str) -> list[Payload]:
        """More of the text that a model call writes."""
        span = self._spans.get(span_id)
        if span is None or not text:
            return []
        if span.answer is not None:
            return [span.answer.delta(text)]
        events = self._end_thinking(span)
        span.answer = _Text(self._names.file_name("answer", "md"), span.stage_id)
        return [*events, span.answer.started(), span.answer.delta(text)]

    def knows(self, span_id: Hashable, marks: frozenset[Hashable]) -> bool:
        """Whether a stage inside this span has failed with the error already."""
        span = self._spans.get(span_id)
        return span is not None and bool(span.cause.name and span.cause.marks & marks)

    def around(self, span_id: Hashable) -> str | None:
        """The stage around an open span."""
        span = self._spans.get(span_id)
        return self._around if span is None or span.parent is None else span.parent.stage_id

    def failed_inside(self, span_id: Hashable, outcome: Cause) -> None:
        """A trace inside a span failed, with its `outcome`."""
        span = self._spans.get(span_id)
        if span is not None:
            span.cause = outcome

    def suspend(self, span_id: Hashable) -> list[Payload]:
        """A span is left to wait for a person; its stage stays open until a span of its name resumes it."""
        span = self._spans.pop(span_id, None)
        if span is None:
            return []
        events = self._end_texts(span)
        if span.own:
            self._suspended.append(span)
        return events

    def has_text(self, span_id: Hashable) -> bool:
        """Whether the span has written text."""
        span = self._spans.get(span_id)
        return span is not None and span.answer is not None

    def thinking(self, span_id: Hashable, text: str) -> list[Payload]:
        """More of what a model call thinks before it writes."""
        span = self._spans.get(span_id)
        if span is None or not text:
            return []
        if span.thinking is not None:
            return [span.thinking.delta(text)]
        stage_id = self._names.stage_id("Reasoning")
        span.thinking = _Text(self._names.file_name("thinking", "md"), stage_id)
        return [
            StageStarted(
                stage_id=stage_id,
                parent_id=span.stage_id,
                kind="reasoning",
                name="Reasoning",
                agent=span.agent,
            ),
            span.thinking.started(),
            span.thinking.delta(text),
        ]

    def end(
        self,
        span_id: Hashable,
        *,
        output: Any = None,
        model: str | None = None,
        usage: Usage = NO_USAGE,
    ) -> list[Payload]:
        """A span is complete."""
        span = self._spans.pop(span_id, None)
        if span is None:
            return []
        events = self._end_texts(span)
        if not span.own:
            if span.cause.marks and span.parent is not None:
                span.parent.cause = span.cause
            return events
        events.append(
            StageCompleted(
                stage_id=span.stage_id,
                output=output,
                model=model,
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
            )
        )
        if span.retried:
            *older, last = span.retried
            events.append(RecoveryCompleted(stage_id=last, action=RETRY, success=True))
            for stage_id in older:
                events.append(RecoveryStarted(stage_id=stage_id, action=RETRY))
                events.append(RecoveryCompleted(stage_id=stage_id, action=RETRY, success=True))
        return events

    def fail(self, span_id: Hashable, failure: SpanFailure) -> list[Payload]:
        """A span failed."""
        span = self._spans.pop(span_id, None)
        if span is None:
            return []
        events = self._end_texts(span)
        inner = span.cause if span.cause.marks & failure.marks else failure.inside
        own = Cause(name=span.name, stage_id=span.stage_id) if span.own else NO_CAUSE
        self.failed = (inner if inner.name else own)._replace(marks=failure.marks)
        if span.parent is None:
            self.outcome = self.failed
        else:
            span.parent.cause = self.failed
        if not span.own:
            return events
        events.append(
            StageFailed(
                stage_id=span.stage_id,
                error=f"Failed in {inner.name}" if inner.name else failure.line,
                traceback=None if inner.name else failure.traceback,
                failed_in=inner.stage_id,
            )
        )
        if span.retried:
            events.append(RecoveryCompleted(stage_id=span.retried[-1], action=RETRY, success=False))
        if span.kind == "tool" and span.stage_id is not None:
            failed = self._failed_calls.setdefault(_call_key(span), [])
            failed += [*span.retried, span.stage_id]
            del failed[:-MOST_FAILED_CALLS]
        return events

    def finish(self, failure: SpanFailure | None = None) -> list[Payload]:
        """Ends what is still open, the innermost first: with ``failure``, or as complete."""
        events: list[Payload] = []
        for span in reversed(self._suspended):
            self._spans[span] = span
        self._suspended.clear()
        for span_id in reversed(list(self._spans)):
            events += self.end(span_id) if failure is None else self.fail(span_id, failure)
        return events

    def _resumed(self, kind: str, name: str, parent: _Span | None) -> _Span | None:
        around = self._around if parent is None else parent.stage_id
        for number, span in enumerate(self._suspended):
            was = self._around if span.parent is None else span.parent.stage_id
            if (span.kind, span.name, was) == (kind, name, around):
                span.parent = parent
                return self._suspended.pop(number)
        return None

    def _end_texts(self, span: _Span) -> list[Payload]:
        events = self._end_thinking(span)
        if span.answer is not None:
            events.append(span.answer.created())
            span.answer = None
        return events

    def _end_thinking(self, span: _Span) -> list[Payload]:
        if span.thinking is None:
            return []
        text, span.thinking = span.thinking, None
        return [text.created(), StageCompleted(stage_id=text.stage_id)]


def _call_key(span: _Span) -> str:
    return f"{span.agent or ''}\n{span.name}"

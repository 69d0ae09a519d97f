"""A span as the events of its stage: its start, its log lines, and its end."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from ..events import Log, Payload, StageCompleted, StageFailed, StageStarted
from . import gen_ai, openinference
from .attributes import text
from .span import Span, SpanEvent
from .stage_facts import StageFacts

MOST_LINE_CHARS: Final = 4_000
"""The length of a log line that is made of attributes."""

_EXCEPTION: Final = "exception"
_NAMELESS: Final = "span"
_LEVELS: Final = {"warn": "warning", "fatal": "error", "critical": "error", "trace": "debug"}
_KNOWN_LEVELS: Final = ("debug", "info", "warning", "error")


class TimedPayload(NamedTuple):
    """An event and its time, in nanoseconds since 1970; 0 if that is unknown."""

    time_ns: int
    data: Payload


def facts(span: Span) -> StageFacts:
    """What the span says about its stage, in all vocabularies that it uses."""
    found = gen_ai.facts(span) or StageFacts()
    return found | (openinference.facts(span) or StageFacts())


def started(span: Span) -> TimedPayload:
    """The start of the span's stage. Of a span that has just started, it has the first attributes."""
    found = facts(span)
    data = StageStarted(
        stage_id=span.span_id,
        parent_id=span.parent_id,
        kind=found.kind or "stage",
        name=found.name or span.name or _NAMELESS,
        agent=found.agent,
        input=found.input,
    )
    return TimedPayload(span.start_ns or span.end_ns, data)


def log_lines(span: Span) -> list[TimedPayload]:
    """The events of the span as log lines, without those that are in its input, output or error."""
    agent = facts(span).agent
    failure = _failure(span)
    lines = []
    for event in span.events:
        if event is failure or event.name in gen_ai.MESSAGE_EVENTS:
            continue
        message, level = _line(event)
        time_ns = event.time_ns or span.end_ns
        lines.append(
            TimedPayload(time_ns, Log(stage_id=span.span_id, agent=agent, message=message, level=level))
        )
    if not _has_vocabulary(span) and span.attributes:
        message = _pairs(span.attributes)
        lines.append(TimedPayload(span.end_ns, Log(stage_id=span.span_id, message=message, level="debug")))
    return lines


def ended(span: Span, *, with_tokens: bool = True) -> TimedPayload:
    """The end of the span's stage.

    ``with_tokens`` is whether its tokens and cost are its own: an agent repeats those of its model calls.
    """
    time_ns = max(span.end_ns, span.start_ns)
    if span.status == "error":
        return TimedPayload(
            time_ns, StageFailed(stage_id=span.span_id, error=error(span), traceback=_traceback(span))
        )
    found = facts(span)
    data = StageCompleted(
        stage_id=span.span_id,
        duration_ms=duration_ms(span),
        output=found.output,
        model=found.model,
        tokens_used=found.tokens if with_tokens else None,
        input_tokens=found.input_tokens if with_tokens else None,
        output_tokens=found.output_tokens if with_tokens else None,
        cost=found.cost if with_tokens else None,
    )
    return TimedPayload(time_ns, data)


def has_tokens(span: Span) -> bool:
    """Whether the span reports tokens or cost."""
    found = facts(span)
    return any(
        figure is not None for figure in (found.input_tokens, found.output_tokens, found.tokens, found.cost)
    )


def duration_ms(span: Span) -> float | None:
    """The duration of the span; ``None`` if a time is unknown."""
    if not span.start_ns or span.end_ns < span.start_ns:
        return None
    return round((span.end_ns - span.start_ns) / 1_000_000, 3)


def error(span: Span) -> str | None:
    """Why the span failed: its exception, or else the message of its status; ``None`` if it did not fail."""
    if span.status != "error":
        return None
    failure = _failure(span)
    if failure is None:
        return span.status_message or text(span.attributes, "error.type") or "The span has the status error."
    return _exception(failure)


def failure_traceback(span: Span) -> str | None:
    """The stack trace of the exception that failed the span."""
    return _traceback(span) if span.status == "error" else None


def _traceback(span: Span) -> str | None:
    failure = _failure(span)
    return None if failure is None else text(failure.attributes, "exception.stacktrace")


def _failure(span: Span) -> SpanEvent | None:
    """The last exception of a span that failed."""
    if span.status != "error":
        return None
    return next((event for event in reversed(span.events) if event.name == _EXCEPTION), None)


def _exception(event: SpanEvent) -> str:
    kind, message = (text(event.attributes, f"exception.{part}") for part in ("type", "message"))
    return ": ".join(part for part in (kind, message) if part) or _EXCEPTION


def _line(event: SpanEvent) -> tuple[str, str]:
    """Message and level of a log line."""
    if event.name == _EXCEPTION:
        return _exception(event), "warning"
    given = event.attributes
    level = (text(given, "level", "log.level", "severity", "severity_text") or "info").lower()
    level = _LEVELS.get(level, level)
    message = text(given, "message", "log.message", "body")
    if message is None:
        message = f"{event.name} {_pairs(given)}".strip()
    return message, level if level in _KNOWN_LEVELS else "info"


def _pairs(attributes: dict[str, Any]) -> str:
    """Attributes as one bounded line."""
    parts = []
    size = 0
    for name, found in attributes.items():
        shown = found if isinstance(found, str) else msgspec.json.encode(found).decode()
        parts.append(f"{name}={shown[:MOST_LINE_CHARS]}")
        size += len(parts[-1])
        if size > MOST_LINE_CHARS:
            break
    line = " ".join(parts)
    return line if len(line) <= MOST_LINE_CHARS else line[: MOST_LINE_CHARS - 1] + "…"


def _has_vocabulary(span: Span) -> bool:
    return gen_ai.facts(span) is not None or openinference.facts(span) is not None

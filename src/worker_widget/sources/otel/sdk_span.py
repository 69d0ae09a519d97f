"""Reads a span of the OpenTelemetry SDK, which is not imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...spans.otlp_json import STATUSES
from ...spans.span import Span, SpanEvent, SpanKind


def read_span(found: Any) -> Span:
    """A span of the SDK as it is now: at its start it has its first attributes, and no end."""
    context, parent = found.get_span_context(), found.parent
    status = found.status
    return Span(
        trace_id=f"{context.trace_id:032x}",
        span_id=f"{context.span_id:016x}",
        parent_id=None if parent is None else f"{parent.span_id:016x}",
        parent_is_remote=parent is not None and bool(parent.is_remote),
        name=found.name,
        kind=_kind(found.kind),
        start_ns=found.start_time or 0,
        end_ns=found.end_time or 0,
        attributes=_attributes(found.attributes),
        events=tuple(
            SpanEvent(name=event.name, time_ns=event.timestamp or 0, attributes=_attributes(event.attributes))
            for event in found.events
        ),
        status=STATUSES[status.status_code.value],
        status_message=status.description or "",
    )


def _kind(kind: Any) -> SpanKind:
    name: SpanKind = kind.name.lower()
    return name


def _attributes(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: _value(value) for name, value in dict(attributes or {}).items()}


def _value(value: Any) -> Any:
    """A value as JSON: the SDK keeps lists as tuples."""
    if isinstance(value, Mapping):
        return {str(name): _value(inner) for name, inner in value.items()}
    if isinstance(value, tuple | list):
        return [_value(inner) for inner in value]
    return value if isinstance(value, str | bool | int | float) else None if value is None else str(value)

"""`Span`: one OpenTelemetry span, with only what is read of it."""

from __future__ import annotations

from typing import Any, Literal, Self

import msgspec

SpanStatus = Literal["unset", "ok", "error"]
SpanKind = Literal["internal", "server", "client", "producer", "consumer"]


class SpanEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened during a span. ``time_ns`` is in nanoseconds since 1970, 0 if unknown."""

    name: str
    time_ns: int = 0
    attributes: dict[str, Any] = {}


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """One span. Ids are lower-case hex; times are nanoseconds since 1970, 0 if unknown.

    ``parent_id`` is ``None`` for the root of a trace; ``parent_is_remote`` is whether the parent is a span of
    another process. ``attributes`` are JSON values. ``resource`` are the attributes of what sent the span,
    such as ``service.name``.
    """

    trace_id: str
    span_id: str
    parent_id: str | None = None
    parent_is_remote: bool = False
    name: str = ""
    kind: SpanKind = "internal"
    start_ns: int = 0
    end_ns: int = 0
    attributes: dict[str, Any] = {}
    events: tuple[SpanEvent, ...] = ()
    status: SpanStatus = "unset"
    status_message: str = ""
    resource: dict[str, Any] = {}

    def outermost(self) -> Self:
        """The span without a parent."""
        return msgspec.structs.replace(self, parent_id=None)

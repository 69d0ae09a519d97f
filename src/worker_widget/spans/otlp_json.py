"""Bodies of OTLP/HTTP as JSON: an ``ExportTraceServiceRequest`` read into spans, and spans written as one.

On the wire ids are hex; protobuf's own JSON form, which some programs send, has them in base64. Both are
read.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from ..events.json_depth import nested_too_deep
from ..events.lenient_fields import number
from .span import Span, SpanEvent, SpanKind, SpanStatus

MOST_DEPTH: Final = 32
"""Values nested deeper than this are left out."""

_TRACE_BYTES: Final = 16
_SPAN_BYTES: Final = 8
_HAS_REMOTE: Final = 0x100
_IS_REMOTE: Final = 0x200

KINDS: Final[tuple[SpanKind, ...]] = ("internal", "internal", "server", "client", "producer", "consumer")
"""Kinds by their number; 0 is unspecified."""
STATUSES: Final[tuple[SpanStatus, ...]] = ("unset", "ok", "error")
"""Statuses by their number."""


class NotTraces(ValueError):
    """A body that is not an export of traces. The message says why."""


class ReadSpans(msgspec.Struct, frozen=True):
    """The spans of a body, and how many of it were ``rejected`` because they have no valid ids."""

    spans: list[Span]
    rejected: int = 0


def decode(body: bytes) -> ReadSpans:
    """Reads a JSON body. Raises `NotTraces`."""
    if nested_too_deep(body):
        raise NotTraces("The body is not read: it is nested too deep.")
    try:
        message = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotTraces(f"The body is not JSON: {error}.") from None
    if not isinstance(message, dict) or not isinstance(message.get("resourceSpans", []), list):
        raise NotTraces("The body is not an ExportTraceServiceRequest: it has no list `resourceSpans`.")
    spans: list[Span] = []
    rejected = 0
    for resource_spans in _objects(message, "resourceSpans"):
        resource = _attributes(_object(resource_spans, "resource"))
        for scope_spans in _objects(resource_spans, "scopeSpans"):
            for found in _objects(scope_spans, "spans"):
                span = _span(found, resource)
                if span is None:
                    rejected += 1
                else:
                    spans.append(span)
    return ReadSpans(spans, rejected)


def valid_ids(trace_id: bytes, span_id: bytes) -> bool:
    """Whether ids are of the right length and not all zero."""
    return len(trace_id) == _TRACE_BYTES and len(span_id) == _SPAN_BYTES and any(trace_id) and any(span_id)


def is_remote(flags: int) -> bool:
    """Whether a span's flags say that its parent is of another process."""
    return bool(flags & _HAS_REMOTE and flags & _IS_REMOTE)


def _span(found: dict[str, Any], resource: dict[str, Any]) -> Span | None:
    trace_id, span_id = _id(found.get("traceId"), _TRACE_BYTES), _id(found.get("spanId"), _SPAN_BYTES)
    if not valid_ids(trace_id, span_id):
        return None
    parent = _id(found.get("parentSpanId"), _SPAN_BYTES)
    status = _object(found, "status")
    return Span(
        trace_id=trace_id.hex(),
        span_id=span_id.hex(),
        parent_id=parent.hex() if any(parent) and parent != span_id else None,
        parent_is_remote=is_remote(_integer(found.get("flags"))),
        name=_text(found.get("name")),
        kind=_named(found.get("kind"), "SPAN_KIND_", KINDS),
        start_ns=_integer(found.get("startTimeUnixNano")),
        end_ns=_integer(found.get("endTimeUnixNano")),
        attributes=_attributes(found),
        events=tuple(
            SpanEvent(
                name=_text(event.get("name")),
                time_ns=_integer(event.get("timeUnixNano")),
                attributes=_attributes(event),
            )
            for event in _objects(found, "events")
        ),
        status=_named(status.get("code"), "STATUS_CODE_", STATUSES),
        status_message=_text(status.get("message")),
        resource=resource,
    )


def _id(found: Any, size: int) -> bytes:
    """The bytes of an id in hex or base64; empty for anything else."""
    if not isinstance(found, str):
        return b""
    try:
        read = bytes.fromhex(found) if len(found) == 2 * size else base64.b64decode(found, validate=True)
    except (ValueError, binascii.Error):
        return b""
    return read if len(read) == size else b""


def _named(found: Any, prefix: str, values: tuple[Any, ...]) -> Any:
    """A value of an enumeration by its number or its name; the first for anything else."""
    if isinstance(found, str):
        name = found.removeprefix(prefix).lower()
        return name if name in values else values[0]
    number = _integer(found)
    return values[number] if 0 <= number < len(values) else values[0]


def _attributes(holder: dict[str, Any]) -> dict[str, Any]:
    return {
        entry["key"]: _value(entry.get("value"))
        for entry in _objects(holder, "attributes")
        if isinstance(entry.get("key"), str)
    }


def _value(found: Any, depth: int = 0) -> Any:
    """An ``AnyValue`` as a JSON value; bytes are base64."""
    if not isinstance(found, dict) or depth > MOST_DEPTH:
        return None
    for name, inner in found.items():
        match name:
            case "stringValue" | "bytesValue":
                return _text(inner)
            case "boolValue":
                return bool(inner)
            case "intValue":
                return _integer(inner)
            case "doubleValue":
                found_number = number(inner)
                return _text(inner) if found_number is None else found_number
            case "arrayValue":
                return [_value(item, depth + 1) for item in _objects(_dictionary(inner), "values")]
            case "kvlistValue":
                return {
                    entry["key"]: _value(entry.get("value"), depth + 1)
                    for entry in _objects(_dictionary(inner), "values")
                    if isinstance(entry.get("key"), str)
                }
    return None


def _dictionary(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}


def _object(holder: dict[str, Any], name: str) -> dict[str, Any]:
    return _dictionary(holder.get(name))


def _objects(holder: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """The objects in a list; other items are left out."""
    items = holder.get(name)
    return (item for item in items if isinstance(item, dict)) if isinstance(items, list) else iter(())


def _text(found: Any) -> str:
    return found if isinstance(found, str) else ""


def _integer(found: Any) -> int:
    """A 64-bit integer, which JSON has as a text or a number; 0 for anything else."""
    if isinstance(found, str) and found.lstrip("-").isdecimal() and len(found) <= 20:
        found = int(found)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return 0
    return int(found) if -(1 << 63) <= found < 1 << 64 else 0


# --- writing ---------------------------------------------------------------------------------------


def encode_span(span: Span) -> dict[str, Any]:
    """A span in the form of OTLP/JSON, with ids in hex."""
    written: dict[str, Any] = {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "name": span.name,
        "kind": KINDS.index(span.kind, 1),
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(span.end_ns),
        "attributes": encode_attributes(span.attributes),
        "events": [
            {
                "name": event.name,
                "timeUnixNano": str(event.time_ns),
                "attributes": encode_attributes(event.attributes),
            }
            for event in span.events
        ],
        "status": {"code": STATUSES.index(span.status)},
    }
    if span.parent_id is not None:
        written["parentSpanId"] = span.parent_id
    if span.status_message:
        written["status"]["message"] = span.status_message
    return written


def encode_attributes(attributes: dict[str, Any]) -> list[dict[str, Any]]:
    """Attributes as a list of keys and values; those that are ``None`` are left out."""
    return [
        {"key": key, "value": _any_value(found)} for key, found in attributes.items() if found is not None
    ]


def _any_value(found: Any) -> dict[str, Any]:
    match found:
        case bool():
            return {"boolValue": found}
        case int() if -(1 << 63) <= found < 1 << 63:
            return {"intValue": str(found)}
        case float():
            return {"doubleValue": found}
        case int():  # a server may send any number
            return {"stringValue": str(found)}
        case str():
            return {"stringValue": found}
        case _:
            return {"stringValue": msgspec.json.encode(found).decode()}

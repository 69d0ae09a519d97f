"""Bodies of OTLP/HTTP as protobuf, read into spans with ``opentelemetry-proto``, which is imported late."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any, Final

from .otlp_json import KINDS, MOST_DEPTH, STATUSES, NotTraces, ReadSpans, is_remote, valid_ids
from .span import Span, SpanEvent

EXTRA: Final = "worker-widget[otel]"
"""What installs the package that reads protobuf."""


def available() -> bool:
    """Whether protobuf bodies can be read."""
    try:
        return find_spec("opentelemetry.proto.collector.trace.v1.trace_service_pb2") is not None
    except ModuleNotFoundError:
        return False


def decode(body: bytes) -> ReadSpans:
    """Reads a protobuf body. Raises `NotTraces`, and ``ImportError`` if it is not `available`."""
    from google.protobuf.message import DecodeError
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    try:
        message = ExportTraceServiceRequest.FromString(body)
    except DecodeError as error:
        raise NotTraces(f"The body is not an ExportTraceServiceRequest in protobuf: {error}.") from None
    spans: list[Span] = []
    rejected = 0
    for resource_spans in message.resource_spans:
        resource = _attributes(resource_spans.resource.attributes)
        for scope_spans in resource_spans.scope_spans:
            for found in scope_spans.spans:
                if valid_ids(found.trace_id, found.span_id):
                    spans.append(_span(found, resource))
                else:
                    rejected += 1
    return ReadSpans(spans, rejected)


def response(rejected: int, message: str) -> bytes:
    """The ``ExportTraceServiceResponse`` to a request of which so many spans were rejected."""
    from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

    answer = trace_service_pb2.ExportTraceServiceResponse()
    if rejected:
        answer.partial_success.rejected_spans = rejected
        answer.partial_success.error_message = message
    written: bytes = answer.SerializeToString()
    return written


def _span(found: Any, resource: dict[str, Any]) -> Span:
    parent: bytes = found.parent_span_id
    return Span(
        trace_id=found.trace_id.hex(),
        span_id=found.span_id.hex(),
        parent_id=parent.hex() if any(parent) and parent != found.span_id else None,
        parent_is_remote=is_remote(found.flags),
        name=found.name,
        kind=KINDS[found.kind] if 0 <= found.kind < len(KINDS) else KINDS[0],
        start_ns=found.start_time_unix_nano,
        end_ns=found.end_time_unix_nano,
        attributes=_attributes(found.attributes),
        events=tuple(
            SpanEvent(name=event.name, time_ns=event.time_unix_nano, attributes=_attributes(event.attributes))
            for event in found.events
        ),
        status=STATUSES[found.status.code] if 0 <= found.status.code < len(STATUSES) else STATUSES[0],
        status_message=found.status.message,
        resource=resource,
    )


def _attributes(entries: Iterable[Any], depth: int = 0) -> dict[str, Any]:
    return {entry.key: _value(entry.value, depth) for entry in entries}


def _value(found: Any, depth: int) -> Any:
    """An ``AnyValue`` as a JSON value; bytes are base64."""
    name = found.WhichOneof("value")
    if name is None or depth > MOST_DEPTH:
        return None
    if name == "array_value":
        return [_value(item, depth + 1) for item in found.array_value.values]
    if name == "kvlist_value":
        return _attributes(found.kvlist_value.values, depth + 1)
    if name == "bytes_value":
        return base64.b64encode(found.bytes_value).decode()
    return getattr(found, name)

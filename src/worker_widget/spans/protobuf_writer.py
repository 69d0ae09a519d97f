"""Writes spans as an ``ExportTraceServiceRequest`` in protobuf, without a library.

Field numbers are those of ``opentelemetry/proto/trace/v1/trace.proto``. Every collector takes this form; some
refuse JSON.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from .otlp_json import KINDS, STATUSES
from .span import Span, SpanEvent

_VARINT: Final = 0
_FIXED64: Final = 1
_BYTES: Final = 2


def encode(spans: Iterable[Span], resource: Mapping[str, Any], scope: Mapping[str, str]) -> bytes:
    """The request with these spans, all of one resource and one scope."""
    named = _text(1, scope["name"]) + _text(2, scope["version"])
    scope_spans = _message(1, named) + b"".join(_message(2, _span(span)) for span in spans)
    return _message(1, _message(1, _attributes(1, resource)) + _message(2, scope_spans))


def _span(span: Span) -> bytes:
    parts = [
        _bytes(1, bytes.fromhex(span.trace_id)),
        _bytes(2, bytes.fromhex(span.span_id)),
        b"" if span.parent_id is None else _bytes(4, bytes.fromhex(span.parent_id)),
        _text(5, span.name),
        _number(6, KINDS.index(span.kind, 1)),
        _time(7, span.start_ns),
        _time(8, span.end_ns),
        _attributes(9, span.attributes),
        *(_message(11, _event(event)) for event in span.events),
        _message(15, _text(2, span.status_message) + _number(3, STATUSES.index(span.status))),
    ]
    return b"".join(parts)


def _event(event: SpanEvent) -> bytes:
    return _time(1, event.time_ns) + _text(2, event.name) + _attributes(3, event.attributes)


def _attributes(field: int, attributes: Mapping[str, Any]) -> bytes:
    return b"".join(
        _message(field, _text(1, name) + _message(2, _any_value(value)))
        for name, value in attributes.items()
        if value is not None
    )


def _any_value(value: Any) -> bytes:
    match value:
        case bool():
            return _tag(2, _VARINT) + _varint(value)
        case int() if -(1 << 63) <= value < 1 << 63:
            return _tag(3, _VARINT) + _varint(value)
        case int() | float():
            return _tag(4, _FIXED64) + struct.pack("<d", value)
        case str():
            return _bytes(1, _utf8(value))
        case _:
            return _bytes(1, msgspec.json.encode(value))


def _text(field: int, text: str) -> bytes:
    return _bytes(field, _utf8(text)) if text else b""


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _number(field: int, value: int) -> bytes:
    return _tag(field, _VARINT) + _varint(value) if value else b""


def _time(field: int, time_ns: int) -> bytes:
    return _tag(field, _FIXED64) + struct.pack("<Q", time_ns)


def _message(field: int, content: bytes) -> bytes:
    return _bytes(field, content)


def _bytes(field: int, content: bytes) -> bytes:
    return _tag(field, _BYTES) + _varint(len(content)) + content


def _tag(field: int, wire_type: int) -> bytes:
    return _varint(field << 3 | wire_type)


def _varint(value: int) -> bytes:
    """A number in base 128, the lowest digits first; a negative one as 64 bits of two's complement."""
    value &= (1 << 64) - 1
    digits = bytearray()
    while value >= 0x80:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    digits.append(value)
    return bytes(digits)

"""The body of ``POST /v1/traces``, which is OTLP/HTTP: reads it into spans and makes the answer."""

from __future__ import annotations

import zlib
from http import HTTPStatus
from typing import Final

import msgspec
from starlette.datastructures import Headers
from starlette.responses import Response

from ...spans import otlp_json, otlp_protobuf
from ...spans.otlp_json import NotTraces, ReadSpans
from ..runs.refusals import TracesRefused

PATH: Final = "/v1/traces"
MAX_BODY_BYTES: Final = 20 << 20
"""More than that of other routes: a batch of 512 spans repeats the messages of each model call."""
MAX_UNPACKED_BYTES: Final = 64 << 20

_JSON: Final = "application/json"
_PROTOBUF: Final = "application/x-protobuf"
_REJECTED: Final = "Spans without a valid trace id and span id were left out."


def read(headers: Headers, body: bytes) -> ReadSpans:
    """The spans of a request. Raises `TracesRefused`."""
    kind = _media_type(headers)
    if kind == _PROTOBUF and not otlp_protobuf.available():
        raise TracesRefused(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"This host cannot read protobuf: install {otlp_protobuf.EXTRA} where it runs, or send JSON"
            " (OTEL_EXPORTER_OTLP_PROTOCOL=http/json).",
        )
    if kind not in (_JSON, _PROTOBUF):
        raise TracesRefused(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"Content-Type must be {_PROTOBUF} or {_JSON}, not {kind[:100] or 'empty'}. gRPC is not served"
            " here: set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf.",
        )
    unpacked = _unpacked(headers, body)
    try:
        return otlp_json.decode(unpacked) if kind == _JSON else otlp_protobuf.decode(unpacked)
    except NotTraces as error:
        raise TracesRefused(HTTPStatus.BAD_REQUEST, str(error)) from None


def answer(headers: Headers, spans: ReadSpans) -> Response:
    """The ``ExportTraceServiceResponse``, in the form of the request."""
    kind = _media_type(headers)
    if kind == _JSON:
        message = {"rejectedSpans": str(spans.rejected), "errorMessage": _REJECTED}
        return Response(
            msgspec.json.encode({"partialSuccess": message} if spans.rejected else {}), media_type=kind
        )
    return Response(otlp_protobuf.response(spans.rejected, _REJECTED), media_type=kind)


def _media_type(headers: Headers) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _unpacked(headers: Headers, body: bytes) -> bytes:
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise TracesRefused(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Content-Encoding must be gzip or none, not {encoding[:100]}."
        )
    unpacked = bytearray()
    try:
        while body:
            reader = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
            unpacked += reader.decompress(body, MAX_UNPACKED_BYTES + 1 - len(unpacked))
            if len(unpacked) > MAX_UNPACKED_BYTES:
                raise TracesRefused(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                    f"The unpacked body is too large: at most {MAX_UNPACKED_BYTES:,} bytes are accepted."
                    " Send fewer spans at once (OTEL_BSP_MAX_EXPORT_BATCH_SIZE).",
                )
            if not reader.eof:
                raise TracesRefused(HTTPStatus.BAD_REQUEST, "The gzip body is cut off.")
            body = reader.unused_data
    except zlib.error as error:
        raise TracesRefused(HTTPStatus.BAD_REQUEST, f"The body is not gzip: {error}.") from None
    return bytes(unpacked)

"""The run as OTLP/JSON: the ``ExportTraceServiceRequest`` that a collector takes at ``/v1/traces``."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ...spans.otlp_json import encode_attributes, encode_span
from ...version import __version__
from .run_spans import RESOURCE, run_spans
from .trace import Trace

SCOPE = {"name": "worker-widget", "version": __version__}
"""What made the spans."""


def otlp_parts(trace: Trace) -> Iterator[str]:
    """The run as OTLP/JSON text, in parts: one span on each line."""
    resource = _json({"attributes": encode_attributes(dict(RESOURCE))})
    yield f'{{"resourceSpans":[{{"resource":{resource},"scopeSpans":[{{"scope":{_json(SCOPE)},"spans":['
    before = "\n"
    for span in run_spans(trace):
        yield before + _json(encode_span(span))
        before = ",\n"
    yield "\n]}]}]}\n"


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()

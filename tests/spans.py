"""The recorded exports of OpenTelemetry in tests/recordings/otlp, and spans made for a test."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from worker_widget.events import Event, Payload, RunStarted, make
from worker_widget.spans import otlp_json, otlp_protobuf, trace_reader
from worker_widget.spans.span import Span
from worker_widget.spans.span_events import TimedPayload
from worker_widget.spans.trace_reader import TraceReader

RECORDINGS = Path(__file__).parent / "recordings" / "otlp"
PYDANTIC_AI = "pydantic-ai-1-traces"
LANGGRAPH = "langgraph-openinference-1-traces"
RECORDED = (PYDANTIC_AI, LANGGRAPH)

TRACE = "0af7651916cd43dd8448eb211c80319c"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def body(name: str, suffix: str = "pb") -> bytes:
    """The body of a recorded export."""
    return (RECORDINGS / f"{name}.{suffix}").read_bytes()


def recorded(name: str) -> list[Span]:
    """The spans of a recorded export."""
    return otlp_protobuf.decode(body(name)).spans


def from_json(name: str) -> list[Span]:
    """The spans of a recorded export, from its JSON form."""
    return otlp_json.decode(body(name, "json")).spans


def traces(spans: Iterable[Span]) -> list[list[Span]]:
    """The spans by their trace."""
    found: dict[str, list[Span]] = {}
    for span in spans:
        found.setdefault(span.trace_id, []).append(span)
    return list(found.values())


def span(number: int, parent: int | None = None, **fields: Any) -> Span:
    """A span of one second, which starts at second ``number``."""
    times = {"start_ns": number * 1_000_000_000, "end_ns": (number + 1) * 1_000_000_000}
    parent_id = None if parent is None else f"{parent:016x}"
    return Span(**{"trace_id": TRACE, "span_id": f"{number:016x}", "parent_id": parent_id, **times, **fields})


def run_events(batches: Sequence[Sequence[Span]]) -> list[Event]:
    """The events of the run of one trace whose spans arrive in batches."""
    reader = TraceReader()
    every = [item for batch in batches for item in batch]
    timed: list[TimedPayload] = [TimedPayload(every[0].start_ns, RunStarted(task="t", worker="otlp"))]
    for batch in batches:
        timed += reader.read(batch)
    root = trace_reader.root_of(every)
    if root is not None:
        timed.append(TimedPayload(root.end_ns, trace_reader.run_end(root)))
    return [event(item.data, item.time_ns) for item in timed]


def event(data: Payload, time_ns: int) -> Event:
    return make(data, run_id="r", time=_EPOCH + timedelta(microseconds=time_ns / 1_000))

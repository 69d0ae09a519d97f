"""A run as OpenTelemetry spans, which Phoenix, Langfuse and Jaeger show.

The run is the span ``invoke_workflow {worker}``, a stage ``invoke_agent {agent}``, a model call
``chat {model}``, a tool call ``execute_tool {tool}``. Attributes are those of the GenAI conventions and of
OpenInference. Log lines are events of the span of their stage. Ids are made of the ids of run and stage: the
same run has the same spans in every export.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import msgspec

from ...spans.span import Span, SpanEvent, SpanKind
from ...state.run_state import Stage
from ...state.stage_content import StageContent
from ...store.log_table import StoredLine
from ...version import __version__
from .trace import Trace

MOST_EVENTS: Final = 128
"""A span has at most this many log lines, the newest."""
MOST_LINES: Final = 20_000
"""Only this many log lines of a run are in its spans, the newest."""
MOST_TEXT_CHARS: Final = 64_000
"""Longer texts of attributes are cut."""

RESOURCE: Final[Mapping[str, Any]] = {"service.name": "worker-widget", "service.version": __version__}
"""The attributes of what sends the spans."""

_CUT: Final = "…"


class _Operation(NamedTuple):
    """The operation of a kind of stage, its kind in OpenInference, and that of its span."""

    name: str
    openinference: str
    span: SpanKind = "internal"


_AGENT: Final = _Operation("invoke_agent", "AGENT")
_OPERATIONS: Final[Mapping[str, _Operation]] = {
    "model": _Operation("chat", "LLM", "client"),
    "tool": _Operation("execute_tool", "TOOL"),
    "retrieval": _Operation("retrieval", "RETRIEVER", "client"),
    "reasoning": _Operation("plan", "CHAIN"),
    "agent": _AGENT,
}


def run_spans(trace: Trace) -> Iterator[Span]:
    """The spans of a run: its own, and that of each stage that has started."""
    lines = _newest_lines(trace)
    contents = trace.stage_contents()
    known = {row.stage.stage_id for row in trace.stages()}
    own = [line for key, found in lines.items() if key not in known for line in found]
    yield _run_span(trace, sorted(own, key=lambda line: line.line)[-MOST_EVENTS:])
    for stage, _ in trace.stages():
        if stage.started_us is not None:
            content = contents.get(stage.stage_id, StageContent())
            parent = stage.parent_id if stage.parent_id in known else None
            yield _stage_span(trace, stage, parent, content, lines.get(stage.stage_id, ()))


def trace_id(run_id: str) -> str:
    """The trace id of a run, in hex."""
    return blake2b(run_id.encode(), digest_size=16).hexdigest()


def span_id(run_id: str, stage_id: str | None) -> str:
    """The span id of a stage, in hex; that of the run for ``None``."""
    inside = b"" if stage_id is None else b"\0" + stage_id.encode("utf-8", "surrogatepass")
    return blake2b(run_id.encode() + inside, digest_size=8).hexdigest()


def _newest_lines(trace: Trace) -> dict[str | None, deque[StoredLine]]:
    """The newest log lines by their stage."""
    newest = deque(trace.log(), MOST_LINES)
    lines: dict[str | None, deque[StoredLine]] = {}
    for line in newest:
        lines.setdefault(line.stage_id, deque(maxlen=MOST_EVENTS)).append(line)
    return lines


def _run_span(trace: Trace, lines: list[StoredLine]) -> Span:
    state = trace.state
    worker = trace.worker or "worker"
    run_id = trace.record.run_id
    start_us = trace.record.created_us if state.started_us is None else state.started_us
    artifacts = [item.file for item in state.artifacts]
    attributes = {
        "gen_ai.operation.name": "invoke_workflow",
        "gen_ai.workflow.name": worker,
        "gen_ai.agent.name": worker,
        "openinference.span.kind": "CHAIN",
        **_session(run_id),
        **_content("input", trace.task),
        **_content("output", {"artifacts": artifacts} if artifacts else None),
        "worker_widget.run.id": run_id,
        "worker_widget.run.status": state.status,
    }
    end_us = max(_end_us(trace, state.ended_us), start_us)
    error = _error(state.status, state.error)
    return Span(
        trace_id=trace_id(run_id),
        span_id=span_id(run_id, None),
        name=f"invoke_workflow {worker}",
        start_ns=start_us * 1_000,
        end_ns=end_us * 1_000,
        attributes=_present(attributes),
        events=_events(lines, error, None, end_us),
        status="unset" if error is None else "error",
        status_message=error or "",
        resource=dict(RESOURCE),
    )


def _stage_span(
    trace: Trace,
    stage: Stage,
    parent: str | None,
    content: StageContent,
    lines: Iterable[StoredLine],
) -> Span:
    operation = _OPERATIONS.get(stage.kind, _AGENT if stage.agent else _Operation("invoke_agent", "CHAIN"))
    attributes = {
        "gen_ai.operation.name": operation.name,
        "openinference.span.kind": operation.openinference,
        **_session(trace.record.run_id),
        **_content("input", content.input),
        **_content("output", content.output),
        **_of_kind(stage, content),
        **_usage(stage),
        "worker_widget.stage.id": stage.stage_id,
        "worker_widget.stage.name": stage.name,
        "worker_widget.stage.status": stage.status,
    }
    start_us = stage.started_us or 0
    end_us = max(_end_us(trace, stage.ended_us), start_us)
    run_id = trace.record.run_id
    error = _error(stage.status, stage.error)
    return Span(
        trace_id=trace_id(run_id),
        span_id=span_id(run_id, stage.stage_id),
        parent_id=span_id(run_id, parent),
        name=f"{operation.name} {_object(stage)}",
        kind=operation.span,
        start_ns=start_us * 1_000,
        end_ns=end_us * 1_000,
        attributes=_present(attributes),
        events=_events(lines, error, content.traceback, end_us),
        status="unset" if error is None else "error",
        status_message=error or "",
        resource=dict(RESOURCE),
    )


def _error(status: str, reason: str | None) -> str | None:
    """Why a run or a stage did not complete; ``None`` if it did, or has not ended."""
    return _cut(reason or status) if status in ("failed", "cancelled", "interrupted") else None


def _events(
    lines: Iterable[StoredLine], error: str | None, traceback: str | None, end_us: int
) -> tuple[SpanEvent, ...]:
    """The events of a span: its log lines and its exception."""
    events = [_log_event(line) for line in lines]
    if error is not None:
        given = {"exception.message": error, "exception.stacktrace": _text(traceback)}
        events.append(SpanEvent(name="exception", time_ns=end_us * 1_000, attributes=_present(given)))
    return tuple(events)


def _end_us(trace: Trace, ended_us: int | None) -> int:
    """The end of a span; of what is still at work, the newest time of the run."""
    known = (ended_us, trace.state.ended_us, trace.state.last_us, trace.exported_us)
    return next(time_us for time_us in known if time_us is not None)


def _object(stage: Stage) -> str:
    """What an operation is done with: the agent, the model or the tool."""
    if stage.kind == "model":
        return stage.model or stage.name
    return (stage.agent or stage.name) if stage.kind in ("stage", "agent") else stage.name


def _session(run_id: str) -> dict[str, Any]:
    return {"session.id": run_id, "gen_ai.conversation.id": run_id}


def _of_kind(stage: Stage, content: StageContent) -> dict[str, Any]:
    """The attributes of the GenAI conventions that the kind of stage has."""
    agent = {"gen_ai.agent.name": stage.agent or (stage.name if stage.kind in ("stage", "agent") else None)}
    if stage.kind == "tool":
        return {
            **agent,
            "gen_ai.tool.name": stage.name,
            "gen_ai.tool.call.id": stage.stage_id,
            "gen_ai.tool.call.arguments": _text(content.input),
            "gen_ai.tool.call.result": _text(content.output),
            "tool.name": stage.name,
        }
    if stage.kind == "model":
        return {
            **agent,
            "gen_ai.request.model": stage.model or stage.name,
            "gen_ai.response.model": stage.model,
            "gen_ai.input.messages": _messages(content.input),
            "gen_ai.output.messages": _messages(content.output),
            "llm.model_name": stage.model or stage.name,
        }
    return agent


def _usage(stage: Stage) -> dict[str, Any]:
    in_usd = stage.cost is not None and stage.cost.currency == "USD"
    return {
        "gen_ai.usage.input_tokens": stage.input_tokens,
        "gen_ai.usage.output_tokens": stage.output_tokens,
        "gen_ai.usage.total_tokens": stage.tokens,
        "llm.token_count.prompt": stage.input_tokens,
        "llm.token_count.completion": stage.output_tokens,
        "llm.token_count.total": stage.tokens,
        "llm.cost.total": stage.cost.amount if stage.cost is not None and in_usd else None,
    }


def _content(side: str, value: Any) -> dict[str, Any]:
    """An input or an output in OpenInference: its text, and whether that is JSON."""
    text = _text(value)
    if text is None:
        return {}
    is_json = not isinstance(value, str) and not text.endswith(_CUT)
    return {f"{side}.value": text, f"{side}.mime_type": "application/json" if is_json else "text/plain"}


def _messages(value: Any) -> str | None:
    """Messages as JSON text; ``None`` for content that is not a list of messages."""
    is_list = (
        isinstance(value, list) and value and all(isinstance(item, dict) and "role" in item for item in value)
    )
    text = _text(value) if is_list else None
    return None if text is None or text.endswith(_CUT) else text


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return _cut(value if isinstance(value, str) else msgspec.json.encode(value).decode())


def _cut(text: str) -> str:
    return text if len(text) <= MOST_TEXT_CHARS else text[: MOST_TEXT_CHARS - 1] + _CUT


def _log_event(line: StoredLine) -> SpanEvent:
    attributes = {"message": _cut(line.message), "level": line.level, "gen_ai.agent.name": line.agent}
    return SpanEvent(name="log", time_ns=(line.time_us or 0) * 1_000, attributes=_present(attributes))


def _present(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if value is not None}

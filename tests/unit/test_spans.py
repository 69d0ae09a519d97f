"""Spans of every vocabulary as stages, and a trace as a run."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.spans import (
    LANGGRAPH,
    PYDANTIC_AI,
    RECORDED,
    TRACE,
    body,
    from_json,
    recorded,
    run_events,
    span,
    traces,
)
from worker_widget.events import Log, RunCompleted, RunFailed, StageCompleted, StageFailed, StageStarted
from worker_widget.spans import otlp_json, otlp_protobuf, span_events, trace_reader
from worker_widget.spans.otlp_json import NotTraces
from worker_widget.spans.span import Span, SpanEvent
from worker_widget.spans.trace_reader import TraceReader
from worker_widget.state.log_line import LoggedEvent
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_state import RunState, Stage
from worker_widget.state.stages import tree
from worker_widget.store.event_store import EventStore


def state_of(*batches: Sequence[Span]) -> RunState:
    return reduce_all(LoggedEvent(at, event) for at, event in enumerate(run_events(batches), start=1))


def stored_stages(*batches: Sequence[Span]) -> list[Stage]:
    store = EventStore.memory()
    store.begin("r", worker="otlp", origin="test", time_us=1)
    store.append("r", run_events(batches))
    found = list(store.stages("r"))
    store.close()
    return found


def shown(state: RunState) -> list[str]:
    """The tree as lines: indented, with kind, agent, status and tokens."""
    return [
        f"{'  ' * depth}{stage.name} [{stage.kind}] {stage.agent or '-'} {stage.status}"
        + (f" {stage.input_tokens}+{stage.output_tokens}" if stage.tokens is not None else "")
        for stage, depth in tree(state.stages)
    ]


# --- the recorded exports ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", RECORDED)
def test_a_body_in_json_has_the_spans_of_the_same_in_protobuf(name: str) -> None:
    assert from_json(name) == recorded(name)


@pytest.mark.parametrize("name", RECORDED)
def test_ids_in_hex_are_those_in_base64(name: str) -> None:
    message = json.loads(body(name, "json"))
    for resource_spans in message["resourceSpans"]:
        for scope_spans in resource_spans["scopeSpans"]:
            for found in scope_spans["spans"]:
                for key in ("traceId", "spanId", "parentSpanId"):
                    if key in found:
                        found[key] = base64.b64decode(found[key]).hex()
    assert otlp_json.decode(json.dumps(message).encode()).spans == recorded(name)


def test_a_run_of_pydantic_ai_is_an_agent_with_its_model_calls_and_tools() -> None:
    good, bad = traces(recorded(PYDANTIC_AI))
    state = state_of(good)
    assert (state.status, state.tokens, state.latency_ms) == ("completed", 131, 42.009)
    assert shown(state) == [
        "weather_agent [agent] weather_agent completed",
        "  chat test [model] weather_agent completed 56+5",
        "  weather [tool] weather_agent completed",
        "  chat test [model] weather_agent completed 59+11",
    ]
    assert trace_reader.task_of(good) == "What is the weather in Basel?"
    assert trace_reader.conversation_of(good) == "01a2230a-0f4e-772f-afad-142921d8d825"
    failed = state_of(bad)
    assert (failed.status, failed.error) == ("failed", "ValueError: the tool failed")
    assert shown(failed) == [
        "broken_agent [agent] broken_agent failed",
        "  chat test [model] broken_agent completed 52+2",
        "  fail [tool] broken_agent failed",
    ]
    assert [(item.outcome, item.found) for item in failed.incidents] == [
        ("not_recovered", "The worker's program stopped with an error: “ValueError: the tool failed”")
    ]
    agent, _, tool = failed.stages
    assert (tool.error, agent.error) == ("ValueError: the tool failed",) * 2


def test_a_tool_of_pydantic_ai_has_its_arguments_its_result_and_its_traceback() -> None:
    found = {item.name: item for item in recorded(PYDANTIC_AI)}
    tool = found["execute_tool weather"]
    start, end = span_events.started(tool).data, span_events.ended(tool).data
    assert isinstance(start, StageStarted)
    assert isinstance(end, StageCompleted)
    assert (start.input, end.output) == ({"city": "a"}, "a is sunny")
    failed = span_events.ended(found["execute_tool fail"]).data
    assert isinstance(failed, StageFailed)
    assert failed.error == "ValueError: the tool failed"
    assert failed.traceback is not None
    assert failed.traceback.endswith("ValueError: the tool failed\n")


def test_graphs_of_langgraph_are_nodes_with_what_runs_in_them() -> None:
    graph, chat = traces(recorded(LANGGRAPH))
    assert shown(state_of(graph)) == [
        "LangGraph [stage] - completed",
        "  plan [stage] plan completed",
        "  research_a [stage] research_a completed",
        "  research_b [stage] research_b completed",
        "  write [stage] write completed",
        "    Scripted [model] write completed",
    ]
    assert shown(state_of(chat)) == [
        "LangGraph [stage] - completed",
        "  model [stage] model completed",
        "    Scripted [model] model completed",
        "    Unnamed [stage] model completed",
        "  tools [stage] tools completed",
        "    weather [tool] tools completed",
        "  model [stage] model completed",
        "    Scripted [model] model completed",
        "    Unnamed [stage] model completed",
    ]
    assert [trace_reader.task_of(item) for item in (graph, chat)] == ["hi", "weather?"]
    model = next(item for item in chat if item.name == "Scripted")
    end = span_events.ended(model).data
    assert isinstance(end, StageCompleted)
    call = {"id": "call-1", "function": {"name": "weather", "arguments": {"city": "Basel"}}}
    assert end.output == [
        {"role": "assistant", "content": "Looking it up. ", "tool_calls": [{"tool_call": call}]}
    ]


@pytest.mark.parametrize("name", RECORDED)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_the_order_batches_and_repetitions_of_spans_change_nothing(name: str, data: st.DataObject) -> None:
    for trace in traces(recorded(name)):
        mixed = data.draw(st.permutations([*trace, *data.draw(st.lists(st.sampled_from(trace)))]))
        cuts = sorted(data.draw(st.lists(st.integers(0, len(mixed)), max_size=4)))
        batches = [mixed[a:b] for a, b in zip([0, *cuts], [*cuts, len(mixed)], strict=True) if a < b]
        wanted, got = state_of(trace), state_of(*batches)
        assert (got.status, got.error, got.tokens) == (wanted.status, wanted.error, wanted.tokens)
        assert figures(got.stages) == figures(wanted.stages)
        assert figures(tuple(stored_stages(*batches))) == figures(wanted.stages)


def figures(stages: Sequence[Stage]) -> dict[str, tuple[Any, ...]]:
    return {
        stage.stage_id: (
            *(stage.name, stage.parent_id, stage.kind, stage.agent, stage.status, stage.children),
            *(stage.started_us, stage.ended_us, stage.tokens, stage.model, stage.error, stage.has_output),
            *(stage.attempts, stage.has_input, stage.has_traceback),
        )
        for stage in stages
    }


def test_a_parent_that_has_not_arrived_is_a_stage_in_progress() -> None:
    state = state_of([span(2, 1, name="inner")])
    assert shown(state) == ["span in progress [stage] - running", "  inner [stage] - completed"]
    assert state.stages[0].children == 1
    remote = state_of([span(2, 1, name="inner", parent_is_remote=True)])
    assert remote.stages[0].name == "span of another process"


def test_spans_inside_each_other_in_a_circle_are_all_read() -> None:
    assert {stage.name for stage in state_of([span(1, 2, name="a"), span(2, 1, name="b")]).stages} == {
        "a",
        "b",
    }


# --- vocabularies -----------------------------------------------------------------------------------

USER = {"role": "user", "parts": [{"type": "text", "content": "Hi"}]}
ANSWER = {"role": "assistant", "parts": [{"type": "text", "content": "Hello"}]}


def older(name: str, **attributes: Any) -> SpanEvent:
    return SpanEvent(name=name, attributes={"gen_ai.system": "openai", **attributes})


OLD_EVENTS = (
    older("gen_ai.system.message", content="Be brief"),
    older("gen_ai.user.message", content="Hi"),
    older(
        "gen_ai.choice", index=0, finish_reason="stop", message='{"role": "assistant", "content": "Hello"}'
    ),
)
OLD_CALL = {
    "gen_ai.system": "openai",
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-2024",
    "gen_ai.usage.input_tokens": 12,
    "gen_ai.usage.output_tokens": 3,
}
NEW_CALL = {
    **{key: value for key, value in OLD_CALL.items() if key != "gen_ai.system"},
    "gen_ai.provider.name": "openai",
    "gen_ai.input.messages": json.dumps([USER]),
    "gen_ai.output.messages": [ANSWER],
    "gen_ai.system_instructions": '[{"type": "text", "content": "Be brief"}]',
}

CALLS = {
    "1.36, events for messages": (
        span(1, name="chat gpt-4o", attributes=OLD_CALL, events=OLD_EVENTS),
        [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "Hi"}],
        [
            {
                "role": "assistant",
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": "Hello"},
            }
        ],
    ),
    "1.28, events for content, older token names": (
        span(
            1,
            name="chat gpt-4o",
            attributes={
                "gen_ai.system": "openai",
                "gen_ai.request.model": "gpt-4o-2024",
                "gen_ai.usage.prompt_tokens": 12,
                "gen_ai.usage.completion_tokens": 3,
            },
            events=(
                SpanEvent(
                    name="gen_ai.content.prompt",
                    attributes={"gen_ai.prompt": '[{"role": "user", "content": "Hi"}]'},
                ),
                SpanEvent(
                    name="gen_ai.content.completion",
                    attributes={"gen_ai.completion": '[{"role": "assistant", "content": "Hello"}]'},
                ),
            ),
        ),
        [{"role": "user", "content": "Hi"}],
        [{"role": "assistant", "content": "Hello"}],
    ),
    "numbered attributes": (
        span(
            1,
            name="chat gpt-4o",
            attributes={
                **OLD_CALL,
                "gen_ai.prompt.0.role": "user",
                "gen_ai.prompt.0.content": "Hi",
                "gen_ai.completion.0.role": "assistant",
                "gen_ai.completion.0.content": "Hello",
            },
        ),
        [{"role": "user", "content": "Hi"}],
        [{"role": "assistant", "content": "Hello"}],
    ),
    "1.37 to 1.41": (
        span(1, name="chat gpt-4o", attributes=NEW_CALL),
        [{"role": "system", "parts": [{"type": "text", "content": "Be brief"}]}, USER],
        [ANSWER],
    ),
    "1.41, messages in an event": (
        span(
            1,
            name="chat gpt-4o",
            attributes={key: value for key, value in NEW_CALL.items() if "messages" not in key},
            events=(
                SpanEvent(
                    name="gen_ai.client.inference.operation.details",
                    attributes={"gen_ai.input.messages": [USER], "gen_ai.output.messages": [ANSWER]},
                ),
            ),
        ),
        [{"role": "system", "parts": [{"type": "text", "content": "Be brief"}]}, USER],
        [ANSWER],
    ),
    "0.1.0": (
        span(1, name="chat gpt-4o", attributes={**NEW_CALL, "gen_ai.usage.cache_write.input_tokens": 4}),
        [{"role": "system", "parts": [{"type": "text", "content": "Be brief"}]}, USER],
        [ANSWER],
    ),
    "OpenInference": (
        span(
            1,
            name="chat gpt-4o",
            attributes={
                "openinference.span.kind": "LLM",
                "llm.model_name": "gpt-4o-2024",
                "llm.input_messages.0.message.role": "user",
                "llm.input_messages.0.message.content": "Hi",
                "llm.output_messages.0.message.role": "assistant",
                "llm.output_messages.0.message.content": "Hello",
                "llm.token_count.prompt": 12,
                "llm.token_count.completion": 3,
                "llm.token_count.total": 15,
            },
        ),
        [{"role": "user", "content": "Hi"}],
        [{"role": "assistant", "content": "Hello"}],
    ),
}


@pytest.mark.parametrize("vocabulary", CALLS)
def test_a_model_call_has_messages_model_and_tokens_in_every_vocabulary(vocabulary: str) -> None:
    call, asked, answered = CALLS[vocabulary]
    start, end = span_events.started(call).data, span_events.ended(call).data
    assert isinstance(start, StageStarted)
    assert isinstance(end, StageCompleted)
    assert (start.kind, start.name, start.input) == ("model", "chat gpt-4o", asked)
    assert (end.model, end.input_tokens, end.output_tokens) == ("gpt-4o-2024", 12, 3)
    assert end.output == answered
    assert span_events.log_lines(call) == []
    assert trace_reader.task_of([call]) == "Hi"


KINDS = [
    ({"gen_ai.operation.name": "generate_content"}, "model", "a span"),
    ({"gen_ai.operation.name": "text_completion"}, "model", "a span"),
    ({"gen_ai.operation.name": "embeddings"}, "model", "a span"),
    ({"gen_ai.operation.name": "retrieval"}, "retrieval", "a span"),
    ({"gen_ai.operation.name": "create_agent", "gen_ai.agent.name": "Ann"}, "agent", "a span"),
    ({"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "Ann"}, "agent", "Ann"),
    ({"gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": "daily"}, "stage", "daily"),
    ({"gen_ai.operation.name": "invoke_workflow", "gen_ai.agent.name": "daily"}, "stage", "daily"),
    ({"gen_ai.operation.name": "plan"}, "reasoning", "a span"),
    ({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"}, "tool", "search"),
    ({"gen_ai.operation.name": "of a later version"}, "stage", "a span"),
    ({"gen_ai.system": "x", "gen_ai.tool.name": "search"}, "tool", "search"),
    ({"openinference.span.kind": "CHAIN"}, "stage", "a span"),
    ({"openinference.span.kind": "TOOL", "tool.name": "search"}, "tool", "search"),
    ({"openinference.span.kind": "AGENT"}, "agent", "a span"),
    ({"openinference.span.kind": "RETRIEVER"}, "retrieval", "a span"),
    ({"openinference.span.kind": "EMBEDDING"}, "model", "a span"),
    ({"openinference.span.kind": "GUARDRAIL"}, "stage", "a span"),
    ({"openinference.span.kind": 7}, "stage", "a span"),
    ({"http.request.method": "GET"}, "stage", "a span"),
    ({}, "stage", "a span"),
]


@pytest.mark.parametrize(("attributes", "kind", "name"), KINDS)
def test_an_operation_has_a_kind_and_a_name(attributes: dict[str, Any], kind: str, name: str) -> None:
    start = span_events.started(span(1, name="a span", attributes=attributes)).data
    assert isinstance(start, StageStarted)
    assert (start.kind, start.name) == (kind, name)


def test_a_retrieval_has_its_query_and_its_documents() -> None:
    found = span(
        1,
        attributes={
            "openinference.span.kind": "RETRIEVER",
            "input.value": "[not JSON",
            "retrieval.documents.1.document.content": "second",
            "retrieval.documents.0.document.content": "first",
        },
    )
    start, end = span_events.started(found).data, span_events.ended(found).data
    assert isinstance(start, StageStarted)
    assert isinstance(end, StageCompleted)
    assert start.input == "[not JSON"
    assert end.output == [{"document": {"content": "first"}}, {"document": {"content": "second"}}]


def test_tokens_of_an_agent_are_counted_once() -> None:
    usage = {"gen_ai.usage.input_tokens": 5, "gen_ai.usage.output_tokens": 1}
    agent = {"gen_ai.operation.name": "invoke_agent", **usage}
    call = {"gen_ai.operation.name": "chat", **usage}
    outer, inner = span(1, attributes=agent), span(2, 1, attributes=call)
    assert state_of([outer, inner]).tokens == 6
    assert state_of([inner], [outer]).tokens == 6
    assert state_of([span(1, attributes=agent)]).tokens == 6
    through = [outer, span(3, 1), span(2, 3, attributes=call)]
    assert state_of(through).tokens == 6


def test_events_of_a_span_are_log_lines_and_its_exception_is_its_error() -> None:
    found = span(
        1,
        status="error",
        status_message="it broke",
        attributes={"gen_ai.agent.name": "Ann"},
        events=(
            SpanEvent(name="log", time_ns=1, attributes={"message": "3 feeds", "level": "WARN"}),
            SpanEvent(name="cache miss", time_ns=2, attributes={"key": "a", "size": 3}),
            SpanEvent(name="exception", time_ns=3, attributes={"exception.type": "OSError"}),
            SpanEvent(name="exception", time_ns=4, attributes={"exception.message": "no disk"}),
        ),
    )
    lines = [item.data for item in span_events.log_lines(found)]
    assert all(isinstance(line, Log) and line.agent == "Ann" for line in lines)
    assert [(line.message, line.level) for line in lines if isinstance(line, Log)] == [
        ("3 feeds", "warning"),
        ("cache miss key=a size=3", "info"),
        ("OSError", "warning"),
    ]
    end = span_events.ended(found).data
    assert isinstance(end, StageFailed)
    assert end.error == "no disk"
    assert isinstance(trace_reader.run_end(found), RunFailed)


def test_the_attributes_of_a_span_of_no_vocabulary_are_a_bounded_log_line() -> None:
    lines = span_events.log_lines(span(1, attributes={"http.request.method": "GET", "body": "x" * 9_000}))
    (line,) = (item.data for item in lines)
    assert isinstance(line, Log)
    assert line.message.startswith("http.request.method=GET body=xxx")
    assert len(line.message) == span_events.MOST_LINE_CHARS


def test_a_span_without_times_and_with_an_end_before_its_start_is_read() -> None:
    state = state_of([span(1, start_ns=0, end_ns=0), span(2, 1, start_ns=9_000, end_ns=4_000)])
    assert [stage.status for stage in state.stages] == ["completed", "completed"]
    assert isinstance(trace_reader.run_end(span(1)), RunCompleted)


# --- bodies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [b"", b"[]", b"{", b"\xff", b'{"resourceSpans": 1}', b"[" * 100_000])
def test_a_json_body_that_is_no_export_is_refused(wrong: bytes) -> None:
    with pytest.raises(NotTraces, match="The body is not"):
        otlp_json.decode(wrong)


def test_a_protobuf_body_that_is_no_export_is_refused() -> None:
    with pytest.raises(NotTraces, match="The body is not"):
        otlp_protobuf.decode(b"\xff\xff\xff")


@pytest.mark.parametrize(
    ("trace_id", "span_id"),
    [("", ""), ("0" * 32, "1" * 16), ("1" * 32, "0" * 16), ("zz" * 16, "1" * 16), (7, None), ("AAA=", "A")],
)
def test_a_span_without_valid_ids_is_rejected_and_counted(trace_id: Any, span_id: Any) -> None:
    good = otlp_json.encode_span(span(1))
    message = {
        "resourceSpans": [{"scopeSpans": [{"spans": [good, {"traceId": trace_id, "spanId": span_id}]}]}]
    }
    read = otlp_json.decode(json.dumps(message).encode())
    assert ([item.span_id for item in read.spans], read.rejected) == ([f"{1:016x}"], 1)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=20), inner, max_size=3),
    max_leaves=20,
)
FIELDS = st.sampled_from(
    [
        "name",
        "kind",
        "startTimeUnixNano",
        "endTimeUnixNano",
        "attributes",
        "events",
        "status",
        "parentSpanId",
        "flags",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(FIELDS, JSON, max_size=6), st.lists(JSON, max_size=3))
def test_any_field_of_another_type_is_read_without_an_error(
    fields: dict[str, Any], others: list[Any]
) -> None:
    found = {**fields, "traceId": TRACE, "spanId": "1" * 16}
    message = {"resourceSpans": [{"resource": others, "scopeSpans": [{"spans": [found, *others]}]}, *others]}
    read = otlp_json.decode(json.dumps(message).encode())
    assert len(read.spans) == 1
    TraceReader().read(read.spans)


VALUES = st.recursive(
    st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    [
        *("gen_ai.input.messages", "gen_ai.operation.name", "gen_ai.tool.name", "gen_ai.usage.input_tokens"),
        *("openinference.span.kind", "llm.input_messages.0.message.role", "llm.input_messages.0", "metadata"),
        *("input.value", "session.id", "gen_ai.system_instructions", "pydantic_ai.all_messages", "tool.name"),
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=8), st.dictionaries(NAMES, VALUES, max_size=4))
def test_any_value_of_an_attribute_is_read_without_an_error(
    attributes: dict[str, Any], of_event: dict[str, Any]
) -> None:
    events = tuple(
        SpanEvent(name=name, attributes=of_event) for name in ("gen_ai.choice", "log", "exception")
    )
    found = span(1, attributes=attributes, events=events)
    run_events([[found]])
    trace_reader.task_of([found])

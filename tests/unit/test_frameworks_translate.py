"""What the frameworks report, as facts of a span: tables of plain data, without the frameworks."""

from __future__ import annotations

from types import SimpleNamespace as Has
from typing import Any

import pytest

from worker_widget.sources.frameworks.langchain import translate as langchain
from worker_widget.sources.frameworks.openai_agents import translate as openai_agents
from worker_widget.sources.frameworks.pydantic_ai import translate as pydantic_ai
from worker_widget.sources.frameworks.trace import SpanFailure, Usage

STEP = ["graph:step:1"]
SUB = {"langgraph_node": "sub", "checkpoint_ns": "sub:1"}


@pytest.mark.parametrize(
    ("name", "tags", "metadata", "span"),
    [
        ("call", STEP, {"langgraph_node": "call"}, ("stage", "call")),
        ("call", ["seq:step:3"], {"langgraph_node": "call"}, None),
        ("call", [*STEP, "langsmith:hidden"], {"langgraph_node": "call"}, None),
        ("helper", [], SUB, None),
        ("helper", [], {**SUB, "langgraph_checkpoint_ns": "sub:1"}, ("agent", "helper")),
        ("LangGraph", [], {**SUB, "langgraph_checkpoint_ns": "sub:1"}, None),
        ("RunnableSequence", [], {**SUB, "langgraph_checkpoint_ns": "sub:1"}, None),
        ("ChatPromptTemplate", None, None, None),
        (None, STEP, {"langgraph_node": "call"}, None),
    ],
)
def test_nodes_and_named_graphs_are_stages(name: Any, tags: Any, metadata: Any, span: Any) -> None:
    found = langchain.chain_span(name, tags, metadata)
    assert (None if found is None else tuple(found)) == span


@pytest.mark.parametrize(
    ("serialized", "invocation", "metadata", "name"),
    [
        ({"name": "ChatOpenAI"}, {"model": "gpt-x"}, {"ls_model_name": "gpt-y"}, "gpt-y"),
        ({"name": "ChatOpenAI"}, {"model": "gpt-x"}, {}, "gpt-x"),
        ({"name": "ChatOpenAI"}, {"model_name": ""}, None, "ChatOpenAI"),
        ({"id": ["langchain", "Fake"]}, None, None, "Fake"),
        (None, None, None, "model"),
    ],
)
def test_a_model_has_its_name(serialized: Any, invocation: Any, metadata: Any, name: str) -> None:
    assert langchain.model_name(serialized, invocation, metadata) == name


@pytest.mark.parametrize(
    ("content", "text", "thinking"),
    [
        ("plain", "plain", ""),
        ([{"type": "text", "text": "a"}, "b", {"type": "reasoning", "reasoning": "r"}], "ab", "r"),
        ([{"type": "thinking", "thinking": "t"}, {"type": "image", "text": "no"}], "", "t"),
        (None, "", ""),
    ],
)
def test_content_is_text_and_thoughts(content: Any, text: str, thinking: str) -> None:
    assert langchain.text_of(content) == text
    assert langchain.thinking_of(content) == thinking
    assert langchain.thinking_of("x", {"reasoning_content": "beside"}) == "beside"


@pytest.mark.parametrize(
    ("message", "provider", "usage"),
    [
        ({"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}, None, (1, 2)),
        (None, {"token_usage": {"prompt_tokens": 1, "completion_tokens": 2}}, (1, 2)),
        (None, {"usage": {"input_tokens": 1, "output_tokens": 2}}, (1, 2)),
        (None, {"usage": "many"}, (None, None)),
        ({"input_tokens": True}, None, (None, None)),
        (None, None, (None, None)),
    ],
)
def test_tokens_come_from_the_message_or_the_provider(message: Any, provider: Any, usage: Any) -> None:
    assert tuple(langchain.usage_of(message, provider)) == usage


@pytest.mark.parametrize(
    ("inputs", "task"),
    [
        ("text", "text"),
        ({"messages": [Has(content="first", type="human"), Has(content="last", type="human")]}, "last"),
        ({"messages": [("user", "as a pair")]}, "as a pair"),
        ({"messages": [{"role": "user", "content": "as an object"}]}, "as an object"),
        ({"topic": "tea", "n": 3}, "tea"),
        ({"n": 3}, ""),
        (3, ""),
    ],
)
def test_the_task_is_what_a_person_says_in_the_input(inputs: Any, task: str) -> None:
    assert langchain.task_of(inputs) == task


def test_messages_are_objects_with_role_content_and_calls() -> None:
    message = Has(content="", type="ai", tool_calls=[{"name": "f", "args": {"x": 1}, "id": "1"}], name=None)
    data = langchain.data_of({"messages": [message], "n": 1})
    call = {"name": "f", "args": {"x": 1}}
    assert data == {"messages": [{"role": "assistant", "content": "", "tool_calls": [call]}], "n": 1}


@pytest.mark.parametrize(
    ("value", "message"),
    [("Go?", "Go?"), ({"question": "Go?", "x": 1}, "Go?"), ({"x": 1}, None), (3, None)],
)
def test_an_interrupt_asks_what_its_value_says(value: Any, message: str | None) -> None:
    assert langchain.question_of(value, None).message == (message or "The graph waits for an answer.")
    assert langchain.question_of(value, {"type": "boolean"}).schema == {"type": "boolean"}


def test_one_answer_is_for_all_questions_or_each_has_its_own() -> None:
    assert langchain.answers_of("yes", ["a", "b"]) == {"a": "yes", "b": "yes"}
    assert langchain.answers_of({"a": 1}, ["a", "b"]) == {"a": 1}
    assert langchain.answers_of({"other": 1}, ["a"]) == {"a": {"other": 1}}


def _delta(kind: str, text: str | None) -> Any:
    return Has(event_kind="part_delta", delta=Has(part_delta_kind=kind, content_delta=text))


def _start(kind: str, text: str) -> Any:
    return Has(event_kind="part_start", part=Has(part_kind=kind, content=text))


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (_start("text", "a"), ("a", "")),
        (_delta("text", "b"), ("b", "")),
        (_start("thinking", "t"), ("", "t")),
        (_delta("thinking", None), ("", "")),
        (_delta("tool_call", "x"), ("", "")),
        (Has(event_kind="final_result"), ("", "")),
        (Has(), ("", "")),
    ],
)
def test_events_of_a_stream_are_words(event: Any, words: Any) -> None:
    assert tuple(pydantic_ai.words_of(event)) == words


def test_parts_of_a_response_are_text_and_data() -> None:
    parts = [
        Has(part_kind="text", content="a"),
        Has(part_kind="tool-call", tool_name="f", args={"x": 1}),
    ]
    assert pydantic_ai.text_of(parts) == "a"
    assert pydantic_ai.response_data(parts) == [
        {"part": "text", "content": "a"},
        {"part": "tool-call", "tool_name": "f", "args": {"x": 1}},
    ]
    assert pydantic_ai.request_data([Has(parts=parts[:1])]) == [{"part": "text", "content": "a"}]
    assert pydantic_ai.task_of(["see", object(), "this"]) == "see\nthis"


@pytest.mark.parametrize(
    ("data", "span"),
    [
        (Has(type="agent", name="writer"), ("agent", "writer", "writer")),
        (Has(type="function", name="search"), ("tool", "search", None)),
        (Has(type="generation", model="gpt-x"), ("model", "gpt-x", None)),
        (Has(type="response"), ("model", "model", None)),
        (Has(type="custom", name="load"), ("stage", "load", None)),
        (Has(type="turn"), None),
        (Has(type="task", name="Agent workflow"), None),
        (Has(type="a later one"), None),
    ],
)
def test_spans_are_stages(data: Any, span: Any) -> None:
    found = openai_agents.span_start(data)
    assert (None if found is None else tuple(found)) == span


def test_the_end_of_a_span_has_its_facts() -> None:
    function = Has(type="function", input='{"x": 1}', output="not json")
    assert openai_agents.span_end(function)[:2] == ({"x": 1}, "not json")
    generation = Has(
        type="generation",
        input=None,
        output=[{"content": "a"}, {"content": [{"type": "output_text", "text": "b"}]}, {"content": None}],
        model="gpt-x",
        usage={"input_tokens": 1, "output_tokens": 2},
    )
    ended = openai_agents.span_end(generation)
    assert (ended.text, ended.model, ended.usage) == ("ab", "gpt-x", Usage(1, 2))
    response = Has(output=[], output_text="hi", model="gpt-y", usage=Has(input_tokens=5, output_tokens=2))
    ended = openai_agents.span_end(Has(type="response", response=response, input="q", usage=None))
    assert (ended.text, ended.model, ended.usage) == ("hi", "gpt-y", Usage(5, 2))


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (
            {"message": "Error", "data": {"name": "ValueError", "message": "down"}},
            SpanFailure("ValueError: down", None, frozenset({"down"})),
        ),
        (
            {"message": "Error in agent run", "data": {"error": "down"}},
            SpanFailure("Error in agent run: down", None, frozenset({"down"})),
        ),
        (
            {"message": "Max turns exceeded", "data": None},
            SpanFailure("Max turns exceeded", None, frozenset({"Max turns exceeded"})),
        ),
    ],
)
def test_the_error_of_a_span_is_a_failure(error: Any, failure: SpanFailure) -> None:
    assert openai_agents.span_failure(error) == failure


@pytest.mark.parametrize(
    ("given", "task"),
    [
        ("text", "text"),
        ([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}], "a"),
        ([{"role": "user", "content": [{"type": "input_text", "text": "c"}]}], "c"),
        (Has(), ""),
    ],
)
def test_the_task_of_an_agent_is_its_input(given: Any, task: str) -> None:
    assert openai_agents.task_of(given) == task

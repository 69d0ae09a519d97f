"""What LangChain's callbacks report, as the facts of a span. Pure: no object of LangChain is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from ..trace import Usage

_ROOT_NAMES: Final = ("LangGraph",)
_ROLES: Final = {"human": "user", "ai": "assistant", "AIMessageChunk": "assistant"}


class ChainSpan(NamedTuple):
    """A chain that is a stage."""

    kind: str
    name: str


def chain_span(
    name: str | None, tags: Sequence[str] | None, metadata: Mapping[str, Any] | None
) -> ChainSpan | None:
    """The stage of a chain that another chain called; ``None`` if it is passed over.

    Nodes of a graph are stages, and graphs inside other graphs under a name of their own are agents. Prompts,
    parsers, sequences and branches are passed over.
    """
    metadata, tags = metadata or {}, tags or ()
    node = metadata.get("langgraph_node")
    if not name or node is None or "langsmith:hidden" in tags:
        return None
    if name == node:
        steps = any(tag.startswith("graph:step") for tag in tags)
        return ChainSpan("stage", name) if steps else None
    place = metadata.get("checkpoint_ns")
    graph = bool(place) and place == metadata.get("langgraph_checkpoint_ns")
    return ChainSpan("agent", name) if graph and name not in _ROOT_NAMES and not _anonymous(name) else None


def root_name(name: str | None) -> str:
    """The name of a chain that nothing called."""
    return "LangChain" if not name or _anonymous(name) else name


def root_agent(name: str | None) -> str | None:
    """The agent that such a chain is: graphs and chains without a name of their own are none."""
    return None if not name or name in _ROOT_NAMES or _anonymous(name) else name


def _anonymous(name: str) -> bool:
    return name.startswith("Runnable") or name == "<lambda>"


def model_name(
    serialized: Mapping[str, Any] | None,
    invocation: Mapping[str, Any] | None,
    metadata: Mapping[str, Any] | None,
) -> str:
    """The model that a call uses, or else the name of its class."""
    for named in ((metadata or {}).get("ls_model_name"), *_of(invocation, "model", "model_name")):
        if isinstance(named, str) and named:
            return named
    serialized = serialized or {}
    named = serialized.get("name") or next(reversed(serialized.get("id") or ()), None)
    return named if isinstance(named, str) and named else "model"


def _of(facts: Mapping[str, Any] | None, *names: str) -> list[Any]:
    return [(facts or {}).get(name) for name in names]


def text_of(content: Any) -> str:
    """The text of a message's content: a text, or a list of blocks."""
    if isinstance(content, str):
        return content
    if not isinstance(content, Sequence):
        return ""
    return "".join(
        block if isinstance(block, str) else str(block.get("text") or "")
        for block in content
        if isinstance(block, str) or (isinstance(block, Mapping) and block.get("type") in ("text", None))
    )


def thinking_of(content: Any, additional: Mapping[str, Any] | None = None) -> str:
    """What a model thinks, in its content's blocks or beside it."""
    beside = (additional or {}).get("reasoning_content")
    if isinstance(beside, str):
        return beside
    if isinstance(content, str) or not isinstance(content, Sequence):
        return ""
    return "".join(
        str(block.get("reasoning") or block.get("thinking") or "")
        for block in content
        if isinstance(block, Mapping) and block.get("type") in ("reasoning", "thinking")
    )


def usage_of(message: Mapping[str, Any] | None, provider: Mapping[str, Any] | None) -> Usage:
    """Tokens from the ``usage_metadata`` of a message, or else from what the provider answered."""
    if message:
        return Usage(_number(message.get("input_tokens")), _number(message.get("output_tokens")))
    answer = provider or {}
    counts = answer.get("token_usage") or answer.get("usage") or {}
    if not isinstance(counts, Mapping):
        return Usage()
    return Usage(
        _number(counts.get("prompt_tokens", counts.get("input_tokens"))),
        _number(counts.get("completion_tokens", counts.get("output_tokens"))),
    )


def answered_by(metadata: Mapping[str, Any] | None, provider: Mapping[str, Any] | None) -> str | None:
    """The model that answered."""
    for facts in (metadata, provider):
        for named in _of(facts, "model_name", "model"):
            if isinstance(named, str) and named:
                return named
    return None


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def message_data(message: Any) -> Any:
    """A message as an object with role, content and tool calls; anything else as it is."""
    content, kind = getattr(message, "content", None), getattr(message, "type", None)
    if content is None or not isinstance(kind, str):
        return message
    data: dict[str, Any] = {"role": _ROLES.get(kind, kind), "content": content}
    calls = getattr(message, "tool_calls", None)
    if calls:
        data["tool_calls"] = [{"name": call.get("name"), "args": call.get("args")} for call in calls]
    name = getattr(message, "name", None)
    if name:
        data["name"] = name
    return data


def data_of(value: Any, depth: int = 4) -> Any:
    """A value with the messages in it as `message_data`."""
    if depth == 0:
        return value
    if isinstance(value, Mapping):
        return {str(name): data_of(item, depth - 1) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [data_of(item, depth - 1) for item in value]
    return message_data(value)


def task_of(inputs: Any) -> str:
    """What a run is about: the last words of a person in its input, or its only text."""
    if isinstance(inputs, str):
        return inputs
    content = getattr(inputs, "content", None)
    if content is not None:
        return text_of(content)
    if isinstance(inputs, Mapping):
        if "messages" in inputs:
            return task_of(inputs["messages"])
        texts = [value for value in inputs.values() if isinstance(value, str) and value]
        return texts[0] if texts else ""
    if isinstance(inputs, list | tuple):
        for item in reversed(inputs):
            if isinstance(item, tuple) and len(item) == 2:
                return task_of(item[1])
            if isinstance(item, Mapping) and "content" in item:
                return text_of(item["content"])
            if found := task_of(item):
                return found
    return ""


class InterruptQuestion(NamedTuple):
    """What an ``interrupt()`` asks. ``schema`` is ``None`` if any answer is allowed."""

    message: str
    schema: dict[str, Any] | None


def question_of(value: Any, schema: Any) -> InterruptQuestion:
    """The question of an interrupt's value: a text, an object with a question, or any other value."""
    known = schema if isinstance(schema, dict) else None
    if isinstance(value, str):
        return InterruptQuestion(value, known)
    if isinstance(value, Mapping):
        for name in ("question", "message", "prompt", "description", "task"):
            asked = value.get(name)
            if isinstance(asked, str) and asked:
                return InterruptQuestion(asked, known)
    return InterruptQuestion("The graph waits for an answer.", known)


def answers_of(resume: Any, asked: Sequence[str]) -> dict[str, Any]:
    """The answer to each open question in the ``resume`` of a command: one for all, or by their ids."""
    if isinstance(resume, Mapping) and resume and all(name in asked for name in resume):
        return {name: resume[name] for name in asked if name in resume}
    return dict.fromkeys(asked, resume)

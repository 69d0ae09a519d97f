"""What the spans of the OpenAI Agents SDK report. Pure: span data is read by its fields."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from ..trace import SpanFailure, Usage

_SHOWN: Final = {
    "agent": "agent",
    "generation": "model",
    "response": "model",
    "transcription": "model",
    "speech": "model",
    "function": "tool",
    "custom": "stage",
}
"""Kinds of stage by type of span; spans of other types are passed over."""


class SpanStart(NamedTuple):
    """The stage of a span."""

    kind: str
    name: str
    agent: str | None = None


class SpanEnd(NamedTuple):
    """What a span reports at its end. ``text`` is what a model wrote."""

    input: Any = None
    output: Any = None
    model: str | None = None
    usage: Usage = Usage()
    text: str = ""


def span_start(data: Any) -> SpanStart | None:
    """The stage of a span that starts; ``None`` if it is passed over."""
    kind = _SHOWN.get(data.type)
    if kind is None:
        return None
    name = getattr(data, "name", None) or getattr(data, "model", None) or kind
    return SpanStart(kind, str(name), str(name) if kind == "agent" else None)


def span_end(data: Any) -> SpanEnd:
    """What a span reports that is complete."""
    if data.type == "function":
        return SpanEnd(input=json_of(data.input), output=json_of(data.output))
    if data.type == "generation":
        return SpanEnd(
            input=data.input,
            output=data.output,
            model=data.model,
            usage=usage_of(data.usage),
            text=text_of(data.output),
        )
    if data.type == "response":
        response = data.response
        return SpanEnd(
            input=data.input,
            output=None if response is None else getattr(response, "output", None),
            model=getattr(response, "model", None),
            usage=usage_of(getattr(response, "usage", None) or getattr(data, "usage", None)),
            text=getattr(response, "output_text", None) or "",
        )
    if data.type in ("transcription", "speech"):
        return SpanEnd(model=getattr(data, "model", None))
    if data.type == "custom":
        return SpanEnd(output=data.data)
    return SpanEnd()


def span_failure(error: Any) -> SpanFailure:
    """The error of a span: ``{message, data}``. What an inner span reported too is its mark."""
    message = str(error.get("message") or "The span failed.")
    data = error.get("data") or {}
    reason = data.get("message") or data.get("error") if isinstance(data, Mapping) else None
    if not isinstance(reason, str) or not reason:
        return SpanFailure(message, marks=frozenset({message}))
    name = data.get("name")
    line = f"{name}: {reason}" if isinstance(name, str) else f"{message}: {reason}"
    return SpanFailure(line, marks=frozenset({reason}))


def usage_of(usage: Any) -> Usage:
    """The tokens of one model call."""
    if usage is None:
        return Usage()
    if isinstance(usage, Mapping):
        return Usage(usage.get("input_tokens"), usage.get("output_tokens"))
    return Usage(getattr(usage, "input_tokens", None), getattr(usage, "output_tokens", None))


def json_of(text: Any) -> Any:
    """JSON in a text as its value; any other text as it is."""
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def text_of(output: Any) -> str:
    """The text in what a model answers: messages with a text, or with blocks of text."""
    if not isinstance(output, Sequence) or isinstance(output, str):
        return output if isinstance(output, str) else ""
    texts = []
    for message in output:
        content = message.get("content") if isinstance(message, Mapping) else None
        if isinstance(content, str):
            texts.append(content)
        elif isinstance(content, Sequence):
            texts += [str(block.get("text") or "") for block in content if isinstance(block, Mapping)]
    return "".join(texts)


def task_of(given: Any) -> str:
    """The task of a run: its text, or the last message of a person."""
    if isinstance(given, str):
        return given
    if isinstance(given, Sequence):
        for item in reversed(given):
            if isinstance(item, Mapping) and item.get("role") == "user":
                content = item.get("content")
                return content if isinstance(content, str) else text_of([item])
    return ""


class StreamWords(NamedTuple):
    """What an event of a streamed run adds. ``agent`` is the agent that works from here on."""

    text: str = ""
    thinking: str = ""
    agent: str | None = None


def words_of(event: Any) -> StreamWords | None:
    """The words in an event of a streamed run; ``None`` if it has none."""
    kind = getattr(event, "type", None)
    if kind == "raw_response_event":
        data = event.data
        if data.type == "response.output_text.delta":
            return StreamWords(text=data.delta)
        if data.type in ("response.reasoning_summary_text.delta", "response.reasoning_text.delta"):
            return StreamWords(thinking=data.delta)
    elif kind == "agent_updated_stream_event":
        return StreamWords(agent=event.new_agent.name)
    return None

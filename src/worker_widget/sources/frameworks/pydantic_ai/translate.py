"""What pydantic-ai reports, as the facts of a span. Pure: its objects are read by their fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..trace import Usage


class EventWords(NamedTuple):
    """What an event of the stream adds: text, and what the model thinks."""

    text: str = ""
    thinking: str = ""


NO_WORDS = EventWords()


def words_of(event: Any) -> EventWords:
    """The words in a stream event: the start of a part, or a delta of it."""
    kind = getattr(event, "event_kind", None)
    if kind == "part_delta":
        delta = event.delta
        if delta.part_delta_kind == "text":
            return EventWords(text=delta.content_delta)
        if delta.part_delta_kind == "thinking":
            return EventWords(thinking=delta.content_delta or "")
    elif kind == "part_start":
        part = event.part
        if part.part_kind == "text":
            return EventWords(text=part.content)
        if part.part_kind == "thinking":
            return EventWords(thinking=part.content)
    return NO_WORDS


def usage_of(usage: Any) -> Usage:
    """The tokens of one model request."""
    return Usage(getattr(usage, "input_tokens", None), getattr(usage, "output_tokens", None))


def text_of(parts: Sequence[Any]) -> str:
    """The text of a model's response."""
    return "".join(part.content for part in parts if part.part_kind == "text")


def task_of(prompt: Any) -> str:
    """The task of a run: its prompt, without pictures and files."""
    if isinstance(prompt, str):
        return prompt
    if isinstance(prompt, Sequence):
        return "\n".join(part for part in prompt if isinstance(part, str))
    return ""


def response_data(parts: Sequence[Any]) -> list[dict[str, Any]]:
    """The parts of a model's response."""
    return [_part(part) for part in parts]


def request_data(messages: Sequence[Any]) -> list[dict[str, Any]]:
    """The newest message of a request: what the model is asked now."""
    return [_part(part) for part in getattr(messages[-1], "parts", ())] if messages else []


def _part(part: Any) -> dict[str, Any]:
    data: dict[str, Any] = {"part": part.part_kind}
    for name in ("tool_name", "args", "content"):
        value = getattr(part, name, None)
        if value is not None:
            data[name] = value
    return data

"""`StageFacts`: what a span says about its stage, and the merge of what two vocabularies say."""

from __future__ import annotations

from typing import Any, Self

import msgspec


class StageFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a span says about its stage; ``None`` where it says nothing.

    ``prompt`` is what a person asked, the task of a run. ``conversation`` is the id of the conversation that
    the span belongs to. ``cost`` is ``{amount, currency}``.
    """

    kind: str | None = None
    name: str | None = None
    agent: str | None = None
    input: Any = None
    output: Any = None
    model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    tokens: int | None = None
    cost: dict[str, Any] | None = None
    prompt: str | None = None
    conversation: str | None = None

    def __or__(self, other: Self) -> Self:
        """These facts; what they do not say is taken from ``other``."""
        missing = {
            name: getattr(other, name) for name in self.__struct_fields__ if getattr(self, name) is None
        }
        return msgspec.structs.replace(self, **missing)


def prompt_in(messages: Any) -> str | None:
    """The text of the last message of a user in a list of messages; ``None`` if there is none.

    A message is ``{role, content}`` or ``{role, parts: [{type: "text", content}]}``, also inside ``message``.
    """
    if not isinstance(messages, list):
        return None
    for message in reversed(messages):
        if isinstance(message, dict) and isinstance(message.get("message"), dict):
            message = message["message"]
        if isinstance(message, dict) and message.get("role") in ("user", "human"):
            text = _content(message.get("parts", message.get("content")))
            if text:
                return text
    return None


def _content(content: Any) -> str | None:
    if isinstance(content, str):
        return content.strip() or None
    if not isinstance(content, list):
        return None
    parts = [_part(part) for part in content]
    return "\n".join(part for part in parts if part) or None


def _part(part: Any) -> str | None:
    if isinstance(part, str):
        return part.strip()
    if not isinstance(part, dict) or part.get("type", "text") != "text":
        return None
    text = part.get("content", part.get("text"))
    return text.strip() if isinstance(text, str) else None

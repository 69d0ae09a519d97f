"""Joins pieces of one text that arrive together, so that a fast agent costs an event for each read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from .messages import AguiEvent, ReasoningMessageContent, TextMessageContent


def joined(events: Iterable[AguiEvent]) -> Iterator[AguiEvent]:
    """The events, of which those that continue the text of the event before them are one with it."""
    first: TextMessageContent | ReasoningMessageContent | None = None
    deltas: list[str] = []
    for event in events:
        if isinstance(event, TextMessageContent | ReasoningMessageContent):
            if first is not None and type(event) is type(first) and event.message_id == first.message_id:
                deltas.append(event.delta)
                continue
            if first is not None:
                yield _whole(first, deltas)
            first, deltas = event, [event.delta]
            continue
        if first is not None:
            yield _whole(first, deltas)
            first = None
        yield event
    if first is not None:
        yield _whole(first, deltas)


def _whole(
    first: TextMessageContent | ReasoningMessageContent, deltas: list[str]
) -> TextMessageContent | ReasoningMessageContent:
    return first if len(deltas) == 1 else msgspec.structs.replace(first, delta="".join(deltas))

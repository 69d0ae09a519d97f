"""The messages of a thread, as the protocol's own clients keep them: they are sent with each run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .excerpts import as_json

_CLIENT_ROLES: Final = ("user", "system", "developer")


@dataclass(frozen=True)
class SnapshotAnswer:
    """A text in a snapshot that the stream did not have. ``role`` is assistant or reasoning."""

    message_id: str
    role: str
    text: str


@dataclass(frozen=True)
class SnapshotCall:
    """A tool call in a snapshot that the stream did not have."""

    call_id: str
    tool: str
    arguments: str
    message_id: str


@dataclass(frozen=True)
class SnapshotResult:
    """A tool result in a snapshot that the stream did not have, or the ``error`` of one that it had."""

    call_id: str
    message_id: str
    content: Any
    error: str | None
    is_new: bool


@dataclass(frozen=True)
class SnapshotActivity:
    """An activity in a snapshot that the stream did not have."""

    message_id: str
    activity_type: str
    content: Any


SnapshotItem = SnapshotAnswer | SnapshotCall | SnapshotResult | SnapshotActivity


class Conversation:
    """The messages of a thread in their order, as the JSON of the protocol, and its newest ``state``.

    They come from the events of the stream; a snapshot replaces them.
    """

    def __init__(self, messages: Sequence[Mapping[str, Any]] = (), state: Any = None) -> None:
        self.messages: list[dict[str, Any]] = [dict(message) for message in messages]
        self.state: Any = {} if state is None else state
        self._texts: set[str] = set()
        self._ids: set[str] = set()
        self._calls: dict[str, tuple[str, str]] = {}
        self._results: set[str] = set()
        self._errors: set[str] = set()
        for message in self.messages:
            self._learn(message)

    def add_user(self, message_id: str, content: Any) -> None:
        """Adds the message of the person."""
        self.messages.append({"id": message_id, "role": "user", "content": content})

    def add_text(self, message_id: str, role: str, text: str) -> None:
        """Adds a text that is complete, an empty one too, as calls belong to it."""
        self._texts.add(text.strip())
        self._ids.add(message_id)
        known = self._message(message_id)
        if known is None:
            if text:
                self.messages.append({"id": message_id, "role": role, "content": text})
        elif text:
            known["content"] = text

    def add_call(self, call_id: str, tool: str, arguments: str, message_id: str | None) -> None:
        """Adds a tool call to its message, or replaces it."""
        function = {"name": tool, "arguments": arguments or "{}"}
        if call_id in self._calls:
            for call in self._tool_calls(call_id):
                call["function"] = function
            self._calls[call_id] = (tool, arguments)
            return
        self._calls[call_id] = (tool, arguments)
        message = None if message_id is None else self._message(message_id)
        if message is None or message.get("role") != "assistant":
            message = {"id": message_id or f"call-{call_id}", "role": "assistant"}
            self.messages.append(message)
        calls = message.get("toolCalls")
        if not isinstance(calls, list):
            calls = message["toolCalls"] = []
        calls.append({"id": call_id, "type": "function", "function": function})

    def add_result(self, call_id: str, message_id: str, content: Any) -> None:
        """Adds the result of a tool call."""
        if call_id in self._results:
            return
        self._results.add(call_id)
        message_id = message_id or f"result-{call_id}"
        self.messages.append({"id": message_id, "role": "tool", "toolCallId": call_id, "content": content})

    def call(self, call_id: str) -> tuple[str, str] | None:
        """Tool and arguments of a call of this thread."""
        return self._calls.get(call_id)

    def take_snapshot(self, messages: Any) -> list[SnapshotItem]:
        """Replaces the messages by a snapshot; returns its parts that were not known, in their order.

        Messages before the last one of the person are of earlier runs: they are never new.
        """
        if not isinstance(messages, list):
            return []
        snapshot = [message for message in messages if isinstance(message, dict)]
        asked = [index for index, message in enumerate(snapshot) if message.get("role") == "user"]
        first = asked[-1] if asked else 0
        for message in snapshot[:first]:
            self._learn(message)
        items: list[SnapshotItem] = []
        for message in snapshot[first:]:
            items += self._unknown(message)
            self._learn(message)
        self.messages = [dict(message) for message in snapshot]
        return items

    def _unknown(self, message: Mapping[str, Any]) -> Iterator[SnapshotItem]:
        message_id, role = _text(message.get("id")), message.get("role")
        text = text_of(message.get("content"))
        if role == "tool":
            call_id = _text(message.get("toolCallId"))
            error = message.get("error")
            error = _text(error) if error else None
            is_new = call_id not in self._results
            if is_new or (error is not None and call_id not in self._errors):
                yield SnapshotResult(call_id, message_id, message.get("content", ""), error, is_new)
        elif role == "activity":
            if message_id not in self._ids:
                kind = _text(message.get("activityType")) or "activity"
                yield SnapshotActivity(message_id, kind, message.get("content"))
        elif role in ("assistant", "reasoning"):
            known = (message_id in self._ids and message_id) or text.strip() in self._texts
            if text.strip() and not known:
                yield SnapshotAnswer(message_id, str(role), text)
            for call_id, tool, arguments in calls_of(message):
                if call_id not in self._calls:
                    yield SnapshotCall(call_id, tool, arguments, message_id)

    def _learn(self, message: Mapping[str, Any]) -> None:
        role = message.get("role")
        if role in _CLIENT_ROLES:
            return
        text = text_of(message.get("content")).strip()
        message_id = _text(message.get("id"))
        if role == "tool":
            call_id = _text(message.get("toolCallId"))
            self._results.add(call_id)
            if message.get("error"):
                self._errors.add(call_id)
            return
        if text or role == "activity":
            self._texts.add(text)
            self._ids.add(message_id)
        for call_id, tool, arguments in calls_of(message):
            self._calls[call_id] = (tool, arguments)

    def _message(self, message_id: str) -> dict[str, Any] | None:
        return next((item for item in reversed(self.messages) if item.get("id") == message_id), None)

    def _tool_calls(self, call_id: str) -> Iterator[dict[str, Any]]:
        for message in self.messages:
            calls = message.get("toolCalls")
            for call in calls if isinstance(calls, list) else ():
                if isinstance(call, dict) and call.get("id") == call_id:
                    yield call


def calls_of(message: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Id, tool and arguments of each call of a message."""
    calls = message.get("toolCalls")
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            yield _text(call.get("id")), _text(function.get("name")), _text(function.get("arguments"))


def langgraph_calls(state: Any) -> Iterator[tuple[str, str]]:
    """Id and arguments of each tool call in a LangGraph state, whose messages have a form of their own."""
    messages = state.get("messages") if isinstance(state, dict) else None
    for message in messages if isinstance(messages, list) else ():
        calls = message.get("tool_calls") if isinstance(message, dict) else None
        for call in calls if isinstance(calls, list) else ():
            if isinstance(call, dict) and isinstance(call.get("args"), dict):
                yield _text(call.get("id")), as_json(call["args"])


def langgraph_first_piece(raw_event: Any, call_id: str) -> str:
    """The piece of a call's arguments in the event of LangGraph that started it; "" without one."""
    place = raw_event
    for key in ("data", "chunk"):
        place = place.get(key) if isinstance(place, dict) else None
    pieces = place.get("tool_call_chunks") if isinstance(place, dict) else None
    for piece in pieces if isinstance(pieces, list) else ():
        if isinstance(piece, dict) and piece.get("id") == call_id:
            return _text(piece.get("args"))
    return ""


def text_of(content: Any) -> str:
    """The text of a message: its content, or the texts of its parts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    texts = (part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text")
    return "".join(text for text in texts if isinstance(text, str))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None or isinstance(value, bool | dict | list) else str(value)

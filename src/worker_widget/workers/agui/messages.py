"""The events of AG-UI 1.0 and 0.1.x as typed structs, and their decoding, which never raises.

Regular events are decoded in one step. An event with a field of another type (an id as a number, ``null``
for an absent field, half a surrogate pair) is read a second time, field by field; a field that does not fit
has its default. An event of a type that is not declared becomes an `Unknown`.

Fields that nothing reads are skipped without being decoded: ``metadata``, the ``rawEvent`` of most events
(megabytes with some producers) and the event of a ``RAW``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, get_args, get_type_hints

import msgspec

from ...events.lenient_fields import decode_struct
from .json_values import read_json
from .surrogates import without_surrogates

_SECONDS_UNTIL: Final = 1e11
"""Times below this number are seconds since 1970, others milliseconds."""


class AguiEvent(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """Base of all events."""

    timestamp: float | None = None

    @property
    def time_ms(self) -> float | None:
        """Milliseconds since 1970; ``None`` if the producer gives no time."""
        time = self.timestamp
        return time if time is None or time >= _SECONDS_UNTIL else time * 1000


class Attributed(AguiEvent, frozen=True, kw_only=True):
    """An event that can belong to a subagent."""

    subagent_run_id: str | None = None


class AgentRunStarted(AguiEvent, frozen=True, kw_only=True, tag="RUN_STARTED"):
    thread_id: str = ""
    run_id: str = ""
    input: Any = None


class AgentRunFinished(AguiEvent, frozen=True, kw_only=True, tag="RUN_FINISHED"):
    result: Any = None
    outcome: Any = None
    usage: Any = None


class AgentRunErrored(AguiEvent, frozen=True, kw_only=True, tag="RUN_ERROR"):
    message: str = ""
    code: str | None = None
    usage: Any = None


class StepStarted(Attributed, frozen=True, kw_only=True, tag="STEP_STARTED"):
    step_name: str = ""


class StepFinished(Attributed, frozen=True, kw_only=True, tag="STEP_FINISHED"):
    step_name: str = ""


class TextMessageStart(Attributed, frozen=True, kw_only=True, tag="TEXT_MESSAGE_START"):
    message_id: str = ""
    role: str | None = None
    name: str | None = None


class TextMessageContent(Attributed, frozen=True, kw_only=True, tag="TEXT_MESSAGE_CONTENT"):
    message_id: str = ""
    delta: str = ""


class TextMessageEnd(Attributed, frozen=True, kw_only=True, tag="TEXT_MESSAGE_END"):
    message_id: str = ""


class TextMessageChunk(Attributed, frozen=True, kw_only=True, tag="TEXT_MESSAGE_CHUNK"):
    message_id: str | None = None
    role: str | None = None
    delta: str = ""
    name: str | None = None


class ToolCallStart(Attributed, frozen=True, kw_only=True, tag="TOOL_CALL_START"):
    """``raw_event`` is read because LangGraph's server has the first piece of the arguments only there."""

    tool_call_id: str = ""
    tool_call_name: str = ""
    parent_message_id: str | None = None
    raw_event: Any = None


class ToolCallArgs(Attributed, frozen=True, kw_only=True, tag="TOOL_CALL_ARGS"):
    tool_call_id: str = ""
    delta: str = ""


class ToolCallEnd(Attributed, frozen=True, kw_only=True, tag="TOOL_CALL_END"):
    tool_call_id: str = ""


class ToolCallChunk(Attributed, frozen=True, kw_only=True, tag="TOOL_CALL_CHUNK"):
    tool_call_id: str | None = None
    tool_call_name: str | None = None
    parent_message_id: str | None = None
    delta: str = ""


class ToolCallResult(Attributed, frozen=True, kw_only=True, tag="TOOL_CALL_RESULT"):
    """``content`` is a text or a list of parts. ``error`` is not in the protocol, but in tool messages."""

    message_id: str = ""
    tool_call_id: str = ""
    content: Any = ""
    error: str | None = None


class StateSnapshot(Attributed, frozen=True, kw_only=True, tag="STATE_SNAPSHOT"):
    snapshot: Any = None


class StateDelta(Attributed, frozen=True, kw_only=True, tag="STATE_DELTA"):
    delta: Any = None


class MessagesSnapshot(AguiEvent, frozen=True, kw_only=True, tag="MESSAGES_SNAPSHOT"):
    messages: Any = None


class ActivitySnapshot(Attributed, frozen=True, kw_only=True, tag="ACTIVITY_SNAPSHOT"):
    message_id: str = ""
    activity_type: str = ""
    content: Any = None
    replace: bool = True


class ActivityDelta(Attributed, frozen=True, kw_only=True, tag="ACTIVITY_DELTA"):
    message_id: str = ""
    activity_type: str = ""
    patch: Any = None


class ReasoningStart(Attributed, frozen=True, kw_only=True, tag="REASONING_START"):
    message_id: str = ""


class ReasoningEnd(Attributed, frozen=True, kw_only=True, tag="REASONING_END"):
    message_id: str = ""


class ReasoningMessageStart(Attributed, frozen=True, kw_only=True, tag="REASONING_MESSAGE_START"):
    message_id: str = ""


class ReasoningMessageContent(Attributed, frozen=True, kw_only=True, tag="REASONING_MESSAGE_CONTENT"):
    message_id: str = ""
    delta: str = ""


class ReasoningMessageEnd(Attributed, frozen=True, kw_only=True, tag="REASONING_MESSAGE_END"):
    message_id: str = ""


class ReasoningMessageChunk(Attributed, frozen=True, kw_only=True, tag="REASONING_MESSAGE_CHUNK"):
    message_id: str | None = None
    delta: str = ""


class ReasoningEncryptedValue(Attributed, frozen=True, kw_only=True, tag="REASONING_ENCRYPTED_VALUE"):
    subtype: str = ""
    entity_id: str = ""
    encrypted_value: str = ""


class ThinkingStart(AguiEvent, frozen=True, kw_only=True, tag="THINKING_START"):
    """Reasoning up to 0.1.10; the five have no ids."""

    title: str | None = None


class ThinkingEnd(AguiEvent, frozen=True, kw_only=True, tag="THINKING_END"):
    pass


class ThinkingTextStart(AguiEvent, frozen=True, kw_only=True, tag="THINKING_TEXT_MESSAGE_START"):
    pass


class ThinkingTextContent(AguiEvent, frozen=True, kw_only=True, tag="THINKING_TEXT_MESSAGE_CONTENT"):
    delta: str = ""


class ThinkingTextEnd(AguiEvent, frozen=True, kw_only=True, tag="THINKING_TEXT_MESSAGE_END"):
    pass


class SubagentStarted(AguiEvent, frozen=True, kw_only=True, tag="SUBAGENT_STARTED"):
    subagent_run_id: str = ""
    name: str = ""
    description: str | None = None
    parent_subagent_run_id: str | None = None
    parent_tool_call_id: str | None = None


class SubagentFinished(AguiEvent, frozen=True, kw_only=True, tag="SUBAGENT_FINISHED"):
    subagent_run_id: str = ""
    result: Any = None
    outcome: Any = None


class SubagentErrored(AguiEvent, frozen=True, kw_only=True, tag="SUBAGENT_ERROR"):
    subagent_run_id: str = ""
    message: str = ""
    code: str | None = None


class RawEvent(Attributed, frozen=True, kw_only=True, tag="RAW"):
    pass


class Custom(Attributed, frozen=True, kw_only=True, tag="CUSTOM"):
    """``raw_event`` is read because some producers have the id of an interrupt only there."""

    name: str = ""
    value: Any = None
    raw_event: Any = None


class Unknown(Attributed, frozen=True, kw_only=True, tag=""):
    """An event of another type, or data that is no event: ``kind`` is its type, ``data`` its JSON or text."""

    kind: str = ""
    data: Any = None


_Declared = (
    AgentRunStarted
    | AgentRunFinished
    | AgentRunErrored
    | StepStarted
    | StepFinished
    | TextMessageStart
    | TextMessageContent
    | TextMessageEnd
    | TextMessageChunk
    | ToolCallStart
    | ToolCallArgs
    | ToolCallEnd
    | ToolCallChunk
    | ToolCallResult
    | StateSnapshot
    | StateDelta
    | MessagesSnapshot
    | ActivitySnapshot
    | ActivityDelta
    | ReasoningStart
    | ReasoningEnd
    | ReasoningMessageStart
    | ReasoningMessageContent
    | ReasoningMessageEnd
    | ReasoningMessageChunk
    | ReasoningEncryptedValue
    | ThinkingStart
    | ThinkingEnd
    | ThinkingTextStart
    | ThinkingTextContent
    | ThinkingTextEnd
    | SubagentStarted
    | SubagentFinished
    | SubagentErrored
    | RawEvent
    | Custom
)

_DECLARED: Final[tuple[type[AguiEvent], ...]] = get_args(_Declared)
_BY_TYPE: Final[Mapping[str, type[AguiEvent]]] = {
    str(struct.__struct_config__.tag): struct for struct in _DECLARED
}
_decoder: Final = msgspec.json.Decoder(_Declared)


def decode(data: bytes) -> AguiEvent:
    """Decodes the JSON of an event; never raises."""
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _irregular(data)


def _irregular(data: bytes) -> AguiEvent:
    try:
        message = read_json(data, keep_surrogates=True)
    except ValueError:
        return Unknown(kind="unknown", data=data.decode("utf-8", "replace"))
    if not isinstance(message, dict):
        return Unknown(kind="unknown", data=without_surrogates(message))
    kind = message.get("type")
    kind = kind if isinstance(kind, str) else ""
    struct = _BY_TYPE.get(kind)
    if struct is None:
        return Unknown(kind=without_surrogates(kind) or "unknown", data=without_surrogates(message))
    fields: dict[str, Any] = {}
    for key, (name, is_text) in _fields(struct).items():
        value = message.get(key)
        if value is None:
            continue
        if is_text and isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        # Half a surrogate pair at the end of a piece of text is completed by the next piece.
        fields[name] = value if name == "delta" and isinstance(value, str) else without_surrogates(value)
    return decode_struct(struct, fields)[0]


@cache
def _fields(struct: type[AguiEvent]) -> Mapping[str, tuple[str, bool]]:
    """By name on the wire: the name of the attribute, and whether it is a text."""
    hints = get_type_hints(struct)
    names = zip(struct.__struct_encode_fields__, struct.__struct_fields__, strict=True)
    return {key: (name, hints[name] in (str, str | None)) for key, name in names}

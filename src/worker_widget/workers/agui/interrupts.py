"""The questions of an agent: interrupts, tools that a person must answer, and the answers sent back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple

from .excerpts import MOST_CHARS, call_text, excerpt, shown
from .json_values import read_json
from .tool_calls import Call

_MESSAGE_KEYS: Final = ("message", "question", "prompt", "title", "text", "description")
_OPTION_KEYS: Final = ("options", "choices")
_APPROVED: Final = "approved"
_BOOLEAN: Final[Mapping[str, Any]] = {"type": "boolean"}
_MOST_QUESTION: Final = 5 * MOST_CHARS


@dataclass(frozen=True)
class Interrupt:
    """A question of an agent.

    ``form`` is how it is answered: ``resume`` is the protocol's own, ``command`` that of LangGraph's
    ``on_interrupt``, ``tool_result`` a tool call that the client executes; ``tool_call_id`` is its call.
    """

    interrupt_id: str
    form: Literal["resume", "command", "tool_result"]
    reason: str
    message: str
    schema: Mapping[str, Any] | None = None
    tool_call_id: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Question:
    """An interrupt as it is put to a person. ``wraps`` is the field of the answer's object, if it is one."""

    message: str
    reason: str
    schema: Mapping[str, Any] | None
    stage_id: str | None
    expires_at: datetime | None
    wraps: str | None = None

    def payload(self, answer: Any) -> Any:
        """The answer as the agent expects it."""
        return answer if self.wraps is None or isinstance(answer, dict) else {self.wraps: answer}


@dataclass(frozen=True)
class Reply:
    """The part of the next run's input that answers the interrupts."""

    resume: list[dict[str, Any]] = field(default_factory=list)
    command: Any = None
    tool_results: list[tuple[str, Any]] = field(default_factory=list)


def read_interrupts(outcome: Mapping[str, Any]) -> list[Interrupt]:
    """The interrupts of the outcome of a run."""
    items = outcome.get("interrupts")
    found = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return [_interrupt(item, number) for number, item in enumerate(found, 1)]


def _interrupt(item: Mapping[str, Any], number: int) -> Interrupt:
    asked = _asked(_langgraph_value(item))
    schema = item.get("responseSchema")
    given = item.get("id")
    return Interrupt(
        interrupt_id=f"interrupt-{number}" if given in (None, "") else str(given),
        form="resume",
        reason=_text(item.get("reason")) or "input_required",
        message=_text(item.get("message")) or asked.message,
        schema=schema if isinstance(schema, dict) else asked.schema,
        tool_call_id=_text(item.get("toolCallId")) or None,
        expires_at=_time(item.get("expiresAt")),
    )


def read_on_interrupt(value: Any, raw: Any, number: int) -> Interrupt:
    """The interrupt of a LangGraph ``on_interrupt`` event: its value is any JSON, or the text of it."""
    value = _parsed(value)
    fields = value if isinstance(value, dict) else {}
    raw = raw if isinstance(raw, dict) else {}
    asked = _asked(value)
    schema = raw.get("response_schema")
    return Interrupt(
        interrupt_id=_text(raw.get("id")) or f"on_interrupt-{number}",
        form="command",
        reason=_text(fields.get("reason")) or "langgraph:interrupt",
        message=asked.message,
        schema=schema if isinstance(schema, dict) else asked.schema,
        tool_call_id=_text(_either(fields, "tool_call_id", "toolCallId")) or None,
        expires_at=_time(_either(fields, "expires_at", "expiresAt")),
    )


class _Asked(NamedTuple):
    message: str
    schema: Mapping[str, Any] | None


def _asked(value: Any) -> _Asked:
    """What the value of a LangGraph interrupt asks: any JSON, of which some names are usual."""
    if value is None:
        return _Asked("", None)
    if not isinstance(value, dict):
        return _Asked(shown(value, _MOST_QUESTION), None)
    message = next((value[key] for key in _MESSAGE_KEYS if _text(value.get(key))), None)
    options = next((value[key] for key in _OPTION_KEYS if isinstance(value.get(key), list)), None)
    schema = _either(value, "response_schema", "responseSchema")
    if not isinstance(schema, dict):
        schema = {"enum": options} if options else None
    return _Asked(message or shown(value, _MOST_QUESTION), schema)


def _langgraph_value(item: Mapping[str, Any]) -> Any:
    """The value of an interrupt that LangGraph turned into one of the protocol."""
    metadata = item.get("metadata")
    own = metadata.get("langgraph") if isinstance(metadata, dict) else None
    return _parsed(own.get("raw")) if isinstance(own, dict) else None


def _either(fields: Mapping[str, Any], first: str, second: str) -> Any:
    value = fields.get(first)
    return fields.get(second) if value is None else value


def pending_call(call: Call) -> Interrupt:
    """The question for the result of a tool that the agent expects its client to execute."""
    message = f"The agent waits for the result of {call_text(call.tool, call.arguments)}."
    return Interrupt(call.call_id, "tool_result", "tool_result", message, tool_call_id=call.call_id)


def question(interrupt: Interrupt, call: Call | None) -> Question:
    """The question to a person. ``call`` is the tool call that the interrupt is about, if it is known."""
    schema, message, wraps = interrupt.schema, interrupt.message, None
    if interrupt.form == "resume" and _is_approval(interrupt):
        schema, wraps = _BOOLEAN, _APPROVED
    if wraps is not None and call is not None:
        message = f"Run {call_text(call.tool, call.arguments)}?"
    return Question(
        message=excerpt(message, _MOST_QUESTION) or "The agent waits for an answer.",
        reason=interrupt.reason,
        schema=schema,
        stage_id=None if call is None else call.stage_id,
        expires_at=interrupt.expires_at,
        wraps=wraps,
    )


def reply(answers: Sequence[tuple[Interrupt, Any]]) -> Reply:
    """The reply to the interrupts, each with the payload of its answer."""
    commands = [(item.interrupt_id, payload) for item, payload in answers if item.form == "command"]
    return Reply(
        resume=[
            {"interruptId": item.interrupt_id, "status": "resolved", "payload": payload}
            for item, payload in answers
            if item.form == "resume"
        ],
        command=commands[0][1] if len(commands) == 1 else dict(commands) or None,
        tool_results=[
            (item.interrupt_id, payload) for item, payload in answers if item.form == "tool_result"
        ],
    )


def _is_approval(interrupt: Interrupt) -> bool:
    """Whether an answer needs nothing but a boolean ``approved``."""
    schema = interrupt.schema
    if schema is None:
        return interrupt.reason == "tool_call"
    properties = schema.get("properties")
    approved = properties.get(_APPROVED) if isinstance(properties, dict) else None
    needed = schema.get("required")
    is_boolean = isinstance(approved, dict) and approved.get("type") == "boolean"
    return is_boolean and isinstance(needed, list) and needed == [_APPROVED]


def _parsed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return read_json(value)
    except ValueError:
        return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _time(value: Any) -> datetime | None:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return time if time is None or time.tzinfo is not None else time.replace(tzinfo=UTC)

"""The GenAI semantic conventions of OpenTelemetry, in the three vocabularies in use.

* 1.36 and older: ``gen_ai.system``; messages are events of the span, one for each message, or two events
  ``gen_ai.content.prompt`` and ``gen_ai.content.completion``, or numbered attributes;
* 1.37 to 1.41: ``gen_ai.provider.name``; messages are attributes, as JSON text or structured;
* semantic-conventions-genai 0.1.0: a workflow has its name in ``gen_ai.agent.name``, and there is an
  operation ``plan``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .attributes import amount, count, nested, text, value
from .span import Span
from .stage_facts import StageFacts, prompt_in

_OPERATION: Final = "gen_ai.operation.name"

_KINDS: Final[Mapping[str, str]] = {
    "chat": "model",
    "generate_content": "model",
    "text_completion": "model",
    "embeddings": "model",
    "retrieval": "retrieval",
    "create_agent": "agent",
    "invoke_agent": "agent",
    "invoke_workflow": "stage",
    "plan": "reasoning",
    "execute_tool": "tool",
}

_ROLES: Final[Mapping[str, str]] = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
_CHOICE: Final = "gen_ai.choice"
_PROMPT: Final = "gen_ai.content.prompt"
_COMPLETION: Final = "gen_ai.content.completion"
_DETAILS: Final = "gen_ai.client.inference.operation.details"

MESSAGE_EVENTS: Final = frozenset({*_ROLES, _CHOICE, _PROMPT, _COMPLETION, _DETAILS})
"""The names of events that carry messages: they are in the input and the output of the stage."""


def facts(span: Span) -> StageFacts | None:
    """What the span says in this vocabulary; ``None`` if it does not use it."""
    given = span.attributes
    if not any(name.startswith("gen_ai.") for name in given):
        return None
    kind = _kind(given)
    messages = _input_messages(span)
    entered, left = _contents(span, kind, messages)
    cost = amount(given, "operation.cost")
    return StageFacts(
        kind=kind,
        name=_name(span, kind),
        agent=text(given, "gen_ai.agent.name"),
        input=entered,
        output=left,
        model=text(given, "gen_ai.response.model", "gen_ai.request.model"),
        input_tokens=count(given, "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
        output_tokens=count(given, "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
        tokens=count(given, "gen_ai.usage.total_tokens"),
        cost=None if cost is None else {"amount": cost, "currency": "USD"},
        prompt=prompt_in(messages),
        conversation=text(given, "gen_ai.conversation.id"),
    )


def _kind(given: Mapping[str, Any]) -> str | None:
    operation = text(given, _OPERATION)
    if operation is not None and operation in _KINDS:
        return _KINDS[operation]
    if "gen_ai.tool.name" in given:
        return "tool"
    if text(given, "gen_ai.request.model", "gen_ai.response.model"):
        return "model"
    return "agent" if operation is None and "gen_ai.agent.name" in given else None


def _name(span: Span, kind: str | None) -> str | None:
    """The name of a tool, an agent or a workflow without the operation; otherwise that of the span."""
    given = span.attributes
    if kind == "tool":
        return text(given, "gen_ai.tool.name")
    if text(given, _OPERATION) in ("invoke_agent", "invoke_workflow"):
        return text(given, "gen_ai.workflow.name", "gen_ai.agent.name")
    return None


def _contents(span: Span, kind: str | None, messages: Any) -> tuple[Any, Any]:
    """Input and output."""
    given = span.attributes
    if kind == "tool":
        return (
            value(given, "gen_ai.tool.call.arguments", "tool_arguments"),
            value(given, "gen_ai.tool.call.result", "tool_response"),
        )
    if kind == "retrieval":
        entered = value(given, "gen_ai.retrieval.query.text", "gen_ai.retrieval.query")
        return entered, value(given, "gen_ai.retrieval.documents")
    output = _output_messages(span)
    if kind == "agent" and output is None:
        output = value(given, "final_result")
    return messages, output


def _input_messages(span: Span) -> Any:
    given = span.attributes
    found = value(given, "gen_ai.input.messages")
    if found is None:
        found = _details(span, "gen_ai.input.messages")
    if found is None:
        found = _before_answer(value(given, "pydantic_ai.all_messages", "all_messages_events"))
    if found is None:
        found = _from_events(span, answers=False)
    if found is None:
        found = nested(given, "gen_ai.prompt")
    system = value(given, "gen_ai.system_instructions")
    if system is None:
        return found
    instructions = {"role": "system", "parts": system if isinstance(system, list) else [system]}
    return [instructions, *found] if isinstance(found, list) else [instructions]


def _output_messages(span: Span) -> Any:
    given = span.attributes
    found = value(given, "gen_ai.output.messages")
    if found is None:
        found = _details(span, "gen_ai.output.messages")
    if found is None:
        found = _from_events(span, answers=True)
    return nested(given, "gen_ai.completion") if found is None else found


def _before_answer(messages: Any) -> Any:
    """The messages before the first one of the assistant: what a run started with."""
    if not isinstance(messages, list):
        return None
    first: list[Any] = []
    for message in messages:
        if isinstance(message, dict) and message.get("role") == "assistant":
            break
        first.append(message)
    return first or None


def _details(span: Span, name: str) -> Any:
    """An attribute of the event that carries the messages of a model call."""
    found = (value(event.attributes, name) for event in span.events if event.name == _DETAILS)
    return next((messages for messages in found if messages is not None), None)


def _from_events(span: Span, *, answers: bool) -> Any:
    """Messages from the events of 1.36 and older: the answers of the model, or what it was asked."""
    messages: list[Any] = []
    for event in span.events:
        given = event.attributes
        if event.name == (_COMPLETION if answers else _PROMPT):
            found = value(given, "gen_ai.completion" if answers else "gen_ai.prompt")
            messages += found if isinstance(found, list) else [] if found is None else [found]
        elif event.name == _CHOICE and answers:
            messages.append(_message("assistant", given))
        elif event.name in _ROLES and not answers:
            messages.append(_message(_ROLES[event.name], given))
    return messages or None


def _message(role: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """A message of an event: its attributes, of which some are JSON text; ``gen_ai.system`` is not one."""
    body = {name: value(given, name) for name in given if not name.startswith("gen_ai.")}
    return {"role": role, **body}

"""The semantic conventions of OpenInference, which the instrumentations of Phoenix write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .attributes import amount, count, nested, parsed, text, value
from .span import Span
from .stage_facts import StageFacts, prompt_in

_KIND: Final = "openinference.span.kind"

_KINDS: Final[Mapping[str, str]] = {
    "LLM": "model",
    "EMBEDDING": "model",
    "TOOL": "tool",
    "AGENT": "agent",
    "RETRIEVER": "retrieval",
    "RERANKER": "retrieval",
}
"""All other kinds, such as CHAIN, are plain stages."""


def facts(span: Span) -> StageFacts | None:
    """What the span says in this vocabulary; ``None`` if it does not use it."""
    given = span.attributes
    named = text(given, _KIND)
    if named is None:
        return None
    kind = _KINDS.get(named.upper(), "stage")
    asked = nested(given, "llm.input_messages")
    entered, left = _contents(given, kind, asked)
    cost = amount(given, "llm.cost.total")
    return StageFacts(
        kind=kind,
        name=text(given, "tool.name") if kind == "tool" else None,
        agent=_agent(span, kind),
        input=entered,
        output=left,
        model=text(given, "llm.model_name", "embedding.model_name", "reranker.model_name"),
        input_tokens=count(given, "llm.token_count.prompt"),
        output_tokens=count(given, "llm.token_count.completion"),
        tokens=count(given, "llm.token_count.total"),
        cost=None if cost is None else {"amount": cost, "currency": "USD"},
        prompt=prompt_in(asked) or _plain(entered),
        conversation=text(given, "session.id"),
    )


def _contents(given: Mapping[str, Any], kind: str, asked: Any) -> tuple[Any, Any]:
    """Input and output: messages of a model, documents of a retrieval, otherwise the values."""
    entered, left = _content(given, "input"), _content(given, "output")
    if kind == "model":
        answered = nested(given, "llm.output_messages")
        return _messages(asked) or entered, _messages(answered) or left
    if kind == "tool":
        return value(given, "tool.parameters") if entered is None else entered, left
    if kind == "retrieval":
        documents = nested(given, "retrieval.documents") or nested(given, "reranker.output_documents")
        return entered, left if documents is None else documents
    return entered, left


def _content(given: Mapping[str, Any], side: str) -> Any:
    """An input or output value; JSON text is read as JSON where its type does not say that it is text."""
    found = given.get(f"{side}.value")
    return found if given.get(f"{side}.mime_type") == "text/plain" else parsed(found)


def _messages(messages: Any) -> Any:
    """Messages without the object ``message`` around each of them."""
    if not isinstance(messages, list):
        return None
    return [item.get("message", item) if isinstance(item, dict) else item for item in messages]


def _agent(span: Span, kind: str) -> str | None:
    named = text(span.attributes, "agent.name", "graph.node.name")
    if named is not None or kind == "agent":
        return named or span.name or None
    metadata = value(span.attributes, "metadata")
    return text(metadata, "langgraph_node") if isinstance(metadata, dict) else None


def _plain(entered: Any) -> str | None:
    return entered.strip() or None if isinstance(entered, str) else None

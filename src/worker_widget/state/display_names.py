"""Display names for stages and agents to which the worker gave none, as in js/src/state/names.ts."""

from __future__ import annotations

import re
from typing import Final

_WRITTEN: Final = {
    word.lower(): word
    for word in (
        *("as", "at", "by", "do", "go", "in", "is", "it", "my"),
        *("no", "of", "on", "or", "so", "to", "up", "us", "we"),
        *("LangGraph", "LangChain", "OpenAI", "JSON", "HTML", "SQL", "API", "URL", "PDF", "LLM"),
    )
}
"""Words as people write them: short ones that are no abbreviation, then names and abbreviations."""


def display_name(id: str) -> str:
    """Makes a display name from an id: capitalised words, an abbreviation of two letters in capitals.

    An id with capitals or spaces is a name already.

    >>> display_name("deep_scan"), display_name("ux"), display_name("ChatOpenAI"), display_name("langgraph")
    ('Deep Scan', 'UX', 'ChatOpenAI', 'LangGraph')
    """
    if re.search(r"[A-Z\s]", id):
        return id.strip()
    words = [word for word in re.split(r"[-_.]+", id) if word]
    return " ".join(_written(word, first=not place) for place, word in enumerate(words))


def _written(word: str, *, first: bool) -> str:
    known = _WRITTEN.get(word)
    if known is not None and not first:
        return known
    text = known or (word.upper() if len(word) <= 2 else word)
    return text[:1].upper() + text[1:]


def agent_name(agent: str) -> str:
    """The display name of an agent.

    >>> agent_name("copywriter_agent"), agent_name("agent")
    ('Copywriter', 'Agent')
    """
    return display_name(re.sub(r"(.)[-_. ]agent$", r"\1", agent, flags=re.I))

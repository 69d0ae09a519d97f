"""Display names for stages and agents to which the worker gave none, as in js/src/state/names.ts."""

from __future__ import annotations

import re
from typing import Final

_SMALL: Final = re.compile("as|at|by|do|go|in|is|it|my|no|of|on|or|so|to|up|us|we")
"""Words of two letters that are no abbreviation."""


def display_name(id: str) -> str:
    """Makes a display name from an id: capitalised words, an abbreviation of two letters in capitals.

    An id with capitals or spaces is a name already.

    >>> display_name("deep_scan"), display_name("ux"), display_name("ChatOpenAI")
    ('Deep Scan', 'UX', 'ChatOpenAI')
    """
    if re.search(r"[A-Z\s]", id):
        return id.strip()
    words = [word for word in re.split(r"[-_.]+", id) if word]
    return " ".join(
        word if place and _SMALL.fullmatch(word) else _capitalised(word) for place, word in enumerate(words)
    )


def _capitalised(word: str) -> str:
    head = 2 if len(word) == 2 and not _SMALL.fullmatch(word) else 1
    return word[:head].upper() + word[head:]


def agent_name(agent: str) -> str:
    """The display name of an agent.

    >>> agent_name("copywriter_agent"), agent_name("agent")
    ('Copywriter', 'Agent')
    """
    return display_name(re.sub(r"(.)[-_. ]agent$", r"\1", agent, flags=re.I))

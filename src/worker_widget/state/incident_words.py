"""Words for incidents: clauses and participles made from a worker's codes, locations and actions. Pure."""

from __future__ import annotations

import re
from typing import Final

_MOST_CHARS: Final = 400
_KEY_CHARS: Final = 80
_SPAN: Final = re.compile(r"\[\d+:\d+\]$")
_WORD: Final = re.compile(r"[^\W\d_]{2}")
_INDEX: Final = re.compile(r"\[(\d+)\]")

GIVE_UP: Final = "give_up"
"""The action of workers that have no recovery left to try."""

_TRIED: Final = {
    "rephrase": "reworded",
    "reword": "reworded",
    "rewrite": "rewritten",
    "re_tone": "tone changed",
    "retone": "tone changed",
    "retry": "tried again",
    "reduce_scope": "sections left out",
    "fall_back_agent": "handed to another agent",
    "fallback_agent": "handed to another agent",
    "truncate": "shortened",
    "attempting_recovery": "recovery tried",
    GIVE_UP: "gave up",
}
"""Participles for the actions of recoveries; any other action is shown in its own words."""


def words(code: str) -> str:
    """A code in words: "token_budget_exceeded" becomes "token budget exceeded"."""
    return clipped(" ".join(code.replace("_", " ").replace("-", " ").split()).lower())


def code_words(code: str | None) -> str | None:
    """A code in words, ``None`` for a code that is only a number.

    >>> code_words("OUT_OF_MEMORY"), code_words("F101")
    ('out of memory', None)
    """
    return words(code) if code and _WORD.search(code) else None


def key(text: str | None) -> str | None:
    """A text by which events are matched: its first 80 characters."""
    return text if text is None else text[:_KEY_CHARS]


def clipped(text: str) -> str:
    """The text on one line, at most 400 characters."""
    line = " ".join(text.split())
    return line if len(line) <= _MOST_CHARS else line[: _MOST_CHARS - 1] + "…"


def clause(sentence: str) -> str:
    """A sentence without its full stop."""
    return clipped(sentence).removesuffix(".")


def place_of(location: str) -> str:
    """A location without its range of characters: "brand.tagline[0:10]" becomes "brand.tagline"."""
    return clipped(_SPAN.sub("", location))


def location_words(location: str) -> str:
    """A location in words.

    >>> location_words("brand.value_proposition[40:50]"), location_words("brand.pain_points[0]")
    ('the value proposition', 'the pain points 1')
    """
    place = _INDEX.sub(lambda index: f" {int(index[1]) + 1}", place_of(location))
    _, _, inner = place.partition(".")
    return "the " + words((inner or place).replace(".", " "))


def found_in(location: str | None, pattern: str) -> str:
    """What a violation found: "the tagline contains “guaranteed”"."""
    where = "the text" if location is None else location_words(location)
    return f"{where} contains “{clipped(pattern)}”"


def percent(share: float) -> str:
    """A share as "22%"."""
    return f"{share * 100:.0f}%"


def drift_words(score: float | None, threshold: float | None) -> str:
    """What a drift measurement found: "drift 80%, at most 35% allowed"."""
    measured = "the drift is too high" if score is None else f"drift {percent(score)}"
    return measured + ("" if threshold is None else f", at most {percent(threshold)} allowed")


def action_of(action: str) -> str:
    """The action without the location that it is applied to: "rephrase brand.tagline" is "rephrase"."""
    verb, _, rest = action.strip().partition(" ")
    return verb if _is_location(rest) else action.strip()


def target_of(action: str) -> str | None:
    """The location that an action is applied to, if it names one."""
    rest = action.strip().partition(" ")[2]
    return rest if rest and _is_location(rest) else None


def tried_words(action: str) -> str | None:
    """A participle for an action, or its own words; ``None`` for an action without a name."""
    verb = action_of(action)
    if verb.lower() in ("", "none"):
        return None
    return _TRIED.get(verb.lower()) or words(verb)


def _is_location(text: str) -> bool:
    return " " not in text

"""The request of a run in words, for the console, saved notebooks and the text export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .run_state import RunState

UNKNOWN = "unknown: the server did not repeat it"


def request_facts(state: RunState) -> list[tuple[str, str]]:
    """Pairs of label and text, without the task; a text can have several lines.

    What neither the client nor the server reports is named as unknown.
    """
    request, known = state.request, state.known_request
    if request is not None:
        brand = "none" if request.brand is None else _lines(request.brand)
        options = _lines(request.options) or "defaults"
    else:
        brands = {None: UNKNOWN, False: "none", True: "set, but the server did not repeat it"}
        brand, options = brands[state.has_brand], UNKNOWN
    return [
        ("Strict mode", UNKNOWN if state.strict_mode is None else in_words(known.strict_mode)),
        ("Depth", UNKNOWN if request is None else request.depth),
        ("Budget", "none" if known.budget is None else f"{known.budget:,} tokens"),
        ("Options", options),
        ("Brand", brand),
    ]


def in_words(value: Any) -> str:
    """A JSON value as a person reads it.

    >>> in_words({"primary": "formal", "avoid": ["hype", "slang"]})
    'Primary: formal; Avoid: hype, slang'
    """
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(_entries(value)) or "none"
    if isinstance(value, Sequence) and not isinstance(value, str):
        between = "\n" if any(isinstance(item, Mapping) for item in value) else ", "
        return between.join(map(in_words, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _lines(values: Mapping[str, Any]) -> str:
    return "\n".join(_entries(values))


def _entries(values: Mapping[str, Any]) -> list[str]:
    return [f"{_label(name)}: {in_words(value)}" for name, value in values.items()]


def _label(name: str) -> str:
    return name[:1].upper() + name[1:].replace("_", " ")

"""The request of a run in words, for the console, saved notebooks and the text export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..events.brand_names import BY_FIELD
from .run_state import RunState

UNKNOWN = "unknown: the server did not repeat it"


def request_facts(state: RunState) -> list[tuple[str, str]]:
    """Pairs of label and text, without the task; a text can have several lines.

    What neither the client nor the server reports is named as unknown.
    """
    request, known = state.request, state.known_request
    if request is not None:
        brand = "none" if request.brand is None else "\n".join(_brand_entries(request.brand))
        options = "\n".join(_entries(request.options)) or "defaults"
    else:
        brands = {None: UNKNOWN, False: "none", True: "set, but the server did not repeat it"}
        brand, options = brands[state.has_brand], UNKNOWN
    facts = [
        ("Strict mode", UNKNOWN if state.strict_mode is None else in_words(known.strict_mode)),
        ("Depth", UNKNOWN if request is None else request.depth),
        ("Budget", "none" if known.budget is None else f"{known.budget:,} tokens"),
        ("Options", options),
        ("Brand", brand),
    ]
    if state.parent_run_id is not None:
        stage = "" if state.from_stage is None else f", from the stage {state.from_stage} on"
        facts.append(("Started from", f"run {state.parent_run_id}{stage}"))
    return facts


def in_words(value: Any) -> str:
    """A JSON value as a person reads it.

    >>> in_words({"primary": "Formal", "avoid": ["hype", "slang"]})
    'Primary: Formal; Avoid: hype, slang'
    """
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(_entries(value)) or "none"
    if _is_list(value):
        between = "\n" if any(isinstance(item, Mapping) for item in value) else ", "
        return between.join(map(in_words, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _brand_entries(brand: Mapping[str, Any]) -> list[str]:
    return _entries({name: _named(name, value) for name, value in brand.items()})


def _named(field: str, value: Any) -> Any:
    """The value of a brand's field, with the names of listed values."""
    if isinstance(value, Mapping):
        return {name: _named(name, inner) for name, inner in value.items()}
    if _is_list(value):
        return [_named(field, item) for item in value]
    return BY_FIELD.get(field, {}).get(value, value) if isinstance(value, str) else value


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _entries(values: Mapping[str, Any]) -> list[str]:
    return [f"{_label(name)}: {in_words(value)}" for name, value in values.items()]


def _label(name: str) -> str:
    return name[:1].upper() + name[1:].replace("_", " ")

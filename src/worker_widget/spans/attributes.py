"""Reads attributes of spans: by their type, as JSON text, and as lists whose items are numbered keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ..events.json_depth import MOST_IN_EVENT, nested_too_deep
from ..events.lenient_fields import number

MOST_ITEMS: Final = 10_000
"""A numbered key above this is not an index."""


def text(attributes: Mapping[str, Any], *names: str) -> str | None:
    """The first of these attributes that is a text and not empty."""
    for name in names:
        value = attributes.get(name)
        if isinstance(value, str) and value:
            return value
    return None


def count(attributes: Mapping[str, Any], *names: str) -> int | None:
    """The first of these attributes that is a number from 0 on, as an integer."""
    for name in names:
        value = attributes.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1 << 53:
            return int(value)
    return None


def amount(attributes: Mapping[str, Any], *names: str) -> float | None:
    """The first of these attributes that is a number."""
    for name in names:
        value = number(attributes.get(name))
        if value is not None:
            return value
    return None


def value(attributes: Mapping[str, Any], *names: str) -> Any:
    """The first of these attributes that is there; JSON text of an object or list is read."""
    for name in names:
        found = attributes.get(name)
        if found is not None:
            return parsed(found)
    return None


def parsed(found: Any) -> Any:
    """The JSON object or list that a text holds; anything else as it is."""
    if isinstance(found, str) and found.lstrip()[:1] in ("{", "["):
        if nested_too_deep(found.encode("utf-8", "replace"), MOST_IN_EVENT):
            return found
        try:
            return msgspec.json.decode(found)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return found
    return found


def nested(attributes: Mapping[str, Any], prefix: str) -> Any:
    """The attributes below ``prefix`` as lists and objects; ``None`` if there are none.

    ``messages.0.role`` and ``messages.0.content`` with the prefix ``messages`` are
    ``[{"role": ..., "content": ...}]``.
    """
    tree: dict[str, Any] = {}
    for name, found in attributes.items():
        if name.startswith(prefix + "."):
            *path, last = name[len(prefix) + 1 :].split(".")
            place = tree
            for part in path:
                inner = place.get(part)
                if not isinstance(inner, dict):
                    inner = place[part] = {}
                place = inner
            place[last] = parsed(found)
    return _with_lists(tree) if tree else None


def _with_lists(tree: Any) -> Any:
    """Objects of which all keys are numbers as lists, in the order of the numbers."""
    if not isinstance(tree, dict):
        return tree
    items = {key: _with_lists(inner) for key, inner in tree.items()}
    if all(key.isascii() and key.isdecimal() and int(key) < MOST_ITEMS for key in items):
        return [items[key] for key in sorted(items, key=int)]
    return items

"""A finished text of an artifact, and its form as JSON or Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from . import tokens


@dataclass(frozen=True)
class Draft:
    """An artifact's text. ``prose`` are its texts in natural language; the rest is form.

    ``name`` and ``type`` are the artifact's, as in ``landing`` and ``html``.
    """

    name: str
    type: str
    content: str
    prose: tuple[str, ...]

    @property
    def tokens(self) -> int:
        return sum(map(tokens.count, self.prose))

    @property
    def text(self) -> str:
        return "\n".join(self.prose)


def json_draft(name: str, value: Any) -> Draft:
    """A draft of JSON; its prose is every string in it."""
    content = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    return Draft(name, "json", content, tuple(strings(value)))


_CODES: Final = frozenset({"id", "language", "source", "status"})


def strings(value: Any) -> Iterator[str]:
    """Every string in a JSON value, in order, except keys and codes."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in _CODES:
                yield from strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)


_MARKS: Final = re.compile(r"[\\`*\[\]<>]|(?<!\w)_|_(?!\w)|&(?=#?\w+;)")
_LINE_START: Final = re.compile(r"^(?:[#+=~-]|\d+(?=[.)]))")


def escape(text: str) -> str:
    """``text`` escaped for Markdown, within a line."""
    return _MARKS.sub(r"\\\g<0>", text)


def escape_line(text: str) -> str:
    """``text`` escaped for Markdown, also at the start of a line."""
    escaped = escape(text)
    start = _LINE_START.match(escaped)
    if start is None:
        return escaped
    digits = start[0].isdigit()
    return f"{start[0]}\\{escaped[start.end() :]}" if digits else "\\" + escaped

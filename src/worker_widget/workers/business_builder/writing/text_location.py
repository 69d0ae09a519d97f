"""Locates a text of an artifact's prose in the artifact, where it is escaped and surrounded by markup."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape as escape_html
from typing import Final

from .draft import Draft, escape


def _html(text: str) -> str:
    """``text`` as Jinja escapes it."""
    return escape_html(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")


_ESCAPES: Final[dict[str, Callable[[str], str]]] = {
    "json": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "html": _html,
    "md": escape,
}


def locate(draft: Draft, text: str, start: int, end: int) -> tuple[int, int]:
    """The code point range in the artifact of ``text[start:end]``, where ``text`` is a text of its prose.

    The range of the whole artifact where the text is not found.
    """
    escaped = _ESCAPES.get(draft.type, str)
    at = draft.content.find(escaped(text))
    if at < 0:
        return 0, len(draft.content)
    return at + len(escaped(text[:start])), at + len(escaped(text[:end]))

"""Where in an artifact a piece of its prose stands: form puts marks around it and escapes in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape as escape_html
from typing import Final

from .draft import Draft, escape

_FORMS: Final[dict[str, Callable[[str], str]]] = {
    "json": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "html": lambda text: escape_html(text).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"),
    "md": escape,
}


def place(draft: Draft, text: str, start: int, end: int) -> tuple[int, int]:
    """The code point range in the artifact of ``text[start:end]``, where ``text`` is of its prose.

    The whole artifact, where it cannot be told.
    """
    form = _FORMS.get(draft.type, str)
    at = draft.content.find(form(text))
    if at < 0:
        return 0, len(draft.content)
    return at + len(form(text[:start])), at + len(form(text[:end]))

"""Renders artifacts as HTML documents for a sandboxed frame that runs no scripts.

All text of a worker is escaped or sanitised. The documents contain their styles and a Content Security
Policy that forbids scripts, requests and frames. Links show their target and cannot be followed. An HTML
artifact is returned unchanged: the frame that displays it must isolate it.

Pictures and zip archives are in base64 or a ``data:`` URL, because events carry text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from ..events.artifact_bytes import PICTURES
from .csv_table import csv_table, tsv_table
from .document import document
from .invalid_content import TOO_DEEP, InvalidContent
from .json_tree import json_tree
from .markdown_html import NestedTooDeep, markdown_html
from .pictures import picture, svg_picture
from .source_code import Token, count, source_html, tokenize
from .time_limit import TimeLimitExceeded
from .zip_listing import zip_listing


class Limits(NamedTuple):
    """Limits for formatting: ``chars`` of text, and ``seconds`` of processor time."""

    chars: int
    seconds: float


QUICK: Final = Limits(300_000, 4.0)
"""The limits for a view that opens by itself."""

PATIENT: Final = Limits(2_000_000, 30.0)
"""The limits for a view that a person requests in spite of a wait."""

MOST_SHOWN_CHARS: Final = 2_000_000
"""Of a longer text only the first characters are shown."""

MOST_ENCODED_CHARS: Final = 20_000_000
"""The largest base64 text that is decoded as a picture or a zip archive."""

_ALIASES: Final = {
    "markdown": "md",
    "htm": "html",
    "yml": "yaml",
    "jsonl": "ndjson",
    "mjs": "js",
    "cjs": "js",
    "javascript": "js",
    "python": "py",
    "text": "txt",
}
_LANGUAGES: Final = {
    "bash": "bash",
    "c": "c",
    "cpp": "cpp",
    "css": "css",
    "diff": "diff",
    "go": "go",
    "html": "html",
    "ini": "ini",
    "java": "java",
    "js": "javascript",
    "json": "json",
    "jsx": "jsx",
    "md": "markdown",
    "ndjson": "json",
    "php": "php",
    "py": "python",
    "rb": "ruby",
    "rs": "rust",
    "scss": "scss",
    "sh": "bash",
    "sql": "sql",
    "svg": "xml",
    "toml": "toml",
    "ts": "typescript",
    "tsx": "tsx",
    "xml": "xml",
    "yaml": "yaml",
}
"""Artifact types and the pygments lexer names of their languages."""


class Rendered(NamedTuple):
    """A complete HTML document.

    ``note`` says what is left out or not formatted, ``None`` for nothing. ``matches`` is
    the number of search matches in the whole text, ``None`` without a search. ``long`` is true if the text
    is plain only because of its length, so that the `PATIENT` limits would format it. ``chars`` is the
    number of characters shown, ``None`` for all.
    """

    html: str
    note: str | None = None
    matches: int | None = None
    long: bool = False
    chars: int | None = None


def render(
    text: str, kind: str, *, dark: bool | None, whole: bool = True, limits: Limits = QUICK
) -> Rendered:
    """Render an artifact in its final form. ``kind`` is its type, such as html, md, json, csv or py.

    ``dark`` selects the theme; ``None`` is the system theme of the reader. HTML is returned unchanged. A text
    that is too long, takes too long, or is not valid for its type is rendered as source or plain text, and
    the note gives the reason; for a text that is still being written (``whole`` is false) the note says that
    it is incomplete. No content of ``text`` raises an error.
    """
    kind = _canonical(kind)
    if kind == "html":
        return Rendered(text)
    if not text.strip():
        return Rendered(document('<p class="empty">Empty.</p>', dark))
    renderer = _RENDERERS.get(kind)
    limit = MOST_ENCODED_CHARS if kind in _ENCODED else limits.chars
    if renderer is None or len(text) > limit:
        return highlight_source(text, kind, dark=dark, limits=limits)
    try:
        body, note = renderer(_unfenced(text, kind), whole, limits)
    except InvalidContent as error:
        reason = str(error) if whole else "it is incomplete."
        rendered = highlight_source(text, kind, dark=dark, limits=limits)
        return rendered._replace(note=f"Shown as source: {reason}")
    except TimeLimitExceeded:
        return _plain(text, dark, note="Shown as plain text: formatting takes too long.")
    return Rendered(document(body, dark), note)


def highlight_source(
    text: str, kind: str, *, dark: bool | None, find: str | None = None, limits: Limits = QUICK
) -> Rendered:
    """Render the source of an artifact, with syntax colours if the language of ``kind`` is known.

    Matches of ``find`` are marked, ignoring case; the n-th match has the id ``match-n``.
    """
    language = _LANGUAGES.get(_canonical(kind))
    if len(text) > limits.chars:
        note = f"Shown as plain text: {len(text):,} characters exceed the limit for formatting."
        formattable = language is not None and limits.chars < len(text) <= PATIENT.chars
        return _plain(text, dark, find, note)._replace(long=formattable)
    if language is None:
        return _plain(text, dark, find)
    try:
        return _source(tokenize(text, language, limits.seconds), dark, find)
    except (TimeLimitExceeded, RecursionError):
        return _plain(text, dark, find, "Shown as plain text: formatting takes too long.")


def _canonical(kind: str) -> str:
    name = kind.lower().lstrip(".")
    return _ALIASES.get(name, name)


def _plain(text: str, dark: bool | None, find: str | None = None, note: str | None = None) -> Rendered:
    rendered = _source([("", text[:MOST_SHOWN_CHARS])], dark, find, note)
    if len(text) <= MOST_SHOWN_CHARS:
        return rendered
    note = f"The first {MOST_SHOWN_CHARS:,} of {len(text):,} characters are shown; download it for all."
    matches = count(text, find) if find else None
    return rendered._replace(note=note, matches=matches, chars=MOST_SHOWN_CHARS)


def _source(tokens: list[Token], dark: bool | None, find: str | None, note: str | None = None) -> Rendered:
    html, matches = source_html(tokens, find)
    return Rendered(document(html, dark), note, matches)


_FENCED: Final = re.compile(r"\s*+(`{3,}+|~{3,}+)[ \t]*+(\w*+)[^\n`]*+\n(.*)\n[ \t]*+\1\s*+", re.DOTALL)


_FENCE_LINE: Final = re.compile(r"^[ \t]*(`{3,}|~{3,})(.*)$", re.MULTILINE)


def _unfenced(text: str, kind: str) -> str:
    """The content of a Markdown code fence around the whole text; Markdown only if the fence says so."""
    found = _FENCED.fullmatch(text)
    if found is None or (kind == "md" and _canonical(found[2]) != "md"):
        return text
    inner = _FENCE_LINE.search(found[3])
    closed = inner is not None and inner[1].startswith(found[1]) and not inner[2].strip()
    return text if closed else found[3]


# --- one renderer per type: returns the body and a note ---------------------------------------------


def _markdown(text: str, whole: bool, limits: Limits) -> tuple[str, str | None]:
    try:
        body, note = markdown_html(text, limits.seconds)
    except (NestedTooDeep, RecursionError):
        raise InvalidContent(TOO_DEEP) from None
    return f'<main class="prose">{body}</main>', note


_Renderer = Callable[[str, bool, Limits], tuple[str, str | None]]

_ENCODED: Final = PICTURES | {"zip"}
_RENDERERS: Final[dict[str, _Renderer]] = {
    "md": _markdown,
    "json": lambda text, whole, limits: (json_tree(text), None),
    "csv": lambda text, whole, limits: csv_table(text, whole=whole),
    "tsv": lambda text, whole, limits: tsv_table(text, whole=whole),
    "svg": lambda text, whole, limits: (svg_picture(text), None),
    "zip": lambda text, whole, limits: zip_listing(text),
    **dict.fromkeys(PICTURES, lambda text, whole, limits: (picture(text), None)),
}

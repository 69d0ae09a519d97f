"""Artifacts as HTML documents, to be drawn inside a sandboxed frame that runs no scripts.

What a worker wrote is text until it has been escaped or sanitised here. The documents bring their own
styles, and a policy that forbids all else: no script, no request, no frame. Links show where they
point and lead nowhere. HTML alone is a document already: the frame around it must hold it.

A picture or a zip comes as base64, or as a ``data:`` URL, since events carry text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from ..events.binary import PICTURES
from .csv_table import csv_table, tsv_table
from .document import document
from .invalid_content import TOO_DEEP, Unreadable
from .json_tree import tree
from .markdown_html import TooDeep, prose
from .pictures import picture, svg_picture
from .source_code import Piece, count, source, tokens
from .time_limit import TooLong
from .zip_listing import zip_listing


class Limits(NamedTuple):
    """Up to how many characters a text is formatted, and for how many seconds at most."""

    chars: int
    seconds: float


QUICK: Final = Limits(300_000, 4.0)
"""What is shown without being asked for."""

PATIENT: Final = Limits(2_000_000, 30.0)
"""What somebody asked for who knows that it takes a while."""

MOST_SHOWN_CHARS: Final = 2_000_000
"""Of what is longer the beginning is shown."""

MOST_ENCODED_CHARS: Final = 20_000_000
"""Up to how much base64 a picture or a zip is looked into."""

_SAME: Final = {
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
"""Types and pygments' names of their languages."""


class Rendered(NamedTuple):
    """A complete HTML document, and what a person should know about it.

    ``matches`` counts what was looked for, over all of the text. ``long`` says that it is plain text
    only for its length, and that `PATIENT` limits would format it. ``chars`` is how much of the text is
    shown, ``None`` for all.
    """

    html: str
    note: str | None = None
    matches: int | None = None
    long: bool = False
    chars: int | None = None


def render(
    text: str, kind: str, *, dark: bool | None, whole: bool = True, limits: Limits = QUICK
) -> Rendered:
    """An artifact as it is meant to look. ``kind`` is its type, such as html, md, json, csv or py.

    ``dark`` is the theme, ``None`` for the reader's own. HTML comes back unchanged. What is too long,
    takes too long, or is not what its type says, comes back as source or plain text, and the note says
    why; of a text that is still being written (``whole`` is false) only that it is not whole yet.
    Never raises on account of what is in ``text``.
    """
    kind = _known(kind)
    if kind == "html":
        return Rendered(text)
    if not text.strip():
        return Rendered(document('<p class="empty">Empty.</p>', dark))
    draw = _DRAWN.get(kind)
    most = MOST_ENCODED_CHARS if kind in _ENCODED else limits.chars
    if draw is None or len(text) > most:
        return highlight_source(text, kind, dark=dark, limits=limits)
    try:
        body, note = draw(text, whole, limits)
    except Unreadable as error:
        reason = str(error) if whole else "it is not whole yet."
        shown = highlight_source(text, kind, dark=dark, limits=limits)
        return shown._replace(note=f"Shown as source: {reason}")
    except TooLong:
        return _plain(text, dark, note="Shown as plain text: formatting it takes too long.")
    return Rendered(document(body, dark), note)


def highlight_source(
    text: str, kind: str, *, dark: bool | None, find: str | None = None, limits: Limits = QUICK
) -> Rendered:
    """The source of an artifact, its syntax in colours where the language of ``kind`` is known.

    Occurrences of ``find`` are marked, whatever their case; the n-th is in the element ``match-n``.
    """
    language = _LANGUAGES.get(_known(kind))
    if len(text) > limits.chars:
        note = f"Shown as plain text: {len(text):,} characters are too many to format."
        can = language is not None and limits.chars < len(text) <= PATIENT.chars
        return _plain(text, dark, find, note)._replace(long=can)
    if language is None:
        return _plain(text, dark, find)
    try:
        return _source(tokens(text, language, limits.seconds), dark, find)
    except (TooLong, RecursionError):
        return _plain(text, dark, find, "Shown as plain text: formatting it takes too long.")


def _known(kind: str) -> str:
    word = kind.lower().lstrip(".")
    return _SAME.get(word, word)


def _plain(text: str, dark: bool | None, find: str | None = None, note: str | None = None) -> Rendered:
    shown = _source([("", text[:MOST_SHOWN_CHARS])], dark, find, note)
    if len(text) <= MOST_SHOWN_CHARS:
        return shown
    note = f"The first {MOST_SHOWN_CHARS:,} of {len(text):,} characters are shown; download it for all."
    matches = count(text, find) if find else None
    return shown._replace(note=note, matches=matches, chars=MOST_SHOWN_CHARS)


def _source(pieces: list[Piece], dark: bool | None, find: str | None, note: str | None = None) -> Rendered:
    html, matches = source(pieces, find)
    return Rendered(document(html, dark), note, matches)


# --- one function a type: its body and a note --------------------------------------------------------


def _markdown(text: str, whole: bool, limits: Limits) -> tuple[str, str | None]:
    try:
        body, note = prose(text, limits.seconds)
    except (TooDeep, RecursionError):
        raise Unreadable(TOO_DEEP) from None
    return f'<main class="prose">{body}</main>', note


_Draw = Callable[[str, bool, Limits], tuple[str, str | None]]

_ENCODED: Final = PICTURES | {"zip"}
_DRAWN: Final[dict[str, _Draw]] = {
    "md": _markdown,
    "json": lambda text, whole, limits: (tree(text), None),
    "csv": lambda text, whole, limits: csv_table(text, whole=whole),
    "tsv": lambda text, whole, limits: tsv_table(text, whole=whole),
    "svg": lambda text, whole, limits: (svg_picture(text), None),
    "zip": lambda text, whole, limits: zip_listing(text),
    **dict.fromkeys(PICTURES, lambda text, whole, limits: (picture(text), None)),
}

"""Artifacts as HTML documents, to be drawn inside a sandboxed frame that runs no scripts.

What a worker wrote is text until it has been escaped or sanitised here. The documents bring their own
styles, and a policy that forbids all else: no script, no request, no frame. Links show where they
point and lead nowhere. HTML alone is a document already: the frame around it must hold it.
"""

from __future__ import annotations

import base64
import csv
from collections.abc import Callable
from html import escape
from io import StringIO
from itertools import islice
from typing import Final, NamedTuple
from xml.etree import ElementTree

import msgspec

from .prose import TooDeep, prose
from .styles import style_sheet
from .timed import MOST_SECONDS, TooLong, within

MOST_FORMATTED_CHARS: Final = 300_000
"""What is longer is shown as plain text."""

MOST_SHOWN_CHARS: Final = 2_000_000
"""Of what is longer the beginning is shown."""

MOST_ROWS: Final = 500
"""How many rows of a table are shown."""

_POLICY: Final = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)
_SVG: Final = "{http://www.w3.org/2000/svg}svg"
_MOST_INDENTED_LEVELS: Final = 40
_TOO_DEEP: Final = "it is nested too deeply."

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
    """A complete HTML document, and what a person should know about it."""

    html: str
    note: str | None = None


def render(text: str, kind: str, *, dark: bool) -> Rendered:
    """An artifact as it is meant to look. ``kind`` is its type, such as html, md, json, csv or py.

    HTML comes back unchanged. What is too long, takes too long, or is not what its type says, comes
    back as source or plain text, and the note says why. Never raises on account of what is in ``text``.
    """
    kind = _known(kind)
    if kind == "html":
        return Rendered(text)
    if not text.strip():
        return Rendered(_document('<p class="empty">Empty.</p>', dark))
    draw = _DRAWN.get(kind)
    if draw is None or len(text) > MOST_FORMATTED_CHARS:
        return highlight_source(text, kind, dark=dark)
    try:
        body, note = draw(text)
    except _Unreadable as reason:
        return _as_source(text, kind, dark, str(reason))
    except RecursionError:
        return _as_source(text, kind, dark, _TOO_DEEP)
    except TooLong:
        return _plain(text, dark, "Shown as plain text: formatting it takes too long.")
    return Rendered(_document(body, dark), note)


def highlight_source(text: str, kind: str, *, dark: bool) -> Rendered:
    """The source of an artifact, its syntax in colours where the language of ``kind`` is known."""
    language = _LANGUAGES.get(_known(kind))
    if len(text) > MOST_FORMATTED_CHARS:
        return _plain(text, dark, f"Shown as plain text: {len(text):,} characters are too many to format.")
    if language is None:
        return _plain(text, dark)
    try:
        return Rendered(_document(_highlighted(text, language), dark))
    except (TooLong, RecursionError):
        return _plain(text, dark, "Shown as plain text: formatting it takes too long.")


class _Unreadable(Exception):
    """The text is not what its type says; how so, as a sentence."""


def _known(kind: str) -> str:
    word = kind.lower().lstrip(".")
    return _SAME.get(word, word)


def _as_source(text: str, kind: str, dark: bool, reason: str) -> Rendered:
    return Rendered(highlight_source(text, kind, dark=dark).html, f"Shown as source: {reason}")


def _plain(text: str, dark: bool, note: str | None = None) -> Rendered:
    if len(text) > MOST_SHOWN_CHARS:
        note = f"The first {MOST_SHOWN_CHARS:,} of {len(text):,} characters are shown; download it for all."
    body = f'<pre class="source">\n{escape(text[:MOST_SHOWN_CHARS])}</pre>'
    return Rendered(_document(body, dark), note)


def _highlighted(text: str, language: str) -> str:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name

    lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    markup = within(MOST_SECONDS, lambda: highlight(text, lexer, HtmlFormatter(nowrap=True)))
    return f'<pre class="source">\n{markup}</pre>'


def _document(body: str, dark: bool) -> str:
    return (
        f'<!doctype html>\n<html>\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<style>\n{style_sheet(dark)}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


# --- one function a type: its body and a note --------------------------------------------------------


def _markdown(text: str) -> tuple[str, str | None]:
    try:
        body, note = prose(text)
    except TooDeep:
        raise _Unreadable(_TOO_DEEP) from None
    return f'<main class="prose">{body}</main>', note


def _json(text: str) -> tuple[str, str | None]:
    try:
        msgspec.json.decode(text)
        pretty = text if _levels(text) > _MOST_INDENTED_LEVELS else msgspec.json.format(text)
    except msgspec.DecodeError as error:
        raise _Unreadable(f"it is not valid JSON ({error}).") from None
    return _highlighted(pretty, "json"), None


def _levels(text: str) -> int:
    """How deep JSON is nested, or more: brackets in its strings count too."""
    deepest = level = 0
    for letter in text:
        if letter in "[{":
            level += 1
            deepest = max(deepest, level)
        elif letter in "]}":
            level -= 1
    return deepest


def _csv(text: str) -> tuple[str, str | None]:
    return _table(text, max(",;\t|", key=text.partition("\n")[0].count))


def _tsv(text: str) -> tuple[str, str | None]:
    return _table(text, "\t")


def _table(text: str, delimiter: str) -> tuple[str, str | None]:
    rows = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        head = next(rows)
        shown = list(islice(rows, MOST_ROWS))
        total = len(shown) + sum(1 for _ in rows)
    except csv.Error as error:
        raise _Unreadable(f"it is not a valid table ({error}).") from None
    parts = ['<div class="rows"><table><thead><tr>']
    parts += (f"<th>{escape(cell)}</th>" for cell in head)
    parts.append("</tr></thead><tbody>")
    for row in shown:
        parts.append("<tr>")
        parts += (f"<td>{escape(cell)}</td>" for cell in row)
        parts.append("</tr>")
    parts.append("</tbody></table></div>")
    note = None if total == len(shown) else f"The first {len(shown):,} of {total:,} rows are shown."
    return "".join(parts), note


def _svg(text: str) -> tuple[str, str | None]:
    if "<!ENTITY" in text:
        raise _Unreadable("it declares entities.")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise _Unreadable(f"it is not valid SVG ({error}).") from None
    if root.tag != _SVG:
        raise _Unreadable("its outermost element is not an svg in the SVG namespace.")
    data = base64.b64encode(text.encode()).decode()
    return f'<div class="picture"><img alt="" src="data:image/svg+xml;base64,{data}"></div>', None


_DRAWN: Final[dict[str, Callable[[str], tuple[str, str | None]]]] = {
    "md": _markdown,
    "json": _json,
    "csv": _csv,
    "tsv": _tsv,
    "svg": _svg,
}

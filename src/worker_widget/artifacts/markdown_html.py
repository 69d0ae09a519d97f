"""Renders Markdown as sanitised HTML."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape
from typing import Final

from .time_limit import with_time_limit

_TAGS: Final = frozenset(
    (
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "caption",
        "code",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "u",
        "ul",
    )
)
_REMOVED: Final = frozenset(
    ("script", "style", "noscript", "template", "title", "textarea", "iframe", "object", "svg", "math")
)
_ATTRIBUTES: Final = {
    "blockquote": {"class"},
    "p": {"class"},
    "img": {"src", "alt", "width", "height"},
    "th": {"align", "colspan", "rowspan"},
    "td": {"align", "colspan", "rowspan"},
    "ol": {"start"},
    "li": {"class"},
    "div": {"class"},
    "span": {"class"},
    "details": {"open"},
}
MOST_LEVELS: Final = 200
"""The largest nesting depth of elements; the sanitiser takes time in the order of elements times depth."""

_VOID: Final = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"))
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^>]*>")
_EXTERNAL: Final = re.compile(r"(?:https?|mailto):", re.IGNORECASE)
_PICTURE: Final = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,", re.IGNORECASE)
_FENCE: Final = re.compile(r"(`{3,}|~{3,})(.*)")
_FRONT_MATTER: Final = re.compile(
    r"\A---[ \t]*\n(?:[\w.-]+:.*\n|[ \t]+\S.*\n|- .*\n)+---[ \t]*\n"
    r"|\A\+\+\+[ \t]*\n(?=[\w.-]+ *=|\[)(?:(?!\+\+\+).*\n)+\+\+\+[ \t]*\n"
)
_LINE_END: Final = re.compile(r"\r\n?|\n")
_ITEM: Final = re.compile(r"( *)([-*+]|\d{1,9}[.)])( {1,4}(?=\S)| *$)")
_FIRST_ITEM: Final = re.compile(r" {0,3}(?:[-*+]|1[.)]) +\S")
_HEADING_OR_RULE: Final = re.compile(r" {0,3}(?:#|([-*_])(?: *\1){2,} *$)")
_LINK: Final = re.compile(r'<a href="([^"]*)">')
_IMAGE: Final = re.compile(r'<img((?: [a-z]+="[^"]*")*)>')
_ALT: Final = re.compile(r' alt="([^"]*)"')
_TASK: Final = re.compile(r"<li>(\s*(?:<p>)?)\[([ xX])\] ")

_ALERT: Final = re.compile(
    r"<blockquote>\s*<p>\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*?(?:\n|<br>\s*|(</p>))", re.IGNORECASE
)


class NestedTooDeep(Exception):
    """The elements are nested deeper than `MOST_LEVELS`."""


def markdown_html(text: str, seconds: float) -> tuple[str, str | None]:
    """Markdown as HTML, and a note if a part is left out.

    Tables, fenced code (in lists and quotes too), strikethrough, footnotes, task lists, GitHub's alerts and
    Markdown in ``<details>`` are supported; front matter is left out. Raw HTML is sanitised. A
    link keeps its target as a tooltip only, and only pictures in ``data:`` URLs are shown. Raises
    `TimeLimitExceeded` after ``seconds`` of processor time, and `NestedTooDeep`.
    """
    from markdown import Markdown

    from .markdown_blocks import GitHubBlocks

    converter = Markdown(
        extensions=[
            GitHubBlocks(),
            *("tables", "footnotes", "sane_lists", "md_in_html"),
            *("pymdownx.superfences", "pymdownx.highlight", "pymdownx.tilde"),
        ],
        extension_configs={
            "pymdownx.highlight": {"guess_lang": False, "css_class": "code"},
            "pymdownx.tilde": {"subscript": False},
            "footnotes": {"BACKLINK_TEXT": ""},
            "tables": {"use_align_attribute": True},
        },
    )
    left_out = False

    def allowed(tag: str, attribute: str, value: str) -> str | None:
        nonlocal left_out
        if attribute == "href":
            return value if _EXTERNAL.match(value) else None
        if attribute == "src" and not _PICTURE.match(value):
            left_out = True
            return None
        return value

    markup = with_time_limit(
        seconds, lambda: converter.convert(_nested(_closed(_FRONT_MATTER.sub("", text))))
    )
    _check_depth(markup)
    html = _sanitised(markup, {"href"}, allowed)
    # The sanitiser writes every tag in the same form, which these patterns match.
    html = _LINK.sub(r'<a title="\1">', html)
    html = _IMAGE.sub(_image, html)
    html = _TASK.sub(_task, html)
    html = _ALERT.sub(_alert, html)
    # Sanitised again: the replacements are not trusted either.
    html = _sanitised(html, {"title"}, allowed)
    return html, "External pictures are not loaded." if left_out else None


def _sanitised(markup: str, link: set[str], allowed: Callable[[str, str, str], str | None]) -> str:
    import nh3

    return nh3.clean(
        markup,
        tags=set(_TAGS),
        clean_content_tags=set(_REMOVED),
        attributes={**_ATTRIBUTES, "a": link},
        attribute_filter=allowed,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel=None,
    )


def _check_depth(markup: str) -> None:
    """Raises `NestedTooDeep`. An element without a matching end tag counts as open to the end."""
    open_tags: list[str] = []
    for tag in _TAG.finditer(markup):
        name = tag[2].lower()
        if tag[1]:
            if open_tags and open_tags[-1] == name:
                open_tags.pop()
        elif name not in _VOID:
            open_tags.append(name)
            if len(open_tags) > MOST_LEVELS:
                raise NestedTooDeep


def _image(found: re.Match[str]) -> str:
    """The picture, or its alternative text if the picture is left out."""
    if ' src="' in found[1]:
        return found[0]
    alt = _ALT.search(found[1])
    text = escape(unescape(alt[1])) if alt else "picture"
    return f'<span class="missing">{text}</span>'


def _task(found: re.Match[str]) -> str:
    box = "☐" if found[2] == " " else "☑"
    return f'<li class="task">{found[1]}<span class="box">{box}</span>'


def _alert(found: re.Match[str]) -> str:
    """The beginning of a quotation that is one of GitHub's alerts, with its kind as the title."""
    kind = found[1].lower()
    more = "" if found[2] else "\n<p>"
    return f'<blockquote class="alert {kind}">\n<p class="title">{kind.capitalize()}</p>{more}'


def _closed(text: str) -> str:
    """The text with its last code fence closed.

    A text that is cut off or still being written can end inside a fence. The parser would not render the
    rest of it as code, and would scan all that follows for every unclosed fence.
    """
    fence = None
    for line in text.splitlines():
        found = _FENCE.match(line)
        if fence is None and found:
            fence = found[1]
        elif fence is not None and _closes(line, fence):
            fence = None
    return text if fence is None else f"{text}\n{fence}\n"


def _closes(line: str, fence: str) -> bool:
    """Whether a line closes a code fence: it is at least as long as the one that opened it."""
    mark = line.strip()
    return mark.startswith(fence) and not mark.strip(fence[0])


def _language(info: str) -> str:
    """The words after a fence as they are if the parser reads them, else the language alone."""
    if _KNOWN_INFO.fullmatch(info):
        return info
    return info.split()[0].split("{")[0].split(":")[0]


_KNOWN_INFO: Final = re.compile(r"""\s*(?:\{.*|[\w#.+-]*(?:\s+\w+=(?:"[^"]*"|'[^']*'))*)\s*""")
"""What the parser reads: a list in braces, or a language with options."""


def _nested(text: str) -> str:
    """The text with its lists in the form that python-markdown requires.

    python-markdown wants a blank line before a list, four spaces per level and numbers with a full stop.
    CommonMark, the usual form, indents the content of an item as far as its first text, allows a list right
    after a paragraph, and allows ``1)``.
    """
    lines: list[str] = []
    columns: list[int] = []  # the column of the text of each open item
    fence = None
    fresh = True  # the previous line cannot continue on this line
    paragraph = False  # a paragraph is open; it continues unless fresh
    for line in _LINE_END.split(text):
        content = line.lstrip(" ")
        indent = len(line) - len(content)
        fenced = _FENCE.match(line)
        alone = _HEADING_OR_RULE.match(line)
        if fence is not None or fenced:
            if fence is None and fenced:
                fence, columns = fenced[1], []
                line = fence + _language(fenced[2])
            elif fence is not None and _closes(line, fence):
                fence, line = None, fence  # the parser wants it as it was opened
        elif content:
            paragraph = paragraph and not fresh
            no_item = alone or (paragraph and not columns and not _FIRST_ITEM.match(line))
            item = None if no_item else _ITEM.match(line)
            if item or fresh or alone:
                while columns and indent < columns[-1]:
                    columns.pop()
            inside = len(columns)
            if item and paragraph:
                lines.append("")
            if inside and indent >= columns[-1]:
                line = " " * (4 * inside + indent - columns[-1]) + content
            if item and indent < (columns[-1] if columns else 0) + 4:
                mark = item[2]
                columns.append(item.end() if content != mark else indent + len(mark) + 1)
                line = " " * (4 * inside) + mark.replace(")", ".") + content[len(mark) :]
            paragraph = (paragraph or fresh) and not item
        fresh = not content or bool(fenced or alone)
        lines.append(line)
    return "\n".join(lines)

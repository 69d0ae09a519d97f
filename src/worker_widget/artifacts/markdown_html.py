"""Markdown as HTML that is safe to draw."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape, unescape
from typing import Final

from .time_limit import within

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
_GONE: Final = frozenset(
    ("script", "style", "noscript", "template", "title", "textarea", "iframe", "object", "svg", "math")
)
_ATTRIBUTES: Final = {
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
"""How deep elements may be nested: the time that sanitising takes is their number times their depth."""

_VOID: Final = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"))
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^>]*>")
_POINTS_OUT: Final = re.compile(r"(?:https?|mailto):", re.IGNORECASE)
_PICTURE: Final = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,", re.IGNORECASE)
_FENCE: Final = re.compile(r"(`{3,}|~{3,})(.*)")
_LINE_END: Final = re.compile(r"\r\n?|\n")
_ITEM: Final = re.compile(r"( *)([-*+]|\d{1,9}[.)])( {1,4}(?=\S)| *$)")
_FIRST_ITEM: Final = re.compile(r" {0,3}(?:[-*+]|1[.)]) +\S")
_HEADING_OR_RULE: Final = re.compile(r" {0,3}(?:#|([-*_])(?: *\1){2,} *$)")
_LINK: Final = re.compile(r'<a href="([^"]*)">')
_IMAGE: Final = re.compile(r'<img((?: [a-z]+="[^"]*")*)>')
_ALT: Final = re.compile(r' alt="([^"]*)"')
_TASK: Final = re.compile(r"<li>(\s*(?:<p>)?)\[([ xX])\] ")


class TooDeep(Exception):
    """Elements stand in one another beyond `MOST_LEVELS`."""


def prose(text: str, seconds: float) -> tuple[str, str | None]:
    """Markdown with tables, fenced code, footnotes and task lists; and a note where a part is left out.

    Raw HTML in it passes as far as it is harmless. Links keep their target as a tooltip only, and of
    pictures only those that the text itself holds are shown. Raises `TooLong`, once the reading has
    taken ``seconds``, and `TooDeep`.
    """
    from markdown import Markdown

    reader = Markdown(
        extensions=["tables", "fenced_code", "footnotes", "sane_lists", "codehilite"],
        extension_configs={
            "codehilite": {"guess_lang": False, "css_class": "code"},
            "footnotes": {"BACKLINK_TEXT": ""},
            "tables": {"use_align_attribute": True},
        },
    )
    left_out = False

    def allowed(tag: str, attribute: str, value: str) -> str | None:
        nonlocal left_out
        if attribute == "href":
            return value if _POINTS_OUT.match(value) else None
        if attribute == "src" and not _PICTURE.match(value):
            left_out = True
            return None
        return value

    markup = within(seconds, lambda: reader.convert(_nested(_closed(text))))
    _check_depth(markup)
    html = _sanitised(markup, {"href"}, allowed)
    # Every tag is written in one way now, so that these find them.
    html = _LINK.sub(r'<a title="\1">', html)
    html = _IMAGE.sub(_image, html)
    html = _TASK.sub(_task, html)
    # What we wrote is not trusted either: the sanitiser has the last word.
    html = _sanitised(html, {"title"}, allowed)
    return html, "Pictures from elsewhere are not loaded." if left_out else None


def _sanitised(markup: str, link: set[str], allowed: Callable[[str, str, str], str | None]) -> str:
    import nh3

    return nh3.clean(
        markup,
        tags=set(_TAGS),
        clean_content_tags=set(_GONE),
        attributes={**_ATTRIBUTES, "a": link},
        attribute_filter=allowed,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel=None,
    )


def _check_depth(markup: str) -> None:
    """Raises `TooDeep`. An element that is not closed in its turn counts as open to the end."""
    open_tags: list[str] = []
    for tag in _TAG.finditer(markup):
        name = tag[2].lower()
        if tag[1]:
            if open_tags and open_tags[-1] == name:
                open_tags.pop()
        elif name not in _VOID:
            open_tags.append(name)
            if len(open_tags) > MOST_LEVELS:
                raise TooDeep


def _image(found: re.Match[str]) -> str:
    """A picture, or its description where the picture is left out."""
    if ' src="' in found[1]:
        return found[0]
    described = _ALT.search(found[1])
    words = escape(unescape(described[1])) if described else "picture"
    return f'<span class="missing">{words}</span>'


def _task(found: re.Match[str]) -> str:
    box = "☐" if found[2] == " " else "☑"
    return f'<li class="task">{found[1]}<span class="box">{box}</span>'


def _closed(text: str) -> str:
    """The text with its last fence closed, if it is not: one that was cut off, or is still growing.

    Without it the rest of an unfinished text would not be code; and each unclosed fence costs a look
    at all that follows.
    """
    fence = None
    for line in text.splitlines():
        found = _FENCE.match(line)
        if fence is None and found:
            fence = found[1]
        elif fence is not None and line.rstrip() == fence:
            fence = None
    return text if fence is None else f"{text}\n{fence}\n"


def _nested(text: str) -> str:
    """The text with its lists as python-markdown wants them: after a blank line, and four spaces a level.

    Everywhere else what belongs to an item begins where the item's own text does, a list may follow a
    paragraph at once, and a number may end with a parenthesis. That is how most Markdown is written.
    """
    lines: list[str] = []
    within: list[int] = []  # where the text of each item that is open begins
    fence = None
    fresh = True  # nothing goes on from the line before
    paragraph = False  # one that begins no item goes on, unless fresh
    for line in _LINE_END.split(text):
        words = line.lstrip(" ")
        indent = len(line) - len(words)
        fenced = _FENCE.match(line)
        alone = _HEADING_OR_RULE.match(line)
        if fence is not None or fenced:
            if fence is None and fenced:
                fence, within = fenced[1], []
            elif line.rstrip() == fence:
                fence = None
        elif words:
            paragraph = paragraph and not fresh
            no_item = alone or (paragraph and not within and not _FIRST_ITEM.match(line))
            item = None if no_item else _ITEM.match(line)
            if item or fresh or alone:
                while within and indent < within[-1]:
                    within.pop()
            inside = len(within)
            if item and paragraph:
                lines.append("")
            if inside and indent >= within[-1]:
                line = " " * (4 * inside + indent - within[-1]) + words
            if item and indent < (within[-1] if within else 0) + 4:
                mark = item[2]
                within.append(item.end() if words != mark else indent + len(mark) + 1)
                line = " " * (4 * inside) + mark.replace(")", ".") + words[len(mark) :]
            paragraph = (paragraph or fresh) and not item
        fresh = not words or bool(fenced or alone)
        lines.append(line)
    return "\n".join(lines)

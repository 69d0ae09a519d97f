"""Renders source code as HTML with syntax colours and marked search matches."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple

from ..state.normal_forms import literal_pattern
from .styles import TOKENS
from .time_limit import with_time_limit

MOST_MARKED: Final = 10_000
"""The number of matches that are marked; all are counted."""

Token = tuple[str, str]
"""The CSS class of a token, "" for none, and its text."""

_COLOURED: Final = frozenset(name for names in TOKENS.values() for name in names.split())


class SourceHtml(NamedTuple):
    """Source code as HTML. ``matches`` is the number of search matches, ``None`` without a search."""

    html: str
    matches: int | None = None


def tokenize(text: str, language: str, seconds: float) -> list[Token]:
    """Split ``text`` into tokens. ``language`` is a pygments lexer name.

    Line endings become line feeds. Raises `TimeLimitExceeded` after ``seconds`` of processor time.
    """
    from pygments.lexers import get_lexer_by_name
    from pygments.token import STANDARD_TYPES

    lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    names: dict[object, str] = {}

    def name_of(kind: object) -> str:
        known = kind
        while known not in STANDARD_TYPES:
            known = known.parent  # type: ignore[attr-defined]
        name = STANDARD_TYPES[known]  # type: ignore[index]
        return name if name in _COLOURED else ""

    def read() -> list[Token]:
        tokens: list[Token] = []
        for kind, value in lexer.get_tokens(text):
            if kind not in names:
                names[kind] = name_of(kind)
            tokens.append((names[kind], value))
        groups = groupby(tokens, key=itemgetter(0))
        return [(name, "".join(value for _, value in values)) for name, values in groups]

    return with_time_limit(seconds, read)


def source_html(tokens: list[Token], find: str | None = None) -> SourceHtml:
    """A block of source code. The n-th match of ``find``, ignoring case, has the id ``match-n``."""
    # The HTML parser drops the first line feed after <pre>.
    if not find:
        return SourceHtml(f'<pre class="source">\n{"".join(map(_span, tokens))}</pre>')
    text = "".join(value for _, value in tokens)
    matches = [match.span() for match in literal_pattern(find).finditer(text)]
    marked = "".join(_marked(tokens, matches[:MOST_MARKED]))
    return SourceHtml(f'<pre class="source">\n{marked}</pre>', len(matches))


def count(text: str, find: str) -> int:
    """The number of matches of ``find`` in ``text``, ignoring case."""
    return sum(1 for _ in literal_pattern(find).finditer(text))


def _span(token: Token) -> str:
    name, text = token
    return f'<span class="{name}">{escape(text)}</span>' if name else escape(text)


def _marked(tokens: list[Token], matches: list[tuple[int, int]]) -> Iterator[str]:
    """The tokens with the matches marked. A match that spans several tokens has a mark in each."""
    at = 0
    number = 0
    for name, text in tokens:
        end = at + len(text)
        while number < len(matches) and matches[number][0] < end:
            start, stop = matches[number]
            if start > at:
                yield _span((name, text[: start - at]))
                text, at = text[start - at :], start
            inside = text[: stop - at]
            anchor = f' id="match-{number + 1}"' if start == at else ""
            yield f"<mark{anchor}>{_span((name, inside))}</mark>"
            text, at = text[len(inside) :], at + len(inside)
            if stop > end:
                break
            number += 1
        if text:
            yield _span((name, text))
        at = end

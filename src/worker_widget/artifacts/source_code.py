"""Source code as HTML: its syntax in colours, and what is looked for marked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple

from .styles import TOKENS
from .time_limit import within

MOST_MARKED: Final = 10_000
"""How many matches are marked; they are counted all."""

Piece = tuple[str, str]
"""A token's class, "" for none, and its text."""

_COLOURED: Final = frozenset(name for names in TOKENS.values() for name in names.split())


class Source(NamedTuple):
    """``matches`` is how often what was looked for occurs, ``None`` where nothing was."""

    html: str
    matches: int | None = None


def tokens(text: str, language: str, seconds: float) -> list[Piece]:
    """``text`` in tokens; ``language`` is a pygments name. Raises `TooLong`.

    Line ends come back as line feeds, whatever they were.
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

    def read() -> list[Piece]:
        pieces: list[Piece] = []
        for kind, value in lexer.get_tokens(text):
            if kind not in names:
                names[kind] = name_of(kind)
            pieces.append((names[kind], value))
        alike = groupby(pieces, key=itemgetter(0))
        return [(name, "".join(value for _, value in values)) for name, values in alike]

    return within(seconds, read)


def source(pieces: list[Piece], find: str | None = None) -> Source:
    """A block of source. The n-th occurrence of ``find``, whatever its case, is in ``#match-n``."""
    # A browser drops the one line end that follows <pre>.
    if not find:
        return Source(f'<pre class="source">\n{"".join(map(_span, pieces))}</pre>')
    text = "".join(value for _, value in pieces)
    matches = [match.span() for match in re.finditer(re.escape(find), text, re.IGNORECASE)]
    marked = "".join(_marked(pieces, matches[:MOST_MARKED]))
    return Source(f'<pre class="source">\n{marked}</pre>', len(matches))


def count(text: str, find: str) -> int:
    """How often ``find`` occurs in ``text``, whatever its case."""
    return sum(1 for _ in re.finditer(re.escape(find), text, re.IGNORECASE))


def _span(piece: Piece) -> str:
    name, text = piece
    return f'<span class="{name}">{escape(text)}</span>' if name else escape(text)


def _marked(pieces: list[Piece], matches: list[tuple[int, int]]) -> Iterator[str]:
    """The pieces with the matches marked; one that goes over several pieces has a mark in each."""
    at = 0
    number = 0
    for name, text in pieces:
        end = at + len(text)
        while number < len(matches) and matches[number][0] < end:
            start, stop = matches[number]
            if start > at:
                yield _span((name, text[: start - at]))
                text, at = text[start - at :], start
            inside = text[: stop - at]
            known = f' id="match-{number + 1}"' if start == at else ""
            yield f"<mark{known}>{_span((name, inside))}</mark>"
            text, at = text[len(inside) :], at + len(inside)
            if stop > end:
                break
            number += 1
        if text:
            yield _span((name, text))
        at = end

"""Cuts a text into the pieces in which it is told: lines, and parts of long lines, each with a weight.

Weights share out the time in which a text is shown. Prose weighs its length; the styles of a page, which
nobody reads as they come, come in large pieces and weigh little.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_LONG: Final = 56
_STYLE_PIECE: Final = 900
_STYLE_WEIGHT: Final = 0.04
_DRAWING_WEIGHT: Final = 0.25
_SPOKEN: Final = re.compile(r"\s*<(?:p|li|h1|h2|h3|summary)\b")
_CUT: Final = re.compile(rf".{{1,{_LONG}}}(?:\s|$)|\S{{1,{_LONG}}}|.", re.DOTALL)


@dataclass(frozen=True)
class Piece:
    text: str
    weight: float


def cut(text: str, kind: str) -> tuple[Piece, ...]:
    """The pieces of an artifact of type ``kind``; put together they are ``text``."""
    return tuple(_page(text) if kind == "html" else _lines(text))


def _lines(text: str) -> Iterator[Piece]:
    for line in text.splitlines(keepends=True):
        yield from _parts(line)


def _parts(line: str) -> Iterator[Piece]:
    for match in _CUT.finditer(line):
        yield Piece(match[0], len(match[0]))


def _page(text: str) -> Iterator[Piece]:
    end = text.index("</style>") if "</style>" in text else 0
    held = ""
    for line in text[:end].splitlines(keepends=True):
        held += line
        if len(held) >= _STYLE_PIECE:
            yield Piece(held, len(held) * _STYLE_WEIGHT)
            held = ""
    if held:
        yield Piece(held, len(held) * _STYLE_WEIGHT)
    for line in text[end:].splitlines(keepends=True):
        if _SPOKEN.match(line):
            yield from _parts(line)
        else:
            yield Piece(line, len(line) * _DRAWING_WEIGHT)

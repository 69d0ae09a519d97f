"""Cuts an artifact into the chunks that are streamed: lines and parts of long lines, each with a weight.

Weights divide the time in which an artifact is shown. Prose weighs its length. The styles of a page come in
large chunks with a low weight, because nobody reads them as they arrive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_LONGEST_CHUNK: Final = 56
_STYLE_CHUNK: Final = 900
_STYLE_WEIGHT: Final = 0.04
_DRAWING_WEIGHT: Final = 0.25
_PROSE_LINE: Final = re.compile(r"\s*<(?:p|li|h1|h2|h3|summary)\b")
_CUT: Final = re.compile(rf".{{1,{_LONGEST_CHUNK}}}(?:\s|$)|\S{{1,{_LONGEST_CHUNK}}}|.", re.DOTALL)


@dataclass(frozen=True)
class TextChunk:
    text: str
    weight: float


def cut(text: str, kind: str) -> tuple[TextChunk, ...]:
    """The chunks of an artifact of type ``kind``; joined they are ``text``."""
    return tuple(_page(text) if kind == "html" else _lines(text))


def _lines(text: str) -> Iterator[TextChunk]:
    for line in text.splitlines(keepends=True):
        yield from _parts(line)


def _parts(line: str) -> Iterator[TextChunk]:
    for match in _CUT.finditer(line):
        yield TextChunk(match[0], len(match[0]))


def _page(text: str) -> Iterator[TextChunk]:
    end = text.index("</style>") if "</style>" in text else 0
    held = ""
    for line in text[:end].splitlines(keepends=True):
        held += line
        if len(held) >= _STYLE_CHUNK:
            yield TextChunk(held, len(held) * _STYLE_WEIGHT)
            held = ""
    if held:
        yield TextChunk(held, len(held) * _STYLE_WEIGHT)
    for line in text[end:].splitlines(keepends=True):
        if _PROSE_LINE.match(line):
            yield from _parts(line)
        else:
            yield TextChunk(line, len(line) * _DRAWING_WEIGHT)

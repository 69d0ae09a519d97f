"""A finished text of one artifact, and how JSON and Markdown are put down."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from . import tokens
from .pen import Pen


@dataclass(frozen=True)
class Draft:
    """An artifact's text. ``prose`` is what of it is written language: the rest is form.

    ``name`` and ``type`` are the artifact's, as in ``landing`` and ``html``.
    """

    name: str
    type: str
    content: str
    prose: tuple[str, ...]

    @property
    def tokens(self) -> int:
        return sum(map(tokens.count, self.prose))

    @property
    def text(self) -> str:
        return "\n".join(self.prose)


def json_draft(name: str, value: Any) -> Draft:
    """A draft of JSON; its prose is every string in it."""
    content = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    return Draft(name, "json", content, tuple(strings(value)))


_CODES: Final = frozenset({"id", "language", "source", "status"})


def strings(value: Any) -> Iterator[str]:
    """Every string in a JSON value, in order; keys are form, and so are the values that are codes."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in _CODES:
                yield from strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)


@dataclass
class Markdown:
    """Markdown as it is written, block by block.

    Headings and terms are wordings, which the pen fills and may refuse; paragraphs, bullets and cells are
    finished texts. All of it is escaped, so that a user's text stays text.
    """

    pen: Pen
    blocks: list[str] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)

    def heading(self, level: int, wording: str) -> None:
        text = self._fixed(wording)
        if text:
            self._add("#" * level + " " + escape(text), text)

    def paragraph(self, text: str, *, quoted: bool = False) -> None:
        if text:
            self._add(("> " if quoted else "") + escape_line(text), text)

    def bullets(self, items: Sequence[str], *, boxes: bool = False) -> None:
        kept = [item for item in items if item]
        if kept:
            mark = "- [ ] " if boxes else "- "
            self._add("\n".join(mark + escape_line(item) for item in kept), *kept)

    def points(self, items: Sequence[tuple[str, str]]) -> None:
        """Bullets with a term in bold and what is said of it."""
        kept = [(self._fixed(term), text) for term, text in items if text]
        lines = ["- " + (f"**{escape(term)}.** " if term else "") + escape_line(text) for term, text in kept]
        if lines:
            self._add("\n".join(lines), *(part for pair in kept for part in pair if part))

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table of wordings; a row whose first cell may not stand is left out."""
        filled = [[self._fixed(cell) for cell in line] for line in (header, *rows)]
        kept = [filled[0], *(line for line in filled[1:] if line[0])]
        lines = [kept[0], ["---"] * len(header), *kept[1:]]
        text = "\n".join(
            "| " + " | ".join(escape(cell).replace("|", "\\|") for cell in line) + " |" for line in lines
        )
        self._add(text, *(cell for line in kept for cell in line if cell))

    def draft(self, name: str) -> Draft:
        return Draft(name, "md", "\n\n".join(self.blocks) + "\n", tuple(self.prose))

    def _fixed(self, wording: str) -> str:
        return self.pen.line(wording, wording, once=False)

    def _add(self, block: str, *prose: str) -> None:
        self.blocks.append(block)
        self.prose.extend(prose)


_MARKS: Final = re.compile(r"[\\`*\[\]<>]|(?<!\w)_|_(?!\w)|&(?=#?\w+;)")
_LINE_START: Final = re.compile(r"^(?:[#+=~-]|\d+(?=[.)]))")


def escape(text: str) -> str:
    """``text`` so that Markdown shows it as it is, within a line."""
    return _MARKS.sub(r"\\\g<0>", text)


def escape_line(text: str) -> str:
    """``text`` so that Markdown shows it as it is, at the start of a line too."""
    escaped = escape(text)
    start = _LINE_START.match(escaped)
    if start is None:
        return escaped
    digits = start[0].isdigit()
    return f"{start[0]}\\{escaped[start.end() :]}" if digits else "\\" + escaped

"""Markdown, block by block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .draft import Draft, escape, escape_line
from .pen import Pen


@dataclass
class Markdown:
    """Composes Markdown, block by block.

    Headings and terms are wordings, which the pen fills and may reject; paragraphs, bullets and cells are
    finished texts. Everything is escaped, so that a user's text stays text.
    """

    pen: Pen
    blocks: list[str] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)
    _heading: tuple[str, str] | None = None

    def heading(self, level: int, wording: str) -> None:
        """The title, or the heading of a section; that is left out if nothing follows it."""
        text = self._fixed(wording)
        block = "#" * level + " " + escape(text)
        self._heading = None
        if text and level == 1:
            self._add(block, text)
        elif text:
            self._heading = (block, text)

    def paragraph(self, text: str, *, quoted: bool = False) -> None:
        if text:
            self._add(("> " if quoted else "") + escape_line(text), text)

    def bullets(self, items: Sequence[str], *, boxes: bool = False) -> None:
        kept = [item for item in items if item]
        if kept:
            mark = "- [ ] " if boxes else "- "
            self._add("\n".join(mark + escape_line(item) for item in kept), *kept)

    def points(self, items: Sequence[tuple[str, str]]) -> None:
        """Bullets with a term in bold and a text about it."""
        kept = [(self._fixed(term), text) for term, text in items if text]
        lines = ["- " + (f"**{escape(term)}.** " if term else "") + escape_line(text) for term, text in kept]
        if lines:
            self._add("\n".join(lines), *(part for pair in kept for part in pair if part))

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table of wordings; a row whose first cell is rejected is left out."""
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
        if self._heading is not None:
            heading, text = self._heading
            self.blocks.append(heading)
            self.prose.append(text)
            self._heading = None
        self.blocks.append(block)
        self.prose.extend(prose)

"""Blocks of GitHub's Markdown that python-markdown does not know: an extension for it.

A table may stand right behind a paragraph, a backslash ends a line, and the content of ``<details>`` is
Markdown.
"""

from __future__ import annotations

import re
from textwrap import dedent
from typing import Any, Final
from xml.etree.ElementTree import Element

from markdown import Extension, Markdown
from markdown.blockprocessors import BlockProcessor
from markdown.inlinepatterns import SubstituteTagInlineProcessor
from markdown.preprocessors import Preprocessor

_DELIMITERS: Final = re.compile(r"(?=.*\|)\s*+\|?\s*+:?-++:?\s*+(?:\|\s*+:?-++:?\s*+)*+\|?\s*+$")
_ITEM: Final = re.compile(r" *(?:[*+-]|\d{1,9}\.) ")
_DETAILS: Final = re.compile(r"^ {0,3}<details(?=[\s>])(?![^>]*\smarkdown\b)", re.IGNORECASE)
_BEFORE_TABLES: Final = 76
_BETWEEN_FENCES_AND_HTML: Final = 22
_BREAKS: Final = 185
"""Priorities in python-markdown: its tables have 75, escaped characters 180; fences are taken out at 25, and
HTML at 20."""


class GitHubBlocks(Extension):
    """Adds the rules to a converter, which needs the extensions ``tables`` and ``md_in_html``."""

    def extendMarkdown(self, md: Markdown) -> None:
        md.parser.blockprocessors.register(_TableBehindText(md.parser), "table_behind_text", _BEFORE_TABLES)
        md.inlinePatterns.register(SubstituteTagInlineProcessor(r"\\\n", "br"), "backslash_break", _BREAKS)
        md.preprocessors.register(_MarkdownInDetails(md), "markdown_in_details", _BETWEEN_FENCES_AND_HTML)


class _TableBehindText(BlockProcessor):
    """Separates a table from the paragraph that it stands behind."""

    def test(self, parent: Element, block: str) -> bool:
        return self._header(block) > 0

    def run(self, parent: Element, blocks: list[str]) -> None:
        lines = blocks.pop(0).split("\n")
        at = self._header("\n".join(lines))
        blocks[:0] = ["\n".join(lines[:at]), dedent("\n".join(lines[at:]))]
        self.parser.parseBlocks(parent, [blocks.pop(0)])

    @staticmethod
    def _header(block: str) -> int:
        """The number of the line with the table's header; 0 if the block is no text with a table behind.

        The table of a list item comes again, in a block of the item's text alone.
        """
        lines = block.split("\n")
        if _ITEM.match(lines[0]):
            return 0
        rows = range(1, len(lines) - 1)
        return next((at for at in rows if "|" in lines[at] and _DELIMITERS.match(lines[at + 1])), 0)


class _MarkdownInDetails(Preprocessor):
    """Marks ``<details>`` for ``md_in_html``."""

    def run(self, lines: list[str]) -> list[Any]:
        return [_DETAILS.sub(r'\g<0> markdown="1"', line) for line in lines]

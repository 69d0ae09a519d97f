"""A worker's text in Markdown, where it must not become markup: as code, which no program interprets.

Code has no links, mentions, references, images or HTML, on any host. Escapes would have to know all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from .words import VISIBLE, one_line

_SAFE: Final = VISIBLE | {ord("|"): "¦"}
_TICKS: Final = re.compile("`+")
_LEAST_FENCE: Final = 3
_MOST_TICKS: Final = 8


def code(text: str, most: int = 200) -> str:
    """A text as code in a line or in the cell of a table, cut after ``most`` characters.

    A vertical bar, which ends a cell, becomes a broken bar.

    >>> code("<b>@all</b> | `x`"), code("")
    ('`` <b>@all</b> ¦ `x` ``', '')
    """
    text = _few_ticks(one_line(text[: most * 4]).translate(_SAFE))
    if not text:
        return ""
    if len(text) > most:
        text = text[: most - 1] + "…"
    ticks = "`" * (_longest_ticks(text) + 1)
    space = " " if "`" in (text[0], text[-1]) else ""
    return f"{ticks}{space}{text}{space}{ticks}"


def block(lines: Iterable[str], most: int = 300) -> str:
    """Lines of text as a block of code; each is one line of it, cut after ``most`` characters."""
    shown = [_few_ticks(" ".join(line[: most * 4].splitlines()).translate(VISIBLE)) for line in lines]
    shown = [line if len(line) <= most else line[: most - 1] + "…" for line in shown]
    fence = "`" * max(_LEAST_FENCE, _longest_ticks("\n".join(shown)) + 1)
    return "\n".join([f"{fence}text", *shown, fence])


def _few_ticks(text: str) -> str:
    """A text without long rows of backticks, which would have to be around it, too."""
    return text if _longest_ticks(text) <= _MOST_TICKS else text.replace("`", "ˋ")


def _longest_ticks(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)

"""Text as a terminal shows it at the end: carriage returns and backspaces move back, and text overwrites.

Progress bars do that. Sequences that erase a part of the line or move in it count too, and what remains
keeps its colours. Each character takes one column.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby
from typing import Final

from . import ansi

_MOVES_BACK: Final = re.compile(r"\x08|(?<!\r)\r(?!\r*+(?:\n|\Z))|\x1b\[\d*+[DG]")
_LONGEST: Final = 100_000
"""Characters; a longer text is no progress bar, and stays as it is."""
_MOST_COLUMNS: Final = 10_000
"""A sequence moves to this column at most."""
_MOST_DIGITS: Final = 9
"""Of a number in a sequence; one of more is beyond each column, and Python reads none of thousands."""

_ATTRIBUTES: Final = {"bold": 1, "dim": 2, "italic": 3, "underline": 4, "inverse": 7, "strike": 9}


def overwritten(text: str) -> str:
    """The text that is left when everything was written, each line by itself.

    >>> overwritten("10 %\\r50 %\\rdone"), overwritten("abc\\b\\bX"), overwritten("two\\r\\nlines")
    ('done', 'aXc', 'two\\r\\nlines')
    """
    if len(text) > _LONGEST or _MOVES_BACK.search(text) is None:
        return text
    return "\n".join(map(_line, text.split("\n")))


def _line(line: str) -> str:
    cells: list[tuple[str, str]] = []  # characters, and the names of their styles
    style, at = ansi.Style(), 0
    for part, sequence in ansi.split(line):
        name = style.name()
        for char in part:
            if char == "\r":
                at = 0
            elif char == "\b":
                at = max(0, at - 1)
            elif unicodedata.combining(char) and 0 < at <= len(cells):
                before = cells[at - 1]
                cells[at - 1] = (before[0] + char, before[1])
            else:
                cells += [(" ", "")] * (at - len(cells))
                cells[at : at + 1] = [(char, name)]
                at += 1
        if sequence is None:
            break
        if ansi.is_sgr(sequence):
            style.apply(sequence["parameters"])
        else:
            at = _moved(sequence, cells, at)
    return "".join(
        _styled("".join(char for char, _ in group), name)
        for name, group in groupby(cells, key=lambda cell: cell[1])
    )


def _moved(sequence: re.Match[str], cells: list[tuple[str, str]], at: int) -> int:
    """Erases what the sequence erases, and returns the column after it."""
    parameter = sequence["parameters"] or ""
    number = parameter.isascii() and parameter.isdigit()
    count = min(int(parameter.lstrip("0")[:_MOST_DIGITS] or 0), _MOST_COLUMNS) if number else 0
    match sequence["final"]:
        case "K" if count == 0:
            del cells[at:]
        case "K" if count == 1:
            cells[: at + 1] = [(" ", "")] * min(at + 1, len(cells))
        case "K" if count == 2:
            cells.clear()
        case "G":
            return max(1, count) - 1
        case "C":
            return min(at + max(1, count), _MOST_COLUMNS)
        case "D":
            return max(0, at - max(1, count))
    return at


def _styled(text: str, name: str) -> str:
    """The text with the control sequences of a style around it."""
    if not name:
        return text
    codes = []
    for word in name.split():
        ground, _, colour = word.partition("-")
        if ground not in {"fg", "bg"}:
            codes.append(_ATTRIBUTES[word])
            continue
        plain = ansi.COLOURS.index(colour.removeprefix("bright-"))
        codes.append(plain + (30 if ground == "fg" else 40) + (60 if colour.startswith("bright-") else 0))
    return f"\x1b[{';'.join(map(str, codes))}m{text}\x1b[0m"

"""Text of a worker for a terminal: nothing in it acts on the terminal, and it has a known width."""

from __future__ import annotations

import unicodedata
from typing import Final

from . import ansi
from .overwriting import overwritten

_UNSEEN: Final = (
    *range(0x200B, 0x2010),  # zero width characters, and the marks of a direction
    *range(0x2028, 0x202F),  # separators of lines, and directions of the text that follows
    *range(0x2060, 0x2070),
    *(0x00AD, 0x061C, 0x180E, 0xFEFF),
    *range(0xFFF9, 0xFFFC),
    *range(0xE0000, 0xE0080),
)
_JOINER: Final = 0x200D  # within emoji

CONTROLS: Final[dict[int, int | str]] = {
    **{code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n\r"},
    0x7F: 0x2421,
    **dict.fromkeys(range(0x80, 0xA0), 0xFFFD),
}
"""Control characters as visible symbols, except tabs and line ends."""
VISIBLE: Final[dict[int, int | str]] = {
    **CONTROLS,
    **{code: 0x2400 + code for code in b"\t\n\r"},
    **dict.fromkeys(range(0xD800, 0xE000), 0xFFFD),
    **{code: f"<U+{code:04X}>" for code in _UNSEEN if code != _JOINER},
}
"""Control characters as visible symbols, and characters that change the order of others by their code."""


def harmless(text: str) -> str:
    """The text on one line, without control sequences; single control characters are visible symbols."""
    return " ".join(ansi.plain(overwritten(text)).split()).translate(VISIBLE)


def width(text: str) -> int:
    """The number of columns that a terminal uses for a text."""
    return sum(map(_columns, text))


def fitted(text: str, columns: int) -> str:
    """The text, shortened or filled to a number of columns."""
    wide = width(text)
    if wide <= columns:
        return text + " " * (columns - wide)
    kept, used = [], 1
    for char in text:
        used += _columns(char)
        if used > columns:
            break
        kept.append(char)
    shortened = "".join(kept) + "…"
    return shortened + " " * (columns - width(shortened))


def _columns(char: str) -> int:
    if char.isascii():
        return 1
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1

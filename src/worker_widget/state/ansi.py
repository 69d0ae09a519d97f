"""Converts text with terminal control sequences to plain text, or to pieces with styles.

Only SGR sequences (colours and attributes) are interpreted; all others are removed. An OSC 8 link keeps its
text. Single control characters, such as tabs and line ends, are text. The grammar is that of ECMA-48, section
5.4, and of xterm's control sequences for OSC and the colours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple

_SEQUENCE: Final = re.compile(
    r"""
      (?:\x1b\[|\x9b) (?P<parameters>[0-?]*) (?P<between>[ -/]*) (?P<final>[@-~])   # CSI
    | (?:\x1b\[|\x9b) [0-?]* [ -/]* \Z                                              # CSI that is cut off
    | \x1b\] [^\x07\x1b\n]* (?:\x07|\x1b\\)?                                        # OSC
    | \x1b[PX^_] (?:[^\x1b]* \x1b\\)?                                               # DCS, SOS, PM, APC
    | \x1b [ -/]* [0-~]?                                                            # all other escapes
    """,
    re.VERBOSE,
)

COLOURS: Final = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_NAMES: Final = (*COLOURS, *(f"bright-{colour}" for colour in COLOURS))
_RGB: Final = (
    *((0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0)),
    *((0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229)),
    *((127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0)),
    *((92, 92, 255), (255, 0, 255), (0, 255, 255), (255, 255, 255)),
)
"""xterm's values of the 16 colours, in their order."""
_CUBE: Final = (0, 95, 135, 175, 215, 255)
_MOST_DIGITS: Final = 4

_ON: Final = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "inverse", 9: "strike", 21: "underline"}
_OFF: Final = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 27: ("inverse",), 29: ("strike",)}
_ORDER: Final = ("bold", "dim", "italic", "underline", "strike", "inverse")


class StyledText(NamedTuple):
    """Text in one style: style names separated by spaces, such as ``"bold fg-red"``, or ``""``."""

    text: str
    style: str


def plain(text: str) -> str:
    """Removes control sequences. The result equals the texts of `pieces`, joined."""
    return _SEQUENCE.sub("", text) if "\x1b" in text or "\x9b" in text else text


def pieces(text: str) -> Iterator[StyledText]:
    """Splits text where its style changes. Neighbours differ in style; no piece is empty.

    Styles are bold, dim, italic, underline, strike, inverse, and ``fg-`` or ``bg-`` with one of 16 colours:
    those of `COLOURS`, plain or with ``bright-`` before. Other colours become the nearest of the 16.
    """
    style = Style()
    piece, name = "", ""
    for part, sequence in split(text):
        if part:
            current = style.name()
            if current != name and piece:
                yield StyledText(piece, name)
                piece = ""
            piece, name = piece + part, current
        if sequence is not None and is_sgr(sequence):
            style.apply(sequence["parameters"])
    if piece:
        yield StyledText(piece, name)


def split(text: str) -> Iterator[tuple[str, re.Match[str] | None]]:
    """The texts between sequences, each with the sequence that follows it."""
    end = 0
    for sequence in _SEQUENCE.finditer(text):
        yield text[end : sequence.start()], sequence
        end = sequence.end()
    yield text[end:], None


def is_sgr(sequence: re.Match[str]) -> bool:
    private = (sequence["parameters"] or "").startswith(("<", "=", ">", "?"))
    return sequence["final"] == "m" and not sequence["between"] and not private


class Style:
    """The style that a terminal has after the sequences so far."""

    def __init__(self) -> None:
        self._attributes: set[str] = set()
        self._colours: dict[str, str] = {}

    def name(self) -> str:
        if not self._attributes and not self._colours:
            return ""
        words: list[str] = [word for word in _ORDER if word in self._attributes]
        words += [f"{ground}-{self._colours[ground]}" for ground in ("fg", "bg") if ground in self._colours]
        return " ".join(words)

    def apply(self, parameters: str) -> None:
        """Applies the parameters of one sequence; unknown parameters change nothing."""
        numbers = iter(_numbers(parameters))
        for number, details in numbers:
            if number == 0:
                self._attributes.clear()
                self._colours.clear()
            elif number == 4 and details[:1] == [0]:
                self._attributes.discard("underline")
            elif number in _ON:
                self._attributes.add(_ON[number])
            elif number in _OFF:
                self._attributes.difference_update(_OFF[number])
            elif number in (38, 48, 58):
                colour = _extended(details or _following(numbers))
                if colour is not None and number != 58:  # 58 is the underline's colour
                    self._colours["fg" if number == 38 else "bg"] = colour
            else:
                self._colour(number)

    def _colour(self, number: int) -> None:
        ground = "bg" if number in range(40, 50) or number in range(100, 108) else "fg"
        if number in (39, 49):
            self._colours.pop(ground, None)
        elif number in range(30, 38) or number in range(40, 48):
            self._colours[ground] = _NAMES[number % 10]
        elif number in range(90, 98) or number in range(100, 108):
            self._colours[ground] = _NAMES[8 + number % 10]


def _numbers(parameters: str) -> Iterator[tuple[int, list[int]]]:
    """The parameters, each with the details that follow it after colons. An empty parameter is 0."""
    for parameter in parameters.split(";"):
        number, *details = [_number(digits) for digits in parameter.split(":")]
        yield number, details


def _number(digits: str) -> int:
    if not digits:
        return 0
    return int(digits) if len(digits) <= _MOST_DIGITS and digits.isdecimal() else -1


def _following(numbers: Iterator[tuple[int, list[int]]]) -> list[int]:
    """The details of a colour that are written as separate parameters."""
    kind = [number for number, _ in islice(numbers, 1)]
    return kind + [number for number, _ in islice(numbers, {2: 3, 5: 1}.get(kind[0], 0) if kind else 0)]


def _extended(details: list[int]) -> str | None:
    """The colour in ``5, index`` or ``2, r, g, b``; with colons a colour space may precede r."""
    if details[:1] == [5] and len(details) >= 2 and 0 <= details[1] <= 255:
        index = details[1]
        return _NAMES[index] if index < len(_NAMES) else nearest(*_palette(index))
    if details[:1] == [2] and len(details) >= 4:
        red, green, blue = details[2:5] if len(details) >= 5 else details[1:4]
        if max(red, green, blue) <= 255 and min(red, green, blue) >= 0:
            return nearest(red, green, blue)
    return None


def _palette(index: int) -> tuple[int, int, int]:
    """The colours 16 to 255: a cube of 216, then 24 greys."""
    if index >= 232:
        grey = 8 + 10 * (index - 232)
        return grey, grey, grey
    red, rest = divmod(index - 16, 36)
    green, blue = divmod(rest, 6)
    return _CUBE[red], _CUBE[green], _CUBE[blue]


@lru_cache(1024)
def nearest(red: int, green: int, blue: int) -> str:
    """The name of the nearest of the 16 colours, by the distance in RGB."""

    def distance(rgb: tuple[int, int, int]) -> int:
        return (rgb[0] - red) ** 2 + (rgb[1] - green) ** 2 + (rgb[2] - blue) ** 2

    return _NAMES[min(range(len(_RGB)), key=lambda index: distance(_RGB[index]))]

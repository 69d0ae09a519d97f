"""A worker's errors in words: an error of its program is named as such, with its own text quoted. Pure."""

from __future__ import annotations

import re
from typing import Final

PROGRAM_STOPPED: Final = "The worker's program stopped with an error"

_OF_A_PROGRAM: Final = re.compile(
    r"""
    ^[\w.]*(?:Error|Exception)\b(?!\s+[a-z])            # KeyError: 'plan'
    | ^Traceback\ \(most\ recent\ call\ last\)
    | ^'[^']*'$                                      # the text of a KeyError
    | '\w+'\ object\ (?:has\ no|is\ not|does\ not|cannot)\b
    | \bis\ not\ a\ valid\ [A-Z]\w*$                 # of an enumeration
    | \bunsupported\ operand\ type | \bunhashable\ type | \bindices\ must\ be\ integers
    | \b(?:list|string|tuple)\ index\ out\ of\ range | \bdivision\ by\ zero
    | \bmissing\ \d+\ required\ (?:positional|keyword) | \btakes\ \d+\ positional\ argument
    | \bunexpected\ keyword\ argument | \bname\ '\w+'\ is\ not\ defined | \bNo\ module\ named\b
    | \binvalid\ literal\ for\ int | \bcould\ not\ convert\ string\ to\ float
    | \bline\ \d+\ column\ \d+\ \(char\ \d+\)        # of a JSON reader
    | \bCannot\ (?:read|set)\ propert | \bis\ not\ a\ function$ | \bundefined\ is\ not\b
    """,
    re.VERBOSE,
)
_MOST_SEARCHED: Final = 1_000


def error_words(error: str) -> str:
    """The error as a sentence.

    >>> error_words("The task is empty.")
    'The task is empty.'
    >>> error_words("division by zero")
    "The worker's program stopped with an error: “division by zero”"
    """
    text = error.strip()
    return f"{PROGRAM_STOPPED}: “{text}”" if _OF_A_PROGRAM.search(text[:_MOST_SEARCHED]) else error

"""Proofreads finished texts: repeated sentences, open slots, and files that are not in normal form."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Final

from ..language import typography

_FEWEST_WORDS: Final = 4
_ENDS: Final = (".", "!", "?", "…")
_OPEN_SLOT: Final = re.compile(r"\{[A-Za-z_]*\}")


def repeated(texts: Sequence[str], most: int = 1) -> list[str]:
    """Sentences of four words or more that occur more than ``most`` times; labels without an end mark may."""
    counted = Counter(
        part.casefold()
        for text in texts
        for part in typography.sentences(text)
        if len(part.split()) >= _FEWEST_WORDS and part.endswith(_ENDS)
    )
    return [sentence for sentence, count in counted.items() if count > most]


def open_slots(texts: Sequence[str]) -> list[str]:
    """Slots that were not filled."""
    return [match[0] for text in texts for match in _OPEN_SLOT.finditer(text)]


def is_normal(text: str) -> bool:
    """Whether a text is in normal form: NFC, LF only, no space before a line end, one line end at the end."""
    lines = text.split("\n")
    single = text.endswith("\n") and not text.endswith("\n\n")
    return (
        single
        and "\r" not in text
        and all(line == line.rstrip() for line in lines)
        and unicodedata.is_normalized("NFC", text)
    )

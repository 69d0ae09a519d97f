"""The normal forms of a searched text: "é" is one letter or two characters, and a search finds both."""

from __future__ import annotations

import re
import unicodedata


def normal_forms(text: str) -> tuple[str, ...]:
    """The text as it was typed, composed and decomposed, each form once.

    >>> [len(form) for form in normal_forms("café")], normal_forms("cafe")
    ([4, 5], ('cafe',))
    """
    if text.isascii():
        return (text,)
    return tuple(dict.fromkeys((text, *(unicodedata.normalize(form, text) for form in ("NFC", "NFD")))))


def literal_pattern(text: str) -> re.Pattern[str]:
    """A pattern for the text in any form, ignoring case."""
    return re.compile("|".join(map(re.escape, normal_forms(text))), re.IGNORECASE)

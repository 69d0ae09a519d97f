"""Puts a text that is written in capitals alone into lower case, without the capitals of its nouns."""

from __future__ import annotations

import re
from typing import Final

_FEWEST_CAPITALS: Final = 12
"""Letters; a shorter text in capitals may be a name."""

_PLACED: Final = re.compile(
    r"\b(in|near|from|aus) "
    r"((?:(?:new|los|las|san|santa|saint|st\.|são|bad|sankt|lake|mount|cape) )?)([^\W\d_])"
)
_IT: Final = re.compile(
    r"\bit (?=(?:departments?|teams?|support|staff|services?|compan\w+|admins?|experts?)\b)"
)
_INITIALISMS: Final = frozenset(
    {"ai", "api", "b2b", "b2c", "crm", "diy", "erp", "ev", "ki", "nft", "ngo", "pdf", "saas", "seo", "sms"}
    | {"tv", "uk", "usa", "vr"}
)


def is_in_capitals(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    small = sum(character.islower() for character in letters)
    return len(letters) >= _FEWEST_CAPITALS and small * 10 < len(letters)


def in_lower_case(text: str) -> str:
    """``text`` in lower case, but for initialisms and the first letter after "in" and the like.

    >>> in_lower_case("AN AI FOR DOGS IN NEW YORK")
    'an AI for dogs in New York'
    """
    quiet = re.sub(r"[^\W\d_]\w*", _lower_word, text)
    quiet = _IT.sub("IT ", quiet)
    return _PLACED.sub(lambda match: f"{match[1]} {match[2].title()}{match[3].upper()}", quiet)


def _lower_word(word: re.Match[str]) -> str:
    return word[0] if word[0].lower() in _INITIALISMS else word[0].lower()

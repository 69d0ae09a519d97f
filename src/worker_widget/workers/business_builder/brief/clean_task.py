"""Strips markup, URLs and emoji from a task, and puts a task in capitals into lower case.

Scripts and styles go with their content; nothing is added. Policies and drift are checked on the task as it
was typed; only the readers see it cleaned.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from ..language.word_lists import word_set

_HIDDEN: Final = re.compile(r"(?is)<(script|style)\b[^>]*>.*?(?:</\1\s*>|\Z)")
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]*>|<!--.*?(?:-->|\Z)", re.DOTALL)
_ENTITY: Final = re.compile(r"&(?:[a-z]{2,8}|#\d{1,6});", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"(?i)\b(?:https?://|www\.)\S+")
_MARKS: Final = re.compile(r"([!?])[!?]+")
_PLACED: Final = re.compile(r"\b(in|near|from|aus) ([^\W\d_])")
_INITIALISMS: Final = word_set("ai api b2b b2c crm diy erp ev ki nft ngo pdf saas seo sms tv uk usa vr")
_JOINED: Final = "\u200d\ufe0e\ufe0f\u20e3\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
"""Joiners and variation selectors of emoji, and skin tones."""

_FEWEST_CAPITALS: Final = 12
"""Letters; a shorter text in capitals may be a name."""


def clean_task(task: str) -> str:
    """``task`` as prose; keeps its lines.

    >>> clean_task("<h1>BUILD A PAGE FOR MY BIKE SHOP IN PORTLAND!!!</h1>")
    'build a page for my bike shop in Portland!'
    """
    text = _HIDDEN.sub(" ", task)
    text = _ENTITY.sub(" ", _TAG.sub(" ", text))
    text = _ADDRESS.sub(" ", text)
    text = "".join(" " if _is_picture(character) else character for character in text)
    text = _MARKS.sub(r"\1", text)
    text = "\n".join(line.strip() for line in text.splitlines())
    return _in_lower_case(text) if _is_in_capitals(text) else text


def _is_picture(character: str) -> bool:
    """Whether a character is an emoji, a dingbat, or part of one."""
    return unicodedata.category(character) in {"So", "Cs"} or character in _JOINED


def _is_in_capitals(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    small = sum(character.islower() for character in letters)
    return len(letters) >= _FEWEST_CAPITALS and small * 10 < len(letters)


def _in_lower_case(text: str) -> str:
    quiet = re.sub(r"[^\W\d_]\w*", _lower_word, text)
    return _PLACED.sub(lambda match: f"{match[1]} {match[2].upper()}", quiet)


def _lower_word(word: re.Match[str]) -> str:
    return word[0] if word[0].lower() in _INITIALISMS else word[0].lower()

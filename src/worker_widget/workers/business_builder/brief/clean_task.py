"""Strips markup, URLs and emoji from a task, and puts a task in capitals into lower case.

Scripts and styles go with their content; nothing is added. Policies and drift are checked on the task as it
was typed; only the readers see it cleaned.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from ..language import capitals

_HIDDEN: Final = re.compile(r"(?is)<(script|style)\b[^>]*>.*?(?:</\1\s*>|\Z)")
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]*>|<!--.*?(?:-->|\Z)", re.DOTALL)
_ENTITY: Final = re.compile(r"&(?:[a-z]{2,8}|#\d{1,6});", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"(?i)\b(?:https?://|www\.)\S+")
_MARKS: Final = re.compile(r"(?<![.!?])([.!?])[!?]+")
_ITEM: Final = re.compile(r"(?<=[.!?:;]) +[-–•*] +(?=\w)")
"""The mark of a list item that stands on the line of the text before it."""

_CONTROL_SEQUENCE: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_JOINED: Final = "\u200d\ufe0e\ufe0f\u20e3\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
"""Joiners and variation selectors of emoji, and skin tones."""


def clean_task(task: str) -> str:
    """``task`` as prose; keeps its lines.

    >>> clean_task("<h1>BUILD A PAGE FOR MY BIKE SHOP IN PORTLAND!!!</h1>")
    'build a page for my bike shop in Portland!'
    """
    text = _HIDDEN.sub(" ", _CONTROL_SEQUENCE.sub("", task))
    text = _ENTITY.sub(" ", _TAG.sub(" ", text))
    text = _ADDRESS.sub(" ", text)
    text = "".join(" " if _is_picture(character) else character for character in text)
    text = _ITEM.sub("\n- ", _MARKS.sub(r"\1", text))
    text = "\n".join(line.strip() for line in text.splitlines())
    return capitals.in_lower_case(text) if capitals.is_in_capitals(text) else text


def _is_picture(character: str) -> bool:
    """Whether a character is an emoji, a dingbat, or part of one."""
    return unicodedata.category(character) in {"So", "Cs"} or character in _JOINED

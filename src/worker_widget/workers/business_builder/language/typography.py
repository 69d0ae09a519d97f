"""Text without a language: cleaning, sentences, capitals, headings, shortening and lists."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

_CONTROL: Final = re.compile(
    "\x1b\\[[0-?]*[ -/]*[@-~]|[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff0-\uffff]"
)


_SPACES: Final = re.compile(r"\s+")


_SENTENCE_END: Final = re.compile(
    r"(?:(?<=[.!?…])(?<!\b\d\.)(?<!\b\d\d\.)|(?<=[£$€¥]\d\.)|(?<=[£$€¥]\d\d\.)|(?<=\d[.,]\d\d\.))[\"'”’)]*\s+(?=[\"'“‘(]?[^\W_])"
)
"""A full stop after a small number makes it an ordinal, unless it is a price."""


_ABBREVIATION: Final = re.compile(
    r"(?i)(?<![^\W_])(?:e\.g|i\.e|etc|vs|dr|mr|ms|mrs|prof|st|inc|ltd|ca|approx|tel|bzw|inkl|zzgl|evtl|z\.\s?b|u\.\s?a|"
    r"d\.\s?h|str|hr|fr)\.$"
)
_NUMBERED: Final = re.compile(r"(?i)(?<![^\W_])(?:no|nr)\.$")
"""An abbreviation before a number."""


def clean(text: str) -> str:
    """``text`` in NFC on one line: no control or invisible characters, single spaces, none at the ends."""
    visible = _CONTROL.sub(" ", unicodedata.normalize("NFC", text))
    return _SPACES.sub(" ", visible).strip()


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a cleaned text, each with its own end mark."""
    parts: list[str] = []
    for part in _SENTENCE_END.split(text):
        if parts and (
            _ABBREVIATION.search(parts[-1]) or (_NUMBERED.search(parts[-1]) and part[:1].isdigit())
        ):
            parts[-1] = f"{parts[-1]} {part}"
        elif part:
            parts.append(part)
    return tuple(parts)


_ADDRESS: Final = re.compile(r"[\w.+-]+@[\w-]+\.|(?:https?://|www\.)")


def capital(text: str) -> str:
    """``text`` with its first letter as a capital; "iPhone", mail addresses and the like stay as they are."""
    if len(text) > 1 and text[0].islower() and (text[1].isupper() or _ADDRESS.match(text)):
        return text
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """``text`` as a sentence: capital first, end mark last."""
    text = capital(text.strip())
    if not text or text[-1] in ".!?…:。！？" or text[-2:-1] in (".", "!", "?"):
        return text
    return text + ("。" if _CHINESE_OR_JAPANESE.match(text[-1]) else ".")


_CHINESE_OR_JAPANESE: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


def heading(text: str) -> str:
    """``text`` as a heading: capital first, no full stop at the end."""
    text = capital(text.strip())
    return text[:-1] if text.endswith(".") and not text.endswith("..") else text


def clip(text: str, limit: int) -> str:
    """As many whole sentences as fit into ``limit`` characters; at least a piece of the first, marked "…"."""
    kept = ""
    for part in sentences(text):
        longer = f"{kept} {part}".strip()
        if len(longer) > limit:
            break
        kept = longer
    if kept or len(text) <= limit:
        return kept or text
    cut = text[: limit - 1]
    at_word = cut.rfind(" ")
    return (cut[:at_word] if at_word > limit // 2 else cut).rstrip(" ,;:.-") + "…"


def listed(items: Sequence[str], joint: str = "and") -> str:
    """Items as running text: "a", "a and b", "a, b and c"; ``joint`` is the word before the last."""
    *start, last = items
    return f"{', '.join(start)} {joint} {last}" if start else last

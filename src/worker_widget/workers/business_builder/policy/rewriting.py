"""Removes claims from a text.

First by rewording: a superlative becomes its positive form, a guarantee an intention, and a descriptive word
is removed. Then by cutting: the part of the sentence with the claim, the sentence, at last the text. Every
step is checked against all rules, so that a rewrite does not replace one violation by another.

Limits: English; a text is shortened where no plainer wording is listed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..content import library
from ..language import typography
from .rules import Rule, breaks, check
from .universal_claims import PLAINER

_UNCOUNTED: Final = (
    "advice|bread|care|coffee|content|craftsmanship|equipment|experience|food|help|information|quality|service|"
    "software|support|tea|training|treatment|wine|work"
)
_PLAINER: Final = (
    (r"\b(?:the|our|your|a)\s+(?:world|market|industry)(?:['’]s)?[ -](?:leading|first|class)\s+(?=\w)", "a "),
    (r"\b(?:world|market|industry)(?:['’]s)?[ -](?:leading|first|class)\s+(?=\w)", ""),
    (r"\b(?:the|a|an)\s+(?:#\s?1|number one|no\.\s?1)\s+(?=\w)", "a "),
    (r"\b(?:#\s?1|number one|no\.\s?1)\s+(?=\w)", ""),
    (rf"\bthe\s+best\b(?=(?:\s+[\w-]+)?\s+(?:{_UNCOUNTED}|\w+s)\b)", "good"),
    (r"\bthe\s+best\b(?=\s+\w)", "a good"),
    (r"\bbest[ -](?:in[ -]class|selling)\b", "good"),
    (r"\bbest\b(?=\s+\w)", "good"),
    (r"\b(we|i)\s+guarantee(?=\s+(?!you\b|that\b|it\b|to\b)\w)", r"\1 aim for"),
    (r"\bguaranteed\s+(?=\w)", ""),
    (r",?\s*\bguaranteed\b", ""),
    (r"\b(?:with\s+)?(?:an?\s+)?(?:100\s?%\s+)?guarantee(?:s|d)?\s+(?:of|for)\b", "in pursuit of"),
    (r"\b(?:the\s+)?(cheap|fast|easi|great|fine|smart|strong|safe)e?st\b", None),
    (r"\b(?:unbeatable|unrivall?ed|unmatched|unparallell?ed|risk[ -]free|100\s?%)\s+(?=\w)", ""),
)  # fmt: skip
_JOINTS: Final = "|".join(
    (
        "and",
        "with",
        "without",
        "while",
        "by",
        "so that",
        "but",
        *(joint for folder in library.TRANSLATIONS for joint in library.advertising(folder).joints),
    )
)
_CUTS: Final = re.compile(rf"\s*(?:[,;:]|\s[–—-]\s|\.\s)\s*|\s+(?=(?:{_JOINTS})\s)", re.IGNORECASE)

_JOINING: Final = re.compile(rf"^(?:{_JOINTS})\s+", re.IGNORECASE)
_FEWEST_WORDS: Final = 3
_DESCRIBED: Final = re.compile(r"\b(?:an?|the|our|your|their|its|my)\s+$", re.IGNORECASE)


@dataclass(frozen=True)
class Rewrite:
    """A text before and after, and how it was changed: "reworded", "shortened" or "left out"."""

    before: str
    after: str
    how: str


def rephrase(text: str, rules: Sequence[Rule]) -> Rewrite:
    """``text`` without violations of ``rules``; empty where nothing can be kept."""
    reworded = _tidy(_reword(text))
    if reworded and reworded != text and breaks(reworded, rules) is None:
        return Rewrite(text, reworded, "reworded")
    lighter = _tidy(_lightened(reworded, rules))
    if lighter and breaks(lighter, rules) is None:
        return Rewrite(text, lighter, "reworded")
    for start in dict.fromkeys((text, reworded, lighter)):
        parts = [_shortened(part, rules) for part in typography.sentences(start)]
        kept = _tidy(" ".join(part for part in parts if part))
        if kept and breaks(kept, rules) is None:
            return Rewrite(text, kept, "shortened")
    return Rewrite(text, "", "left out")


def trim_phrase(text: str, rules: Sequence[Rule]) -> Rewrite:
    """A noun or verb phrase without violations of ``rules``; empty where nothing can be kept."""
    kept = text
    for _ in range(8):
        violations = check(kept, rules, "")
        if not violations:
            break
        first = violations[0]
        kept = re.sub(r"\s{2,}", " ", kept[: first.start] + kept[first.end :]).strip(" ,;:-")
    whole = breaks(kept, rules) is None and any(letter.isalpha() for letter in kept)
    return Rewrite(text, kept, "shortened") if whole else Rewrite(text, "", "left out")


def _reword(text: str) -> str:
    translated = (
        (entry.expression, entry.plain)
        for folder in library.TRANSLATIONS
        for entry in library.advertising(folder).plainer
    )
    for pattern, plain in (*PLAINER, *_PLAINER, *translated):
        text = re.sub(pattern, _positive if plain is None else plain, text, flags=re.IGNORECASE)
    return text


def _positive(match: re.Match[str]) -> str:
    """ "the fastest" as "a fast"."""
    stem = match[1].lower()
    return ("a " if match[0].lower().startswith("the") else "") + ("easy" if stem == "easi" else stem)


def _lightened(text: str, rules: Sequence[Rule]) -> str:
    """``text`` without single words that break a rule between an article and a noun."""
    for violation in sorted(check(text, rules, ""), key=lambda found: -found.start):
        before, after = text[: violation.start], text[violation.end :]
        if " " not in violation.found and _DESCRIBED.search(before) and re.match(r"\s+[^\W\d_]", after):
            text = before.rstrip() + after
    return text


def _shortened(text: str, rules: Sequence[Rule]) -> str:
    """A sentence up to the part that breaks a rule, or else its longest later part that breaks none.

    Empty where fewer than three words remain.
    """
    if breaks(text, rules) is None:
        return text
    cuts = [match.span() for match in _CUTS.finditer(text)]
    starts = [text[:begin] for begin, _ in reversed(cuts)]
    later = sorted((_JOINING.sub("", text[end:]) for _, end in cuts), key=len, reverse=True)
    for part in (*starts, *later):
        kept = part.strip(" ,;:–—-")
        if len(kept.split()) >= _FEWEST_WORDS and breaks(kept, rules) is None:
            return typography.sentence(kept)
    return ""


def _tidy(text: str) -> str:
    text = re.sub(r"\s+([,.;:!?])", r"\1", text)
    text = re.sub(r"[\s,;:–—-]+([.!?]?)$", r"\1", text)
    text = re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", re.sub(r"^[\s,;:]+|\s+$", "", text))
    return typography.capital(re.sub(r"\s{2,}", " ", text))

"""The recovery actions: what really changes when a run recovers.

*Rephrase* takes a claim out of a text. First by wording: a superlative becomes its plain form, a
guarantee an intention. Then by cutting: the part of the sentence that holds the claim, the sentence, and
at last the text. Every step is checked against all rules before it is accepted, so that a rewrite never
trades one violation for another. *Reduce scope* leaves out optional sections, one at a time in their
stated order, and composes again until the result fits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from . import grammar, policy
from .policy import Rule

_T = TypeVar("_T")

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
_CUTS: Final = re.compile(
    r"\s*(?:[,;:]|\s[–—-]\s|\.\s)\s*|\s+(?=(?:and|with|without|while|by|so that|but)\s)",
    re.IGNORECASE,
)

_JOINING: Final = re.compile(r"^(?:and|with|without|while|by|so that|but)\s+", re.IGNORECASE)
_FEWEST_WORDS: Final = 3


@dataclass(frozen=True)
class Rewrite:
    """A text before and after, and how it was changed: "reworded", "shortened" or "left out"."""

    before: str
    after: str
    how: str


def rephrase(text: str, rules: Sequence[Rule]) -> Rewrite:
    """``text`` without anything that breaks ``rules``; empty where nothing of it can stay."""
    reworded = _tidy(_reword(text))
    if reworded and reworded != text and policy.breaks(reworded, rules) is None:
        return Rewrite(text, reworded, "reworded")
    for start in (text, reworded):
        parts = [_shortened(part, rules) for part in grammar.sentences(start)]
        kept = _tidy(" ".join(part for part in parts if part))
        if kept and policy.breaks(kept, rules) is None:
            return Rewrite(text, kept, "shortened")
    return Rewrite(text, "", "left out")


def trim_phrase(text: str, rules: Sequence[Rule]) -> Rewrite:
    """A noun or verb phrase without the words that break ``rules``; empty where nothing of it can stay."""
    kept = text
    for _ in range(8):
        violations = policy.check(kept, rules, "")
        if not violations:
            break
        first = violations[0]
        kept = re.sub(r"\s{2,}", " ", kept[: first.start] + kept[first.end :]).strip(" ,;:-")
    whole = policy.breaks(kept, rules) is None and any(letter.isalpha() for letter in kept)
    return Rewrite(text, kept, "shortened") if whole else Rewrite(text, "", "left out")


def hint(text: str) -> str:
    """A concrete replacement to suggest for one claim, or a word for taking it out."""
    plainer = _tidy(_reword(text))
    return plainer if plainer and plainer.lower() != text.lower() else "(leave it out)"


def _reword(text: str) -> str:
    for pattern, plain in _PLAINER:
        text = re.sub(pattern, _positive if plain is None else plain, text, flags=re.IGNORECASE)
    return text


def _positive(match: re.Match[str]) -> str:
    """ "the fastest" as "a fast"."""
    stem = match[1].lower()
    return ("a " if match[0].lower().startswith("the") else "") + ("easy" if stem == "easi" else stem)


def _shortened(text: str, rules: Sequence[Rule]) -> str:
    """One sentence up to the part that breaks a rule, or else its longest later part that breaks none.

    Empty if fewer than three words would remain.
    """
    if policy.breaks(text, rules) is None:
        return text
    cuts = [match.span() for match in _CUTS.finditer(text)]
    starts = [text[:begin] for begin, _ in reversed(cuts)]
    later = sorted((_JOINING.sub("", text[end:]) for _, end in cuts), key=len, reverse=True)
    for part in (*starts, *later):
        kept = part.strip(" ,;:–—-")
        if len(kept.split()) >= _FEWEST_WORDS and policy.breaks(kept, rules) is None:
            return grammar.sentence(kept)
    return ""


def _tidy(text: str) -> str:
    text = re.sub(r"\s+([,.;:!?])", r"\1", text)
    text = re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", re.sub(r"^[\s,;:]+|\s+$", "", text))
    return grammar.capital(re.sub(r"\s{2,}", " ", text))


class DoesNotFit(Exception):
    """Even without any optional section the result is too large; ``size`` is the least there is."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


@dataclass(frozen=True)
class Fitted(Generic[_T]):
    """What fits: the result, its size, and the sections that were left out for it."""

    result: _T
    size: int
    left_out: tuple[str, ...]


def reduce_scope(
    compose: Callable[[frozenset[str]], _T], size: Callable[[_T], int], optional: Sequence[str], limit: int
) -> Fitted[_T]:
    """``compose`` without as many of the ``optional`` sections, in order, as it takes to fit ``limit``."""
    left_out: tuple[str, ...] = ()
    result = compose(frozenset())
    smallest = size(result)
    for section in optional:
        if smallest <= limit:
            break
        fewer = compose(frozenset((*left_out, section)))
        if size(fewer) < smallest:
            left_out, result, smallest = (*left_out, section), fewer, size(fewer)
    if smallest > limit:
        raise DoesNotFit(smallest)
    return Fitted(result, smallest, left_out)

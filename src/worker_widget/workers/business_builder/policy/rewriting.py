"""Removes claims from a text.

Sentence by sentence. First by rewording: a superlative becomes its positive form, a guarantee an intention,
and a descriptive word is removed. Then by cutting: the part of the sentence with the claim, at last the
sentence. Every step is checked against all rules, so that a rewrite does not replace one violation by
another, and rejected where it leaves an incomplete sentence.

Limits: English and German; a text is shortened where no plainer wording is listed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
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
    (r"\b(we|i)\s+guarantee(?=\s+(?!you\b|that\b|it\b|to\b|your\s+\w+\s+\w+s\b)\w)", r"\1 aim for"),
    (r"\bguaranteed\s+(?=\w)", ""),
    (r",?\s+\bguaranteed\b", ""),
    (r"\b(?:with\s+)?(?:an?\s+)?(?:100\s?%\s+)?guarantee(?:s|d)?\s+(?:of|for)\b", "in pursuit of"),
    (r"\b(?:the\s+)?(cheap|fast|easi|great|fine|smart|strong|safe)e?st\b", None),
    (r"\b(?:unbeatable|unrivall?ed|unmatched|unparallell?ed|100\s?%)\s+(?=\w)", ""),
    (r"\b(?:risk(?:[ -]?free|less)|top[ -]rated)\s+(?=\w)", ""),
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

_VERBS: Final = (
    "is|are|was|were|be|been|being|has|have|had|comes?|came|carry|carries|causes?|offers?|gives?|brings?|"
    "means?|ist|sind|war|waren|hat|haben|hatte|hatten|wird|werden|gibt|bietet|bringt"
)
"""Verbs that need words after them."""

_LINKS: Final = (
    "and|or|but|for|to|when|while|if|because|in|on|at|by|from|with|of|than|that|"
    "und|oder|aber|für|zu|wenn|weil|während|mit|von|bei|auf|als|dass"
)
_INCOMPLETE: Final = re.compile(
    rf"(?=(\b(?:{_VERBS}|and|or|but|with|without|at|und|oder|mit|ohne|an?|the|our|your|ein\w*|clinically|medically|klinisch|medizinisch|ärztlich|"
    rf"will|would|can|we|i|wir)(?:\s+(?:{_LINKS})\b|\s*[,.;:!?]|\s*$)|,\s+(?:to|for|zu|für)\b))",
    re.IGNORECASE,
)
"""A word that needs another after it, and none: "is for", "has and", "our.\""""

_LOOSE_START: Final = re.compile(r"(?:and|or|but|when|und|oder|aber|wenn)\b", re.IGNORECASE)
_DEPENDENT: Final = re.compile(
    r"(?:when|if|while|because|although|since|as soon as|so that|that|wenn|weil|während|obwohl|damit|dass|"
    r"sobald)\b",
    re.IGNORECASE,
)
_PREDICATE: Final = re.compile(
    r"(?P<subject>[^,;:.]+?)\s+(?:is|has|was|causes|carries|comes|ist|hat|war|wird|verursacht)\s",
    re.IGNORECASE,
)
_ADDED: Final = re.compile(r"(?:and|und)\s+")
_VERB: Final = re.compile(
    r"(?:can|will|kann|[a-z]+(?:[^s\W]s|sses)|[a-zäöüß]{3,}t)\s+(?!(?:is|are|was|has|have|can|will|ist|sind|hat|kann)\b)"
)
"""A verb after "and": "comes", "kommt"; no noun, after which another verb stands."""

_JOINING: Final = re.compile(rf"^(?:{_JOINTS})\s+", re.IGNORECASE)
_FEWEST_WORDS: Final = 3
_DESCRIBED: Final = re.compile(r"\b(?:an?|the|our|your|their|its|my)\s+$", re.IGNORECASE)

Repair = Callable[[str], str]


@dataclass(frozen=True)
class Rewrite:
    """A text before and after, and how it was changed: "reworded", "shortened" or "left out"."""

    before: str
    after: str
    how: str


def rephrase(text: str, rules: Sequence[Rule], repair: Repair) -> Rewrite:
    """``text`` without violations of ``rules``; empty where nothing can be kept.

    ``repair`` fixes the grammar of its language afterwards.
    """
    sentences = typography.sentences(text)
    whole = [_reworded(sentence, rules, repair) for sentence in sentences]
    kept = [
        reworded if reworded is not None else _shortened(sentence, rules, repair)
        for sentence, reworded in zip(sentences, whole, strict=True)
    ]
    after = _tidy(" ".join(filter(None, kept)), repair)
    if not after or breaks(after, rules) is not None:
        return Rewrite(text, "", "left out")
    return Rewrite(text, after, "shortened" if None in whole else "reworded")


def _reworded(sentence: str, rules: Sequence[Rule], repair: Repair) -> str | None:
    """A complete sentence without violations, in other words or fewer; ``None`` where there is none."""
    if breaks(sentence, rules) is None:
        return sentence
    reworded = _tidy(_reword(sentence), repair)
    lighter = (_tidy(_lightened(each, rules), repair) for each in (reworded, sentence))
    for changed in (reworded, *lighter):
        if changed and breaks(changed, rules) is None and _is_complete(changed, sentence):
            return changed
    return None


def _is_complete(changed: str, before: str) -> bool:
    """Whether no verb or joint of ``changed`` lacks the words that it had in ``before``."""
    gaps = Counter(re.sub(r"\W+", " ", gap[1].lower()) for gap in _INCOMPLETE.finditer(before))
    left = Counter(re.sub(r"\W+", " ", gap[1].lower()) for gap in _INCOMPLETE.finditer(changed))
    return not left - gaps and not _LOOSE_START.match(changed)


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


def _shortened(text: str, rules: Sequence[Rule], repair: Repair) -> str:
    """A sentence up to the part that breaks a rule, or else its longest later part that breaks none.

    A later part without a subject of its own gets that of the sentence. Empty where fewer than three words
    remain.
    """
    cuts = [match.span() for match in _CUTS.finditer(text)]
    starts = [text[:begin] for begin, _ in reversed(cuts)]
    later = sorted((_with_subject(text, end) for _, end in cuts), key=len, reverse=True)
    for part in (*starts, *later):
        kept = _tidy(part.strip(" ,;:–—-"), repair)
        if (
            len(kept.split()) >= _FEWEST_WORDS
            and breaks(kept, rules) is None
            and _is_complete(kept, text)
            and not (_DEPENDENT.match(kept) and "," not in kept)
        ):
            return typography.sentence(kept)
    return ""


def _with_subject(text: str, start: int) -> str:
    """The part of a sentence from ``start``, with the sentence's subject where it begins with a verb."""
    part = _JOINING.sub("", text[start:])
    found = _PREDICATE.match(text)
    if found is None or not _ADDED.match(text[start:]) or not _VERB.match(part):
        return part
    return f"{found['subject']} {part}"


def _tidy(text: str, repair: Repair) -> str:
    text = re.sub(r"\s+([,.;:!?])", r"\1", text)
    text = re.sub(r"[\s,;:–—-]+([.!?]?)$", r"\1", text)
    text = repair(re.sub(r"^[\s,;:]+|\s+$", "", text))
    return typography.capital(re.sub(r"\s{2,}", " ", text))

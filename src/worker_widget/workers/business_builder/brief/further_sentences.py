"""Sorts the sentences of a task beside the one that names the offer: for the page, or not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from . import stated_facts

_WRITING: Final = re.compile(
    r"(?i)^(?:please\s+|bitte\s+|also\s+|and\s+|then\s+)*(?:make|use|keep|write|include|add|ensure|avoid|"
    r"don['’]?t|do not|"
    r"focus|highlight|mention|be|put|show|emphasi[sz]e|give|let|start|end|try|remember|note|target|create|"
    r"build|design|"
    r"generate|ignore|"
    r"verwende|verwenden|nutze|benutze|schreib\w*|achte|mach|mache|füge|zeig\w*|erwähn\w*|erstell\w*|"
    r"gestalt\w*|halte|"
    r"betone)\b"
    r"|\b(?:landing page|web ?page|the page|website|web ?site|the site|copy|wording|tone|style|colou?rs?|"
    r"design|layout|"
    r"headlines?|buttons?|hero|font|cta|seo|(?:should|must|has to|needs to)\s+(?:look|sound|feel|be)|"
    r"seite|webseite|landing-?page|tonfall|farben?|schriftart|überschrift|soll\s+\w+\s+(?:wirken|klingen|"
    r"aussehen))\b"
)
_OF_THE_AUTHOR: Final = re.compile(
    r"(?i)\b(?:i|i['’](?:m|d|ve|ll)|me|my|mine|myself|maybe|perhaps|asap|as soon as possible|deadline|"
    r"thanks|thank you|"
    r"(?:we|i) (?:want|need|would like|hope|plan)|later we|budget|ich|mich|mir|mein\w*|vielleicht|danke|"
    r"wir (?:wollen|brauchen|möchten|hoffen))\b"
)
_AUDIENCE: Final = re.compile(
    r"(?i)^(?:the\s+)?(?:target\s+)?(?:audience|aimed at|targeting|name|called|zielgruppe|titel)\b"
)
_MARKUP: Final = re.compile(r"[{}<>|\\^~*_]")
_FEWEST_WORDS: Final = 3
_MOST: Final = 6
_LONGEST: Final = 240


def sort_sentences(sentences: Sequence[str], language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The sentences that state something about the offer, and those that no page should have."""
    stated: list[str] = []
    others: list[str] = []
    for text in sentences:
        if _AUDIENCE.match(text):
            continue
        if _WRITING.search(text) or _OF_THE_AUTHOR.search(text) or text.endswith("?") or _MARKUP.search(text):
            others.append(text)
        elif _says_no_more(text, language):
            continue
        elif len(stated) < _MOST and len(text) <= _LONGEST and len(text.split()) >= _FEWEST_WORDS:
            stated.append(text)
        else:
            others.append(text)
    return tuple(stated), tuple(others)


def _says_no_more(text: str, language: str) -> bool:
    """Whether a sentence says nothing beside facts that are read: "It costs 240 pounds"."""
    facts = stated_facts.stated_facts(text, language)
    left = "".join(
        " " if any(fact.start <= index < fact.end for fact in facts) else letter
        for index, letter in enumerate(text)
    )
    return bool(facts) and len(re.findall(r"[^\W\d_]{2,}", left)) <= _FEWEST_WORDS

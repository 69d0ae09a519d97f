"""Sorts the sentences of a task beside the one that names the offer: for the page, or not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ..language.word_lists import word_set
from . import stated_facts

_WRITING: Final = re.compile(
    r"(?i)^(?:please\s+|bitte\s+|also\s+|and\s+|then\s+)*(?:make|use|keep|write|include|add|ensure|avoid|"
    r"don['’]?t|do not|focus|highlight|mention|be|put|show|emphasi[sz]e|give|let|start|end|try|remember|"
    r"note|target|create|build|design|"
    r"generate|ignore|verwende|verwenden|nutze|benutze|schreib\w*|achte|mach|mache|füge|zeig\w*|erwähn\w*|"
    r"erstell\w*|gestalt\w*|halte|betone)\b"
    r"|\b(?:landing page|web ?page|the page|website|web ?site|the site|copy|wording|tone|style|colou?rs?|"
    r"design|layout|headlines?|buttons?|hero|font|cta|seo|(?:should|must|has to|needs to)\s+(?:look|sound|"
    r"feel|be)|seite|webseite|landing-?page|tonfall|farben?|schriftart|überschrift|soll\s+\w+\s+(?:wirken|"
    r"klingen|aussehen))\b"
)
_OF_THE_AUTHOR: Final = re.compile(
    r"(?i)\b(?:i|i['’](?:m|d|ve|ll)|me|my|mine|myself|maybe|perhaps|asap|as soon as possible|deadline|"
    r"thanks|thank you|(?:we|i) (?:want|need|would like|hope|plan)|later we|budget|ich|mich|mir|mein\w*|"
    r"vielleicht|danke|wir (?:wollen|brauchen|möchten|hoffen))\b"
)
_AUDIENCE: Final = re.compile(
    r"(?i)^(?:the\s+)?(?:target\s+)?(?:audience|aimed at|targeting|name|called|zielgruppe|titel)\b"
)
_MARKUP: Final = re.compile(r"[{}<>|\\^~*_]")
_NEUTRAL: Final = word_set(
    "it its this that costs cost price prices pricing fee fees entry tickets is are starts start begins on "
    "at in from to the a an and "
    "date dates time times place takes will be call phone email mail contact us when where es kostet preis "
    "termin beginnt am um im in ab den der die das ist findet statt ort uhrzeit telefon kontakt und"
)
"""Words that say nothing beside a fact."""

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
    ends = [0, *(fact.end for fact in facts)]
    starts = [*(fact.start for fact in facts), len(text)]
    left = " ".join(text[end:start] for end, start in zip(ends, starts, strict=True))
    return bool(facts) and all(word.lower() in _NEUTRAL for word in re.findall(r"[^\W\d_]+", left))

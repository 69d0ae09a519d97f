"""Sorts the sentences of a task beside the one that names the offer: for the page, or not."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

from ..language import typography
from ..language.word_lists import word_set
from . import stated_facts

_ASKS: Final = re.compile(
    r"(?i)(?:please\s+|bitte\s+|also\s+|and\s+|then\s+)*(?:make|use|keep|write|include|add|ensure|avoid|"
    r"don['’]?t|do not|focus|highlight|mention|be|put|show|emphasi[sz]e|give|let|start|end|try|remember|"
    r"note|target|create|build|design|think|imagine|"
    r"generate|ignore|verwende|verwenden|nutze|benutze|schreib\w*|achte|mach|mache|füge|zeig\w*|erwähn\w*|"
    r"erstell\w*|gestalt\w*|halte|betone)\b"
)
"""A sentence that asks for the work, by its first words."""

_ABOUT_PAGE: Final = re.compile(
    r"(?i)\b(?:landing page|web ?page|the page|website|web ?site|the site|copy|wording|tone|style|colou?rs?|"
    r"design|layout|headlines?|buttons?|hero|font|cta|seo|(?:should|must|has to|needs to)\s+(?:look|sound|"
    r"feel|be)|seite|webseite|landing-?page|tonfall|farben?|schriftart|überschrift|soll\s+\w+\s+(?:wirken|"
    r"klingen|aussehen))\b"
)
_STYLE: Final = re.compile(
    r"(?i)\b(?:tone|style|voice|copy|wording|slang|emojis?|memes|vibes?|feel|look|sound|jargon|buzzwords?|think|imagine|"
    r"\d+\s+(?:words|characters|sentences|paragraphs|lines|headlines?|sections)|"
    r"ton|tonfall|stil|umgangssprache|jugendsprache|klingen|aussehen|wirken|"
    r"\d+\s+(?:wörter\w*|worte\w*|zeichen|sätze\w*|absätze\w*|zeilen))\b"
)
"""Words about the style, tone or length of a text."""

_UNWANTED: Final = re.compile(
    r"(?i)(?:please,?\s+|bitte\s+)?(?:no|not too|less|fewer|without|kein\w*|nicht zu|weniger|ohne)\s+"
    r"(?:[\w-]+\s+){0,2}?"
    r"(?:jargon|buzzwords?|slang|emojis?|clich[eé]s?|superlatives|exclamation marks|"
    r"long (?:texts?|sentences)|"
    r"fach\w+|fremdwörter|floskeln|anglizismen|superlative|ausrufezeichen)\b"
)
"""A sentence that says which words a page must not have."""

_CLAUSE: Final = re.compile(r"[^,;:()–—]+")
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

_WORD: Final = re.compile(r"\w+")
_FEWEST_WORDS: Final = 3
_MOST: Final = 6
_LONGEST: Final = 240


def sort_sentences(
    sentences: Sequence[str], language: str, items: Collection[str] = ()
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The sentences that state something about the offer, and those that no page should have.

    ``items`` are those that are items of a list, which may be short.
    """
    stated: list[str] = []
    others: list[str] = []
    for text in sentences:
        if _AUDIENCE.match(text):
            continue
        asks = _ASKS.match(text) or _ABOUT_PAGE.search(text) or _UNWANTED.match(text)
        if asks or _OF_THE_AUTHOR.search(text) or text.endswith("?") or _MARKUP.search(text):
            others.append(text)
        elif _says_no_more(text, language):
            continue
        elif len(stated) < _MOST and len(text) <= _LONGEST and _is_long_enough(text, text in items):
            stated.append(text)
        else:
            others.append(text)
    return tuple(stated), tuple(others)


def _is_long_enough(text: str, is_item: bool) -> bool:
    return len(_WORD.findall(text)) >= (_FEWEST_WORDS - 1 if is_item else _FEWEST_WORDS)


def list_items(text: str) -> frozenset[str]:
    """The items of the lists in a cleaned task, without their marks."""
    return frozenset(typography.clean(match[1]) for match in _ITEM.finditer(text))


_ITEM: Final = re.compile(r"(?m)^\s*[-*•]\s+(.+)$")


def clauses_about_style(text: str) -> tuple[tuple[int, int], ...]:
    """Where a sentence asks for a style, a tone or a length of the text: its clauses that name one.

    >>> [slice(*span) for span in clauses_about_style("Use emojis and Gen Z vibes, Jane Miller is the host")]
    [slice(0, 26, None)]
    """
    if not _ASKS.match(text):
        return ()
    return tuple(clause.span() for clause in _CLAUSE.finditer(text) if _STYLE.search(clause[0]))


def _says_no_more(text: str, language: str) -> bool:
    """Whether a sentence says nothing beside facts that are read: "It costs 240 pounds"."""
    facts = stated_facts.stated_facts(text, language)
    ends = [0, *(fact.end for fact in facts)]
    starts = [*(fact.start for fact in facts), len(text)]
    left = " ".join(text[end:start] for end, start in zip(ends, starts, strict=True))
    return bool(facts) and all(word.lower() in _NEUTRAL for word in re.findall(r"[^\W\d_]+", left))

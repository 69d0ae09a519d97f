"""Recognises tasks that ask for other work than a landing page: "refactor our billing service".

A task counts as such if it opens with a verb of other work, with a request to write another kind of text, or
with a question, and names no page, site or campaign anywhere.
"""

from __future__ import annotations

import re
from typing import Final

from ..language import typography
from ..language.word_lists import word_set

_VERBS_OF_OTHER_WORK: Final = word_set(
    "refactor fix debug summarise summarize translate rewrite rephrase implement deploy analyse analyze "
    "calculate compute convert explain proofread optimise optimize migrate upgrade install configure "
    "delete classify categorise categorize predict investigate evaluate reformat rename lint parse scrape "
    "transcribe verify validate diagnose reconcile reboot restart improve update troubleshoot uninstall "
    "refaktoriere refaktorieren behebe beheben übersetze übersetzen korrigiere korrigieren analysiere "
    "analysieren berechne berechnen optimiere optimieren implementiere implementieren aktualisiere "
    "aktualisieren verbessere überprüfe"
)
"""Verbs that open no offer's name: an object may follow without an article ("migrate Postgres 12 to 16")."""

_VERBS_OR_NOUNS: Final = word_set(
    "repair review test find search look compare describe answer solve prove order schedule remind send "
    "email call correct check remove merge commit clean extract sort list count forecast paint play tell "
    "sing cook ignore print show read open-source research estimate format port benchmark profile "
    "document crawl reply respond book reserve cancel pay transfer tidy simplify shorten expand edit "
    "revise audit negotiate buy purchase get fetch download upload reset refund fasse prüfe prüfen "
    "repariere reparieren erkläre erklären vergleiche vergleichen suche finde lösche löschen buche "
    "bestelle überarbeite résume résumez résumer traduis traduisez corrige corrigez corriger analysez "
    "répare réparez resume resumir traduce traducir corrige corregir arregla arreglar analiza analizar "
    "riassumi traduci correggi analizza ripara resuma traduza corrija analise vat vertaal corrigeer "
    "herstel controleer sammanfatta översätt rätta kontrollera streść podsumuj przetłumacz popraw napraw "
    "sprawdź przeanalizuj design"
)
"""Verbs that can open an offer's name too, as in "test kitchen": an object must show that it is one."""
_MADE: Final = (
    r"poem|haiku|song|lyrics|essay|joke|limerick|letter|e-?mail|function|script|sql|query|queries|tests?|"
    r"test suite|unit tests?|integration tests?|documentation|docstrings?|report|summary|translation|regex|"
    r"code|spreadsheet|contract|cv|resume|cover letter|invoice|minutes|agenda|slides?|presentation|pull "
    r"request|commit message|bug report|to-?do list|shopping list|essay|homework|thesis|speech|obituary|"
    r"recommendation|algorithm|class|dockerfile|migration|diagram|picture|image|logo|"
    r"resignation|complaint|eulogy|toast|kündigung\w*|beschwerde\w*|reklamation|widerspruch|entschuldigung|"
    r"hausarbeit|arbeitszeugnis|grabrede|trauerrede|hochzeitsrede|gedicht|lied|aufsatz|brief|mail|funktion|skript|abfrage|bericht|zusammenfassung|übersetzung|rechnung|"
    r"vertrag|lebenslauf|bewerbung|präsentation|rede|witz|tabelle|logo|poème|lettre|poema|carta|poesia|"
    r"lettera"
)
_MAKING: Final = re.compile(
    r"(?:write|create|make|generate|draft|compose|produce|prepare|give|draw|design|develop|build|need|want|"
    r"schreib\w*|erstell\w*|mach\w*|verfass\w*|entwirf|zeichne|écris|écrivez|escribe|scrivi)\s+"
    r"(?:(?:me|us|mir|uns|bitte|please)\s+)?"
    r"(?:(?:an?|the|some|my|our|ein|eine|einen|meine|meinen|"
    r"un|une|una|ein paar|all|more|failing|new|short|long|quick|"
    r"small|simple|kurzes?|kurze[nr]?|python|javascript|typescript|rust|java|sql|bash|unit|integration|love|"
    r"birthday|thank-you|cover|quarterly|weekly|monthly|annual|status)\s+){0,4}"
    rf"(?P<what>{_MADE})(?![\w-])(?!\s+(?:writer|builder|generator|checker|tool|app|service|editor|"
    rf"platform|maker|for\s+sale))",
    re.IGNORECASE,
)
_OPENING: Final = re.compile(
    r"(?:(?:hi|hello|hey|please|kindly|bitte|hallo|now|ok|okay|so|s'il (?:vous|te) plaît|por favor|per "
    r"favore)\b[\s,!.]*)*(?:(?:can|could|would|will)\s+you\s+(?:please\s+)?|(?:kannst|"
    r"könntest)\s+du\s+(?:bitte\s+)?|(?:können|könnten)\s+Sie\s+(?:bitte\s+)?|(?:i|we)\s+(?:need|want|would "
    r"like|['’]d like)\s+(?:you\s+)?to\s+|"
    r"help\s+(?:me|us)\s+(?:to\s+)?|let['’]?s\s+|go\s+and\s+|todo:?\s+|task:?\s+|aufgabe:?\s+|how\s+(?:do|"
    r"can|should)\s+(?:i|we)\s+)?",
    re.IGNORECASE,
)
_QUESTION: Final = re.compile(
    r"(?:what(?:['’]s| is| are| was| does| do)|who(?:['’]s| is| are| was| won| did| invented| "
    r"wrote| discovered)|why|when(?:['’]s| is| was| did| "
    r"will)|where(?:['’]s| is| are)|which|how (?:many|much|old|far|long|does|did|is|are)|is|are|does|did|"
    r"was ist|wer ist|warum|wann|wie viele?|wo ist|"
    r"qu['’]est-ce|pourquoi|quand|qué|quién|por qué|cuándo|che cos|perché)\b.*\?\s*$",
    re.IGNORECASE,
)
_PAGE: Final = re.compile(
    r"(?i)\b(?:landing|web ?sites?|web ?pages?|home ?pages?|sites?|pages?|one[ -]?pagers?|campaigns?|"
    r"launch|business plan|marketing|brand|"
    r"positioning|pitch|promot\w+|advertis\w+|landing-?page\w*|webseite\w*|startseite|kampagne\w*|werbung|"
    r"vermarkt\w+|seite|página|pagina|strona|stronę|sida|sidan|hemsida|website)\b"
)


_NAMED_BY_DEED: Final = re.compile(
    r"(?i)(?:find|book|call|order|sort|count|pay|play|show|rate)\s+(?:my|your|the|a)\s+(?:[\w-]+\s+){1,2}?"
    r"(?:apps?|tools?|trackers?|finders?|games?|services?|kits?)\s*(?:$|[.,;:]|(?:for|that|which|with|in)\b)"
)
"""An offer that is named after what is done with it: "Find my car app"."""


def other_work(text: str) -> str | None:
    """The opening words of a cleaned task that asks for other work; ``None`` for any other task.

    >>> other_work("Please refactor our billing service")
    'refactor our billing service'
    """
    first = next(iter(typography.sentences(text)), "")
    if _PAGE.search(text):
        return None
    opened = _OPENING.match(first)
    rest = first[opened.end() :] if opened else first
    word = re.match(r"[^\W\d_]+(?:-[^\W\d_]+)?", rest)
    if word and _is_work(word[0].lower(), rest[word.end() :]):
        return _clipped(rest)
    if _MAKING.match(rest) or _MAKING.match(first):
        return _clipped(rest)
    return _clipped(first) if _QUESTION.match(rest) or _QUESTION.match(first) else None


def _is_work(verb: str, rest: str) -> bool:
    if verb in _VERBS_OF_OTHER_WORK:
        return re.match(r"\s+(?!your(?:self)?\b)[\w'’\"“„`]", rest, re.IGNORECASE) is not None
    return verb in _VERBS_OR_NOUNS and _has_object(rest) and not _NAMED_BY_DEED.match(f"{verb}{rest}")


def _has_object(rest: str) -> bool:
    """Whether a verb's object follows: "test the API", not "Test kitchen for chefs" or "Book club"."""
    following = re.match(r"\s+([\w'’-]+)", rest)
    return following is not None and (following[1].lower() in _OBJECTS or following[1][0].isdigit())


_OBJECTS: Final = word_set(
    "the a an my our your this that these those all some any it me us every each its his her their which "
    "what why how whether if for to up out through into failing broken new old unit between about and "
    "den die das dem diesen diese dieses meinen meine mein unseren unsere unser einen eine ein alle nach "
    "le la les ce cette ces mon ma mes notre nos un une el los las este esta mi nuestro nuestra il lo gli "
    "questo questa o os as esta de het deze dit onze den det denna detta vår mitt tę ten to te"
)


def _clipped(text: str) -> str:
    return typography.clip(text.rstrip(" .!"), 120)

"""Finds the prices, dates, times, contacts, places, numbers and names in a task, as it has them.

The rules are the same for every language: the words of nine languages for months, weekdays, units and
prepositions are in one list each. Every expression takes linear time. A text that two kinds claim belongs to
the kind that comes first in `brief.KINDS`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from ..language.word_lists import word_set
from .brief import KINDS, FactKind, StatedFact


def _any(words: str) -> str:
    return "(?:" + "|".join(sorted(words.split(), key=lambda word: (-len(word), word))) + ")"


_NUMBER: Final = r"\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3}(?!\d))+(?:[.,]\d{1,2}(?!\d))?|\d+(?:[.,]\d{1,2}(?!\d))?"
_NUMBER_WORDS: Final = _any(
    "two three four five six seven eight nine ten eleven twelve fifteen twenty thirty forty fifty sixty "
    "hundred thousand zwei drei vier fünf sechs sieben acht neun zehn elf zwölf zwanzig dreißig fünfzig "
    "hundert tausend"
)
_MONTH: Final = _any(
    "January February March April May June July August September October November December Jan Feb Mar Apr "
    "Jun Jul Aug Sept Sep Oct Nov Dec Januar Februar März Mai Juni Juli Oktober Dezember janvier février "
    "mars avril mai juin juillet août septembre octobre novembre décembre enero febrero marzo abril mayo "
    "junio julio agosto septiembre octubre noviembre diciembre gennaio febbraio aprile maggio giugno luglio "
    "settembre ottobre dicembre janeiro fevereiro março maio junho julho setembro outubro novembro dezembro "
    "januari februari maart mei augustus oktober december augusti stycznia lutego marca kwietnia maja "
    "czerwca lipca sierpnia września października listopada grudnia"
)
_WEEKDAY: Final = _any(
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday Montag Dienstag Mittwoch Donnerstag Freitag "
    "Samstag Sonnabend Sonntag lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miércoles "
    "jueves viernes sábado domingo lunedì martedì mercoledì giovedì venerdì sabato domenica segunda terça "
    "quarta quinta sexta maandag dinsdag woensdag donderdag vrijdag zaterdag zondag måndag tisdag onsdag "
    "torsdag fredag lördag söndag poniedziałek wtorek środa środę czwartek piątek sobota sobotę niedziela "
    "niedzielę"
)
_SEASON: Final = _any("spring summer autumn winter Frühjahr Frühling Sommer Herbst Winter")
_CURRENCY: Final = r"[£$€¥₹]|(?:EUR|USD|GBP|CHF|PLN|SEK|AUD|CAD)(?!\w)"
_MONEY: Final = (
    r"(?:[£$€¥₹円元]|"
    + _any(
        "EUR USD GBP CHF PLN SEK pounds pound dollars dollar euros euro cents pence quid bucks yen francs "
        "Franken Euro Cent Pfund kronor kr zł złotych libras dólares dolares sterline reais"
    )
    + r"(?!\w))"
)
_FROM: Final = _any(
    "from ab desde vanaf od från only nur around about circa ca. rund bis until max. below under unter "
    "über over"
)
_EACH: Final = (
    r"(?:(?:\s?/\s?|\s+(?:a|an|per|each|every|je|pro)\s+)[^\W\d_]{3,}(?:['’]s)?(?:-[^\W\d_]+)?(?![\w'’])"
    rf"|\s+for\s+(?:{_NUMBER}|{_NUMBER_WORDS})(?:\s|-)?[^\W\d_]+(?!\w)"
    r"|\s+(?:hourly|daily|weekly|fortnightly|monthly|quarterly|yearly|annually|stündlich|täglich|wöchentlich|"
    r"monatlich|jährlich|all-in)(?!\w)"
    r"|(?:\s?/\s?|\s+(?:a|an|per|each|every|je|pro|im|in der|die|der|das|par|por|al|alla|a la|na|za|i|de|the|"
    r"for one|for an?)\s+)"
    + _any(
        "person head month year week day hour night seat ticket loaf piece user team session lesson class "
        "box cup visit child family Person Kopf Monat Jahr Woche Tag Stunde Nacht Platz Stück Karte Kind "
        "Familie personne mois an semaine jour heure nuit persona mes año semana día hora noche mese anno "
        "settimana giorno ora pessoa mês ano dia maand jaar week dag uur persoon person månad år vecka "
        "timme osobę miesiąc rok tydzień godzinę h min"
    )
    + r"(?!\w))"
)
_PRICE: Final = re.compile(
    rf"(?<!\w)(?:{_FROM}\s+|à partir de\s+|a partire da\s+|up to\s+|bis zu\s+)?"
    rf"(?:(?:{_CURRENCY})\s?(?:{_NUMBER})|(?:{_NUMBER})(?:\s|-)?{_MONEY})"
    rf"(?:\s?(?:-|–|to|bis)\s?(?:(?:{_CURRENCY})\s?)?(?:{_NUMBER})(?:\s?{_MONEY})?)?"
    rf"(?:{_EACH})?"
    r"|\b(?:free of charge|free (?:entry|admission)|for free|Eintritt frei|kostenlos|kostenfrei|gratis|"
    r"gratuitement)\b",
    re.IGNORECASE,
)
_MORE_DAYS: Final = rf"(?:\s?(?:,|and|or|&|to|und|oder|bis|-|–)\s?(?:on\s+)?{_WEEKDAY}s?(?!\w))*"
_DAY: Final = r"\d{1,2}(?:st|nd|rd|th|er|\.|º)?"
_NOT_THEN: Final = (
    r"(?:(?:(?:but\s+)?(?:not|no\s+(?:earlier|later|sooner)|never)\s+(?:before|until|till|after|than)|(?:just\s+)?"
    r"before|after|by|(?:at\s+the\s+)?(?:earliest|latest)(?:\s+on)?|aber\s+nicht\s+vor|nicht\s+(?:vor|nach)|erst\s+(?:ab|nach)|"
    r"frühestens(?:\s+(?:ab|am))?|spätestens(?:\s+(?:am|bis))?|vor|nach|bis\s+zum|pas\s+avant|avant|après|à\s+partir|"
    r"no\s+antes\s+del?|antes\s+del?|después\s+del?|non\s+prima\s+del)\s+(?:the\s+|dem\s+|den\s+|le\s+|du\s+|el\s+)?)"
)
"""A word that says that the event is not on the date that follows."""

_DATE: Final = re.compile(
    rf"(?<![\w/.-]){_NOT_THEN}?(?:\d{{4}}-\d{{2}}-\d{{2}}(?!\w)"
    r"|\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d{2})(?!\w)"
    r"|\d{4}年(?:\d{1,2}月(?:\d{1,2}日)?)?|\d{1,2}月\d{1,2}日"
    rf"|(?:(?:from|until|since|ab|bis|seit)\s+)?(?:{_WEEKDAY},?\s+(?:the\s+|den\s+|dem\s+|le\s+|el\s+)?)?{_DAY}(?:\s?(?:-|–|to|and|bis|und|au|al|y|"
    rf"e|i|en|och)\s?{_DAY})?\s+(?:of\s+|de\s+|d['’])?{_MONTH}\.?(?!\w)(?:,?\s+(?:de\s+|"
    rf"del\s+)?\d{{4}}(?!\d))?|(?:{_WEEKDAY},?\s+)?{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?(?:\s?(?:-|–|"
    rf"to)\s?\d{{1,2}})?(?!\w)(?:,?\s+\d{{4}}(?!\d))?"
    rf"|(?:{_MONTH}|{_SEASON})\s+(?:of\s+|de\s+)?\d{{4}}(?!\d)"
    rf"|(?:next|this|nächsten?|kommenden?)\s+(?:week|month|year|weekend|{_WEEKDAY}|{_SEASON}|{_MONTH})(?!\w)"
    rf"|(?:every day\s+|daily\s+|täglich\s+)?(?:but|except|closed|not|never|außer|geschlossen|nicht|nie)\s+"
    rf"(?:(?:for|on|am|an)\s+)?{_WEEKDAY}s?(?!\w){_MORE_DAYS}"
    rf"|(?:(?:every|each|the|on|on "
    rf"the|jeden|am)\s+)?(?:first|second|third|fourth|last|1st|2nd|3rd|4th|ersten|"
    rf"zweiten|dritten|vierten|letzten)\s+{_WEEKDAY}s?(?!\w)(?:\s+(?:of|in)\s+(?:the|each|every)\s+month|"
    rf"\s+(?:im|des|eines|jeden)\s+Monats?)?(?!\w)"
    r"|(?:(?:on|every|am)\s+)?(?:weekdays?|weekends?|werktags|wochentags|Wochenenden?)(?!\w)"
    rf"|(?:in|from|until|by|since|im|ab|bis|seit|von)\s+{_MONTH}(?!\w)(?:\s?(?:-|–|to|"
    rf"until|till|through|bis)\s?{_MONTH}(?!\w))?"
    rf"|(?:(?:every|each|jeden|jede|on|tous les|chaque|cada|todos los|ogni|elke|varje|w każdą|w każdy|am)\s+)"
    rf"(?:(?:first|second|third|last|other|ersten|letzten)\s+)?{_WEEKDAY}s?(?:\s(?:and|und|to|bis|et|y|e|i|"
    rf"en|och)\s{_WEEKDAY}s?)?(?!\w)|{_WEEKDAY}s?(?:\s?(?:-|–|to|bis)\s?{_WEEKDAY}s?)(?!\w)"
    r"|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days(?!\w)|(?:montags|dienstags|mittwochs|donnerstags|"
    r"freitags|samstags|sonntags)(?!\w)"
    rf"|{_WEEKDAY}(?!\w)"
    r"|(?:since|seit|depuis|desde|dal|sinds|od|sedan|in|by|until|bis|from)\s+(?:19|20)\d{2}(?![\w%-])"
    r")",
    re.IGNORECASE,
)
_CLOCK: Final = (
    r"(?:\d{1,2}:\d{2}(?:\s?(?:am|pm|a\.m\.|p\.m\.|Uhr|h)(?!\w))?"
    r"|\d{1,2}(?:\.\d{2})?\s?(?:am|pm|a\.m\.|p\.m\.|Uhr|o['’]clock)(?!\w)"
    r"|\d{1,2}\s?h(?:\d{2})?(?!\w)|\d{1,2}時(?:\d{1,2}分)?)"
)
_TIME: Final = re.compile(
    rf"(?<![\w/.-])(?:(?:\d{{1,2}}(?:[:.]\d{{2}})?\s?(?:-|–|to|until|till|bis)\s?)?{_CLOCK}"
    rf"(?:\s?(?:-|–|to|until|till|bis|à|a|alle|tot|do|och)\s?{_CLOCK})?|24/7)",
    re.IGNORECASE,
)
_CONTACT: Final = re.compile(
    r"[\w.+-]{1,60}@[\w-]{1,60}(?:\.[\w-]{2,20}){1,3}|(?<![\w.])(?:\+|0|\(\d)\d[\d ()/-]{6,16}\d(?!\w)"
    r"|(?<![\w.,-])\d{3}[-. ]\d{3}[-. ]\d{4}(?![\w-])|(?P<short>(?<![\w.,-])\d{3}-\d{4}(?![\w-]))"
)
_CALLED: Final = re.compile(
    r"(?i)\b(?:call|phone|telephone|tel|text|ring|whatsapp|sms|mobile|contact)\b[^\n.]{0,30}$"
)
_WORD: Final = r"[^\W\d_][\w'’-]*"
_PROPER: Final = r"[A-ZÀ-ÖØ-ÞŁŚŻŹĆŃ][\w'’-]*"
_PLACE: Final = re.compile(
    r"\b(?:in|near|from|at|aus|bei|nahe|à|en|em|te|w|we|i|a)\s+(?:(?:the|der|dem|den|la|le)\s+)?"
    rf"(?P<place>(?:St\.\s)?{_PROPER}(?:[ -](?:(?:am|upon|de|la|le|sur|an der|del|di)[ -])?{_PROPER}){{0,3}})"
)
_BOUNDS: Final = (
    r"(?:over|under|above|below|about|around|up to|at least|at most|more than|fewer than|ab|über|unter|"
    r"bis zu|mindestens|höchstens)"
)
_COUNT: Final = re.compile(
    rf"(?<![\w.,£$€¥₹])(?:{_BOUNDS}\s+)?(?:#?(?:{_NUMBER})(?:\s?(?:-|–|to|bis)\s?(?:{_NUMBER}))?(?:\s?%|\+|"
    rf"(?:-\w+)+|"
    rf"[A-Za-z]{{1,3}}(?!\w))?|{_NUMBER_WORDS}(?:-\w+)?(?=\s))"
    rf"(?=(?P<what>(?:\s+{_WORD}){{0,3}}))",
    re.IGNORECASE,
)
_WHAT_ENDS: Final = word_set(
    "a an the and or for of in on at to with from by who that which is are was were will per each every as "
    "but so near until between und oder für in im am an mit von zu zum zur bei der die das aus auf ist sind "
    "pro je et pour à avec dans de du des le la les y para con en el los e per con nel di che o em com i w "
    "na z do en voor met van op och för med på till bis since seit starting costs cost bekannt "
    "from within if when "
    "where than then before after we you they i it it's our my your"
)
_QUOTED: Final = re.compile(r"[„“\"«»]([^„“”\"«»\n]{2,60})[”“\"«»]")
_NAMED: Final = re.compile(
    rf"(?:(?:Dr|Prof|Mr|Mrs|Ms|St)\.\s)?(?:{_PROPER}|[A-Z]{{2,}})"
    rf"(?:\s(?:(?:of|de|van|von|der|&|the|du|la|di)\s)?{_PROPER}){{0,4}}"
)
_SENTENCE_START: Final = re.compile(r"(?:^|[.!?:;\n„“\"(]\s*|[-*•]\s+)$")
_NO_NAME: Final = word_set(
    "I I'm I'd I've I'll AI OK API APIs PDF FAQ CTA SEO TV Please Thanks Hi Hello Hey Dear English German "
    "Englisch"
)
_NO_PLACE: Final = word_set(
    "english german french spanish italian python rust java javascript typescript go spring summer autumn "
    "winter i ai html css react excel deutsch englisch zukunft kürze ruhe holz minuten sekunden stunden "
    "tagen schritten farbe serie echtzeit form ton"
)
_NO_MONTHS: Final = re.compile(rf"(?:{_MONTH}|{_WEEKDAY})(?!\w)", re.IGNORECASE)


def stated_facts(text: str, language: str) -> tuple[StatedFact, ...]:
    """The facts of a cleaned task, in their order. ``language`` decides what a capital letter means.

    The German reader finds the place of a German task, since every German noun has a capital.
    """
    readers: dict[FactKind, Iterable[tuple[int, int]]] = {
        "contact": _contacts(text),
        "price": _prices(text),
        "date": _matches(_DATE, text),
        "time": _matches(_TIME, text),
        "place": _places(text, language) if language != "de" else (),
        "number": _numbers(text),
        "name": _names(text, language),
    }
    found: list[StatedFact] = []
    taken = bytearray(len(text))
    for kind in KINDS:
        for start, end in readers[kind]:
            free = taken.find(1, start, end)
            end = end if free < 0 else free
            if is_denied(text, start) and not _DENIAL.match(text, start, end):
                taken[start:end] = b"\x01" * (end - start)
                continue
            if kind == "number" and not _HAS_NUMBER.search(text, start, end):
                continue
            if any(letter.isalnum() for letter in text[start:end]):
                taken[start:end] = b"\x01" * (end - start)
                found.append(StatedFact(kind, text[start:end].rstrip(" ,"), start, end))
    return tuple(sorted(found, key=lambda fact: fact.start))


def is_denied(text: str, start: int) -> bool:
    """Whether the words right before ``start`` deny what follows: "not in Bristol", "nicht für Anfänger".

    >>> is_denied("in Bath, not in Bristol", 16)
    True
    """
    return _DENIED.search(text[max(0, start - 40) : start]) is not None


_DENIAL: Final = re.compile(r"(?i)(?:but|except|closed|not|never|außer|geschlossen|nicht|nie)\b")
_DENIED: Final = re.compile(
    r"(?i)\b(?:not|except|without|never|nor|excluding|nicht|außer|ohne|nie|kein\w{0,2})\s+(?:(?:for|in|at|on|"
    r"from|to|near|the|any|aimed|meant|suitable|open|für|am|im|aus|bei|von|den|die|der)\s+){0,3}$"
)
_HAS_NUMBER: Final = re.compile(rf"(?i)\d|\b{_NUMBER_WORDS}(?!\w)")


def without(text: str, facts: tuple[StatedFact, ...]) -> str:
    """``text`` without its prices, dates, times and contacts, where a phrase can do without them.

    The readers of phrases read the rest, so that a date is no theme and a price no audience.
    """
    pieces: list[str] = []
    position = 0
    for fact in facts:
        if fact.kind not in {"price", "date", "time", "contact"}:
            continue
        before, after = text[position : fact.start], text[fact.end :]
        if _DETERMINED.search(before) or not _APART.match(after):
            continue
        pieces.append(_INTRODUCED.sub("", before).rstrip(" ,"))
        position = fact.end
    return (
        _LOOSE.sub(", ", ", ".join([*pieces, text[position:].lstrip(" ,")])).strip(" ,") if pieces else text
    )


_DETERMINED: Final = re.compile(
    r"(?i)\b(?:an?|the|my|our|your|this|every|ein\w*|der|die|das|den|dem|uns\w*)\s+$"
)
_APART: Final = re.compile(
    r"\s*(?:$|[,.;:!?()–—\n]|(?:in|at|on|for|from|to|with|and|or|by|near|of|per|including|um|am|im|ab|bis|"
    r"für|mit|und|bei|von|zu)\b)"
)
_INTRODUCED: Final = re.compile(
    r"(?i)(?:\b(?:on|at|from|by|for|of|is|are|it|costs?|priced|price|starting|starts|begins|until|only|"
    r"just|held|takes|place|am|um|ab|den|dem|vom|von|für|kostet|preis|zum|the|and|und)\s+){1,3}$"
)
_LOOSE: Final = re.compile(r"(?:\s*,\s*){2,}|\s+,\s*")


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    for match in pattern.finditer(text):
        yield match.start(), match.end()


def _contacts(text: str) -> Iterator[tuple[int, int]]:
    """Mail addresses and telephone numbers; seven digits are a number to call only after such a word."""
    for match in _CONTACT.finditer(text):
        if match["short"] is None or _CALLED.search(text[max(0, match.start() - 40) : match.start()]):
            yield match.start(), match.end()


def _prices(text: str) -> Iterator[tuple[int, int]]:
    """Prices, but not the sum from which something else is free: "free delivery over $40"."""
    for start, end in _matches(_PRICE, text):
        if not (_AT_LEAST.match(text, start) and _FREE.search(text[max(0, start - 40) : start])):
            yield start, end


_AT_LEAST: Final = re.compile(r"(?i)(?:over|above|from|ab|über)\s")
_FREE: Final = re.compile(
    r"(?i)\b(?:free|kostenlos\w*|kostenfrei\w*|gratis|versandkostenfrei)(?:\s+[^\W\d_]+){0,3}\s+(?:for\s+orders\s+)?$"
)


def _places(text: str, language: str) -> Iterator[tuple[int, int]]:
    for match in _PLACE.finditer(text):
        words = match["place"].split()
        if language == "en" and not match[0].lower().startswith(("in ", "near ", "from ", "at ")):
            continue
        if words[0].lower() in _NO_PLACE or _NO_MONTHS.match(words[0]):
            continue
        yield match.start("place"), match.end("place")


def _numbers(text: str) -> Iterator[tuple[int, int]]:
    for match in _COUNT.finditer(text):
        end = match.start("what")
        for word in re.finditer(_WORD, match["what"]):
            if word[0].lower() in _WHAT_ENDS:
                break
            end = match.start("what") + word.end()
        yield match.start(), end


def _names(text: str, language: str) -> Iterator[tuple[int, int]]:
    for quoted in _QUOTED.finditer(text):
        yield quoted.start(1), quoted.end(1)
    if language != "de" and _is_in_title_case(text):
        return
    for match in _NAMED.finditer(text):
        start, end = match.span()
        words = match[0].split()
        if _SENTENCE_START.search(text[max(0, start - 12) : start]):
            if len(words) == 1 or words[1].lower() in _WHAT_ENDS or language == "de":
                continue
            start += len(words[0]) + 1 if words[0].lower() in _COMMON_START else 0
            words = text[start:end].split()
        if language == "de" and len(words) < 2:
            continue
        if words[0] in _NO_NAME and len(words) == 1:
            continue
        yield start, end


def _is_in_title_case(text: str) -> bool:
    """Whether nearly every word has a capital, which then means nothing."""
    words = [word for word in re.findall(_WORD, text) if len(word) > 3]
    return len(words) >= _FEWEST_WORDS and sum(word[0].isupper() for word in words) > _SHARE * len(words)


_FEWEST_WORDS: Final = 4
_SHARE: Final = 0.7

_COMMON_START: Final = word_set(
    "a an the my our we this that it create build make design write launch open start promote introduce "
    "announce introducing presenting announcing promoting launching opening meet "
    "for in on at with by from and please hi hello call contact text ring ask email"
)

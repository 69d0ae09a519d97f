"""Detects the language of a text, among ten that briefs are likely to use.

Counts words that are frequent in a language and rare in the others (two points each), endings of nouns (two)
and words with letters that the others lack (one). The result is unknown below two points, or where English
has as many as another language. Other languages than these count as English.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from .word_lists import word_set

NAMES: Final = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "nl": "Dutch",
    "pt": "Portuguese", "sv": "Swedish", "da": "Danish", "pl": "Polish",
}  # fmt: skip

_WORDS: Final = {
    "en": word_set(
        "a the and of for with that this from your our their are who which help helps about to we "
        "create build write make open launch shop bakery firm book page app's people landing "
        "how what where when my is it an on can you not have has will would some any be sell they"
    ),
    "de": word_set(
        "der die das und für mit eine ein einen einem einer eines den dem des ist sind im zum zur "
        "auf von bei nicht auch oder wir unsere unser unseren ich erstelle erstell baue bau eröffne "
        "schreibe gestalte über aus als seite bitte möchte wollen laden kanzlei werkzeug kinderbuch "
        "hochzeit betrieb verein wie unternehmen kundinnen kunden menschen leute"
    ),
    "fr": word_set(
        "le la les des une un et pour avec dans du est sont qui que nous notre nos sur aux au par créer"
    ),
    "es": word_set("el los las una un y para con del en es son que nuestra nuestro por sobre crear página"),
    "it": word_set("il lo gli un una e per con di del della che sono nostra nostro crea pagina negozio nel"),
    "nl": word_set(
        "de het een en voor met van die dat onze ons zijn niet ook naar maak bakkerij op bij wij helpt om"
    ),
    "pt": word_set("o os as uma um e para com do da no na que são nosso nossa por criar uma página em não"),
    "sv": word_set("och för en ett som med att är av på till det vår våra skapa inte de den"),
    "da": word_set("og for en et som med at er af på til det vores lav ikke de den der"),
    "pl": word_set("i w na z dla do się że jest nasza nasz strona sklep oraz przez który która"),
}
_ENDINGS: Final = {
    "de": re.compile(r"(?:[^\W\d_]{4,}ung|[^\W\d_]{3,}(?:heit|keit|schaft)|[^\W\d_]{2,}erei)(?:en)?")
}
_LETTERS: Final = {
    "de": "äöüß", "fr": "èêçœùà", "es": "ñ¿¡óí", "pt": "ãõçê", "it": "àòù", "sv": "åäö", "da": "æøå",
    "pl": "ąęłńśźż",
}  # fmt: skip
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_CLEAR: Final = 2

DEFAULT: Final = "en"
"""The language of a text whose language is unknown."""


def detect(text: str, *others: str) -> str:
    """The two-letter code of the first text's language that is known; English if none is.

    >>> detect("Podcast", "Wir machen Podcasts für alle")
    'de'
    """
    return next((code for code in map(recognise, (text, *others)) if code), DEFAULT)


def recognise(text: str) -> str | None:
    """The two-letter code of the language of ``text``; ``None`` where it is unknown."""
    words = _WORD.findall(text.lower())
    scores = {code: _score(code, words) for code in NAMES}
    best = max(scores.values())
    leaders = [code for code, score in scores.items() if score == best]
    if best < _CLEAR or (len(leaders) > 1 and DEFAULT in leaders):
        return None
    return leaders[0]


def _score(code: str, words: Iterable[str]) -> int:
    known, ending, letters = _WORDS[code], _ENDINGS.get(code), _LETTERS.get(code, "")
    return sum(
        2
        if word in known or (ending is not None and ending.fullmatch(word))
        else any(map(letters.count, word))
        for word in words
    )

"""Which language a text is in, of those a brief is likely to come in.

Counts words that are frequent in one language and rare in the others, plus letters that only one of
them has. A tie, or a text with none of them, is English. Other languages are not told apart.
"""

from __future__ import annotations

import re
from typing import Final

from .vocabulary import word_set

NAMES: Final = {"en": "English", "de": "German", "fr": "French", "es": "Spanish"}

_WORDS: Final = {
    "en": word_set(
        "the and of for with that this from your our their is are who which help helps about page to we"
    ),
    "de": word_set(
        "der die das und für mit eine ein einen einer eines den dem des ist sind im zum zur auf von bei "
        "nicht auch oder wir unsere unser ich erstelle baue eines über aus als seite"
    ),
    "fr": word_set(
        "le la les des une un et pour avec dans du est sont qui que nous notre nos sur aux au par créer"
    ),
    "es": word_set("el los las una un y para con del en es son que nuestra nuestro por sobre crear página"),
}
_LETTERS: Final = {"de": "äöüß", "fr": "èêçœùà", "es": "ñ¿¡óí"}
_WORD: Final = re.compile(r"[^\W\d_]+")


def detect(text: str) -> str:
    """The language of ``text`` as its two-letter code."""
    lower = text.lower()
    words = _WORD.findall(lower)
    scores = {code: sum(word in known for word in words) for code, known in _WORDS.items()}
    for code, letters in _LETTERS.items():
        scores[code] += sum(letter in lower for letter in letters)
    leader = max(scores, key=lambda code: (scores[code], code == "en"))
    return leader if scores[leader] > scores["en"] else "en"

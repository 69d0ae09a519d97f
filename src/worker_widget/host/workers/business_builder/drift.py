"""How far a text has drifted from its brand: a number from 0 (its own voice) to 1, without a model.

Three shares, each from 0 to 1:

``missing``    how many of the brand's own terms (the content words of its mission, value proposition,
               tagline and vision, at most 16 by frequency; without a brand, those of the task) the text
               leaves out;
``register``   words and marks that are out of place for the tone (slang, contractions, exclamation marks,
               officialese, shouting), two per hundred words counting as 1;
``offending``  how much of a bad example or of an avoided wording it repeats, by runs of three words.

The measure is ``0.35 missing + 0.45 register + 0.20 offending``. So leaving out every term of the
brand is still within the threshold of 0.35, and it takes a wrong voice to leave it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ...models import Brand, Tone
from .vocabulary import word_set

THRESHOLD: Final = 0.35
_MOST_TERMS: Final = 16

STOP_WORDS: Final = word_set(
    "a about above after again against all also an and any are as at be because been before being "
    "below between both but by can could did do does doing done down during each even every everyone "
    "few for from further get gets getting had has have having he her here hers him his how i if in "
    "into is it its just let lets like make makes making many me more most much my need needs no nor "
    "not of off on once one only or other our ours out over own people really same she should so some "
    "something such than that the their them then there these they thing things this those through to "
    "too under until up us use uses using very want wants was way we well were what when where which "
    "while who whom why will with without would you your yours create build landing page website "
    "write plan launch help helps helping der die das und für mit eine ein einen einer von im zu auf "
    "ist"
)
_SLANG: Final = (
    r"\b(?:yo|lol|omg|dude|bro|awesome|sick|dope|lit|gonna|wanna|gotta|kinda|sorta|cool|super|stuff|guys|hey|yeah|"
    r"yep|nope|crazy|insane|epic|vibes?|smth|btw|tbh|ain't|cuz|'em|chill|rad|totally|freaking|hella|folks)\b"
)
_CONTRACTED: Final = r"\b\w+(?:n['’]t|['’](?:re|ve|ll|d|m))\b|\b(?:it|that|what|here|there|let)['’]s\b"
_SHOUTED: Final = r"!|\b[A-Z]{5,}\b"
_OFFICIALESE: Final = (
    r"\b(?:hereby|herewith|aforementioned|pursuant|heretofore|utili[sz]e|notwithstanding|henceforth|thereof|"
    r"leverage|synerg\w+|stakeholders?|paradigm)\b"
)
_OUT_OF_PLACE: Final[dict[Tone, tuple[str, ...]]] = {
    "casual": (_OFFICIALESE,),
    "neutral": (_SLANG, _SHOUTED, _OFFICIALESE),
    "professional": (_SLANG, _SHOUTED),
    "formal": (_SLANG, _CONTRACTED, _SHOUTED),
    "luxury": (_SLANG, _CONTRACTED, _SHOUTED, r"\b(?:cheap|discount|deal|bargain|sale|hurry|asap)\b"),
}
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ENDINGS: Final = ("ations", "ation", "ings", "ing", "ers", "ies", "ed", "er", "es", "ly", "s", "e", "y")


@dataclass(frozen=True)
class Anchors:
    """What a text is measured against."""

    tone: Tone
    terms: tuple[str, ...]
    offending: tuple[str, ...] = ()
    count: int = 0


@dataclass(frozen=True)
class Drift:
    missing: float
    register: float
    offending: float

    @property
    def score(self) -> float:
        return round(0.35 * self.missing + 0.45 * self.register + 0.20 * self.offending, 4)

    @property
    def aligned(self) -> bool:
        return self.score <= THRESHOLD


def anchors(brand: Brand | None, tone: Tone, texts: Sequence[str]) -> Anchors:
    """The anchors of a brand whose own statements are ``texts``; ``count`` is how many there are."""
    counted = Counter(term for text in texts for term in terms(text))
    common = tuple(sorted(counted, key=lambda term: (-counted[term], term))[:_MOST_TERMS])
    offending = (*brand.tone.examples_bad, *brand.tone.avoid) if brand else ()
    good = brand.tone.examples_good if brand else ()
    kept = tuple(text for text in offending if text.strip())
    return Anchors(tone, common, kept, sum(bool(text.strip()) for text in (*texts, *good)) + len(kept) + 1)


def measure(text: str, against: Anchors) -> Drift:
    words = _WORD.findall(text)
    present = set(map(stem, words))
    missing = (
        sum(term not in present for term in against.terms) / len(against.terms) if against.terms else 0.0
    )
    marks = sum(len(re.findall(pattern, text, _flags(pattern))) for pattern in _OUT_OF_PLACE[against.tone])
    register = min(1.0, marks / max(len(words), 1) * 50)
    offending = max((_repeated(example, words) for example in against.offending), default=0.0)
    return Drift(round(missing, 4), round(register, 4), round(offending, 4))


def terms(text: str) -> list[str]:
    """The content words of ``text``, stemmed, in order."""
    return [stem(word) for word in _WORD.findall(text) if len(word) > 2 and word.lower() not in STOP_WORDS]


def stem(word: str) -> str:
    """A word without its commonest English ending, in lower case."""
    lower = word.lower().replace("’", "'").removesuffix("'s")
    for ending in _ENDINGS:
        if lower.endswith(ending) and len(lower) - len(ending) >= 3:
            return lower[: -len(ending)]
    return lower


def _repeated(example: str, words: Sequence[str]) -> float:
    """The share of the runs of three words in ``example`` that come in ``words`` too."""
    told = [word.lower() for word in _WORD.findall(example)]
    said = [word.lower() for word in words]
    size = min(3, len(told))
    if not size:
        return 0.0
    runs = {tuple(told[i : i + size]) for i in range(len(told) - size + 1)}
    found = {tuple(said[i : i + size]) for i in range(len(said) - size + 1)}
    return len(runs & found) / len(runs)


def _flags(pattern: str) -> int:
    return 0 if pattern is _SHOUTED else re.IGNORECASE

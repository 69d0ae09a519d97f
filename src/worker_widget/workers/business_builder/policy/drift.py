"""How far a text has drifted from its brand: a number from 0 (its own voice) to 1, without a model.

Three shares, each from 0 to 1:

``missing``    how many of the brand's own terms (the content words of its mission, value proposition,
               tagline, vision and good examples, at most 16 by frequency; without a brand, those of the task)
               the text leaves out;
``register``   words and marks that are out of place for the tone, as `register` lists and weighs them: two
               per hundred words count as 1, and a text of fewer than 300 words is judged as if it had 300;
``offending``  how much of a bad example or of an avoided wording it repeats, by runs of three words.

The measure is ``0.25 missing + 0.55 register + 0.20 offending``. So silence about the brand alone is within
the threshold of 0.35, one word out of place is forgiven, and about two in a brief are not.

What a text must say as it is, the brand's name and its disclosures, is not listened to. Limits: English;
words are compared by their stems, meanings are not; a text in the right words can still miss the point.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ....events.request_models import Brand, Tone
from ..language import english_grammar, german_grammar, tone_marks
from ..language.tone_marks import ToneMark
from .claim_patterns import phrase_matcher

THRESHOLD: Final = 0.35
_MOST_TERMS: Final = 16
_FEWEST_WORDS: Final = 300
_MARKS_PER_WORD: Final = 0.02

_SAY_NOTHING: Final = english_grammar.STOP_WORDS | german_grammar.STOP_WORDS
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ENDINGS: Final = ("ations", "ation", "ings", "ing", "ers", "ies", "ed", "er", "es", "ly", "s", "e", "y")


@dataclass(frozen=True)
class DriftAnchors:
    """What a text is measured against.

    ``count`` is how many anchors there are, ``given`` are texts that it may hold whatever they say.
    """

    tone: Tone
    terms: tuple[str, ...]
    offending: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    count: int = 0


@dataclass(frozen=True)
class DriftMeasurement:
    """A measurement; ``marks`` are what of the text is out of place in its tone."""

    missing: float
    wrong_tone: float
    offending: float
    marks: tuple[ToneMark, ...] = ()

    @property
    def score(self) -> float:
        return round(0.25 * self.missing + 0.55 * self.wrong_tone + 0.20 * self.offending, 4)

    @property
    def aligned(self) -> bool:
        return self.score <= THRESHOLD


def anchors(brand: Brand | None, tone: Tone, texts: Sequence[str], *, name: str = "") -> DriftAnchors:
    """The anchors of a brand called ``name`` whose own statements are ``texts``."""
    good = _said(brand.tone.examples_good) if brand else ()
    bad = _said((*brand.tone.examples_bad, *brand.tone.avoid)) if brand else ()
    disclosures = _said(brand.required_disclosures) if brand else ()
    counted = Counter(term for text in (*texts, *good) for term in terms(text))
    common = tuple(sorted(counted, key=lambda term: (-counted[term], term))[:_MOST_TERMS])
    count = len(_said(texts)) + len(good) + len(bad) + 1
    return DriftAnchors(tone, common, bad, (*disclosures, *_said((name,))), count)


def measure(text: str, against: DriftAnchors) -> DriftMeasurement:
    heard = _without(text, against.given)
    marks = tone_marks.marks(heard, tone_marks.avoided(against.tone))
    words = _WORD.findall(heard)
    present = set(map(stem, _WORD.findall(text)))
    missing = sum(term not in present for term in against.terms) / max(len(against.terms), 1)
    weight = sum(mark.weight for mark in marks)
    out_of_place = min(1.0, weight / (max(len(words), _FEWEST_WORDS) * _MARKS_PER_WORD))
    offending = max((_repeated(example, words) for example in against.offending), default=0.0)
    return DriftMeasurement(round(missing, 4), round(out_of_place, 4), round(offending, 4), marks)


def terms(text: str) -> list[str]:
    """The content words of ``text``, stemmed, in order."""
    return [stem(word) for word in _WORD.findall(text) if len(word) > 2 and word.lower() not in _SAY_NOTHING]


def stem(word: str) -> str:
    """A word without its commonest English ending, in lower case."""
    lower = word.lower().replace("’", "'").removesuffix("'s")
    for ending in _ENDINGS:
        if lower.endswith(ending) and len(lower) - len(ending) >= 3:
            return lower[: -len(ending)]
    return lower


def _said(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(text for text in texts if text.strip())


def _without(text: str, given: Sequence[str]) -> str:
    for part in given:
        text = phrase_matcher(part).sub(" ", text)
    return text


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

"""Measures the drift of a text from its brand: a number from 0 (its own voice) to 1, without a model.

Three shares, each from 0 to 1:

``missing``    how many of the brand's own terms (the content words of its mission, value proposition,
               tagline, vision and good examples, at most 16 by frequency; without a brand, those of the task)
               are missing in the text;
``wrong_tone`` words and marks that do not fit the tone, as `tone_marks` weighs them: two per hundred words
               count as 1; a text of fewer than 300 words counts as one of 300;
``offending``  the share of a bad example or an avoided wording that it repeats, by runs of three words.

The measure is ``0.25 missing + 0.55 wrong_tone + 0.20 offending``. So a text without the brand's terms stays
within the threshold of 0.35, one word in the wrong tone is allowed, and about two in a brief are not.

The brand's name and its disclosures are not measured. Limits: English; compares the stems of words, not
meanings.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ....events.request_models import Brand, Tone
from ..language import tone_marks
from ..language.tone_marks import ToneMark
from ..language.word_lists import STOP_WORDS
from .pattern_matcher import phrase_matcher

THRESHOLD: Final = 0.35
_MOST_TERMS: Final = 16
_FEWEST_WORDS: Final = 300
_MARKS_PER_WORD: Final = 0.02

_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ENDINGS: Final = ("ations", "ation", "ings", "ing", "ers", "ies", "ed", "er", "es", "ly", "s", "e", "y")


@dataclass(frozen=True)
class DriftAnchors:
    """The anchors that a text is measured against.

    ``count`` is their number; ``given`` are texts that are not measured.
    """

    tone: Tone
    terms: tuple[str, ...]
    offending: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    count: int = 0


@dataclass(frozen=True)
class DriftMeasurement:
    """A measurement; ``marks`` are the words and marks in the wrong tone, ``repeated`` the bad examples and
    avoided wordings of which at least a part is repeated."""

    missing: float
    wrong_tone: float
    offending: float
    marks: tuple[ToneMark, ...] = ()
    repeated: tuple[str, ...] = ()

    @property
    def score(self) -> float:
        return round(0.25 * self.missing + 0.55 * self.wrong_tone + 0.20 * self.offending, 4)

    @property
    def aligned(self) -> bool:
        return self.score <= THRESHOLD


def anchors(brand: Brand | None, tone: Tone, texts: Sequence[str], *, name: str = "") -> DriftAnchors:
    """The anchors of a brand called ``name`` whose own statements are ``texts``."""
    good = _filled(brand.tone.examples_good) if brand else ()
    bad = _filled((*brand.tone.examples_bad, *brand.tone.avoid)) if brand else ()
    disclosures = _filled(brand.required_disclosures) if brand else ()
    counted = Counter(term for text in (*texts, *good) for term in terms(text))
    common = tuple(sorted(counted, key=lambda term: (-counted[term], term))[:_MOST_TERMS])
    count = len(_filled(texts)) + len(good) + len(bad) + 1
    return DriftAnchors(tone, common, bad, (*disclosures, *_filled((name,))), count)


def measure(text: str, against: DriftAnchors) -> DriftMeasurement:
    measured = _without(text, against.given)
    marks = tone_marks.marks(measured, tone_marks.avoided(against.tone))
    words = _WORD.findall(measured)
    present = set(map(stem, _WORD.findall(text)))
    missing = sum(term not in present for term in against.terms) / max(len(against.terms), 1)
    weight = sum(mark.weight for mark in marks)
    wrong_tone = min(1.0, weight / (max(len(words), _FEWEST_WORDS) * _MARKS_PER_WORD))
    shares = {example: _repeated(example, words) for example in against.offending}
    offending = max(shares.values(), default=0.0)
    repeated = tuple(example for example, share in shares.items() if share)
    return DriftMeasurement(round(missing, 4), round(wrong_tone, 4), round(offending, 4), marks, repeated)


def terms(text: str) -> list[str]:
    """The stems of the content words of ``text``, in order."""
    return [stem(word) for word in _WORD.findall(text) if len(word) > 2 and word.lower() not in STOP_WORDS]


def stem(word: str) -> str:
    """A word without its English ending, in lower case."""
    lower = word.lower().replace("’", "'").removesuffix("'s")
    for ending in _ENDINGS:
        if lower.endswith(ending) and len(lower) - len(ending) >= 3:
            return lower[: -len(ending)]
    return lower


def _filled(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(text for text in texts if text.strip())


def _without(text: str, given: Sequence[str]) -> str:
    for part in given:
        text = phrase_matcher(part).sub(" ", text)
    return text


def _repeated(example: str, words: Sequence[str]) -> float:
    """The share of the runs of three words in ``example`` that ``words`` has, too."""
    examples = [word.lower() for word in _WORD.findall(example)]
    used = [word.lower() for word in words]
    size = min(3, len(examples))
    if not size:
        return 0.0
    runs = {tuple(examples[i : i + size]) for i in range(len(examples) - size + 1)}
    found = {tuple(used[i : i + size]) for i in range(len(used) - size + 1)}
    return len(runs & found) / len(runs)

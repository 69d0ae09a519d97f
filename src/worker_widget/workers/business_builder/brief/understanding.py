"""How much of a task is understood: a score with its reasons and the facts that are used.

The score is a sum: the offer (most for one whose kind or trade is known), its purpose, its audience, further
facts. Words that are no words lower it; a brand that says what is offered, or a language model that reads the
task itself, raises it. Below `THRESHOLD` the texts are written without understanding the task.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ..language import detection, plausibility, typography
from ..language.languages import LANGUAGES
from .brief import KINDS, Brief
from .facts import Facts

THRESHOLD: Final = 0.5

_KNOWN_TRADE: Final = 0.55
_KNOWN_KIND: Final = 0.45
_UNKNOWN_NOUN: Final = 0.3
_UNKNOWN_TRADE: Final = 0.45
"""The most for an offer of an unknown trade without a purpose or an audience, whatever its facts."""
_MODIFIED: Final = 0.1
_PURPOSE: Final = 0.25
_AUDIENCE: Final = 0.2
_SETTING: Final = 0.1
_FACT: Final = 0.05
_MOST_FACTS: Final = 4
_FOREIGN: Final = 0.3
_MOSTLY_UNKNOWN: Final = 0.4
"""The most for a task whose words are mostly unknown."""
_WITH_BRAND: Final = 0.6
_WITH_MODEL: Final = 0.7
_OTHER_WORK: Final = 0.8
_MOST_UNUSED: Final = 6


@dataclass(frozen=True)
class TaskUnderstanding:
    """``score`` is from 0 to 1. ``readable`` says whether the task has words of a known language, and is no
    placeholder text. ``facts`` are pairs of a kind, such as "price", and a text of the task."""

    score: float
    readable: bool
    reasons: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]

    @property
    def is_enough(self) -> bool:
        return self.score >= THRESHOLD


def understand(facts: Facts, *, has_brand: bool, by_model: bool) -> TaskUnderstanding:
    """The understanding of a run's task. ``by_model`` says that a language model writes the texts."""
    brief = facts.brief
    score, reasons = _read_score(facts)
    if brief.other_work is not None:
        return TaskUnderstanding(_OTHER_WORK, True, reasons, ())
    found = list(reasons)
    if has_brand and score < _WITH_BRAND:
        score = _WITH_BRAND
        found.append("The brand states the mission and the offer, and the texts follow it.")
    if by_model and score < _WITH_MODEL and _is_language(brief):
        score = _WITH_MODEL
        found.append("A language model reads the task as it is written.")
    readable = _is_language(brief) and not _has_unknown_words(brief)
    return TaskUnderstanding(round(min(score, 1.0), 2), readable, tuple(found), tuple(_facts(brief)))


def _is_language(brief: Brief) -> bool:
    return (
        any(letter.isalpha() for letter in brief.task)
        and not plausibility.is_filler(brief.task)
        and (
            brief.language not in LANGUAGES
            or plausibility.plausible_share(brief.task) > plausibility.FEWEST_WORDS
        )
    )


def _has_unknown_words(brief: Brief) -> bool:
    return brief.language == "en" and (plausibility.known_share(brief.task) < plausibility.FEWEST_KNOWN_WORDS)


def _read_score(facts: Facts) -> tuple[float, tuple[str, ...]]:
    brief = facts.brief
    if not any(letter.isalpha() for letter in brief.task):
        return 0.0, ("The task contains no readable word.",)
    if plausibility.is_filler(brief.task):
        return 0.0, ("The task is placeholder text.",)
    if brief.other_work is not None:
        return _OTHER_WORK, (f"The task asks for other work than a landing page: “{brief.other_work}”.",)
    if brief.language not in LANGUAGES:
        return _FOREIGN, (f"No part of the task is read: it is in {detection.NAMES[brief.language]}.",)
    plausible = min(map(plausibility.plausible_share, (brief.task, brief.subject or "")))
    parts = list(_parts(facts))
    reasons = [reason for _, reason in parts]
    score = sum(points for points, _ in parts)
    if not _says_what_it_is_for(facts):
        score = min(score, _UNKNOWN_TRADE)
    if plausible <= plausibility.FEWEST_WORDS or _has_unknown_words(brief):
        score = min(score * plausible, _MOSTLY_UNKNOWN)
        reasons.insert(0, "Most words of the task are no words of a known language.")
    return score, (*reasons, *_unused(brief))


def _says_what_it_is_for(facts: Facts) -> bool:
    """Whether more is read than an offer of an unknown trade with dates, prices and other facts."""
    brief = facts.brief
    read = (brief.activity, brief.function, brief.theme, brief.audience, brief.setting, brief.gist)
    specific = brief.kind != "offer" and len((brief.subject or "").split()) > 1
    described = _RELATIVE.search(brief.wording or "") is not None
    return facts.knows_trade or specific or described or any(read)


_RELATIVE: Final = re.compile(r"(?i)\s(?:where|that|which|who|whose)\s")


def _parts(facts: Facts) -> Iterator[tuple[float, str]]:
    """What is read and what is not, with its points."""
    brief = facts.brief
    if facts.knows_trade and not brief.subject:
        yield _KNOWN_TRADE, f"The trade is known: {facts.field.label}."
    elif facts.knows_trade:
        yield _KNOWN_TRADE, f"The offer is read: {brief.subject}. Its trade is known: {facts.field.label}."
    elif brief.subject:
        points = _KNOWN_KIND if brief.kind != "offer" else _UNKNOWN_NOUN
        points += _MODIFIED if len(brief.subject.split()) > 1 else 0
        yield (
            points,
            f"The offer is read: {brief.subject}. Its trade is not known, so the page says nothing about it.",
        )
    elif brief.gist:
        yield _KNOWN_KIND, f"What is done is read: {brief.gist}"
    else:
        yield 0.0, "No offer is named."
    purpose = brief.activity or brief.function or brief.theme
    if purpose:
        yield _PURPOSE, f"The purpose or topic is read: {purpose.rstrip('.')}."
    else:
        yield 0.0, "No purpose is named."
    if brief.audience:
        yield _AUDIENCE, f"The audience is read: {brief.audience}."
    else:
        yield 0.0, "No audience is named."
    if brief.setting:
        yield _SETTING, f"The setting is read: {brief.setting}."
    kinds = dict.fromkeys(fact.kind for fact in brief.stated)
    further = [*kinds, "features"] if brief.features else [*kinds]
    if further:
        listed = typography.listed(further)
        yield _FACT * min(len(further), _MOST_FACTS), f"Further facts are read: {listed}."


def _unused(brief: Brief) -> Iterator[str]:
    if brief.unlisted:
        used = len(brief.stated)
        yield f"Only the first {used} prices, dates, names and the like are used: {brief.unlisted} are not."
    for text in brief.unused[:_MOST_UNUSED]:
        yield f"Not on the page, because it does not describe the offer: “{typography.clip(text, 160)}”"
    more = len(brief.unused) - _MOST_UNUSED
    if more > 0:
        yield f"Not on the page for the same reason: {more} further sentences."


def _facts(brief: Brief) -> Iterator[tuple[str, str]]:
    single = (
        ("offer", brief.subject), ("name", brief.name), ("audience", brief.audience),
        ("purpose", brief.activity or brief.function), ("topic", brief.theme), ("setting", brief.setting),
        ("description", brief.gist), ("quotation", brief.quote),
    )  # fmt: skip
    yield from ((kind, text) for kind, text in single if text)
    yield from (("feature", text) for text in brief.features)
    for kind in KINDS:
        yield from ((kind, text) for text in brief.all_stated(kind) if text != brief.name)
    yield from (("statement", text) for text in brief.statements)

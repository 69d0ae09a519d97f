"""English: the slots of its sentences, working titles, and the voice of a casual tone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from ..content import library
from . import detection, english_grammar, typography
from .language import OfferFacts, default_audience
from .word_lists import ENGLISH_STOP_WORDS, word_set

_COLLECTIVE: Final = word_set(
    "companies businesses startups start-ups teams agencies clinics schools universities charities "
    "nonprofits clubs hotels restaurants cafés cafes shops retailers enterprises municipalities cities "
    "households workshops practices organisations organizations hospitals firms associations"
)
"""Collective nouns that take "that" instead of "who"."""

_POSSESSIVE: Final = re.compile(r"\w['’]s\b")


_PLACED: Final = frozenset({"place", "practice", "experience", "cause"})
"""Kinds of offers that have a place."""


def slots(facts: OfferFacts) -> dict[str, str]:
    """The values of the slots in the English sentences."""
    text = facts.text
    known = facts.field
    thing = text("brief.subject") or (known.noun if known is not facts.kind else "")
    quoted = text("brief.quote")
    thing = "" if quoted else thing
    offer = f"“{quoted}”" if quoted else _offer(facts, thing)
    plural = english_grammar.is_plural(thing)
    own = facts.name
    if facts.working_title:
        own = facts.name if _POSSESSIVE.search(thing) else f"these {thing}" if plural else f"this {thing}"
        own = own if thing else ""
    activity, function = text("brief.activity"), text("brief.function")
    who = facts.people or default_audience(facts)
    yours = _yours(activity)
    does = function if plural else english_grammar.third_person(function)
    for_who = f" for {who}" if who else ""
    offer_for_who = f"{offer}{'' if offer.endswith(thing) or not for_who else ','}{for_who}" if offer else ""
    what = offer_for_who
    if function and offer:
        what = f"{offer} that {does}"
    elif activity and offer and facts.people:
        what = f"{offer} that {'help' if plural else 'helps'} {who} {activity}"
    single = bool(thing) and not plural and not english_grammar.is_mass(thing)
    filled = {
        "name": facts.name,
        "thing": thing,
        "offer": offer,
        "offer_for_who": offer_for_who,
        "what": what,
        "does": does,
        "do": function,
        "aside": "" if offer.endswith(thing) else ",",
        "it": "they" if plural else "it",
        "them": "them" if plural and facts.working_title else "it",
        "provides": "is" if single else "offers",
        "who": who,
        "people": who or "the people it is for",
        "and_who": "and" if " who " in who else "that" if _act_together(who) else "who",
        "unit": known.unit,
        "wish": activity or known.wish,
        "self": own,
        "is": "are" if plural and facts.working_title else "is",
        "stands": "stand" if plural and facts.working_title else "stands",
        "activity": yours,
        "doing": english_grammar.gerund(yours) if activity else "",
    }
    presented = typography.capital(offer_for_who)
    filled["Presented"] = presented if facts.working_title or not offer else f"{facts.name}: {offer_for_who}"
    problem = english_grammar.contract(known.problem) if facts.tone == "casual" else known.problem
    filled["problem"] = problem.format_map(filled)
    capitals = {
        "What": "what",
        "It": "it",
        "Offer_for_who": "offer_for_who",
        "Name": "name",
        "Offer": "offer",
        "Who": "who",
        "Self": "self",
    }
    capitals |= {"Activity": "activity", "Doing_cap": "doing", "Problem": "problem"}
    return filled | {slot: typography.capital(filled[source]) for slot, source in capitals.items()}


def _offer(facts: OfferFacts, thing: str) -> str:
    """The offer with its article, theme, setting and place; empty where it is not known."""
    if not thing:
        return ""
    text = facts.text
    offer = english_grammar.with_article(thing)
    if text("brief.theme"):
        offer += f" {facts.theme_link} {text('brief.theme')}"
    if text("brief.setting"):
        offer += f" for {text('brief.setting')}"
    place = text("brief.place")
    if place and place not in offer and facts.kind.id in _PLACED:
        offer += f" in {text('brief.place')}"
    return offer


def _act_together(who: str) -> bool:
    return english_grammar.head(who) in _COLLECTIVE


def _yours(activity: str) -> str:
    swaps = {"their": "your", "them": "you", "themselves": "yourself"}
    return " ".join(swaps.get(word, word) for word in activity.split())


_NAME_END: Final = re.compile(r"[,;:–—(。、]|\s(?:\w{1,3}\s)?(?=\d)")
"""What ends the name of an offer in another language: a comma, or a date or price."""

_LONGEST_TITLE: Final = 60
"""Characters of a working title in another language."""

_SHORT_THEME: Final = 2
"""Words of a topic that a working title may have: "De-escalation Workshop"."""

_LONGEST_WITH_SETTING: Final = 4
"""Words of a subject and its setting that a working title may have."""


_JOINTS: Final = word_set("for in on at to with from by about and or of")


_GENERAL_NOUNS = word_set(
    "tool app application platform software service website site product system solution solutions "
    "shop store studio agency book course plugin bot device"
)


def _title(facts: OfferFacts) -> str:
    """A working title from the task's own words: "Podcast Tool", "Climate Sensor", "Habit-Tracking App"."""
    subject = facts.text("brief.subject")
    audience = facts.text("brief.audience")
    quoted = facts.text("brief.quote")
    if quoted:
        name = _NAME_END.split(quoted, maxsplit=1)[0].strip() or quoted
        return typography.capital(typography.clip(name, _LONGEST_TITLE))
    if not subject:
        activity = facts.text("brief.activity")
        if activity and not facts.text("brief.gist"):
            activity = _activity_title(activity)
        known = facts.field.noun if facts.field is not facts.kind else ""
        return english_grammar.title(activity or known or library.words().landing.untitled)
    theme = facts.text("brief.theme")
    if theme and facts.theme_link == "on" and len(theme.split()) <= _SHORT_THEME and " " not in subject:
        return english_grammar.title(f"{theme} {subject}")
    setting = facts.text("brief.setting")
    if setting and " " not in subject and len(setting.split()) < _LONGEST_WITH_SETTING:
        return english_grammar.title(f"{subject} for {setting}")
    if subject.lower() in _GENERAL_NOUNS:
        if facts.field.modifier:
            return english_grammar.title(f"{facts.field.modifier} {subject}")
        if audience and len(audience.split()) <= 2:
            *start, last = audience.split()
            return english_grammar.title(" ".join([*start, english_grammar.singular(last), subject]))
    return english_grammar.title(subject)


def _activity_title(activity: str) -> str:
    """An activity as a title, up to its first preposition: "find a job by Monday" as "finding a job"."""
    words = activity.split()
    joints = (index for index, word in enumerate(words) if index > 1 and word.lower() in _JOINTS)
    return english_grammar.gerund(" ".join(words[: next(joints, len(words))]))


_VAGUE_WORDS: Final = word_set(
    "seem seems made make makes making know knows known want wants need needs stand stands come comes "
    "going goes take takes took give gives given keep keeps like likes thing things people everyone "
    "someone nobody anyone always never still again really very much many more most less other another "
    "same even only also well good work works working done does doing find finds found feel feels first "
    "last year years whole themselves written every without"
)
"""Words that describe no problem."""


class English:
    """Implements `Language`."""

    code: Final = "en"
    name: Final = "English"
    folder: Final = ""

    def slots(self, facts: OfferFacts) -> dict[str, str]:
        return slots(facts)

    def voice(self, facts: OfferFacts) -> Callable[[str], str]:
        return english_grammar.contract if facts.tone == "casual" else str

    def title(self, facts: OfferFacts) -> str:
        return _title(facts)

    def terms(self, texts: Sequence[str], most: int, *, place: str = "") -> list[str]:
        words = [word.lower() for text in texts for word in text.replace("’", "'").split()]
        kept = [word.strip(".,;:!?()\"'") for word in words]
        ignored = ENGLISH_STOP_WORDS | _VAGUE_WORDS | frozenset(place.lower().split())
        counted = Counter(word for word in kept if len(word) > 3 and word.isalpha() and word not in ignored)
        return sorted(counted, key=lambda word: (-counted[word], kept.index(word)))[:most]

    def tidied(self, text: str) -> str:
        """Repairs "a" and "an", unless the text reads as another language."""
        if detection.recognise(text) not in (None, self.code):
            return text
        return english_grammar.with_right_articles(text)

"""German: the values of the slots in its sentences, working titles, and the form of address.

Each slot has a fixed grammatical form:

``{name}``           the name as it is, ``{title}`` in quotation marks if it is a working title
``{thing}``          the offer without an article, ``{offer}`` with article and details: nominative
``{Presented}``      the name, a colon and the offer "für" the audience; without the name for a working title
``{self}``           the name, or "diese Bäckerei": nominative, singular
``{who}``            the audience in the plural, without an article: nominative or accusative
``{die}``            joins a relative clause to ``{who}``: ", die", or " und" after a clause of its own
``{wish}``           an infinitive phrase before a modal verb, ``{activity}`` the same in the second person
``{offer_for_who}``  the offer "für" the audience, ``{what}`` the same with its function or activity
``{das}``            joins a relative clause to ``{offer}``, ``{does}`` is such a clause, its verb last
``{unit}``           the smallest unit to try: nominative, ``{unit_dat}``: dative
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from ..content import library
from . import german_grammar, typography
from .german_grammar import Noun
from .language import OfferFacts, default_audience
from .word_lists import word_set

_PLACED: Final = frozenset({"place", "practice", "experience", "cause"})
_GENERAL: Final = word_set(
    "werkzeug tool app plattform software anwendung assistent programm system website portal"
)
_CAPITALS: Final = {
    "Name": "name", "Title": "title", "Offer": "offer", "Offer_for_who": "offer_for_who", "What": "what",
    "Who": "who", "Self": "self", "Activity": "activity", "Unit": "unit", "Problem": "problem",
}  # fmt: skip


def slots(facts: OfferFacts) -> dict[str, str]:
    """The values of the slots."""
    text, known = facts.text, facts.field
    formal = is_formal(facts)
    thing = _thing(facts)
    offer = _offer(facts, thing)
    who = facts.people or default_audience(facts)
    activity, function = text("brief.activity"), text("brief.function")
    die = " und" if ", die " in who else ", die"
    relative = f", {german_grammar.RELATIVE[thing.gender]}" if thing.gender else ""
    comma = "," if "," in offer or " für " in offer else ""
    named = facts.people or not text("brief.setting") or german_grammar.is_purpose(text("brief.setting"))
    for_who = f"{offer}{comma} für {who}" if offer and who and named else offer
    what = for_who
    if function and relative and offer:
        what = f"{offer}{relative} {function}"
    elif activity and offer and facts.people:
        what = f"{for_who}{die} {activity} {'wollen' if die == ' und' else 'möchten'}"
    unit = german_grammar.noun(known.unit) if known.unit else None
    own = thing.this if thing.phrase else ""
    filled = {
        "name": facts.name,
        "title": f"„{facts.name}“" if facts.working_title else facts.name,
        "thing": thing.phrase,
        "offer": offer,
        "self": own if facts.working_title else facts.name,
        "who": who,
        "people": who or "die Menschen in der Zielgruppe",
        "die": die,
        "wish": activity or known.wish,
        "activity": german_grammar.yours(activity, formal=formal),
        "offer_for_who": for_who,
        "what": what,
        "das": relative,
        "does": function if relative else "",
        "unit": unit.with_article("nominative") if unit else "",
        "unit_dat": unit.with_article("dative") if unit else "",
    }
    presented = typography.capital(for_who)
    filled["Presented"] = presented if facts.working_title or not offer else f"{facts.name}: {for_who}"
    filled["problem"] = german_grammar.addressed(known.problem, formal=formal).format_map(filled)
    return filled | {slot: typography.capital(filled[source]) for slot, source in _CAPITALS.items()}


def _offer(facts: OfferFacts, thing: Noun) -> str:
    """The offer with its article, theme, setting and place; empty where it is not known."""
    if not thing.phrase:
        return ""
    text = facts.text
    setting = text("brief.setting")
    offer = thing.indefinite
    offer += f" über {text('brief.theme')}" if text("brief.theme") else ""
    offer += f" {setting if german_grammar.is_purpose(setting) else 'für ' + setting}" if setting else ""
    if text("brief.place") and facts.kind.id in _PLACED:
        offer += f" in {text('brief.place')}"
    return offer


def is_formal(facts: OfferFacts) -> bool:
    """Whether readers are addressed as "Sie": as in the task or the brand, else in every tone but casual."""
    return german_grammar.form_of_address(
        facts.task,
        [text for location, text in facts.texts.items() if location.startswith("brand.")],
        otherwise=facts.tone != "casual",
    )


def _title(facts: OfferFacts) -> str:
    """A working title from the task's own words: "Podcast-Werkzeug", "Mieter-App", "Kleine Bäckerei"."""
    subject = facts.text("brief.subject")
    if not subject:
        known = german_grammar.noun(facts.field.noun).phrase if facts.field is not facts.kind else ""
        return typography.capital(
            facts.text("brief.activity") or known or library.words("de").landing.untitled
        )
    audience = facts.text("brief.audience")
    modifier = facts.field.modifier or (audience if len(audience.split()) == 1 else "")
    compound = modifier and subject.lower() in _GENERAL
    return f"{modifier}-{subject}" if compound else typography.capital(subject)


def _thing(facts: OfferFacts) -> Noun:
    subject = facts.text("brief.subject")
    if not subject:
        return german_grammar.noun(facts.field.noun) if facts.field is not facts.kind else Noun("", None)
    read = german_grammar.nominative(subject.split())
    gender = german_grammar.gender_in(facts.task, read.phrase.split()[-1])
    return read if read.gender else Noun(read.phrase, gender)


class German:
    """Implements `Language`."""

    code: Final = "de"
    name: Final = "German"
    folder: Final = "de"

    def slots(self, facts: OfferFacts) -> dict[str, str]:
        return slots(facts)

    def voice(self, facts: OfferFacts) -> Callable[[str], str]:
        """Chooses the form of address."""
        return partial(german_grammar.addressed, formal=is_formal(facts))

    def title(self, facts: OfferFacts) -> str:
        return _title(facts)

    def terms(self, texts: Sequence[str], most: int, *, place: str = "") -> list[str]:
        return german_grammar.terms(texts, most)

    def tidied(self, text: str) -> str:
        return text

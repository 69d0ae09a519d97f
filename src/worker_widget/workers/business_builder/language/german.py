"""What the slots of the German sentences stand for, and how a sentence is said in German.

Each slot has one grammatical form, which its sentences keep to:

``{name}``           the name as it is, ``{title}`` in quotation marks if it is a working title
``{thing}``          the offer without an article, ``{offer}`` with it and all that was said of it: nominative
``{Presented}``      the name, a colon and the offer "für" the audience; a working title goes without saying
``{self}``           the name, or "diese Bäckerei": nominative, singular
``{who}``            the audience in the plural, without an article: nominative or accusative
``{die}``            joins a relative clause to ``{who}``: ", die", or " und" after a clause of its own
``{wish}``           an infinitive phrase before a modal verb, ``{activity}`` the same said to the reader
``{offer_for_who}``  the offer "für" the audience, ``{what}`` the same with what it does or lets them do
``{das}``            joins a relative clause to ``{offer}``, ``{does}`` is such a clause, its verb last
``{unit}``           the least one can try: nominative, ``{unit_dat}``: dative
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from . import english_grammar, german_grammar
from .german_grammar import Noun
from .word_lists import word_set

if TYPE_CHECKING:
    from ..brief.facts import Material

_PLACED: Final = frozenset({"place", "practice", "experience", "cause"})
_GENERAL: Final = word_set(
    "werkzeug tool app plattform software anwendung assistent programm system website portal"
)
_CAPITALS: Final = {
    "Name": "name", "Title": "title", "Offer": "offer", "Offer_for_who": "offer_for_who", "What": "what",
    "Who": "who", "Self": "self", "Activity": "activity", "Unit": "unit", "Problem": "problem",
}  # fmt: skip


def slots(material: Material) -> dict[str, str]:
    """What the slots stand for in this material."""
    text, known = material.text, material.field
    formal = is_formal(material)
    thing = _thing(material)
    offer = thing.indefinite
    setting = text("brief.setting")
    offer += f" über {text('brief.theme')}" if text("brief.theme") else ""
    offer += f" {setting if german_grammar.is_purpose(setting) else 'für ' + setting}" if setting else ""
    if text("brief.place") and material.kind.id in _PLACED:
        offer += f" in {text('brief.place')}"
    who = text("brief.audience") or _who(material)
    activity, function = text("brief.activity"), text("brief.function")
    die = " und" if ", die " in who else ", die"
    relative = f", {german_grammar.RELATIVE[thing.gender]}" if thing.gender else ""
    comma = "," if "," in offer or " für " in offer else ""
    for_who = f"{offer}{comma} für {who}"
    what = for_who
    if function and relative:
        what = f"{offer}{relative} {function}"
    elif activity and text("brief.audience"):
        what = f"{for_who}{die} {activity} {'wollen' if die == ' und' else 'möchten'}"
    unit = german_grammar.noun(known.unit)
    filled = {
        "name": material.name,
        "title": f"„{material.name}“" if material.working_title else material.name,
        "thing": thing.phrase,
        "offer": offer,
        "self": thing.this if material.working_title else material.name,
        "who": who,
        "die": die,
        "wish": activity or known.wish,
        "activity": german_grammar.yours(activity, formal=formal),
        "offer_for_who": for_who,
        "what": what,
        "das": relative,
        "does": function if relative else "",
        "unit": unit.with_article("nominative"),
        "unit_dat": unit.with_article("dative"),
    }
    filled["Presented"] = (
        english_grammar.capital(for_who) if material.working_title else f"{material.name}: {for_who}"
    )
    filled["problem"] = german_grammar.addressed(known.problem, formal=formal).format_map(filled)
    return filled | {slot: english_grammar.capital(filled[source]) for slot, source in _CAPITALS.items()}


def speaker(material: Material) -> Callable[[str], str]:
    """How a wording is said: in the form of address that goes with the material."""
    return partial(german_grammar.addressed, formal=is_formal(material))


def is_formal(material: Material) -> bool:
    """Whether readers are "Sie": as the task or the brand addresses them, else in every tone but casual."""
    return german_grammar.form_of_address(
        material.brief.task,
        [text for location, text in material.texts.items() if location.startswith("brand.")],
        otherwise=material.tone != "casual",
    )


def title(material: Material) -> str:
    """A working title from the task's own words: "Podcast-Werkzeug", "Mieter-App", "Kleine Bäckerei"."""
    subject = material.text("brief.subject")
    if not subject:
        return english_grammar.capital(
            material.text("brief.activity") or german_grammar.noun(material.field.noun).phrase
        )
    audience = material.text("brief.audience")
    modifier = material.field.modifier or (audience if len(audience.split()) == 1 else "")
    compound = modifier and subject.lower() in _GENERAL
    return f"{modifier}-{subject}" if compound else english_grammar.capital(subject)


def _thing(material: Material) -> Noun:
    subject = material.text("brief.subject")
    if not subject:
        return german_grammar.noun(material.field.noun)
    read = german_grammar.nominative(subject.split())
    said = german_grammar.gender_said(material.brief.task, read.phrase.split()[-1])
    return read if read.gender else Noun(read.phrase, said)


def _who(material: Material) -> str:
    """Whom it is for where the task does not say: the first audience, or the trade."""
    known = material.field
    first = material.audience_texts[0].who if material.audiences and known is material.kind else ""
    return first or known.who

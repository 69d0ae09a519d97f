"""The writing hand: fills the slots of a sentence, in the tone, within the rules, and never twice.

`Pen.line` takes wordings of one sentence, begins with the one the seed picks, and writes the first that
breaks no rule and repeats nothing. Our own sentences are thus chosen, not violated and repaired; how many
had to be passed over is counted. Where no wording is left, the line is empty and its block is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from ..brief.facts import Material
from ..brief.seed import Seed
from ..content import library
from ..language import english_grammar, german
from ..language.word_lists import word_set
from ..policy import compiler
from ..policy.compiler import Rule

Approach = Literal["plain", "story"]
"""How a text goes about it: ``plain`` leads with what the offer is and does, ``story`` with the situation of
those it is for."""

_POSSESSIVE: Final = re.compile(r"\w['’]s\b")
_TOGETHER: Final = word_set(
    "companies businesses startups start-ups teams agencies clinics schools universities charities "
    "nonprofits clubs hotels restaurants cafés cafes shops retailers enterprises municipalities cities "
    "households workshops practices organisations organizations hospitals firms associations"
)
"""Those of whom one says "that"."""

_PLACED: Final = frozenset({"place", "practice", "experience", "cause"})
"""Kinds of offers that a place belongs to."""


def slots(material: Material) -> dict[str, str]:
    """What the slots of the library's sentences stand for."""
    text = material.text
    known = material.field
    thing = text("brief.subject") or known.noun
    offer = english_grammar.with_article(thing)
    if text("brief.theme"):
        offer += f" about {text('brief.theme')}"
    if text("brief.setting"):
        offer += f" for {text('brief.setting')}"
    if text("brief.place") and material.kind.id in _PLACED:
        offer += f" in {text('brief.place')}"
    plural = english_grammar.is_plural(thing)
    own = material.name
    if material.working_title:
        own = material.name if _POSSESSIVE.search(thing) else f"these {thing}" if plural else f"this {thing}"
    activity, function = text("brief.activity"), text("brief.function")
    who = text("brief.audience") or _who(material)
    yours = _yours(activity)
    does = function if plural else english_grammar.third_person(function)
    whom = _whom(material, who)
    offer_for_who = f"{offer}{'' if offer.endswith(thing) or not whom else ','}{whom}"
    what = offer_for_who
    if function:
        what = f"{offer} that {does}"
    elif activity and text("brief.audience"):
        what = f"{offer} that {'help' if plural else 'helps'} {who} {activity}"
    single = not plural and not english_grammar.is_mass(thing)
    filled = {
        "name": material.name,
        "thing": thing,
        "offer": offer,
        "offer_for_who": offer_for_who,
        "what": what,
        "does": does,
        "do": function,
        "aside": "" if offer.endswith(thing) else ",",
        "it": "they" if plural else "it",
        "them": "them" if plural and material.working_title else "it",
        "provides": "is" if single else "offers",
        "who": who,
        "and_who": "and" if " who " in who else "that" if _act_together(who) else "who",
        "craft": english_grammar.gerund(yours) if activity else known.craft,
        "unit": known.unit,
        "seeks": _seeks(material, offer),
        "wish": activity or known.wish,
        "self": own,
        "is": "are" if plural and material.working_title else "is",
        "stands": "stand" if plural and material.working_title else "stands",
        "activity": yours,
        "doing": english_grammar.gerund(yours) if activity else "",
    }
    presented = english_grammar.capital(offer_for_who)
    filled["Presented"] = presented if material.working_title else f"{material.name}: {offer_for_who}"
    filled["Craft"] = english_grammar.capital(filled["craft"])
    problem = english_grammar.contract(known.problem) if material.tone == "casual" else known.problem
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
    return filled | {slot: english_grammar.capital(filled[source]) for slot, source in capitals.items()}


def _who(material: Material) -> str:
    """Whom it is for where the task does not say: the first audience, or the trade."""
    known = material.field
    first = material.audience_texts[0].who if material.audiences and known is material.kind else ""
    return first or known.who


def _act_together(who: str) -> bool:
    return english_grammar.head(who) in _TOGETHER


def _whom(material: Material, who: str) -> str:
    """ "for" the audience; nothing where none was named and the kind of offer says nothing of it either."""
    named = material.text("brief.audience") or material.audiences
    return f" for {who}" if named or material.field.id != "offer" else ""


def _seeks(material: Material, offer: str) -> str:
    """What those do who look for it; for a task that names nothing, what can be said of anyone."""
    if material.text("brief.subject"):
        return f"looks for {offer}"
    activity = material.text("brief.activity")
    return f"wants to {activity}" if activity else "comes with a question of a particular kind"


def _yours(activity: str) -> str:
    swaps = {"their": "your", "them": "you", "themselves": "yourself"}
    return " ".join(swaps.get(word, word) for word in activity.split())


def speaker(material: Material) -> Callable[[str], str]:
    """How a wording is said: with contractions in a casual tone, as it is in any other."""
    return english_grammar.contract if material.tone == "casual" else str


_SLOTS: Final[Mapping[str, Callable[[Material], dict[str, str]]]] = {"en": slots, "de": german.slots}
_SPEAKERS: Final[Mapping[str, Callable[[Material], Callable[[str], str]]]] = {
    "en": speaker,
    "de": german.speaker,
}


@dataclass
class Pen:
    """Writes the lines of one document. ``passed_over`` counts wordings that broke a rule."""

    material: Material
    rules: Sequence[Rule]
    seed: Seed
    approach: Approach = "plain"
    passed_over: int = 0
    said: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.slots = _SLOTS[self.material.language](self.material)
        self.speak = _SPEAKERS[self.material.language](self.material)
        self.tone = library.tone(self.material.tone, self.material.language)
        self.words = library.words(self.material.language)

    def line(self, key: str, *wordings: str, once: bool = True) -> str:
        """One of ``wordings`` with its slots filled; empty where none may stand.

        ``key`` names the place, so that the same request picks the same wording there. ``once`` keeps
        a sentence from being written a second time in the document.
        """
        first = self.seed.index(key, len(wordings)) if wordings else 0
        for wording in (*wordings[first:], *wordings[:first]):
            text = self.speak(wording).format_map(self.slots).strip()
            if not text or (once and self._repeats(text)):
                continue
            if not self.allowed(text):
                continue
            if once:
                self._remember(text)
            return text
        return ""

    def prefer(self, key: str, *wordings: str, once: bool = True) -> str:
        """The first of ``wordings`` that may stand; empty if none may. The plainer ones come last."""
        return next(filter(None, (self.line(key, wording, once=once) for wording in wordings)), "")

    def quote(self, text: str, *, once: bool = True) -> str:
        """A text of the user, as it is, without those of its sentences that were written already."""
        if not once:
            return self.allowed(text)
        kept: list[str] = []
        for part in english_grammar.sentences(text):
            if not self._repeats(part):
                self._remember(part)
                kept.append(part)
        return self.allowed(" ".join(kept))

    def allowed(self, text: str) -> str:
        """``text`` if it breaks no rule, else nothing."""
        if text and compiler.breaks(text, self.rules) is not None:
            self.passed_over += 1
            return ""
        return text

    def _repeats(self, text: str) -> bool:
        return any(key in self.said for key in _keys(text))

    def _remember(self, text: str) -> None:
        self.said.update(_keys(text))


def _keys(text: str) -> list[str]:
    """What makes a sentence the same as another: its words."""
    said = (part.casefold().strip(" .!?…:") for part in english_grammar.sentences(text))
    return [key for key in said if key.count(" ") >= 2]

"""The writing hand: fills the slots of a sentence, in the tone, within the rules, and never twice.

`Pen.line` takes wordings of one sentence, begins with the one the seed picks, and writes the first that
breaks no rule and repeats nothing. Our own sentences are thus chosen, not violated and repaired; how many
had to be passed over is counted. Where no wording is left, the line is empty and its block is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from . import grammar, library, policy
from .material import Material
from .policy import Rule
from .seed import Seed


def slots(material: Material) -> dict[str, str]:
    """What the slots of the library's sentences stand for."""
    text = material.text
    known = material.field
    thing = text("brief.subject") or known.noun
    offer = grammar.with_article(thing)
    if text("brief.theme"):
        offer += f" about {text('brief.theme')}"
    if text("brief.setting"):
        offer += f" for {text('brief.setting')}"
    if text("brief.place") and material.kind.id in {"place", "practice", "cause"}:
        offer += f" in {text('brief.place')}"
    plural = grammar.is_plural(thing)
    own = material.name
    if material.working_title:
        own = f"these {thing}" if plural else f"this {thing}"
    activity = text("brief.activity")
    who = text("brief.audience") or known.who
    if not text("brief.audience") and material.audiences and known is material.kind:
        who = library.audiences()[material.audiences[0]].who
    yours = _yours(activity)
    filled = {
        "name": material.name,
        "thing": thing,
        "offer": offer,
        "offer_for_who": f"{offer}{'' if offer.endswith(thing) else ','} for {who}",
        "who": who,
        "and_who": "and" if " who " in who else "who",
        "craft": grammar.gerund(yours) if activity else known.craft,
        "unit": known.unit,
        "wish": activity or known.wish,
        "self": own,
        "is": "are" if plural and material.working_title else "is",
        "activity": yours,
        "doing": grammar.gerund(yours) if activity else "",
    }
    filled["problem"] = known.problem.format_map(filled)
    capitals = {"Name": "name", "Offer": "offer", "Who": "who", "Craft": "craft", "Self": "self"}
    capitals |= {"Activity": "activity", "Doing_cap": "doing", "Problem": "problem"}
    return filled | {slot: grammar.capital(filled[source]) for slot, source in capitals.items()}


def _yours(activity: str) -> str:
    swaps = {"their": "your", "them": "you", "themselves": "yourself"}
    return " ".join(swaps.get(word, word) for word in activity.split())


@dataclass
class Pen:
    """Writes the lines of one document. ``passed_over`` counts wordings that broke a rule."""

    material: Material
    rules: Sequence[Rule]
    seed: Seed
    passed_over: int = 0
    said: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.slots = slots(self.material)
        self.tone = library.tone(self.material.tone)

    def line(self, key: str, *wordings: str, once: bool = True) -> str:
        """One of ``wordings`` with its slots filled; empty where none may stand.

        ``key`` names the place, so that the same request picks the same wording there. ``once`` keeps
        a sentence from being written a second time in the document.
        """
        first = self.seed.index(key, len(wordings)) if wordings else 0
        for wording in (*wordings[first:], *wordings[:first]):
            if self.material.tone == "casual":
                wording = grammar.contract(wording)
            text = wording.format_map(self.slots).strip()
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
        for part in grammar.sentences(text):
            if not self._repeats(part):
                self._remember(part)
                kept.append(part)
        return self.allowed(" ".join(kept))

    def allowed(self, text: str) -> str:
        """``text`` if it breaks no rule, else nothing."""
        if text and policy.breaks(text, self.rules) is not None:
            self.passed_over += 1
            return ""
        return text

    def _repeats(self, text: str) -> bool:
        return any(key in self.said for key in _keys(text))

    def _remember(self, text: str) -> None:
        self.said.update(_keys(text))


def _keys(text: str) -> list[str]:
    """What makes a sentence the same as another: its words."""
    said = (part.casefold().strip(" .!?…:") for part in grammar.sentences(text))
    return [key for key in said if key.count(" ") >= 2]

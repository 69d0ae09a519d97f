"""The texts of the landing page, by section: the content of ``landing_copy.json``."""

from __future__ import annotations

from typing import Literal

import msgspec

Approach = Literal["plain", "story"]
"""How a text begins: ``plain`` with the offer, ``story`` with the situation of its audience."""

Source = Literal["brand", "brief", "proposal"]


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    title: str = ""
    body: str = ""
    source: Source | None = None


class Block(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A section: a heading, perhaps an introduction, and items."""

    heading: str
    intro: str = ""
    items: tuple[Item, ...] = ()


class Hero(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is seen first; ``opening`` is the situation that a story begins with."""

    headline: str
    opening: str = ""
    subhead: str
    cta: str
    secondary: str
    eyebrow: str = ""
    note: str = ""
    source: Source


class Features(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    heading: str
    items: tuple[str, ...]
    source: Source


class Mission(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    heading: str
    quote: str
    vision: str = ""
    source: Source


class Fits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """For whom it is and for whom not, where at most one audience was named."""

    heading: str
    items: tuple[str, ...]


class Audience(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    heading: str
    cards: tuple[Item, ...] = ()
    fits: Fits | None = None
    unfits: Fits | None = None


class Closing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    heading: str
    body: str
    cta: str


class Footer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    line: str = ""
    notes_heading: str = ""
    disclosures: tuple[str, ...] = ()


class LandingCopy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All words of the page. ``sections`` names those between hero and closing, in the order of the page."""

    language: str
    approach: Approach
    sections: tuple[str, ...]
    name: str
    name_is_working_title: bool = False
    title: str
    description: str
    hero: Hero
    problem: Block | None = None
    steps: Block
    values: Block
    features: Features | None = None
    mission: Mission | None = None
    audience: Audience | None = None
    faq: Block | None = None
    closing: Closing
    footer: Footer

    @property
    def proposals(self) -> int:
        """How many of its items are ours and wait to be confirmed."""
        blocks = (self.problem, self.steps, self.values, self.faq)
        items = [item for block in blocks if block for item in block.items]
        items += self.audience.cards if self.audience else ()
        return sum(item.source == "proposal" for item in items) + (self.hero.source == "proposal")

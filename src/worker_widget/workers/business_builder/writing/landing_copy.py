"""The texts of the landing page, by section: the content of ``landing_copy.json``."""

from __future__ import annotations

from typing import Literal

import msgspec

Approach = Literal["plain", "story"]
"""How a text begins: ``plain`` with the offer, ``story`` with the situation of its audience."""

TextSource = Literal["brand", "brief", "proposal"]


class CopyItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    title: str = ""
    body: str = ""
    source: TextSource | None = None


class CopySection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A section: a heading, an optional introduction, and items."""

    heading: str
    intro: str = ""
    items: tuple[CopyItem, ...] = ()


class Hero(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The first section; ``opening`` is the situation that a story starts with."""

    headline: str
    opening: str = ""
    subhead: str
    cta: str
    secondary: str
    eyebrow: str = ""
    note: str = ""
    source: TextSource


class FeatureSection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    heading: str
    items: tuple[str, ...]
    source: TextSource


class MissionSection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    heading: str
    quote: str
    vision: str = ""
    source: TextSource


class FitList(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """People that the offer suits or does not suit, where at most one audience is known."""

    heading: str
    items: tuple[str, ...]


class AudienceSection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    heading: str
    cards: tuple[CopyItem, ...] = ()
    fits: FitList | None = None
    unfits: FitList | None = None


class ClosingSection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    heading: str
    body: str
    cta: str


class PageFooter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    line: str = ""
    notes_heading: str = ""
    disclosures: tuple[str, ...] = ()


class DetailItem(msgspec.Struct, frozen=True, kw_only=True):
    """A stated fact with its label: "Price", "240 pounds"."""

    label: str
    text: str


class DetailSection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the task states: its sentences, and its facts with their labels."""

    heading: str
    texts: tuple[str, ...] = ()
    items: tuple[DetailItem, ...] = ()
    source: TextSource = "brief"


class LandingCopy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The copy of the page. ``sections`` are those between hero and closing, in the order of the page.

    ``foreign`` maps texts in another language than the page's to their two-letter codes.
    """

    language: str
    approach: Approach
    sections: tuple[str, ...]
    name: str
    name_is_working_title: bool = False
    title: str
    description: str
    hero: Hero
    details: DetailSection | None = None
    problem: CopySection | None = None
    steps: CopySection
    values: CopySection
    features: FeatureSection | None = None
    mission: MissionSection | None = None
    audience: AudienceSection | None = None
    faq: CopySection | None = None
    closing: ClosingSection
    footer: PageFooter
    foreign: dict[str, str] = {}

    @property
    def proposals(self) -> int:
        """The number of items that are proposals to be confirmed."""
        blocks = (self.problem, self.steps, self.values, self.faq)
        items = [item for block in blocks if block for item in block.items]
        items += self.audience.cards if self.audience else ()
        return sum(item.source == "proposal" for item in items) + (self.hero.source == "proposal")

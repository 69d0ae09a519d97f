"""The landing page's words, before they are a page: ``landing_copy.json``.

Every block says where its words are from: ``brand`` (quoted), ``brief`` (read from the task) or
``proposal`` (written by us for this line of business, to be confirmed by whoever knows the facts).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from .. import grammar, library
from ..library import Blurb
from ..material import QUOTED_AS_GIVEN
from ..voice import Pen
from .draft import Draft, json_draft

OPTIONAL = ("faq", "audience", "vision", "problem", "mission", "introductions")

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
    headline: str
    subhead: str
    cta: str
    secondary: str
    eyebrow: str = ""
    note: str = ""
    source: Source = "proposal"


class Features(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    heading: str
    items: tuple[str, ...]
    source: Source = "brief"


class Mission(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    heading: str
    quote: str
    vision: str = ""
    source: Source = "brand"


class Fits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """For whom it is and for whom not, where no audience was named."""

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
    """All words of the page, in the order of the page."""

    language: str
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


def compose(pen: Pen, left_out: frozenset[str] = frozenset()) -> LandingCopy:
    """The page's words, without the sections in ``left_out``; a heading is empty if no wording may stand."""
    material, tone = pen.material, pen.tone
    hero = _hero(pen)
    mission = None if "mission" in left_out else _mission(pen, with_vision="vision" not in left_out)
    introduced = "introductions" not in left_out
    problem = None if "problem" in left_out else _problem(pen)
    return LandingCopy(
        language="en",
        name=material.name,
        name_is_working_title=material.working_title,
        title=pen.allowed(f"{material.name} · {hero.headline}") or material.name,
        description=pen.allowed(grammar.clip(hero.subhead or hero.headline, 155)),
        hero=hero,
        problem=problem,
        steps=Block(
            heading=pen.line("steps.heading", tone.steps_heading, once=False),
            intro=pen.line("steps.intro", *tone.steps_intro) if introduced else "",
            items=_blurbs(pen, "steps", pen.material.field.steps),
        ),
        values=Block(
            heading=pen.line("values.heading", tone.values_heading, once=False),
            intro=pen.line("values.intro", *tone.values_intro) if introduced else "",
            items=_blurbs(pen, "values", pen.material.field.values),
        ),
        features=_features(pen),
        mission=mission,
        audience=None if "audience" in left_out else _audience(pen),
        faq=None if "faq" in left_out else _faq(pen, asks_about_problem=problem is not None),
        closing=Closing(
            heading=pen.line("closing.heading", *tone.closing_heading),
            body=pen.line("closing.body", *tone.closing_body),
            cta=hero.cta,
        ),
        footer=_footer(pen),
    )


def draft(copy: LandingCopy) -> Draft:
    return json_draft("landing_copy", msgspec.to_builtins(copy))


def _hero(pen: Pen) -> Hero:
    material, tone = pen.material, pen.tone
    tagline = grammar.heading(material.text("brand.tagline"))
    activity, audience = material.text("brief.activity"), material.text("brief.audience")
    general = material.field is material.kind
    wordings = tone.headline_activity if activity else (material.field.headline[material.tone],)
    source: Source = "brief" if activity else "proposal"
    eyebrow = ""
    if tagline and general and not activity:
        headline, source = pen.quote(tagline), "brand"
        eyebrow = pen.line("hero.eyebrow", "For {who}", once=False) if audience else ""
    else:
        headline = pen.line("hero.headline", *wordings) or pen.prefer("hero.headline", "For {who}", "{Name}")
        named = audience or not (general or material.text("brand.mission"))
        eyebrow = pen.quote(tagline) or (pen.line("hero.eyebrow", "For {who}", once=False) if named else "")
    offer = grammar.sentence(grammar.clip(material.text("brand.value_proposition"), 240))
    subhead = pen.quote(offer) or pen.line("hero.subhead", *tone.subhead)
    subhead = subhead or pen.prefer("hero.subhead", *tone.lead, "{Offer}.", "{Name}.")
    cta = pen.prefer("hero.cta", material.kind.cta[material.tone], tone.secondary, "{Name}", once=False)
    return Hero(
        eyebrow=eyebrow if eyebrow != headline else "",
        headline=headline,
        subhead=subhead,
        cta=cta,
        secondary=pen.line("hero.secondary", tone.secondary, once=False),
        note=pen.line("hero.note", tone.hero_note),
        source=source,
    )


def _problem(pen: Pen) -> Block | None:
    own = pen.material.all("brand.audience_pain_points")[:6]
    items = tuple(
        Item(title=grammar.heading(text), source="brand")
        if len(text) <= 70
        else Item(body=grammar.sentence(text), source="brand")
        for text in map(pen.quote, own)
        if text
    ) or _blurbs(pen, "pains", pen.material.field.pains)
    heading = pen.line("problem.heading", pen.tone.problem_heading, once=False)
    if not heading or not items:
        return None
    return Block(heading=heading, intro=pen.line("problem.intro", "{Problem}"), items=items)


def _blurbs(pen: Pen, key: str, blurbs: tuple[Blurb, ...]) -> tuple[Item, ...]:
    items = []
    for index, blurb in enumerate(blurbs):
        body = pen.line(f"{key}[{index}].body", blurb.body)
        title = pen.line(f"{key}[{index}].title", blurb.title)
        if body or title:
            items.append(Item(title=title, body=body, source="proposal"))
    return tuple(items)


def _features(pen: Pen) -> Features | None:
    items = tuple(
        grammar.heading(text) for text in map(pen.quote, pen.material.all("brief.features")) if text
    )
    heading = pen.line("features.heading", pen.tone.features_heading, once=False)
    return Features(heading=heading, items=items) if items and heading else None


def _mission(pen: Pen, *, with_vision: bool) -> Mission | None:
    quote = grammar.sentence(pen.quote(grammar.clip(pen.material.text("brand.mission"), 420)))
    vision = (
        ""
        if not with_vision
        else grammar.sentence(pen.quote(grammar.clip(pen.material.text("brand.vision"), 320)))
    )
    heading = pen.line("mission.heading", pen.tone.mission_heading, once=False)
    return Mission(heading=heading, quote=quote, vision=vision) if quote and heading else None


def _audience(pen: Pen) -> Audience | None:
    heading = pen.line("audience.heading", pen.tone.audience_heading, once=False)
    if not heading:
        return None
    texts = [library.audiences()[audience] for audience in pen.material.audiences]
    if texts:
        cards = _blurbs(pen, "audience", tuple(Blurb(text.title, text.body) for text in texts))
        return Audience(heading=heading, cards=cards) if cards else None
    kind = pen.material.kind
    fits = tuple(filter(None, (pen.line(f"fits[{i}]", text) for i, text in enumerate(kind.fits))))
    unfits = tuple(filter(None, (pen.line(f"unfits[{i}]", text) for i, text in enumerate(kind.unfits))))
    if not fits:
        return None
    yes = pen.line("fits.heading", pen.tone.fits_heading, once=False)
    no = pen.line("unfits.heading", pen.tone.unfits_heading, once=False)
    return Audience(
        heading=heading,
        fits=Fits(heading=yes, items=fits),
        unfits=Fits(heading=no, items=unfits) if unfits and no else None,
    )


def _faq(pen: Pen, *, asks_about_problem: bool) -> Block | None:
    tone, material = pen.tone, pen.material
    pairs: list[tuple[str, str, Source]] = []
    if material.text("brief.subject"):
        pairs.append((tone.faq_what_q, tone.faq_what_a, "brief"))
    if asks_about_problem:
        pairs.append((tone.faq_who_q, tone.faq_who_a, "proposal"))
    pairs.append((tone.faq_begin_q, tone.faq_begin_a, "proposal"))
    if material.all(QUOTED_AS_GIVEN):
        pairs.append((tone.faq_notes_q, tone.faq_notes_a, "brand"))
    pairs.append((tone.faq_promise_q, tone.faq_promise_a, "proposal"))
    items = []
    for index, (question, answer, source) in enumerate(pairs):
        said = pen.line(f"faq[{index}].a", answer)
        asked = pen.line(f"faq[{index}].q", question) if said else ""
        if asked:
            items.append(Item(title=asked, body=said, source=source))
    heading = pen.line("faq.heading", tone.faq_heading, once=False)
    return Block(heading=heading, items=tuple(items)) if heading and items else None


def _footer(pen: Pen) -> Footer:
    material = pen.material
    disclosures = tuple(dict.fromkeys(material.all(QUOTED_AS_GIVEN)))
    line = grammar.sentence(material.text("brand.tagline"))
    if not line and material.text("brief.subject"):
        line = pen.line("footer.line", *pen.tone.lead)
    heading = pen.line("footer.notes", pen.tone.notes_heading, once=False) if disclosures else ""
    line = line if line.rstrip(".") != material.name else ""
    return Footer(line=line, notes_heading=heading, disclosures=disclosures)

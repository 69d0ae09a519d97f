"""Composes ``landing_copy.json``, the copy of the landing page.

Every block has the source of its words: ``brand`` (quoted), ``brief`` (read from the task) or ``proposal``
(proposed for the line of business, to be confirmed). A section without words of the brief, the brand or a
known line of business is left out. Every fact of the task that is nowhere else is in the details.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from ..brief.facts import QUOTED_AS_GIVEN
from ..content.library import Blurb
from ..language import detection, typography
from . import landing_details
from .draft import Draft, json_draft
from .landing_copy import (
    Approach,
    AudienceSection,
    ClosingSection,
    CopyItem,
    CopySection,
    FeatureSection,
    FitList,
    Hero,
    LandingCopy,
    MissionSection,
    PageFooter,
    TextSource,
)
from .pen import Pen

OPTIONAL = ("faq", "audience", "vision", "problem", "mission", "introductions")


ORDER: Final[Mapping[Approach, tuple[str, ...]]] = {
    "plain": ("details", "values", "steps", "problem", "audience", "mission", "faq"),
    "story": ("problem", "mission", "details", "values", "steps", "audience", "faq"),
}
"""How the sections between the headline and the last call follow each other."""


def compose(pen: Pen, left_out: frozenset[str] = frozenset()) -> LandingCopy:
    """The page's copy without the sections in ``left_out``; a heading is empty if its wordings are
    forbidden."""
    facts, tone = pen.facts, pen.tone
    hero = _hero(pen)
    mission = None if "mission" in left_out else _mission(pen, with_vision="vision" not in left_out)
    introduced = "introductions" not in left_out
    problem = None if "problem" in left_out else _problem(pen)
    audience = None if "audience" in left_out else _audience(pen)
    faq = None if "faq" in left_out else _faq(pen, asks_about_problem=problem is not None)
    steps = CopySection(
        heading=hero.secondary,
        intro=pen.line("steps.intro", *tone.steps_intro) if introduced and facts.field.steps else "",
        items=_blurbs(pen, "steps", facts.field.steps),
    )
    values = _values(pen, introduced=introduced)
    features = _features(pen)
    closing = _closing(pen, hero)
    copy = LandingCopy(
        language=facts.language.code,
        approach=pen.approach,
        sections=(),
        name=facts.name,
        name_is_working_title=facts.working_title,
        title=_title(pen, hero),
        description=pen.allowed(typography.clip(hero.subhead or hero.headline, 155)),
        hero=hero,
        problem=problem,
        steps=steps,
        values=values,
        features=features,
        mission=mission,
        audience=audience,
        faq=faq,
        closing=closing,
        footer=_footer(pen),
    )
    details = landing_details.details(pen, copy)
    present = {
        "details": details,
        "problem": problem,
        "mission": mission,
        "audience": audience,
        "faq": faq,
        "steps": steps.items,
        "values": values.items or features,
    }
    secondary = hero.secondary or (details.heading if details else "")
    return msgspec.structs.replace(
        copy,
        hero=msgspec.structs.replace(hero, secondary=secondary),
        details=details,
        sections=tuple(name for name in ORDER[pen.approach] if present[name]),
        foreign=landing_details.foreign_texts(pen, copy, details),
    )


def _values(pen: Pen, *, introduced: bool) -> CopySection:
    tone, field = pen.tone, pen.facts.field
    if not field.values:
        return CopySection(heading="")
    stance = field.stance.get(pen.facts.tone, "")
    return CopySection(
        heading=pen.line("values.heading", tone.values_heading, once=False),
        intro=pen.prefer("values.intro", stance, *tone.values_intro) if introduced else "",
        items=_blurbs(pen, "values", field.values),
    )


def _closing(pen: Pen, hero: Hero) -> ClosingSection:
    """The last section; for an unknown trade it repeats date, place and price."""
    facts, tone = pen.facts, pen.tone
    if not facts.knows_trade:
        heading = pen.line("closing.heading", pen.words.landing.closing, once=False)
        return ClosingSection(heading=heading, body=landing_details.in_one_line(pen), cta=hero.cta)
    return ClosingSection(
        heading=pen.line("closing.heading", *tone.closing_heading),
        body=pen.line("closing.body", facts.field.closing) or pen.line("closing.body", *tone.closing_body),
        cta=hero.cta,
    )


def draft(copy: LandingCopy) -> Draft:
    return json_draft("landing_copy", msgspec.to_builtins(copy))


def _hero(pen: Pen) -> Hero:
    facts, tone, words = pen.facts, pen.tone, pen.words.landing
    headline, source, used = _headline(pen)
    audience, offer = facts.people, facts.text("brand.value_proposition")
    tagline = typography.heading(facts.text("brand.tagline"))
    named = (audience and audience not in headline) or (facts.knows_trade or not facts.text("brand.mission"))
    eyebrow = pen.quote(tagline) if used != tagline else ""
    eyebrow = eyebrow or (pen.line("hero.eyebrow", words.for_audience, once=False) if named else "")
    opening = pen.line("hero.opening", "{Problem}") if pen.approach == "story" else ""
    subhead = _subhead(pen, headline, eyebrow, used, source)
    quotes_offer = (
        offer and facts.text("brief.subject") and source != "brief" and subhead == typography.sentence(offer)
    )
    note = pen.prefer("hero.note", *tone.lead) if quotes_offer else ""
    if not note and facts.text("brief.quote"):
        note = pen.line(
            "hero.note", words.quoted.replace("{language}", detection.NAMES[facts.brief.language])
        )
    if not note and facts.knows_trade:
        note = pen.line("hero.note", tone.hero_note)
    cta = pen.prefer("hero.cta", facts.kind.cta[facts.tone], tone.secondary, "{Name}", once=False)
    shown = eyebrow not in (headline, subhead.rstrip(".")) and eyebrow.casefold() not in headline.casefold()
    return Hero(
        eyebrow=eyebrow if shown else "",
        headline=headline,
        opening=opening,
        subhead=subhead,
        cta=cta,
        secondary=_steps_heading(pen) if facts.field.steps else "",
        note=note,
        source=source,
    )


def _headline(pen: Pen) -> tuple[str, TextSource, str]:
    """The headline, its source, and the brand's text that it quotes, if any."""
    facts = pen.facts
    tagline = typography.heading(facts.text("brand.tagline"))
    offer, quote = facts.text("brand.value_proposition"), facts.text("brief.quote")
    general, deeds = not facts.knows_trade, _action_headlines(pen)
    source: TextSource = "brief" if deeds else "proposal"
    used = headline = ""
    if tagline and (pen.approach == "story" or (general and not deeds)):
        used, headline, source = tagline, pen.quote(tagline), "brand"
    elif general and not deeds and _is_headline(offer):
        used, headline, source = offer, pen.quote(typography.heading(offer)), "brand"
    elif quote:
        headline, source = pen.quote(typography.heading(typography.clip(quote, _LONGEST_QUOTE))), "brief"
    elif general and _is_whole_headline(pen):
        headline, source = pen.quote(typography.heading(facts.text("brief.wording"))), "brief"
    elif general and not deeds:
        gist = typography.heading(facts.text("brief.gist"))
        headline = pen.quote(gist) if len(gist) <= _LONGEST_HEADLINE else ""
        headline, source = headline or _offer_headline(pen), "brief"
    else:
        headline = pen.line("hero.headline", *(deeds or (facts.field.headline[facts.tone],)))
    if not headline:
        headline = _offer_headline(pen) or pen.prefer(
            "hero.headline", pen.words.landing.for_audience, "{Name}"
        )
        source = "brief" if facts.brief.is_read else "proposal"
    return headline, source, used


def _is_whole_headline(pen: Pen) -> bool:
    """Whether the task's own words about the offer are short enough for a headline, in a plain tone."""
    facts = pen.facts
    wording = facts.text("brief.wording")
    dated = any(facts.all(f"brief.{kind}") for kind in ("price", "date", "time", "contact"))
    plain = facts.tone == "neutral" and not dated and not facts.brief.features
    return plain and facts.brief.constraints > 0 and 0 < len(wording) <= _LONGEST_HEADLINE


def _offer_headline(pen: Pen) -> str:
    """The offer as a headline, with its audience where that fits; empty if the task names none."""
    for wording in ("{Offer_for_who}", "{Offer}"):
        text = pen.line("hero.headline", wording)
        if text and len(text) <= _LONGEST_HEADLINE:
            return text
    return ""


def _subhead(pen: Pen, headline: str, eyebrow: str, used: str, source: TextSource) -> str:
    """The sentence below the headline: the brand's offer, the task's own words, or a sentence about both."""
    facts, tone, words = pen.facts, pen.tone, pen.words.landing
    offer = facts.text("brand.value_proposition")
    lead = offer or facts.text("brief.gist")
    subhead = pen.quote(typography.sentence(typography.clip(lead, 240))) if used != offer or not offer else ""
    wording = facts.text("brief.wording")
    stated = " ".join([facts.name, headline, eyebrow, *facts.all("brief.features")])
    if not subhead and wording and landing_details.says_more(pen, wording, stated):
        subhead = pen.quote(typography.sentence(typography.clip(wording, 240)))
    if not subhead and not facts.brief.is_read and not used:
        subhead = pen.quote(typography.clip(" ".join(facts.all("brief.statements")), 240))
    if subhead or facts.text("brief.quote"):
        return subhead
    if facts.knows_trade and headline == pen.slots["Offer"]:
        return typography.sentence(pen.line("hero.subhead", facts.field.headline[facts.tone]))
    wordings = (words.offer,) if source == "brief" else (*tone.subhead, *tone.lead, words.offer)
    subhead = pen.prefer("hero.subhead", *wordings)
    return subhead if facts.knows_trade or landing_details.says_more(pen, subhead, stated) else ""


_LONGEST_HEADLINE: Final = 76
_LONGEST_QUOTE: Final = 140
"""Characters of a quoted task in another language."""

_LONGEST_TITLE: Final = 70


def _action_headlines(pen: Pen) -> tuple[str, ...]:
    """Headlines with the function of the offer, or with the activity of its audience."""
    if pen.facts.text("brief.function"):
        return pen.tone.headline_function
    return pen.tone.headline_activity if pen.facts.text("brief.activity") else ()


def _is_headline(text: str) -> bool:
    """Whether a text of the brand can be a headline: one short sentence."""
    return 0 < len(text) <= _LONGEST_HEADLINE and len(typography.sentences(text)) == 1


def _steps_heading(pen: Pen) -> str:
    facts = pen.facts
    known = next(
        filter(None, (field.steps_heading.get(facts.tone) for field in (facts.field, facts.kind))),
        "",
    )
    return pen.prefer("steps.heading", known, pen.tone.steps_heading, once=False)


def _title(pen: Pen, hero: Hero) -> str:
    """The page's title: the name and a short description."""
    name = pen.facts.name
    trade = typography.heading(hero.subhead)
    for phrase in (hero.headline, pen.slots["Offer_for_who"], pen.slots["Offer"], trade):
        title = (
            pen.allowed(f"{name} · {phrase}") if name.casefold() not in phrase.casefold() and phrase else ""
        )
        if title and len(title) <= _LONGEST_TITLE:
            return title
    return typography.clip(name, _LONGEST_TITLE)


_SPARING: Final = frozenset({"luxury"})
"""Tones that do not describe a problem in detail."""


def _problem(pen: Pen) -> CopySection | None:
    own = pen.facts.all("brand.audience_pain_points")[:6]
    items = tuple(
        CopyItem(title=typography.heading(text), source="brand")
        if len(text) <= 70
        else CopyItem(body=typography.sentence(text), source="brand")
        for text in map(pen.quote, own)
        if text
    )
    if not items and pen.facts.tone not in _SPARING:
        items = _blurbs(pen, "pains", pen.facts.field.pains)
    heading = pen.line("problem.heading", pen.tone.problem_heading, once=False)
    intro = pen.line("problem.intro", "{Problem}")
    return CopySection(heading=heading, intro=intro, items=items) if heading and (items or intro) else None


def _blurbs(pen: Pen, key: str, blurbs: tuple[Blurb, ...]) -> tuple[CopyItem, ...]:
    items = []
    for index, blurb in enumerate(blurbs):
        body = pen.line(f"{key}[{index}].body", blurb.body)
        title = pen.line(f"{key}[{index}].title", blurb.title)
        if body or title:
            items.append(CopyItem(title=title, body=body, source="proposal"))
    return tuple(items)


def _features(pen: Pen) -> FeatureSection | None:
    features = [text for text in map(pen.quote, pen.facts.all("brief.features")) if text]
    items = tuple(typography.heading(pen.words.landing.feature.format(feature=text)) for text in features)
    heading = pen.line("features.heading", pen.tone.features_heading, once=False)
    return FeatureSection(heading=heading, items=items, source="brief") if items and heading else None


def _mission(pen: Pen, *, with_vision: bool) -> MissionSection | None:
    quote = typography.sentence(pen.quote(typography.clip(pen.facts.text("brand.mission"), 420)))
    vision = (
        ""
        if not with_vision
        else typography.sentence(pen.quote(typography.clip(pen.facts.text("brand.vision"), 320)))
    )
    heading = pen.line("mission.heading", pen.tone.mission_heading, once=False)
    return (
        MissionSection(heading=heading, quote=quote, vision=vision, source="brand")
        if quote and heading
        else None
    )


def _audience(pen: Pen) -> AudienceSection | None:
    if not pen.facts.knows_trade:
        return None
    heading = pen.line("audience.heading", pen.tone.audience_heading, once=False)
    if not heading:
        return None
    tone, field = pen.facts.tone, pen.facts.field
    blurbs = tuple(
        Blurb(text.titles.get(tone) or text.title, text.bodies.get(tone) or text.body)
        for text in pen.facts.audience_texts
    )
    cards = _blurbs(pen, "audience", blurbs)
    if len(cards) > 1:
        return AudienceSection(heading=heading, cards=cards)
    fits = tuple(filter(None, (pen.line(f"fits[{i}]", text) for i, text in enumerate(field.fits))))
    unfits = tuple(filter(None, (pen.line(f"unfits[{i}]", text) for i, text in enumerate(field.unfits))))
    if not fits:
        return AudienceSection(heading=heading, cards=cards) if cards else None
    yes = pen.line("fits.heading", pen.tone.fits_heading, once=False)
    no = pen.line("unfits.heading", pen.tone.unfits_heading, once=False)
    return AudienceSection(
        heading=heading,
        cards=cards,
        fits=FitList(heading=yes, items=fits),
        unfits=FitList(heading=no, items=unfits) if unfits and no else None,
    )


_MOST_QUESTIONS: Final = 6
_LEAST_OF_THE_TRADE: Final = 2


def _faq(pen: Pen, *, asks_about_problem: bool) -> CopySection | None:
    if not pen.facts.knows_trade:
        return None
    tone = pen.tone
    candidates = list(_questions(pen, asks_about_problem=asks_about_problem))
    first = sorted(candidates, key=lambda candidate: candidate.rank)[:_MOST_QUESTIONS]
    items: list[CopyItem] = []
    for index, candidate in enumerate(each for each in candidates if each in first):
        answer = pen.line(f"faq[{index}].a", candidate.answer)
        question = pen.line(f"faq[{index}].q", candidate.question) if answer else ""
        if question:
            items.append(CopyItem(title=question, body=answer, source=candidate.source))
    heading = pen.line("faq.heading", tone.faq_heading, once=False)
    return CopySection(heading=heading, items=tuple(items)) if heading and items else None


@dataclass(frozen=True)
class _Question:
    """A question for the page; the lowest ``rank`` is chosen first."""

    rank: int
    question: str
    answer: str
    source: TextSource = "proposal"


def _questions(pen: Pen, *, asks_about_problem: bool) -> Iterator[_Question]:
    """The possible questions in the order of the page: those of the trade before general ones."""
    tone, facts = pen.tone, pen.facts
    for index, trade in enumerate(facts.field.faq):
        yield _Question(0 if index < _LEAST_OF_THE_TRADE else 2, trade.question, trade.answer)
    for text in facts.audience_texts[:2]:
        entry = text.asked.get(facts.tone)
        if entry or text.question:
            question, answer = (entry.question, entry.answer) if entry else (text.question, text.answer)
            yield _Question(1, question, answer)
    if asks_about_problem and not facts.audiences:
        yield _Question(3, tone.faq_who_q, tone.faq_who_a)
    if facts.all(QUOTED_AS_GIVEN):
        yield _Question(0, tone.faq_notes_q, tone.faq_notes_a, "brand")
    yield _Question(4, tone.faq_begin_q, tone.faq_begin_a)
    yield _Question(5, tone.faq_promise_q, tone.faq_promise_a)


def _footer(pen: Pen) -> PageFooter:
    facts = pen.facts
    disclosures = tuple(dict.fromkeys(facts.all(QUOTED_AS_GIVEN)))
    line = pen.allowed(typography.sentence(facts.text("brand.tagline")))
    heading = pen.line("footer.notes", pen.tone.notes_heading, once=False) if disclosures else ""
    line = line if line.rstrip(".") != facts.name else ""
    return PageFooter(line=line, notes_heading=heading, disclosures=disclosures)

"""Composes ``positioning.md``: audience, problem, promise, pillars, and what is not claimed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from ..language import typography
from .draft import Draft
from .landing_copy import Approach
from .markdown import Markdown
from .pen import Pen

OPTIONAL = ("evidence", "audiences", "unclaimed", "pillars", "promise", "pain_points")


ORDER: Final[Mapping[Approach, tuple[str, ...]]] = {
    "plain": ("statement", "promise", "brief", "pillars", "problem", "audiences", "unclaimed", "evidence"),
    "story": ("problem", "audiences", "statement", "promise", "brief", "pillars", "unclaimed", "evidence"),
}
"""The order of the sections."""


def compose(pen: Pen, left_out: frozenset[str] = frozenset()) -> Draft:
    page, words = Markdown(pen), pen.words.positioning
    page.heading(1, words.title)
    if pen.facts.working_title:
        page.paragraph(pen.line("working_title", words.working_title), quoted=True)
    write: Mapping[str, Callable[[], None]] = {
        "statement": lambda: _statement(pen, page),
        "problem": lambda: _problem(pen, page, own="pain_points" not in left_out),
        "promise": lambda: _promise(pen, page),
        "brief": lambda: _brief(pen, page),
        "pillars": lambda: _pillars(pen, page),
        "audiences": lambda: _audiences(pen, page),
        "unclaimed": lambda: _listed(pen, page, "unclaimed", words.unclaimed_heading, _unclaimed(pen)),
        "evidence": lambda: _listed(pen, page, "evidence", words.evidence_heading, words.evidence),
    }
    for section in ORDER[pen.approach]:
        if section not in left_out:
            write[section]()
    return page.draft("positioning")


def _problem(pen: Pen, page: Markdown, *, own: bool) -> None:
    page.heading(2, pen.words.positioning.problem_heading)
    page.paragraph(pen.line("problem", "{Problem}"))
    named = pen.facts.all("brand.audience_pain_points")[:6] if own else ()
    page.bullets([typography.sentence(text) for text in map(pen.quote, named) if text])


def _promise(pen: Pen, page: Markdown) -> None:
    promise = pen.facts.text("brand.value_proposition")
    if promise:
        page.heading(2, pen.words.positioning.promise_heading)
        page.paragraph(pen.quote(typography.sentence(typography.clip(promise, 600))), quoted=True)


def _brief(pen: Pen, page: Markdown) -> None:
    """The task's own words, and the facts in it."""
    facts, labels = pen.facts, pen.words.landing.labels
    page.heading(2, pen.words.positioning.brief_heading)
    wording = facts.text("brief.quote") or facts.text("brief.wording")
    page.paragraph(pen.quote(typography.sentence(wording)), quoted=True)
    rows = (
        ("when", (*facts.all("brief.date"), *facts.all("brief.time"))),
        ("place", facts.all("brief.place")),
        ("price", facts.all("brief.price")),
        ("contact", facts.all("brief.contact")),
        ("also", (*facts.all("brief.number"), *facts.all("brief.name"))),
    )
    page.points([(labels[key], pen.allowed(", ".join(texts))) for key, texts in rows if texts])
    page.bullets([typography.sentence(pen.quote(text)) for text in facts.all("brief.statements")])


def _unclaimed(pen: Pen) -> tuple[str, ...]:
    facts, words = pen.facts, pen.words.positioning
    figures = facts.all("brief.price") or facts.all("brief.number")
    first, *others = words.unclaimed
    return (first, words.figures if figures else words.no_figures, *others)


def _pillars(pen: Pen, page: Markdown) -> None:
    words, field = pen.words.positioning, pen.facts.field
    page.heading(2, words.pillars_heading)
    page.paragraph(pen.line("stance", field.stance.get(pen.facts.tone, "")))
    page.paragraph(pen.line("pillar_note", words.pillars_note) if field.values else "")
    values = enumerate(field.values)
    page.points([(item.title, pen.line(f"values[{index}].body", item.body)) for index, item in values])


def _audiences(pen: Pen, page: Markdown) -> None:
    texts = pen.facts.audience_texts
    if texts and pen.facts.knows_trade:
        page.heading(2, pen.words.positioning.audiences_heading)
        page.points([(text.label, pen.line(f"audience.{text.label}", text.message)) for text in texts])


def _listed(pen: Pen, page: Markdown, key: str, heading: str, wordings: Sequence[str]) -> None:
    page.heading(2, heading)
    page.bullets([pen.line(f"{key}[{index}]", text) for index, text in enumerate(wordings)])


def _statement(pen: Pen, page: Markdown) -> None:
    words = pen.words.positioning
    first = words.statement_offer if pen.facts.text("brief.subject") else words.statement_who
    if pen.facts.working_title:
        first = words.statement_working
    page.heading(2, words.statement_heading)
    page.paragraph(
        pen.prefer("statement", first, words.statement_short, words.statement_plain, "{Offer}.", "{Name}.")
    )

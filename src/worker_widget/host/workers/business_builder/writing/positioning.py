"""``positioning.md``: for whom, against which trouble, on which grounds, and what is left unclaimed."""

from __future__ import annotations

from .. import grammar, library
from ..voice import Pen
from .draft import Draft, Markdown

OPTIONAL = ("evidence", "audiences", "unclaimed", "pillars", "promise", "pain_points")

_PILLAR_NOTE = "The pillars are proposals for this line of business. Confirm each one before it is published."
_WORKING_TITLE_NOTE = "{Name} is a working title, derived from the task."
_UNCLAIMED = (
    "No customer is quoted, because none was named.",
    "No figure is given, because none was supplied.",
    "No comparison with others is drawn, because nobody has looked at them yet.",
)
_EVIDENCE = (
    "One {unit} followed from beginning to end, with what was easy and what was not.",
    "Three {who} who describe the problem in words that match the ones above.",
    "A reason in writing from someone who decided against it.",
)


def compose(pen: Pen, left_out: frozenset[str] = frozenset()) -> Draft:
    material, page = pen.material, Markdown(pen)
    page.heading(1, "Positioning: {Name}")
    if material.working_title:
        page.paragraph(pen.line("working_title", _WORKING_TITLE_NOTE), quoted=True)
    page.heading(2, "Statement")
    page.paragraph(_statement(pen))
    page.heading(2, "The problem")
    page.paragraph(pen.line("problem", "{Problem}"))
    own = () if "pain_points" in left_out else material.all("brand.audience_pain_points")
    page.bullets([grammar.sentence(text) for text in map(pen.quote, own[:6]) if text])
    promise = material.text("brand.value_proposition")
    if promise and "promise" not in left_out:
        page.heading(2, "The promise, in the brand's words")
        page.paragraph(pen.quote(grammar.sentence(grammar.clip(promise, 600))), quoted=True)
    if "pillars" not in left_out:
        page.heading(2, "Pillars")
        page.paragraph(pen.line("pillar_note", _PILLAR_NOTE))
        values = material.field.values
        page.points(
            [(item.title, pen.line(f"values[{index}].body", item.body)) for index, item in enumerate(values)]
        )
    if "audiences" not in left_out and material.audiences:
        page.heading(2, "What it says to each audience")
        texts = [library.audiences()[audience] for audience in material.audiences]
        page.points([(text.label, pen.line(f"audience.{text.label}", text.message)) for text in texts])
    if "unclaimed" not in left_out:
        page.heading(2, "What is deliberately not claimed")
        page.bullets([pen.line(f"unclaimed[{index}]", text) for index, text in enumerate(_UNCLAIMED)])
    if "evidence" not in left_out:
        page.heading(2, "Evidence to collect")
        page.bullets([pen.line(f"evidence[{index}]", text) for index, text in enumerate(_EVIDENCE)])
    return page.draft("positioning")


def _statement(pen: Pen) -> str:
    offer = "{offer_for_who}" if pen.material.text("brief.subject") else "for {who}"
    return pen.prefer(
        "statement", f"{{Name}} is {offer} {{and_who}} want to {{wish}}.", "{Name} is for {who}.", "{Name}."
    )

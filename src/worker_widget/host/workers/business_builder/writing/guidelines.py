"""``brand_guidelines.md``: the voice, the colours and the type that the artifacts were made with."""

from __future__ import annotations

from collections.abc import Sequence

from .. import colors, grammar
from ..look import Look
from ..material import QUOTED_AS_GIVEN
from ..policy import Rule
from ..voice import Pen
from .draft import Draft, Markdown

OPTIONAL = ("contrast", "type", "examples", "dont", "do")


def compose(pen: Pen, look: Look, rules: Sequence[Rule], left_out: frozenset[str] = frozenset()) -> Draft:
    """``look`` is the page's; ``rules`` are counted, never quoted: a claim must not stand here either."""
    material, page = pen.material, Markdown(pen)
    page.heading(1, "Brand guidelines: {Name}")
    page.heading(2, "Voice")
    page.paragraph(pen.line("voice", pen.tone.voice))
    attributes = [text for text in map(pen.quote, material.all("brand.voice_attributes")) if text]
    if attributes:
        page.paragraph(pen.allowed(f"Attributes: {grammar.listed(attributes)}."))
    if "do" not in left_out:
        page.heading(3, "Do")
        page.bullets([pen.line(f"do[{index}]", text) for index, text in enumerate(pen.tone.do)])
    if "dont" not in left_out:
        page.heading(3, "Do not")
        page.bullets([pen.line(f"dont[{index}]", text) for index, text in enumerate(pen.tone.dont)])
    examples = [text for text in map(pen.quote, material.all("brand.tone.examples_good")[:5]) if text]
    if examples and "examples" not in left_out:
        page.heading(3, "Sounds right")
        page.bullets(examples)
    page.heading(2, "Claims")
    page.bullets(_claims(pen, rules))
    _colors(page, pen, look, with_contrast="contrast" not in left_out)
    if "type" not in left_out:
        page.heading(2, "Type")
        page.points(
            [
                ("Headings", pen.allowed(_first_font(look.heading_font))),
                ("Text", pen.allowed(_first_font(look.body_font))),
            ]
        )
        page.paragraph(
            pen.line("type", "Where a face is not installed, the next of its family takes its place.")
        )
    disclosures = material.all(QUOTED_AS_GIVEN)
    if disclosures:
        page.heading(2, "Disclosures")
        page.paragraph(pen.line("disclosures", "These are shown wherever the offer is, word for word:"))
        page.bullets(disclosures)
    return page.draft("brand_guidelines")


def _claims(pen: Pen, rules: Sequence[Rule]) -> list[str]:
    counted = {
        policy: sum(rule.policy == policy for rule in rules) for policy in ("forbidden_claims", "tone_avoid")
    }
    lines = [pen.line("claims", "Say only what can be shown. Superlatives and rankings are left to others.")]
    if counted["forbidden_claims"]:
        must_not = "named in the brand must never appear in any form."
        lines.append(pen.line("forbidden", f"{_count(counted['forbidden_claims'], 'claim')} {must_not}"))
    if counted["tone_avoid"]:
        should_not = "named in the brand should be avoided."
        lines.append(pen.line("avoided", f"{_count(counted['tone_avoid'], 'wording')} {should_not}"))
    return lines


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _colors(page: Markdown, pen: Pen, look: Look, *, with_contrast: bool) -> None:
    palette = look.palette
    page.heading(2, "Colours")
    basis = (
        "The primary colour is the brand's own."
        if look.own_colors
        else "The colours are a proposal for this line of business."
    )
    page.paragraph(pen.line("colors", basis))
    rows = [
        ("Primary", colors.code(palette.primary), "buttons and marks"),
        ("Secondary", colors.code(palette.secondary), "accents and drawings"),
        ("Accent", colors.code(palette.accent), "small text in colour"),
        ("Ink", colors.code(palette.ink), "text"),
        ("Ground", colors.code(palette.ground), "paper"),
    ]
    page.table(("Colour", "Code", "Used for"), rows)
    if with_contrast:
        lowest = sorted(palette.pairs().items(), key=lambda pair: pair[1])[:4]
        page.paragraph(
            pen.line("contrast", "The pairs with the least contrast, as computed (4.5 is needed for text):")
        )
        page.table(("Pair", "Contrast"), [(pair.replace("_", " "), f"{ratio:.2f}") for pair, ratio in lowest])


def _first_font(stack: str) -> str:
    return stack.split(",", 1)[0].strip("' ")

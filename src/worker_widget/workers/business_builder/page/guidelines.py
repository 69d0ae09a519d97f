"""Composes ``brand_guidelines.md``: the voice, the colours and the type of the artifacts."""

from __future__ import annotations

from collections.abc import Sequence

from ..brief.facts import QUOTED_AS_GIVEN
from ..content.library import GuidelinesWords
from ..language import typography
from ..policy.rules import Rule
from ..writing.draft import Draft
from ..writing.markdown import Markdown
from ..writing.pen import Pen
from . import colors
from .design import PageDesign

OPTIONAL = ("contrast", "type", "examples", "dont", "do")


def compose(
    pen: Pen, design: PageDesign, rules: Sequence[Rule], left_out: frozenset[str] = frozenset()
) -> Draft:
    """``rules`` are counted, not quoted, because the guidelines must not contain a claim either."""
    facts, words, page = pen.facts, pen.words.guidelines, Markdown(pen)
    page.heading(1, words.title)
    page.heading(2, words.voice_heading)
    page.paragraph(pen.line("voice", pen.tone.voice))
    attributes = [text for text in map(pen.quote, facts.all("brand.voice_attributes")) if text]
    if attributes:
        page.paragraph(pen.allowed(f"{words.attributes}: {typography.listed(attributes, pen.words.and_)}."))
    if "do" not in left_out:
        page.heading(3, words.do_heading)
        page.bullets([pen.line(f"do[{index}]", text) for index, text in enumerate(pen.tone.do)])
    if "dont" not in left_out:
        page.heading(3, words.dont_heading)
        page.bullets([pen.line(f"dont[{index}]", text) for index, text in enumerate(pen.tone.dont)])
    examples = [text for text in map(pen.quote, facts.all("brand.tone.examples_good")[:5]) if text]
    if examples and "examples" not in left_out:
        page.heading(3, words.examples_heading)
        page.bullets(examples)
    page.heading(2, words.claims_heading)
    page.bullets(_claims(pen, rules))
    _colors(page, pen, design, with_contrast="contrast" not in left_out)
    if "type" not in left_out:
        page.heading(2, words.type_heading)
        page.points(
            [
                (words.headings_font, pen.allowed(_first_font(design.heading_font))),
                (words.body_font, pen.allowed(_first_font(design.body_font))),
            ]
        )
        page.paragraph(pen.line("type", words.type_note))
    disclosures = facts.all(QUOTED_AS_GIVEN)
    if disclosures:
        page.heading(2, words.disclosures_heading)
        page.paragraph(pen.line("disclosures", words.disclosures))
        page.bullets(disclosures)
    return page.draft("brand_guidelines")


def _claims(pen: Pen, rules: Sequence[Rule]) -> list[str]:
    words = pen.words.guidelines
    counted = {
        policy: sum(rule.policy == policy for rule in rules)
        for policy in ("forbidden_claims", "avoided_wording")
    }
    lines = [pen.line("claims", words.claims)]
    if counted["forbidden_claims"]:
        lines.append(
            pen.line("forbidden", _counted(counted["forbidden_claims"], words.one_forbidden, words.forbidden))
        )
    if counted["avoided_wording"]:
        lines.append(
            pen.line("avoided", _counted(counted["avoided_wording"], words.one_avoided, words.avoided))
        )
    return lines


def _counted(number: int, one: str, many: str) -> str:
    return one if number == 1 else many.replace("{count}", str(number))


def _colors(page: Markdown, pen: Pen, design: PageDesign, *, with_contrast: bool) -> None:
    words, palette = pen.words.guidelines, design.palette
    page.heading(2, words.colors_heading)
    page.paragraph(pen.line("colors", words.own_colors if design.own_colors else words.proposed_colors))
    rows = [(label, colors.code(getattr(palette, name)), use) for name, (label, use) in words.uses.items()]
    page.table(words.color_header, rows)
    if with_contrast:
        lowest = sorted(palette.pairs().items(), key=lambda pair: pair[1])[:4]
        page.paragraph(pen.line("contrast", words.contrast))
        ratios = [
            (_pair(pair, words), f"{ratio:.2f}".replace(".", pen.words.decimal)) for pair, ratio in lowest
        ]
        page.table(words.pair_header, ratios)


def _pair(pair: str, words: GuidelinesWords) -> str:
    """The names of a pair of colours, as in "ink on ground"."""
    text, _, ground = pair.partition(" on ")
    return f"{words.names[text]} {words.on} {words.names[ground]}"


def _first_font(stack: str) -> str:
    return stack.split(",", 1)[0].strip("' ")

"""Warnings for the author of a brand, before a run: parts that contradict each other or cannot work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ....events.request_models import Brand
from ..language import typography
from ..page import colors, design
from ..policy import drift
from ..policy.pattern_matcher import compile_pattern
from ..policy.rules import Rule, check
from . import prose


def brand_statements(brand: Brand) -> tuple[str, ...]:
    """The brand's own statements that drift is measured against."""
    own = (brand.mission, brand.value_proposition, brand.tagline, brand.vision)
    return tuple(text for text in map(typography.clean, filter(None, own)) if text)


def warnings(brand: Brand, rules: Sequence[Rule]) -> tuple[str, ...]:
    """The warnings; each names its field and the consequence."""
    return (
        *_audiences(brand),
        *_patterns(brand),
        *_own_claims(brand, rules),
        *_tone(brand),
        *_colors(brand),
        *_fonts(brand),
    )


def _audiences(brand: Brand) -> list[str]:
    return [
        f"target_audience: {text!r} is not listed, so that it is used as a word"
        for text in brand.other_audiences
    ]


def _patterns(brand: Brand) -> list[str]:
    found = []
    for index, claim in enumerate(brand.forbidden_claims):
        problem = compile_pattern(claim.pattern.strip()).problem
        if problem:
            found.append(
                f"forbidden_claims[{index}].pattern {claim.pattern!r} {problem}. "
                "Until then it is matched as a plain phrase"
            )
    return found


def _own_claims(brand: Brand, rules: Sequence[Rule]) -> list[str]:
    texts = {
        "mission": brand.mission,
        "value_proposition": brand.value_proposition,
        "tagline": brand.tagline or "",
        "vision": brand.vision or "",
        **{f"audience_pain_points[{index}]": text for index, text in enumerate(brand.audience_pain_points)},
        **{f"tone.examples_good[{index}]": text for index, text in enumerate(brand.tone.examples_good)},
    }
    forbidden = [rule for rule in rules if rule.policy == "forbidden_claims"]
    disclosures = {
        f"required_disclosures[{index}]": text for index, text in enumerate(brand.required_disclosures)
    }
    return [
        *_found(texts, rules, "a run rewords it or leaves it out, and a strict run stops there."),
        *_found({"company_name": brand.company_name}, rules, "every run fails."),
        *_found(disclosures, forbidden, "disclosures are shown as given."),
    ]


def _found(texts: Mapping[str, str], rules: Sequence[Rule], consequence: str) -> list[str]:
    """One warning for each text and kind of rule."""
    warnings = []
    for location, text in texts.items():
        found: dict[str, list[str]] = {}
        for violation in check(typography.clean(text), rules, location):
            by_rule = found.setdefault(prose.place(violation.rule.source), [])
            by_rule.append(prose.quoted(violation.found))
        warnings += [
            f"{location} contains {typography.listed(passages)}, forbidden by {rule}: {consequence}"
            for rule, passages in found.items()
        ]
    return warnings


def _tone(brand: Brand) -> list[str]:
    tone = brand.tone
    both = {_same(text) for text in tone.examples_good} & {_same(text) for text in tone.examples_bad}
    found = [f"tone lists the same example as good and as bad: {text!r}" for text in sorted(both) if text]
    against = drift.DriftAnchors(tone.primary, ())
    for index, text in enumerate(tone.examples_good):
        if drift.measure(typography.clean(text), against).wrong_tone >= 0.3:
            found.append(
                f"tone.examples_good[{index}] does not match a {tone.primary} tone: slang or punctuation"
            )
    return found


def _colors(brand: Brand) -> list[str]:
    visual = brand.visual
    if visual.primary_color is None or visual.secondary_color is None:
        return []
    ratio = colors.contrast(colors.parse(visual.primary_color), colors.parse(visual.secondary_color))
    if ratio >= 1.5:
        return []
    return [
        f"visual.primary_color and visual.secondary_color are hard to distinguish (contrast {ratio:.2f}); "
        "text colours are computed so that they are readable"
    ]


def _fonts(brand: Brand) -> list[str]:
    fields = (("font_heading", brand.visual.font_heading), ("font_body", brand.visual.font_body))
    return [f"visual.{name}: {problem}" for name, value in fields if (problem := design.font_problem(value))]


def _same(text: str) -> str:
    return typography.clean(text).casefold().rstrip(".!")

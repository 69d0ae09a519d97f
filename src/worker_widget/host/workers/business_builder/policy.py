"""The policy layer: a brand compiled to rules, and texts checked against them.

Four policies have a pattern and are looked for in texts:

``forbidden_claims``  what the brand says must never be claimed (`patterns` says how a pattern is read)
``tone_avoid``        words and phrases its tone avoids, and its own bad examples
``advertising``       for every brand: superlatives, guarantees and rankings that nobody could verify

and two are met by construction and checked in the end: ``required_disclosures`` and ``token_budget``.

What is checked is prose: texts of the brief and the brand before they are used, every line before it is
written, every artifact when it is whole. A required disclosure is quoted as given, whatever it says,
and a brand's own name is no advertising claim.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ...models import Brand
from . import grammar
from .patterns import Pattern, compile_pattern, phrase_matcher

PolicyName = Literal["forbidden_claims", "tone_avoid", "advertising", "required_disclosures", "token_budget"]


@dataclass(frozen=True)
class Rule:
    """One rule. ``source`` is where it comes from, such as ``brand.forbidden_claims[0]``.

    ``pattern`` is what it looks for, as written; rules that look for nothing in a text have no ``find``.
    """

    policy: PolicyName
    source: str
    pattern: str
    reason: str
    severity: Literal["error", "warning"]
    find: Callable[[str], Sequence[tuple[int, int]]] | None = None


@dataclass(frozen=True)
class Violation:
    """A rule broken at ``start`` to ``end`` (code points) of the text at ``location``."""

    rule: Rule
    location: str
    start: int
    end: int
    found: str

    @property
    def where(self) -> str:
        return f"{self.location}[{self.start}:{self.end}]"


_UNIVERSAL: Final = (
    (r"(?:\bthe\s+)?\bbest\b(?!\s+(?:practices?|man|before|wishes|regards))(?:[ -]in[ -]class|[ -]selling)?",
     "best", "A superlative that nobody can verify"),
    (r"#\s?1(?!\d)|\bnumber one\b|\bno\.\s?1\b", "#1", "A ranking that nobody can verify"),
    (r"\bguarante(?:e|es|ed|eing)\b", "guarantee", "A guarantee that is not part of the brief"),
    (r"\brisk[ -]free\b", "risk-free", "A promise that nothing can keep"),
    (r"\b100\s?%(?!\w)", "100%", "An absolute figure without a source"),
    (r"\b(?:world|market|industry)(?:['’]s)?[ -](?:leading|first|class|number)\b", "world-leading",
     "A ranking that nobody can verify"),
    (r"\b(?:unbeatable|unrivall?ed|unmatched|unparallell?ed|second to none)\b", "unbeatable",
     "A comparison that nobody can verify"),
    (r"\b(?:cheapest|fastest|easiest|greatest|finest|smartest|strongest|safest)\b", "fastest",
     "A superlative that nobody can verify"),
    (r"\b(?:miracle (?:cure|solution|product)|cure-all|instant results)\b", "miracle cure",
     "A promise that nothing can keep"),
)  # fmt: skip


def compile_rules(brand: Brand | None, *, name: str = "", budget: int | None = None) -> tuple[Rule, ...]:
    """The rules a run is held to, the brand's first; the same brand always gives the same rules.

    ``name`` is the brand's own name, which only a forbidden claim can object to; ``budget`` is in tokens.
    """
    rules: list[Rule] = []
    own = phrase_matcher(name) if name else None
    if brand is not None:
        for index, claim in enumerate(brand.forbidden_claims):
            if not grammar.clean(claim.pattern):
                continue
            source = f"brand.forbidden_claims[{index}]"
            find = _finder(compile_pattern(claim.pattern.strip()))
            rules.append(Rule("forbidden_claims", source, claim.pattern, claim.reason, claim.severity, find))
        avoided = [(f"brand.tone.avoid[{index}]", text) for index, text in enumerate(brand.tone.avoid)]
        avoided += [(f"brand.tone.examples_bad[{i}]", text) for i, text in enumerate(brand.tone.examples_bad)]
        for source, text in avoided:
            if grammar.clean(text):
                matcher = phrase_matcher(grammar.clean(text).rstrip("."))
                reason = "The brand's tone avoids it"
                rules.append(Rule("tone_avoid", source, text, reason, "warning", _spans(matcher, but=own)))
        for index, text in enumerate(brand.required_disclosures):
            if grammar.clean(text):
                source = f"brand.required_disclosures[{index}]"
                rules.append(
                    Rule("required_disclosures", source, text, "The disclosure must be shown", "error")
                )
    if budget is not None:
        rules.append(Rule("token_budget", "budget", str(budget), "The run may not write more", "error"))
    for index, (expression, pattern, reason) in enumerate(_UNIVERSAL):
        matcher = re.compile(expression, re.IGNORECASE)
        find = _spans(matcher, but=own)
        rules.append(Rule("advertising", f"advertising[{index}]", pattern, reason, "warning", find))
    return tuple(rules)


def check(text: str, rules: Sequence[Rule], location: str) -> tuple[Violation, ...]:
    """Every place where ``text`` breaks a rule, in the order of the rules."""
    return tuple(
        Violation(rule, location, start, end, text[start:end])
        for rule in rules
        if rule.find is not None
        for start, end in rule.find(text)
    )


def breaks(text: str, rules: Sequence[Rule]) -> Rule | None:
    """The first rule that ``text`` breaks, if any."""
    return next((rule for rule in rules if rule.find is not None and rule.find(text)), None)


def _finder(pattern: Pattern) -> Callable[[str], Sequence[tuple[int, int]]]:
    return lambda text: _disjoint(list(pattern.spans(text)))


def _spans(
    matcher: re.Pattern[str], *, but: re.Pattern[str] | None = None
) -> Callable[[str], Sequence[tuple[int, int]]]:
    def find(text: str) -> Sequence[tuple[int, int]]:
        found = [match.span() for match in matcher.finditer(text)]
        if found and but is not None:
            allowed = [match.span() for match in but.finditer(text)]
            found = [(a, b) for a, b in found if not any(start <= a and b <= end for start, end in allowed)]
        return found

    return find


def _disjoint(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges in order, each only where the one before has ended."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept

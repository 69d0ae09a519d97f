"""Compiles a brand to policy rules.

Three policies search a text:

``forbidden_claims``  the claims that the brand forbids (see `pattern_matcher`)
``advertising_claims``      for every brand: superlatives, guarantees and rankings that cannot be verified
``avoided_wording``       words, phrases and styles ("salesy", "jargon") that its tone avoids, and its bad
                      examples

Two are counted: ``token_budget`` while a stage is written, ``required_disclosures`` on the finished page.

Before a stage the rules are checked on the texts of the brief and the brand that it may quote, and after it
on every artifact that it wrote. A required disclosure is quoted as given, and a brand's own name is not an
advertising claim.

Limits: a rule finds wordings, not meanings; a claim in other words passes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from ....events.request_models import Brand
from ..content import library
from ..language import tone_marks, typography
from .pattern_matcher import ClaimPattern, compile_pattern, phrase_matcher
from .rules import ORDER, FindSpans, Rule
from .universal_claims import FORBIDDEN_EVERYWHERE, UNVERIFIABLE, UniversalClaim

_MOST_REMEMBERED: Final = 2_048


def compile_rules(brand: Brand | None, *, name: str = "", budget: int | None = None) -> tuple[Rule, ...]:
    """The rules of a run in governance order; the same brand always gives the same rules.

    ``name`` is the brand's own name, which only a forbidden claim can match; ``budget`` is in tokens.
    """
    rules: list[Rule] = []
    own = phrase_matcher(name) if name else None
    if brand is not None:
        for index, claim in enumerate(brand.forbidden_claims):
            if not typography.clean(claim.pattern):
                continue
            source = f"brand.forbidden_claims[{index}]"
            find = _finder(compile_pattern(claim.pattern.strip()))
            rules.append(Rule("forbidden_claims", source, claim.pattern, claim.reason, claim.severity, find))
        avoided = [(f"brand.tone.avoid[{index}]", text) for index, text in enumerate(brand.tone.avoid)]
        avoided += [(f"brand.tone.examples_bad[{i}]", text) for i, text in enumerate(brand.tone.examples_bad)]
        for source, text in avoided:
            if typography.clean(text):
                kind = tone_marks.named_style(text)
                phrase = _spans(phrase_matcher(typography.clean(text).rstrip(".")), but=own)
                reason = f"The brand's tone avoids {kind}" if kind else "The brand's tone avoids it"
                find = _marks(kind) if kind else phrase
                rules.append(Rule("avoided_wording", source, text, reason, "warning", find))
        for index, text in enumerate(brand.required_disclosures):
            if typography.clean(text):
                source = f"brand.required_disclosures[{index}]"
                rules.append(
                    Rule("required_disclosures", source, text, "The disclosure must be shown", "error")
                )
    if budget is not None:
        rules.append(Rule("token_budget", "budget", str(budget), "The run may not write more", "error"))
    translated = (
        UniversalClaim(rule.expression, rule.pattern, rule.reason, rule.severity)
        for folder in library.TRANSLATIONS
        for rule in library.advertising(folder).rules
    )
    claims = (*FORBIDDEN_EVERYWHERE, *UNVERIFIABLE, *translated)
    for index, universal in enumerate(claims):
        matcher = re.compile(universal.expression, re.IGNORECASE)
        find = _spans(matcher, but=own)
        rules.append(
            Rule(
                "advertising_claims",
                f"advertising[{index}]",
                universal.pattern,
                universal.reason,
                universal.severity,
                find,
            )
        )
    return tuple(sorted(rules, key=lambda rule: ORDER.index(rule.governance)))


def _finder(pattern: ClaimPattern) -> FindSpans:
    """Caches its results, because a run checks the same lines many times."""

    @lru_cache(_MOST_REMEMBERED)
    def find(text: str) -> Sequence[tuple[int, int]]:
        return _disjoint(list(pattern.spans(text)))

    return find


def _marks(kind: str) -> FindSpans:
    return lambda text: [(mark.start, mark.end) for mark in tone_marks.marks(text, (kind,))]


def _spans(matcher: re.Pattern[str], *, but: re.Pattern[str] | None = None) -> FindSpans:
    def find(text: str) -> Sequence[tuple[int, int]]:
        found = [match.span() for match in matcher.finditer(text)]
        if found and but is not None:
            allowed = [match.span() for match in but.finditer(text)]
            found = [(a, b) for a, b in found if not any(start <= a and b <= end for start, end in allowed)]
        return found

    return find


def _disjoint(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges in order, without those that overlap an earlier one."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept

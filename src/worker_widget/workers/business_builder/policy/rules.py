"""A rule, where a text breaks it, and the check of a text against rules.

Rules stand in governance order: safety, operational, routing, custom.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

Governance = Literal["safety", "operational", "routing", "custom"]

ORDER: Final[tuple[Governance, ...]] = ("safety", "operational", "routing", "custom")

PolicyName = Literal[
    "forbidden_claims", "avoided_wording", "advertising_claims", "required_disclosures", "token_budget"
]


GOVERNANCE: Final[Mapping[PolicyName, Governance]] = {
    "forbidden_claims": "safety",
    "advertising_claims": "safety",
    "token_budget": "operational",
    "avoided_wording": "custom",
    "required_disclosures": "custom",
}


FindSpans = Callable[[str], Sequence[tuple[int, int]]]


@dataclass(frozen=True)
class Rule:
    """A rule. ``source`` is its origin, such as ``brand.forbidden_claims[0]``.

    ``pattern`` is the pattern as written; rules that do not search a text have no ``find``.
    """

    policy: PolicyName
    source: str
    pattern: str
    reason: str
    severity: Literal["error", "warning"]
    find: FindSpans | None = None

    @property
    def governance(self) -> Governance:
        return GOVERNANCE[self.policy]


@dataclass(frozen=True)
class Violation:
    """A violation at ``start`` to ``end`` (code points) of the text at ``location``; 0 to 0 is anywhere."""

    rule: Rule
    location: str
    start: int
    end: int
    found: str

    @property
    def where(self) -> str:
        return f"{self.location}[{self.start}:{self.end}]" if self.end else self.location


def check(text: str, rules: Sequence[Rule], location: str) -> tuple[Violation, ...]:
    """Every violation in ``text``, in the order of the rules."""
    return tuple(
        Violation(rule, location, start, end, text[start:end])
        for rule in rules
        if rule.find is not None
        for start, end in rule.find(text)
    )


def breaks(text: str, rules: Sequence[Rule]) -> Rule | None:
    """The first rule that ``text`` breaks, if any."""
    return next((rule for rule in rules if rule.find is not None and rule.find(text)), None)

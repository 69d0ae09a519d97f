"""The failure catalog: what can go wrong in a run, and what is tried against it, in order.

An entry holds the code that `failure_classified` carries, its category and severity, the pattern by
which it is recognised, and its recovery actions. The catalog is data; `recovery` holds the actions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from .policy import PolicyName


@dataclass(frozen=True)
class Failure:
    code: str
    category: Literal["policy", "budget"]
    severity: Literal["error", "warning"]
    pattern: str
    actions: tuple[str, ...]


FORBIDDEN_CLAIM: Final = Failure(
    "POLICY_FORBIDDEN_CLAIM", "policy", "error", "forbidden_claim", ("rephrase", "give_up")
)
TONE_AVOIDED: Final = Failure(
    "POLICY_TONE_AVOIDED", "policy", "warning", "avoided_wording", ("rephrase", "give_up")
)
ADVERTISING: Final = Failure(
    "POLICY_ADVERTISING", "policy", "warning", "unverifiable_claim", ("rephrase", "give_up")
)
BUDGET_EXCEEDED: Final = Failure(
    "BUDGET_EXCEEDED", "budget", "error", "token_budget_exceeded", ("reduce_scope", "give_up")
)

_BY_POLICY: Final[Mapping[PolicyName, Failure]] = {
    "forbidden_claims": FORBIDDEN_CLAIM,
    "tone_avoid": TONE_AVOIDED,
    "advertising": ADVERTISING,
    "token_budget": BUDGET_EXCEEDED,
}


def classify(policy: PolicyName) -> Failure:
    """The catalog's entry for a broken policy."""
    return _BY_POLICY[policy]

"""The failure catalog: the failures of a run, how each is detected, and the actions against it, in order.

The catalog is data; `recovery` has the actions. An action changes how the stage is done, and the stage is
repeated; when none is left, ``give_up`` fails the run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from ..language.tone_marks import ToneMark
from ..policy.rules import PolicyName, Violation

Action = Literal[
    "retry",
    "reduce_scope",
    "rephrase",
    "re_tone",
    "use_brand_words",
    "fall_back_agent",
    "truncate",
    "accept",
    "give_up",
]
Category = Literal["input", "policy", "budget", "drift", "time", "output", "model"]


@dataclass(frozen=True)
class Failure:
    """An entry of the catalog.

    ``code`` and ``pattern`` are the values in events, ``detection`` describes how it is detected, ``advice``
             what a person can do when no action is left. A ``retry`` is tried ``retries`` times, every other
             action once.
    """

    code: str
    category: Category
    severity: Literal["error", "warning"]
    pattern: str
    detection: str
    actions: tuple[Action, ...]
    advice: str
    retries: int = 1


EMPTY_INPUT: Final = Failure(
    "EMPTY_INPUT",
    "input",
    "error",
    "empty_input",
    "the task contains no readable word",
    ("rephrase", "give_up"),
    "Describe the offer and its audience in a sentence.",
)
FORBIDDEN_CLAIM: Final = Failure(
    "POLICY_FORBIDDEN_CLAIM",
    "policy",
    "error",
    "forbidden_claim",
    "a text matches a forbidden claim of the brand",
    ("rephrase", "reduce_scope", "fall_back_agent", "give_up"),
    "Relax that rule, or change the brand's texts that it applies to.",
)
TONE_AVOIDED: Final = Failure(
    "POLICY_TONE_AVOIDED",
    "policy",
    "warning",
    "avoided_wording",
    "a text contains wording that the brand's tone avoids",
    ("rephrase", "re_tone", "reduce_scope", "fall_back_agent", "give_up"),
    "Relax that rule, or change the brand's texts that it applies to.",
)
ADVERTISING: Final = Failure(
    "POLICY_ADVERTISING",
    "policy",
    "warning",
    "unverifiable_claim",
    "a text contains a superlative, a guarantee or a ranking that cannot be verified",
    ("rephrase", "reduce_scope", "fall_back_agent", "give_up"),
    "Change the brand's texts that it applies to.",
)
BUDGET_EXCEEDED: Final = Failure(
    "BUDGET_EXCEEDED",
    "budget",
    "error",
    "budget_exceeded",
    "a stage's texts have more tokens than it may write",
    ("reduce_scope", "truncate", "give_up"),
    "Raise the budget or shorten the brand's texts.",
)
DRIFT_OVER_THRESHOLD: Final = Failure(
    "DRIFT_OVER_THRESHOLD",
    "drift",
    "warning",
    "drift_over_threshold",
    "a text is further from the brand's anchors than the threshold",
    ("re_tone", "rephrase", "fall_back_agent", "use_brand_words", "accept", "give_up"),
    "Word the task in the brand's tone, or choose another tone.",
)
DRIFT_IN_STRICT_MODE: Final = replace(
    DRIFT_OVER_THRESHOLD,
    actions=("re_tone", "fall_back_agent", "give_up"),
    advice="Strict mode accepts no text above that limit and does not replace the task by the brand's words. "
    "Word the task in the brand's tone, or run it without strict mode.",
)
STAGE_TIMED_OUT: Final = Failure(
    "STAGE_TIMED_OUT",
    "time",
    "error",
    "stage_timeout",
    "a stage takes longer than its time limit",
    ("retry", "give_up"),
    "Raise stage_timeout, or use a shorter pace.",
)
NO_WORDING_LEFT: Final = Failure(
    "NO_WORDING_LEFT",
    "output",
    "error",
    "no_wording_left",
    "the rules forbid every wording of a text that the page needs",
    ("fall_back_agent", "give_up"),
    "Relax the forbidden claims.",
)
PAGE_INCONSISTENT: Final = Failure(
    "PAGE_INCONSISTENT",
    "output",
    "error",
    "page_inconsistent",
    "the page lacks a disclosure, has a broken link, or differs from the copy",
    ("give_up",),
    "Relax the brand's rules on the missing text.",
)
_CHECK_THE_ENDPOINT: Final = "Check the model's endpoint, or use the rule engine with writer='rules'."
MODEL_UNAVAILABLE: Final = Failure(
    "MODEL_UNAVAILABLE",
    "model",
    "error",
    "model_unavailable",
    "the request uses a language model and its endpoint does not answer",
    ("retry", "fall_back_agent", "give_up"),
    _CHECK_THE_ENDPOINT,
    retries=2,
)
MODEL_MISCONFIGURED: Final = Failure(
    "MODEL_MISCONFIGURED",
    "model",
    "error",
    "model_misconfigured",
    "no language model is configured, or its endpoint refuses the key, the model or the request",
    ("fall_back_agent", "give_up"),
    "Check WORKER_LLM_URL, WORKER_LLM_MODEL and WORKER_LLM_KEY, or use the rule engine with writer='rules'.",
)
MODEL_TIMED_OUT: Final = Failure(
    "MODEL_TIMED_OUT",
    "model",
    "error",
    "model_timeout",
    "the language model does not answer in time",
    ("retry", "fall_back_agent", "give_up"),
    _CHECK_THE_ENDPOINT,
)
MODEL_RATE_LIMITED: Final = Failure(
    "MODEL_RATE_LIMITED",
    "model",
    "error",
    "model_rate_limited",
    "the language model's endpoint reports too many requests",
    ("retry", "fall_back_agent", "give_up"),
    _CHECK_THE_ENDPOINT,
    retries=3,
)
MODEL_BROKEN_ANSWER: Final = Failure(
    "MODEL_BROKEN_ANSWER",
    "model",
    "error",
    "model_broken_answer",
    "the language model's answer does not have the requested form",
    ("retry", "fall_back_agent", "give_up"),
    _CHECK_THE_ENDPOINT,
)
MODEL_CUT_OFF: Final = Failure(
    "MODEL_CUT_OFF",
    "model",
    "error",
    "model_cut_off",
    "the language model's answer is cut off at its token limit",
    ("retry", "fall_back_agent", "give_up"),
    "Raise the budget, or use the rule engine with writer='rules'.",
)
MODEL_OVER_BUDGET: Final = Failure(
    "MODEL_OVER_BUDGET",
    "model",
    "warning",
    "model_over_budget",
    "too few tokens are left for the language model, or it used more than allowed",
    ("fall_back_agent", "give_up"),
    "Raise the budget, or use the rule engine with writer='rules'.",
)
MODEL_REFUSED: Final = Failure(
    "MODEL_REFUSED", "model", "error", "model_refused",
    "the language model refuses to write the text",
    ("fall_back_agent", "give_up"),
    _CHECK_THE_ENDPOINT,
)  # fmt: skip

CATALOG: Final[Mapping[str, Failure]] = {
    failure.code: failure
    for failure in (
        EMPTY_INPUT,
        FORBIDDEN_CLAIM,
        TONE_AVOIDED,
        ADVERTISING,
        BUDGET_EXCEEDED,
        DRIFT_OVER_THRESHOLD,
        STAGE_TIMED_OUT,
        NO_WORDING_LEFT,
        PAGE_INCONSISTENT,
        MODEL_UNAVAILABLE,
        MODEL_MISCONFIGURED,
        MODEL_TIMED_OUT,
        MODEL_RATE_LIMITED,
        MODEL_BROKEN_ANSWER,
        MODEL_CUT_OFF,
        MODEL_OVER_BUDGET,
        MODEL_REFUSED,
    )
}
"""Every failure by its code."""

_BY_POLICY: Final[Mapping[PolicyName, Failure]] = {
    "forbidden_claims": FORBIDDEN_CLAIM,
    "avoided_wording": TONE_AVOIDED,
    "advertising_claims": ADVERTISING,
    "token_budget": BUDGET_EXCEEDED,
    "required_disclosures": PAGE_INCONSISTENT,
}


def classify(policy: PolicyName) -> Failure:
    """The catalog's entry for a broken policy."""
    return _BY_POLICY[policy]


@dataclass(frozen=True)
class OptionalSections:
    """The sections that a stage can leave out, in this order.

    ``excess`` computes how far the stage exceeds its limit (in tokens, or in violations) without some of the
    ``optional`` sections and with some texts replaced; 0 or less fits.
    """

    optional: Sequence[str]
    excess: Callable[[frozenset[str], Mapping[str, str]], int]


@dataclass(frozen=True)
class Finding:
    """A failure in a stage.

    ``error`` describes it in a sentence. ``violations``, ``marks`` and ``sections`` are inputs of the
              recovery actions. ``wait_s`` is the shortest wait before a retry, in seconds, ``None`` for no
              wait. ``tokens`` is the cost of a language model's rejected texts.
    """

    failure: Failure
    error: str
    violations: tuple[Violation, ...] = ()
    marks: tuple[ToneMark, ...] = ()
    sections: OptionalSections | None = None
    wait_s: float | None = None
    tokens: int = 0

    @property
    def count(self) -> int:
        return len(self.violations) or len(self.marks) or 1


class StageFailure(Exception):
    """Stops a stage; the catalog's actions against the failure are tried."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.error)
        self.finding = finding

"""The failure catalog: what can go wrong in a run, how it is noticed, and what is tried against it, in order.

The catalog is data; `recovery` holds the actions. Each action changes how the stage is done and the stage is
done again; where none is left, ``give_up`` fails the run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ..language.tone_marks import Mark
from ..policy.rules import PolicyName, Violation

Action = Literal["retry", "reduce_scope", "rephrase", "re_tone", "fall_back_agent", "truncate", "give_up"]
Category = Literal["input", "policy", "budget", "drift", "time", "output", "model"]


@dataclass(frozen=True)
class Failure:
    """An entry of the catalog.

    ``code`` and ``pattern`` are what events carry, ``detection`` says in words how it is noticed, ``advice``
    what a person can do once nothing more is tried. A ``retry`` is tried ``retries`` times, every other
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
    "the task holds no word that can be read",
    ("rephrase", "give_up"),
    "Say in a sentence what is to be made and for whom.",
)
FORBIDDEN_CLAIM: Final = Failure(
    "POLICY_FORBIDDEN_CLAIM",
    "policy",
    "error",
    "forbidden_claim",
    "a text matches a forbidden claim of the brand",
    ("rephrase", "reduce_scope", "fall_back_agent", "give_up"),
    "Loosen that rule, or change the texts of the brand it applies to.",
)
TONE_AVOIDED: Final = Failure(
    "POLICY_TONE_AVOIDED",
    "policy",
    "warning",
    "avoided_wording",
    "a text holds what the brand's tone avoids",
    ("rephrase", "re_tone", "reduce_scope", "fall_back_agent", "give_up"),
    "Loosen that rule, or change the texts of the brand it applies to.",
)
ADVERTISING: Final = Failure(
    "POLICY_ADVERTISING",
    "policy",
    "warning",
    "unverifiable_claim",
    "a text holds a superlative, a guarantee or a ranking that nobody could verify",
    ("rephrase", "reduce_scope", "fall_back_agent", "give_up"),
    "Change the texts of the brand it applies to.",
)
BUDGET_EXCEEDED: Final = Failure(
    "BUDGET_EXCEEDED",
    "budget",
    "error",
    "token_budget_exceeded",
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
    ("re_tone", "fall_back_agent", "give_up"),
    "Bring the task closer to the brand's tone, or choose the tone that is meant.",
)
STAGE_TIMED_OUT: Final = Failure(
    "STAGE_TIMED_OUT",
    "time",
    "error",
    "stage_timeout",
    "a stage takes longer than its time limit",
    ("retry", "give_up"),
    "Raise stage_timeout, or pace the run less.",
)
NO_WORDING_LEFT: Final = Failure(
    "NO_WORDING_LEFT",
    "output",
    "error",
    "no_wording_left",
    "the rules leave nothing for a text that a page cannot be without",
    ("fall_back_agent", "give_up"),
    "Loosen the forbidden claims.",
)
PAGE_INCONSISTENT: Final = Failure(
    "PAGE_INCONSISTENT",
    "output",
    "error",
    "page_inconsistent",
    "the page lacks a disclosure, links nowhere, or says something else than the copy",
    ("give_up",),
    "Loosen the brand's rules on the text that is missing.",
)
_ASK_THE_MODEL_LESS: Final = "Look after the model's endpoint, or let the rules write with writer='rules'."
MODEL_UNAVAILABLE: Final = Failure(
    "MODEL_UNAVAILABLE",
    "model",
    "error",
    "model_unavailable",
    "a language model is to write and its endpoint does not answer",
    ("retry", "fall_back_agent", "give_up"),
    _ASK_THE_MODEL_LESS,
    retries=2,
)
MODEL_MISCONFIGURED: Final = Failure(
    "MODEL_MISCONFIGURED",
    "model",
    "error",
    "model_misconfigured",
    "a language model is to write and none is configured, or its endpoint refuses key, model or request",
    ("fall_back_agent", "give_up"),
    "Look at WORKER_LLM_URL, WORKER_LLM_MODEL and WORKER_LLM_KEY, or let the rules write: writer='rules'.",
)
MODEL_TIMED_OUT: Final = Failure(
    "MODEL_TIMED_OUT",
    "model",
    "error",
    "model_timeout",
    "the language model does not answer in time",
    ("retry", "fall_back_agent", "give_up"),
    _ASK_THE_MODEL_LESS,
)
MODEL_RATE_LIMITED: Final = Failure(
    "MODEL_RATE_LIMITED",
    "model",
    "error",
    "model_rate_limited",
    "the language model's endpoint answers that it is asked too often",
    ("retry", "fall_back_agent", "give_up"),
    _ASK_THE_MODEL_LESS,
    retries=3,
)
MODEL_BROKEN_ANSWER: Final = Failure(
    "MODEL_BROKEN_ANSWER",
    "model",
    "error",
    "model_broken_answer",
    "the language model's answer is not of the form that was asked for",
    ("retry", "fall_back_agent", "give_up"),
    _ASK_THE_MODEL_LESS,
)
MODEL_CUT_OFF: Final = Failure(
    "MODEL_CUT_OFF",
    "model",
    "error",
    "model_cut_off",
    "the language model's answer reaches its token limit before its end",
    ("retry", "fall_back_agent", "give_up"),
    "Raise the budget, or let the rules write with writer='rules'.",
)
MODEL_OVER_BUDGET: Final = Failure(
    "MODEL_OVER_BUDGET",
    "model",
    "warning",
    "model_over_budget",
    "the tokens that are left are too few for the language model, or it took more than it may",
    ("fall_back_agent", "give_up"),
    "Raise the budget, or let the rules write with writer='rules'.",
)
MODEL_REFUSED: Final = Failure(
    "MODEL_REFUSED", "model", "error", "model_refused",
    "the language model declines to write the text",
    ("fall_back_agent", "give_up"),
    _ASK_THE_MODEL_LESS,
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
    "tone_avoid": TONE_AVOIDED,
    "advertising": ADVERTISING,
    "token_budget": BUDGET_EXCEEDED,
    "required_disclosures": PAGE_INCONSISTENT,
}


def classify(policy: PolicyName) -> Failure:
    """The catalog's entry for a broken policy."""
    return _BY_POLICY[policy]


@dataclass(frozen=True)
class Scope:
    """What a stage could write less of.

    ``excess`` tells how far beyond its bound the stage would be (in tokens, or in violations) without some of
    the ``optional`` sections, which can be left out in this order, and with some texts replaced; 0 fits.
    """

    optional: Sequence[str]
    excess: Callable[[frozenset[str], Mapping[str, str]], int]


@dataclass(frozen=True)
class Finding:
    """A failure of one kind as it was found in a stage.

    ``error`` says it in a sentence. ``violations``, ``marks`` and ``scope`` are what the actions against it
    need to know. ``wait_s`` is how long to wait at least before a retry, in seconds; ``None`` is not at all.
    ``tokens`` are what a writer cost that came to nothing.
    """

    failure: Failure
    error: str
    violations: tuple[Violation, ...] = ()
    marks: tuple[Mark, ...] = ()
    scope: Scope | None = None
    wait_s: float | None = None
    tokens: int = 0

    @property
    def count(self) -> int:
        return len(self.violations) or len(self.marks) or 1


class StageFailure(Exception):
    """A stage cannot go on as it is; what the catalog has against it is tried."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.error)
        self.finding = finding

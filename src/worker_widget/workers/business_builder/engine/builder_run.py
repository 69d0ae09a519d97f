"""The context that the stages of a run share: its inputs, its plan, and its results so far."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ....events.request_models import ValidatedRequest
from ....host.worker import Emit, RunResult
from ..brief.facts import Facts
from ..brief.seed import Seed
from ..page import design
from ..page.design import PageDesign
from ..policy import drift
from ..policy.drift import DriftAnchors
from ..policy.rules import Rule
from ..writing.draft import Draft
from ..writing.landing_copy import LandingCopy
from ..writing.writer import RuleEngine, TextWriter
from . import options, plan
from .plan import STAGES, Plan
from .routing import Decision
from .run_records import Ledger, SentenceRecord


@dataclass
class BuilderRun:
    """One run. Recovery in the first stage may change ``facts`` and ``design``; the other inputs stay.

    ``gather`` reads the facts of a request. ``by_model`` is whether a language model writes the texts, and
    ``model_problem`` why it cannot, if so. ``left_out`` counts the sections that a budget removed, ``spent``
    the tokens used, ``taken`` those of them that stages used which were taken over from another run, by
    stage. ``waits`` is false for a replay, which does not wait before a retry. At ``checkpoint`` the run can
    pause; ``clock`` is the time in seconds without pauses.
    """

    request: ValidatedRequest
    emit: Emit
    seed: Seed
    facts: Facts
    rules: tuple[Rule, ...]
    design: PageDesign
    budget: int | None
    decisions: Mapping[str, Decision]
    plan: Plan
    gather: Callable[[ValidatedRequest], Facts]
    model: TextWriter | None
    model_problem: str | None
    by_model: bool
    checkpoint: Callable[[], Awaitable[None]]
    clock: Callable[[], float]
    keep: Callable[[str, Any], None]
    waits: bool = True
    rule_engine: TextWriter = field(default_factory=RuleEngine)
    ledger: Ledger = field(default_factory=Ledger)
    artifacts: dict[str, str] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    sentences: SentenceRecord = field(default_factory=SentenceRecord)
    copy: LandingCopy | None = None
    left_out: int = 0
    spent: int = 0
    taken: dict[str, int] = field(default_factory=dict)

    @property
    def new_tokens(self) -> int:
        """The tokens used by stages of this run."""
        return self.spent - sum(self.taken.values())

    @property
    def anchors(self) -> DriftAnchors:
        return drift.anchors(self.request.brand, self.facts.tone, self.facts.statements, name=self.facts.name)

    @property
    def pace_s(self) -> float:
        pace: float = options.value(self.request.options, options.PACE)
        return pace

    @property
    def model_required(self) -> bool:
        """Whether the request accepts only texts of a language model."""
        return bool(options.value(self.request.options, options.WRITER) == "model")

    def record_probe(self, problem: str | None) -> None:
        """Keep the result of the language model's latest probe."""
        self.model_problem = problem
        self.ledger.probes.append(problem)

    def use_facts(self, facts: Facts) -> None:
        """Replace the facts, and the design that follows from them."""
        self.facts = facts
        self.design = design_for(self.request, facts, self.seed)

    def result(self) -> RunResult:
        """The results so far; complete once the run is over."""
        ledger = self.ledger
        return RunResult(
            artifacts=dict(self.artifacts),
            replay_token={
                "plan_id": self.plan.id,
                "plan": self.plan.data(),
                "seed": self.seed.number,
                "version": plan.ENGINE_VERSION,
                "stages": [stage.id for stage in STAGES],
                **self._language_model(),
            },
            cost_report={
                "total_tokens": self.new_tokens,
                "budget": self.budget,
                "under_budget": self.budget is None or self.spent <= self.budget,
                "stages": dict(ledger.costs),
                "policy_violations": len(ledger.violations),
                "recoveries": len(ledger.recoveries),
                "engines": dict(ledger.engines),
            },
            total_tokens=self.new_tokens,
            policy_violations=tuple(ledger.violations),
            recovery_log=tuple(ledger.recoveries),
            drift_metrics=dict(ledger.drifts),
            execution_trace=tuple(ledger.trace),
            routing_decisions=tuple(ledger.decisions),
        )

    def _language_model(self) -> dict[str, Any]:
        """The language model's part of the replay token; empty where it had none."""
        if not self.ledger.probes:
            return {}
        engine = self.model.engine if self.model is not None else None
        ledger = self.ledger
        return {
            "language_model": {
                "engine": engine,
                "probes": list(ledger.probes),
                "answers": list(ledger.answers),
            }
        }


def design_for(request: ValidatedRequest, facts: Facts, seed: Seed) -> PageDesign:
    visual = request.brand.visual if request.brand else None
    return design.decide(facts.tone, facts.field, visual, seed)

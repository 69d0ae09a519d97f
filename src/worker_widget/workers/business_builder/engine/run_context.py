"""One run under way: what it was asked, what it is held to, and what it has written and spent so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ....events.request_models import DEFAULT_PACE_S, RunRequest
from ....host.worker import Emit, RunResult
from ..brief.facts import Facts
from ..brief.seed import Seed
from ..page import design
from ..page.design import Look
from ..policy import drift
from ..policy.drift import Anchors
from ..policy.rules import Rule
from ..writing.draft import Draft
from ..writing.landing_copy import LandingCopy
from ..writing.writer import RuleEngine, Writer
from . import plan
from .ledger import Ledger
from .plan import STAGES, Plan
from .routing import Decision


@dataclass
class Conductor:
    """A run. Recovery in the first stage may change ``facts``; the rest of the inputs stays.

    ``tools`` is what the probes said of each tool, ``by_model`` whether a language model is to write,
    ``left_out`` how many sections a budget cost, ``spent`` the tokens written. ``waits`` is false for a
    replay, where nobody has to be waited for.
    """

    request: RunRequest
    emit: Emit
    seed: Seed
    facts: Facts
    rules: tuple[Rule, ...]
    look: Look
    budget: int | None
    tools: Mapping[str, str | None]
    decisions: Mapping[str, Decision]
    plan: Plan
    gather: Callable[[RunRequest], Facts]
    model: Writer | None
    by_model: bool
    waits: bool = True
    rule_engine: Writer = field(default_factory=RuleEngine)
    ledger: Ledger = field(default_factory=Ledger)
    artifacts: dict[str, str] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    copy: LandingCopy | None = None
    left_out: int = 0
    spent: int = 0

    @property
    def anchors(self) -> Anchors:
        return drift.anchors(self.request.brand, self.facts.tone, self.facts.statements, name=self.facts.name)

    @property
    def pace_s(self) -> float:
        return DEFAULT_PACE_S if self.request.pace is None else self.request.pace

    @property
    def model_required(self) -> bool:
        """Whether the request wants a language model and nothing else."""
        return self.request.writer == "model"

    def note_probe(self, problem: str | None) -> None:
        """What the language model's probe said now."""
        self.tools = {**self.tools, "language_model": problem}
        self.ledger.probes.append(problem)

    def adopt(self, changed: Facts) -> None:
        """Go on with other texts, and the look that goes with them."""
        self.facts = changed
        self.look = design_for(self.request, changed, self.seed)

    def result(self) -> RunResult:
        """What there is so far: all of it once the run is over."""
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
                "total_tokens": self.spent,
                "budget": self.budget,
                "under_budget": self.budget is None or self.spent <= self.budget,
                "stages": dict(ledger.costs),
                "policy_violations": len(ledger.violations),
                "recoveries": len(ledger.recoveries),
                "engines": dict(ledger.engines),
            },
            total_tokens=self.spent,
            policy_violations=tuple(ledger.violations),
            recovery_log=tuple(ledger.recoveries),
            drift_metrics=dict(ledger.drifts),
            execution_trace=tuple(ledger.trace),
            routing_decisions=tuple(ledger.decisions),
        )

    def _language_model(self) -> dict[str, Any]:
        """What a replay needs of the language model's part, where it had one."""
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


def design_for(request: RunRequest, gathered: Facts, seed: Seed) -> Look:
    return design.decide(gathered.tone, gathered.field, request.brand.visual if request.brand else None, seed)

"""One run under way: what it was asked, what it is held to, and what it has written and spent so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ...models import DEFAULT_PACE_S, RunRequest
from ...worker import Emit, RunResult
from . import drift, look, material, plan, policy, probes, routing
from .drift import Anchors
from .ledger import Ledger
from .look import Look
from .material import Material
from .plan import STAGES, Plan, PlannedStage
from .policy import Rule
from .routing import Decision
from .seed import Seed
from .writers import RuleEngine, Writer
from .writing.draft import Draft
from .writing.landing import LandingCopy


@dataclass
class Conductor:
    """A run. Recovery in the first stage may change ``material``; the rest of the inputs stays.

    ``tools`` is what the probes said of each tool, ``by_model`` whether a language model is to write,
    ``left_out`` how many sections a budget cost, ``spent`` the tokens written.
    """

    request: RunRequest
    emit: Emit
    seed: Seed
    material: Material
    rules: tuple[Rule, ...]
    look: Look
    budget: int | None
    tools: Mapping[str, str | None]
    decisions: Mapping[str, Decision]
    plan: Plan
    model: Writer | None
    by_model: bool
    rule_engine: Writer = field(default_factory=RuleEngine)
    ledger: Ledger = field(default_factory=Ledger)
    artifacts: dict[str, str] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    copy: LandingCopy | None = None
    left_out: int = 0
    spent: int = 0

    @property
    def anchors(self) -> Anchors:
        return drift.anchors(
            self.request.brand, self.material.tone, self.material.statements, name=self.material.name
        )

    @property
    def pace_s(self) -> float:
        return DEFAULT_PACE_S if self.request.pace is None else self.request.pace

    def adopt(self, changed: Material) -> None:
        """Go on with other texts, and the look that goes with them."""
        self.material = changed
        self.look = _look(self.request, changed, self.seed)

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


async def prepare(request: RunRequest, emit: Emit, model: Writer | None) -> Conductor:
    """Read the request, compile its rules, probe the tools and make the plan.."""
    brand = request.brand
    seed = Seed.of(request)
    gathered = material.gather(request)
    budget = request.budget if request.budget is not None else (brand.budget_tokens if brand else None)
    rules = policy.compile_rules(brand, name=gathered.name, budget=budget)
    by_model = request.writer == "model" or (request.writer == "auto" and model is not None)
    tools = await probes.probe(model if by_model else None)
    own_rules = sum(rule.policy != "advertising" for rule in rules)
    metric = routing.success_metric(request)
    decisions = {
        stage.id: routing.decide(
            stage, metric, gathered.tone, routing.complexity(stage, gathered.brief, own_rules), tools
        )
        for stage in STAGES
    }
    return Conductor(
        request=request,
        emit=emit,
        seed=seed,
        material=gathered,
        rules=rules,
        look=_look(request, gathered, seed),
        budget=budget,
        tools=tools,
        decisions=decisions,
        plan=_plan(request, gathered, budget, decisions),
        model=model,
        by_model=by_model,
    )


def _plan(
    request: RunRequest, gathered: Material, budget: int | None, decisions: Mapping[str, Decision]
) -> Plan:
    shares = plan.allotments(STAGES, budget, 0)
    planned = []
    for stage in STAGES:
        decision = decisions[stage.id]
        most = decision.agent.strategy.systems.tokens
        share = shares[stage.id]
        planned.append(
            PlannedStage(
                stage=stage,
                agent=decision.agent.id,
                approach=decision.agent.strategy.how.approach,
                mode=decision.mode,
                tokens=(most if share is None else min(share, most)) if stage.writes else None,
                time_limit_s=stage.time_limit_s if request.stage_timeout is None else request.stage_timeout,
            )
        )
    return Plan(routing.success_metric(request), gathered.tone, budget, tuple(planned))


def _look(request: RunRequest, gathered: Material, seed: Seed) -> Look:
    return look.decide(gathered, request.brand.visual if request.brand else None, seed)

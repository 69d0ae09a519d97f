"""One run under way: what it was asked, what it is held to, and what it has written and spent so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...events.request_models import ValidatedRequest
from ...host.worker import Emit, RunResult
from . import drift, look, material, options, plan, policy, probes, routing
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
    ``left_out`` how many sections a budget cost, ``spent`` the tokens written. ``waits`` is false for a
    replay, where nobody has to be waited for.
    """

    request: ValidatedRequest
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
        return drift.anchors(
            self.request.brand, self.material.tone, self.material.statements, name=self.material.name
        )

    @property
    def pace_s(self) -> float:
        pace: float = options.value(self.request.options, options.PACE)
        return pace

    @property
    def model_required(self) -> bool:
        """Whether the request wants a language model and nothing else."""
        return bool(options.value(self.request.options, options.WRITER) == "model")

    def note_probe(self, problem: str | None) -> None:
        """What the language model's probe said now."""
        self.tools = {**self.tools, "language_model": problem}
        self.ledger.probes.append(problem)

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


async def prepare(
    request: ValidatedRequest, emit: Emit, model: Writer | None, *, replayed: bool = False
) -> Conductor:
    """Read the request, compile its rules, probe the tools and make the plan.

    ``replayed`` says that the model's answers are recorded ones.
    """
    brand = request.brand
    seed = Seed.of(request)
    gathered = material.gather(request)
    budget = request.budget if request.budget is not None else (brand.budget_tokens if brand else None)
    own_name = "" if gathered.working_title else gathered.name
    rules = policy.compile_rules(brand, name=own_name, budget=budget)
    writer = options.value(request.options, options.WRITER)
    by_model = writer == "model" or (writer == "auto" and model is not None)
    tools = await probes.probe(model, asked=by_model)
    own_rules = sum(rule.policy != "advertising" for rule in rules)
    metric = routing.success_metric(request)
    decisions = {
        stage.id: routing.decide(
            stage,
            metric,
            gathered.tone,
            routing.complexity(stage, gathered.brief, own_rules),
            tools,
            by_model=by_model,
        )
        for stage in STAGES
    }
    run = Conductor(
        request=request,
        emit=emit,
        seed=seed,
        material=gathered,
        rules=rules,
        look=_look(request, gathered, seed),
        budget=budget,
        tools=tools,
        decisions=decisions,
        plan=_plan(request, gathered, budget, decisions, by_model=by_model),
        model=model,
        by_model=by_model,
        waits=not replayed,
    )
    if by_model:
        run.note_probe(tools["language_model"])
    return run


def _plan(
    request: ValidatedRequest,
    gathered: Material,
    budget: int | None,
    decisions: Mapping[str, Decision],
    *,
    by_model: bool,
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
                writer="model" if by_model and stage.by_model else "rules",
                tokens=(most if share is None else min(share, most)) if stage.writes else None,
                time_limit_s=options.value(request.options, options.STAGE_TIMEOUT)
                or plan.time_limit_s(stage, by_model=by_model),
            )
        )
    return Plan(routing.success_metric(request), gathered.tone, budget, tuple(planned))


def _look(request: ValidatedRequest, gathered: Material, seed: Seed) -> Look:
    return look.decide(gathered, request.brand.visual if request.brand else None, seed)

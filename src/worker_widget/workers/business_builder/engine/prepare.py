"""Prepares a run: gathers its facts, compiles its rules, routes its stages and makes the plan."""

from __future__ import annotations

from collections.abc import Mapping

from ....events.request_models import RunRequest
from ....host.worker import Emit
from ..brief.facts import Facts
from ..brief.gather import gather
from ..brief.seed import Seed
from ..policy import compiler
from ..writing.writer import Writer
from . import plan, probes, routing
from .plan import STAGES, Plan, PlannedStage
from .routing import Decision
from .run_context import Conductor, design_for


async def prepare(
    request: RunRequest, emit: Emit, model: Writer | None, *, replayed: bool = False
) -> Conductor:
    """Read the request, compile its rules, probe the tools and make the plan.

    ``replayed`` says that the model's answers are recorded ones.
    """
    brand = request.brand
    seed = Seed.of(request)
    gathered = gather(request)
    budget = request.budget if request.budget is not None else (brand.budget_tokens if brand else None)
    own_name = "" if gathered.working_title else gathered.name
    rules = compiler.compile_rules(brand, name=own_name, budget=budget)
    by_model = request.writer == "model" or (request.writer == "auto" and model is not None)
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
        facts=gathered,
        rules=rules,
        look=design_for(request, gathered, seed),
        budget=budget,
        tools=tools,
        decisions=decisions,
        plan=_plan(request, gathered, budget, decisions, by_model=by_model),
        gather=gather,
        model=model,
        by_model=by_model,
        waits=not replayed,
    )
    if by_model:
        run.note_probe(tools["language_model"])
    return run


def _plan(
    request: RunRequest,
    gathered: Facts,
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
                time_limit_s=request.stage_timeout or plan.time_limit_s(stage, by_model=by_model),
            )
        )
    return Plan(routing.success_metric(request), gathered.tone, budget, tuple(planned))

"""Prepares a run: gathers its facts, compiles its rules, routes its stages and makes the plan."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from ....events.request_models import ValidatedRequest
from ....host.worker import RunContext
from ..brief.facts import Facts
from ..brief.gather import gather
from ..brief.seed import Seed
from ..policy import compiler
from ..writing.writer import TextWriter
from . import options, plan, routing
from .builder_run import BuilderRun, design_for
from .plan import STAGES, Plan, StageAssignment
from .routing import Decision

NO_MODEL: Final = "no language model is configured: WORKER_LLM_URL and WORKER_LLM_MODEL are not set"
NOT_REQUESTED: Final = "the request asks for the rules"


async def prepare(request: ValidatedRequest, context: RunContext, model: TextWriter | None) -> BuilderRun:
    """The context of a run. The language model is probed if it is to write. Raises `NoAgentAvailable`."""
    brand = request.brand
    seed = Seed.of(request)
    facts = await asyncio.to_thread(gather, request)  # up to some seconds for a hostile task
    budget = request.budget if request.budget is not None else (brand.budget_tokens if brand else None)
    own_name = "" if facts.working_title else facts.name
    rules = compiler.compile_rules(brand, name=own_name, budget=budget)
    writer = options.value(request.options, options.WRITER)
    by_model = writer == "model" or (writer == "auto" and model is not None)
    brand_rules = sum(rule.policy != "advertising_claims" for rule in rules)
    metric = routing.success_metric(request)
    decisions = {
        stage.id: routing.decide(
            stage,
            metric,
            facts.tone,
            routing.complexity(stage, facts.brief, brand_rules),
            by_model=by_model,
        )
        for stage in STAGES
    }
    run = BuilderRun(
        request=request,
        emit=context.emit,
        seed=seed,
        facts=facts,
        rules=rules,
        design=design_for(request, facts, seed),
        budget=budget,
        decisions=decisions,
        plan=_plan(request, facts, budget, decisions, by_model=by_model),
        gather=gather,
        model=model,
        model_problem=await _model_problem(model, by_model=by_model),
        by_model=by_model,
        checkpoint=context.checkpoint,
        clock=lambda: context.active_s,
        keep=context.keep,
        waits=context.replay_of is None,
    )
    if by_model:
        run.record_probe(run.model_problem)
    return run


async def _model_problem(model: TextWriter | None, *, by_model: bool) -> str | None:
    """Why no language model writes, if so."""
    if model is None:
        return NO_MODEL
    return await model.probe() if by_model else NOT_REQUESTED


def _plan(
    request: ValidatedRequest,
    facts: Facts,
    budget: int | None,
    decisions: Mapping[str, Decision],
    *,
    by_model: bool,
) -> Plan:
    shares = plan.allotments(STAGES, budget, 0)
    planned = []
    for stage in STAGES:
        decision = decisions[stage.id]
        most = decision.agent.strategy.limits.tokens
        share = shares[stage.id]
        planned.append(
            StageAssignment(
                stage=stage,
                agent=decision.agent.id,
                approach=decision.agent.strategy.approach.approach,
                mode=decision.mode,
                writer="model" if by_model and stage.by_model else "rules",
                tokens=(most if share is None else min(share, most)) if stage.writes else None,
                time_limit_s=options.value(request.options, options.STAGE_TIMEOUT)
                or plan.time_limit_s(stage, by_model=by_model),
            )
        )
    return Plan(routing.success_metric(request), facts.tone, budget, tuple(planned))

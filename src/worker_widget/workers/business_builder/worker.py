"""The Business Builder worker: turns a task and a brand into the first artifacts of a launch.

It works by rules and texts of its own, without a model and without a network: the same request (its pace and
its time limit aside) gives the same bytes. Everything it reports was measured or computed. Where it is given
a language model, that writes in place of the rules, and everything else stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from ...events.answers import WorkerInfo
from ...events.request_models import Brand, ValidatedRequest
from ...host.worker import BrandReport, Emit, RunError, RunResult
from . import checking, conductor, drift, grammar, options, plan, policy, stages
from .conductor import Conductor
from .execution import perform
from .language_model import LanguageModel, Recordings, replayed
from .plan import ENGINE_VERSION, STAGES, Stage, waves
from .recovery import Order
from .routing import NobodyCan
from .telling import Telling
from .writers import Writer


class BusinessBuilder:
    """Implements `worker_widget.host.worker.Worker`. Holds no state between runs.

    ``model`` is a language model that can write the texts; without one the rule engine writes them.
    ``recordings`` is where the answers of language models are found again, for a replay.
    """

    version = ENGINE_VERSION
    info = WorkerInfo(
        id="business-builder",
        name="Business Builder",
        description="Turns a task and a brand into positioning, copy, a landing page and a launch plan.",
        status="available",
        moats=("M9", "M10", "M15", "M17", "M18", "M19", "M20"),
        options=options.DECLARED,
    )

    def __init__(self, model: Writer | None = None, recordings: Recordings | None = None) -> None:
        self._model = model
        self._recordings = recordings

    def stages(self) -> tuple[tuple[str, str], ...]:
        return tuple((stage.id, stage.name) for stage in STAGES)

    def check_brand(self, brand: Brand) -> BrandReport:
        """What the brand compiles to, and what in it will not work as its author may expect."""
        name = grammar.clean(brand.company_name)
        rules = policy.compile_rules(brand, name=name, budget=brand.budget_tokens)
        anchored = drift.anchors(brand, brand.tone.primary, checking.statements(brand), name=name)
        return BrandReport(
            warnings=checking.warnings(brand, rules),
            policy_rules_generated=len(rules),
            drift_anchors_count=anchored.count,
        )

    async def execute(
        self,
        request: ValidatedRequest,
        emit: Emit,
        *,
        run_id: str,
        replay_of: Mapping[str, Any] | None = None,
    ) -> RunResult:
        model = self._model
        if replay_of is not None:
            recorded = await replayed(replay_of, self._recordings)
            model = None if recorded is None else LanguageModel(recorded)
        try:
            run = await conductor.prepare(request, emit, model, replayed=replay_of is not None)
        except NobodyCan as problem:
            raise RunError(str(problem)) from None
        try:
            for wave in _waves(run):
                await _run_wave(run, wave)
        except RunError as error:
            error.partial = run.result()
            raise
        return run.result()


def _waves(run: Conductor) -> Sequence[Sequence[Stage]]:
    """Stages side by side where routing lets them, else one after the other."""
    return [
        part
        for wave in waves()
        for part in (
            [wave]
            if all(run.decisions[stage.id].mode == "parallel" for stage in wave)
            else [[stage] for stage in wave]
        )
    ]


async def _run_wave(run: Conductor, wave: Sequence[Stage]) -> None:
    """Do the stages of a wave to their end, all of them even if one fails: what there is then is the same
    however they took turns. Raises what the first of them in the plan failed with."""
    allotted = plan.allotments(wave, run.budget, run.spent)
    tellings: list[Telling] = []
    for stage in wave:
        decision = run.decisions[stage.id]
        order = Order(
            decision.agent,
            by_model=run.by_model and (stage.by_model or not stage.after),  # the first stage asks for it
            model_required=run.model_required,
        )
        tellings.append(
            Telling(
                run,
                stage,
                order,
                allotted[stage.id],
                before=tuple(tellings),
                fallbacks=list(decision.fallbacks),
            )
        )
    outcomes = await asyncio.gather(
        *(perform(telling, stages.RUN[telling.stage.id]) for telling in tellings),
        return_exceptions=True,
    )
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome

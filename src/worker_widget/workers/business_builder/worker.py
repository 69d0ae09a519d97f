"""The Business Builder worker: turns a task and a brand into the first artifacts of a launch.

It works by its own rules and texts, without a model and without a network. The same request (except its pace
and time limit) gives the same bytes. With a language model, that words the texts, and everything else is the
same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ...events.answers import WorkerInfo
from ...events.request_models import Brand, ValidatedRequest
from ...host.worker import (
    BrandReport,
    ModelHealth,
    RunContext,
    RunError,
    RunResult,
    TakenStage,
    WorkerContext,
)
from .engine import brand_check, options, plan, prepare, stages
from .engine.builder_run import BuilderRun
from .engine.plan import ENGINE_VERSION, STAGES, PlannedStage, waves
from .engine.recovery import StageOrder
from .engine.routing import NoAgentAvailable
from .engine.stage_attempts import perform
from .engine.stage_run import StageRun
from .engine.taken_stages import take_over
from .language import typography
from .language_model.model import LanguageModel, configured
from .language_model.recordings import Recordings
from .language_model.sources import replayed
from .policy import compiler, drift
from .writing.writer import TextWriter


class BusinessBuilder:
    """Implements `worker_widget.host.worker.Worker`. Holds no state between runs.

    ``model`` is a language model that can word the texts; without one the rule engine writes them.
    ``recordings`` are the answers of language models, for replays.
    """

    version = ENGINE_VERSION
    info = WorkerInfo(
        id="business-builder",
        name="Business Builder",
        description="Turns a task and a brand into positioning, copy, a landing page and a launch plan.",
        status="available",
        moats=("M9", "M10", "M15", "M17", "M18", "M19", "M20"),
        options=options.DECLARED,
        capabilities=("fork", "retry", "pause"),
    )

    def __init__(self, model: TextWriter | None = None, recordings: Recordings | None = None) -> None:
        self._model = model
        self._recordings = recordings

    def stages(self) -> tuple[tuple[str, str], ...]:
        return tuple((stage.id, stage.name) for stage in STAGES)

    def check_brand(self, brand: Brand) -> BrandReport:
        """The number of rules and anchors of the brand, and warnings about parts that will not work."""
        name = typography.clean(brand.company_name)
        rules = compiler.compile_rules(brand, name=name, budget=brand.budget_tokens)
        anchored = drift.anchors(brand, brand.tone.primary, brand_check.brand_statements(brand), name=name)
        return BrandReport(
            warnings=brand_check.warnings(brand, rules),
            policy_rules_generated=len(rules),
            drift_anchors_count=anchored.count,
        )

    async def model_health(self) -> ModelHealth | None:
        """Whether the configured language model answers now; ``None`` without one."""
        if self._model is None:
            return None
        problem = await self._model.probe()
        status = "available" if problem is None else "unavailable"
        return ModelHealth(name=self._model.engine, status=status, reason=problem)

    async def execute(self, request: ValidatedRequest, run: RunContext) -> RunResult:
        model = self._model
        if run.replay_of is not None:
            recorded = await replayed(run.replay_of, self._recordings)
            model = None if recorded is None else LanguageModel(recorded)
        try:
            build = await prepare.prepare(request, run, model)
        except NoAgentAvailable as problem:
            raise RunError(str(problem)) from None
        if run.fork is not None:
            take_over(build, run.fork)
        try:
            for wave in _waves(build):
                await _run_wave(build, wave, taken=() if run.fork is None else run.fork.stages)
        except RunError as error:
            error.partial = build.result()
            raise
        return build.result()


def _waves(run: BuilderRun) -> Sequence[Sequence[PlannedStage]]:
    """The waves of the plan; stages that must not run in parallel are waves of their own."""
    return [
        part
        for wave in waves()
        for part in (
            [wave]
            if all(run.decisions[stage.id].mode == "parallel" for stage in wave)
            else [[stage] for stage in wave]
        )
    ]


async def _run_wave(run: BuilderRun, wave: Sequence[PlannedStage], *, taken: Sequence[TakenStage]) -> None:
    """Run the stages of a wave to their end, even if one fails, so that the result does not depend on timing.

    Those that are ``taken`` over from another run are not run. Raises the error of the first failed stage in
    the order of the plan."""
    known = {stage.stage_id for stage in taken}
    left = [stage for stage in wave if stage.id not in known]
    if not left:
        return
    # As for the whole wave, whose taken stages have spent already.
    spent = run.spent - sum(run.taken.get(stage.id, 0) for stage in wave)
    allotted = plan.allotments(wave, run.budget, spent)
    stage_runs: list[StageRun] = []
    for stage in left:
        decision = run.decisions[stage.id]
        order = StageOrder(
            decision.agent,
            by_model=run.by_model and (stage.by_model or not stage.after),  # the first stage probes the model
            model_required=run.model_required,
        )
        stage_runs.append(
            StageRun(
                run,
                stage,
                order,
                allotted[stage.id],
                before=tuple(stage_runs),
                fallbacks=list(decision.fallbacks),
            )
        )
    work = stages.RUN if run.facts.brief.other_work is None else stages.RUN_WITHOUT_PAGE
    outcomes = await asyncio.gather(
        *(perform(stage_run, work[stage_run.stage.id]) for stage_run in stage_runs),
        return_exceptions=True,
    )
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome


def create(context: WorkerContext) -> BusinessBuilder:
    """The entry point ``business-builder``.

    The context's language model, if any, words the texts. Its answers are recorded in ``answers.db`` in the
    home directory.
    """
    recordings = Recordings(context.home / "answers.db")
    return BusinessBuilder(configured(context.language_model, recordings), recordings)

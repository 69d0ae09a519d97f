"""The Business Builder worker: turns a task and a brand into the first artifacts of a launch.

It is deterministic and works by rules and texts of its own, without a model and without a network: the
same request (its pace aside) gives the same bytes. Everything it reports was measured or computed.
"""

from __future__ import annotations

from ...models import DEFAULT_PACE_S, Brand, RunRequest, WorkerInfo
from ...worker import BrandReport, Emit, RunResult
from . import checking, drift, grammar, look, policy, stages
from .conductor import Conductor, Telling
from .material import gather
from .pacing import Pacer
from .plan import STAGES
from .seed import Seed


class BusinessBuilder:
    """Implements `worker_widget.host.worker.Worker`. Holds no state between runs."""

    info = WorkerInfo(
        id="business-builder",
        name="Business Builder",
        description="Turns a task and a brand into positioning, copy, a landing page and a launch plan.",
        status="available",
        moats=("M9", "M10", "M15", "M17", "M18", "M19", "M20"),
    )

    def stages(self) -> tuple[tuple[str, str], ...]:
        return tuple((stage.id, stage.name) for stage in STAGES)

    def check_brand(self, brand: Brand) -> BrandReport:
        """What the brand compiles to, and what in it will not work as its author may expect."""
        rules = policy.compile_rules(
            brand, name=grammar.clean(brand.company_name), budget=brand.budget_tokens
        )
        anchored = drift.anchors(brand, brand.tone.primary, checking.statements(brand))
        return BrandReport(
            warnings=checking.warnings(brand, rules),
            policy_rules_generated=len(rules),
            drift_anchors_count=anchored.count,
        )

    async def execute(self, request: RunRequest, emit: Emit, *, run_id: str) -> RunResult:
        run = _prepare(request, emit)
        for index, stage in enumerate(STAGES):
            telling = Telling(run, stage, index)
            telling.begin()
            try:
                await stages.RUN[stage.id](telling)
            except Exception as error:
                telling.fail(str(error) or type(error).__name__)
                raise
            telling.complete()
        return run.result()


def _prepare(request: RunRequest, emit: Emit) -> Conductor:
    brand = request.brand
    seed = Seed.of(request)
    material = gather(request)
    budget = request.budget if request.budget is not None else (brand.budget_tokens if brand else None)
    return Conductor(
        request=request,
        emit=emit,
        pacer=Pacer(DEFAULT_PACE_S if request.pace is None else request.pace),
        seed=seed,
        material=material,
        rules=policy.compile_rules(brand, name=material.name, budget=budget),
        look=look.decide(material, brand.visual if brand else None, seed),
        budget=budget,
    )

"""Plan, strategies and CARE routing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any, get_args

import pytest

from tests.bare_run import BareRun
from worker_widget.events.request_models import Tone, ValidatedRequest
from worker_widget.workers.business_builder.brief import brief
from worker_widget.workers.business_builder.engine import plan, prepare, routing
from worker_widget.workers.business_builder.engine.agents import AGENTS
from worker_widget.workers.business_builder.engine.plan import STAGES, PlannedStage
from worker_widget.workers.business_builder.policy.rules import ORDER
from worker_widget.workers.business_builder.writing.writer import StageTexts, WritingRequest

TONES: tuple[Tone, ...] = get_args(Tone)
COPY = next(stage for stage in STAGES if stage.id == "copy")


def decide(
    stage: PlannedStage = COPY, metric: routing.Success = "balanced", tone: Tone = "neutral"
) -> routing.Decision:
    return routing.decide(stage, metric, tone, 0.5)


async def planned(**request: Any) -> plan.Plan:
    asked = ValidatedRequest(**{"task": "A tool for podcasters", **request})
    run = await prepare.prepare(asked, BareRun(lambda _: None), None)
    return run.plan


class TestPlan:
    async def test_eight_stages_in_governance_order(self) -> None:
        wording = [planned_stage.stage for planned_stage in (await planned()).stages]
        assert len(wording) == 8
        ranks = [ORDER.index(stage.governance) for stage in wording]
        assert ranks == sorted(ranks)
        assert {stage.governance for stage in wording} == set(ORDER)

    async def test_it_is_data_and_can_be_printed(self) -> None:
        made = await planned(budget=2_000)
        data = json.loads(json.dumps(made.data()))
        assert [stage["id"] for stage in data["stages"]] == [stage.id for stage in STAGES]
        assert data["metric"] == "cost"
        assert data["stages"][3]["tokens"] < 2_000
        lines = str(made).splitlines()
        assert len(lines) == 9
        assert lines[4].split() == [
            "operational", "copy", "research,", "strategy", "strategist_agent", "sequential", "720",
            "landing_copy.json",
        ]  # fmt: skip

    async def test_its_id_names_what_is_to_be_done(self) -> None:
        first, again, other = (
            await planned(),
            await planned(task="Another thing"),
            await planned(budget=1_000),
        )
        assert first.id == again.id
        assert first.id != other.id

    def test_stages_that_can_run_side_by_side_share_a_wave(self) -> None:
        assert [[stage.id for stage in wave] for wave in plan.waves()] == [
            ["preflight"], ["research", "strategy"], ["copy"], ["ux"],
            ["consistency"], ["recovery"], ["bundle"],
        ]  # fmt: skip
        loop = [
            PlannedStage(name, name, "safety", (other,), (), (), (), 0, 0, 0)
            for name, other in (("a", "b"), ("b", "a"))
        ]
        with pytest.raises(ValueError, match="wait for each other: a, b"):
            plan.waves(loop)

    def test_a_budget_is_shared_out_whatever_ends_first(self) -> None:
        wave = plan.waves()[1]
        shares = plan.allotments(wave, 1_000, 0)
        assert shares == {"research": 180, "strategy": 200}
        later = plan.allotments([STAGES[-1]], 1_000, 700)
        assert later == {"bundle": 300}
        assert plan.allotments(wave, None, 0) == {"research": None, "strategy": None}


class TestStrategies:
    def test_each_agent_has_all_five_parts(self) -> None:
        for agent in AGENTS:
            strategy = agent.strategy
            assert strategy.aspiration
            assert strategy.scope.stages <= {stage.id for stage in STAGES}
            assert strategy.scope.home <= strategy.scope.tones
            assert set(strategy.approach.strengths) == {"cost", "latency", "accuracy", "risk"}
            assert strategy.capabilities
            assert strategy.limits.tools
            assert strategy.limits.tokens > 0

    @pytest.mark.parametrize("tone", TONES)
    def test_every_stage_can_be_taken_by_two_in_every_tone(self, tone: Tone) -> None:
        for stage in STAGES:
            decision = decide(stage, tone=tone)
            assert decision.fallbacks, (stage.id, tone)

    def test_the_productive_stages_differ_by_who_takes_them(self) -> None:
        copy = decide()
        approaches = {agent.strategy.approach.approach for agent in (copy.agent, *copy.fallbacks)}
        assert approaches == {"plain", "story"}


class TestRouting:
    @pytest.mark.parametrize(
        ("request_fields", "metric"),
        [
            ({}, "balanced"),
            ({"budget": 2_000}, "cost"),
            ({"depth": "shallow"}, "latency"),
            ({"depth": "deep"}, "accuracy"),
            ({"strict_mode": True, "budget": 2_000}, "risk"),
        ],
    )
    def test_what_success_means(self, request_fields: dict[str, Any], metric: str) -> None:
        assert routing.success_metric(ValidatedRequest(task="A tool", **request_fields)) == metric

    def test_what_success_means_decides_who_writes(self) -> None:
        assert decide(metric="balanced").agent.id == "copywriter_agent"
        assert decide(metric="cost").agent.id == "strategist_agent"
        assert decide(metric="risk").agent.id == "strategist_agent"

    def test_complexity_is_the_stated_sum(self) -> None:
        read = brief.Brief("word " * 30, audience="bakers", activity="bake")
        expected = 0.35 * 0.8 + 0.20 * 30 / 60 + 0.25 * 2 / 6 + 0.20 * 3 / 12
        assert routing.complexity(COPY, read, 3) == round(expected, 4)
        most = brief.Brief("word " * 600, features=tuple("abcdefgh"))
        assert routing.complexity(COPY, most, 500) == round(0.35 * 0.8 + 0.65, 4)

    def test_confidence_is_the_margin(self) -> None:
        decision = decide()
        margin = decision.ranked[0].score - decision.ranked[1].score
        assert decision.confidence == round(0.5 + margin, 4)

    def test_each_alternative_has_a_reason(self) -> None:
        reasons = {other["agent"]: other["reason"] for other in decide().alternatives}
        assert reasons == {
            "strategist_agent": "It cannot write copy, which this stage needs.",
            "ux_agent": "It cannot keep the tone or weigh messages, which this stage needs.",
        }
        scores = [other["score"] for other in decide().alternatives]
        assert scores == sorted(scores, reverse=True)

    def test_the_winner_has_a_score_and_a_reason(self) -> None:
        decision = decide()
        assert decision.reason == (
            "It scores higher than the Strategist agent because it can write copy, which that agent cannot."
        )
        alone = routing.decide(COPY, "balanced", "neutral", 0.5, [decision.agent])
        assert alone.reason == "No other agent can take this stage."

    @pytest.mark.parametrize("tone", TONES)
    @pytest.mark.parametrize("metric", get_args(routing.Success))
    def test_every_reason_is_a_plain_sentence(self, tone: Tone, metric: routing.Success) -> None:
        for stage in STAGES:
            decision = decide(stage, metric, tone)
            for reason in (decision.reason, *(other["reason"] for other in decision.alternatives)):
                assert re.fullmatch(r"(?:It|No other agent) [^_.]+\.", reason), reason

    def test_an_agent_does_not_write_in_a_tone_its_strategy_does_not_name(self) -> None:
        decision = decide(tone="formal")
        assert decision.agent.id == "strategist_agent"
        last = decision.alternatives[-1]
        assert last["agent"] == "copywriter_agent"
        assert last["reason"] == "It does not write in a formal tone."

    def test_a_stage_without_an_agent_has_a_reason(self) -> None:
        stage = replace(COPY, tools=("press",))
        with pytest.raises(routing.NoAgentAvailable, match=r"Copy Generation\. .* It may not use press\."):
            decide(stage)

    @pytest.mark.parametrize(
        ("stage", "metric", "demand", "mode"),
        [
            ("research", "balanced", 0.9, "parallel"),
            ("research", "risk", 0.1, "reviewed"),
            ("copy", "balanced", 0.6, "reviewed"),
            ("copy", "balanced", 0.59, "sequential"),
            ("recovery", "risk", 0.9, "sequential"),
        ],
    )
    def test_how_a_stage_is_orchestrated(
        self, stage: str, metric: routing.Success, demand: float, mode: str
    ) -> None:
        found = next(known for known in STAGES if known.id == stage)
        assert routing.mode(found, metric, demand) == mode


class TestLanguageModel:
    async def test_without_a_model_the_reason_is_kept(self) -> None:
        run = await prepare.prepare(ValidatedRequest(task="A tool"), BareRun(lambda _: None), None)
        assert (run.by_model, run.model_problem) == (False, prepare.NO_MODEL)
        assert not run.ledger.probes

    @pytest.mark.parametrize(("writer", "probed"), [("auto", True), ("model", True), ("rules", False)])
    async def test_a_model_is_probed_if_it_is_to_write(self, writer: Any, probed: bool) -> None:
        class Away:
            engine = "a model"

            async def probe(self) -> str | None:
                return "its endpoint does not answer"

            async def write(self, request: WritingRequest) -> StageTexts:
                raise AssertionError

        run = await prepare.prepare(
            ValidatedRequest(task="A tool", options={"writer": writer}), BareRun(lambda _: None), Away()
        )
        assert run.ledger.probes == (["its endpoint does not answer"] if probed else [])
        assert run.model_problem == ("its endpoint does not answer" if probed else prepare.NOT_REQUESTED)

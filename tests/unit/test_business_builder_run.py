"""The worker run by itself: what it tells, in which order, and what it leaves."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from worker_widget import events
from worker_widget.events import Payload
from worker_widget.events.request_models import ValidatedRequest
from worker_widget.host.worker import RunError, RunResult
from worker_widget.workers.business_builder.engine import plan
from worker_widget.workers.business_builder.worker import BusinessBuilder

from ..bare_run import BareRun
from ..request_body import request_body

_P = TypeVar("_P", bound=Payload)

STAGES = (
    ("preflight", "Preflight Validation"),
    ("research", "Market Research"),
    ("strategy", "Strategy Synthesis"),
    ("copy", "Copy Generation"),
    ("ux", "UX Layout"),
    ("consistency", "Consistency Check"),
    ("recovery", "Recovery & Normalization"),
    ("bundle", "Final Packaging"),
)

FILES = (
    "market_report.json",
    "positioning.md",
    "messaging.json",
    "landing_copy.json",
    "landing.html",
    "brand_guidelines.md",
    "launch_plan.md",
    "manifest.json",
)


@dataclass
class Alone:
    """A run without a host: everything it emitted, and its result or the error it failed with."""

    emitted: list[Payload] = field(default_factory=list)
    result: RunResult | None = None
    error: str | None = None

    def emit(self, data: Payload) -> None:
        self.emitted.append(data)

    def all(self, kind: type[_P]) -> list[_P]:
        return [data for data in self.emitted if isinstance(data, kind)]

    @property
    def done(self) -> RunResult:
        assert self.result is not None, self.error
        return self.result

    @property
    def artifacts(self) -> dict[str, str]:
        return dict(self.done.artifacts)


async def run_alone(**request: Any) -> Alone:
    """Run the worker on a request, unpaced unless it says otherwise."""
    alone = Alone()
    asked = ValidatedRequest(**request_body(**{"pace": 0, **request}))
    try:
        alone.result = await BusinessBuilder().execute(asked, BareRun(alone.emit))
    except RunError as error:
        alone.error = str(error)
    return alone


def brand(**more: Any) -> dict[str, Any]:
    return {
        "company_name": "Castaway",
        "mission": "We make podcasting feel like a chat with friends again",
        "value_proposition": "Record, tidy and publish your show from one friendly place",
        **more,
    }


async def test_stages_come_in_order_and_each_is_routed_and_completed() -> None:
    run = await run_alone(task="A tool for podcasters")
    assert BusinessBuilder().stages() == STAGES
    ids = [stage for stage, _ in STAGES]
    started = [(e.stage_id, e.stage_index, e.total_stages) for e in run.all(events.StageStarted)]
    assert started == [(stage, index, 8) for index, stage in enumerate(ids)]
    assert sorted(e.stage_id or "" for e in run.all(events.StageCompleted)) == sorted(ids)
    decisions = run.all(events.RoutingDecision)
    assert [e.stage_id for e in decisions] == [stage for stage, _ in STAGES]
    for decision in decisions:
        assert decision.complexity is not None
        assert 0 <= decision.complexity <= 1
        assert decision.confidence is not None
        assert 0.5 <= decision.confidence <= 1
        assert decision.routing_source == "care"
        assert decision.alternatives
        assert all({"agent", "score", "reason"} <= set(other) for other in decision.alternatives)
    for stage in ids:
        assert 3 <= sum(e.stage_id == stage for e in run.all(events.Log)) <= 9, stage


async def test_artifacts_stream_from_their_start_to_their_end() -> None:
    run = await run_alone(task="A tool for podcasters", brand=brand())
    assert tuple(run.artifacts) == FILES
    text: dict[tuple[str | None, str | None], str] = {}
    for data in run.emitted:
        match data:
            case events.ArtifactStarted(artifact_name=name, artifact_type=kind):
                assert (name, kind) not in text
                text[name, kind] = ""
            case events.ArtifactDelta(artifact_name=name, artifact_type=kind, offset=offset, text=piece):
                assert offset == len(text[name, kind])
                assert 0 < len(piece) < 2_500
                text[name, kind] += piece
            case events.ArtifactCreated(artifact_name=name, artifact_type=kind, content=content, sha256=sha):
                assert content == text[name, kind]
                assert sha == hashlib.sha256(content.encode()).hexdigest()
    assert {f"{name}.{kind}": content for (name, kind), content in text.items()} == run.artifacts
    assert len(run.all(events.ArtifactDelta)) > 300


async def test_the_manifest_lists_every_other_artifact() -> None:
    artifacts = (await run_alone(task="A tool for podcasters")).artifacts
    manifest = json.loads(artifacts.pop("manifest.json"))
    assert manifest["files"] == [
        {"file": name, "chars": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest()}
        for name, text in artifacts.items()
    ]


@pytest.mark.parametrize("depth", ["shallow", "auto", "deep"])
async def test_the_same_request_gives_the_same_bytes(depth: str) -> None:
    request = {"task": "Open a bakery in Lyon", "brand": brand(), "depth": depth}
    first, second = await run_alone(**request), await run_alone(**request, pace=0.05, async_mode=False)
    assert first.artifacts == second.artifacts
    assert first.done.replay_token == second.done.replay_token
    other = await run_alone(**{**request, "task": "Open a bakery in Nantes"})
    assert other.artifacts["landing.html"] != first.artifacts["landing.html"]


async def test_a_deeper_run_writes_more() -> None:
    sizes = [
        (await run_alone(task="A tool for podcasters", depth=depth)).done.total_tokens
        for depth in ("shallow", "auto", "deep")
    ]
    assert sizes[0] < sizes[1] < sizes[2]


async def test_the_result_adds_up() -> None:
    run = await run_alone(task="A tool for podcasters", brand=brand())
    result = run.done
    completed = run.all(events.StageCompleted)
    report = result.cost_report
    assert report is not None
    assert result.total_tokens == sum(e.tokens_used or 0 for e in completed) == report["total_tokens"] > 500
    assert report["budget"] is None
    assert report["under_budget"] is True
    assert {stage: cost["tokens"] for stage, cost in report["stages"].items()} == {
        e.stage_id: e.tokens_used for e in completed
    }
    assert [entry["latency_ms"] for entry in result.execution_trace] == [e.duration_ms for e in completed]
    assert [entry["stage"] for entry in result.execution_trace] == [stage for stage, _ in STAGES]
    assert [entry["stage_id"] for entry in result.routing_decisions] == [stage for stage, _ in STAGES]
    assert dict(result.drift_metrics) == {e.stage_id: e.drift_score for e in run.all(events.DriftDetected)}
    assert result.replay_token is not None
    assert result.replay_token["stages"] == [stage for stage, _ in STAGES]
    assert set(result.replay_token) == {"plan_id", "plan", "seed", "version", "stages"}
    assert not result.policy_violations
    assert not result.recovery_log


CLAIMING = {
    "mission": "We guarantee the best podcasts for every maker in town",
    "value_proposition": "A studio that doubles your audience, with a calm place to record and edit",
    "forbidden_claims": [
        {"pattern": r"doubles? your \w+", "reason": "Nobody can promise that"},
        {"pattern": "calm", "severity": "warning"},
    ],
}


async def test_claims_in_the_brand_are_found_and_rewritten() -> None:
    run = await run_alone(task="A tool for podcasters", brand=brand(**CLAIMING))
    found = [(e.policy, e.location) for e in run.all(events.PolicyViolation)]
    assert ("forbidden_claims", "brand.value_proposition[14:35]") in found
    assert ("advertising_claims", "brand.mission[3:12]") in found
    assert all(e.reason and e.severity and e.pattern for e in run.all(events.PolicyViolation))
    order = [
        type(data).__name__
        for data in run.emitted
        if "Failure" in type(data).__name__ or "Recov" in type(data).__name__
    ]
    assert order[:5] == [
        "FailureDetected",
        "FailureClassified",
        "RecoverySuggestion",
        "RecoveryStarted",
        "RecoveryCompleted",
    ]
    assert all(e.success for e in run.all(events.RecoveryCompleted))
    assert {e.code for e in run.all(events.FailureClassified)} == {
        "POLICY_FORBIDDEN_CLAIM",
        "POLICY_ADVERTISING",
    }
    assert run.done.recovery_log
    assert len(run.done.policy_violations) == len(found)
    for name, text in run.artifacts.items():
        assert not re.search(r"doubles? your|\bcalm\b|\bguarantee|\bthe best\b", text, re.IGNORECASE), name


async def test_strict_mode_stops_at_the_first_violation() -> None:
    run = await run_alone(task="A tool for podcasters", brand=brand(**CLAIMING), strict_mode=True)
    assert run.error is not None
    assert "Nobody can promise that" in run.error
    assert len(run.all(events.PolicyViolation)) == 1
    assert not run.all(events.RecoveryStarted)
    assert not run.all(events.ArtifactStarted)
    assert isinstance(run.emitted[-1], events.StageFailed)


async def test_strict_mode_lets_a_clean_brand_pass() -> None:
    run = await run_alone(task="A tool for podcasters", brand=brand(), strict_mode=True)
    assert tuple(run.artifacts) == FILES


async def test_a_name_that_breaks_its_own_rules_cannot_be_repaired() -> None:
    run = await run_alone(
        task="A tool for podcasters", brand=brand(forbidden_claims=[{"pattern": "castaway"}])
    )
    assert run.error is not None
    assert "name" in run.error
    assert [e.success for e in run.all(events.RecoveryCompleted)] == [False]


async def test_rules_that_leave_no_words_fail_the_run_and_say_which() -> None:
    every_word = [{"pattern": r"\w+ing|\bthe\b|\bcastaway\b"}]
    run = await run_alone(task="A tool for podcasters", brand=brand(forbidden_claims=every_word))
    assert run.error is not None
    assert "forbidden claim 1 of the brand" in run.error


async def test_a_budget_is_kept_by_leaving_out_sections() -> None:
    task = "A tool for podcasters. " + "It should be pleasant to use and easy to explain to a friend. " * 200
    run = await run_alone(task=task, brand=brand(budget_tokens=1_000))
    report = run.done.cost_report
    assert report is not None
    assert report["budget"] == 1_000
    assert run.done.total_tokens <= 1_000
    assert report["under_budget"] is True
    assert "budget_exceeded" in {e.pattern for e in run.all(events.FailureDetected)}
    assert {e.action for e in run.all(events.RecoveryStarted)} == {"reduce_scope"}
    assert all(e.success for e in run.all(events.RecoveryCompleted))
    full = await run_alone(task=task, brand=brand())
    assert full.done.total_tokens > 1_000
    assert '"faq"' in full.artifacts["landing_copy.json"]
    assert '"faq"' not in run.artifacts["landing_copy.json"]
    assert "left out" in run.artifacts["launch_plan.md"]


@pytest.mark.parametrize("tone", ["casual", "neutral", "professional", "formal", "luxury"])
@pytest.mark.parametrize("task", ["Promote a charity run for the local hospice", "We sell handmade candles"])
async def test_the_smallest_budget_suffices_for_an_ordinary_brand(task: str, tone: str) -> None:
    ordinary = brand(
        tone={"primary": tone},
        tagline="Talk now, tidy later",
        vision="A show for every street and a street for every show",
        audience_pain_points=["Editing takes the whole weekend", "Nobody knows where the files are"],
        required_disclosures=["Prices on request. Terms apply."],
        target_audience=["b2c_consumer", "b2b_developer"],
    )
    run = await run_alone(task=task, brand=ordinary, budget=1_000, depth="deep")
    assert tuple(run.artifacts) == FILES
    assert run.done.total_tokens <= 1_000


async def test_a_budget_that_cannot_be_kept_fails_with_the_figures() -> None:
    disclosures = [
        f"Note {number}: " + "terms and conditions apply to this offer. " * 8 for number in range(12)
    ]
    run = await run_alone(
        task="A tool for podcasters", brand=brand(required_disclosures=disclosures), budget=1_000
    )
    assert run.error is not None
    assert re.search(r"needs [\d,]+ tokens, and its share of the budget is \d+ tokens\. Raise", run.error)
    actions = [(e.action, e.success) for e in run.all(events.RecoveryCompleted)]
    assert actions[-1] == ("give_up", False)


async def test_the_request_budget_comes_before_the_brands() -> None:
    run = await run_alone(task="A tool for podcasters", brand=brand(budget_tokens=1_000), budget=50_000)
    report = run.done.cost_report
    assert report is not None
    assert report["budget"] == 50_000
    assert not run.done.recovery_log


async def test_drift_is_measured_and_emitted() -> None:
    quiet = brand(
        company_name="Aurelia",
        mission="To honour the slow craft of the jeweller's bench",
        value_proposition="Jewellery made by one pair of hands from first sketch to last stone",
        tone={"primary": "luxury"},
    )
    loud = await run_alone(
        task="yo make a sick page for dope rings lol, super cheap stuff dude!!!", brand=quiet
    )
    fitting = await run_alone(task="A page for rings made at the jeweller's bench", brand=quiet)
    first = loud.all(events.DriftDetected)[0]
    assert (first.stage_id, first.aligned, first.threshold) == ("preflight", False, 0.35)
    assert (first.drift_score or 0) > 0.35
    assert fitting.all(events.DriftDetected)[0].aligned is True
    assert any(e.level == "warning" and "sound like the brand" in e.message for e in loud.all(events.Log))


async def test_a_task_in_an_unsupported_language_gets_english_and_a_warning() -> None:
    run = await run_alone(task="Créer une page pour une boulangerie à Lyon avec nos pains")
    assert any("French" in (e.message or "") for e in run.all(events.RunWarning))
    assert "Translate" in run.artifacts["launch_plan.md"]
    assert '<html lang="en">' in run.artifacts["landing.html"]


async def test_pace_stretches_the_run_and_every_stage_has_its_part() -> None:
    run = await run_alone(task="A tool for podcasters", pace=1.0)
    durations = {e.stage_id: e.duration_ms or 0 for e in run.all(events.StageCompleted)}
    # A stage that takes longer than its share leaves less to the next.
    assert sum(durations.values()) >= 900
    assert max(plan.STAGES, key=lambda stage: stage.pace_share).id == "ux"
    assert any("takes about 1 s so that you can watch it" in e.message for e in run.all(events.Log))


async def test_cancelling_in_mid_run_ends_it_at_once() -> None:
    alone, begun = Alone(), asyncio.Event()

    def tell(data: Payload) -> None:
        alone.emit(data)
        begun.set()

    request = ValidatedRequest(task="A tool for podcasters", options={"pace": 60})
    task = asyncio.create_task(BusinessBuilder().execute(request, BareRun(tell)))
    await asyncio.wait_for(begun.wait(), timeout=120)
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, timeout=120)
    count = len(alone.emitted)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert len(alone.emitted) == count
    assert not alone.all(events.StageCompleted)


async def test_an_unpaced_run_lets_others_run_in_between() -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    beside = asyncio.create_task(other())
    await run_alone(task="A tool for podcasters")
    beside.cancel()
    assert turns > 10

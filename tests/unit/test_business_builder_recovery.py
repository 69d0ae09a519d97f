"""The failure catalog and recovery: every failure can be reached, and each attempt is emitted truly."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import DataObject, data, lists, sampled_from

from worker_widget import events
from worker_widget.events import Payload
from worker_widget.events.request_models import Tone, ValidatedRequest
from worker_widget.host.worker import RunError
from worker_widget.workers.business_builder.brief.gather import gather
from worker_widget.workers.business_builder.engine import failures, prepare, recovery
from worker_widget.workers.business_builder.engine.agents import AGENTS
from worker_widget.workers.business_builder.engine.failures import (
    BUDGET_EXCEEDED,
    CATALOG,
    Failure,
    Finding,
    OptionalSections,
    StageFailure,
)
from worker_widget.workers.business_builder.engine.recovery import RecoveryContext, StageOrder
from worker_widget.workers.business_builder.policy import drift
from worker_widget.workers.business_builder.worker import BusinessBuilder
from worker_widget.workers.business_builder.writing.writer import StageTexts, WritingRequest

from ..bare_run import BareRun
from ..request_body import request_body
from .test_business_builder_run import FILES, Alone, brand, run_alone

TASK = "A tool for podcasters"
QUIET = {
    "company_name": "Aurelia",
    "mission": "To honour the slow craft of the jeweller's bench",
    "value_proposition": "Jewellery made by one pair of hands from first sketch to last stone",
    "tone": {"primary": "luxury"},
}
LOUD = "yo make a sick page for dope rings lol, super cheap stuff dude!!!"


def recoveries(run: Alone) -> list[tuple[str | None, str | None, bool | None]]:
    return [(e.stage_id, e.action, e.success) for e in run.all(events.RecoveryCompleted)]


def story(run: Alone, *kinds: type[Payload]) -> list[str]:
    return [type(data).__name__ for data in run.emitted if isinstance(data, kinds)]


class TestCatalog:
    def test_every_entry_ends_in_giving_up(self) -> None:
        assert len(CATALOG) == 17
        for code, failure in CATALOG.items():
            assert code == failure.code
            assert failure.actions[-1] == "give_up"
            assert len(set(failure.actions)) == len(failure.actions)
            assert failure.detection
            assert failure.advice.endswith(".")

    def test_every_action_is_used_and_known(self) -> None:
        used = {action for failure in CATALOG.values() for action in failure.actions}
        assert used == {
            "retry", "reduce_scope", "rephrase", "re_tone", "use_brand_words", "fall_back_agent", "truncate",
            "accept", "give_up",
        }  # fmt: skip


def situation(**more: Any) -> RecoveryContext:
    asked = ValidatedRequest.model_validate({"task": TASK, "brand": brand(**more)})
    facts = gather(asked)
    return RecoveryContext(
        StageOrder(AGENTS[0]), facts, (), drift.anchors(asked.brand, facts.tone, facts.statements)
    )


class TestScope:
    SECTIONS = {"core": 40, "a": 30, "b": 20, "c": 10}  # noqa: RUF012

    def finding(self, limit: int, *optional: str) -> Finding:
        def excess(out: frozenset[str], _: object) -> int:
            return sum(size for name, size in self.SECTIONS.items() if name not in out) - limit

        return Finding(BUDGET_EXCEEDED, "too much", sections=OptionalSections(optional, excess))

    def test_it_is_reduced_only_as_far_as_it_must(self) -> None:
        step = recovery.recovery_step("reduce_scope", self.finding(60, "a", "absent", "b", "c"), situation())
        assert step is not None
        assert step.order.left_out == {"a", "b"}
        assert step.steps == (("reduce_scope", "Left out a and b, which saves 50 tokens"),)
        assert step.order.attempt == 2

    def test_what_does_not_suffice_is_still_a_beginning(self) -> None:
        step = recovery.recovery_step("reduce_scope", self.finding(30, "a", "b", "c"), situation())
        assert step is not None
        assert step.order.left_out == {"a", "b", "c"}
        assert recovery.recovery_step("reduce_scope", self.finding(30, "absent"), situation()) is None

    def test_texts_are_cut_no_further_than_it_takes(self) -> None:
        asked = situation(mission="We talk about it. " * 30, vision="V" * 30)

        def excess(_: object, texts: Any) -> int:
            return len(texts.get("brand.mission", "")) - 120 if texts else 1

        finding = Finding(BUDGET_EXCEEDED, "too much", sections=OptionalSections((), excess))
        step = recovery.recovery_step("truncate", finding, asked)
        assert step is not None
        assert set(step.order.rewrites) == {"brand.mission"}
        assert step.order.rewrites["brand.mission"].endswith("We talk about it.")
        assert 90 < len(step.order.rewrites["brand.mission"]) <= 110


class TestReachedByARequest:
    async def test_a_policy_violation_is_rephrased_in_place(self) -> None:
        mission = "We guarantee the best podcasts for every maker in town"
        run = await run_alone(task=TASK, brand=brand(mission=mission))
        assert recoveries(run) == [("preflight", "rephrase brand.mission", True)]
        (wording,) = run.all(events.RecoverySuggestion)
        hints = {item["replacement_hint"] for item in wording.suggestions if item["action"] == "rephrase"}
        assert hints == {"We aim for good podcasts for every maker in town"}
        checks = [e.passed for e in run.all(events.PolicyCheck) if e.policy == "advertising_claims"][:2]
        assert checks == [False, True]

    async def test_drift_is_re_toned_and_falls_under_the_threshold(self) -> None:
        run = await run_alone(task=LOUD, brand=QUIET)
        measured = [e for e in run.all(events.DriftDetected) if e.stage_id == "preflight"]
        assert [e.aligned for e in measured] == [False, True]
        assert (measured[0].drift_score or 0) > 0.35 >= (measured[1].drift_score or 1)
        assert recoveries(run) == [("preflight", "re_tone", True)]
        (wording,) = run.all(events.RecoverySuggestion)
        hints = {
            item["pattern"]: item["replacement_hint"] for item in wording.suggestions if "pattern" in item
        }
        assert hints["cheap"] == "affordable"
        assert hints["dude"] == "(leave it out)"
        for name, text in run.artifacts.items():
            assert not any(word in text.lower().split() for word in ("dope", "sick", "lol", "dude")), name

    async def test_a_stage_is_repeated_and_its_events_are_in_order(self) -> None:
        run = await run_alone(task=LOUD, brand=QUIET)
        kinds = (
            events.FailureDetected, events.FailureClassified, events.RecoverySuggestion,
            events.RecoveryStarted, events.RecoveryCompleted,
        )  # fmt: skip
        assert story(run, *kinds) == [kind.__name__ for kind in kinds]
        fits = [e.message for e in run.all(events.Log) if e.message.startswith("The task sounds like")]
        assert len(fits) == 1
        assert run.done.execution_trace[0]["attempts"] == 2

    async def test_a_budget_is_met_by_leaving_out_and_then_by_cutting(self) -> None:
        long = ("Record, tidy and publish your show from one friendly place, and know why" * 7)[:490]
        run = await run_alone(task=TASK, brand=brand(tagline=long, value_proposition=long), budget=1_000)
        reported = [(action, success) for _, action, success in recoveries(run)]
        assert ("reduce_scope", False) in reported
        assert ("truncate", True) in reported
        assert run.done.total_tokens <= 1_000
        assert tuple(run.artifacts) == FILES

    async def test_a_stage_that_takes_too_long_is_done_again_without_pace(self) -> None:
        run = await run_alone(task=TASK, pace=4, stage_timeout=0.8)
        assert {e.pattern for e in run.all(events.FailureDetected)} == {"stage_timeout"}
        assert ("ux", "retry", True) in recoveries(run)
        assert run.artifacts == (await run_alone(task=TASK)).artifacts
        counted = sum(e.tokens_used or 0 for e in run.all(events.StageCompleted))
        assert run.done.total_tokens == counted

    async def test_a_required_model_is_not_replaced(self) -> None:
        run = await run_alone(task=TASK, writer="model")
        assert recoveries(run) == [("preflight", "give_up", False)]
        assert {e.code for e in run.all(events.FailureClassified)} == {"MODEL_MISCONFIGURED"}
        assert prepare.NO_MODEL in (run.error or "")
        assert "writer='rules'" in (run.error or "")
        assert not run.all(events.ArtifactCreated)

    async def test_a_task_without_words_is_taken_from_the_brand(self) -> None:
        run = await run_alone(task="?!?!? 123", brand=brand())
        assert {e.code for e in run.all(events.FailureClassified)} == {"EMPTY_INPUT"}
        assert recoveries(run) == [("preflight", "rephrase", True)]
        assert tuple(run.artifacts) == FILES

    async def test_a_task_without_words_and_a_brand_fails_with_advice(self) -> None:
        run = await run_alone(task="?!?!? 123")
        assert run.error == "The task contains no readable word. " + failures.EMPTY_INPUT.advice
        assert recoveries(run) == [("preflight", "give_up", False)]
        assert isinstance(run.emitted[-1], events.StageFailed)

    async def test_rules_that_leave_no_headline_hand_over_and_then_give_up(self) -> None:
        claims = [{"pattern": r"[a-z ]*\bfor\b.*"}, {"pattern": r"\w*a\w*"}, {"pattern": r"\w*o\w*"}]
        name = "Zusk"
        run = await run_alone(
            task="Big tools",
            brand=brand(
                company_name=name,
                mission="Bring you good mornings",
                value_proposition="Proof of good bright mornings in town",
                forbidden_claims=claims,
            ),
        )
        assert run.error is not None
        assert run.all(events.RecoveryCompleted)[-1].success is False


FIELD_TASK = "Write super casual copy with lots of slang, emojis and Gen Z vibes, keep it cheap and easy lol"
FIELD_BRAND = {
    **QUIET,
    "tone": {
        "primary": "luxury",
        "examples_good": ["curated experience", "bespoke solutions"],
        "examples_bad": ["cheap", "easy"],
    },
}


class TestDriftingTask:
    """Without strict mode, a task that does not sound like the brand never fails the run."""

    async def test_it_is_re_toned_until_it_fits(self) -> None:
        run = await run_alone(task=FIELD_TASK, brand=FIELD_BRAND)
        assert run.error is None
        assert [e.aligned for e in run.all(events.DriftDetected) if e.stage_id == "preflight"] == [
            False, False, True
        ]  # fmt: skip
        assert recoveries(run) == [("preflight", "re_tone", False), ("preflight", "rephrase task", True)]
        wording = [e.message for e in run.all(events.Log) if "“Write casual copy" in e.message]
        assert len(wording) == 1
        for name, text in run.artifacts.items():
            assert not re.search(r"\b(?:lol|cheap|easy|vibes)\b", text), name

    async def test_the_brands_words_take_its_place_where_no_wording_fits(self) -> None:
        example = "grab your deal now before all of it is gone for good"
        avoiding = {**FIELD_BRAND, "tone": {"primary": "luxury", "examples_bad": [example]}}
        run = await run_alone(task="Grab your deal now before all of it is gone at our shop", brand=avoiding)
        assert run.error is None
        assert recoveries(run) == [("preflight", "use_brand_words", True)]
        (warned,) = run.all(events.RunWarning)
        assert (warned.stage_id, warned.code) == ("preflight", "brand_words")
        assert any("Jewellery made by one pair of hands" in e.message for e in run.all(events.Log))
        assert "deal" not in run.artifacts["landing.html"].lower()

    async def test_what_still_drifts_is_kept_with_a_warning(self) -> None:
        example = "grab your deal now before all of it is gone soon"
        statement = "Grab your deal now before all of it is gone"
        unlike = {
            **FIELD_BRAND, "mission": statement, "value_proposition": statement,
            "tone": {"primary": "luxury", "examples_bad": [example], "examples_good": [
                f"{statement}, {word}"
                for word in (
                    "quiet", "silver", "golden", "velvet", "workshop", "lantern", "marble", "harbour",
                    "orchard", "meadow", "linen", "amber", "copper", "willow",
                )
            ]},
        }  # fmt: skip
        run = await run_alone(task="A workshop for hotels", brand=unlike)
        assert run.error is None
        assert ("copy", "accept", True) in recoveries(run)
        assert "drift" in {warned.code for warned in run.all(events.RunWarning)}

    async def test_strict_mode_fails_and_says_why(self) -> None:
        error, run = await failing(task=FIELD_TASK, brand=FIELD_BRAND, strict_mode=True)
        assert str(error).startswith("The task does not sound like the brand (45% drift, at most 35% is")
        assert "“easy”" in str(error)
        assert "Strict mode accepts no text above that limit" in str(error)
        assert not run.all(events.RunWarning)

    @settings(
        max_examples=25,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(data())
    def test_no_brand_and_task_fail_the_run_by_drift(self, drawn: DataObject) -> None:
        words = lists(sampled_from(_WORDS), min_size=1, max_size=8).map(" ".join)
        tone = drawn.draw(sampled_from(get_args(Tone)))
        long = lists(sampled_from(_WORDS), min_size=6, max_size=14).map(" ".join)
        found = {
            "company_name": "Aurelia",
            "mission": drawn.draw(long),
            "value_proposition": f"{drawn.draw(long)} offered by us",
            "tone": {
                "primary": tone,
                "examples_good": drawn.draw(lists(words, max_size=3)),
                "examples_bad": drawn.draw(lists(words, max_size=2)),
                "avoid": drawn.draw(lists(sampled_from(["slang", "yo bro", "hurry", "salesy"]), max_size=2)),
            },
        }
        run = asyncio.run(run_alone(task=drawn.draw(long), brand=found))
        drifting = {failures.DRIFT_OVER_THRESHOLD.code}
        given_up = any(e.action == "give_up" for e in run.all(events.RecoveryCompleted))
        last = [e.code for e in run.all(events.FailureClassified)][-1:]
        assert not (given_up and set(last) == drifting), run.error
        if run.error is None:
            assert len(run.artifacts) == len(FILES)


_WORDS = (
    *("yo", "bro", "dope", "lol", "gonna", "hurry", "deal", "now", "cheap", "easy", "utilize", "herewith"),
    *("don't", "can't", "it's", "bread", "oven", "quiet", "slow", "craft", "ring", "studio", "for", "our"),
    *("we", "make", "sell", "lessons", "piano", "in", "the", "mill", "with", "care", "WOW!!!", "😀", ":)"),
)


class TestStrictMode:
    async def test_a_budget_is_a_rule_too_and_what_was_made_is_kept(self) -> None:
        error, run = await failing(
            task=TASK, brand=brand(value_proposition="We publish your show. " * 40), budget=2_000,
            strict_mode=True,
        )  # fmt: skip
        assert str(error).startswith("Strict mode: ")
        assert [e.policy for e in run.all(events.PolicyViolation)] == ["token_budget"]
        partial = error.partial
        assert partial is not None
        assert partial.artifacts
        assert [e.artifact_name for e in run.all(events.ArtifactCreated)] == [
            name.rsplit(".", 1)[0] for name in partial.artifacts
        ]
        assert partial.execution_trace[-1]["status"] == "failed"
        assert not run.all(events.RecoveryStarted)

    async def test_nothing_runs_side_by_side(self) -> None:
        run = await run_alone(task=TASK, strict_mode=True)
        order = [
            (type(e).__name__, e.stage_id)
            for e in run.emitted
            if isinstance(e, events.StageStarted | events.StageCompleted)
        ]
        assert order[2:6] == [
            ("StageStarted", "research"), ("StageCompleted", "research"),
            ("StageStarted", "strategy"), ("StageCompleted", "strategy"),
        ]  # fmt: skip

    async def test_texts_are_reviewed_by_another_agent(self) -> None:
        run = await run_alone(task=TASK, strict_mode=True)
        reviews = [(e.stage_id, e.passed) for e in run.all(events.PolicyCheck) if e.policy == "proofreading"]
        assert reviews == [
            (stage, True) for stage in ("research", "strategy", "copy", "ux", "consistency", "bundle")
        ]


class TestSideBySide:
    async def test_the_events_of_each_stage_are_the_same_each_time(self) -> None:
        first, second = [await run_alone(task=TASK, brand=brand(), pace=pace) for pace in (0, 0.3)]
        for stage in ("research", "strategy", "copy"):
            assert events_of(first, stage) == events_of(second, stage)

    async def test_both_begin_before_either_ends_and_artifacts_come_one_by_one(self) -> None:
        run = await run_alone(task=TASK, pace=0.5)
        reported = [
            (type(e).__name__, e.stage_id)
            for e in run.emitted
            if isinstance(e, events.StageStarted | events.StageCompleted)
        ]
        assert reported[2:4] == [("StageStarted", "research"), ("StageStarted", "strategy")]
        assembling: list[str | None] = []
        for e in run.emitted:
            if isinstance(e, events.ArtifactStarted):
                assembling.append(e.artifact_name)
            elif isinstance(e, events.ArtifactCreated):
                assert assembling == [e.artifact_name]
                assembling.clear()

    async def test_when_one_fails_the_other_is_still_done(self) -> None:
        class Broken(Model):
            async def write(self, request: WritingRequest) -> StageTexts:
                if request.stage == "research":
                    raise StageFailure(Finding(replace(failures.MODEL_REFUSED, actions=("give_up",)), "No."))
                return await super().write(request)

        error, run = await failing(Broken(), task=TASK)
        assert str(error).startswith("No. ")
        assert [e.stage_id for e in run.all(events.StageCompleted)] == ["preflight", "strategy"]
        assert error.partial is not None
        assert set(error.partial.artifacts) == {"positioning.md", "messaging.json"}


@dataclass
class Model:
    """A language model that writes what the rules write, loudly; ``faults`` come first, by stage."""

    faults: Sequence[tuple[str, Failure]] = ()
    away: str | None = None
    engine: str = "a model of paper"
    asked: int = 0

    async def probe(self) -> str | None:
        return self.away

    async def write(self, request: WritingRequest) -> StageTexts:
        self.asked += 1
        for index, (stage, failure) in enumerate(self.faults):
            if stage == request.stage:
                self.faults = [*self.faults[:index], *self.faults[index + 1 :]]
                raise StageFailure(Finding(failure, f"{failure.pattern} while writing."))
        written = request.by_rules()
        for draft in written.drafts:
            for start in range(0, len(draft.content), 400):
                request.stream(draft.name, draft.type, draft.content[start : start + 400])
                await asyncio.sleep(0)
        return replace(written, tokens=100, streamed=True)


async def with_model(model: Model, **request: Any) -> Alone:
    alone = Alone()
    asked = ValidatedRequest(**request_body(**{"pace": 0, **request}))
    try:
        alone.result = await BusinessBuilder(model).execute(asked, BareRun(alone.emit))
    except RunError as error:
        alone.error = str(error)
    return alone


async def failing(model: Model | None = None, **request: Any) -> tuple[RunError, Alone]:
    alone = Alone()
    with pytest.raises(RunError) as caught:
        await BusinessBuilder(model).execute(
            ValidatedRequest(**request_body(**{"pace": 0, **request})), BareRun(alone.emit)
        )
    return caught.value, alone


class TestAModelWrites:
    async def test_its_text_streams_and_the_log_names_it(self) -> None:
        run = await with_model(Model(), task=TASK)
        report = run.done.cost_report
        assert report is not None
        assert report["engines"]["landing_copy.json"] == "a model of paper"
        assert report["engines"]["landing.html"] == "the rule engine"
        assert any(
            "A model of paper wrote positioning.md and messaging.json" in e.message
            for e in run.all(events.Log)
        )
        text: dict[str | None, str] = {}
        for e in run.emitted:
            if isinstance(e, events.ArtifactDelta):
                assert e.offset == len(text.get(e.artifact_name, ""))
                text[e.artifact_name] = text.get(e.artifact_name, "") + e.text
            elif isinstance(e, events.ArtifactCreated):
                assert e.content == text[e.artifact_name]
        assert report["stages"]["copy"]["tokens"] == 100

    async def test_the_rules_write_where_they_are_asked_to(self) -> None:
        model = Model()
        await with_model(model, task=TASK, writer="rules")
        assert model.asked == 0

    @pytest.mark.parametrize(
        "failure",
        [
            failures.MODEL_UNAVAILABLE,
            failures.MODEL_TIMED_OUT,
            failures.MODEL_RATE_LIMITED,
            failures.MODEL_BROKEN_ANSWER,
        ],
    )
    async def test_a_fault_is_tried_again(self, failure: Failure) -> None:
        run = await with_model(Model([("copy", failure)]), task=TASK)
        assert recoveries(run) == [("copy", "retry", True)]
        report = run.done.cost_report
        assert report is not None
        assert report["engines"]["landing_copy.json"] == "a model of paper"

    async def test_a_fault_that_stays_is_the_rules_turn(self) -> None:
        timed_out = ("copy", failures.MODEL_TIMED_OUT)
        run = await with_model(Model([timed_out, timed_out]), task=TASK)
        assert recoveries(run) == [("copy", "retry", False), ("copy", "fall_back_agent", True)]
        report = run.done.cost_report
        assert report is not None
        assert report["engines"]["landing_copy.json"] == "the rule engine"
        assert report["engines"]["positioning.md"] == "a model of paper"

    async def test_an_unavailable_model_is_a_failure(self) -> None:
        run = await with_model(Model(away="its endpoint does not answer"), task=TASK)
        assert {e.code for e in run.all(events.FailureClassified)} == {"MODEL_UNAVAILABLE"}
        assert recoveries(run)[-1] == ("preflight", "fall_back_agent", True)

    async def test_what_it_writes_is_held_to_the_rules_and_the_voice(self) -> None:
        class Loud(Model):
            """Writes slang until the prompt asks for plain words."""

            async def write(self, request: WritingRequest) -> StageTexts:
                written = request.by_rules()
                if request.stage != "research" or request.plain_words:
                    return written
                draft = written.drafts[0]
                wording = json.loads(draft.content) | {"method": "dude, this is dope, lol, gonna be sick, yo"}
                prose = (*draft.prose, "dude, this is dope, lol, gonna be sick, yo, awesome stuff")
                return StageTexts((replace(draft, content=json.dumps(wording), prose=prose),))

        run = await with_model(Loud(), task=TASK, brand=QUIET)
        measured = [e.aligned for e in run.all(events.DriftDetected) if e.stage_id == "research"]
        assert measured == [False, True]
        assert recoveries(run) == [("research", "re_tone", True)]
        assert "dude" not in run.artifacts["market_report.json"]

    async def test_a_claim_that_it_makes_again_is_the_rules_turn(self) -> None:
        class Boasting(Model):
            async def write(self, request: WritingRequest) -> StageTexts:
                written = request.by_rules()
                if request.stage != "strategy":
                    return written
                draft, *others = written.drafts
                boast = "It is guaranteed to work."
                content = f"{draft.content}\n{boast}\n"
                return StageTexts((replace(draft, content=content, prose=(*draft.prose, boast)), *others))

        run = await with_model(Boasting(), task=TASK)
        (found,) = run.all(events.PolicyViolation)
        assert re.fullmatch(r"positioning\.md\[\d+:\d+\]", found.location or "")
        assert recoveries(run) == [("strategy", "rephrase", False), ("strategy", "fall_back_agent", True)]
        assert "guaranteed" not in run.artifacts["positioning.md"]


def events_of(run: Alone, stage: str) -> list[Payload]:
    """What a stage emitted, without what is measured in time."""
    return [
        data
        for data in run.emitted
        if getattr(data, "stage_id", None) == stage and not isinstance(data, events.StageCompleted)
    ]

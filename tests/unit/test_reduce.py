from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.recorded import events, logged, recording
from worker_widget.events import (
    ArtifactCreated,
    ArtifactDelta,
    ArtifactStarted,
    DriftDetected,
    Event,
    FailureClassified,
    FailureDetected,
    Log,
    Payload,
    PolicyCheck,
    PolicyViolation,
    RecoveryCompleted,
    RecoveryStarted,
    RecoverySuggestion,
    ReplayVerified,
    RoutingDecision,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunReconciled,
    RunRequested,
    RunStarted,
    RunWarning,
    StageCompleted,
    StageFailed,
    StagePlan,
    StageStarted,
    TaskUnderstood,
    decode,
    make,
)
from worker_widget.events.run_request import RunRequest
from worker_widget.state.log_line import LoggedEvent
from worker_widget.state.reduce import reduce, reduce_all
from worker_widget.state.run_state import MOST_WARNINGS, TAIL_ROWS, RunState, Stage

START = datetime(2026, 11, 22, 7, 49, 19, tzinfo=UTC)


def emitted(*payloads: Payload) -> list[Event]:
    """The payloads as events, a second apart."""
    return [make(data, run_id="r-1", time=START + timedelta(seconds=n)) for n, data in enumerate(payloads)]


def state_after(*payloads: Payload) -> RunState:
    return reduce_all(logged(emitted(*payloads)))


def stage(state: RunState, stage_id: str) -> Stage:
    return next(stage for stage in state.stages if stage.stage_id == stage_id)


class TestRecordings:
    def test_a_clean_run(self) -> None:
        state = reduce_all(logged(events(recording("valid_professional"))))
        assert (state.status, state.success, state.error) == ("completed", True, None)
        assert [stage.name for stage in state.stages] == [
            *("Preflight", "Research", "Strategy", "Copy", "UX", "Consistency", "Recovery", "Bundle")
        ]
        assert {stage.status for stage in state.stages} == {"completed"}
        assert (state.tokens, state.latency_ms) == (2509, 1261.647)
        assert (state.counts.logs, state.counts.routing, state.counts.problems) == (24, 8, 0)
        assert len(state.artifacts) == 17
        assert state.artifacts[11].file == "landing_html.html"
        assert stage(state, "copy").agent == "copywriter_agent"

    def test_a_stage_fails_and_no_end_is_told(self) -> None:
        state = reduce_all(logged(events(recording("failure_strategy"))))
        assert (state.status, state.over) == ("running", False)
        failed = stage(state, "strategy")
        assert (failed.status, failed.error) == ("failed", "'list' object has no attribute 'get'")
        assert [row.outcome for row in state.ledger] == ["ok", "error", "error", "info", "error"]

    def test_a_run_that_fails_before_it_starts(self) -> None:
        state = reduce_all(logged(events(recording("tone_invalid_streaming"))))
        assert (state.status, state.error) == ("failed", "'sarcastic' is not a valid ToneLevel")
        assert state.ledger[0].title == (
            "Run failed: The worker's program stopped with an error: “'sarcastic' is not a valid ToneLevel”"
        )

    def test_joining_late_tells_the_same_run(self) -> None:
        clean = reduce_all(logged(events(recording("valid_professional"))))
        late = reduce_all(logged(events(recording("late_join_finished"))))
        assert late.status == clean.status
        assert [(s.stage_id, s.status) for s in late.stages] == [(s.stage_id, s.status) for s in clean.stages]
        assert [a.file for a in late.artifacts] == [a.file for a in clean.artifacts]


class TestRun:
    def test_the_plan_stands_before_its_stages_start(self) -> None:
        plan = [StagePlan(stage_id="scan"), StagePlan(stage_id="fix", name="Mend")]
        state = state_after(RunStarted(task="t", worker="w", stages=plan))
        assert [(s.name, s.status) for s in state.stages] == [("Scan", "pending"), ("Mend", "pending")]
        assert (state.status, state.task, state.worker, state.total_stages) == ("running", "t", "w", 2)

    @pytest.mark.parametrize("stage_id", ["scan", "preflight"])
    def test_without_a_plan_stages_stand_as_they_start(self, stage_id: str) -> None:
        state = state_after(RunStarted(), StageStarted(stage_id=stage_id, total_stages=8))
        assert [(s.stage_id, s.status) for s in state.stages] == [(stage_id, "running")]
        assert state.total_stages == 8

    @pytest.mark.parametrize(
        ("end", "status", "error", "settled"),
        [
            (RunCompleted(success=True), "completed", None, "completed"),
            (
                RunCompleted(success=False),
                "failed",
                "The worker ended the run without success.",
                "failed",
            ),
            (RunFailed(error="out of memory"), "failed", "out of memory", "failed"),
            (RunFailed(), "failed", "The worker gave no reason.", "failed"),
            (RunCancelled(reason="by hand"), "cancelled", "by hand", "cancelled"),
            (RunReconciled(status="crashed", error="lost"), "failed", "lost", "failed"),
            (RunReconciled(status="completed"), "completed", None, "completed"),
        ],
    )
    def test_ends(self, end: Payload, status: str, error: str | None, settled: str) -> None:
        state = state_after(
            RunStarted(), StageStarted(stage_id="ux"), ArtifactStarted(artifact_name="a"), end
        )
        assert (state.status, state.error, state.over) == (status, error, True)
        assert state.success is (status == "completed")
        assert stage(state, "ux").status == settled
        assert stage(state, "ux").ended_us == state.ended_us
        assert state.artifacts[0].status == "failed"

    def test_what_is_still_going_on_elsewhere_is_no_end(self) -> None:
        assert state_after(RunStarted(), RunReconciled(status="running")).status == "running"

    def test_nothing_that_comes_after_undoes_the_end(self) -> None:
        end = state_after(RunStarted(task="t"), RunFailed(error="first"))
        for late in (RunStarted(), RunCompleted(success=True), RunCancelled(), StageStarted(stage_id="ux")):
            state = reduce(end, LoggedEvent(3, emitted(late)[0]))
            assert (state.status, state.error, state.ended_us) == ("failed", "first", end.ended_us)
            assert all(stage.status != "running" for stage in state.stages)

    def test_the_token_can_come_after_the_end(self) -> None:
        state = state_after(
            RunCompleted(success=True, total_tokens=9), RunReconciled(replay_token={"seed": 1})
        )
        assert (state.status, state.replay_token, state.tokens) == ("completed", {"seed": 1}, 9)

    def test_tokens_tick_while_it_runs_and_the_total_counts_at_the_end(self) -> None:
        state = state_after(
            RunStarted(),
            StageCompleted(stage_id="a", tokens_used=5),
            StageCompleted(stage_id="b", tokens_used=7),
        )
        assert state.tokens == 12
        last = emitted(RunCompleted(success=True, total_tokens=40))[0]
        assert reduce(state, LoggedEvent(4, last)).tokens == 40


class TestStages:
    def test_a_retry_is_another_attempt(self) -> None:
        state = state_after(
            StageStarted(stage_id="ux"),
            StageFailed(stage_id="ux", error="first"),
            StageStarted(stage_id="ux"),
            StageCompleted(stage_id="ux", duration_ms=4, tokens_used=2),
        )
        ux = stage(state, "ux")
        assert (ux.attempts, ux.status, ux.error, ux.duration_ms) == (2, "completed", None, 4)

    def test_a_start_told_after_the_end_but_made_before_it_is_no_retry(self) -> None:
        start, end = emitted(StageStarted(stage_id="ux"), StageCompleted(stage_id="ux", duration_ms=3))
        state = reduce_all(logged([end, start]))
        assert (stage(state, "ux").status, stage(state, "ux").attempts) == ("completed", 1)
        assert stage(state, "ux").started_us == start.time_us

    @pytest.mark.parametrize(
        ("payloads", "status"),
        [
            ([RecoveryStarted(stage_id="ux", action="retry")], "recovering"),
            ([RecoveryStarted(stage_id="ux"), RecoveryCompleted(stage_id="ux", success=True)], "running"),
            (
                [
                    RecoveryStarted(stage_id="ux"),
                    RecoveryCompleted(stage_id="ux", success=True),
                    StageCompleted(stage_id="ux"),
                ],
                "recovered",
            ),
            (
                [
                    StageFailed(stage_id="ux"),
                    RecoveryStarted(stage_id="ux"),
                    RecoveryCompleted(stage_id="ux", success=True),
                ],
                "recovered",
            ),
            (
                [
                    StageFailed(stage_id="ux"),
                    RecoveryStarted(stage_id="ux"),
                    RecoveryCompleted(stage_id="ux", success=False),
                ],
                "failed",
            ),
        ],
    )
    def test_recovery(self, payloads: list[Payload], status: str) -> None:
        state = state_after(RunStarted(), StageStarted(stage_id="ux"), *payloads)
        assert stage(state, "ux").status == status
        assert stage(state, "ux").recoveries == 1

    def test_routing_and_drift_stand_with_their_stage(self) -> None:
        decision = RoutingDecision(
            stage_id="ux", selected_agent="ux_agent", complexity=0.4, alternatives=["b", {"agent": "c"}, 3]
        )
        state = state_after(decision, DriftDetected(stage_id="ux", drift_score=0.2, threshold=0.35))
        ux = stage(state, "ux")
        assert (ux.agent, ux.complexity, ux.drift) == ("ux_agent", 0.4, 0.2)
        assert (state.complexity, state.drift) == (0.4, 0.2)
        assert [item["agent"] for item in state.routing[0].alternatives] == ["b", "c", "3"]


class TestLedger:
    @pytest.mark.parametrize(
        ("data", "kind", "engine", "outcome", "title"),
        [
            (PolicyCheck(policy="claims", passed=True), "policy", "M19", "ok", "Claims: passed"),
            (PolicyCheck(policy="claims", passed=False), "policy", "M19", "error", "Claims: not passed"),
            (PolicyCheck(), "policy", "M19", "info", "Policy check: no result given"),
            (
                PolicyViolation(reason="says best", severity="warning", policy="p"),
                "policy",
                "M19",
                "warning",
                "Policy violation (p): says best",
            ),
            (
                DriftDetected(drift_score=0.5, threshold=0.35, aligned=False),
                "drift",
                "M18",
                "warning",
                "Drift 50%, 35% allowed",
            ),
            (DriftDetected(aligned=True), "drift", "M18", "ok", "Drift without a score"),
            (FailureDetected(error="boom"), "failure", "M9", "error", "Failure detected: boom"),
            (
                FailureClassified(code="F1", category="model"),
                "failure",
                "M9",
                "error",
                "Failure classified: model",
            ),
            (
                RecoverySuggestion(failure_code="F1", suggestions=[{"action": "retry"}]),
                "recovery",
                "M10",
                "info",
                "1 recovery suggestion for the failure",
            ),
            (
                FailureClassified(code="OUT_OF_MEMORY"),
                "failure",
                "M9",
                "error",
                "Failure classified: out of memory",
            ),
            (
                RunFailed(error="division by zero"),
                "failure",
                "M9",
                "error",
                "Run failed: The worker's program stopped with an error: “division by zero”",
            ),
            (RecoveryCompleted(action="a"), "recovery", "M10", "ok", "Recovery completed: a"),
            (
                RecoveryCompleted(action="a", success=False),
                "recovery",
                "M10",
                "error",
                "Recovery failed: a",
            ),
            (
                ReplayVerified(identical=False, artifacts=[{"name": "a.md", "expected": "1", "actual": "2"}]),
                "replay",
                "M4",
                "error",
                "Run again, and it differs: a.md",
            ),
        ],
    )
    def test_rows(self, data: Payload, kind: str, engine: str, outcome: str, title: str) -> None:
        state = state_after(data)
        row = state.ledger[-1]
        assert (row.kind, row.engine, row.outcome, row.title) == (kind, engine, outcome, title)
        assert state.counts.problems == (outcome in ("error", "warning"))

    @pytest.mark.parametrize(
        "data", [FailureClassified(code="F101", category="model"), RecoverySuggestion(failure_code="F101")]
    )
    def test_a_code_stands_in_the_detail(self, data: Payload) -> None:
        row = state_after(data).ledger[-1]
        assert "F101" not in row.title
        assert ("code", "F101") in row.detail

    def test_suggestions_are_shown_whole(self) -> None:
        suggestion = {"violation_type": "claim", "action": "replace", "replacement_hint": "well made"}
        row = state_after(RecoverySuggestion(suggestions=[suggestion], auto_apply=True)).ledger[0]
        assert row.detail == (
            ("suggestion 1", "violation type: claim; action: replace; replacement hint: well made"),
            ("applied", "automatically"),
        )


BRAND = {"company_name": "Hobbs"}


class TestRequestAndWarnings:
    def test_the_request_is_the_clients_also_where_the_server_repeats_only_a_part(self) -> None:
        asked = RunRequested(task="Write it", brand=BRAND, depth="deep", options={"pace": 0})
        state = state_after(asked, RunStarted(task="Write it", has_brand=True, strict_mode=False))
        assert state.request == RunRequest(task="Write it", brand=BRAND, depth="deep", options={"pace": 0})

    def test_the_request_is_the_servers_where_it_repeats_all_of_it(self) -> None:
        state = state_after(RunStarted(task="Write it", brand=BRAND, strict_mode=True, depth="auto"))
        assert state.request == RunRequest(task="Write it", brand=BRAND, strict_mode=True)

    def test_the_request_is_known_before_the_server_repeats_it_and_is_no_time_of_the_workers(self) -> None:
        state = state_after(RunRequested(worker="w", task="Write it", brand=BRAND, budget=5_000))
        assert (state.task, state.worker, state.budget, state.has_brand) == ("Write it", "w", 5_000, True)
        assert (state.status, state.started_us, state.last_us) == ("queued", None, None)

    def test_what_is_known_of_a_request_has_defaults_for_the_rest(self) -> None:
        state = state_after(RunStarted(task="Write it", has_brand=True, strict_mode=True, budget=2_000))
        assert state.has_brand is True
        assert state.known_request == RunRequest(task="Write it", strict_mode=True, budget=2_000)

    def test_a_part_of_a_request_is_not_taken_for_the_whole(self) -> None:
        assert state_after(RunStarted(task="Write it", has_brand=True)).request is None

    def test_what_the_worker_understands(self) -> None:
        facts = [{"kind": "price", "text": "12 euros"}, {"kind": "place"}, "nothing"]
        data = TaskUnderstood(score=0.2, threshold=0.5, reasons=["No known trade."], facts=facts)
        understanding = state_after(data).understanding
        assert understanding is not None
        assert (understanding.score, understanding.threshold) == (0.2, 0.5)
        assert (understanding.reasons, understanding.facts) == (
            ("No known trade.",),
            (("price", "12 euros"),),
        )

    def test_warnings_are_kept_and_are_log_lines(self) -> None:
        state = state_after(RunWarning(code="audience", message="Not a listed audience"), RunWarning())
        assert [(row.code, row.message) for row in state.warnings] == [("audience", "Not a listed audience")]
        assert state.counts.warnings == 2

    def test_endless_warnings_do_not_grow_the_state(self) -> None:
        state = state_after(*(RunWarning(message=f"{n}") for n in range(MOST_WARNINGS + 5)))
        assert len(state.warnings) == MOST_WARNINGS
        assert state.counts.warnings == MOST_WARNINGS + 5


class TestArtifacts:
    def test_it_grows_and_is_done(self) -> None:
        name = {"artifact_name": "landing", "artifact_type": "html", "stage_id": "ux"}
        growing = state_after(
            ArtifactStarted(**name),
            ArtifactDelta(**name, offset=0, text="<p>"),
            ArtifactDelta(**name, offset=3, text="ä🙂"),
        ).artifacts[0]
        assert (growing.file, growing.status, growing.chars, growing.version) == (
            "landing.html",
            "assembling",
            5,
            1,
        )
        done = state_after(ArtifactStarted(**name), ArtifactCreated(**name, content="<p>ä🙂")).artifacts[0]
        assert (done.status, done.chars, done.version) == ("done", 5, 1)
        assert done.sha256 == sha256("<p>ä🙂".encode()).hexdigest()

    def test_the_same_twice_is_one_and_another_text_is_a_new_version(self) -> None:
        def created(content: str) -> ArtifactCreated:
            return ArtifactCreated(artifact_name="a", artifact_type="md", content=content)

        assert [a.version for a in state_after(created("x"), created("x")).artifacts] == [1]
        assert [a.version for a in state_after(created("x"), created("y")).artifacts] == [2]

    def test_one_without_content_is_told_so(self) -> None:
        artifact = state_after(ArtifactCreated(artifact_name="bundle", artifact_type="zip")).artifacts[0]
        assert (artifact.file, artifact.has_content, artifact.status) == ("bundle.zip", False, "done")


class TestBounds:
    def test_tails_are_bounded_and_counts_are_not(self) -> None:
        many = [PolicyCheck(policy="p", passed=True)] * (TAIL_ROWS + 50)
        state = state_after(*many)
        assert (len(state.ledger), state.counts.ledger) == (TAIL_ROWS, TAIL_ROWS + 50)
        assert state.ledger[-1].number == TAIL_ROWS + 50

    def test_unknown_and_malformed_events_are_counted_and_stop_nothing(self) -> None:
        odd = [
            decode(b'{"type": "tool_called", "data": {"tool": "grep"}}', "tool_called"),
            decode(b'{"type": "stage_completed", "data": {"stage_id": "ux", "tokens_used": "many"}}'),
            decode(b"torn", "log"),
        ]
        state = reduce_all(logged([*emitted(StageStarted(stage_id="ux")), *odd]))
        assert (state.counts.events, state.counts.unknown, state.counts.logs) == (4, 1, 3)
        assert stage(state, "ux").status == "completed"


PAYLOADS = st.one_of(
    st.builds(RunStarted, task=st.none() | st.just("t")),
    st.builds(
        StageStarted, stage_id=st.sampled_from(["ux", "copy", None]), total_stages=st.sampled_from([8, 2])
    ),
    st.builds(StageCompleted, stage_id=st.sampled_from(["ux", "copy"]), tokens_used=st.integers(0, 9)),
    st.builds(StageFailed, stage_id=st.sampled_from(["ux", "copy"]), error=st.just("e")),
    st.builds(RecoveryStarted, stage_id=st.just("ux")),
    st.builds(RecoveryCompleted, stage_id=st.just("ux"), success=st.booleans()),
    st.builds(Log, message=st.text(max_size=3)),
    st.builds(ArtifactDelta, artifact_name=st.just("a"), offset=st.integers(0, 9), text=st.text(max_size=4)),
    st.builds(ArtifactCreated, artifact_name=st.just("a"), content=st.text(max_size=4)),
    st.builds(RunCompleted, success=st.booleans()),
    st.builds(RunFailed, error=st.just("e")),
    st.builds(RunReconciled, status=st.sampled_from(["failed", "completed", "running", None, "blocked"])),
)


@settings(max_examples=60)
@given(st.lists(PAYLOADS, max_size=25), st.randoms(use_true_random=False))
def test_any_events_in_any_order_reduce_and_repeating_them_changes_nothing(
    payloads: list[Any], shuffle: random.Random
) -> None:
    numbered = logged(emitted(*payloads))
    shuffle.shuffle(numbered)
    in_order = [LoggedEvent(n, item.event) for n, item in enumerate(numbered, start=1)]
    state = reduce_all(in_order)
    assert reduce_all(in_order, state) is state
    assert state.counts.events == len(payloads)
    if state.over:
        assert all(item.status not in ("running", "recovering") for item in state.stages)


@given(
    st.lists(
        st.builds(
            Log, message=st.just("m"), level=st.sampled_from(["info", "WARN", "error", "odd", "debug"])
        ),
        max_size=12,
    ),
    st.lists(st.integers(1, 12), max_size=14),
)
def test_reducing_log_events_at_once_is_reducing_each(logs: list[Log], positions: list[int]) -> None:
    numbered = logged(emitted(*logs))
    for items in (numbered, [numbered[at - 1] for at in positions if at <= len(numbered)]):
        state = RunState()
        for item in items:
            state = reduce(state, item)
        assert reduce_all(items) == state


@given(st.integers(0, 76))
def test_reducing_in_two_parts_is_reducing_at_once(cut: int) -> None:
    whole = logged(events(recording("valid_professional")))
    first: Iterable[LoggedEvent] = whole[:cut]
    assert reduce_all(whole[cut:], reduce_all(first)) == reduce_all(whole)

"""Incidents: which events belong together, what is shown of them, and how they end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.recorded import events, logged, recording
from worker_widget.events import (
    DriftDetected,
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
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunReconciled,
    StageCompleted,
    StageFailed,
    StageStarted,
    make,
)
from worker_widget.state.incident import Incident, IncidentBook
from worker_widget.state.incident_title import incident_title
from worker_widget.state.incidents import MOST_OPEN, PASSED_CHECKS, enter, incidents, ledger_rows
from worker_widget.state.log_line import LoggedEvent, log_line
from worker_widget.state.reduce import reduce, reduce_all
from worker_widget.state.run_state import TAIL_ROWS, RunState
from worker_widget.state.verdict import verdict
from worker_widget.store.event_store import EventStore

START = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
RUN = "run"

CHECK = PolicyCheck(stage_id="preflight", policy="forbidden_claims", passed=False)
PASSED = PolicyCheck(stage_id="preflight", policy="forbidden_claims", passed=True)
VIOLATION = PolicyViolation(
    stage_id="preflight",
    reason="Policy violation",
    severity="error",
    policy="forbidden_claims",
    violation_type="forbidden_claim",
    pattern="guaranteed",
    location="brand.value_proposition[40:50]",
)
TAGLINE = msgspec.structs.replace(VIOLATION, location="brand.tagline[0:10]")
DETECTED = FailureDetected(stage_id="preflight", error="It is forbidden.", pattern="forbidden_claim")
CLASSIFIED = FailureClassified(
    code="POLICY_FORBIDDEN_CLAIM", category="policy", violation_count=1, severity="error"
)
SUGGESTED = RecoverySuggestion(
    failure_code="POLICY_FORBIDDEN_CLAIM",
    suggestions=[
        {
            "violation_type": "forbidden_claim",
            "pattern": "guaranteed",
            "location": "brand.value_proposition[40:50]",
            "action": "rephrase",
            "priority": 1,
            "replacement_hint": "Publish with results",
        }
    ],
    auto_apply=True,
)
STARTED = RecoveryStarted(stage_id="preflight", action="rephrase brand.value_proposition")
COMPLETED = RecoveryCompleted(stage_id="preflight", action="rephrase brand.value_proposition", success=True)
DRIFT = DriftDetected(stage_id="copy", drift_score=0.8, threshold=0.35, aligned=False)
WITHIN = DriftDetected(stage_id="copy", drift_score=0.25, threshold=0.35, aligned=True)
FAILED = StageFailed(stage_id="preflight", error="It is forbidden.")


def log_of(payloads: Sequence[Payload]) -> list[LoggedEvent]:
    return [
        LoggedEvent(n, make(data, run_id=RUN, time=START + timedelta(seconds=n)))
        for n, data in enumerate(payloads, start=1)
    ]


def incidents_of(*payloads: Payload) -> list[Incident]:
    return list(incidents(log_of(payloads)))


def the_incident(*payloads: Payload) -> Incident:
    [incident] = incidents_of(*payloads)
    return incident


class TestOneCard:
    def test_what_belongs_to_a_failure_is_one_incident(self) -> None:
        incident = the_incident(
            *(CHECK, VIOLATION, DETECTED, CLASSIFIED, SUGGESTED, STARTED, PASSED, COMPLETED),
            StageCompleted(stage_id="preflight"),
        )
        assert (incident.kind, incident.stage_id, incident.outcome) == ("policy", "preflight", "recovered")
        assert incident.found == "the value proposition contains “guaranteed”"
        assert incident.tried == ("reworded",)
        assert (incident.before, incident.after) == ("guaranteed", "Publish with results")
        assert (incident.location, incident.code) == ("brand.value_proposition", "POLICY_FORBIDDEN_CLAIM")
        assert incident.engines == ("M19", "M9", "M10")
        assert (incident.events, incident.position, incident.last) == (8, 1, 8)
        assert incident.started_us is not None
        assert incident.ended_us == incident.started_us + 7_000_000

    def test_violations_of_several_rules_and_places_are_one_incident(self) -> None:
        other_rule = msgspec.structs.replace(VIOLATION, policy="advertising", pattern="guarantee")
        incident = the_incident(CHECK, VIOLATION, TAGLINE, other_rule)
        assert incident.found == (
            "the value proposition contains “guaranteed” and the tagline contains “guaranteed”"
        )
        many = [msgspec.structs.replace(VIOLATION, location=f"page[{n}:{n + 1}]") for n in range(1, 9)]
        pages = the_incident(*(msgspec.structs.replace(item, pattern=str(n)) for n, item in enumerate(many)))
        assert pages.found == "the page contains “0”, the page contains “1” and 6 more"

    def test_drift_shows_its_scores_before_and_after(self) -> None:
        incident = the_incident(
            DRIFT,
            FailureDetected(stage_id="copy", error="Drifts.", pattern="drift_over_threshold"),
            FailureClassified(code="DRIFT", category="drift", severity="warning"),
            RecoveryStarted(stage_id="copy", action="re_tone"),
            WITHIN,
            RecoveryCompleted(stage_id="copy", action="re_tone", success=True),
        )
        assert incident.found == "drift 80%, at most 35% allowed"
        assert (incident.before, incident.after) == ("80%", "25%")
        assert (incident.tried, incident.outcome, incident.severity) == (
            ("tone changed",),
            "recovered",
            "warning",
        )

    def test_a_second_attempt_that_fails_the_same_way_is_the_same_incident(self) -> None:
        incident = the_incident(
            *(CHECK, VIOLATION, DETECTED, CLASSIFIED, SUGGESTED, STARTED, CHECK),
            msgspec.structs.replace(COMPLETED, success=False),
            *(DETECTED, CLASSIFIED, SUGGESTED),
            RecoveryStarted(stage_id="preflight", action="reduce_scope"),
            PASSED,
            RecoveryCompleted(stage_id="preflight", action="reduce_scope", success=True),
        )
        assert (incident.tried, incident.outcome) == (("reworded", "sections left out"), "recovered")

    def test_a_second_attempt_that_fails_in_another_way_is_another_incident(self) -> None:
        tone = PolicyCheck(stage_id="preflight", policy="tone_avoid", passed=False)
        first, second = incidents_of(
            *(CHECK, VIOLATION, DETECTED, CLASSIFIED, SUGGESTED, STARTED, tone, COMPLETED),
            FailureDetected(stage_id="preflight", pattern="avoided_wording"),
            FailureClassified(code="POLICY_TONE_AVOIDED", category="policy"),
        )
        assert (first.outcome, first.events) == ("recovered", 7)
        assert (second.outcome, second.code) == ("open", "POLICY_TONE_AVOIDED")

    def test_stages_that_run_at_the_same_time_have_incidents_of_their_own(self) -> None:
        def of(stage_id: str) -> list[Payload]:
            return [
                PolicyCheck(stage_id=stage_id, policy="token_budget", passed=False),
                FailureDetected(stage_id=stage_id, pattern="token_budget_exceeded"),
                FailureClassified(code="BUDGET_EXCEEDED", category="budget"),
                RecoveryStarted(stage_id=stage_id, action="reduce_scope"),
                PolicyCheck(stage_id=stage_id, policy="token_budget", passed=True),
                RecoveryCompleted(stage_id=stage_id, action="reduce_scope", success=True),
            ]

        research, strategy = of("research"), of("strategy")
        mixed = [*research[:3], *strategy[:4], *research[3:], *strategy[4:]]
        found = incidents_of(*mixed)
        assert [(item.stage_id, item.outcome, item.events) for item in found] == [
            ("research", "recovered", 6),
            ("strategy", "recovered", 6),
        ]

    def test_a_recovery_names_the_stage_of_a_failure_that_had_none(self) -> None:
        incident = the_incident(CLASSIFIED, SUGGESTED, STARTED, COMPLETED)
        assert (incident.stage_id, incident.outcome, incident.found) == (
            *("preflight", "recovered"),
            "policy forbidden claim",
        )

    def test_a_real_server_classifies_after_its_violations(self) -> None:
        incident = the_incident(
            PolicyViolation(stage_id="copy", reason="No guarantees", violation_type="claim", pattern="sure"),
            FailureClassified(code="F-7", category="content", violation_count=1, severity="high"),
            RecoverySuggestion(failure_code="F-7", suggestions=[{"action": "rephrase"}], auto_apply=False),
            StageCompleted(stage_id="copy"),
        )
        assert (incident.stage_id, incident.events, incident.code) == ("copy", 3, "F-7")
        assert (incident.found, incident.tried) == ("the text contains “sure”", ())
        assert (incident.outcome, incident.severity, incident.unrecovered) == ("reported", "error", True)

    def test_a_timeout_is_not_the_violation_reported_before_it(self) -> None:
        first, second = incidents_of(
            VIOLATION, FailureDetected(stage_id="preflight", error="Too slow.", pattern="stage_timeout")
        )
        assert (first.found, second.found) == ("the value proposition contains “guaranteed”", "Too slow")


class TestOutcomes:
    @pytest.mark.parametrize(
        ("payloads", "outcome", "unrecovered"),
        [
            ([VIOLATION], "open", True),
            ([VIOLATION, StageCompleted(stage_id="copy")], "open", True),
            ([VIOLATION, StageCompleted(stage_id="preflight")], "reported", True),
            (
                [
                    msgspec.structs.replace(VIOLATION, severity="warning"),
                    StageCompleted(stage_id="preflight"),
                ],
                "reported",
                False,
            ),
            ([CHECK, PASSED], "recovered", False),
            ([DRIFT, WITHIN], "recovered", False),
            ([DRIFT, RunCompleted(success=True)], "reported", False),
            ([VIOLATION, STARTED], "open", True),
            ([VIOLATION, STARTED, COMPLETED], "recovered", False),
            ([VIOLATION, STARTED, StageCompleted(stage_id="preflight")], "recovered", False),
            (
                [VIOLATION, STARTED, RecoveryCompleted(stage_id="preflight", success=False)],
                "not_recovered",
                True,
            ),
            ([VIOLATION, STARTED, RunCancelled()], "not_recovered", True),
            ([VIOLATION, RunCancelled()], "reported", True),
            ([VIOLATION, STARTED, RunReconciled(status="failed")], "not_recovered", True),
            ([FAILED], "not_recovered", True),
            ([FAILED, StageCompleted(stage_id="preflight")], "recovered", False),
            ([FAILED, RunCompleted(success=True)], "not_recovered", True),
            ([FAILED, RunFailed(error="It is forbidden.")], "not_recovered", True),
            ([VIOLATION, RunFailed(error="Strict mode")], "not_recovered", True),
            ([RunFailed(error="No memory")], "not_recovered", True),
            ([ReplayVerified(identical=True)], "passed", False),
            ([ReplayVerified(identical=False)], "not_recovered", False),
        ],
    )
    def test_the_outcome(self, payloads: list[Payload], outcome: str, unrecovered: bool) -> None:
        incident = the_incident(*payloads)
        assert (incident.outcome, incident.unrecovered) == (outcome, unrecovered)

    def test_several_steps_are_recovered_when_the_last_is_done(self) -> None:
        steps = [RecoveryStarted(stage_id="preflight", action=action) for action in ("a", "b")]
        done = [RecoveryCompleted(stage_id="preflight", action=action) for action in ("a", "b")]
        assert the_incident(VIOLATION, *steps, done[0]).outcome == "open"
        assert the_incident(VIOLATION, *steps, *done).outcome == "recovered"
        lost = msgspec.structs.replace(done[0], success=False)
        assert the_incident(VIOLATION, *steps, lost, done[1]).outcome == "not_recovered"

    def test_giving_up_is_no_recovery(self) -> None:
        incident = the_incident(
            VIOLATION,
            RecoveryStarted(stage_id="preflight", action="give_up"),
            RecoveryCompleted(stage_id="preflight", action="give_up", success=False),
            FAILED,
        )
        assert (incident.outcome, incident.recoveries, incident.tried) == ("not_recovered", 0, ("gave up",))

    def test_an_incident_after_the_end_of_the_run_is_not_open(self) -> None:
        late = [RunCompleted(success=True), VIOLATION]
        assert the_incident(*late).outcome == "reported"

    def test_a_passed_check_is_no_incident(self) -> None:
        assert incidents_of(PASSED, WITHIN, PolicyCheck(policy="p", passed=True)) == []
        assert reduce_all(log_of([PASSED, WITHIN, VIOLATION])).counts.passed == 2


class TestWords:
    @pytest.mark.parametrize(
        ("payload", "found"),
        [
            (PolicyCheck(policy="contrast_aa", passed=False), "the check “contrast aa” did not pass"),
            (PolicyViolation(location="task", pattern="now"), "the task contains “now”"),
            (
                PolicyViolation(location="page.hero.title[2:9]", reason="Too long."),
                "the hero title: Too long",
            ),
            (PolicyViolation(reason="Not allowed."), "Not allowed"),
            (PolicyViolation(violation_type="too_loud"), "too loud"),
            (PolicyViolation(), "a policy violation without a reason"),
            (DriftDetected(aligned=False), "the drift is too high"),
            (FailureDetected(error="  two\nlines  "), "two lines"),
            (FailureDetected(pattern="stage_timeout"), "stage timeout"),
            (FailureDetected(), "a failure without a reason"),
            (FailureClassified(code="OUT_OF_MEMORY"), "out of memory"),
            (FailureClassified(code="F101"), "a failure without a reason"),
            (FailureDetected(pattern="F-7", error="No memory"), "No memory"),
            (
                StageFailed(stage_id="ux", error="'list' object has no attribute 'get'"),
                "The worker's program stopped with an error: “'list' object has no attribute 'get'”",
            ),
            (RecoveryStarted(action="rephrase"), "a recovery without a failure"),
            (RunFailed(error="x" * 1_000), "x" * 399 + "…"),
            (ReplayVerified(identical=True, artifacts=[{}]), "Run again and verified: 1 artifact identical"),
        ],
    )
    def test_what_was_found(self, payload: Payload, found: str) -> None:
        assert the_incident(payload).found == found

    @pytest.mark.parametrize(
        ("action", "tried"),
        [
            ("rephrase", ("reworded",)),
            ("rephrase brand.tagline", ("reworded",)),
            ("switch_model", ("switch model",)),
            ("Ask the model again", ("ask the model again",)),
            ("none", ()),
            ("", ()),
        ],
    )
    def test_what_was_tried(self, action: str, tried: tuple[str, ...]) -> None:
        assert the_incident(VIOLATION, RecoveryStarted(stage_id="preflight", action=action)).tried == tried

    def test_a_spent_budget_is_shown_in_the_words_of_the_failure(self) -> None:
        spent = PolicyViolation(stage_id="ux", location="ux", pattern="1000", reason="May not write more")
        assert the_incident(spent).found == "May not write more"
        failure = FailureDetected(stage_id="ux", error="UX needs 9 tokens and may write 7.")
        assert the_incident(spent, failure).found == "UX needs 9 tokens and may write 7"


class TestNestedStages:
    INNER = StageFailed(stage_id="tool", error="ValueError: no such city", traceback="Traceback ...")
    NODE = StageFailed(stage_id="node", error="Failed in tool", failed_in="tool")
    AGENT = StageFailed(stage_id="agent", error="Failed in tool", failed_in="tool")

    def test_an_error_that_passes_through_stages_is_one_incident_at_the_innermost(self) -> None:
        incident = the_incident(
            self.INNER, self.NODE, self.AGENT, RunFailed(error="ValueError: no such city")
        )
        assert (incident.stage_id, incident.outcome, incident.events) == ("tool", "not_recovered", 4)
        assert "no such city" in incident.found

    def test_the_end_of_the_run_is_shown_at_the_innermost_stage(self) -> None:
        started = [StageStarted(stage_id=name, name=name) for name in ("agent", "node", "tool")]
        run = reduce_all(
            log_of([*started, self.INNER, self.NODE, self.AGENT, RunFailed(error="ValueError: no such city")])
        )
        ended = verdict(run)
        assert ended is not None
        assert (ended.summary, ended.stage_id, ended.incident) == ("Failed in tool", "tool", 1)
        assert {stage.status for stage in run.stages} == {"failed"}

    @pytest.mark.parametrize(
        ("outer", "level", "message"),
        [
            (NODE, "info", "Failed in tool"),
            (
                msgspec.structs.replace(NODE, error=INNER.error, traceback="Traceback ..."),
                "info",
                "Failed with the error of a stage inside it.",
            ),
            (
                msgspec.structs.replace(NODE, error="RuntimeError: wrapped", traceback="Traceback ..."),
                "error",
                "Stage failed: RuntimeError: wrapped",
            ),
        ],
    )
    def test_the_log_has_the_error_once(self, outer: StageFailed, level: str, message: str) -> None:
        first, second = log_of([self.INNER, outer])
        book = enter(IncidentBook(), first).book
        line = log_line(second.event, book)
        assert line is not None
        assert (line.level, line.message, line.stage_id) == (level, message, "node")

    def test_the_same_error_in_stages_side_by_side_is_an_incident_for_each(self) -> None:
        other = StageFailed(stage_id="other", error="ValueError: no such city")
        assert [item.stage_id for item in incidents_of(self.INNER, other)] == ["tool", "other"]

    def test_a_recovery_of_an_outer_stage_is_that_of_the_error_inside(self) -> None:
        incident = the_incident(
            self.INNER,
            self.NODE,
            RecoveryStarted(stage_id="node", action="retry"),
            RecoveryCompleted(stage_id="node", action="retry", success=True),
        )
        assert (incident.outcome, incident.tried) == ("recovered", ("tried again",))

    def test_an_outer_stage_that_completes_later_has_overcome_the_error_inside(self) -> None:
        incident = the_incident(self.INNER, self.NODE, StageCompleted(stage_id="node"))
        assert incident.outcome == "recovered"

    def test_a_failure_whose_cause_is_not_known_is_an_incident_of_its_own(self) -> None:
        [incident] = incidents_of(self.NODE)
        assert (incident.stage_id, incident.found) == ("node", "Failed in tool")


class TestRecordings:
    def test_a_stage_of_a_real_server_that_fails(self) -> None:
        [incident] = incidents(logged(events(recording("failure_strategy"))))
        assert (incident.stage_id, incident.outcome, incident.events) == ("strategy", "not_recovered", 4)
        assert (
            incident.found
            == "The worker's program stopped with an error: “'list' object has no attribute 'get'”"
        )
        assert incident.tried == ("recovery tried",)

    @pytest.mark.parametrize("name", ["valid_professional", "late_join_finished", "embedded_host"])
    def test_a_clean_run_has_none(self, name: str) -> None:
        state = reduce_all(logged(events(recording(name))))
        assert state.incidents == ()
        assert state.counts.passed == state.counts.ledger


# --- any events ------------------------------------------------------------------------------------

STAGES = st.sampled_from([None, "ux", "copy"])
WORDS = st.sampled_from([None, "", "claim", "drift_high", "rephrase", "rephrase brand.tagline"])
RESULTS = st.sampled_from([True, False, None])
ANY = st.one_of(
    st.builds(PolicyCheck, stage_id=STAGES, policy=WORDS, passed=RESULTS),
    st.builds(
        PolicyViolation, stage_id=STAGES, policy=WORDS, violation_type=WORDS, pattern=WORDS, location=WORDS
    ),
    st.builds(DriftDetected, stage_id=STAGES, drift_score=st.floats(0, 1), aligned=RESULTS),
    st.builds(FailureDetected, stage_id=STAGES, error=WORDS, pattern=WORDS),
    st.builds(FailureClassified, code=WORDS, category=st.sampled_from(["policy", "drift", None])),
    st.builds(
        RecoverySuggestion,
        failure_code=WORDS,
        suggestions=st.lists(
            st.dictionaries(
                st.sampled_from(["action", "location", "replacement_hint"]), st.none() | st.just("rephrase")
            )
            | st.just("cut"),
            max_size=3,
        ),
    ),
    st.builds(RecoveryStarted, stage_id=STAGES, action=WORDS),
    st.builds(RecoveryCompleted, stage_id=STAGES, action=WORDS, success=RESULTS),
    st.builds(ReplayVerified, identical=st.booleans()),
    st.builds(StageStarted, stage_id=STAGES),
    st.builds(StageCompleted, stage_id=STAGES),
    st.builds(StageFailed, stage_id=STAGES, error=WORDS, failed_in=STAGES),
    st.builds(RunFailed, error=WORDS),
    st.builds(RunCompleted, success=RESULTS),
    st.builds(RunCancelled),
    st.builds(Log, stage_id=STAGES),
)
LOGS = st.lists(ANY, max_size=40)


@given(LOGS)
def test_every_ledger_event_belongs_to_exactly_one_incident(payloads: list[Payload]) -> None:
    found = {item.number: item for item in incidents_of(*payloads)}
    assert list(found) == list(range(1, len(found) + 1))
    outer = {item.stage_id for item in payloads if isinstance(item, StageFailed) and item.failed_in}
    rows = list(ledger_rows(log_of(payloads)))
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    for number, item in found.items():
        of_incident = [row for row in rows if row.incident == number]
        assert len(of_incident) == item.events
        assert (of_incident[0].position, of_incident[-1].position) == (item.position, item.last)
        assert {row.engine for row in of_incident} == set(item.engines)
        assert {row.stage_id for row in of_incident} <= {None, item.stage_id, *outer}
    passed = [row for row in rows if row.incident == PASSED_CHECKS]
    assert len(passed) + sum(item.events for item in found.values()) == len(rows)
    assert all(row.outcome in ("ok", "info") for row in passed)


@given(LOGS, st.integers(0, 40))
def test_reducing_in_parts_is_reducing_at_once(payloads: list[Payload], cut: int) -> None:
    whole = log_of(payloads)
    state = reduce_all(whole)
    assert reduce_all(whole[cut:], reduce_all(whole[:cut])) == state
    found = incidents_of(*payloads)
    assert list(state.incidents) == found
    assert state.counts.incidents == len(found)
    assert state.figures.unrecovered == sum(item.unrecovered for item in found)
    tried = [item for item in found if item.recoveries]
    assert (state.figures.recoveries, state.figures.recovered) == (
        len(tried),
        sum(item.outcome == "recovered" for item in tried),
    )


@given(LOGS)
def test_after_the_end_nothing_is_open(payloads: list[Payload]) -> None:
    ended = incidents_of(*payloads, RunCompleted(success=True))
    assert all(item.outcome != "open" for item in ended)


@settings(max_examples=30)
@given(LOGS, st.integers(1, 40))
def test_the_store_has_the_incidents_of_the_state(payloads: list[Payload], cut: int) -> None:
    store = EventStore.memory()
    store.begin(RUN, worker="w", origin="o", time_us=0)
    batch = [msgspec.structs.replace(logged.event, id=str(logged.position)) for logged in log_of(payloads)]
    store.append(RUN, batch[:cut])
    store.append(RUN, batch[cut:])
    kept = list(store.iterate(RUN))
    state, rows = reduce_all(kept), list(ledger_rows(kept))
    for stage_id in (None, "ux", "nowhere"):
        wanted = [item for item in state.incidents if stage_id in (None, item.stage_id)]
        wanted.sort(key=lambda item: (item.unrecovered, item.number), reverse=True)
        window = store.incident_window(RUN, stage_id, 0, 500)
        assert (window.total, window.rows) == (len(wanted), wanted)
        passed = [row for row in rows if not row.incident and stage_id in (None, row.stage_id)]
        assert window.passed == len(passed)
        assert store.ledger_window(RUN, PASSED_CHECKS, stage_id, 0, 500).rows == passed
    for item in state.incidents:
        shown = store.ledger_window(RUN, item.number, None, 0, 500)
        assert shown.rows == [row for row in rows if row.incident == item.number]
    store.close()


# --- bounds ----------------------------------------------------------------------------------------


def test_a_book_holds_a_bounded_number_of_open_incidents() -> None:
    book = IncidentBook()
    outcomes: dict[int, str] = {}
    for logged_event in log_of([StageFailed(stage_id=f"s{n}", error="e" * 9_999) for n in range(500)]):
        book, _, changes = enter(book, logged_event)
        outcomes |= {change.after.number: change.after.outcome for change in changes}
    assert len(book.open) == MOST_OPEN
    assert book.total == 500
    assert len(msgspec.json.encode(book)) < 1_500 * MOST_OPEN


def test_failures_that_leave_a_full_book_are_not_recovered() -> None:
    failures = [StageFailed(stage_id=f"s{number}") for number in range(MOST_OPEN + 8)]
    assert [item.outcome for item in incidents_of(*failures, RunFailed())] == ["not_recovered"] * len(
        failures
    )
    findings = [PolicyCheck(stage_id=f"s{number}", policy="p", passed=False) for number in range(40)]
    assert {item.outcome for item in incidents_of(*findings, RunCancelled())} == {"reported"}


def test_one_incident_with_many_events_stays_small() -> None:
    names = [f"{n} " + "x" * 500 for n in range(1_000)]
    violations = [
        PolicyViolation(stage_id="ux", policy=name, violation_type=name, pattern=name, location=name)
        for name in names
    ]
    suggested = [
        RecoverySuggestion(suggestions=[{"action": name, "replacement_hint": name}]) for name in names
    ]
    started = [RecoveryStarted(stage_id="ux", action=name) for name in names]
    state = RunState()
    for logged_event in log_of([*violations, *suggested, *started]):
        state = reduce(state, logged_event)
    assert state.counts.incidents == 1
    assert len(msgspec.json.encode(state.book)) < 30_000
    assert len(msgspec.json.encode(state.incidents)) < 5_000


def test_a_state_keeps_the_problems_that_remain_and_the_newest() -> None:
    def one(n: int) -> list[Payload]:
        end: Payload = COMPLETED if n % 10 else RecoveryCompleted(stage_id="preflight", success=False)
        return [FAILED, STARTED, end, RunReconciled()] if n % 10 else [StageFailed(stage_id=f"s{n}")]

    payloads = [data for n in range(300) for data in one(n)]
    state = reduce_all(log_of(payloads))
    assert (len(state.incidents), state.counts.incidents) == (TAIL_ROWS, 300)
    assert sum(item.unrecovered for item in state.incidents) == 30
    assert [item.number for item in state.incidents][-1] == 300


@pytest.mark.parametrize(
    ("payloads", "stage", "title"),
    [
        ([RunFailed(error="No memory.")], None, "The run failed: No memory"),
        ([FAILED], "Preflight", "Preflight failed: It is forbidden"),
        ([VIOLATION, STARTED, COMPLETED], "Preflight", "→ reworded → recovered"),
        ([VIOLATION, RunFailed(error="Strict mode")], "Preflight", "→ not recovered"),
    ],
)
def test_the_title_of_a_failure_without_a_recovery_is_no_chain(
    payloads: list[Payload], stage: str | None, title: str
) -> None:
    assert incident_title(the_incident(*payloads), stage).endswith(title)

"""The verdict on a run, its warnings, and the text that has them without a widget."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from worker_widget.events import (
    Payload,
    PolicyViolation,
    RecoveryCompleted,
    RecoveryStarted,
    ReplayVerified,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunReconciled,
    RunStarted,
    RunWarning,
    StageCompleted,
    StageFailed,
    StagePlan,
    StageStarted,
    TaskUnderstood,
    make,
)
from worker_widget.state.log_line import LoggedEvent
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_state import RunState
from worker_widget.state.run_warnings import NOT_UNDERSTOOD, run_warnings
from worker_widget.state.verdict import Verdict, verdict

START = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
PLAN = RunStarted(stages=[StagePlan(stage_id="pre", name="Preflight Validation"), StagePlan(stage_id="ux")])
BEGIN = (PLAN, StageStarted(stage_id="pre"))
CLAIM = PolicyViolation(
    stage_id="pre", severity="error", pattern="guaranteed", location="brand.value_proposition[40:50]"
)
REWORD = (
    RecoveryStarted(stage_id="pre", action="rephrase"),
    RecoveryCompleted(stage_id="pre", action="rephrase", success=True),
)
LOST = (REWORD[0], RecoveryCompleted(stage_id="pre", action="rephrase", success=False))
DONE = (StageCompleted(stage_id="pre"), RunCompleted(success=True))
REASON = "The value proposition contains “guaranteed”, which the brand forbids."


def state_after(*payloads: Payload) -> RunState:
    return reduce_all(
        LoggedEvent(n, make(data, run_id="r", time=START + timedelta(seconds=n)))
        for n, data in enumerate(payloads, start=1)
    )


@pytest.mark.parametrize(
    ("payloads", "expected"),
    [
        ((), None),
        (BEGIN, None),
        ((*BEGIN, *DONE), Verdict(tone="ok", summary="Completed")),
        ((*BEGIN, CLAIM, *REWORD, *DONE), Verdict(tone="ok", summary="Completed · 1 recovered")),
        (
            (*BEGIN, TaskUnderstood(score=0.2, threshold=0.5), *DONE),
            Verdict(tone="warning", summary="Completed with 1 warning"),
        ),
        (
            (*BEGIN, RunWarning(message="A"), RunWarning(message="B"), CLAIM, *LOST, *DONE),
            Verdict(
                tone="warning",
                summary="Completed with 1 problem not recovered and 2 warnings",
                stage_id="pre",
                incident=1,
            ),
        ),
        (
            (*BEGIN, CLAIM, *LOST, *DONE),
            Verdict(
                tone="warning", summary="Completed with 1 problem not recovered", stage_id="pre", incident=1
            ),
        ),
        (
            (*BEGIN, CLAIM, *REWORD, StageFailed(stage_id="ux"), StageFailed(stage_id="x"), *DONE),
            Verdict(
                tone="warning",
                summary="Completed with 2 problems not recovered · 1 recovered",
                stage_id="x",
                incident=3,
            ),
        ),
        (
            (*BEGIN, ReplayVerified(identical=True), *DONE),
            Verdict(tone="ok", summary="Completed", reason="Run again: the artifacts are identical."),
        ),
        (
            (*BEGIN, ReplayVerified(identical=False), *DONE),
            Verdict(
                tone="warning", summary="Completed", reason="Run again: the artifacts differ.", incident=1
            ),
        ),
        (
            (*BEGIN, CLAIM, StageFailed(stage_id="pre", error=REASON), RunFailed(error=REASON)),
            Verdict(
                tone="error",
                summary="Failed in Preflight Validation",
                reason=REASON,
                stage_id="pre",
                incident=1,
                location="brand.value_proposition",
            ),
        ),
        (
            (*BEGIN, StageFailed(stage_id="pre", error=REASON), RunCompleted(success=False)),
            Verdict(
                tone="error",
                summary="Failed in Preflight Validation",
                reason=REASON,
                stage_id="pre",
                incident=1,
            ),
        ),
        (
            (*BEGIN, RunReconciled(status="failed", error="The server was restarted.")),
            Verdict(
                tone="error",
                summary="Failed in Preflight Validation",
                reason="The server was restarted.",
                stage_id="pre",
            ),
        ),
        (
            (RunFailed(error="'sarcastic' is not a valid ToneLevel"),),
            Verdict(
                tone="error",
                summary="Failed",
                reason="The worker's program stopped with an error: “'sarcastic' is not a valid ToneLevel”",
                incident=1,
            ),
        ),
        (
            (*BEGIN, RunCancelled(reason="Stopped.")),
            Verdict(tone="neutral", summary="Cancelled", reason="Stopped."),
        ),
    ],
)
def test_the_verdict(payloads: tuple[Payload, ...], expected: Verdict | None) -> None:
    assert verdict(state_after(*payloads)) == expected


def test_a_text_of_the_page_is_not_in_the_brand() -> None:
    page = PolicyViolation(stage_id="ux", pattern="best", location="landing.hero[0:4]")
    state = state_after(PLAN, page, RunFailed(error="No."))
    found = verdict(state)
    assert found is not None
    assert (found.incident, found.location) == (1, None)


@pytest.mark.parametrize(
    ("payloads", "messages"),
    [
        ((), []),
        ((TaskUnderstood(score=0.9, threshold=0.4),), []),
        ((TaskUnderstood(score=None, threshold=0.4),), []),
        ((TaskUnderstood(score=0.1, threshold=0.4),), [NOT_UNDERSTOOD]),
        ((RunWarning(message="Be careful."),), ["Be careful."]),
        (
            (RunWarning(message="Be careful."), TaskUnderstood(score=0.1, threshold=0.4)),
            [NOT_UNDERSTOOD, "Be careful."],
        ),
        (
            (
                RunWarning(message="Be careful."),
                TaskUnderstood(score=0.1, threshold=0.4),
                RunWarning(code="task_not_understood", message="Not understood: add a brand."),
            ),
            ["Not understood: add a brand.", "Be careful."],
        ),
    ],
)
def test_the_warning_about_the_task_is_the_first(payloads: tuple[Payload, ...], messages: list[str]) -> None:
    assert [row.message for row in run_warnings(state_after(*payloads))] == messages


def test_artifacts_that_the_worker_made_and_did_not_send_are_said() -> None:
    state = state_after(*BEGIN, DONE[0], RunCompleted(success=True, artifacts_count=2))
    assert [item.message for item in run_warnings(state)] == [
        "The worker reports 2 artifacts and sent none of them."
    ]
    assert verdict(state) == Verdict(tone="ok", summary="Completed")


def test_an_interrupted_run_has_its_reason_and_ends_its_stages() -> None:
    lost = RunReconciled(status="interrupted", success=False, error="The server was restarted.")
    state = state_after(*BEGIN, lost)
    assert verdict(state) == Verdict(
        tone="warning", summary="Interrupted", reason="The server was restarted."
    )
    assert [stage.status for stage in state.stages] == ["cancelled", "pending"]

"""Events of every kind that changes what panes show, in any order: for property tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from worker_widget.events import (
    ArtifactCreated,
    ArtifactDelta,
    ArtifactSources,
    ArtifactStarted,
    DriftDetected,
    Event,
    FailureClassified,
    FailureDetected,
    InputGiven,
    InputRequested,
    Log,
    Payload,
    PolicyCheck,
    PolicyViolation,
    Progress,
    RecoveryCompleted,
    RecoveryStarted,
    RecoverySuggestion,
    RoutingDecision,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunPaused,
    RunReconciled,
    RunResumed,
    RunStarted,
    RunWarning,
    StageCompleted,
    StageFailed,
    StagePlan,
    StageStarted,
    decode,
    encode,
)
from worker_widget.events.vocabulary import SentenceSource

TO_SCHEMA_7 = """
    ALTER TABLE runs DROP COLUMN parent_run_id;
    DROP TABLE keyframes; DROP INDEX stages_adopted; DROP INDEX incidents_by_outcome;
    ALTER TABLE stages DROP COLUMN first; ALTER TABLE stages DROP COLUMN changed;
    ALTER TABLE stages DROP COLUMN parent_at; PRAGMA user_version = 7;
"""
"""Makes a history of schema 7 of one of today."""

START = datetime(2026, 11, 22, 7, 49, 19, tzinfo=UTC)
RUN = "run"

STAGES = ("a", "b", "c", "d", "e", "f")
_stages = st.sampled_from(STAGES)
_maybe_stage = st.none() | _stages
_codes = st.sampled_from([None, "tone", "claims"])
_shares = st.none() | st.sampled_from([0.0, 0.25, 1.0])
_files = st.sampled_from(["page", "plan"])

ENDS = st.sampled_from(
    [
        RunCompleted(success=True),
        RunFailed(error="f"),
        RunCancelled(reason="c"),
        RunReconciled(status="failed"),
    ]
)
STAGE_PAYLOADS = st.one_of(
    st.builds(
        StageStarted,
        stage_id=_stages,
        parent_id=_maybe_stage,
        kind=st.sampled_from([None, "tool", "agent"]),
        input=st.none() | st.integers(0, 9),
    ),
    st.builds(
        StageCompleted,
        stage_id=_stages,
        tokens_used=st.none() | st.integers(0, 9),
        output=st.none() | st.text("xy", max_size=3),
    ),
    st.builds(StageFailed, stage_id=_stages, error=st.sampled_from([None, "e"]), failed_in=_maybe_stage),
    st.builds(Progress, stage_id=_stages, done=st.integers(0, 9)),
)
LINES = st.builds(
    Log,
    stage_id=_maybe_stage,
    agent=st.sampled_from([None, "writer", "editor"]),
    level=st.sampled_from(["info", "error", "debug", "warning", "odd"]),
    message=st.text("ab\n", max_size=4),
)
PAYLOADS = st.one_of(
    STAGE_PAYLOADS,
    STAGE_PAYLOADS,
    LINES,
    st.builds(RoutingDecision, stage_id=_maybe_stage, selected_agent=_codes, complexity=_shares),
    st.builds(PolicyCheck, stage_id=_maybe_stage, policy=_codes, passed=st.none() | st.booleans()),
    st.builds(PolicyViolation, stage_id=_maybe_stage, policy=_codes, violation_type=_codes),
    st.builds(DriftDetected, stage_id=_stages, drift_score=_shares, aligned=st.booleans()),
    st.builds(FailureDetected, stage_id=_stages, pattern=_codes, error=st.just("e")),
    st.builds(FailureClassified, code=_codes, severity=st.sampled_from([None, "warning"])),
    st.builds(RecoverySuggestion, failure_code=_codes),
    st.builds(RecoveryStarted, stage_id=_stages, action=_codes),
    st.builds(RecoveryCompleted, stage_id=_stages, action=_codes, success=st.none() | st.booleans()),
    st.builds(ArtifactStarted, artifact_name=_files, artifact_type=st.just("md")),
    st.builds(
        ArtifactDelta,
        artifact_name=_files,
        artifact_type=st.just("md"),
        offset=st.none() | st.integers(0, 5),
        text=st.text("xy", max_size=3),
    ),
    st.builds(
        ArtifactCreated,
        artifact_name=_files,
        artifact_type=st.just("md"),
        content=st.none() | st.text("xy", max_size=5),
    ),
    st.builds(
        ArtifactSources,
        artifact_name=_files,
        artifact_type=st.just("md"),
        sources=st.just([SentenceSource(start=0, end=1, source="rule")]),
    ),
    st.builds(InputRequested, request_id=_stages, stage_id=_maybe_stage),
    st.builds(InputGiven, request_id=_stages),
    st.just(RunPaused()),
    st.builds(RunResumed, paused_ms=st.none() | st.just(1_500.0)),
    st.builds(RunWarning, stage_id=_maybe_stage, message=st.just("w")),
    st.just(RunStarted(stages=[StagePlan(stage_id="a"), StagePlan(stage_id="b", name="B")])),
    ENDS,
)
TIMES = st.none() | st.integers(-9, 9)


@st.composite
def runs(draw: st.DrawFn) -> list[Event]:
    """The events of a run; each is there once."""
    return made(draw(st.lists(st.tuples(PAYLOADS, TIMES), max_size=40)))


@st.composite
def stage_runs(draw: st.DrawFn) -> list[Event]:
    """The events of a run that has stages and log lines alone, and ends in the middle or not at all."""
    within = st.lists(
        st.tuples(st.one_of(STAGE_PAYLOADS, STAGE_PAYLOADS, LINES), TIMES), min_size=9, max_size=25
    )
    end = st.lists(st.tuples(ENDS, TIMES), max_size=1)
    return made([*draw(within), *draw(end), *draw(within)])


def made(items: list[tuple[Payload, int | None]]) -> list[Event]:
    """The events of payloads and their times: seconds after a second for each before, or none."""
    return [_event(data, seconds, number) for number, (data, seconds) in enumerate(items, 1)]


def _event(data: Payload, seconds: int | None, number: int) -> Event:
    raw = encode(data, run_id=RUN, time=START + timedelta(seconds=number + (seconds or 0)))
    if seconds is None:
        raw = raw.replace(b'"timestamp"', b'"no_timestamp"')
    return decode(raw, id=str(number))

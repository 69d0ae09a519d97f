"""The marks on the time axis are those of the events, at most some hundred, with exact counts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from tests.any_events import RUN, START, made, runs
from tests.recorded import NAMES, events, recording
from worker_widget.events import (
    ArtifactDelta,
    ArtifactStarted,
    Event,
    Log,
    PolicyViolation,
    RunPaused,
    RunResumed,
    StageCompleted,
    StageStarted,
    decode,
    make,
)
from worker_widget.state.incidents import ledger_rows
from worker_widget.state.log_line import LoggedEvent
from worker_widget.store import axis_marks, blocks_table
from worker_widget.store.event_store import EventStore
from worker_widget.store.time_axis import AxisMark, AxisMarks

_KINDS = {
    "stage_failed": "failure",
    "run_failed": "failure",
    "failure_detected": "failure",
    "policy_violation": "violation",
    "recovery_started": "recovery",
    "artifact_created": "artifact",
    "input_requested": "input",
    "run_paused": "pause",
    "run_resumed": "resume",
}


@pytest.fixture(autouse=True, scope="module")
def small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks_table, "SEALED_EVENTS", 12)
        patch.setattr(blocks_table, "_SIZES", (2, 5, 12))
        patch.setattr(blocks_table, "_JOINED_AT_ONCE", 3)
        yield


def marks_of(sent: list[Event]) -> tuple[AxisMarks, list[AxisMark]]:
    """The marks of these events, and those expected where none is merged."""
    logged = [LoggedEvent(position, event) for position, event in enumerate(sent, 1)]
    titles = {row.position: row.title for row in ledger_rows(logged)}
    with closing(EventStore.memory()) as store:
        store.begin(RUN, worker="w", origin="o", time_us=0)
        for start in range(0, len(sent), 7):
            store.append(RUN, sent[start : start + 7])
        lines = {line.position: line for line in store.log_rows(RUN)}
        expected: list[tuple[int, str, str, str | None]] = []
        for at, event in enumerate(sent, 1):
            kind, stage = _KINDS.get(event.type), getattr(event.data, "stage_id", None)
            if kind in ("failure", "violation", "recovery"):
                expected.append((at, kind, titles[at], stage))
            elif kind == "artifact":
                expected.append((at, kind, f"{event.data.artifact_name}.md", stage))
            elif kind in ("input", "pause", "resume"):
                expected.append((at, kind, lines[at].message, stage))
            elif isinstance(event.data, Log) and lines[at].level == "error":
                expected.append((at, "error", lines[at].message, stage))
        for stage in store.stages(RUN):
            for kind, at in (("stage", stage.started_at), ("stage_end", stage.ended_at)):
                if at:
                    expected.append((at, kind, stage.name, stage.stage_id))
        wanted = [
            AxisMark(
                position=at,
                time_us=store.time_at(RUN, at),
                kind=kind,  # type: ignore[arg-type]
                label=label,
                stage_id=stage_id,
                last=at,
            )
            for at, kind, label, stage_id in expected
        ]
        return store.marks(RUN), wanted


def _in_order(marks: list[AxisMark]) -> list[Any]:
    return sorted(marks, key=lambda mark: (mark.position, mark.kind))


@settings(max_examples=60, deadline=None)
@given(runs())
def test_the_marks_are_those_of_the_events(sent: list[Event]) -> None:
    found, expected = marks_of(sent)
    assert _in_order(found.marks) == _in_order(expected)
    assert found.events == len(sent)
    written: dict[str, int] = {}
    for event in sent:
        if event.type.startswith("artifact_"):
            file = f"{event.data.artifact_name}.md"  # type: ignore[attr-defined]
            written[file] = written.get(file, 0) + len(event.raw)
    assert {change.file: sum(change.bytes) for change in found.changes} == written


@settings(max_examples=40, deadline=None)
@given(runs())
def test_many_marks_of_a_kind_are_merged_with_exact_counts(sent: list[Event]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(axis_marks, "MOST_OF_KIND", 2)
        found, expected = marks_of(sent)
    for kind in {mark.kind for mark in expected}:
        all_of_kind = sorted(mark.position for mark in expected if mark.kind == kind)
        merged = [mark for mark in found.marks if mark.kind == kind]
        assert len(merged) <= 2
        assert sum(mark.count for mark in merged) == len(all_of_kind)
        for mark in merged:
            inside = [at for at in all_of_kind if mark.position <= at <= mark.last]
            assert (inside[0], inside[-1], len(inside)) == (mark.position, mark.last, mark.count)


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_run_has_its_marks(name: str) -> None:
    sent = [decode(event.raw, event.type, event.id) for event in events(recording(name))]
    with closing(EventStore.memory()) as store:
        store.begin(RUN, worker="w", origin="o", time_us=0)
        store.append(RUN, sent)
        found = store.marks(RUN)
        assert [mark.time_us for mark in found.marks] == [
            store.time_at(RUN, mark.position) for mark in found.marks
        ]
        artifacts = {mark.label for mark in found.marks if mark.kind == "artifact"}
        assert artifacts == {item.file for item in store.state(RUN).artifacts if item.status == "done"}
        assert len([mark for mark in found.marks if mark.kind == "stage"]) == sum(
            stage.started_at > 0 for stage in store.stages(RUN)
        )


def test_a_long_run_has_some_hundred_marks_and_shows_where_a_page_changed() -> None:
    items: list[Any] = []
    for n in range(700):
        items += [StageStarted(stage_id=f"s{n}", parent_id="s0" if n else None)]
        items += [PolicyViolation(stage_id=f"s{n}", reason="too bold"), Log(message="wrong", level="error")]
        if n == 600:
            items += [ArtifactStarted(artifact_name="page", artifact_type="html")]
            items += [ArtifactDelta(artifact_name="page", artifact_type="html", text="x" * 50)] * 30
        items += [StageCompleted(stage_id=f"s{n}")]
    sent = [
        make(data, run_id=RUN, time=START + timedelta(milliseconds=10 * n)) for n, data in enumerate(items)
    ]
    sent = [decode(event.raw, event.type, str(n)) for n, event in enumerate(sent)]
    with closing(EventStore.memory()) as store:
        store.begin(RUN, worker="w", origin="o", time_us=0)
        store.append(RUN, sent)
        found = store.marks(RUN)
    assert len(found.marks) <= 500
    assert [mark.label for mark in found.marks if mark.kind == "stage"] == ["S0"]
    violations = [mark for mark in found.marks if mark.kind == "violation"]
    assert len(violations) == axis_marks.MOST_OF_KIND
    assert sum(mark.count for mark in violations) == 700
    assert {mark.label for mark in violations if mark.count > 1} == {""}, "their kind and number say it"
    (page,) = found.changes
    assert 2_401 <= page.positions[0] <= page.positions[-1] <= 2_440
    assert len(page.positions) <= 3


def test_a_pause_has_a_mark_at_its_start_and_its_end() -> None:
    sent = made([(Log(message="a"), 0), (RunPaused(), 1), (RunResumed(paused_ms=1_500.0), 1), (Log(), 0)])
    found, _ = marks_of(sent)
    assert [(mark.position, mark.kind, mark.label) for mark in found.marks] == [
        (2, "pause", "Run paused."),
        (3, "resume", "Run resumed after a pause of 1.5 s."),
    ]


def test_times_that_are_all_the_same_divide_the_events() -> None:
    sent = made([(Log(message="wrong", level="error"), None)] * 200)
    with closing(EventStore.memory()) as store:
        store.begin(RUN, worker="w", origin="o", time_us=0)
        store.append(RUN, sent)
        found = store.marks(RUN)
    assert len(found.marks) == axis_marks.MOST_OF_KIND
    assert {mark.count for mark in found.marks} == {3, 4}


def test_a_run_that_grows_has_further_marks() -> None:
    sent = made([(Log(message="wrong", level="error"), 0)] * 9)
    with closing(EventStore.memory()) as store:
        store.begin(RUN, worker="w", origin="o", time_us=0)
        for count in range(1, 10):
            store.append(RUN, sent[count - 1 : count])
            for _ in range(2):
                assert [mark.position for mark in store.marks(RUN).marks] == list(range(1, count + 1))
                assert store.time_axis(RUN).events == count

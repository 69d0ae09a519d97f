"""The rows of the run history, and the comparison of two runs."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from tests.recorded import events, recording
from worker_widget.console.comparison import compared_runs, run_figures
from worker_widget.console.history import merged_rows, recorded_rows, row_of
from worker_widget.console.wire import HistoryRow
from worker_widget.events import RoutingDecision, decode, make
from worker_widget.events.answers import RunListItem
from worker_widget.runs import comparison_table as comparison
from worker_widget.runs.comparison_table import (
    artifact_row,
    decision_row,
    duration,
    figures,
    incident_row,
    stage_row,
)
from worker_widget.runs.listed_status import QUIET_US
from worker_widget.runs.run_pairs import ArtifactPair, DecisionPair, IncidentPair, StagePair
from worker_widget.state.figures import Figures
from worker_widget.state.incident import Incident
from worker_widget.state.run_state import Artifact, RoutingRow, RunState, Stage
from worker_widget.store.event_store import EventStore


def row(run_id: str, status: str, started_us: int) -> HistoryRow:
    return {
        "run_id": run_id,
        "worker": "w",
        "task": "A task",
        "status": status,
        "success": None,
        "error": "why",
        "started_us": started_us,
        "latency_ms": None,
        "replay_of": "earlier",
        "strict_mode": True,
        "recorded": True,
        "replayable": True,
        "starred": False,
        "tags": [],
        "note": None,
    }


def listed(run_id: str, status: str, second: int) -> RunListItem:
    return RunListItem(run_id=run_id, status=status, created_at=datetime.fromtimestamp(second, UTC))


def test_the_history_of_an_ended_run_is_final_and_the_server_knows_the_others() -> None:
    recorded = [row("ended", "failed", 3_000_000), row("going", "queued", 2_000_000)]
    rows = merged_rows(
        recorded,
        [
            ("w", listed("ended", "running", 3)),
            ("w", listed("going", "running", 2)),
            ("w", listed("new", "queued", 9)),
        ],
    )
    assert [(item["run_id"], item["status"], item["recorded"]) for item in rows] == [
        ("new", "queued", False),
        ("ended", "failed", True),
        ("going", "running", True),
    ]
    assert (rows[2]["task"], rows[2]["replay_of"], rows[2]["strict_mode"]) == ("A task", "earlier", True)
    assert rows[0]["worker"] == "w"


def test_a_run_that_has_not_ended_goes_on_or_was_interrupted() -> None:
    store = EventStore.memory()
    store.begin("r", worker="w", origin="o", task=None, time_us=time.time_ns() // 1000)
    assert [item["status"] for item in recorded_rows(store)] == ["queued"]
    store.append("r", [decode(b'{"type":"run_started","data":{}}')])
    assert [item["status"] for item in recorded_rows(store)] == ["running"]
    record = store.known_run("r")
    later = row_of(record, record.updated_us + QUIET_US + 1)
    assert later["status"] == "interrupted"


def test_only_the_newest_runs_are_listed() -> None:
    recorded = [row(f"r{n}", "completed", n) for n in range(30)]
    assert [item["run_id"] for item in merged_rows(recorded, [], limit=2)] == ["r29", "r28"]


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0.2, "0 ms"), (213, "213 ms"), (1_000, "1.0 s"), (59_949, "59.9 s"), (123_000, "2 min 3 s")],
)
def test_a_duration_has_its_units(ms: float, text: str) -> None:
    assert duration(ms) == text


def test_figures_have_their_change_and_missing_ones_have_none() -> None:
    a = RunState(status="completed", tokens=1_200, latency_ms=2_500)
    b = RunState(
        position=1_570, status="failed", tokens=900, figures=Figures(highest_drift=0.31, recovered=1)
    )
    rows = {item["name"]: (item["a"], item["b"], item["change"]) for item in figures(a, b)}
    assert rows["Status"] == ("Completed", "Failed", "differs")
    assert rows["Tokens"] == ("1,200", "900", "−300")
    assert rows["Duration"] == ("2.5 s", "–", "")
    assert rows["Highest drift"] == ("–", "31%", "")
    assert rows["Events"] == ("0", "1,570", "+1,570")
    assert rows["Recovered"] == ("0", "1", "+1")


def test_a_stage_differs_by_its_status() -> None:
    done = Stage(stage_id="s", name="Copy", status="completed", duration_ms=1_500)
    slow = Stage(stage_id="s", name="Copy", status="recovered", duration_ms=2_500)
    compared = stage_row(StagePair("s", "Copy", done, slow))
    assert (compared["a"], compared["b"], compared["change"]) == (
        "completed in 1.5 s",
        "recovered in 2.5 s",
        "+1.0 s",
    )
    assert compared["differs"]
    assert not stage_row(StagePair("s", "Copy", done, done))["differs"]
    assert stage_row(StagePair("s", "Copy", done, None))["b"] == "–"


def test_only_an_artifact_of_both_runs_has_a_difference_to_show() -> None:
    page = Artifact(file="p.html", name="p", kind="html", stage_id=None, status="done", chars=1_234)
    changed = artifact_row(ArtifactPair("p.html", "changed", page, page, "1", "2"))
    assert (changed["a"], changed["change"], changed["file"]) == ("1,234 characters", "changed", "p.html")
    removed = artifact_row(ArtifactPair("p.html", "removed", page, None, "1", None))
    assert (removed["b"], removed["change"], removed["file"]) == ("–", "only in the first run", None)
    assert not artifact_row(ArtifactPair("p.html", "same", page, page, "1", "1"))["differs"]


def decision(agent: str, confidence: float | None = None) -> RoutingRow:
    return RoutingRow(
        number=1,
        position=1,
        time_us=None,
        stage_id="copy",
        agent=agent,
        complexity=None,
        confidence=confidence,
        source=None,
    )


def test_a_decision_differs_by_its_agent() -> None:
    named = RunState(stages=(Stage(stage_id="copy", name="Copy generation", status="completed"),))
    first, second = decision("copywriter", 0.82), decision("writer", 0.7)
    compared = decision_row(DecisionPair("copy", "copy", first, second), named)
    assert (compared["name"], compared["a"], compared["b"]) == (
        "Copy generation",
        "Copywriter, confidence 82%",
        "Writer, confidence 70%",
    )
    assert compared["differs"]
    again = decision_row(DecisionPair("copy", "copy", first, decision("copywriter", 0.7)), named)
    assert (again["change"], again["differs"]) == ("same agent", False)
    missing = decision_row(DecisionPair("copy", "copy", first, None), named)
    assert (missing["b"], missing["change"], missing["differs"]) == ("–", "only in the first run", True)


def test_an_incident_stands_beside_that_of_the_other_run() -> None:
    found = Incident(
        number=1,
        kind="policy",
        stage_id="copy",
        outcome="recovered",
        severity="error",
        found="contains “guaranteed”",
        tried=("reworded",),
        position=1,
        last=2,
    )
    compared = incident_row(IncidentPair("copy.policy", "copy", None, found), RunState())
    assert (compared["name"], compared["a"], compared["b"]) == (
        "Copy: policy",
        "–",
        "contains “guaranteed” → reworded → recovered",
    )
    assert compared["change"] == "only in the second run"


def two_recorded(store: EventStore) -> None:
    for n, run_id in enumerate(("older", "newer")):
        store.begin(run_id, worker="w", origin="o", task=f"Task {n}", time_us=n + 1)
        store.append(run_id, events(recording("valid_professional")))


def test_the_older_run_is_the_first_and_a_long_section_says_what_it_leaves_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = EventStore.memory()
    two_recorded(store)
    monkeypatch.setattr(comparison, "MOST_ROWS", 3)
    compared = compared_runs(store, "newer", "older")
    assert compared["tasks"] == ("Task 0", "Task 1")
    sections = {section["title"]: section for section in compared["sections"]}
    assert list(sections) == ["Run", "Stages", "Decisions", "Ledger", "Artifacts"]
    assert (len(sections["Stages"]["rows"]), sections["Stages"]["more"]) == (3, 5)
    assert not any(item["differs"] for section in sections.values() for item in section["rows"])


def test_of_a_long_section_what_differs_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    store = EventStore.memory()
    now = datetime.now(UTC)
    for run_id in ("a", "b"):
        store.begin(run_id, worker="w", origin="o", time_us=1)
        chosen = ["same", "same", "same", run_id, "same"]
        decided = (RoutingDecision(stage_id=f"s{n}", selected_agent=agent) for n, agent in enumerate(chosen))
        store.append(run_id, [make(data, run_id=run_id, time=now) for data in decided])
    monkeypatch.setattr(comparison, "MOST_ROWS", 2)
    sections = {item["title"]: item for item in compared_runs(store, "a", "b")["sections"]}
    decisions = sections["Decisions"]
    assert [(item["name"], item["differs"]) for item in decisions["rows"]] == [("S0", False), ("S3", True)]
    assert decisions["more"] == 3


def test_any_number_of_runs_are_rows_of_figures_the_oldest_first() -> None:
    store = EventStore.memory()
    two_recorded(store)
    store.begin("empty", worker="w", origin="o", task=None, time_us=9)
    shown = run_figures(store, ["empty", "newer", "older"])
    assert shown["run_ids"] == ["older", "newer", "empty"]
    assert shown["tasks"] == ["Task 0", "Task 1", "Run empty"]
    columns = {column["title"]: column for column in shown["columns"]}
    assert columns["Status"]["texts"] == ["Completed", "Completed", "Queued"]
    assert columns["Status"]["differs"]
    assert columns["Stages done"]["texts"][0] == "8 of 8"

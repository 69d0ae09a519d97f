"""`RunHistory`: the runs of this computer, asked by a person in a cell."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pandas as pd
import pytest

from tests.recorded import NAMES, events, recording
from worker_widget.errors import RunUnknown
from worker_widget.runs.history import RunHistory
from worker_widget.state.reduce import reduce_all
from worker_widget.store.event_store import EventStore, summary

DAY_US = 86_400_000_000
FIRST_US = round(datetime.fromisoformat("2026-11-20T00:00:00+00:00").timestamp()) * 1_000_000


@pytest.fixture
def store() -> Iterator[EventStore]:
    """The recorded runs, one a day."""
    memory = EventStore.memory()
    for day, name in enumerate(NAMES):
        memory.begin(name, worker="business-builder", origin="o", time_us=FIRST_US + day * DAY_US)
        memory.summarise(name, **summary(reduce_all(memory.append(name, events(recording(name))))))
    yield memory
    memory.close()


@pytest.fixture
def history(store: EventStore) -> RunHistory:
    return RunHistory(store)


def test_runs_are_listed_newest_first_with_their_figures(history: RunHistory) -> None:
    runs = history.runs()
    assert list(runs["run_id"]) == NAMES[::-1]
    best = runs.set_index("run_id").loc["valid_professional"]
    assert (best["status"], best["success"], best["tokens"], best["events"]) == ("completed", True, 2509, 76)
    assert best["ended"] - best["started"] < pd.Timedelta("2s")


def test_runs_are_chosen_by_status_time_worker_and_number(history: RunHistory) -> None:
    assert list(history.runs(status="failed")["run_id"]) == ["tone_invalid_streaming"]
    assert len(history.runs(limit=2)) == 2
    assert history.runs(worker="repo-fixer").empty
    east = timezone(timedelta(hours=2))
    for since in (
        "2026-11-22",
        "2026-11-22T00:00:00Z",
        datetime(2026, 11, 22),
        datetime(2026, 11, 22, 2, tzinfo=east),
    ):
        assert list(history.runs(since=since)["run_id"]) == NAMES[:1:-1]
    with pytest.raises(ValueError, match="since='last week' is not a time"):
        history.runs(since="last week")


def test_everything_of_a_run_can_be_asked(history: RunHistory) -> None:
    run = "valid_professional"
    sizes = [len(ask(run)) for ask in (history.events, history.logs, history.stages, history.routing)]
    assert sizes == [76, 24, 8, 8]
    assert len(history.artifacts(run)) == 17
    assert set(history.ledger(run)["kind"]) == {"policy", "drift"}
    assert list(history.ledger("failure_strategy")["n"]) == [1, 2, 3, 4, 5]
    assert history.text(run, "landing_html.html") is not None
    assert history.text(run, "nothing.txt") is None


def test_a_stage_that_failed_tells_why(history: RunHistory) -> None:
    stages = history.stages("failure_strategy").set_index("stage_id")
    assert stages.loc["strategy", "error"] == "'list' object has no attribute 'get'"
    last = history.logs("failure_strategy").iloc[-1]
    assert (last["level"], last["stage_id"]) == ("error", "strategy")


def test_an_export_is_returned_and_written(history: RunHistory, tmp_path: Path) -> None:
    target = tmp_path / "trace.csv"
    text = history.export("valid_professional", "csv", target)
    assert target.read_bytes() == text.encode()
    assert json.loads(history.export("valid_professional", "json"))["run"]["status"] == "completed"


def test_a_deleted_run_is_unknown_afterwards(history: RunHistory) -> None:
    history.delete("valid_professional")
    assert "valid_professional" not in list(history.runs()["run_id"])
    with pytest.raises(RunUnknown):
        history.events("valid_professional")


def test_its_repr_is_the_same_in_every_run_of_a_notebook(history: RunHistory) -> None:
    assert repr(history) == "RunHistory()"

"""`RunHistory`: the runs of this computer, asked by a person in a cell."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pandas as pd
import pytest

from tests.recorded import NAMES, events, recording
from worker_widget.errors import RunUnknown
from worker_widget.events import Log, make
from worker_widget.runs.client import WorkerClient
from worker_widget.runs.export import ExportFormat
from worker_widget.runs.history import RunHistory
from worker_widget.state.reduce import reduce_all
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_records import summary
from worker_widget.store.shared import shared_store

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
    assert best["finished_at"] - best["started_at"] < pd.Timedelta("2s")


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
    assert list(history.ledger("failure_strategy")["number"]) == [1, 2, 3, 4, 5]
    assert history.text(run, "landing_html.html") is not None
    assert history.text(run, "nothing.txt") is None


def test_a_stage_that_failed_tells_why(history: RunHistory) -> None:
    stages = history.stages("failure_strategy").set_index("stage_id")
    assert stages.loc["strategy", "error"] == "'list' object has no attribute 'get'"
    last = history.logs("failure_strategy").iloc[-1]
    assert (last["level"], last["stage_id"]) == ("error", "strategy")


def test_an_export_is_returned_and_written(history: RunHistory, tmp_path: Path) -> None:
    target = tmp_path / "trace.csv"
    assert history.export("valid_professional", "csv", target) == target
    assert target.read_bytes() == history.export("valid_professional", "csv").encode()
    assert json.loads(history.export("valid_professional", "json"))["run"]["status"] == "completed"


def test_an_export_replaces_a_file_only_when_it_is_whole(history: RunHistory, tmp_path: Path) -> None:
    target = tmp_path / "new" / "trace.csv"
    history.export("valid_professional", "csv", str(target))
    with pytest.raises(RunUnknown):
        history.export("nobody", "csv", target)
    with pytest.raises(ValueError, match="no export format 'xml'"):
        history.export("valid_professional", "xml", target)  # type: ignore[call-overload]
    assert target.read_bytes() == history.export("valid_professional", "csv").encode()
    assert [path.name for path in target.parent.iterdir()] == ["trace.csv"]


def test_an_export_goes_into_the_home_directory(
    history: RunHistory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert history.export("valid_professional", "txt", "~/trace.txt") == tmp_path / "trace.txt"
    assert history.export("valid_professional", "csv", "~/log.csv") == tmp_path / "log.csv"


@pytest.mark.parametrize("format", ["json", "txt", "csv"])
def test_an_export_to_a_file_takes_no_more_memory_for_a_longer_run(
    tmp_path: Path, format: ExportFormat
) -> None:
    store = EventStore.memory()
    at = datetime(2026, 11, 22, tzinfo=UTC)
    peaks = []
    for run_id, count in (("short", 9_000), ("long", 27_000)):
        store.begin(run_id, worker="w", origin="o", time_us=0)
        lines = (make(Log(message=f"{n} " + "x" * 200), run_id=run_id, time=at) for n in range(count))
        store.append(run_id, list(lines))
        tracemalloc.start()
        RunHistory(store).export(run_id, format, tmp_path / run_id)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (tmp_path / "long").stat().st_size > 2.9 * (tmp_path / "short").stat().st_size
    assert peaks[1] < 1.3 * peaks[0]


def test_a_deleted_run_is_unknown_afterwards(history: RunHistory) -> None:
    history.delete("valid_professional")
    assert "valid_professional" not in list(history.runs()["run_id"])
    with pytest.raises(RunUnknown):
        history.events("valid_professional")


def test_without_arguments_it_is_the_history_of_this_computer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKER_WIDGET_HOME", str(tmp_path))
    shared_store().begin("r1", worker="w", origin="o", time_us=FIRST_US)
    assert list(RunHistory().runs()["run_id"]) == ["r1"]
    assert list(WorkerClient().history.runs()["run_id"]) == ["r1"]
    shared_store().close()
    assert list(RunHistory().runs()["run_id"]) == ["r1"]
    shared_store().close()

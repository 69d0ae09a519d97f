"""How long runs are kept: the settings, what is beyond them, and that it is deleted."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from worker_widget import RunHistory, WorkerClient, worker
from worker_widget.cli import main
from worker_widget.errors import RunUnknown
from worker_widget.events import Log, Payload, RunCompleted, decode, encode
from worker_widget.host.runs.store import Batch, NewRun, RunEnd, RunStore, StoredEvent
from worker_widget.retention import KeptRun, Retention, configured, size, surplus
from worker_widget.runs import pruning_soon
from worker_widget.store.event_store import EventStore
from worker_widget.store.pruning import beyond, prune
from worker_widget.store.shared import shared_store

DAY_US = 24 * 60 * 60 * 1_000_000
START = datetime(2026, 11, 22, tzinfo=UTC)
GUARD_S = 120.0


def wait_until(holds: Callable[[], bool]) -> None:
    limit = time.monotonic() + GUARD_S
    while not holds():
        assert time.monotonic() < limit
        time.sleep(0.01)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[EventStore]:
    opened = EventStore.open(tmp_path / "history.db")
    yield opened
    opened.close()


def now_us() -> int:
    return time.time_ns() // 1000


def add(store: EventStore, name: str, *, days_ago: float = 0, lines: int = 1, ended: bool = True) -> None:
    store.begin(name, worker="w", origin="o", time_us=round(now_us() - days_ago * DAY_US))
    payloads: list[Payload] = [Log(message=f"{name} {number} " + "x" * 500) for number in range(lines)]
    if ended:
        payloads.append(RunCompleted(success=True))
    store.append(
        name, [decode(encode(data, run_id=name, time=START), id=str(n)) for n, data in enumerate(payloads)]
    )
    if ended:
        store.summarise(name, status="completed")


def ids(store: EventStore) -> list[str]:
    return [record.run_id for record in store.runs()]


# --- the settings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", 1),
        ("500 MB", 500_000_000),
        ("2GB", 2 * 10**9),
        ("1.5 GiB", 3 << 29),
        ("10kb", 10_000),
        ("7k", 7_000),
    ],
)
def test_a_size_has_a_unit(text: str, expected: int) -> None:
    assert size(text) == expected


@pytest.mark.parametrize("text", ["", "0", "-1", "much", "1 PB", "1.2.3 MB", "9" * 30, "nan", "inf"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a size"):
        size(text)


def test_without_settings_everything_is_kept() -> None:
    assert not configured()
    assert configured() == Retention()


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("WORKER_KEEP_RUNS", "100", Retention(runs=100)),
        ("WORKER_KEEP_DAYS", " 0.5 ", Retention(days=0.5)),
        ("WORKER_KEEP_SIZE", "1 GB", Retention(size=10**9)),
    ],
)
def test_each_limit_is_a_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, text: str, expected: Retention
) -> None:
    monkeypatch.setenv(name, text)
    assert configured() == expected
    monkeypatch.setenv(name, "lots")
    with pytest.raises(ValueError, match=f"{name} is 'lots', not a "):
        configured()


# --- what is beyond them ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (Retention(), ""),
        (Retention(runs=3), "ab"),
        (Retention(runs=9), ""),
        (Retention(days=2.5), "ab"),
        (Retention(size=50), ""),
        (Retention(size=49), "a"),
        (Retention(size=20), "abd"),
        (Retention(runs=4, size=20), "abd"),
        (Retention(runs=1), "abd"),
        (Retention(size=1), "abd"),
    ],
)
def test_the_oldest_runs_are_beyond_the_limits(limits: Retention, expected: str) -> None:
    """ "e" is the newest of five runs of 10 bytes, and "c" stays."""
    runs = [KeptRun(name, (number + 1) * DAY_US, 10, name == "c") for number, name in enumerate("abcde")]
    found = surplus(reversed(runs), limits, 50, 5 * DAY_US)
    assert "".join(run.run_id for run in found) == expected


def test_a_run_takes_its_part_of_the_whole_file() -> None:
    runs = [KeptRun(name, 1, 10, False) for name in "dcba"]
    assert [run.run_id for run in surplus(runs, Retention(size=300), 400, 5)] == ["a"]


# --- the history -----------------------------------------------------------------------------------


def test_runs_beyond_the_limits_are_deleted_and_others_stay(store: EventStore) -> None:
    for number, name in enumerate(("new", "starred", "old", "older", "waiting", "running", "forgotten")):
        add(store, name, days_ago=number, ended=number < 4)
    store.set_starred("starred", True)
    store.summarise("waiting", status="waiting")
    with store._db.write() as db:
        db.execute("UPDATE runs SET updated_us = 1 WHERE run_id IN ('forgotten', 'waiting')")
    limits = Retention(runs=1)
    found = beyond(store, limits)
    assert set(found.runs) == {"old", "older", "forgotten"}
    assert len(ids(store)) == 7, "nothing is deleted by looking"
    assert prune(store, limits) == found
    assert ids(store) == ["new", "starred", "waiting", "running"]
    assert prune(store, limits).runs == ()


def test_the_oldest_are_deleted_until_the_file_is_small_enough(store: EventStore) -> None:
    for number in range(8):
        add(store, f"r{number}", days_ago=9 - number, lines=3_000)
    half = store.used_bytes() // 2
    pruned = prune(store, Retention(size=half))
    assert 3 <= len(pruned.runs) <= 5
    assert ids(store)[0] == "r7"
    assert store.size() <= half * 1.1
    assert store.log_total("r7") == 3_000


def thrown(store: EventStore, run_id: str, *, days_ago: float) -> None:
    """Moves a run to the trash, as if some days ago."""
    store.trash(run_id)
    with store._db.write() as db:
        at = round(now_us() - days_ago * DAY_US)
        db.execute("UPDATE runs SET trashed_us = ? WHERE run_id = ?", (at, run_id))


def test_a_deleted_run_is_gone_for_good_after_a_week(store: EventStore) -> None:
    for name in ("kept", "early", "late"):
        add(store, name)
    thrown(store, "early", days_ago=7.1)
    thrown(store, "late", days_ago=6.9)
    assert prune(store, Retention()).runs == ("early",)
    history = RunHistory(store)
    assert (ids(store), history.trash) == (["kept"], ("late",))
    assert list(history.logs(history.trash)["run_id"]) == ["late"]
    history.restore("late")
    assert (set(ids(store)), history.trash) == ({"kept", "late"}, ())
    with pytest.raises(RunUnknown):
        history.restore("early")


def test_the_trash_is_emptied_when_a_client_opens_the_history() -> None:
    store = shared_store()
    add(store, "kept")
    add(store, "early")
    thrown(store, "early", days_ago=8)
    WorkerClient()
    wait_until(lambda: store.run("early") is None)
    assert ids(store) == ["kept"]


def test_the_whole_trash_is_emptied_at_once_where_that_is_asked_for(store: EventStore) -> None:
    add(store, "kept")
    add(store, "thrown")
    store.trash("thrown")
    assert prune(store, Retention()).runs == ()
    store.restore("thrown")
    assert len(ids(store)) == 2
    store.trash("thrown")
    assert prune(store, Retention(), trash_days=0).runs == ("thrown",)
    assert (store.run("thrown"), store.runs(trashed=True)) == (None, [])


def test_two_processes_that_prune_at_once_delete_each_run_once(store: EventStore) -> None:
    for number in range(30):
        add(store, f"r{number}", days_ago=40 - number)
    assert store.path is not None
    others = [EventStore.open(store.path) for _ in range(3)]
    threads = [threading.Thread(target=prune, args=(other, Retention(runs=2))) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in others:
        other.close()
    assert ids(store) == ["r29", "r28"]


def test_old_runs_are_deleted_after_the_end_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKER_KEEP_RUNS", "2")
    monkeypatch.setattr(pruning_soon, "_PAUSE_S", 0.01)

    @worker
    def give(task: str) -> str:
        return task

    runs = [give.run(f"task {number}").wait(GUARD_S) for number in range(4)]
    store = shared_store()
    wait_until(lambda: store.run_count() == 2)
    assert set(ids(store)) == {run.run_id for run in runs[2:]}


def test_old_runs_are_deleted_when_a_client_opens_the_history(monkeypatch: pytest.MonkeyPatch) -> None:
    store = shared_store()
    for number in range(3):
        add(store, f"r{number}", days_ago=3 - number)
    assert RunHistory().runs().shape[0] == 3
    monkeypatch.setenv("WORKER_KEEP_DAYS", "1.5")
    WorkerClient()
    wait_until(lambda: store.run_count() == 1)


def test_a_setting_that_cannot_be_used_deletes_nothing_and_is_named_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("WORKER_KEEP_SIZE", "a bit")
    with caplog.at_level(logging.WARNING):
        assert not pruning_soon.configured_limits()
        assert not pruning_soon.configured_limits()
    assert [record.message for record in caplog.records] == [
        "No run is deleted from the history: WORKER_KEEP_SIZE is 'a bit', not a size."
        " Use a number with a unit, such as 500 MB or 2 GB."
    ]


# --- the host's own runs ---------------------------------------------------------------------------


def host_runs(path: Path, count: int, *, lines: int = 1) -> RunStore:
    runs = RunStore.open(path)
    for number in range(1, count + 1):
        runs.add(
            NewRun(number, f"run-{number}", "w", "task", "{}", "h", now_us() - (count - number) * DAY_US)
        )
        events = [StoredEvent(seq, "log", b"x" * 500) for seq in range(1, lines + 1)]
        runs.write(Batch(events={number: events}, ended=[RunEnd(number, "completed", True)]))
    return runs


@pytest.mark.parametrize(
    ("limits", "kept"), [(Retention(runs=2), 2), (Retention(days=2.5), 3), (Retention(size=1), 1)]
)
def test_the_runs_of_the_host_have_the_same_limits(tmp_path: Path, limits: Retention, kept: int) -> None:
    runs = host_runs(tmp_path / "host.db", 5)
    found = runs.beyond(limits, now_us())
    assert [run.run_id for _, run in found] == [f"run-{number}" for number in range(1, 6 - kept)]
    runs.close()


def test_a_run_that_the_host_executes_stays(tmp_path: Path) -> None:
    runs = host_runs(tmp_path / "host.db", 3)
    runs.write(Batch(status={1: "waiting"}))
    assert [number for number, _ in runs.beyond(Retention(runs=1), now_us())] == [2]
    runs.close()


def test_the_space_of_deleted_runs_is_given_back(tmp_path: Path) -> None:
    runs = host_runs(tmp_path / "host.db", 4, lines=4_000)
    before = runs.used_bytes()
    for number in (1, 2, 3):
        runs.delete(number)
    while runs.reclaim_space():
        pass
    assert runs.used_bytes() < before / 3
    runs.close()
    assert (tmp_path / "host.db").stat().st_size < before / 2


# --- the command line ------------------------------------------------------------------------------


@pytest.fixture
def home(own_home: Path) -> Path:
    store = EventStore.open(own_home / "history.db")
    for number, name in enumerate(("new", "old", "../older")):
        add(store, name, days_ago=number, lines=50)
    store.set_starred("old", True)
    store.close()
    return own_home


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert main(["history", *arguments, "--json"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


def test_size_says_what_there_is(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    host_runs(home / "host.db", 1).close()
    found = printed(capsys, "size")
    assert (found["path"], found["runs"], found["starred"], found["events"]) == (
        str(home / "history.db"),
        *(3, 1, 153),
    )
    assert main(["history", "size"]) == 0
    words = capsys.readouterr().out
    assert "3 runs with 153 events, 1 starred; 0 in the trash" in words
    assert "The embedded host's runs: " in words
    assert "Kept: all runs" in words


def test_words_are_singular_where_there_is_one(own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = EventStore.open(own_home / "history.db")
    add(store, "only", ended=False)
    store.close()
    assert main(["history", "size"]) == 0
    assert "1 run with 1 event, 0 starred; 0 in the trash" in capsys.readouterr().out
    assert main(["history", "export", str(own_home / "out")]) == 0
    assert "Wrote 1 file to " in capsys.readouterr().out
    assert main(["history", "prune", "--days", "1"]) == 0
    assert capsys.readouterr().out == "Deleted 0 runs with 0 bytes. Kept: the last day.\n"


def test_prune_names_what_it_would_delete_and_deletes_it(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    host_runs(home / "host.db", 3).close()
    would = printed(capsys, "prune", "--runs", "1", "--dry-run")
    assert (would["runs"], would["host_runs"]) == (["../older"], ["run-1", "run-2"])
    assert printed(capsys, "size")["runs"] == 3
    assert main(["history", "prune", "--runs", "1"]) == 0
    words = capsys.readouterr().out
    assert words.startswith("Deleted 1 run with ")
    assert "Kept: the newest run." in words
    assert "Deleted 2 runs of the embedded host" in words
    assert printed(capsys, "size")["runs"] == 2


def test_prune_without_limits_says_how_to_set_some(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "prune"]) == 0
    assert "WORKER_KEEP_" in capsys.readouterr().out
    store = EventStore.open(home / "history.db")
    store.trash("new")
    store.close()
    assert printed(capsys, "prune")["runs"] == []
    assert printed(capsys, "prune", "--trash")["runs"] == ["new"]


@pytest.mark.parametrize("ending", ["json", "csv", "txt", "otlp"])
def test_export_writes_a_file_for_each_run(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], ending: str
) -> None:
    target = tmp_path / "out"
    printed(capsys, "export", str(target), "--format", ending)
    files = sorted(path.name for path in target.iterdir())
    assert len(files) == 3
    assert all(name.endswith(ending.replace("otlp", "otlp.json")) for name in files)
    printed(capsys, "export", str(tmp_path / "single"), "old", "--format", ending)
    assert len(list((tmp_path / "single").iterdir())) == 1


def test_vacuum_empties_the_trash(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = EventStore.open(home / "history.db")
    store.trash("new")
    store.close()
    assert printed(capsys, "vacuum")["runs"] == ["new"]
    assert (printed(capsys, "size")["runs"], printed(capsys, "size")["trashed"]) == (2, 0)
    assert main(["history", "vacuum"]) == 0
    assert "trash" not in capsys.readouterr().out


def test_vacuum_makes_the_file_no_larger(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys, "vacuum")
    assert isinstance(found["after"], int)
    assert found["after"] <= found["before"]  # type: ignore[operator]
    assert printed(capsys, "size")["runs"] == 3


def test_errors_are_a_line_and_a_status(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["history", "export", str(tmp_path / "out"), "nobody"]) == 1
    assert "There is no run 'nobody'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    monkeypatch.setenv("WORKER_KEEP_RUNS", "few")
    assert main(["history", "prune"]) == 1
    assert "WORKER_KEEP_RUNS is 'few'" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["history", "prune", "--size", "huge"])
    assert ended.value.code == 2
    assert "--size: is 'huge', not a size" in capsys.readouterr().err
    monkeypatch.delenv("WORKER_KEEP_RUNS")
    (home / "history.db").write_bytes(b"no database" * 100)
    assert main(["history", "size"]) == 1
    assert "cannot be used" in capsys.readouterr().err

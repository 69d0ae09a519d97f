"""Runs while the history fails: they go on, the trouble is named, and what can be stored later is stored."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from worker_widget import RunHistory, WorkerConsole, log, stage, worker
from worker_widget.runs import live_run
from worker_widget.runs.run import Run
from worker_widget.store import database, shared
from worker_widget.store.event_store import EventStore

GUARD_S = 120.0
GATES = {"begun": threading.Event(), "go on": threading.Event()}


def wait_until(holds: Callable[[], Any]) -> Any:
    limit = time.monotonic() + GUARD_S
    while not (found := holds()):
        assert time.monotonic() < limit
        time.sleep(0.01)
    return found


@worker
def two_halves(task: str) -> str:
    with stage("first"):
        for n in range(20):
            log(f"first {n}")
    GATES["begun"].set()
    GATES["go on"].wait(GUARD_S)
    with stage("second"):
        for n in range(20):
            log(f"second {n}")
        log("again")
        log("again")
    return task


LINES = [f"first {n}" for n in range(20)] + [f"second {n}" for n in range(20)] + ["again", "again"]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(live_run, "FIRST_RETRY_S", 0.05)
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    for gate in GATES.values():
        gate.clear()
    yield
    GATES["go on"].set()
    shared._open.clear()


@pytest.fixture
def path(own_home: Path) -> Path:
    return own_home / "history.db"


@contextmanager
def begun(console: WorkerConsole) -> Iterator[Run]:
    """A run in the middle, of which some is stored; it goes on after the block."""
    run = console.run("task")
    try:
        assert GATES["begun"].wait(GUARD_S)
        wait_until(lambda: run.state.counts.logs == 20)
        yield run
    finally:
        GATES["go on"].set()


def notice(console: WorkerConsole) -> str:
    shown = console._session.controller.shown.form.notice
    return "" if shown is None else shown.message


def messages(store: EventStore, run_id: str) -> list[str]:
    return [row.message for row in store.log_rows(run_id)]


LOST = ["23 events of this run cannot be read from the history any more. The others follow."]


def expect_whole(run: Run, *, damaged: bool = False) -> None:
    """The run on screen is whole, whatever the history says; of a damaged one what came after."""
    run.wait(GUARD_S)
    assert run.status == "completed"
    assert messages(run.store, run.run_id) in ([LINES, LOST + LINES[20:]] if damaged else [LINES])
    assert run.artifacts["result.md"].text == "task"


def expect_stored(path: Path, run: Run, console: WorkerConsole) -> None:
    """The run comes to be in the file, whole, and the notice goes."""
    wait_until(lambda: run.store.path == path)
    with closing(EventStore.open(path)) as store:
        assert messages(store, run.run_id) in (LINES, LOST + LINES[20:])
        record = store.known_run(run.run_id)
        assert (record.status, record.task, record.origin) == ("completed", "task", "this kernel")
        assert store.state(run.run_id) == run.state
    wait_until(lambda: not notice(console))


@pytest.fixture
def console() -> Iterator[WorkerConsole]:
    made = WorkerConsole(two_halves)
    yield made
    made.close()


# --- disk full --------------------------------------------------------------------------------------


@contextmanager
def small_disk(at: Path) -> Iterator[None]:
    """Mounts a file system of 1 MB; without the right to do so, limits the pages of the database."""
    at.mkdir(exist_ok=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", at], check=False).returncode == 0:
        try:
            yield
        finally:
            shared._open.clear()
            subprocess.run(["umount", "-l", at], check=True)
    else:
        yield


def fill(path: Path) -> Callable[[], None]:
    """Fills the disk of the history, and returns what frees it."""
    disk = os.statvfs(path.parent)
    if disk.f_blocks * disk.f_frsize <= 1_048_576:
        ballast = path.with_name("ballast")
        file = os.open(ballast, os.O_CREAT | os.O_WRONLY)
        with suppress(OSError):
            while os.write(file, b"x" * 4_096):
                pass
        os.close(file)
        return ballast.unlink
    writer = shared.shared_store()._db._writer
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    writer.execute(f"PRAGMA max_page_count = {pages}")

    def free() -> None:
        writer.execute("PRAGMA max_page_count = 1000000")

    return free


def test_a_run_goes_on_while_the_disk_is_full_and_is_stored_once_it_is_not(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = own_home / "disk"
    with small_disk(home):
        monkeypatch.setenv("WORKER_WIDGET_HOME", str(home))
        console = WorkerConsole(two_halves)
        with begun(console) as run:
            free = fill(home / "history.db")
        expect_whole(run)
        assert "disk is full" in wait_until(lambda: notice(console))
        assert "kept in memory" in notice(console)
        free()
        expect_stored(home / "history.db", run, console)
        console.close()


# --- no history can be opened -------------------------------------------------------------------------


def expect_in_memory(console: WorkerConsole, *words: str) -> Run:
    """A console without a history runs, shows and names what is wrong."""
    shown = wait_until(lambda: notice(console))
    assert all(word in shown for word in (*words, "kept in memory"))
    GATES["go on"].set()
    run = console.run("task")
    expect_whole(run)
    assert all(word in notice(console) for word in (*words, "kept in memory"))
    assert list(console.history.runs()["run_id"]) == [run.run_id]
    return run


def a_file_where_the_folder_should_be(home: Path) -> Callable[[], None]:
    home.write_text("mine")

    def restore() -> None:
        assert home.read_text() == "mine"
        home.unlink()

    return restore


def a_read_only_folder(home: Path) -> Callable[[], None]:
    """A mounted file system that is read-only; without the right to mount, a folder without the rights."""
    home.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", home], check=False).returncode == 0:
        return lambda: subprocess.run(["umount", "-l", home], check=True) and None
    home.chmod(0o500)
    return lambda: home.chmod(0o700)


def a_full_disk(home: Path) -> Callable[[], None]:
    """A mounted file system without room; without the right to mount, a folder in place of the file."""
    home.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", home], check=False).returncode:
        (home / "history.db").mkdir()
        return (home / "history.db").rmdir
    return lambda: subprocess.run(["mount", "-o", "remount,size=8m", home], check=True) and None


@pytest.mark.parametrize("spoil", [a_file_where_the_folder_should_be, a_read_only_folder, a_full_disk])
def test_a_home_that_cannot_be_written_stops_no_run_and_gets_it_later(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], Callable[[], None]]
) -> None:
    home = own_home / "home"
    monkeypatch.setenv("WORKER_WIDGET_HOME", str(home))
    restore = spoil(home)
    try:
        console = WorkerConsole(two_halves)
        run = expect_in_memory(console, "history")
    finally:
        restore()
    try:
        expect_stored(home / "history.db", run, console)
        second = console.run("task").wait(GUARD_S)
        assert second.store.path == home / "history.db"
        assert len(RunHistory().runs()) == 2
        console.close()
    finally:
        shared._open.clear()
        subprocess.run(["umount", "-q", "-l", home], check=False, stderr=subprocess.DEVNULL)


def make_history(path: Path) -> str:
    """Makes a history with a run, and returns the id of that."""
    with closing(EventStore.open(path)) as store:
        store.begin("old", worker="w", origin="o", time_us=1)
    return "old"


def newer(path: Path) -> None:
    make_history(path)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")


def of_something_else(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE mine (a)")


def no_database(path: Path) -> None:
    path.write_bytes(b"These are my notes. " * 1_000)


def random_head(path: Path) -> None:
    make_history(path)
    overwrite(path, [0.0])


def cut_off(path: Path) -> None:
    make_history(path)
    with open(path, "r+b") as file:
        file.truncate(path.stat().st_size // 3)


def overwrite(path: Path, places: list[float]) -> None:
    """Writes noise at places of a file, each a part of its size."""
    size = path.stat().st_size
    with open(path, "r+b") as file:
        for place in places:
            file.seek(int(size * place))
            file.write(bytes(n * 37 % 251 for n in range(3_000)))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (newer, "Upgrade worker-widget"),
        (of_something_else, "not a history"),
        (no_database, "set_aside"),
        (random_head, "set_aside"),
        (cut_off, "set_aside"),
    ],
)
def test_a_history_that_cannot_be_read_stops_no_run_and_is_left_as_it_is(
    path: Path, make: Callable[[Path], None], words: str
) -> None:
    make(path)
    before = path.read_bytes()
    console = WorkerConsole(two_halves)
    run = expect_in_memory(console, words)
    assert path.read_bytes() == before
    aside = EventStore.set_aside(path)
    assert aside.read_bytes() == before
    expect_stored(path, run, console)
    console.close()


# --- the history fails during a run ---------------------------------------------------------------------


HOLDS_THE_LOCK = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_run_goes_on_while_another_process_locks_the_history(path: Path, console: WorkerConsole) -> None:
    with begun(console) as run:
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLDS_THE_LOCK, path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
    try:
        expect_whole(run)
        assert "Another process is writing" in notice(console)
    finally:
        holder.communicate()
    expect_stored(path, run, console)


def deleted(path: Path) -> None:
    for file in database.database_files(path):
        file.unlink()


def only_the_file_deleted(path: Path) -> None:
    path.unlink()


def moved(path: Path) -> None:
    path.rename(path.with_name("elsewhere.db"))


def folder_moved(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


def replaced(path: Path) -> None:
    other = path.with_name("other.db")
    make_history(other)
    other.replace(path)


def set_aside(path: Path) -> None:
    EventStore.set_aside(path)


@pytest.mark.parametrize("vanish", [deleted, only_the_file_deleted, moved, folder_moved, replaced, set_aside])
def test_a_run_whose_history_vanishes_is_whole_in_the_one_in_its_place(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, vanish: Callable[[Path], None]
) -> None:
    home = own_home / "home"
    monkeypatch.setenv("WORKER_WIDGET_HOME", str(home))
    path = home / "history.db"
    console = WorkerConsole(two_halves)
    shown: list[str] = []
    with begun(console) as run:
        controller = console._session.controller
        run._live.listen(lambda: shown.append(str(run._live.history_error or "")))
        vanish(path)
    expect_whole(run)
    expect_stored(path, run, console)
    assert any("was moved, deleted or replaced" in words for words in shown)
    if vanish is replaced:
        assert shared.shared_store().known_run("old").run_id == "old"
    second = console.run("task").wait(GUARD_S)
    assert second.store.path == path
    assert {run.run_id, second.run_id} <= set(console.history.runs()["run_id"])
    assert controller.shown.form.notice is None
    console.close()


@pytest.mark.parametrize(
    "places", [[0.0], [0.1], [0.3, 0.5], [0.9], [0.0, 0.2, 0.4, 0.6, 0.8], "cut off", "empty"]
)
def test_a_run_whose_history_is_damaged_is_whole_on_screen(
    path: Path, console: WorkerConsole, places: list[float] | str
) -> None:
    with begun(console) as run:
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if isinstance(places, str):
            os.truncate(path, 0 if places == "empty" else 5_000)
        else:
            overwrite(path, places)
    expect_whole(run, damaged=True)
    assert path.exists()
    if run.store.path is None:
        assert "kept in memory" in notice(console)
        aside = EventStore.set_aside(path)
        assert aside.exists()
        expect_stored(path, run, console)

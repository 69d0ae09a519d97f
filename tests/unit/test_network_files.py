"""A home on a network: it is noticed, and the history is kept there without a write-ahead log."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from worker_widget.events import Log, make
from worker_widget.network_files import network_file_system
from worker_widget.store import database
from worker_widget.store.event_store import EventStore

MOUNTS = r"""proc /proc proc rw 0 0
/dev/sda1 / ext4 rw,relatime 0 0
server:/export/home /home nfs4 rw,vers=4.2 0 0
/dev/sdb1 /home/local ext4 rw 0 0
//nas/my\040share /mnt/my\040share cifs rw 0 0
C:\134 /mnt/c 9p rw 0 0
me@host: /home/me/far fuse.sshfs rw 0 0
broken
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me/.local/share", "nfs4"),
        ("/home/local/me", None),
        ("/home/localx", "nfs4"),
        ("/mnt/my share/x", "cifs"),
        ("/mnt/c/Users", "9p"),
        ("/home/me/far/away", "fuse.sshfs"),
        ("/tmp/x", None),
        ("/homes", None),
    ],
)
def test_the_deepest_mount_decides(path: str, kind: str | None) -> None:
    assert network_file_system(Path(path), MOUNTS) == kind


def test_the_machines_own_table_can_be_read(tmp_path: Path) -> None:
    assert network_file_system(tmp_path) in {None, "9p"}  # 9p is the disk of some sandboxes


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "network_file_system", lambda _: "nfs4")


@contextmanager
def history(path: Path) -> Iterator[EventStore]:
    store = EventStore.open(path)
    try:
        yield store
    finally:
        store.close()


def mode(path: Path) -> str:
    db = sqlite3.connect(path)
    (found,) = db.execute("PRAGMA journal_mode").fetchone()
    db.close()
    return str(found)


def write(store: EventStore, run_id: str) -> None:
    store.begin(run_id, worker="w", origin="o", time_us=1)
    store.append(run_id, [make(Log(message="kept", level="info"), run_id=run_id, time=datetime.now(UTC))])


@pytest.mark.usefixtures("network")
def test_a_history_on_a_network_has_no_write_ahead_log(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with history(path) as one, history(path) as other:
        write(one, "a")
        write(other, "b")
        assert [run.run_id for run in one.runs()] == [run.run_id for run in other.runs()]
        assert {run.run_id for run in one.runs()} == {"a", "b"}
        assert {file.name for file in tmp_path.iterdir()} == {"history.db"}
    assert mode(path) == "delete"


def test_a_history_that_is_moved_to_a_network_keeps_what_is_in_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    with history(old / "history.db") as store:
        write(store, "a")
        shutil.copytree(old, new)  # as a killed process leaves it: the events are in the log
    assert (new / "history.db-wal").stat().st_size
    monkeypatch.setattr(database, "network_file_system", lambda _: "nfs4")
    with history(new / "history.db") as store, history(new / "history.db") as second:
        assert [run.run_id for run in second.runs()] == ["a"]
        write(store, "b")
    assert mode(new / "history.db") == "delete"


def test_a_file_system_without_shared_memory_gets_the_other_journal(tmp_path: Path) -> None:
    class NoSharedMemory(sqlite3.Connection):
        def execute(self, statement: str, *rest: object) -> sqlite3.Cursor:  # type: ignore[override]
            if statement == "PRAGMA journal_mode = WAL":
                error = sqlite3.OperationalError("disk I/O error")
                error.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMMAP
                raise error
            return super().execute(statement, *rest)  # type: ignore[arg-type]

    path = tmp_path / "history.db"
    db = sqlite3.connect(path, factory=NoSharedMemory)
    database._choose_journal(db, path)
    db.execute("CREATE TABLE t (x)")
    db.close()
    assert mode(path) == "delete"

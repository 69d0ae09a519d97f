"""The run store, the state file and the lock: what is on disk."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker_widget.host.process import state_file
from worker_widget.host.process.lock import HostLock, LockHeld
from worker_widget.host.process.state_file import HostState
from worker_widget.host.runs import store
from worker_widget.host.runs.runs import INTERRUPTED, fail_interrupted
from worker_widget.host.runs.store import Batch, NewRun, RunEnd, RunStore, StoredEvent, UnusableStore


def new_run(number: int, *, worker: str = "w", request_hash: str = "h") -> NewRun:
    return NewRun(number, f"run-{number}", worker, f"task {number}", "{}", request_hash, number * 1000)


def emitted(count: int, *, after: int = 0, size: int = 10) -> list[StoredEvent]:
    numbers = range(after + 1, after + count + 1)
    return [StoredEvent(seq, "log", b'{"n":%d,"x":"%s"}' % (seq, b"x" * size)) for seq in numbers]


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[RunStore]:
    opened = RunStore.open(tmp_path / "host.db")
    yield opened
    opened.close()


def read_all(runs: RunStore, number: int, after: int = 0) -> list[StoredEvent]:
    found: list[StoredEvent] = []
    while batch := runs.events(number, after):
        found += batch
        after = batch[-1].seq
    return found


class TestEvents:
    @settings(max_examples=60, deadline=None)
    @given(
        sizes=st.lists(st.integers(0, 1500), min_size=1, max_size=6),
        width=st.sampled_from([1, 300, 2000]),
        data=st.data(),
    )
    def test_any_batches_read_back_whole_from_anywhere(
        self, sizes: list[int], width: int, data: st.DataObject
    ) -> None:
        runs = RunStore.open(Path(":memory:"))
        runs.add(new_run(1))
        events = emitted(sum(sizes), size=width)
        at = 0
        for size in sizes:
            runs.write(Batch(events={1: events[at : at + size]}))
            at += size
        after = data.draw(st.integers(0, len(events)))
        assert read_all(runs, 1, after) == events[after:]
        assert runs.last_seq(1) == len(events)
        runs.close()

    def test_one_read_is_bounded_whatever_the_events_weigh(self, runs: RunStore) -> None:
        runs.add(new_run(1))
        large = emitted(40, size=200_000)
        runs.write(Batch(events={1: large}))
        first = runs.events(1, 0)
        assert sum(len(event.raw) for event in first) < 2 * store.ROW_BYTES
        assert read_all(runs, 1) == large

    def test_runs_told_at_once_are_kept_apart(self, runs: RunStore) -> None:
        runs.write(Batch(events={1: emitted(5), 2: emitted(3, size=1)}))
        runs.write(Batch(events={2: emitted(3, after=3), 1: emitted(2, after=5)}))
        assert [event.seq for event in read_all(runs, 1)] == [1, 2, 3, 4, 5, 6, 7]
        assert [event.seq for event in read_all(runs, 2, 2)] == [3, 4, 5, 6]

    def test_a_batch_is_written_whole_or_not_at_all(self, runs: RunStore) -> None:
        runs.add(new_run(1))
        runs.write(Batch(events={1: emitted(3)}))
        again = Batch(events={2: emitted(1), 1: emitted(3)}, ended=[RunEnd(1, "completed", True)])
        with pytest.raises(sqlite3.IntegrityError):
            runs.write(again)
        assert read_all(runs, 2) == []
        found = runs.run("w", "run-1")
        assert found is not None
        assert found.status == "queued"


class TestRuns:
    def test_an_unfinished_run_is_failed_with_the_reason(self, runs: RunStore) -> None:
        for number in (1, 2, 3):
            runs.add(new_run(number))
        runs.write(
            Batch(
                events={1: emitted(4)},
                status={1: "running", 3: "running"},
                ended=[RunEnd(3, "completed", True)],
            )
        )
        assert fail_interrupted(runs) == 2
        for number, last in ((1, 5), (2, 1)):
            found = runs.run("w", f"run-{number}")
            assert found is not None
            assert (found.status, found.success, found.error) == ("failed", False, INTERRUPTED)
            event = read_all(runs, number)[-1]
            assert (event.seq, event.type) == (last, "run_failed")
            assert INTERRUPTED.encode() in event.raw
        assert runs.last_seq(3) == 0
        assert fail_interrupted(runs) == 0

    def test_a_request_is_found_by_its_run_or_by_its_sum(self, runs: RunStore) -> None:
        for number in (1, 2):
            runs.add(new_run(number, request_hash="same"))
        runs.add(new_run(3, request_hash="other"))

        def find(request_hash: str, run_id: str | None, worker: str = "w") -> int | None:
            found = runs.run_of_request(worker, request_hash, run_id)
            return None if found is None else found.number

        assert find("same", "run-2") == 2
        assert find("same", None) == 1
        assert find("same", "run-3") == 1
        assert find("none", "run-1") is None
        assert find("same", "run-1", worker="v") is None

    def test_what_is_stored_is_there_when_opened_again(self, tmp_path: Path) -> None:
        first = RunStore.open(tmp_path / "host.db")
        first.add(new_run(7))
        first.write(Batch(events={7: emitted(2)}))
        again = RunStore.open(tmp_path / "host.db")  # the first is still open, as if it had been killed
        assert again.last_number() == 7
        assert read_all(again, 7) == emitted(2)
        again.close()
        first.close()


class TestOpening:
    def test_a_later_layout_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "host.db"
        RunStore.open(path).close()
        with sqlite3.connect(path) as db:
            db.execute(f"PRAGMA user_version = {store.SCHEMA_VERSION + 1}")
        db.close()
        with pytest.raises(UnusableStore, match="another version"):
            RunStore.open(path)

    def test_a_directory_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(UnusableStore, match="move it away"):
            RunStore.open(tmp_path)


class TestStateFile:
    STATE = HostState(pid=1, port=2, token="secret", version="0", started_at="2026-01-01T00:00:00+00:00")

    def test_it_is_for_its_owner_alone_and_replaces_what_was_there(self, tmp_path: Path) -> None:
        path = tmp_path / "host.json"
        path.write_text("old")
        path.chmod(0o644)
        state_file.write(path, self.STATE)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert state_file.read(path) == self.STATE
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": 1}', b"\xff"])
    def test_nonsense_reads_as_nothing(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "host.json"
        path.write_bytes(content)
        assert state_file.read(path) is None
        assert state_file.read(tmp_path / "missing") is None

    def test_only_its_own_is_removed(self, tmp_path: Path) -> None:
        path = tmp_path / "host.json"
        other = HostState(pid=9, port=2, token="other", version="0", started_at="")
        state_file.write(path, other)
        state_file.remove(path, self.STATE)
        assert state_file.read(path) == other
        state_file.remove(path, other)
        assert not path.exists()

    def test_the_token_is_not_in_the_repr(self) -> None:
        assert "secret" not in repr(self.STATE)


def test_a_lock_is_held_once(tmp_path: Path) -> None:
    with HostLock(tmp_path / "lock"), pytest.raises(LockHeld):
        HostLock(tmp_path / "lock")
    with HostLock(tmp_path / "lock"):
        pass

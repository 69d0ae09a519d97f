"""The event log: what goes in comes out, once, in order, whoever writes and whatever breaks."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.recorded import NAMES, events, recording
from worker_widget.errors import HistoryError, RunUnknown
from worker_widget.events import (
    ArtifactCreated,
    ArtifactDelta,
    ArtifactStarted,
    Event,
    Log,
    Payload,
    PolicyCheck,
    RoutingDecision,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunReconciled,
    RunRequested,
    RunStarted,
    StageStarted,
    decode,
    encode,
    make,
)
from worker_widget.state.incidents import incidents, ledger_rows
from worker_widget.state.reduce import reduce_all
from worker_widget.state.routing_and_ledger import LEDGER_TYPES_OF, routing_rows
from worker_widget.store import blocks_table
from worker_widget.store.artifact_text import assemble
from worker_widget.store.blocks_table import DamageWarning
from worker_widget.store.event_store import EventStore
from worker_widget.store.line_filter import LineFilter
from worker_widget.store.log_index import BLOCK
from worker_widget.store.log_search import LogSearch, PatternError
from worker_widget.store.log_table import StoredLine
from worker_widget.store.run_records import summary

RUN = "6dd8b5a6-01ea-40a3-bb26-c4ea072f1975"
START = datetime(2026, 11, 22, 7, 49, 19, tzinfo=UTC)
SRC = Path(__file__).parents[2] / "src"


def emitted(data: Payload, n: int = 0, *, id: str | None = None) -> Event:
    """An event of the run, ``n`` milliseconds after its start."""
    raw = encode(data, run_id=RUN, time=START + timedelta(milliseconds=n))
    return decode(raw, id=id)


def line(n: int, *, id: str | None = None) -> Event:
    return emitted(Log(message=f"line {n}"), n, id=id)


def begin(
    store: EventStore, run_id: str = RUN, *, time_us: int = 0, worker: str = "business-builder"
) -> None:
    store.begin(run_id, worker=worker, origin="http://127.0.0.1:1", time_us=time_us)


def log_of(store: EventStore, run_id: str = RUN) -> list[Event]:
    logged = list(store.iterate(run_id))
    assert [item.position for item in logged] == list(range(1, len(logged) + 1))
    return [item.event for item in logged]


@pytest.fixture
def store() -> Iterator[EventStore]:
    memory = EventStore.memory()
    begin(memory)
    yield memory
    memory.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture
def opened(path: Path) -> Iterator[Callable[[], EventStore]]:
    """Opens the same file as often as it is called."""
    stores: list[EventStore] = []

    def open_another() -> EventStore:
        stores.append(EventStore.open(path))
        return stores[-1]

    yield open_another
    for one in stores:
        one.close()


# --- events ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_run_is_read_as_it_was_appended(store: EventStore, name: str) -> None:
    reported = events(recording(name))
    logged = store.append(RUN, reported)
    assert [item.event for item in logged] == reported
    assert log_of(store) == reported
    assert reduce_all(store.iterate(RUN)) == reduce_all(logged)


def test_what_no_server_should_send_is_kept_byte_for_byte(store: EventStore) -> None:
    odd = [
        decode(b'{"type": "log", "data": {"message": 7, "level": null}}', "log"),
        decode(b'{"type": "moon_phase", "timestamp": "never", "data": [1, 2]}', "moon_phase"),
        decode(b"not JSON at all \xff\x00", "log"),
        decode(b'"just text"'),
        decode('{"type": "log", "data": {"message": "\\u0000 Ω 🎧"}}'.encode(), "log", "x-1"),
    ]
    store.append(RUN, odd)
    assert log_of(store) == odd
    assert [row.message for row in store.log_rows(RUN)][-1] == "\0 Ω 🎧"


def test_repeated_events_are_left_out_within_a_batch_and_between_batches(store: EventStore) -> None:
    first = store.append(RUN, [line(1), line(2), line(1)])
    assert [item.position for item in first] == [1, 2]
    again = store.append(RUN, [line(2), line(3), line(1), line(3)])
    assert [(item.position, item.event) for item in again] == [(3, line(3))]
    assert store.append(RUN, [line(1), line(2), line(3)]) == []
    assert log_of(store) == [line(1), line(2), line(3)]


def test_an_id_tells_events_of_the_same_content_apart(store: EventStore) -> None:
    twins = [line(1, id="1"), line(1, id="2")]
    store.append(RUN, twins)
    assert store.append(RUN, twins) == []
    assert [event.id for event in log_of(store)] == ["1", "2"]


def test_an_event_with_a_lower_id_than_others_is_not_lost(store: EventStore) -> None:
    store.append(RUN, [line(5, id="5"), line(9, id="9"), line(7, id="seven")])
    store.append(RUN, [line(6, id="6")])
    assert [event.id for event in log_of(store)] == ["5", "9", "seven", "6"]


def test_the_same_event_belongs_to_every_run_that_has_it(store: EventStore) -> None:
    begin(store, "other")
    store.append(RUN, [line(1)])
    assert len(store.append("other", [line(1)])) == 1
    store.append(RUN, [line(2)])
    assert log_of(store, "other") == [line(1)]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 60)), min_size=1, max_size=12),
    st.sampled_from(["none", "numbers", "words"]),
)
def test_any_batches_with_any_repeats_give_the_same_log(cuts: list[tuple[int, int]], ids: str) -> None:
    name: dict[str, Callable[[int], str | None]] = {
        "none": lambda n: None,
        "numbers": str,
        "words": lambda n: f"{n * 7919 % 61:x}-id",
    }
    reported = [line(n if ids == "none" else n // 2, id=name[ids](n)) for n in range(60)]
    store = EventStore.memory()
    try:
        begin(store)
        seen: dict[bytes, Event] = {}
        answered: list[Event] = []
        for start, count in cuts:
            batch = reported[start : start + count]
            answered += [item.event for item in store.append(RUN, batch)]
            for event in batch:
                seen.setdefault(event.key, event)
        assert log_of(store) == list(seen.values()) == answered
    finally:
        store.close()


def test_a_long_run_is_read_in_pages_and_without_what_is_not_wanted(store: EventStore) -> None:
    store.append(RUN, [line(n) if n % 2 else emitted(RunStarted(task=str(n)), n) for n in range(3_000)])
    assert [item.position for item in store.read(RUN, after=1_200, limit=3)] == [1201, 1202, 1203]
    quiet = list(store.iterate(RUN, without=("log",)))
    assert len(quiet) == 1_500
    assert {item.event.type for item in quiet} == {"run_started"}


def test_the_last_stream_id_is_where_to_resume(store: EventStore) -> None:
    assert store.last_id(RUN) is None
    store.append(RUN, [line(1, id="1"), line(2, id="2")])
    store.append(RUN, [emitted(RunCompleted(success=True), 3)])
    assert store.last_id(RUN) == "2"
    assert store.last_id("nobody") is None


def test_a_run_that_is_not_known_is_named(store: EventStore) -> None:
    asked: list[Callable[[], object]] = [
        lambda: store.append("nobody", [line(1)]),
        lambda: store.read("nobody"),
        lambda: list(store.iterate("nobody")),
        lambda: store.log_window("nobody", LineFilter(), 0, 1),
        lambda: store.routing_window("nobody", None, 0, 1),
        lambda: store.artifact_text("nobody", "a.txt"),
        lambda: store.summarise("nobody", status="failed"),
        lambda: store.delete("nobody"),
    ]
    for ask in asked:
        with pytest.raises(RunUnknown, match="'nobody'"):
            ask()
    assert store.run("nobody") is None


# --- several at once -------------------------------------------------------------------------------


def test_two_writers_of_one_run_each_miss_nothing(opened: Callable[[], EventStore]) -> None:
    here, there = opened(), opened()
    begin(here)
    assert len(here.append(RUN, [line(1), line(2)], after=0)) == 2
    there.append(RUN, [line(1), line(2), line(3)])
    news = here.append(RUN, [line(3), line(4)], after=2)
    assert [(item.position, item.event) for item in news] == [(3, line(3)), (4, line(4))]
    assert here.append(RUN, [], after=3) == news[1:]
    assert log_of(there) == [line(1), line(2), line(3), line(4)]


def test_threads_read_while_others_write(opened: Callable[[], EventStore]) -> None:
    store = opened()
    for name in ("a", "b"):
        begin(store, name)
    wrong: list[object] = []
    done = threading.Event()

    def write(name: str) -> None:
        for start in range(0, 2_000, 50):
            store.append(name, [line(n) for n in range(start, start + 50)])

    def read(name: str) -> None:
        while not done.is_set():
            count = len(log_of(store, name))
            total = store.log_total(name, LineFilter(levels=frozenset({"info"})))
            if count % 50 or total < count:
                wrong.append((count, total))

    writers = [threading.Thread(target=write, args=(name,)) for name in ("a", "b")]
    readers = [threading.Thread(target=read, args=(name,)) for name in ("a", "b", "b")]
    for thread in (*writers, *readers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in readers:
        thread.join()
    assert wrong == []
    assert len(log_of(store, "a")) == len(log_of(store, "b")) == 2_000


def python(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Another process; its standard output and error are ours to read."""
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


READER = """
import sys
from pathlib import Path
from worker_widget.store.event_store import EventStore
store = EventStore.open(Path(sys.argv[1]))
print("ready", flush=True)
position = 0
while position < 3_000:
    for logged in store.read(sys.argv[2], after=position):
        assert logged.position == position + 1
        position = logged.position
    assert store.log_total(sys.argv[2]) >= position
store.close()
print("all of it")
"""


def test_other_processes_read_while_one_writes(opened: Callable[[], EventStore], path: Path) -> None:
    store = opened()
    begin(store)
    readers = [python(READER, str(path), RUN) for _ in range(2)]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
    for start in range(0, 3_000, 100):
        store.append(RUN, [line(n) for n in range(start, start + 100)])
    for reader in readers:
        assert reader.communicate(timeout=120) == ("all of it\n", "")


CREATOR = """
import sys
from pathlib import Path
from worker_widget.store.event_store import EventStore
store = EventStore.open(Path(sys.argv[1]))
store.begin(sys.argv[2], worker="w", origin="o", time_us=0)
store.close()
"""


def test_processes_that_make_the_file_at_the_same_moment_share_it(
    opened: Callable[[], EventStore], path: Path
) -> None:
    creators = [python(CREATOR, str(path), f"run {n}") for n in range(4)]
    for creator in creators:
        assert creator.communicate(timeout=120) == ("", "")
    assert len(opened().runs()) == 4


WRITER = """
import sys
from itertools import count
from pathlib import Path
from worker_widget.events import decode
from worker_widget.store.event_store import EventStore
store = EventStore.open(Path(sys.argv[1]))
store.begin(sys.argv[2], worker="w", origin="o", time_us=0)
for n in count(step=400):
    raws = (b'{"type":"log","data":{"message":"%d"}}' % i for i in range(n, n + 400))
    store.append(sys.argv[2], [decode(raw, "log") for raw in raws])
    print(n, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_writer_that_is_killed_leaves_whole_batches(opened: Callable[[], EventStore], path: Path) -> None:
    writer = python(WRITER, str(path), RUN)
    assert writer.stdout is not None
    for _ in range(3):
        writer.stdout.readline()
    os.kill(writer.pid, signal.SIGKILL)
    writer.communicate(timeout=120)
    store = opened()
    count = len(log_of(store))
    assert count >= 1_200
    assert count % 400 == 0
    assert store.log_total(RUN) == count
    assert [item.position for item in store.append(RUN, [line(1)])] == [count + 1]


# --- the file --------------------------------------------------------------------------------------


def test_a_reopened_history_knows_everything(opened: Callable[[], EventStore]) -> None:
    first = opened()
    begin(first, time_us=5)
    reported = events(recording("valid_professional"))
    first.summarise(RUN, **summary(reduce_all(first.append(RUN, reported))))
    first.close()
    again = opened()
    assert log_of(again) == reported
    record = again.known_run(RUN)
    assert (record.status, record.success, record.tokens, record.events) == ("completed", True, 2509, 76)
    assert again.append(RUN, reported) == []


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_only_the_owner_may_read_the_file(opened: Callable[[], EventStore], path: Path) -> None:
    begin(opened())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_default_place_is_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKER_WIDGET_HOME", str(tmp_path / "mine"))
    store = EventStore.open()
    store.close()
    assert store.path == tmp_path / "mine" / "history.db"


def test_a_damaged_file_is_refused_and_can_be_set_aside_whole(
    opened: Callable[[], EventStore], path: Path
) -> None:
    path.write_bytes(b"this is no database " * 500)
    with pytest.raises(HistoryError, match=r"set_aside\(\) renames it \(nothing is deleted\)"):
        opened()
    aside = EventStore.set_aside(path)
    assert aside.read_bytes() == b"this is no database " * 500
    begin(opened())


def test_damage_that_shows_later_is_named(opened: Callable[[], EventStore], path: Path) -> None:
    opened().close()
    tables = path.stat().st_size
    store = opened()
    begin(store)
    store.append(RUN, [line(n) for n in range(2_000)])
    store.close()
    data = bytearray(path.read_bytes())
    assert len(data) > tables
    data[tables:] = os.urandom(len(data) - tables)
    path.write_bytes(data)
    broken = opened()
    with pytest.warns(DamageWarning, match="The events 1 to 2,000 of the run are damaged in the history"):
        assert list(broken.iterate(RUN)) == []


def test_a_history_of_a_newer_version_is_left_alone(opened: Callable[[], EventStore], path: Path) -> None:
    opened().close()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version = 99")
    db.close()
    before = path.read_bytes()
    with pytest.raises(HistoryError, match=r"schema 99.*Upgrade worker-widget"):
        opened()
    assert path.read_bytes() == before


def test_a_history_of_an_older_version_can_be_set_aside(opened: Callable[[], EventStore], path: Path) -> None:
    opened().close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 1")
    db.close()
    with pytest.raises(HistoryError, match=r"older worker-widget \(schema 1.*set_aside\(\) renames it"):
        opened()
    EventStore.set_aside(path)
    begin(opened())


def test_a_database_of_somebody_else_is_left_alone(opened: Callable[[], EventStore], path: Path) -> None:
    db = sqlite3.connect(path)
    db.execute("CREATE TABLE cakes (name)")
    db.close()
    before = path.read_bytes()
    with pytest.raises(HistoryError, match="not a history"):
        opened()
    assert path.read_bytes() == before


def test_a_place_that_cannot_hold_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HistoryError, match="WORKER_WIDGET_HOME"):
        EventStore.open(tmp_path / "file" / "history.db")


def test_a_closed_history_says_so(opened: Callable[[], EventStore]) -> None:
    store = opened()
    store.close()
    store.close()
    with pytest.raises(HistoryError, match="has been closed"):
        store.runs()
    with pytest.raises(HistoryError, match="has been closed"):
        begin(store)


# --- runs ------------------------------------------------------------------------------------------


def test_a_request_is_no_event_of_the_stream(store: EventStore) -> None:
    store.append(RUN, [emitted(RunRequested(task="Bread", depth="deep"))])
    assert store.last_id(RUN) is None, "the stream is resumed as if the request were not there"


def test_runs_come_newest_first_filtered_and_page_by_page(store: EventStore) -> None:
    for n, (worker, status) in enumerate([("a", "failed"), ("b", "completed"), ("a", "completed")], start=1):
        begin(store, f"run {n}", time_us=n * 10, worker=worker)
        store.summarise(f"run {n}", status=status)

    def ids(*arguments: object, **conditions: object) -> list[str]:
        return [record.run_id for record in store.runs(*arguments, **conditions)]  # type: ignore[arg-type]

    assert ids() == ["run 3", "run 2", "run 1", RUN]
    assert ids(2) == ["run 3", "run 2"]
    assert ids(2, before="run 2") == ["run 1", RUN]
    assert ids(status="completed") == ["run 3", "run 2"]
    assert ids(status=["failed", "queued"]) == ["run 1", RUN]
    assert ids(worker="a", since_us=11) == ["run 3"]
    assert ids(status="no such") == []


def test_a_run_begun_again_keeps_what_is_known(store: EventStore) -> None:
    store.begin("x", worker="a", origin="http://one", task="first", time_us=1)
    store.append("x", [line(1)])
    store.begin("x", worker="a", origin="http://two", task="second", time_us=9)
    record = store.known_run("x")
    assert (record.task, record.created_us, record.origin, record.events) == ("first", 1, "http://two", 1)


def test_no_secret_of_an_address_is_kept(store: EventStore) -> None:
    store.begin("x", worker="a", origin="https://me:s3cret@host:1/api?key=s3cret#s3cret", time_us=1)
    assert store.known_run("x").origin == "https://host:1/api"
    store.begin("x", worker="a", origin="embedded host", time_us=1)
    assert store.known_run("x").origin == "embedded host"


@pytest.mark.parametrize(
    ("data", "status", "success", "error"),
    [
        (RunCompleted(success=True), "completed", True, None),
        (RunFailed(success=False, error="Ω\n'--"), "failed", False, "Ω\n'--"),
        (RunCancelled(reason="Stopped on request."), "cancelled", False, "Stopped on request."),
        (RunReconciled(status="interrupted", success=False, error="gone"), "interrupted", False, "gone"),
        (RunReconciled(status="running"), "queued", None, None),
    ],
)
def test_the_event_that_ends_a_run_ends_its_record_if_the_process_is_killed_then(
    store: EventStore, data: Payload, status: str, success: bool | None, error: str | None
) -> None:
    begin(store)
    store.append(RUN, [line(1), emitted(data, 2)])
    record = store.known_run(RUN)
    assert (record.status, record.success, record.error) == (status, success, error)
    store.append(RUN, [emitted(RunCompleted(success=True), 3)])
    assert store.known_run(RUN).status == ("completed" if status == "queued" else status)


def test_a_summary_holds_whatever_a_server_says(store: EventStore) -> None:
    token = {"plan_id": "p", "seed": 7, "stages": ["ux"]}
    store.summarise(RUN, tokens=10**30, replay_token=token, error="Ω\n'--", success=False, latency_ms=1.5)
    record = store.known_run(RUN)
    assert record.tokens == 2**63 - 1
    assert (record.replay_token, record.error, record.success) == (token, "Ω\n'--", False)
    store.summarise(RUN, status="failed")
    assert store.known_run(RUN).replay_token == token


def incompressible(number: int) -> str:
    return "".join(sha256(f"{number} {part}".encode()).hexdigest() for part in range(4))


def test_a_deleted_run_is_gone_and_its_room_given_back(opened: Callable[[], EventStore]) -> None:
    store = opened()
    begin(store)
    begin(store, "kept")
    store.append("kept", [line(1)])
    store.append(RUN, [emitted(Log(message=incompressible(n)), n) for n in range(3_000)])
    full = store.size()
    store.delete(RUN)
    assert store.run(RUN) is None
    assert store.size() < full / 10
    assert log_of(store, "kept") == [line(1)]
    begin(store)
    assert log_of(store) == []
    assert [item.position for item in store.append(RUN, [line(1)])] == [1]


def test_a_deletion_that_was_interrupted_is_finished_by_the_next(
    opened: Callable[[], EventStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened()
    begin(store)
    begin(store, "small")
    store.append(RUN, [emitted(Log(message=incompressible(n)), n) for n in range(5_000)])
    full = store.size()

    def killed(*arguments: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(store, "_delete_some", killed)
        with pytest.raises(KeyboardInterrupt):
            store.delete(RUN)
    assert store.run(RUN) is None
    assert store.size() > full / 2
    store.delete("small")
    assert store.size() < full / 10


# --- the log ---------------------------------------------------------------------------------------

LEVELS = ("debug", "info", "info", "info", "warning", "error")
TEXTS = ("Übergang {}", "plain words {}", "100% _sure_ {}", "a\0b {}", "größe ΩMEGA {}")
LINES = BLOCK * 2 + 700


def long_log() -> list[Event]:
    """More than two blocks of lines, and events between them that have none."""
    reported = []
    for n in range(LINES):
        stage, agent = ("copy" if n > BLOCK else "ux"), ("one" if n % 3 else None)
        message = TEXTS[n % len(TEXTS)].format(n)
        data = Log(stage_id=stage, agent=agent, message=message, level=LEVELS[n * 7 % 6])
        reported.append(emitted(data, n))
        if n % 10 == 0:
            reported.append(emitted(RunStarted(task=str(n)), n))
    return reported


@pytest.fixture(scope="module")
def long() -> Iterator[EventStore]:
    store = EventStore.memory()
    begin(store)
    store.append(RUN, long_log())
    yield store
    store.close()


def saying(text: str, *, case_sensitive: bool = False, **parts: Any) -> LineFilter:
    search = LogSearch(text=text, case_sensitive=case_sensitive)
    return LineFilter(searches=frozenset({search}), **parts)


def pattern(text: str, *, case_sensitive: bool = False, **parts: Any) -> LineFilter:
    search = LogSearch(text=text, regex=True, case_sensitive=case_sensitive)
    return LineFilter(searches=frozenset({search}), **parts)


FILTERS: list[tuple[LineFilter, Callable[[StoredLine], bool]]] = [
    (LineFilter(), lambda row: True),
    (LineFilter(levels=frozenset({"error"})), lambda row: row.level == "error"),
    (
        LineFilter(levels=frozenset({"error", "warning"}), stage_id="ux"),
        lambda row: row.level in ("error", "warning") and row.stage_id == "ux",
    ),
    (LineFilter(levels=frozenset()), lambda row: False),
    (saying("WORDS", agent="one"), lambda row: row.agent == "one" and "words" in row.message),
    (saying("übergang"), lambda row: row.message.startswith("Übergang")),
    (saying("Übergang", case_sensitive=True), lambda row: row.message.startswith("Übergang")),
    (saying("übergang", case_sensitive=True), lambda row: False),
    (saying("GRÖSSE"), lambda row: False),
    (saying("GRÖßE ωmega 4"), lambda row: row.message.startswith("größe ΩMEGA 4")),
    (saying("% _"), lambda row: "% _" in row.message),
    (saying("\0B"), lambda row: "\0b" in row.message),
    (saying("words 4001"), lambda row: row.message == "plain words 4001"),
    (
        saying("PLAIN WORDS 4", levels=frozenset({"error"})),
        lambda row: bool(row.level == "error" and row.message.startswith("plain words 4")),
    ),
    (pattern(r"words \d{3,4}$"), lambda row: bool(re.search(r"words \d{3,4}$", row.message))),
    (pattern(r"(?i)ωMEGA\s+\d*7\b"), lambda row: bool(re.search(r"ΩMEGA \d*7$", row.message))),
    (pattern("_SURE_", case_sensitive=True), lambda row: False),
    (pattern("(?<!plain )words"), lambda row: False),
    (pattern("."), lambda row: True),
    (LineFilter(stage_id="nowhere"), lambda row: False),
]


@pytest.mark.parametrize(("filter", "matches"), FILTERS)
def test_a_window_shows_exactly_the_lines_that_match(
    long: EventStore, filter: LineFilter, matches: Callable[[StoredLine], bool]
) -> None:
    rows = [row for row in long.log_rows(RUN) if matches(row)]
    assert long.log_total(RUN, filter) == len(rows)
    assert list(long.log_rows(RUN, filter)) == rows
    for start in (0, 1, 700, BLOCK - 1, BLOCK, len(rows) - 3, len(rows), len(rows) + 5, -2):
        window = long.log_window(RUN, filter, start, 9)
        at = min(max(start, 0), len(rows))
        assert (window.total, window.start, window.rows) == (len(rows), at, rows[at : at + 9])
    for position in (0, 1, 50, 5_000, LINES * 2):
        before = sum(row.position < position for row in rows)
        assert long.log_index(RUN, filter, long.log_line_at_position(RUN, position)) == before


def test_lines_are_numbered_and_say_where_they_come_from(long: EventStore) -> None:
    rows = list(long.log_rows(RUN))
    assert [row.line for row in rows] == list(range(1, LINES + 1))
    reported = {item.position: item.event for item in long.iterate(RUN)}
    for row in rows[:: BLOCK // 3]:
        event = reported[row.position]
        assert isinstance(event.data, Log)
        assert (event.data.message, event.time_us, event.data.agent) == (row.message, row.time_us, row.agent)


def test_counts_stay_right_while_the_log_grows(store: EventStore) -> None:
    filter = saying("5")
    expected = 0
    for start in range(0, BLOCK * 2, 900):
        batch = range(start, start + 900)
        store.append(RUN, [line(n) for n in batch])
        expected += sum("5" in str(n) for n in batch)
        assert store.log_total(RUN, filter) == expected
    last = store.log_window(RUN, filter, expected - 2, 9).rows
    assert [row.message for row in last] == ["line 8985", "line 8995"]


def test_a_log_is_looked_through_a_little_at_a_time(long: EventStore) -> None:
    filter = pattern(r"words \d+7$")
    expected = [row for row in long.log_rows(RUN) if re.search(r"words \d+7$", row.message)]
    begun = long.log_scan(RUN, filter, 0)
    assert (begun.count, begun.scanned, begun.of, begun.done) == (0, 0, LINES, False)
    assert long.log_window(RUN, filter, 0, 5, 0).rows == []
    steps = [begun]
    while not steps[-1].done:
        steps.append(long.log_scan(RUN, filter, 1e-9))
        shown = long.log_window(RUN, filter, 0, LINES, 0)
        assert shown.rows == expected[: shown.total]
        assert shown.total == steps[-1].count
    assert [step.scanned for step in steps] == sorted({step.scanned for step in steps})
    assert (steps[-1].count, steps[-1].scanned) == (len(expected), LINES)


def test_a_pattern_that_never_ends_stops_at_its_line(store: EventStore) -> None:
    store.append(RUN, [line(n) for n in range(50)])
    store.append(RUN, [emitted(Log(message="a" * 3_000), 60), emitted(Log(message="aab"), 61)])
    filter = pattern(r"(a+)+\1b$")
    progress = store.log_scan(RUN, filter, 60)
    assert progress.done
    assert progress.error is not None
    assert "on line 51 of the log" in progress.error
    with pytest.raises(PatternError, match="line 51"):
        store.log_total(RUN, filter)
    assert store.log_total(RUN, pattern("aab$")) == 1


def test_a_bad_pattern_is_told_even_of_an_empty_log(store: EventStore) -> None:
    assert "column 2" in (store.log_scan(RUN, pattern("("), 0).error or "")


@pytest.mark.parametrize(
    "extra", [LineFilter(levels=frozenset({"error"})), saying("4"), pattern("7$"), saying("no")]
)
@pytest.mark.parametrize(
    "filter", [LineFilter(), LineFilter(stage_id="ux", levels=frozenset({"info", "error"}))]
)
def test_the_next_line_that_is_wanted_is_the_nearest(
    long: EventStore, filter: LineFilter, extra: LineFilter
) -> None:
    shown = list(long.log_rows(RUN, filter))
    passing = {row.line for row in long.log_rows(RUN, extra)}
    wanted = [i for i, row in enumerate(shown) if row.line in passing]
    for start in (-1, 0, 1, 17, 900, len(shown) - 1, len(shown), len(shown) + 5):
        for direction in (1, -1):
            found = long.log_next(RUN, filter, extra, start, direction)
            if not wanted:
                assert (found.index, found.nth, found.of) == (None, 0, 0)
                continue
            after = [i for i in wanted if i > start] or wanted
            before = [i for i in wanted if i < start] or wanted
            expected = after[0] if direction > 0 else before[-1]
            assert (found.index, found.nth, found.of) == (expected, wanted.index(expected) + 1, len(wanted))


def test_filters_that_contradict_each_other_let_nothing_through(long: EventStore) -> None:
    ux, copy = LineFilter(stage_id="ux"), LineFilter(stage_id="copy")
    assert long.log_total(RUN, ux.combined(copy)) == 0
    assert ux.combined(LineFilter()) == LineFilter().combined(ux) == ux
    errors, more = LineFilter(levels=frozenset({"error"})), LineFilter(levels=frozenset({"error", "info"}))
    assert errors.combined(more) == more.combined(errors) == errors


def test_facets_count_the_lines_of_each_agent_and_stage(store: EventStore) -> None:
    def reported(stage: str | None, agent: str | None, n: int) -> Event:
        return emitted(Log(message="x", stage_id=stage, agent=agent), n)

    store.append(RUN, [reported("ux", "b", 1), reported("copy", "a", 2), reported(None, None, 3)])
    assert list(store.log_facets(RUN).agents.items()) == [("b", 1), ("a", 1)]
    store.append(RUN, [reported("ux", "a", 4), reported("ux", None, 5)])
    facets = store.log_facets(RUN)
    assert list(facets.agents.items()) == [("b", 1), ("a", 2)]
    assert list(facets.stages.items()) == [("ux", 3), ("copy", 1)]


def test_a_moment_is_found_in_the_log(long: EventStore) -> None:
    start_us = round(START.timestamp() * 1_000_000)
    for n in (0, 1, 500, LINES - 1):
        assert long.log_line_at_time(RUN, start_us + n * 1_000) == n + 1
    assert long.log_line_at_time(RUN, start_us + 1) == 2
    assert long.log_line_at_time(RUN, start_us - 5) == 1
    assert long.log_line_at_time(RUN, start_us + 10**12) == LINES + 1


def test_a_moment_is_found_among_lines_that_tell_no_time(store: EventStore) -> None:
    timeless = [decode(b'{"type": "log", "data": {"message": "%d"}}' % n, "log", f"t{n}") for n in range(9)]
    store.append(RUN, [*timeless[:3], line(1), *timeless[3:6], line(5), *timeless[6:]])
    start_us = round(START.timestamp() * 1_000_000)
    assert store.log_line_at_time(RUN, start_us + 1_000) == 4
    assert store.log_line_at_time(RUN, start_us + 2_000) == 8


def test_a_message_is_plain_and_kept_as_it_came(store: EventStore) -> None:
    raw = "\x1b[31mred\x1b[0m and \x1b]8;;http://a\x1b\\linked\x1b]8;;\x1b\\ Ω"
    store.append(RUN, [emitted(Log(message=raw)), line(1)])
    first, second = store.log_rows(RUN)
    assert (first.message, first.styled) == ("red and linked Ω", raw)
    assert (second.message, second.styled) == ("line 1", None)
    assert store.log_total(RUN, saying("RED AND LINKED")) == 1
    assert store.log_total(RUN, saying("[31m")) == 0


def test_very_long_messages_are_whole_and_searched(store: EventStore) -> None:
    long_text = "x" * 500_000 + " the end"
    styled = "\x1b[1m" + "y" * 20_000
    store.append(RUN, [line(1), emitted(Log(message=long_text), 2), emitted(Log(message=styled), 3)])
    assert [row.message for row in store.log_rows(RUN)] == ["line 1", long_text, "y" * 20_000]
    assert [row.styled for row in store.log_rows(RUN)] == [None, None, styled]
    assert [row.line for row in store.log_rows(RUN, pattern("END$"))] == [2]
    assert [row.line for row in store.log_rows(RUN, saying("THE END"))] == [2]


# --- artifacts -------------------------------------------------------------------------------------


def started(n: int) -> Event:
    return emitted(ArtifactStarted(artifact_name="page", artifact_type="html"), n)


def delta(n: int, text: str, offset: int | None) -> Event:
    return emitted(ArtifactDelta(artifact_name="page", artifact_type="html", text=text, offset=offset), n)


def created(n: int, content: str | None) -> Event:
    return emitted(ArtifactCreated(artifact_name="page", artifact_type="html", content=content), n)


def follow(store: EventStore, reported: list[Event], step: int) -> tuple[str, bool]:
    """What a reader has who reads on after every ``step`` events."""
    text, position, done = "", 0, False
    for start in range(0, len(reported), step):
        store.append(RUN, reported[start : start + step])
        for chunk in store.artifact_chunks(RUN, "page.html", position):
            if chunk.reset:
                text = ""
            assert chunk.offset is None or chunk.offset == len(text)
            text += chunk.text
            position, done = chunk.position, chunk.done
    return text, done


@pytest.mark.parametrize("step", [1, 3, 100])
def test_an_artifact_grows_as_it_is_told_and_ends_as_its_content(store: EventStore, step: int) -> None:
    words = [f"wörd🎧{n} " for n in range(20)]
    offsets = [sum(map(len, words[:n])) for n in range(20)]
    reported = [started(0), *(delta(n + 1, word, offsets[n]) for n, word in enumerate(words))]
    assert follow(store, reported, step) == ("".join(words), False)
    assert store.artifact_text(RUN, "page.html") == "".join(words)
    begin(store)
    store.append(RUN, [created(50, "".join(words))])
    (end,) = store.artifact_chunks(RUN, "page.html", len(reported))
    assert (end.text, end.reset, end.done) == ("", False, True)


@pytest.mark.parametrize("step", [1, 4])
def test_a_rewritten_artifact_is_drawn_anew(store: EventStore, step: int) -> None:
    reported = [
        *(started(0), delta(1, "first", 0), created(2, "first version")),
        *(started(3), delta(4, "second ", 0), delta(5, "one", None)),
    ]
    assert follow(store, reported, step) == ("second one", False)
    assert store.artifact_text(RUN, "page.html") == "second one"


def test_the_newest_version_is_read_without_those_before(store: EventStore) -> None:
    versions = [
        *(started(0), delta(1, "first", 0), created(2, "first")),
        created(3, "first and more"),  # it continues the version before, and is one of its own
        *(started(4), delta(5, "third", 0), delta(6, "!", 5)),
    ]
    state = reduce_all(store.append(RUN, versions))
    assert (state.artifacts[0].begun, state.artifacts[0].position) == (5, 7)
    chunks = store.artifact_chunks(RUN, "page.html", begun=5)
    assert [(part.position, part.text) for part in chunks] == [(5, ""), (6, "third"), (7, "!")]
    before = store.state_at(RUN, 4).artifacts[0]
    assert (before.version, before.begun) == (2, 4)
    (whole,) = store.artifact_chunks(RUN, "page.html", begun=4, upto=4)
    assert (whole.offset, whole.text, whole.done) == (0, "first and more", True)


def test_content_that_differs_from_its_pieces_replaces_them(store: EventStore) -> None:
    reported = [started(0), delta(1, "abc", 0), created(2, "xyz")]
    assert follow(store, reported, 2) == ("xyz", True)
    assert store.artifact_text(RUN, "page.html") == "xyz"


def test_content_that_never_came_is_none_and_pieces_stand_without_it(store: EventStore) -> None:
    store.append(RUN, [created(0, None)])
    assert store.artifact_text(RUN, "page.html") is None
    store.append(RUN, [started(1), delta(2, "kept", 0), created(3, None)])
    assert store.artifact_text(RUN, "page.html") == "kept"
    assert store.artifact_text(RUN, "other.html") is None
    assert [chunk.done for chunk in store.artifact_chunks(RUN, "page.html")] == [True, False, False, True]


def test_reading_can_stop_and_go_on_when_it_has_enough(store: EventStore) -> None:
    store.append(RUN, [started(0), *(delta(n, "x" * 10, n * 10 - 10) for n in range(1, 9))])
    first = store.artifact_chunks(RUN, "page.html", stop_chars=25)
    assert sum(len(chunk.text) for chunk in first) == 30
    rest = store.artifact_chunks(RUN, "page.html", first[-1].position)
    assert sum(len(chunk.text) for chunk in rest) == 50


def test_pieces_out_of_order_or_told_twice_make_one_text() -> None:
    assert assemble([(0, "ab"), (4, "ef"), (2, "cd")]) == "abcdef"
    assert assemble([(0, "ab"), (0, "ab"), (1, "bc")]) == "abc"
    assert assemble([(None, "ab"), (None, "c"), (3, "d")]) == "abcd"
    assert assemble([(0, "ab"), (9, "z")]) == "abz"
    assert assemble([]) == ""


def test_a_worker_may_call_an_artifact_by_its_file_name(store: EventStore) -> None:
    store.append(RUN, [emitted(ArtifactCreated(artifact_name="n.md", artifact_type="md", content="x"))])
    assert store.artifact_text(RUN, "n.md") == "x"


def test_a_run_made_here_reads_like_one_from_the_wire(store: EventStore) -> None:
    event = make(Log(message="ours"), run_id=RUN, time=START)
    store.append(RUN, [event])
    assert json.loads(log_of(store)[0].raw)["data"]["message"] == "ours"


# --- the state and the rows of a run ----------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_rows_and_incidents_are_those_of_the_events(store: EventStore, name: str) -> None:
    logged = store.append(RUN, events(recording(name)))
    assert list(store.ledger_rows(RUN)) == list(ledger_rows(logged))
    assert list(store.routing_rows(RUN)) == list(routing_rows(logged))
    assert list(store.incidents(RUN)) == list(incidents(logged))
    for kind, types in LEDGER_TYPES_OF.items():
        expected = [row for row in ledger_rows(logged) if row.kind == kind]
        assert list(store.ledger_rows(RUN, types)) == expected
    assert [event.raw for event in store.raw_events(RUN)] == [item.event.raw for item in logged]


@pytest.mark.parametrize("name", NAMES)
def test_a_kept_state_is_continued_with_the_events_after_it(store: EventStore, name: str) -> None:
    told = events(recording(name))
    logged = store.append(RUN, told[:-2])
    state = reduce_all(logged)
    assert store.state(RUN) == state
    store.keep_state(RUN, state)
    assert store.state(RUN) == state
    rest = store.append(RUN, told[-2:])
    assert store.state(RUN) == reduce_all(rest, state)
    assert store.state(RUN, state) == store.state(RUN) == reduce_all(store.iterate(RUN))


def test_a_kept_state_of_another_form_is_made_again(opened: Callable[[], EventStore], path: Path) -> None:
    store = opened()
    begin(store)
    state = reduce_all(store.append(RUN, events(recording(NAMES[0]))))
    with sqlite3.connect(path) as db:
        db.execute("""UPDATE runs SET state = '{"position": "no number"}'""")
    db.close()
    assert store.state(RUN) == state


# --- a stage and the stages inside it ---------------------------------------------------------------


def test_a_filter_for_a_stage_includes_the_stages_inside_it(store: EventStore) -> None:
    def inside(stage_id: str, parent_id: str | None, at: int) -> list[Event]:
        return [
            emitted(StageStarted(stage_id=stage_id, parent_id=parent_id), at),
            emitted(Log(message=f"in {stage_id}", stage_id=stage_id), at),
            emitted(RoutingDecision(stage_id=stage_id, selected_agent=stage_id), at),
            emitted(PolicyCheck(stage_id=stage_id, passed=True), at),
            emitted(PolicyCheck(stage_id=stage_id, policy=stage_id, passed=False), at),
        ]

    store.append(RUN, [*inside("outer", None, 0), *inside("inner", "outer", 1), *inside("leaf", "inner", 2)])
    store.append(RUN, inside("other", None, 3))
    for stage_id, expected in {
        "outer": ["outer", "inner", "leaf"],
        "inner": ["inner", "leaf"],
        "leaf": ["leaf"],
        "other": ["other"],
        "unknown": [],
    }.items():
        lines = store.log_window(RUN, LineFilter(stage_id=stage_id), 0, 9).rows
        assert [line.message for line in lines] == [f"in {name}" for name in expected]
        assert [row.agent for row in store.routing_window(RUN, stage_id, 0, 9).rows] == expected
        incidents_of = store.incident_window(RUN, stage_id, 0, 9)
        assert sorted(item.stage_id or "" for item in incidents_of.rows) == sorted(expected)
        assert incidents_of.passed == len(expected)
        assert store.ledger_window(RUN, 0, stage_id, 0, 9).total == len(expected)
    late = inside("late", "leaf", 4)
    store.append(RUN, late)
    assert store.log_total(RUN, LineFilter(stage_id="outer")) == 4


def test_a_file_that_does_not_describe_its_tables_any_more_is_read_as_before(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with closing(EventStore.open(path)) as store:
        begin(store)
        store.append(RUN, [created(0, "before")])
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA writable_schema = ON")
            db.execute("UPDATE sqlite_schema SET sql = 'damaged' WHERE name = 'runs'")
            db.commit()
        with pytest.raises(HistoryError):
            EventStore.open(path)
        store.append(RUN, [created(1, "after")])
        assert store.artifact_text(RUN, "page.html") == "after"
        assert [item.position for item in store.iterate(RUN)] == [1, 2]


def test_such_a_file_is_searched_too_and_nothing_waits_for_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks_table, "SEALED_EVENTS", 4)
    monkeypatch.setattr(blocks_table, "_SIZES", (2, 4))
    path = tmp_path / "history.db"
    with closing(EventStore.open(path)) as store:
        begin(store)
        lines = [make(Log(message=f"found {n}"), run_id=RUN, time=datetime.now(UTC)) for n in range(40)]
        for line in lines:
            store.append(RUN, [line])
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA writable_schema = ON")
            db.execute("UPDATE sqlite_schema SET sql = 'damaged' WHERE name = 'runs'")
            db.commit()
        store._db._close_idle()
        found: list[int] = []
        filter = LineFilter(searches=frozenset({LogSearch(text="found")}))
        searching = threading.Thread(target=lambda: found.append(store.log_total(RUN, filter)), daemon=True)
        searching.start()
        searching.join(60)
        assert found == [40]

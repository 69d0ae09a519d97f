"""A long export is made by a process of its own: the same bytes and errors, and nothing is left of it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psutil
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.recorded import NAMES, events, recording
from worker_widget import RunHistory, WorkerWidgetError
from worker_widget.events import Event, Log, RunCompleted, decode, make
from worker_widget.runs import progress_line
from worker_widget.runs.export import ExportFormat, exporter
from worker_widget.runs.export import process as process_module
from worker_widget.runs.export.exporter import Exporter
from worker_widget.runs.export.process import ExportProcess
from worker_widget.runs.export.process_messages import ExportFailure, failure, raised
from worker_widget.runs.export.run_export import RunExport
from worker_widget.runs.verifying import verify
from worker_widget.state.reduce import reduce_all
from worker_widget.store.blocks_table import SEALED_EVENTS, DamageWarning
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_records import summary

MOMENT = datetime(2026, 11, 23, 8, tzinfo=UTC)
RUN = "failure_strategy"
LONG = "long"
LINES = 5_000
GUARD_S = 120.0
FORMATS: tuple[ExportFormat, ...] = ("html", "json", "txt", "csv", "spreadsheet", "md", "ipynb", "otlp")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A history with the recorded runs, and one that is long."""
    path = tmp_path_factory.mktemp("history") / "history.db"
    store = EventStore.open(path)
    for name in NAMES:
        put(store, name, events(recording(name)))
    lines = [make(Log(message=f"line {number} " * 20), run_id=LONG, time=MOMENT) for number in range(LINES)]
    put(store, LONG, [*lines, make(RunCompleted(success=True), run_id=LONG, time=MOMENT)])
    store.close()
    return path


@pytest.fixture(autouse=True)
def _long(monkeypatch: pytest.MonkeyPatch) -> None:
    """An export is long soon, and the exports of the test before have ended."""
    monkeypatch.setattr(exporter, "LONG_ROWS", 2 * LINES)
    until(lambda: not children())


@pytest.fixture
def store(path: Path) -> Iterator[EventStore]:
    opened = EventStore.open(path)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def process() -> Iterator[ExportProcess]:
    """A process for several tests, which `children` does not count."""
    started = ExportProcess.started()
    assert started is not None
    _shared.extend(children())
    yield started
    started.end()


def put(store: EventStore, run_id: str, reported: list[Event]) -> None:
    store.begin(run_id, worker="business-builder", origin="http://127.0.0.1:8000", time_us=1)
    parts = [reported[at : at + SEALED_EVENTS] for at in range(0, len(reported), SEALED_EVENTS)]
    logged = [item for part in parts for item in store.append(run_id, part)]
    store.summarise(run_id, **summary(reduce_all(logged)))


def children() -> list[psutil.Process]:
    """The processes that export for this one."""
    return [child for child in psutil.Process().children() if child not in _shared and _exports(child)]


def _exports(process: psutil.Process) -> bool:
    try:
        return "process_main" in " ".join(process.cmdline())
    except psutil.Error:
        return False


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + GUARD_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


_shared: list[psutil.Process] = []


def nothing(share: float) -> None:
    """Shows no progress."""


# --- what it makes ---------------------------------------------------------------------------------


def test_every_format_has_the_bytes_that_are_made_here(store: EventStore, process: ExportProcess) -> None:
    for format in FORMATS:
        for run_id in (RUN, NAMES[0]):
            export = RunExport(((store, run_id),), format, MOMENT)
            there = b"".join(process.pieces(export, nothing, None))
            assert there == b"".join(export.pieces()), format


def test_a_report_of_several_runs_has_the_same_bytes(store: EventStore, process: ExportProcess) -> None:
    runs = ((store, RUN), (store, NAMES[0]))
    export = RunExport(runs, "html", MOMENT, 900_000, ("<details>both</details>\n", ["a difference"]))
    assert b"".join(process.pieces(export, nothing, None)) == b"".join(export.pieces())


def test_a_text_of_any_characters_has_the_same_bytes(tmp_path: Path, process: ExportProcess) -> None:
    store = EventStore.open(tmp_path / "history.db")
    odd = {"type": "log", "data": {"message": "\ud800 \u202e \x00 é 漢 🙂"}}
    put(store, "odd", [decode(json.dumps(odd).encode(), "log"), decode(b"\xff\xfe", "log")])
    for format in ("json", "txt", "csv"):
        export = RunExport(((store, "odd"),), format, MOMENT)
        assert b"".join(process.pieces(export, nothing, None)) == b"".join(export.pieces())
    store.close()


def test_the_progress_arrives(store: EventStore, process: ExportProcess) -> None:
    shares: list[float] = []
    for _ in process.pieces(RunExport(((store, LONG),), "json", MOMENT), shares.append, None):
        pass
    assert len(shares) > 10
    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] <= 1


def test_a_signature_is_made_here_and_the_key_stays(store: EventStore, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes(
        ed25519.Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    history = RunHistory(store)
    checked = verify(history.export(LONG, "json", tmp_path / "run.json", sign=key), key=key)
    assert checked.accepted, checked
    assert checked.signed_by is not None


def test_a_text_and_files_of_many_runs_are_made_by_it(store: EventStore, tmp_path: Path) -> None:
    history = RunHistory(store)
    text = history.export(LONG, "csv")
    paths = history.export([LONG, *NAMES], "csv", tmp_path)
    assert paths[0].read_bytes().decode() == text == "".join(exported(store, LONG))
    for path, name in zip(paths[1:], NAMES, strict=True):
        assert path.read_bytes().decode() == "".join(exported(store, name))
    until(lambda: not children())


def exported(store: EventStore, run_id: str) -> Iterator[str]:
    for piece in RunExport(((store, run_id),), "csv").pieces():
        yield piece.decode()


# --- when it is used -------------------------------------------------------------------------------


def test_long_exports_of_files_have_a_process_of_low_priority(store: EventStore, path: Path) -> None:
    with Exporter([(store, LONG)]):
        (child,) = children()
        until(lambda: child.nice() > psutil.Process().nice())
    with Exporter([(store, RUN)]):
        until(lambda: not children())


def test_many_short_exports_together_are_long(store: EventStore, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = sum(store.known_run(name).events + store.known_run(name).lines for name in NAMES)
    monkeypatch.setattr(exporter, "LONG_ROWS", rows)
    with Exporter([(store, name) for name in NAMES]):
        assert len(children()) == 1
    with Exporter([(store, name) for name in NAMES[1:]]):
        until(lambda: not children())


def test_few_events_of_many_bytes_are_long(store: EventStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporter, "LONG_BYTES", store.event_bytes(RUN))
    with Exporter([(store, RUN)]):
        assert len(children()) == 1
    monkeypatch.setattr(exporter, "LONG_BYTES", store.event_bytes(RUN) + 1)
    with Exporter([(store, RUN)]):
        until(lambda: not children())


def test_a_history_in_memory_and_one_that_was_replaced_are_read_here(tmp_path: Path) -> None:
    run = [make(Log(message=f"line {number}"), run_id="r", time=MOMENT) for number in range(LINES)]
    memory = EventStore.memory()
    moved = EventStore.open(tmp_path / "history.db")
    for store in (memory, moved):
        put(store, "r", run)
    moved.known_run("r")
    (tmp_path / "history.db").rename(tmp_path / "old.db")
    for store in (memory, moved):
        with Exporter([(store, "r")]) as made:
            assert not children()
            pieces = made.pieces(RunExport(((store, "r"),), "csv"))
            assert b"".join(pieces).count(b"\n") == LINES + 1
        store.close()
    assert not (tmp_path / "history.db").exists()


@pytest.mark.parametrize("interpreter", ["", "/nowhere/python", "/bin/false", "/bin/cat"])
def test_without_an_interpreter_the_export_is_made_here(
    store: EventStore, monkeypatch: pytest.MonkeyPatch, interpreter: str
) -> None:
    monkeypatch.setattr(sys, "executable", interpreter)
    assert RunHistory(store).export(LONG, "csv").count("\n") == LINES + 1


def test_an_interpreter_that_never_answers_is_given_up(
    store: EventStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = tmp_path / "waits"
    waits.write_text("#!/bin/sh\nexec sleep 600\n")
    waits.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(waits))
    monkeypatch.setattr(process_module, "_START_WITHIN_S", 0.2)
    assert RunHistory(store).export(LONG, "csv").count("\n") == LINES + 1
    until(lambda: not children())


def test_a_history_may_be_in_a_directory_of_any_name(tmp_path: Path) -> None:
    directory = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff"))
    directory.mkdir()
    with closing(EventStore.open(directory / "history.db")) as store:
        put(store, LONG, [make(Log(message=f"line {n}"), run_id=LONG, time=MOMENT) for n in range(LINES)])
        with Exporter([(store, LONG)]) as made:
            assert len(children()) == 1
            pieces = made.pieces(RunExport(((store, LONG),), "csv"))
            assert b"".join(pieces).count(b"\n") == LINES + 1


def test_an_error_with_half_a_surrogate_pair_arrives() -> None:
    failed = failure(ValueError("bad \udcff"))
    error = raised(msgspec.json.decode(msgspec.json.encode(failed), type=ExportFailure))
    assert (type(error), str(error)) == (ValueError, "bad \\udcff")


def test_modules_in_the_directory_of_the_call_are_not_imported(
    store: EventStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "queue.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    with Exporter([(store, LONG)]):
        assert len(children()) == 1


# --- errors ----------------------------------------------------------------------------------------


def test_errors_are_those_of_an_export_here(
    path: Path, store: EventStore, process: ExportProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = RunExport(((store, RUN),), "html", most_bytes=10)
    with pytest.raises(ValueError, match=r"A report has .* bytes at least"):
        list(process.pieces(small, nothing, None))
    unknown = RunExport(((store, "nobody"),), "json")
    with pytest.raises(WorkerWidgetError) as refused:
        process.pieces(unknown, nothing, None)
    with pytest.raises(WorkerWidgetError) as here:
        unknown.pieces()
    assert (type(refused.value), str(refused.value)) == (type(here.value), str(here.value))
    assert "Traceback" in refused.value.__notes__[0]
    # It goes on after an error.
    assert list(process.pieces(RunExport(((store, RUN),), "md"), nothing, None))


def test_events_that_are_damaged_are_left_out_with_a_warning(path: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "history.db"
    with sqlite3.connect(path) as source, sqlite3.connect(damaged) as target:
        source.backup(target)
    with sqlite3.connect(damaged) as db:
        db.execute("UPDATE blocks SET raw = x'00' WHERE row_key = (SELECT max(row_key) FROM blocks)")
    target.close()
    source.close()
    db.close()
    store = EventStore.open(damaged)
    with pytest.warns(DamageWarning, match="are damaged in the history") as warned:
        file = RunHistory(store).export(LONG, "json", tmp_path / "run.json")
    assert warned[0].filename == __file__
    assert 0 < len(json.loads(file.read_text())["events"]) < LINES + 1
    store.close()


# --- its end ---------------------------------------------------------------------------------------


class _at_first_progress:
    """Does something when the progress is shown for the first time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, what: Callable[[], None]) -> None:
        self._what: Callable[[], None] | None = what
        monkeypatch.setattr(progress_line.CallProgress, "at", self._at)

    def _at(self, share: float) -> None:
        what, self._what = self._what, None
        if what is not None:
            what()


def kill_them() -> None:
    for child in children():
        child.send_signal(signal.SIGKILL)


def interrupt() -> None:
    raise KeyboardInterrupt


def test_a_process_that_is_killed_is_an_error_and_leaves_the_old_file(
    store: EventStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "run.json"
    file.write_text("old")
    _at_first_progress(monkeypatch, kill_them)
    with pytest.raises(WorkerWidgetError, match=r"SIGKILL\. No file was written\. Export again"):
        RunHistory(store).export(LONG, "json", file)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]
    until(lambda: not children())


def test_an_interrupt_ends_it_and_leaves_no_file(
    store: EventStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _at_first_progress(monkeypatch, interrupt)
    with pytest.raises(KeyboardInterrupt):
        RunHistory(store).export(LONG, "json", tmp_path / "run.json")
    assert list(tmp_path.iterdir()) == []
    until(lambda: not children())


def test_a_file_that_takes_no_more_ends_it(store: EventStore, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def read_a_little() -> None:
        with pipe.open("rb") as file:
            file.read(1)

    reader = threading.Thread(target=read_a_little)
    reader.start()
    with pytest.raises(BrokenPipeError) as kept:  # as IPython keeps the last error
        RunHistory(store).export(LONG, "json", pipe)
    reader.join()
    until(lambda: not children())
    assert kept.value.__traceback__ is not None


_PARENT = """
import os, signal, sys
from pathlib import Path
from worker_widget.runs.export.exporter import Exporter
from worker_widget.runs.export.run_export import RunExport
from worker_widget.runs.export import exporter
from worker_widget.store.event_store import EventStore

exporter.LONG_ROWS = 1
store = EventStore.open(Path(sys.argv[1]))
runs = ((store, "long"),)
made = Exporter(runs)
pieces = made.pieces(RunExport(runs, "json"))
next(pieces)
print(made._process._process.pid, flush=True)
if sys.argv[2] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
elif sys.argv[2] == "interrupted":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.killpg(0, signal.SIGINT)
    print(sum(map(len, pieces)), flush=True)
"""


@pytest.mark.parametrize("how", ["killed", "ended", "interrupted"])
def test_nothing_is_left_of_it_when_its_parent_is_gone(path: Path, tmp_path: Path, how: str) -> None:
    parent = subprocess.run(
        [sys.executable, "-c", _PARENT, str(path), how],
        start_new_session=True,
        capture_output=True,
        text=True,
        env={**os.environ, "WORKER_WIDGET_HOME": str(tmp_path)},
    )
    pid, *rest = parent.stdout.split()
    until(lambda: not psutil.pid_exists(int(pid)) or psutil.Process(int(pid)).status() == "zombie")
    assert parent.returncode == (-signal.SIGKILL if how == "killed" else 0), parent.stderr
    assert parent.stderr == ""
    # An interrupt of a cell goes to all processes of its group, and not to this one.
    assert bool(rest) == (how == "interrupted")


def test_a_library_that_prints_does_not_disturb_it(
    store: EventStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import atexit, os\n"
        "import msgspec.json as json\n"
        "before = json.decode\n"
        "def decode(*args, **options):\n"
        "    os.write(1, b'noise')\n"
        "    return before(*args, **options)\n"
        "json.decode = decode\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    export = RunExport(((store, LONG),), "csv", MOMENT)
    with Exporter(export.runs) as made:
        assert len(children()) == 1
        assert b"".join(made.pieces(export)) == b"".join(export.pieces())

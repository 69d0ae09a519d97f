"""Many runs in a directory, Parquet files, and the progress of long exports."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Literal
from zipfile import ZipFile

import pandas as pd
import pytest

from tests.recorded import NAMES, events, recording
from worker_widget import RunHistory, RunUnknown
from worker_widget.errors import PackageMissing
from worker_widget.events import Event, Log, RunCompleted, make
from worker_widget.runs import progress_line
from worker_widget.runs.export import export_pieces, export_run, run_export
from worker_widget.runs.frames import reading
from worker_widget.runs.frames.schema import FRAMES
from worker_widget.state.reduce import reduce_all
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_records import summary

MOMENT = datetime(2026, 11, 23, 8, tzinfo=UTC)
RUN = "valid_professional"


@pytest.fixture
def store() -> Iterator[EventStore]:
    memory = EventStore.memory()
    for name in NAMES:
        put(memory, name, events(recording(name)))
    yield memory
    memory.close()


@pytest.fixture
def history(store: EventStore) -> RunHistory:
    return RunHistory(store)


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the lines of progress show; every call counts as long."""
    lines: list[str] = []
    monkeypatch.setattr(progress_line, "_QUIET_S", 0.0)
    monkeypatch.setattr(progress_line, "_EVERY_S", 0.0)
    monkeypatch.setattr(
        progress_line.ProgressLine, "show", lambda self, words, done, total: lines.append(words)
    )
    return lines


def put(store: EventStore, run_id: str, reported: list[Event]) -> None:
    store.begin(run_id, worker="business-builder", origin="http://127.0.0.1:8000", time_us=1)
    store.summarise(run_id, **summary(reduce_all(store.append(run_id, reported))))


def long_run(store: EventStore, lines: int) -> None:
    logged = [make(Log(message=f"line {number}"), run_id="long", time=MOMENT) for number in range(lines)]
    put(store, "long", [*logged, make(RunCompleted(success=True), run_id="long", time=MOMENT)])


# --- parquet ---------------------------------------------------------------------------------------


def test_parquet_is_a_zip_of_the_frames(history: RunHistory, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path = history.export(RUN, "parquet", tmp_path / "run.zip")
    with ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [f"{name}.parquet" for name in FRAMES]
        for name in FRAMES:
            found = pd.read_parquet(BytesIO(archive.read(f"{name}.parquet")))
            wanted = getattr(history, name)(runs=RUN)
            assert list(found.columns) == list(wanted.columns)
            assert len(found) == len(wanted)
    assert b"".join(export_pieces(history._store, RUN, "parquet")) == path.read_bytes()


def test_a_long_frame_is_read_and_written_in_parts(
    history: RunHistory, store: EventStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    long_run(store, 10_000)
    monkeypatch.setattr(reading, "PART_ROWS", 3_000)
    with ZipFile(history.export("long", "parquet", tmp_path / "long.zip")) as archive:
        file = parquet.ParquetFile(BytesIO(archive.read("logs.parquet")))
    assert file.num_row_groups == 3
    assert file.read().to_pylist() == history.logs("long", engine="arrow").to_pylist()


@pytest.mark.parametrize("limit", [0, 1, 4_096, 5_000, 10_000, 20_000])
def test_parts_of_a_frame_are_the_frame(
    history: RunHistory, store: EventStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    long_run(store, 10_000)
    monkeypatch.setattr(reading, "PART_ROWS", 3_000)
    history.to_parquet(tmp_path, limit=limit)
    for name in ("logs", "events"):
        whole = getattr(history, name)(limit=limit, engine="arrow")
        assert parquet.read_table(tmp_path / f"{name}.parquet").to_pylist() == whole.to_pylist()


def test_parquet_says_what_it_needs(
    history: RunHistory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match="parquet is no text: export it to a file"):
        history.export(RUN, "parquet")
    with pytest.raises(RunUnknown):
        history.export("nobody", "parquet", tmp_path / "x.zip")
    monkeypatch.setattr("worker_widget.runs.frames.parquet.find_spec", lambda name: None)
    with pytest.raises(PackageMissing, match="pip install pyarrow"):
        history.export(RUN, "parquet", tmp_path / "x.zip")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("filters", [{}, {"stage": "copy"}, {"since": "2026-11-22T07:49:54"}])
def test_parts_of_ledger_and_incidents_are_the_frame(
    history: RunHistory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filters: dict[str, str]
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(reading, "OBJECT_ROWS", 1)
    history.to_parquet(tmp_path, **filters)
    assert len(history.incidents()) > 1
    for name in ("ledger", "incidents"):
        whole = getattr(history, name)(engine="arrow", **filters)
        assert parquet.read_table(tmp_path / f"{name}.parquet").to_pylist() == whole.to_pylist()


# --- many runs -------------------------------------------------------------------------------------


def test_many_runs_are_a_file_each(history: RunHistory, store: EventStore, tmp_path: Path) -> None:
    put(store, "../odd:id", [make(Log(message="x"), run_id="r", time=MOMENT)])
    wanted = [RUN, "../odd:id", RUN]
    paths = history.export(wanted, "csv", tmp_path / "new")
    assert [path.name for path in paths] == [f"{RUN}.csv", "_odd_id.csv"]
    assert sorted(paths) == sorted((tmp_path / "new").iterdir())
    assert paths[0].read_bytes() == export_run(store, RUN, "csv").encode()
    assert [path.name for path in history.export([RUN], "otlp", tmp_path)] == [f"{RUN}.otlp.json"]
    assert history.export([], "json", tmp_path) == []


def test_an_interrupted_export_is_continued(
    history: RunHistory, store: EventStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_run(store, 10)
    written: list[str] = []
    original = run_export.export_pieces

    def pieces(store: EventStore, run_id: str, *args: object, **options: object) -> Iterator[bytes]:
        written.append(run_id)
        if run_id == NAMES[-1] and len(written) < 10:
            raise KeyboardInterrupt
        return original(store, run_id, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(run_export, "export_pieces", pieces)
    runs = ["long", *NAMES]
    with pytest.raises(KeyboardInterrupt):
        history.export(runs, "txt", tmp_path)
    ended = [run_id for run_id in runs if store.known_run(run_id).ended_us is not None]
    written *= 10
    first = len(written)
    paths = history.export(runs, "txt", tmp_path)
    again = written[first:]
    assert NAMES[-1] in again
    assert set(again) == set(runs) - (set(ended) - {NAMES[-1]})
    assert all(path.read_text() for path in paths)


def test_a_run_that_changed_is_written_again(history: RunHistory, store: EventStore, tmp_path: Path) -> None:
    (path,) = history.export([RUN], "txt", tmp_path)
    path.write_text("mine")
    history.export([RUN], "txt", tmp_path)
    assert path.read_text() == "mine"
    os.utime(path, (1, 1))
    history.export([RUN], "txt", tmp_path)
    assert path.read_text().startswith("WORKER RUN TRACE")


def test_a_run_that_changes_while_it_is_exported_is_written_again(
    history: RunHistory, store: EventStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = run_export.export_pieces

    def pieces(store: EventStore, run_id: str, *args: object, **options: object) -> Iterator[bytes]:
        read = list(original(store, run_id, *args, **options))  # type: ignore[arg-type]
        store.append(RUN, [make(Log(message="Closed the browser."), run_id=RUN, time=MOMENT)])
        time.sleep(0.05)
        yield from read

    with monkeypatch.context() as during:
        during.setattr(run_export, "export_pieces", pieces)
        (path,) = history.export([RUN], "json", tmp_path)
    assert "Closed the browser." not in path.read_text()
    history.export([RUN], "json", tmp_path)
    assert "Closed the browser." in path.read_text()


def test_wrong_arguments_write_nothing(history: RunHistory, tmp_path: Path) -> None:
    place = tmp_path / "new"
    with pytest.raises(RunUnknown, match="'nobody'"):
        history.export([RUN, "nobody"], "json", place)
    with pytest.raises(ValueError, match="no export format 'docx'"):
        history.export([RUN], "docx", place)  # type: ignore[call-overload]
    with pytest.raises(ValueError, match="name it as path"):
        history.export([RUN], "json")  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="neither a run nor a run's id"):
        history.export([5], "json", place)  # type: ignore[list-item]
    with pytest.raises(ValueError, match="name at least one"):
        history.export([], "html", place / "report.html")
    assert not place.exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_written_to_and_stays_one(history: RunHistory, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    history.export(RUN, "json", pipe)
    reader.join(60)
    assert json.loads(read[0])["run"]["run_id"] == RUN
    assert pipe.is_fifo()
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


@pytest.mark.parametrize("format", ["json", "parquet", "html"])
def test_a_folder_in_place_of_a_file_is_named(
    history: RunHistory, tmp_path: Path, format: Literal["json", "parquet", "html"]
) -> None:
    with pytest.raises(IsADirectoryError, match="name a file in it") as refused:
        history.export(RUN, format, tmp_path)
    assert refused.value.filename == str(tmp_path)
    assert list(tmp_path.iterdir()) == []


# --- progress --------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["json", "csv", "spreadsheet", "txt", "parquet"])
def test_a_long_export_shows_how_far_it_is(
    history: RunHistory, store: EventStore, tmp_path: Path, shown: list[str], format: str
) -> None:
    long_run(store, 6_000)
    history.export("long", format, tmp_path / "file")  # type: ignore[call-overload]
    shares = [int(line.rpartition(": ")[2][:-1]) for line in shown[:-1]]
    assert len(shares) > 2
    assert shares == sorted(shares)
    assert max(shares) <= 100
    assert shown[-1] == "Exporting run long: done"


def test_an_export_of_many_runs_shows_one_progress(
    history: RunHistory, tmp_path: Path, shown: list[str]
) -> None:
    history.export(NAMES, "txt", tmp_path)
    assert shown[0] == f"Exporting {len(NAMES)} runs: 0%"
    assert shown[-1] == f"Exporting {len(NAMES)} runs: done"


def test_a_short_export_shows_nothing(
    history: RunHistory, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    history.export(RUN, "json", tmp_path / "run.json")
    assert capsys.readouterr() == ("", "")

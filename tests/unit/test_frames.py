"""Frames: one schema whatever the rows, the same rows in each library, and filters."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests import frame_docs
from tests.recorded import NAMES, events, recording
from worker_widget.errors import PackageMissing, RunUnknown
from worker_widget.events import PAYLOADS, Event, decode
from worker_widget.events.answers import RunListItem
from worker_widget.runs.frames.listed_runs import listed_runs_frame
from worker_widget.runs.frames.schema import CONTENT, FRAMES, LISTED_RUNS, FrameSchema
from worker_widget.runs.history import RunHistory
from worker_widget.state.reduce import reduce_all
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_records import summary

FIRST_US = 1_700_000_000_123_456


@pytest.fixture
def store() -> Iterator[EventStore]:
    memory = EventStore.memory()
    yield memory
    memory.close()


@pytest.fixture
def history(store: EventStore) -> RunHistory:
    """The recorded runs, each a second after the one before."""
    for number, name in enumerate(NAMES):
        add(store, name, events(recording(name)), worker="w" if number % 2 else "v", at=number)
    return RunHistory(store)


def add(store: EventStore, run_id: str, emitted: list[Event], *, worker: str = "w", at: int = 0) -> None:
    store.begin(run_id, worker=worker, origin="o", time_us=FIRST_US + at * 1_000_000)
    store.summarise(run_id, **summary(reduce_all(store.append(run_id, emitted))))


def event(kind: str, data: object, at: str | None = "2026-11-22T07:49:19.000001Z") -> Event:
    return decode(json.dumps({"type": kind, "timestamp": at, "data": data}).encode(), kind)


def frame(history: RunHistory, name: str, **arguments: Any) -> pd.DataFrame:
    found: pd.DataFrame = getattr(history, name)(**arguments)
    return found


def dtypes(found: pd.DataFrame) -> dict[str, str]:
    """The dtype of each column, as the table of schemas names it."""
    return {
        str(name): "category, ordered" if getattr(dtype, "ordered", False) else str(dtype)
        for name, dtype in found.dtypes.items()
    }


def expected(schema: FrameSchema) -> dict[str, str]:
    return {column.name: column.kind.value.split(", list")[0] for column in schema.columns}


def rows(found: Any) -> list[dict[str, Any]]:
    """The rows of a frame of any library, with ``None`` for a missing value and times in µs."""
    if isinstance(found, pd.DataFrame):
        columns = {name: [_plain(value) for value in found[name].tolist()] for name in found.columns}
    else:
        table = found if hasattr(found, "to_pydict") else found.to_arrow()
        columns = {name: [_plain(value) for value in values] for name, values in table.to_pydict().items()}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return value
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return None
    if isinstance(value, datetime | pd.Timestamp):
        return int(pd.Timestamp(value).as_unit("us").asm8.view("i8"))
    if hasattr(value, "total_seconds"):
        return int(pd.Timedelta(value).as_unit("us").asm8.view("i8"))
    return value


# --- one schema ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FRAMES)
def test_columns_are_typed_alike_with_and_without_rows(name: str, history: RunHistory) -> None:
    empty, full = frame(history, name, runs=[]), frame(history, name)
    assert empty.empty
    assert dtypes(empty) == dtypes(full) == expected(FRAMES[name])
    assert dtypes(frame(history, name, limit=0)) == expected(FRAMES[name])


def test_the_columns_of_the_frames_are_these() -> None:
    first = "run_id seq timestamp stage_id"
    for name, columns in {
        "runs": "run_id worker task status success created_at started_at finished_at duration tokens"
        " input_tokens output_tokens cost stages_done stages_total artifacts violations failures recoveries"
        " max_drift mean_complexity error replay_of parent_run_id source tags",
        "stages": "run_id stage_id parent_id depth kind name position status agent model started_at"
        " finished_at duration tokens input_tokens output_tokens cost drift complexity confidence attempts"
        " recovered error input output",
        "logs": "run_id seq timestamp level stage_id agent message",
        "routing": f"{first} agent complexity confidence alternatives routing_source",
        "policy": f"{first} policy passed severity violation_type pattern location reason",
        "drift": f"{first} score threshold aligned",
        "failures": f"{first} code category severity error",
        "recoveries": f"{first} action success detail",
        "artifacts": "run_id name type stage_id created_at chars sha256 version",
        "events": "run_id seq timestamp received_at type stage_id data",
    }.items():
        names = [column.name for column in FRAMES[name].columns]
        assert names[: len(columns.split())] == columns.split()


def test_one_event_of_each_type_changes_no_type(store: EventStore) -> None:
    emitted = [event(kind, {"stage_id": "s", "artifact_name": "a"}) for kind in PAYLOADS]
    add(store, "each", emitted)
    for name, schema in FRAMES.items():
        assert dtypes(frame(RunHistory(store), name)) == expected(schema)
    assert list(RunHistory(store).events()["type"]) == list(PAYLOADS)


@pytest.mark.parametrize(
    "value", [None, True, -1, 1e308, "text", "é🚀\n\x00", [1, [2]], {"a": {"b": 1}}, 10**30]
)
def test_fields_of_another_type_break_no_frame(store: EventStore, value: object) -> None:
    emitted = []
    for kind, payload in PAYLOADS.items():
        emitted.append(event(kind, dict.fromkeys(payload.__struct_fields__, value)))
        emitted.append(event(kind, value))
    emitted.append(decode(json.dumps(value).encode(), "odd"))
    add(store, "odd", emitted)
    for name, schema in FRAMES.items():
        assert dtypes(frame(RunHistory(store), name)) == expected(schema)
    assert len(RunHistory(store).events()) == len(emitted)


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z", "9999-12-31T23:59:59Z"]
)
def test_a_time_of_any_year_is_kept(store: EventStore, at: str) -> None:
    add(store, "r", [event("log", {"message": "m"}, at)])
    (found,) = RunHistory(store).logs()["timestamp"]
    assert found == pd.Timestamp(datetime.fromisoformat(at))
    assert len(RunHistory(store).logs(since=at)) == 1
    assert RunHistory(store).logs(until=at).empty


def test_an_event_shows_its_data_as_json(store: EventStore) -> None:
    raws = [
        b'{"timestamp": "2026-11-22T07:49:19.000001Z", "type": "log", "data": {"message": "x", "n": 1.50}}',
        *(b"no JSON", b'{"type": "log"}', b'{"type": "connected", "run_id": "r"}', b"\xff"),
        *(b'{"data":1},{"data":2}', b'{"data":1}\n{"data":2}', b'{"data":[{}', b"{}]}", b""),
    ]
    add(store, "r", [decode(raw, "log", id=str(number)) for number, raw in enumerate(raws)])
    found = RunHistory(store).events()
    assert list(found["data"]) == [
        *('{"message": "x", "n": 1.50}', "no JSON", '{"type": "log"}'),
        *('{"type": "connected", "run_id": "r"}', "�"),
        *('{"data":1},{"data":2}', '{"data":1}\n{"data":2}', '{"data":[{}', "{}]}", ""),
    ]
    assert found["timestamp"][0] == pd.Timestamp("2026-11-22T07:49:19.000001Z")
    assert found["received_at"].notna().all()


def test_a_list_of_a_server_is_typed(history: RunHistory) -> None:
    item = RunListItem(run_id="r", task="t", status="completed", created_at=datetime(2026, 1, 1, tzinfo=UTC))
    for found in (listed_runs_frame([]), listed_runs_frame([item])):
        assert dtypes(found) == expected(LISTED_RUNS)


# --- rows ------------------------------------------------------------------------------------------


def test_a_run_as_frames_shows_what_was_recorded(history: RunHistory) -> None:
    stages = history.stages("valid_professional").set_index("stage_id")
    assert list(stages.index[:3]) == ["preflight", "research", "strategy"]
    assert stages.loc["research", "tokens"] == 487
    assert (stages["finished_at"] - stages["started_at"])["research"] > pd.Timedelta("250ms")
    assert stages["tokens"].sum() == 2509
    assert stages.loc["copy", "confidence"] == pytest.approx(0.8)
    routing = history.routing("valid_professional")
    assert list(routing["agent"][:2]) == ["validator_agent", "researcher_agent"]
    assert routing["confidence"].mean() == pytest.approx(0.8)
    artifacts = history.artifacts("valid_professional", content=True).set_index("name")
    assert (
        artifacts.loc["landing_html.html", "chars"]
        == 349
        == len(artifacts.loc["landing_html.html", CONTENT.name])
    )
    assert "content" not in history.artifacts("valid_professional")


def test_a_failure_is_in_the_ledger_with_its_reason(history: RunHistory) -> None:
    ledger = history.ledger("failure_strategy")
    assert list(ledger["engine"]) == ["M19", "M9", "M9", "M10", "M10"]
    detected = ledger[ledger["title"].str.startswith("Failure detected")].iloc[0]
    assert detected["detail"].splitlines()[0] == (
        "error: The worker's program stopped with an error: “'list' object has no attribute 'get'”"
    )
    assert list(ledger["number"]) == [1, 2, 3, 4, 5]
    (incident,) = history.incidents("failure_strategy").to_dict("records")
    assert (incident["stage"], incident["events"], incident["seq"]) == ("Strategy", 4, 19)


def test_levels_are_ordered(store: EventStore) -> None:
    add(store, "r", [event("log", {"message": word, "level": word}) for word in ("error", "info", "warning")])
    logs = RunHistory(store).logs()
    assert list(logs[logs["level"] >= "warning"]["message"]) == ["error", "warning"]
    assert list(logs.sort_values("level")["message"]) == ["info", "warning", "error"]
    assert list(logs["level"].cat.categories) == ["debug", "info", "warning", "error"]


def test_an_impossible_figure_is_missing(store: EventStore) -> None:
    add(store, "r", [event("stage_completed", {"stage_id": "a", "tokens_used": n}) for n in (2**63 - 1, 5)])
    add(
        store,
        "s",
        [event("stage_completed", {"stage_id": "a", "tokens_used": 3, "duration_ms": 1e300})],
        at=1,
    )
    stages = RunHistory(store).stages()
    assert stages["tokens"].tolist() == [3, 5], "an impossible count is none"
    assert stages["duration"].isna().all()


def test_alternatives_are_lists_of_each_decision(store: EventStore) -> None:
    data = {"selected_agent": "a", "alternatives": ["b", {"agent": "é", "score": 0.5}]}
    add(store, "r", [event("routing_decision", data), event("routing_decision", {}), event("log", {})])
    first, second = RunHistory(store).routing()["alternatives"]
    assert first == [
        {"agent": "b", "score": None, "reason": None},
        {"agent": "é", "score": 0.5, "reason": None},
    ]
    assert second == []


def test_messages_with_line_feeds_stay_apart(store: EventStore) -> None:
    texts = ["a\nb", "", "\n", "é", "c\n"]
    add(store, "r", [event("log", {"message": text}) for text in texts])
    assert list(RunHistory(store).logs()["message"]) == texts
    assert list(RunHistory(store).logs(limit=3)["message"]) == texts[:3]


def test_rows_are_in_the_order_of_the_runs(history: RunHistory) -> None:
    order = list(history.runs()["run_id"])
    assert order == NAMES[::-1]
    for name in ("logs", "events", "stages", "artifacts", "ledger"):
        found = frame(history, name)
        assert list(dict.fromkeys(found["run_id"])) == [run for run in order if run in set(found["run_id"])]
    assert list(dict.fromkeys(history.logs([NAMES[1], NAMES[3]])["run_id"])) == [NAMES[1], NAMES[3]]


# --- filters ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FRAMES)
def test_a_filter_equals_filtering_afterwards(name: str, history: RunHistory) -> None:
    full, schema = frame(history, name), FRAMES[name]
    runs = history.runs().set_index("run_id")
    of_worker = set(runs.index[runs["worker"] == "w"])
    failed = set(runs.index[runs["status"] == "failed"])

    def same(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
        assert rows(found) == rows(wanted)

    same(frame(history, name, worker="w"), full[full["run_id"].isin(of_worker)])
    same(frame(history, name, status=["failed"]), full[full["run_id"].isin(failed)])
    same(frame(history, name, limit=3), full[:3])
    if "stage" in schema.filters:
        same(frame(history, name, stage=["copy", "ux"]), full[full["stage_id"].isin(["copy", "ux"])])
    if "level" in schema.filters:
        same(frame(history, name, level=["error", "warning"]), full[full["level"] >= "warning"])
    if schema.time is not None and full[schema.time].notna().any():
        middle = full[schema.time].dropna().sort_values().iloc[full[schema.time].notna().sum() // 2]
        same(frame(history, name, since=middle.to_pydatetime()), full[full[schema.time] >= middle])
        same(frame(history, name, until=middle.isoformat()), full[full[schema.time] < middle])


def test_runs_are_chosen_by_tag(history: RunHistory) -> None:
    history.tag(NAMES[0], "baseline", "old")
    assert list(history.runs(tag="baseline")["run_id"]) == [NAMES[0]]
    assert list(history.runs(tag=["old", "none"])["tags"]) == [["baseline", "old"]]
    assert set(history.logs(tag="old")["run_id"]) == {NAMES[0]}
    assert history.logs(tag="none").empty


def test_frames_are_of_starred_runs_or_the_others(history: RunHistory) -> None:
    history.star(NAMES[1])
    assert list(history.runs(starred=True)["run_id"]) == [NAMES[1]]
    assert set(history.logs(starred=True)["run_id"]) == {NAMES[1]}
    assert NAMES[1] not in set(history.stages(starred=False)["run_id"])
    with pytest.raises(TypeError, match="starred=1 is neither True nor False"):
        history.runs(starred=1)  # type: ignore[call-overload]


def test_frames_are_of_runs_whose_note_contains_a_text(history: RunHistory) -> None:
    history.note(NAMES[0], "Before the NEW prompt, 50 % [of] Größe")
    history.note(NAMES[1], "After it")
    for text in ("new prompt", "50 % [OF]", "GRÖSSE".replace("SS", "ß"), "größe"):
        assert list(history.runs(note=text)["run_id"]) == [NAMES[0]]
        assert set(history.logs(note=text)["run_id"]) == {NAMES[0]}
    assert history.runs(note="*").empty
    assert history.stages(note="nobody wrote that").empty
    assert list(history.runs(note="")["run_id"]) == [NAMES[1], NAMES[0]]
    assert len(history.scan(note="it").runs.polars().collect()) == 1
    assert "it" in history.plot.tokens(note="it").to_json()
    with pytest.raises(TypeError, match="note=3 is no text"):
        history.runs(note=3)  # type: ignore[call-overload]
    with pytest.raises(ValueError, match=r"note has 1,001 characters, of at most 1,000"):
        history.runs(note="a" * 1_001)
    assert history.runs(note="ä*" * 500).empty


def test_wrong_arguments_are_named(history: RunHistory) -> None:
    with pytest.raises(ValueError, match=r"level=.loud. is no log level\. The levels are: debug"):
        history.logs(level="loud")
    with pytest.raises(ValueError, match="until='soon' is not a time"):
        history.logs(until="soon")
    with pytest.raises(ValueError, match="limit=-1"):
        history.logs(limit=-1)
    with pytest.raises(ValueError, match=r"engine=.excel. is unknown\. The engines are: pandas"):
        history.logs(engine="excel")  # type: ignore[call-overload]
    with pytest.raises(RunUnknown):
        history.logs("nobody")
    for name in ("worker", "status", "tag", "stage", "level"):
        with pytest.raises(TypeError, match=f"{name}=3 is neither text nor several texts"):
            history.logs(**{name: 3})
    with pytest.raises(TypeError, match="since=5 is no time: give a datetime, a date or ISO 8601 text"):
        history.logs(since=5)  # type: ignore[arg-type]
    assert len(history.logs(since=date(1970, 1, 1))) == len(history.logs())
    with pytest.raises(TypeError, match="runs has 3"):
        history.logs([3])  # type: ignore[list-item]


@pytest.mark.parametrize("engine", ["pandas", "polars", "arrow"])
def test_half_a_surrogate_pair_in_an_event_breaks_no_frame(
    store: EventStore, tmp_path: Path, engine: str
) -> None:
    pytest.importorskip("pyarrow")
    pytest.importorskip("polars")
    half = r'{"type": "log", "data": {"message": "a\ud83d", "stage_id": "\udc00"}}'
    raws = [half.encode(), b'{"type": "odd", "data": "\xed\xa0\xbd"}', b"no JSON \xed\xa0\xbd"]
    add(store, "odd", [decode(raw, str(number)) for number, raw in enumerate(raws)])
    add(store, "good", [event("log", {"message": "fine"})])
    history = RunHistory(store)
    for name in FRAMES:
        json.dumps(rows(getattr(history, name)(engine=engine)), default=str).encode()
    unread = "\ufffd" * 3
    found = [row["data"] for row in rows(history.events(["odd", "good"], engine=engine))]
    assert found == [half, f'"{unread}"', f"no JSON {unread}", '{"message": "fine"}']
    assert rows(history.logs(["odd", "good"], engine=engine))[-1]["message"] == "fine"
    assert len(history.to_parquet(tmp_path)) == len(FRAMES)


# --- libraries -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FRAMES)
def test_the_libraries_have_the_same_rows(name: str, history: RunHistory) -> None:
    pytest.importorskip("pyarrow")
    arrow = getattr(history, name)(engine="arrow")
    arrow.validate(full=True)
    assert arrow.schema == getattr(history, name)(runs=[], engine="arrow").schema
    assert rows(arrow) == rows(frame(history, name))
    pytest.importorskip("polars")
    polars = getattr(history, name)(engine="polars")
    assert polars.schema == getattr(history, name)(runs=[], engine="polars").schema
    assert rows(polars) == rows(frame(history, name))


def test_a_missing_package_is_named(history: RunHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("polars", "pyarrow"):
        monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(PackageMissing, match=r"needs the package polars.*pip install polars"):
        history.logs(engine="polars")
    with pytest.raises(ImportError, match="needs the package pyarrow"):
        history.logs(engine="arrow")


@pytest.fixture(params=["pyarrow", "nanoarrow"])
def arrow_package(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The only installed package that makes Arrow streams."""
    package = str(request.param)
    pytest.importorskip(package)
    found = importlib.util.find_spec

    def find(name: str) -> object:
        return None if name in ("pyarrow", "nanoarrow") and name != package else found(name)

    monkeypatch.setattr("worker_widget.runs.frames.arrow_stream.find_spec", find)
    return package


@pytest.mark.parametrize("name", FRAMES)
def test_a_scan_is_read_by_polars(name: str, history: RunHistory, arrow_package: str) -> None:
    pl = pytest.importorskip("polars")
    frame = getattr(history, name)(engine="polars", worker="w")
    lazy = history.scan(worker="w")[name].polars()
    assert lazy.collect_schema() == frame.schema
    assert lazy.collect().equals(frame)
    assert lazy.head(2).collect().equals(frame.head(2))
    assert lazy.select(pl.len()).collect().item() == len(frame)
    known = frame.filter(pl.col("run_id") == NAMES[1])
    assert lazy.filter(pl.col("run_id") == NAMES[1]).collect().equals(known)
    assert lazy.select(frame.columns[-1]).collect().equals(frame.select(frame.columns[-1]))
    assert pl.DataFrame(history.scan(worker="w")[name]).shape == frame.shape


def test_a_scan_reads_only_the_columns_of_the_query(
    history: RunHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    pl = pytest.importorskip("polars")
    monkeypatch.delattr("worker_widget.store.run_blocks.StoredBlock.messages")
    levels = history.scan().logs.polars().group_by("level").agg(pl.len()).collect()
    assert levels["len"].sum() == len(history.scan().logs.polars().select("seq").collect())
    with pytest.raises(Exception, match="messages"):
        history.scan().logs.polars().select("message").collect()


@pytest.mark.parametrize("name", FRAMES)
def test_a_scan_is_read_by_duckdb(name: str, history: RunHistory, arrow_package: str) -> None:
    duckdb = pytest.importorskip("duckdb")
    source = history.scan()[name]
    with duckdb.connect() as connection:
        relation = source.duckdb(connection)
        assert relation.columns == source.columns
        expected = list(getattr(history, name)()["run_id"])
        assert [run_id for (run_id,) in relation.select("run_id").fetchall()] == expected


@pytest.mark.parametrize("package", ["pyarrow", "polars", "duckdb"])
def test_parquet_files_have_the_frames(
    history: RunHistory, tmp_path: Path, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    pytest.importorskip(package)
    monkeypatch.setattr("worker_widget.runs.frames.parquet.find_spec", lambda name: name == package or None)
    paths = history.to_parquet(tmp_path / "new", status="completed")
    assert [path.name for path in paths] == [f"{name}.parquet" for name in FRAMES]
    assert sorted(paths) == sorted((tmp_path / "new").iterdir())
    for path in paths:
        found = parquet.read_table(path)
        wanted = getattr(history, path.stem)(status="completed", engine="arrow")
        assert found.column_names == wanted.column_names
        # DuckDB writes durations as intervals.
        durations = ["duration"] if package == "duckdb" and "duration" in wanted.column_names else []
        assert found.drop_columns(durations).to_pylist() == wanted.drop_columns(durations).to_pylist()


def test_parquet_names_what_is_missing(history: RunHistory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker_widget.runs.frames.parquet.find_spec", lambda name: None)
    with pytest.raises(PackageMissing, match="pyarrow, polars and duckdb, and none is installed"):
        history.to_parquet("nowhere")
    monkeypatch.setattr("worker_widget.runs.frames.arrow_stream.find_spec", lambda name: None)
    with pytest.raises(PackageMissing, match=r"pip install 'worker-widget\[arrow\]'"):
        history.scan().logs.__arrow_c_stream__()


def test_an_unknown_frame_of_a_scan_is_named(history: RunHistory) -> None:
    with pytest.raises(AttributeError, match="no frame 'log'; there are: runs, stages, logs"):
        _ = history.scan().log


def test_strings_are_the_same_without_pyarrow(history: RunHistory) -> None:
    known = {name: frame(history, name) for name in FRAMES}
    with pd.option_context("mode.string_storage", "python"):
        for name, schema in FRAMES.items():
            found = frame(history, name)
            assert dtypes(found) == expected(schema)
            assert rows(found) == rows(known[name])


# --- documentation ---------------------------------------------------------------------------------


def test_methods_and_documentation_are_those_of_the_schemas() -> None:
    assert frame_docs.HISTORY_METHODS.read_text(encoding="utf-8") == frame_docs.history_methods()
    assert frame_docs.RUN_METHODS.read_text(encoding="utf-8") == frame_docs.run_methods()
    text = frame_docs.DOCUMENT.read_text(encoding="utf-8")
    assert text == frame_docs.document(text)
    assert importlib.util.find_spec("worker_widget.runs.frames.history_frames") is not None

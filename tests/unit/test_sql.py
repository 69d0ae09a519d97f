"""SQL over the frames of runs: what it returns, what of the history it reads, and what it refuses."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

from tests.recorded import NAMES, events, recording
from worker_widget import PackageMissing, RunHistory, SqlError
from worker_widget.runs.frames.filters import FrameFilter
from worker_widget.runs.frames.pandas_frames import pandas_frame
from worker_widget.runs.frames.reading import read_frame
from worker_widget.runs.frames.schema import FRAMES
from worker_widget.runs.sql import query as executing
from worker_widget.runs.sql.engine import open_engine
from worker_widget.runs.sql.tables import register
from worker_widget.state.reduce import reduce_all
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_records import summary

duckdb = pytest.importorskip("duckdb")

FIRST_US = 1_795_000_000_000_000
FAILED, TONE, DONE = "failure_strategy", "tone_invalid_streaming", "valid_professional"
FRAME_TABLES = {name: tuple(column.name for column in schema.columns) for name, schema in FRAMES.items()}

Read = dict[str, tuple[tuple[str, ...], FrameFilter]]


@pytest.fixture(scope="module")
def store() -> Iterator[EventStore]:
    memory = EventStore.memory()
    for number, name in enumerate(NAMES):
        memory.begin(name, worker="w" if number % 2 else "v", origin="o", time_us=FIRST_US + number)
        memory.summarise(name, **summary(reduce_all(memory.append(name, events(recording(name))))))
    yield memory
    memory.close()


@pytest.fixture
def history(store: EventStore) -> RunHistory:
    return RunHistory(store)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    """What the statements of a test read of each frame."""
    found: Read = {}

    def reading(store: EventStore, name: str, filter: FrameFilter, *, only: Any = None) -> Any:
        found[name] = (tuple(only), filter)
        return read_frame(store, name, filter, only=only)

    monkeypatch.setattr(executing, "read_frame", reading)
    return found


STATEMENTS = [
    "SELECT stage_id, avg(duration) AS mean FROM stages GROUP BY 1",
    "SELECT count(*) AS n FROM logs",
    f"SELECT name, status FROM stages WHERE run_id = '{DONE}'",
    f"SELECT * EXCLUDE (tags, created_at, started_at, finished_at) FROM runs WHERE run_id IN ('{DONE}', '')",
    "SELECT run_id, seq FROM logs WHERE level = 'error' OR level = 'warning'",
    "SELECT run_id, seq FROM events WHERE timestamp BETWEEN '2026-01-01' AND '2026-12-01'",
    "SELECT run_id, seq FROM events WHERE timestamp < TIMESTAMPTZ '2026-01-01' AND type = 'log'",
    "SELECT s.name, r.worker FROM stages s JOIN runs r USING (run_id) WHERE r.worker = 'v'",
    "SELECT s.name, r.worker FROM stages s, runs r WHERE s.run_id = r.run_id AND r.success",
    "SELECT s.name FROM stages s JOIN runs USING (run_id) WHERE run_id LIKE 'valid%'",
    "SELECT r.run_id, f.code FROM runs r LEFT JOIN failures f ON f.run_id = r.run_id AND f.code IS NOT NULL",
    "SELECT r.run_id FROM runs r LEFT JOIN failures f ON f.run_id = r.run_id WHERE f.run_id IS NULL",
    "SELECT r.run_id FROM runs r ANTI JOIN failures USING (run_id) WHERE r.worker = 'w'",
    "SELECT r.run_id FROM runs r SEMI JOIN failures f ON r.run_id = f.run_id",
    "SELECT f.code, r.task FROM failures f RIGHT JOIN runs r ON r.run_id = f.run_id WHERE r.worker = 'w'",
    "SELECT run_id, count(*) AS n FROM runs FULL JOIN failures USING (run_id) WHERE run_id > 'l' GROUP BY 1",
    "SELECT seq FROM logs WHERE run_id IN (SELECT run_id FROM runs WHERE status = 'completed')",
    "SELECT run_id FROM runs r WHERE EXISTS (FROM drift d WHERE d.run_id = r.run_id AND d.score > 0.1)",
    "SELECT run_id FROM runs WHERE coalesce(error, 'none') = 'none'",
    "SELECT run_id FROM runs WHERE error IS NULL AND NOT (worker = 'v')",
    f"WITH done AS (SELECT * FROM stages WHERE run_id = '{DONE}') SELECT name FROM done WHERE depth = 0",
    "WITH stages AS (SELECT run_id AS name FROM runs) SELECT name FROM stages",
    f"WITH LOGS AS (SELECT seq FROM logs WHERE run_id = '{DONE}') SELECT seq FROM Logs WHERE seq < 9",
    "WITH a AS (SELECT seq FROM drift), drift AS (SELECT 7 AS seq) SELECT a.seq FROM a, drift",
    "WITH drift AS (SELECT 7 AS seq), a AS (SELECT seq FROM drift) SELECT seq FROM a",
    "WITH drift AS (SELECT 7 AS seq) SELECT d.seq FROM main.drift d, drift",
    "SELECT d.seq, (WITH drift AS (SELECT 7 AS seq) SELECT seq FROM drift) AS other FROM drift d",
    "WITH RECURSIVE drift AS (SELECT seq FROM drift UNION SELECT seq+1 FROM drift WHERE seq < 9) FROM drift",
    "WITH logs AS (SELECT 'b' AS word) SELECT word AS level FROM logs WHERE word >= 'a'",
    "WITH logs AS (SELECT 'b' AS level) SELECT level AS word FROM logs WHERE level >= 'a'",
    f"SELECT seq FROM logs WHERE run_id = '{DONE}' UNION ALL SELECT seq FROM logs WHERE run_id = '{TONE}'",
    "SELECT a.seq FROM drift a JOIN drift b ON a.run_id = b.run_id AND a.stage_id = b.stage_id",
    "SELECT r.alternatives[1].agent AS first FROM routing r WHERE r.stage_id = 'landing_page'",
    "SELECT stages.run_id AS run FROM stages WHERE stages.stage_id IN ('landing_page', 'messaging')",
    "SELECT lower(worker) AS worker FROM runs WHERE worker = 'v'",
    "SELECT name, count(*) AS n FROM stages GROUP BY name HAVING count(*) > 1 ORDER BY n DESC, name LIMIT 3",
    "SELECT run_id, row_number() OVER (PARTITION BY run_id ORDER BY seq) AS nr FROM drift",
    "SELECT * FROM (SELECT run_id, status FROM runs) PIVOT (count(*) FOR status IN ('completed', 'failed'))",
    "SELECT max(level) AS highest, min(level) AS lowest FROM logs",
    "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT sum(i) AS s FROM n",
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_returns_what_it_does_on_whole_frames(
    statement: str, history: RunHistory, store: EventStore
) -> None:
    found = history.sql(statement)
    with open_engine() as whole:
        for name in FRAMES:
            register(whole, read_frame(store, name, FrameFilter()))
        answer = whole.execute(statement)
        assert list(found.columns) == [column[0] for column in answer.description or ()]
        expected = sorted(map(str, answer.fetchall()))
        assert len(found) == len(expected)
        if "level" not in statement and "alternatives" not in statement:
            whole.register("found", found)
            assert sorted(map(str, whole.execute("SELECT * FROM found").fetchall())) == expected


def test_levels_are_compared_in_their_order(history: RunHistory) -> None:
    logs = history.logs()
    severe = logs[logs["level"] >= "warning"]
    assert 0 < len(severe) < len(logs)
    for condition in ("level >= 'warning'", "'warning' <= level", "level BETWEEN 'warning' AND 'error'"):
        found = history.sql(f"SELECT level FROM logs WHERE {condition}")
        assert len(found) == len(severe)
        assert found["level"].max() == severe["level"].max()
    assert len(history.sql("SELECT 1 FROM logs WHERE level >= ?", ["warning"])) == len(severe)
    worst = logs.groupby("run_id", observed=True)["level"].max()
    grouped = history.sql("SELECT run_id FROM logs GROUP BY 1 HAVING max(level) >= 'warning'")
    assert set(grouped["run_id"]) == set(worst[worst >= "warning"].index)
    mine = pd.DataFrame({"level": ["b", "a"]})
    joined = "SELECT DISTINCT m.level FROM logs, mine m WHERE logs.level >= 'warning' AND m.level >= 'b'"
    assert list(history.sql(joined, tables={"mine": mine})["level"]) == ["b"]
    assert list(history.sql("SELECT DISTINCT level FROM logs ORDER BY level DESC")["level"]) == sorted(
        logs["level"].unique(), key=["error", "warning", "info", "debug"].index
    )


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (f"SELECT name FROM stages WHERE run_id = '{DONE}'", {"stages": {"run_ids": (DONE,)}, "runs": {}}),
        ("SELECT message FROM logs WHERE level = 'error'", {"logs": {"levels": frozenset({"error"})}}),
        (
            "SELECT message FROM logs WHERE level >= 'warning' LIMIT 4 OFFSET 1",
            {"logs": {"levels": frozenset({"warning", "error"}), "limit": 5}},
        ),
        ("SELECT message FROM logs LIMIT 5", {"logs": {"limit": 5}}),
        ("SELECT message FROM logs WHERE message LIKE '%x%' LIMIT 5", {"logs": {}}),
        ("SELECT level, count(*) FROM logs GROUP BY 1 LIMIT 5", {"logs": {}}),
        ("SELECT seq FROM logs ORDER BY seq LIMIT 5", {"logs": {}}),
        (
            "SELECT seq FROM logs WHERE stage_id IN ('a', 'b') AND timestamp >= '1970-01-01 00:00:01+00'",
            {"logs": {"stages": frozenset({"a", "b"}), "since_us": 1_000_000}},
        ),
        (
            "SELECT s.name FROM stages s JOIN runs r USING (run_id) WHERE r.run_id LIKE 'valid%'",
            {"stages": {"run_ids": (DONE,)}, "runs": {"run_ids": (DONE,)}},
        ),
        (
            f"SELECT code FROM runs r LEFT JOIN failures f ON f.run_id = r.run_id WHERE r.run_id = '{DONE}'",
            {"failures": {"run_ids": (DONE,)}, "runs": {"run_ids": (DONE,)}},
        ),
        (
            "SELECT r.run_id FROM runs r LEFT JOIN failures f ON f.run_id = r.run_id WHERE f.run_id IS NULL",
            {"failures": {}, "runs": {}},
        ),
        (
            f"FROM logs WHERE run_id = '{DONE}' UNION ALL FROM logs WHERE run_id = '{TONE}'",
            {"logs": {"run_ids": (DONE, TONE)}, "runs": {}},
        ),
        (
            f"SELECT seq FROM logs WHERE run_id = '{DONE}' UNION SELECT seq FROM logs",
            {"logs": {}, "runs": {}},
        ),
        (
            f"SELECT * FROM logs l ASOF JOIN drift d ON l.run_id = d.run_id AND l.seq >= d.seq"
            f" WHERE d.run_id = '{DONE}'",
            {"logs": {}, "drift": {}},
        ),
        ("SELECT * FROM runs USING SAMPLE 1 ROWS", {"runs": {}}),
        ("WITH logs AS (SELECT 7 AS seq) SELECT seq FROM logs", {}),
        ("WITH logs AS (SELECT seq FROM drift), a AS (FROM logs) SELECT a.seq FROM a, logs", {"drift": {}}),
        (
            f"WITH logs AS (SELECT seq FROM logs WHERE run_id = '{DONE}') SELECT seq FROM logs",
            {"logs": {"run_ids": (DONE,)}, "runs": {}},
        ),
        ("SELECT seq FROM (WITH logs AS (SELECT 7 AS seq) FROM logs) JOIN logs USING (seq)", {"logs": {}}),
        (
            f"WITH RECURSIVE drift AS (SELECT seq FROM drift WHERE run_id = '{DONE}' UNION"
            " SELECT seq + 1 FROM drift WHERE seq < 9) FROM drift",
            {"drift": {"run_ids": (DONE,)}, "runs": {}},
        ),
        (f"SELECT seq FROM logs WHERE run_id = '{DONE}' OR random() > 2", {"logs": {}}),
    ],
)
def test_only_runs_and_rows_that_a_statement_can_use_are_read(
    statement: str, expected: dict[str, dict[str, Any]], history: RunHistory, read: Read
) -> None:
    history.sql(statement)
    filters = {
        name: {key: value for key, value in rows._asdict().items() if value is not None}
        for name, (_, rows) in read.items()
    }
    assert filters == expected


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT count(*) FROM logs", {"logs": ("run_id",)}),
        ("SELECT avg(Duration) FROM stages", {"stages": ("run_id", "duration")}),
        ("SELECT s.name FROM stages s WHERE s.depth = 0", {"stages": ("run_id", "depth", "name")}),
        ("SELECT * FROM drift", {"drift": FRAME_TABLES["drift"]}),
        ("FROM drift", {"drift": FRAME_TABLES["drift"]}),
        ("SELECT COLUMNS('s.*') FROM drift", {"drift": FRAME_TABLES["drift"]}),
        ("SELECT drift IS NULL AS gone FROM drift", {"drift": FRAME_TABLES["drift"]}),
        ("SUMMARIZE drift", {"drift": FRAME_TABLES["drift"]}),
        ("DESCRIBE logs", {}),
        ("SELECT 1 AS one", {}),
    ],
)
def test_only_columns_that_a_statement_can_use_are_read(
    statement: str, expected: dict[str, tuple[str, ...]], history: RunHistory, read: Read
) -> None:
    history.sql(statement)
    assert {name: columns for name, (columns, _) in read.items()} == expected


def test_the_types_are_the_frames_own_for_any_rows(history: RunHistory) -> None:
    frames = "SELECT r.*, l.level, l.message FROM runs r JOIN logs l USING (run_id)"
    some, none = history.sql(frames), history.sql(f"{frames} WHERE false")
    assert len(some) > 0
    assert len(none) == 0
    assert some.dtypes.astype(str).to_dict() == none.dtypes.astype(str).to_dict()
    assert str(some["created_at"].dtype) == "datetime64[us, UTC]"
    assert str(some["duration"].dtype) == "timedelta64[us]"
    assert str(some["tokens"].dtype) == "Int64"
    assert some["level"].dtype.ordered
    totals = history.sql("SELECT sum(tokens) AS tokens, sum(cost) AS cost FROM stages")
    assert totals["tokens"].dtype == "Int64"
    assert totals["tokens"].sum() == history.stages()["tokens"].sum()


def test_a_history_without_runs_has_all_tables() -> None:
    empty = EventStore.memory()
    try:
        for name, columns in FRAME_TABLES.items():
            found = RunHistory(empty).sql(f"SELECT * FROM {name}")
            assert tuple(found.columns) == columns
            assert len(found) == 0
        assert set(RunHistory(empty).sql("SHOW TABLES")["name"]) == set(FRAMES)
    finally:
        empty.close()


def test_a_result_can_be_in_polars_and_arrow(history: RunHistory) -> None:
    polars, pyarrow = pytest.importorskip("polars"), pytest.importorskip("pyarrow")
    statement = "SELECT level, timestamp, duration, tags FROM logs JOIN runs USING (run_id)"
    as_pandas = history.sql(statement)
    for where in ("", " WHERE false"):
        as_polars = history.sql(statement + where, engine="polars")
        assert as_polars.schema["timestamp"] == polars.Datetime("us", "UTC")
        assert as_polars.schema["duration"] == polars.Duration("us")
        assert as_polars.schema["level"] == polars.Enum(["debug", "info", "warning", "error"])
        as_arrow = history.sql(statement + where, engine="arrow")
        assert as_arrow.schema.field("duration").type == pyarrow.duration("us")
        assert as_polars.height == as_arrow.num_rows == (0 if where else len(as_pandas))
    with pytest.raises(ValueError, match="excel"):
        history.sql(statement, engine="excel")  # type: ignore[call-overload]


def test_values_are_given_as_parameters(history: RunHistory, read: Read) -> None:
    assert len(history.sql("SELECT * FROM runs WHERE run_id = ?", [DONE])) == 1
    assert read["runs"][1].run_ids == (DONE,)
    moment = datetime(2100, 1, 1, tzinfo=UTC)
    found = history.sql(
        "SELECT * FROM runs WHERE run_id = $run AND created_at < $at", {"run": TONE, "at": moment}
    )
    assert list(found["run_id"]) == [TONE]
    assert history.sql("SELECT ? AS text", ["it's"])["text"][0] == "it's"
    with pytest.raises(SqlError):
        history.sql("SELECT * FROM runs WHERE run_id = ?")


def test_further_tables_are_joined(history: RunHistory) -> None:
    prices = pd.DataFrame({"worker": ["v", "w"], "level": ["b", "a"], "price": [1.5, 2.0]})
    found = history.sql(
        "SELECT run_id, price FROM runs JOIN Prices USING (worker) WHERE prices.level >= 'b'",
        tables={"prices": prices},
    )
    assert set(found["price"]) == {1.5}
    assert len(found) == sum(history.runs()["worker"] == "v")
    with pytest.raises(ValueError, match="'runs'"):
        history.sql("SELECT 1", tables={"runs": prices})
    with pytest.raises(SqlError, match=r"'prices'.*int"):
        history.sql("SELECT 1", tables={"prices": 7})


def test_variables_of_python_are_no_tables(history: RunHistory) -> None:
    secrets = pd.DataFrame({"a": [1]})
    with pytest.raises(SqlError, match="no table 'secrets'"):
        history.sql("SELECT * FROM secrets")
    assert len(secrets) == 1


REFUSED = [
    "INSERT INTO runs SELECT * FROM runs",
    "UPDATE runs SET task = 'x'",
    "DELETE FROM runs",
    "DROP TABLE runs",
    "CREATE TABLE mine AS SELECT * FROM runs",
    "CREATE VIEW mine AS SELECT * FROM runs",
    "CREATE MACRO twice(a) AS a * 2",
    "ALTER TABLE runs RENAME TO mine",
    "COPY runs TO 'runs.csv'",
    "COPY (SELECT 1) TO '/tmp/one.parquet'",
    "EXPORT DATABASE 'there'",
    "IMPORT DATABASE 'there'",
    "ATTACH 'other.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET threads = 1",
    "SET enable_external_access = true",
    "RESET lock_configuration",
    "PRAGMA version",
    "CALL pragma_version()",
    "CHECKPOINT",
    "VACUUM",
    "BEGIN",
    "PREPARE one AS SELECT 1",
    "EXPLAIN COPY runs TO 'runs.csv'",
    "EXPLAIN ANALYZE DELETE FROM runs",
    "PIVOT stages ON status USING count(*)",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE runs",
    "WITH gone AS (DELETE FROM runs RETURNING *) SELECT * FROM gone",
    "",
    " -- nothing",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('*')",
    "SELECT * FROM read_json('https://example.org/a.json')",
    "SELECT * FROM parquet_scan('a.parquet')",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM 'runs.csv'",
    "SELECT * FROM 'https://example.org/a.parquet'",
    "SELECT * FROM sqlite_scan('history.db', 'runs')",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_a_statement_that_does_more_than_read_runs_is_refused(
    statement: str, history: RunHistory, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs.csv").write_text("a\n1\n")
    with pytest.raises(SqlError, match=r"SQL over runs only reads|no table"):
        history.sql(statement)
    assert [path.name for path in tmp_path.iterdir()] == ["runs.csv"]
    assert (tmp_path / "runs.csv").read_text() == "a\n1\n"


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("SELECT mesage FROM logs", ["'mesage'", "Did you mean message?", "LINE 1"]),
        ("SELECT l.mesage FROM logs l", ["'mesage' in logs", "Did you mean message?"]),
        ("SELECT r.task FROM runs r WHERE r.durations > 1", ["'durations' in runs", "duration"]),
        ("SELECT price FROM runs", ["'price' in runs", "run_id, worker, task"]),
        ("SELECT * FROM stage", ["'stage'", "Did you mean stages?", "The tables are runs, stages, logs"]),
        ("SELECT x.task FROM runs r", ["'x'"]),
        ("SELEKT 1", ["SELEKT"]),
        ("SELECT * FROM runs WHERE", ["syntax error"]),
        ("SELECT sum(duration) FROM stages", ["sum(epoch(duration))"]),
        ("SELECT * FROM logs WHERE level > 'fatal'", ["'fatal'", "debug, info, warning and error"]),
        ("SELECT frobnicate(task) FROM runs", ["frobnicate"]),
        ("SELECT task::INTEGER FROM runs WHERE task IS NOT NULL", ["INT32"]),
        ("SELECT worker, task FROM runs GROUP BY worker", ["task", "GROUP BY"]),
    ],
)
def test_nonsense_is_named_with_near_names(statement: str, words: list[str], history: RunHistory) -> None:
    with pytest.raises(SqlError) as raised:
        history.sql(statement)
    for word in words:
        assert word in str(raised.value)
    assert len(str(raised.value)) < 1_200


def test_an_interrupt_ends_a_statement_that_never_returns(
    history: RunHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = threading.Event(), threading.Event()
    run = executing.interruptible

    class Statement:
        """The work of a statement, which says when it begins and ends."""

        def __init__(self, work: Any) -> None:
            self._work = work

        def __call__(self) -> Any:
            begun.set()
            try:
                return self._work()
            finally:
                ended.set()

    monkeypatch.setattr(executing, "interruptible", lambda engine, work: run(engine, Statement(work)))
    main = threading.get_ident()

    def interrupt() -> None:
        begun.wait()
        signal.pthread_kill(main, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(KeyboardInterrupt):
        history.sql("WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL FROM n) SELECT count(*) FROM n")
    thread.join()
    assert ended.is_set()
    assert len(history.sql("SELECT 1 AS one")) == 1


def test_a_missing_duckdb_is_named_with_its_extra(
    history: RunHistory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(PackageMissing, match=r"pip install 'worker-widget\[sql\]'"):
        history.sql("SELECT 1")


def test_frames_are_read_from_the_same_history(history: RunHistory, store: EventStore) -> None:
    whole = pandas_frame(read_frame(store, "runs", FrameFilter()))
    assert set(history.sql("SELECT run_id FROM runs")["run_id"]) == set(whole["run_id"])
    assert FAILED in set(whole["run_id"])

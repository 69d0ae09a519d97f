"""DataFrames: the same typed columns with and without rows, in every pandas that is allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pandas as pd
import pytest

from tests.recorded import events, logged, recording
from worker_widget.events import decode
from worker_widget.events.answers import RunListItem
from worker_widget.runs import dataframes
from worker_widget.state.log_line import LoggedEvent
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_state import RunState, Stage, WarningRow
from worker_widget.store.event_store import EventStore
from worker_widget.store.log_table import StoredLine

TIME = "datetime64[us, UTC]"

DTYPES: dict[str, dict[str, str]] = {
    "events": {
        "position": "Int64",
        "time": TIME,
        "type": "string",
        "stage_id": "string",
        "event_id": "string",
        "data": "string",
    },
    "logs": {
        "line": "Int64",
        "position": "Int64",
        "time": TIME,
        "level": "category",
        "stage_id": "string",
        "agent": "string",
        "message": "string",
    },
    "stages": {
        "stage_id": "string",
        "name": "string",
        "status": "string",
        "agent": "string",
        "attempts": "Int64",
        "started": TIME,
        "ended": TIME,
        "duration_ms": "Float64",
        "tokens": "Int64",
        "complexity": "Float64",
        "drift": "Float64",
        "recoveries": "Int64",
        "violations": "Int64",
        "error": "string",
    },
    "routing": {
        "number": "Int64",
        "position": "Int64",
        "time": TIME,
        "stage_id": "string",
        "agent": "string",
        "score": "Float64",
        "reason": "string",
        "complexity": "Float64",
        "confidence": "Float64",
        "source": "string",
        "alternatives": "object",
    },
    "ledger": {
        "number": "Int64",
        "position": "Int64",
        "time": TIME,
        "stage_id": "string",
        "kind": "string",
        "engine": "string",
        "outcome": "string",
        "title": "string",
        "detail": "string",
        "incident": "Int64",
    },
    "incidents": {
        "number": "Int64",
        "stage_id": "string",
        "stage": "string",
        "kind": "string",
        "outcome": "string",
        "severity": "string",
        "title": "string",
        "found": "string",
        "tried": "string",
        "before": "string",
        "after": "string",
        "location": "string",
        "code": "string",
        "recoveries": "Int64",
        "started": TIME,
        "ended": TIME,
        "duration_ms": "Float64",
        "events": "Int64",
        "position": "Int64",
        "last": "Int64",
    },
    "warnings": {"code": "string", "stage_id": "string", "message": "string", "position": "Int64"},
    "artifacts": {
        "file": "string",
        "kind": "string",
        "stage_id": "string",
        "status": "string",
        "chars": "Int64",
        "version": "Int64",
        "sha256": "string",
    },
    "runs": {
        "run_id": "string",
        "worker": "string",
        "task": "string",
        "status": "string",
        "success": "boolean",
        "error": "string",
        "created": TIME,
        "started": TIME,
        "ended": TIME,
        "latency_ms": "Float64",
        "tokens": "Int64",
        "events": "Int64",
        "lines": "Int64",
        "origin": "string",
        "strict_mode": "boolean",
        "depth": "string",
        "budget": "Int64",
        "has_brand": "boolean",
        "replay_of": "string",
    },
    "listed_runs": {
        "run_id": "string",
        "task": "string",
        "status": "string",
        "success": "boolean",
        "created": TIME,
        "latency_ms": "Float64",
    },
}


@pytest.fixture
def store() -> Iterator[EventStore]:
    memory = EventStore.memory()
    memory.begin("r", worker="w", origin="o", time_us=1_700_000_000_123_456)
    yield memory
    memory.close()


def recorded(name: str) -> list[LoggedEvent]:
    return logged(events(recording(name)))


def made(name: str, store: EventStore) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The frame of that name without rows, and with those of a recorded run."""
    told = recorded("failure_strategy" if name in ("ledger", "incidents") else "valid_professional")
    store.append("r", [item.event for item in told])
    state = reduce_all(told)
    warned = RunState(warnings=(WarningRow(position=1, stage_id=None, code="c", message="m"),))
    listed = RunListItem(
        run_id="r", task="t", status="completed", created_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    makes: dict[str, tuple[Callable[..., pd.DataFrame], object, object]] = {
        "events": (dataframes.events_frame, [], told),
        "logs": (dataframes.logs_frame, [], store.log_rows("r")),
        "stages": (dataframes.stages_frame, RunState(), state),
        "routing": (dataframes.routing_frame, [], told),
        "ledger": (dataframes.ledger_frame, [], told),
        "incidents": (lambda events: dataframes.incidents_frame(events, state), [], told),
        "warnings": (dataframes.warnings_frame, RunState(), warned),
        "artifacts": (dataframes.artifacts_frame, RunState(), state),
        "runs": (
            lambda records: dataframes.runs_frame(records, store.opening_states(["r"])),
            [],
            store.runs(),
        ),
        "listed_runs": (dataframes.listed_runs_frame, [], [listed]),
    }
    make, nothing, something = makes[name]
    return make(nothing), make(something)


@pytest.mark.parametrize("name", DTYPES)
def test_columns_are_typed_alike_with_and_without_rows(name: str, store: EventStore) -> None:
    empty, full = made(name, store)
    assert empty.empty
    assert len(full) > 0
    for frame in (empty, full):
        assert {column: str(dtype) for column, dtype in frame.dtypes.items()} == DTYPES[name]
    assert len(pd.concat([empty, full])) == len(full)
    assert [str(dtype) for dtype in pd.concat([empty, full]).dtypes] == list(DTYPES[name].values())


def test_a_run_as_frames_tells_what_the_recording_says() -> None:
    told = recorded("valid_professional")
    stages = dataframes.stages_frame(reduce_all(told)).set_index("stage_id")
    assert list(stages.index[:3]) == ["preflight", "research", "strategy"]
    assert stages.loc["research", "tokens"] == 487
    assert (stages["ended"] - stages["started"])["research"] > pd.Timedelta("250ms")
    assert stages["tokens"].sum() == 2509
    routing = dataframes.routing_frame(told)
    assert list(routing["agent"][:2]) == ["validator_agent", "researcher_agent"]
    assert routing["confidence"].mean() == pytest.approx(0.8)
    artifacts = dataframes.artifacts_frame(reduce_all(told)).set_index("file")
    assert artifacts.loc["landing_html.html", "chars"] == 349


def test_a_failure_stands_in_the_ledger_with_its_reason() -> None:
    ledger = dataframes.ledger_frame(recorded("failure_strategy"))
    assert list(ledger["engine"]) == ["M19", "M9", "M9", "M10", "M10"]
    detected = ledger[ledger["title"].str.startswith("Failure detected")].iloc[0]
    assert detected["detail"].splitlines()[0] == "error: 'list' object has no attribute 'get'"
    assert list(ledger["number"]) == [1, 2, 3, 4, 5]


def test_levels_are_ordered() -> None:
    rows = [
        StoredLine(n, n, None, word, None, None, word)
        for n, word in enumerate(["error", "info", "warning"], 1)
    ]
    logs = dataframes.logs_frame(rows)
    assert list(logs[logs["level"] >= "warning"]["message"]) == ["error", "warning"]
    assert list(logs.sort_values("level")["message"]) == ["info", "warning", "error"]
    assert list(logs["level"].cat.categories) == ["debug", "info", "warning", "error"]


def test_an_event_shows_what_it_says_as_json() -> None:
    raws = [
        b'{"timestamp": "2026-11-22T07:49:19.000001Z", "type": "log", "data": {"message": "x", "n": 1.50}}',
        *(b"no JSON", b'{"type": "log"}', b'{"type": "connected", "run_id": "r"}', b"\xff"),
    ]
    frame = dataframes.events_frame(logged([decode(raw, "log") for raw in raws]))
    assert list(frame["data"]) == [
        *('{"message": "x", "n": 1.50}', "no JSON", '{"type": "log"}'),
        *('{"type": "connected", "run_id": "r"}', "�"),
    ]
    assert frame["time"][0] == pd.Timestamp("2026-11-22T07:49:19.000001Z")
    assert frame["time"].isna().sum() == 4


def test_a_figure_that_fits_no_column_is_missing() -> None:
    state = RunState(
        stages=(Stage(stage_id="a", name="A", tokens=10**30), Stage(stage_id="b", name="B", tokens=3))
    )
    tokens = dataframes.stages_frame(state)["tokens"]
    assert tokens.isna().tolist() == [True, False]
    assert tokens[1] == 3


def test_more_rows_than_a_state_holds_are_all_there() -> None:
    data = b'{"selected_agent": "a%d", "alternatives": ["b", {"agent": "c", "score": 0.5}]}'
    raw = b'{"type": "routing_decision", "data": ' + data + b"}"
    told = logged([decode(raw % n, "routing_decision") for n in range(500)])
    routing = dataframes.routing_frame(told)
    assert list(routing["number"]) == list(range(1, 501))
    assert routing["agent"][499] == "a499"
    alternatives = routing.explode("alternatives")["alternatives"]
    assert alternatives.iloc[1] == {"agent": "c", "score": 0.5, "reason": None}

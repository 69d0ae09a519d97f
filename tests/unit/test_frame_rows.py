"""Frames have the rows that reading every event one by one gives, however the history stores them."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.test_frames import rows
from worker_widget.events import (
    DriftDetected,
    Event,
    FailureClassified,
    FailureDetected,
    PolicyCheck,
    PolicyViolation,
    RecoveryCompleted,
    RecoveryStarted,
    RecoverySuggestion,
    RunFailed,
    StageFailed,
    decode,
)
from worker_widget.runs.history import RunHistory
from worker_widget.state.routing_and_ledger import routing_rows
from worker_widget.store import blocks_table
from worker_widget.store.blocks_table import DamageWarning
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_blocks import BlockQuery
from worker_widget.store.run_records import RunChoice

TEXTS = st.sampled_from(["", "a", "é\n🚀", "copy", "no\x00", "line\nfeed\n"])
STAGES = st.none() | st.sampled_from(["copy", "ux", "é"])
NUMBERS = st.none() | st.sampled_from([0, 1, 0.25, -1.5, 10**30, 10**400, "text", True])
LEVEL_WORDS = st.sampled_from(["debug", "info", "warning", "error", "fatal", "x", 3])
TIMES = st.none() | st.sampled_from(
    ["2026-11-22T07:49:19Z", "1969-01-01T00:00:00Z", "2300-01-01T00:00:00.5Z", "?"]
)


def fields(**own: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={"stage_id": STAGES, **own})


DATA: dict[str, st.SearchStrategy[Any]] = {
    "log": fields(message=TEXTS, level=LEVEL_WORDS, agent=TEXTS),
    "routing_decision": fields(
        selected_agent=TEXTS,
        complexity=NUMBERS,
        confidence=NUMBERS,
        score=NUMBERS,
        reason=TEXTS,
        routing_source=TEXTS,
        alternatives=st.lists(TEXTS | st.fixed_dictionaries({"agent": TEXTS, "score": NUMBERS}), max_size=3),
    ),
    "policy_check": fields(policy=TEXTS, passed=st.booleans() | TEXTS),
    "policy_violation": fields(policy=TEXTS, severity=TEXTS, pattern=TEXTS, location=TEXTS, reason=TEXTS),
    "drift_detected": fields(drift_score=NUMBERS, threshold=NUMBERS, aligned=st.booleans()),
    "failure_detected": fields(error=TEXTS, pattern=TEXTS),
    "failure_classified": fields(code=TEXTS, category=TEXTS, severity=TEXTS),
    "recovery_suggestion": fields(suggestions=st.lists(TEXTS, max_size=2)),
    "recovery_started": fields(action=TEXTS),
    "recovery_completed": fields(action=TEXTS, success=st.booleans()),
    "stage_failed": fields(error=TEXTS),
    "anything": fields(),
}


@st.composite
def made_events(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(sorted(DATA)))
    message: dict[str, Any] = {"type": kind, "n": draw(st.integers(0, 10**6))}
    time = draw(TIMES)
    if time is not None:
        message["timestamp"] = time
    message["data"] = draw(DATA[kind] | st.none() | TEXTS)
    raw = json.dumps(message, ensure_ascii=draw(st.booleans())).encode()
    id = draw(st.none() | st.integers(0, 10**6).map(str) | st.just("odd"))
    return decode(draw(st.sampled_from([raw, raw, raw, b"no JSON", raw + b"\n" + raw])), kind, id)


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A block is sealed with eight events."""
    monkeypatch.setattr(blocks_table, "SEALED_EVENTS", 8)
    monkeypatch.setattr(blocks_table, "_SIZES", (2, 4, 8))
    monkeypatch.setattr(blocks_table, "_JOINED_AT_ONCE", 2)


@pytest.mark.usefixtures("small_blocks")
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.lists(made_events(), min_size=1, max_size=12), max_size=8), st.integers(0, 30))
def test_frames_equal_reading_every_event(batches: list[list[Event]], limit: int) -> None:
    store = EventStore.memory()
    for run_id, at in (("first", 1), ("second", 2)):
        store.begin(run_id, worker="w", origin="o", time_us=at)
        for batch in batches[at - 1 :]:
            store.append(run_id, batch)
    history = RunHistory(store)
    for name in ("logs", "events", "routing", "policy", "drift", "failures", "recoveries"):
        wanted = [row for run_id in ("second", "first") for row in naive(store, run_id, name)]
        found = getattr(history, name)()
        assert rows(found.drop(columns=["received_at"], errors="ignore")) == wanted
        assert rows(getattr(history, name)(limit=limit)) == rows(found[:limit])
        for stage in ("copy", "é"):
            assert rows(getattr(history, name)(stage=stage)) == rows(found[found["stage_id"] == stage])
        at = pd.Timestamp("2026-11-22T07:49:19Z")
        assert rows(getattr(history, name)(since=at.isoformat())) == rows(found[found["timestamp"] >= at])
        assert rows(getattr(history, name)(until=at.isoformat())) == rows(found[found["timestamp"] < at])
    logs = history.logs()
    assert rows(history.logs(level="warning")) == rows(logs[logs["level"] == "warning"])
    store.close()


def naive(store: EventStore, run_id: str, name: str) -> list[dict[str, Any]]:
    """The rows of a frame, made of one event after the other."""
    if name == "logs":
        return [
            {
                "run_id": run_id,
                "seq": line.position,
                "timestamp": line.time_us,
                "level": line.level,
                "stage_id": line.stage_id,
                "agent": line.agent,
                "message": line.message,
            }
            for line in store.log_rows(run_id)
        ]
    if name == "routing":
        return [
            {
                "run_id": run_id,
                "seq": row.position,
                "timestamp": row.time_us,
                "stage_id": row.stage_id,
                "agent": row.agent,
                "complexity": row.complexity,
                "confidence": row.confidence,
                "alternatives": list(row.alternatives),
                "routing_source": row.source,
                "score": row.score,
                "reason": row.reason,
            }
            for row in routing_rows(store.iterate(run_id))
        ]
    found = []
    for logged in store.iterate(run_id):
        event = logged.event
        stage_id = getattr(event.data, "stage_id", None)
        first = {"run_id": run_id, "seq": logged.position, "timestamp": event.time_us}
        if name == "events":
            found.append({**first, "type": event.type, "stage_id": stage_id, "data": _data(event)})
        else:
            row = _row(name, event)
            if row is not None:
                found.append({**first, "stage_id": stage_id, **row})
    return found


def _data(event: Event) -> str:
    try:
        message = json.loads(event.raw)
    except ValueError:
        return event.raw.decode("utf-8", "replace")
    raw = event.raw.decode()
    return raw[raw.index('"data": ') + len('"data": ') : -1] if "data" in message else raw


def _row(name: str, event: Event) -> dict[str, Any] | None:
    data = event.data
    match name, data:
        case "policy", PolicyCheck():
            return _policy(policy=data.policy, passed=data.passed)
        case "policy", PolicyViolation():
            names = ("policy", "severity", "violation_type", "pattern", "location", "reason")
            return _policy(**{name: getattr(data, name) for name in names})
        case "drift", DriftDetected():
            return {"score": data.drift_score, "threshold": data.threshold, "aligned": data.aligned}
        case "failures", StageFailed() | RunFailed():
            return {"code": None, "category": None, "severity": None, "error": data.error}
        case "failures", FailureDetected():
            return {"code": data.pattern, "category": None, "severity": None, "error": data.error}
        case "failures", FailureClassified():
            return {"code": data.code, "category": data.category, "severity": data.severity, "error": None}
        case "recoveries", RecoveryStarted():
            return {"action": data.action, "success": None, "detail": None}
        case "recoveries", RecoveryCompleted():
            return {"action": data.action, "success": data.success, "detail": None}
        case "recoveries", RecoverySuggestion():
            detail = json.dumps(data.suggestions, ensure_ascii=False, separators=(",", ":"))
            return {"action": None, "success": None, "detail": detail}
    return None


def _policy(**known: Any) -> dict[str, Any]:
    names = ("policy", "passed", "severity", "violation_type", "pattern", "location", "reason")
    return dict.fromkeys(names) | known


# --- damage ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small_blocks")
def test_a_damaged_block_is_left_out_and_named(tmp_path: Path) -> None:
    store = EventStore.open(tmp_path / "history.db")
    for run_id in ("good", "bad"):
        store.begin(run_id, worker="w", origin="o", time_us=0)
        events = [json.dumps({"type": "log", "data": {"message": f"line {n}"}}) for n in range(40)]
        store.append(run_id, [decode(raw.encode(), "log") for raw in events])
    with store._db.write() as db:
        db.execute(
            """UPDATE blocks SET messages = x'00' WHERE row_key = (
                SELECT row_key FROM blocks JOIN runs ON row_key >> 32 = run
                WHERE run_id = 'bad' AND first_line = 8)"""
        )
    history = RunHistory(store)
    with pytest.warns(
        DamageWarning, match=r"The frame logs is incomplete: run bad: The events 9 to 16 of"
    ) as told:
        logs = history.logs()
    assert told[0].filename == __file__
    expected = [n for n in range(1, 41) if not 9 <= n <= 16]
    assert list(logs[logs["run_id"] == "bad"]["seq"]) == expected
    assert len(logs[logs["run_id"] == "good"]) == 40
    assert len(history.events()) == 80
    store.close()


@pytest.mark.usefixtures("small_blocks")
def test_blocks_are_read_in_other_threads_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker_widget.store.run_blocks._GROUP_EVENTS", 20)
    store = EventStore.open(tmp_path / "history.db")
    store.begin("r", worker="w", origin="o", time_us=0)
    for n in range(501):
        raw = json.dumps({"type": "log", "data": {"message": str(n)}})
        store.append("r", [decode(raw.encode(), "log", str(n))])
    history = RunHistory(store)
    assert list(history.logs()["message"]) == [str(n) for n in range(501)]
    assert list(history.events(limit=50)["seq"]) == list(range(1, 51))
    store.close()


def test_the_data_of_regular_events_is_read_for_a_block_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def one_by_one(part: bytes) -> bytes:
        raise AssertionError("read one by one")

    monkeypatch.setattr("worker_widget.runs.frames.block_rows._one_data", one_by_one)
    store = EventStore.memory()
    store.begin("r", worker="w", origin="o", time_us=0)
    texts = [json.dumps({"message": text}) for text in ("a", "}{", "x" * 500, "é", '"]}')]
    store.append("r", [decode(b'{"type": "log", "data": %b}' % text.encode(), "log") for text in texts])
    assert list(RunHistory(store).events()["data"]) == texts
    store.close()


# --- other writers ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("small_blocks")
def test_frames_are_whole_while_the_run_is_written(tmp_path: Path) -> None:
    store = EventStore.open(tmp_path / "history.db")
    store.begin("r", worker="w", origin="o", time_us=0)
    writer = EventStore.open(tmp_path / "history.db")
    raws = [json.dumps({"type": "log", "data": {"message": str(n)}}).encode() for n in range(1, 601)]

    def write() -> None:
        for n, raw in enumerate(raws):
            writer.append("r", [decode(raw, "log", str(n))])

    thread = threading.Thread(target=write)
    thread.start()
    history, lengths = RunHistory(store), [0]
    while lengths[-1] < len(raws):
        found = history.logs()
        assert list(found["message"]) == [str(n) for n in range(1, len(found) + 1)]
        assert list(found["seq"]) == list(range(1, len(found) + 1))
        assert len(found) >= lengths[-1]
        lengths.append(len(found))
        assert thread.is_alive() or len(history.events()) == len(raws)
    thread.join()
    for opened in (writer, store):
        opened.close()


@pytest.mark.usefixtures("small_blocks")
def test_a_run_that_is_deleted_meanwhile_ends_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker_widget.store.run_blocks._GROUP_EVENTS", 8)
    monkeypatch.setattr("worker_widget.store.database.BUSY_SECONDS", 0.1)  # the reader delays the deletion
    store = EventStore.open(tmp_path / "history.db")
    store.begin("r", worker="w", origin="o", time_us=0)
    for n in range(400):
        store.append("r", [decode(b'{"type": "log", "data": {}}', "log", str(n))])
    keys = store.run_keys(RunChoice())
    reading = store.read_blocks(keys, BlockQuery(), lambda block: len(block.columns()["events"]))
    assert next(reading).run == keys[0]
    store.delete("r")
    assert len(list(reading)) < 50
    assert RunHistory(store).logs().empty
    store.close()

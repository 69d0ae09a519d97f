"""Routing decisions and ledger rows out of the store are those that reducing the log tells."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker_widget.events import (
    DriftDetected,
    Event,
    FailureClassified,
    FailureDetected,
    Log,
    PolicyCheck,
    PolicyViolation,
    RecoveryCompleted,
    RecoveryStarted,
    RecoverySuggestion,
    ReplayVerified,
    RoutingDecision,
    RunCompleted,
    RunFailed,
    StageFailed,
    StageStarted,
    decode,
    make,
)
from worker_widget.events.vocabulary import PAYLOADS
from worker_widget.state.incidents import ledger_rows
from worker_widget.state.log_line import LoggedEvent
from worker_widget.state.reduce import reduce
from worker_widget.state.routing_and_ledger import TYPES_WITHOUT_ROWS, routing_rows
from worker_widget.state.run_state import LedgerRow, RoutingRow, RunState
from worker_widget.store.event_store import EventStore

RUN = "run"
START = datetime(2026, 11, 22, 7, 49, 19, tzinfo=UTC)
STAGES = st.sampled_from([None, "ux", "copy"])
WORDS = st.sampled_from([None, "", "Ω said", "\x1b[31mred"])

ROWS_AND_OTHERS = st.one_of(
    st.builds(RoutingDecision, stage_id=STAGES, selected_agent=WORDS, alternatives=st.just(["a", {}])),
    st.builds(PolicyCheck, stage_id=STAGES, policy=WORDS, passed=st.sampled_from([True, False, None])),
    st.builds(PolicyViolation, stage_id=STAGES, reason=WORDS, severity=st.sampled_from(["low", None])),
    st.builds(DriftDetected, stage_id=STAGES, drift_score=st.floats(0, 1), aligned=st.booleans()),
    st.builds(FailureDetected, stage_id=STAGES, error=WORDS, pattern=WORDS),
    st.builds(FailureClassified, code=WORDS, violation_count=st.integers(0, 9)),
    st.builds(RecoverySuggestion, failure_code=WORDS, suggestions=st.just([{"action": "cut"}, "text"])),
    st.builds(RecoveryStarted, stage_id=STAGES, action=WORDS),
    st.builds(RecoveryCompleted, stage_id=STAGES, success=st.sampled_from([True, False, None])),
    st.builds(ReplayVerified, identical=st.booleans()),
    st.builds(StageStarted, stage_id=STAGES),
    st.builds(StageFailed, stage_id=STAGES, error=WORDS),
    st.builds(RunFailed, error=WORDS),
    st.builds(RunCompleted, success=st.booleans()),
    st.builds(Log, message=st.just("a line")),
)  # fmt: skip
ODD = st.sampled_from(
    [
        (b"no JSON", "policy_check"),
        (b'{"type": "routing_decision", "data": 5}', "routing_decision"),
        (b'{"type": "stage_failed", "data": {"stage_id": 7, "error": []}}', "stage_failed"),
        (b'{"type": "drift_detected", "data": {"drift_score": "high", "stage_id": "ux"}}', ""),
        (b'{"type": "policy_violation", "data": {"stage_id": "ux"}}', "log"),
    ]
)


def emitted(parts: list[Any]) -> list[Event]:
    events = []
    for n, part in enumerate(parts):
        if isinstance(part, tuple):
            events.append(decode(*part, str(n)))
        else:
            event = make(part, run_id=RUN, time=START + timedelta(milliseconds=n))
            events.append(decode(event.raw, event.type, str(n)))
    return events


def reduced(events: list[Any]) -> tuple[list[RoutingRow], list[LedgerRow]]:
    """Every row that the state ever had."""
    routing: list[RoutingRow] = []
    ledger: list[LedgerRow] = []
    state = RunState()
    for logged in events:
        before, state = state.counts, reduce(state, logged)
        routing += state.routing[-1:] if state.counts.routing > before.routing else ()
        ledger += state.ledger[-1:] if state.counts.ledger > before.ledger else ()
    return routing, ledger


def test_the_event_types_that_readers_leave_out_have_no_rows() -> None:
    for name in TYPES_WITHOUT_ROWS:
        logged = LoggedEvent(1, make(PAYLOADS[name](), run_id=RUN, time=START))
        assert logged.event.type == name
        assert not [*routing_rows([logged]), *ledger_rows([logged])]


@settings(max_examples=60)
@given(
    st.lists(st.one_of(ROWS_AND_OTHERS, ODD), max_size=40),
    st.integers(1, 40),
    st.integers(-2, 40),
    st.integers(0, 9),
)
def test_windows_hold_the_rows_that_reduce_tells(parts: list[Any], cut: int, start: int, count: int) -> None:
    store = EventStore.memory()
    store.begin(RUN, worker="w", origin="o", time_us=0)
    events = emitted(parts)
    store.append(RUN, events[:cut])
    store.append(RUN, events[cut:])
    logged = list(store.iterate(RUN))
    routing, ledger = reduced(logged)
    assert list(routing_rows(logged)) == routing
    assert list(ledger_rows(logged)) == ledger
    for stage_id in (None, "ux", "nowhere"):
        decisions = [row for row in routing if stage_id in (None, row.stage_id)]
        shown = store.routing_window(RUN, stage_id, start, count)
        at = min(max(start, 0), len(decisions))
        assert (shown.total, shown.start, shown.rows) == (len(decisions), at, decisions[at : at + count])
        for incident in {0, *(row.incident for row in ledger)}:
            rows = [row for row in ledger if row.incident == incident]
            if not incident:
                rows = [row for row in rows if stage_id in (None, row.stage_id)]
            window = store.ledger_window(RUN, incident, stage_id, start, count)
            at = min(max(start, 0), len(rows))
            assert (window.total, window.start, window.rows) == (len(rows), at, rows[at : at + count])
    store.close()


@pytest.fixture
def store() -> Iterator[EventStore]:
    memory = EventStore.memory()
    memory.begin(RUN, worker="w", origin="o", time_us=0)
    yield memory
    memory.close()


def test_a_deleted_run_takes_its_rows_along(store: EventStore) -> None:
    store.append(RUN, emitted([RoutingDecision(), PolicyCheck(), PolicyCheck(passed=False)] * 50))
    store.delete(RUN)
    store.begin(RUN, worker="w", origin="o", time_us=0)
    assert store.routing_window(RUN, None, 0, 9).total == 0
    assert store.ledger_window(RUN, 0, None, 0, 9).total == 0
    assert store.incident_window(RUN, None, 0, 9).total == 0
    store.append(RUN, emitted([RoutingDecision(selected_agent="new")]))
    assert [(row.number, row.agent) for row in store.routing_window(RUN, None, 0, 9).rows] == [(1, "new")]

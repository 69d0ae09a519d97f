"""A history of the former schema opens, whatever interrupts its conversion, and shows the same runs."""

from __future__ import annotations

import lzma
import sqlite3
import threading
from pathlib import Path

import pytest

from tests.recorded import NAMES, events, recording
from worker_widget.state.reduce import reduce_all
from worker_widget.store import conversion, run_records
from worker_widget.store.event_store import EventStore
from worker_widget.store.line_filter import LineFilter

FORMER = Path(__file__).parents[1] / "recordings" / "history-6.db.xz"
"""The recorded runs, and a run "long" of 5,000 events: nine log lines, then a policy check."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "history.db"
    path.write_bytes(lzma.decompress(FORMER.read_bytes()))
    return path


def check(store: EventStore) -> None:
    for name in NAMES:
        expected = events(recording(name))
        assert [logged.event for logged in store.iterate(name)] == expected
        state = reduce_all(store.iterate(name))
        record = store.known_run(name)
        assert (record.status, record.events, record.lines) == (
            state.status,
            len(expected),
            state.counts.logs,
        )
        figures = {name: getattr(record, name) for name in run_records.figures(state)}
        assert figures == run_records.figures(state)
        assert store.log_total(name) == state.counts.logs
        assert store.routing_window(name, None, 0, 0).total == state.counts.routing
        numbers = [item.number for item in store.incident_window(name, None, 0, 200).rows]
        assert sorted(numbers) == [item.number for item in state.incidents]
        rows = [row for number in numbers for row in store.ledger_window(name, number, None, 0, 200).rows]
        assert len(rows) == state.counts.ledger - state.counts.passed
    assert store.known_run("long").lines == 4_500
    assert (store.runs(starred=True), store.known_run("long").tags, store.known_run("long").note) == (
        [],
        (),
        None,
    )
    window = store.log_window("long", LineFilter(), 4_490, 20)
    assert (window.total, [row.message for row in window.rows][-2:]) == (4_500, ["line 4998", "line 4999"])
    assert store.incident_window("long", None, 0, 0).passed == 250
    assert store.append("long", [logged.event for logged in store.read("long")]) == [], "repeated events"


def test_a_history_of_the_former_schema_shows_the_same_runs(path: Path) -> None:
    store = EventStore.open(path)
    check(store)
    store.close()
    with sqlite3.connect(path) as db:
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    db.close()
    assert not tables & {"events", "keys", "log", "routing", "ledger", "unconverted"}
    store = EventStore.open(path)
    check(store)
    store.close()


@pytest.mark.parametrize("steps", [0, 1, 4, 9])
def test_an_interrupted_conversion_continues_at_the_next_opening(
    path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    done = 0
    convert_some = conversion._convert_some

    def interrupted(db: conversion.Database) -> bool:
        nonlocal done
        if done == steps:
            raise KeyboardInterrupt
        done += 1
        return convert_some(db)

    monkeypatch.setattr(conversion, "_EVENTS_AT_ONCE", 300)
    with monkeypatch.context() as patch:
        patch.setattr(conversion, "_convert_some", interrupted)
        with pytest.raises(KeyboardInterrupt):
            EventStore.open(path)
    store = EventStore.open(path)
    check(store)
    store.close()


def test_processes_that_open_it_at_the_same_time_share_the_conversion(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversion, "_EVENTS_AT_ONCE", 100)
    stores: list[EventStore] = []
    threads = [threading.Thread(target=lambda: stores.append(EventStore.open(path))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stores) == 4
    for store in stores:
        check(store)
        store.close()

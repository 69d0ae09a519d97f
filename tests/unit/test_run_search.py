"""A search in the logs of all runs finds what a search in each run finds, a little at a time."""

from __future__ import annotations

import re
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker_widget.events import Log, RunCompleted, make
from worker_widget.store import blocks_table, pattern, run_search
from worker_widget.store.blocks_table import ListedBlock
from worker_widget.store.database import Database
from worker_widget.store.event_store import EventStore
from worker_widget.store.line_filter import LineFilter
from worker_widget.store.log_search import LogSearch

START = datetime(2026, 11, 22, 7, 49, 19, tzinfo=UTC)


def add(store: EventStore, run_id: str, *messages: str, ended: bool = True) -> None:
    if store.run(run_id) is None:
        store.begin(run_id, worker="w", origin="o", time_us=0)
    count = store.known_run(run_id).events
    events = [
        make(Log(message=message), run_id=run_id, time=START + timedelta(milliseconds=count + index))
        for index, message in enumerate(messages)
    ]
    if ended:
        events.append(make(RunCompleted(success=True), run_id=run_id, time=START + timedelta(days=1)))
    store.append(run_id, events)


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EventStore]:
    opened = EventStore.memory() if request.param == "memory" else EventStore.open(tmp_path / "h.db")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        (LogSearch(text="budget"), {"second": 1, "first": 2}),
        (LogSearch(text="Budget", case_sensitive=True), {"first": 1}),
        (LogSearch(text="größe"), {"second": 1}),
        (LogSearch(text=r"^\d+ tokens$", regex=True), {"second": 1, "first": 1}),
        (LogSearch(text=r"(?<=left )\d+", regex=True), {"second": 1}),
        (LogSearch(text="of\ntwo"), {"second": 1}),
        (LogSearch(text="s\nB"), {}),
        (LogSearch(text="nothing has this"), {}),
        (LogSearch(text=""), {"second": 5, "first": 3}),
        (LogSearch(text="İstanbul"), {"second": 1}),
        (LogSearch(text="x*", regex=True), {"second": 5, "first": 3}),
    ],
)
def test_each_run_has_the_number_of_its_lines_the_newest_first(
    store: EventStore, search: LogSearch, expected: dict[str, int]
) -> None:
    add(store, "first", "Budget of the budget", "120 tokens", "the budget is over")
    add(store, "empty")
    add(
        store, "second", "12 tokens", "GRÖSSE größe", "left 12 in İstanbul", "a budget", "lines of\ntwo lines"
    )
    found = store.search_runs(search)
    assert list(found.runs.items()) == list(expected.items())
    assert (found.done, found.error, found.of) == (True, None, 8)


def test_a_search_is_done_a_little_at_a_time_and_adds_what_came_since(store: EventStore) -> None:
    for number in range(60):
        add(store, f"run-{number}", "needle", "hay")
    search = LogSearch(text="needle")
    first = store.search_runs(search, 0)
    assert 0 < first.scanned < first.of
    assert "run-59" in first.runs, "the newest runs are searched first"
    assert not first.done
    while not (found := store.search_runs(search, 0)).done:
        assert found.scanned < found.of
    assert len(found.runs) == 60
    add(store, "live", "one needle", ended=False)
    assert store.search_runs(search).runs["live"] == 1
    add(store, "live", "two needles", "hay", ended=False)
    add(store, "run-3", "a needle after the end", ended=False)
    store.delete("run-7")
    found = store.search_runs(search)
    assert (found.runs["live"], found.runs["run-3"]) == (2, 2)
    assert "run-7" not in found.runs


@pytest.mark.parametrize("text", ["(", "a{99999}", r"(a+)+\1b$"])
def test_a_pattern_that_cannot_be_used_says_why(store: EventStore, text: str) -> None:
    add(store, "run", "a" * 3_000)
    found = store.search_runs(LogSearch(text=text, regex=True))
    assert found.done
    assert found.error
    assert "pattern" in found.error


def test_a_damaged_block_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    store = EventStore.open(path)
    add(store, "damaged", "needle")
    add(store, "whole", "needle")
    with sqlite3.connect(path) as db:
        db.execute("UPDATE blocks SET messages = x'00' WHERE row_key < 2 << 32")
    db.close()
    assert store.search_runs(LogSearch(text="needle")).runs == {"whole": 1}
    store.close()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.text("abAB \nßÄx", max_size=6), max_size=6), max_size=5),
    st.sampled_from(["a", "B", "ab", "ß", "ä", " ", "a\n"]),
    st.booleans(),
)
def test_it_counts_what_each_log_counts(logs: list[list[str]], text: str, case_sensitive: bool) -> None:
    store = EventStore.memory()
    search = LogSearch(text=text, case_sensitive=case_sensitive)
    expected = {}
    for number, messages in enumerate(logs):
        add(store, f"run-{number}", *messages)
        count = store.log_total(f"run-{number}", LineFilter(searches=frozenset({search})))
        if count:
            expected[f"run-{number}"] = count
    assert store.search_runs(search).runs == expected
    store.close()


def test_a_block_that_was_joined_during_the_search_is_searched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = EventStore.open(tmp_path / "h.db")
    for number in range(15):
        add(store, "live", f"needle {number}", ended=False)
    messages_of = run_search._messages
    joined = False

    def join_first(db: Database, part: Sequence[ListedBlock]) -> list[bytes | None]:
        nonlocal joined
        if not joined:
            joined = True
            add(store, "live", "needle 15", ended=False)
        return messages_of(db, part)

    monkeypatch.setattr(run_search, "_messages", join_first)
    assert store.search_runs(LogSearch(text="needle")).runs == {"live": 16}
    store.close()


def test_a_search_that_has_ended_lists_the_blocks_again_only_for_new_lines(
    store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store, "first", "needle")
    add(store, "second", "needle")
    search = LogSearch(text="needle")
    list_blocks = blocks_table.all_with_lines
    listed = 0

    def counted(db: sqlite3.Connection) -> list[ListedBlock]:
        nonlocal listed
        listed += 1
        return list_blocks(db)

    monkeypatch.setattr(blocks_table, "all_with_lines", counted)
    for _ in range(3):
        assert set(store.search_runs(search).runs) == {"first", "second"}
    assert listed == 1
    add(store, "third", "hay", ended=False)
    assert store.search_runs(search).of == 3
    store.delete("first")
    assert (set(store.search_runs(search).runs), listed) == ({"second"}, 3)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from(["needle", "ne\x1b[1medle", "need", "le", "", "x" * 40, "a\nneedle", "NEEDLE é"])
    ),
    st.sampled_from(["needle", "le", "é", "ne+dle"]),
    st.booleans(),
)
def test_many_sealed_blocks_are_searched_as_each_line(
    messages: list[str], text: str, case_sensitive: bool
) -> None:
    search = LogSearch(text=text, case_sensitive=case_sensitive, regex="+" in text)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks_table, "SEALED_EVENTS", 2)
        store = EventStore.open(Path(folder) / "h.db")
        for start in range(0, len(messages), 2):
            add(store, "run", *messages[start : start + 2], ended=False)
        plain = [message.replace("\x1b[1m", "") for message in messages]
        matching = [
            bool(re.search(text, message, 0 if case_sensitive else re.IGNORECASE)) for message in plain
        ]
        filter = LineFilter(searches=frozenset({search}))
        if messages:
            found = [row.line for row in store.log_window("run", filter, 0, 1_000).rows]
            assert found == [line for line, matches in enumerate(matching, 1) if matches]
        assert store.search_runs(search).runs == ({"run": sum(matching)} if any(matching) else {})
        store.close()


def test_a_pattern_that_is_slow_for_every_line_ends_after_its_time(
    store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pattern, "MESSAGES_S", 0.05)
    add(store, "run", *["a" * 26] * 2_000)
    found = store.search_runs(LogSearch(text=r"(a+)+\1b", regex=True))
    assert found.error is not None
    assert "takes too long" in found.error


def test_runs_in_the_trash_are_left_out(store: EventStore) -> None:
    add(store, "kept", "needle")
    add(store, "gone", "needle")
    store.trash("gone")
    assert list(store.search_runs(LogSearch(text="needle")).runs) == ["kept"]
    store.restore("gone")
    assert set(store.search_runs(LogSearch(text="needle")).runs) == {"gone", "kept"}

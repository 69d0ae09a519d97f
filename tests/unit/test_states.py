"""The state at any position is that of a fresh reduce, whatever is known of it, damaged or missing."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.any_events import RUN, TO_SCHEMA_7, made, runs
from tests.recorded import NAMES, events, logged, recording
from worker_widget.errors import HistoryError, RunUnknown
from worker_widget.events import Event, Log, PolicyCheck, RoutingDecision, RunCompleted, decode
from worker_widget.runs.live_run import LiveRun
from worker_widget.sources.run_source import EventBatch
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_state import RunState
from worker_widget.store import blocks_table, keyframes, states
from worker_widget.store.event_store import EventStore


@pytest.fixture(autouse=True)
def near_keyframes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A keyframe after every third event, in small blocks."""
    monkeypatch.setattr(keyframes, "KEYFRAME_EVENTS", 3)
    monkeypatch.setattr(keyframes, "_SHARE", 0)
    monkeypatch.setattr(blocks_table, "SEALED_EVENTS", 12)
    monkeypatch.setattr(blocks_table, "_SIZES", (2, 5, 12))
    monkeypatch.setattr(blocks_table, "_JOINED_AT_ONCE", 3)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "history.db"


@pytest.fixture
def opened(path: Path) -> Iterator[Callable[[], EventStore]]:
    stores: list[EventStore] = []

    def open_it() -> EventStore:
        stores.append(EventStore.open(path))
        return stores[-1]

    yield open_it
    for store in stores:
        store.close()


def begin(store: EventStore, batch: list[Event]) -> None:
    store.begin(RUN, worker="w", origin="o", time_us=0)
    store.append(RUN, batch)


def long_run(count: int = 40) -> list[Event]:
    kinds = [
        lambda n: Log(message=f"line {n}", level="error"),
        lambda n: PolicyCheck(stage_id="a", policy=f"p{n}", passed=n % 2 == 0),
        lambda n: RoutingDecision(stage_id="a", selected_agent=f"agent {n}"),
    ]
    return made([(kinds[n % 3](n), 0) for n in range(count)])


def fresh(batch: list[Event], position: int) -> RunState:
    return reduce_all(logged(batch[:position]))


def stored(path: Path) -> list[int]:
    with sqlite3.connect(path) as db:
        rows = db.execute("SELECT row_key & 0xffffffff FROM keyframes ORDER BY row_key").fetchall()
    db.close()
    return [position for (position,) in rows]


@settings(max_examples=80, deadline=None)
@given(
    runs(), st.lists(st.integers(-1, 45), max_size=25), st.integers(1, 9), st.integers(1, 4), st.booleans()
)
def test_the_state_at_any_position_is_that_of_the_events_before_it(
    sent: list[Event], asked: list[int], at_once: int, remembered: int, keeps: bool
) -> None:
    most, states.MOST_STATES = states.MOST_STATES, remembered
    store = EventStore.memory()
    begin(store, [])
    try:
        state = RunState()
        for start in range(0, len(sent), at_once):
            state = reduce_all(store.append(RUN, sent[start : start + at_once]), state)
            if keeps:
                store.keep_keyframe(RUN, state)
            for position in asked[::3]:
                assert store.state_at(RUN, position) == fresh(sent[: start + at_once], max(position, 0))
        for position in asked:
            assert store.state_at(RUN, position) == fresh(sent, max(position, 0))
    finally:
        states.MOST_STATES = most
        store.close()


@pytest.mark.parametrize("name", NAMES)
def test_every_state_of_a_recorded_run_is_found(opened: Callable[[], EventStore], name: str) -> None:
    sent = events(recording(name))
    begin(opened(), sent)
    expected = [RunState()]
    for item in logged(sent):
        expected.append(reduce_all([item], expected[-1]))
    forward, backward = opened(), opened()
    for position in range(len(sent) + 1):
        assert forward.state_at(RUN, position) == expected[position]
    for position in reversed(range(len(sent) + 1)):
        assert backward.state_at(RUN, position) == expected[position]
    assert backward.state_at(RUN, 10**6) == backward.state(RUN) == expected[-1]
    assert backward.state_at(RUN, -5) == RunState()


def test_a_run_that_grows_and_is_read_by_two_processes(opened: Callable[[], EventStore], path: Path) -> None:
    sent = long_run(60)
    writer, reader = opened(), opened()
    begin(writer, sent[:20])
    assert reader.state_at(RUN, 99) == fresh(sent, 20)
    writer.append(RUN, sent[20:])
    assert reader.state_at(RUN, 99) == writer.state_at(RUN, 60) == fresh(sent, 60)
    assert reader.state_at(RUN, 31) == fresh(sent, 31)
    gaps = [after - before for before, after in pairwise([0, *stored(path), 60])]
    assert min(gaps[:-1]) >= 3
    assert max(gaps) <= 6


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE keyframes SET state = substr(state, 2)",
        "UPDATE keyframes SET state = zeroblob(9), checksum = 3",
        "UPDATE keyframes SET form = form + 1",
        "UPDATE keyframes SET row_key = row_key + 1",
        "DELETE FROM keyframes",
    ],
    ids=["cut", "overwritten", "of another version", "at another position", "gone"],
)
def test_a_keyframe_that_cannot_be_used_is_made_again(
    opened: Callable[[], EventStore], path: Path, damage: str
) -> None:
    sent = long_run()
    store = opened()
    begin(store, sent)
    store.state_at(RUN, 40)
    store.close()
    assert len(stored(path)) > 10
    with sqlite3.connect(path) as db:
        db.execute(damage)
    db.close()
    again = opened()
    assert again.state_at(RUN, 38) == fresh(sent, 38)
    assert again.state_at(RUN, 17) == fresh(sent, 17)
    again.close()
    with sqlite3.connect(path) as db:
        (good,) = db.execute("SELECT count(*) FROM keyframes WHERE form = ?", (keyframes.form(),)).fetchone()
    db.close()
    assert good > 10
    last = opened()
    assert [last.state_at(RUN, at) for at in range(41)] == [fresh(sent, at) for at in range(41)]


def test_a_damaged_block_is_named_and_left_out_of_the_states(
    opened: Callable[[], EventStore], path: Path
) -> None:
    sent = long_run()
    begin(opened(), sent[:12])
    opened().append(RUN, sent[12:24])
    opened().append(RUN, sent[24:])
    with sqlite3.connect(path) as db:
        db.execute("UPDATE blocks SET raw = substr(raw, 2) WHERE row_key = (1 << 32) + 13")
    db.close()
    store = opened()
    readable = [item for item in logged(sent) if not 13 <= item.position <= 24]
    with pytest.warns(blocks_table.DamageWarning, match="The events 13 to 24 of the run are damaged"):
        state = store.state_at(RUN, 30)
    assert state == reduce_all(item for item in readable if item.position <= 30)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for position in (40, 20, 12, 25, 13):
            expected = reduce_all(item for item in readable if item.position <= position)
            assert store.state_at(RUN, position) == expected
        progress = [store.prepare_state(RUN, 40, 0) for _ in range(20)][-1]
    assert progress.done
    assert max(stored(path)) <= 12, "no state without all its events is stored"


def test_another_writer_or_a_full_disk_does_not_matter(
    opened: Callable[[], EventStore], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = long_run()
    store = opened()
    begin(store, sent)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert store.state_at(RUN, 35) == fresh(sent, 35)
    assert not store.keep_keyframe(RUN, fresh(sent, 35)), "it is to be tried again"
    other.execute("ROLLBACK")
    other.close()
    assert stored(path) == []

    def full(*arguments: object) -> bool:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(keyframes, "insert", full)
        assert store.keep_keyframe(RUN, fresh(sent, 35))
        assert store.prepare_state(RUN, 40, 1).done
        assert [store.state_at(RUN, at) for at in range(41)] == [fresh(sent, at) for at in range(41)]
    assert stored(path) == []


def test_what_cannot_be_stored_stays_in_memory_within_a_limit(
    opened: Callable[[], EventStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = long_run(120)
    store = opened()
    begin(store, sent)
    monkeypatch.setattr(keyframes, "insert", lambda *arguments: False)
    monkeypatch.setattr(states, "MOST_UNSTORED_BYTES", 9_000)
    assert store.state_at(RUN, 120) == fresh(sent, 120)
    reader = store._states
    assert 0 < reader._unstored_bytes == sum(map(len, reader._unstored.values())) <= 9_000
    assert store.state_at(RUN, 119) == fresh(sent, 119)


def test_keyframes_need_a_tenth_of_the_events_at_most(
    opened: Callable[[], EventStore], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyframes, "_SHARE", 10)
    sent = long_run(600)
    store = opened()
    begin(store, sent)
    for position in (600, 300, 450, 599, 11, 350):
        assert store.state_at(RUN, position) == fresh(sent, position)
    store.close()
    with sqlite3.connect(path) as db:
        (size,) = db.execute("SELECT sum(length(state)) FROM keyframes").fetchone()
    db.close()
    assert 0 < size <= sum(len(event.raw) for event in sent) / 10


def test_the_next_event_of_a_type_is_found_beyond_a_damaged_block(
    opened: Callable[[], EventStore], path: Path
) -> None:
    sent = long_run()
    begin(opened(), sent[:12])
    opened().append(RUN, sent[12:24])
    opened().append(RUN, sent[24:])
    with sqlite3.connect(path) as db:
        db.execute("UPDATE blocks SET columns = substr(columns, 2) WHERE row_key = (1 << 32) + 13")
    db.close()
    store = opened()
    with pytest.warns(blocks_table.DamageWarning, match="The events 13 to 24 of the run are damaged"):
        assert store.next_of_type(RUN, 10, 1) == 25
    with pytest.warns(blocks_table.DamageWarning):
        assert store.next_of_type(RUN, 25, -1) == 10
    with pytest.warns(blocks_table.DamageWarning):
        assert store.next_of_type(RUN, 14, 1) is None, "what is damaged has no type"


def test_the_states_of_a_run_do_not_wait_for_those_of_another(
    opened: Callable[[], EventStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened()
    begin(store, long_run())
    store.begin("other", worker="w", origin="o", time_us=0)
    store.append("other", long_run())
    began, go_on = threading.Event(), threading.Event()
    packed = keyframes.packed

    def slow(state: RunState) -> bytes | None:
        if threading.current_thread() is builder:
            began.set()
            go_on.wait(60)
        return packed(state)

    monkeypatch.setattr(keyframes, "packed", slow)
    made: list[RunState] = []
    builder = threading.Thread(target=lambda: made.append(store.state_at(RUN, 40)), daemon=True)
    builder.start()
    try:
        assert began.wait(60)
        while not (progress := store.prepare_state("other", 40, 0)).done:
            pass
        same = store.prepare_state(RUN, 40, 0)
        assert builder.is_alive(), "the first run is not done"
    finally:
        go_on.set()
        builder.join(60)
    assert progress.done
    assert not same.done
    assert made == [fresh(long_run(), 40)]
    assert store.prepare_state(RUN, 40, 0).done


def test_keyframes_are_made_a_little_at_a_time(opened: Callable[[], EventStore], path: Path) -> None:
    sent = long_run()
    store = opened()
    begin(store, sent)
    first = store.prepare_state(RUN, 30, 0)
    assert (first.reached, first.position, first.done) == (3, 30, False)
    second = store.prepare_state(RUN, 30, 0)
    assert second.reached == 6
    while not (progress := store.prepare_state(RUN, 30, 0)).done:
        pass
    assert progress.position - progress.reached <= 3
    assert stored(path) == list(range(3, 30, 3))
    assert store.prepare_state(RUN, 2, 0).done


def test_a_deleted_run_has_no_states(opened: Callable[[], EventStore], path: Path) -> None:
    sent = long_run()
    store = opened()
    begin(store, sent)
    store.state_at(RUN, 40)
    (kept,) = store.stored_runs(0)
    assert len(stored(path)) > 10
    store.delete(RUN)
    assert stored(path) == []
    with pytest.raises(RunUnknown):
        store.state_at(RUN, 3)
    assert store.keep_keyframe(RUN, fresh(sent, 9)) is True
    begin(store, sent[::-1])
    assert store.state_at(RUN, 40) == fresh(sent[::-1], 40)
    assert kept.bytes > 0


def test_numbers_that_no_keyframe_holds_are_no_problem(opened: Callable[[], EventStore]) -> None:
    sent = long_run(9)
    huge = decode(b'{"type": "run_completed", "data": {"cost_report": {"n": %d}}}' % 10**30, id="99")
    sent.append(huge)
    store = opened()
    begin(store, sent)
    assert store.state_at(RUN, 10) == fresh(sent, 10)
    assert store.keep_keyframe(RUN, fresh(sent, 10)) is True
    assert opened().state_at(RUN, 10) == fresh(sent, 10)


def test_a_history_of_an_earlier_schema_gets_keyframes(opened: Callable[[], EventStore], path: Path) -> None:
    sent = long_run()
    store = opened()
    begin(store, sent)
    store.close()
    with sqlite3.connect(path) as db:
        db.executescript(TO_SCHEMA_7)
    db.close()
    again = opened()
    assert again.state_at(RUN, 20) == fresh(sent, 20)
    again.close()
    assert len(stored(path)) > 3


class _Sent:
    """A source that has these events, some at once."""

    def __init__(self, sent: list[Event], at_once: int) -> None:
        self._sent, self._at_once = sent, at_once

    async def events(self, after: str | None) -> AsyncIterator[EventBatch]:
        for start in range(0, len(self._sent), self._at_once):
            yield EventBatch(self._sent[start : start + self._at_once])

    async def cancel(self) -> None: ...

    async def pause(self) -> None: ...

    async def resume(self) -> None: ...

    async def answer(self, request_id: str, payload: object) -> None: ...


async def test_a_run_that_is_followed_has_keyframes_at_once(
    opened: Callable[[], EventStore], path: Path
) -> None:
    sent = [*long_run(40), *made([(RunCompleted(success=True), 0)])]
    sent[-1] = decode(sent[-1].raw, id="41")
    store = opened()
    store.begin(RUN, worker="w", origin="o", time_us=0)
    live = LiveRun(RUN, source=_Sent(sent, 4), store=store, worker="w")  # type: ignore[arg-type]
    live.start()
    await asyncio.wrap_future(live.over)
    await live.stop()
    assert stored(path) == list(range(4, 41, 4))
    with suppress(HistoryError):
        assert opened().state_at(RUN, 33) == fresh(sent, 33)


async def test_a_run_that_is_opened_again_gets_the_figures_that_a_killed_process_left_out(
    opened: Callable[[], EventStore],
) -> None:
    store = opened()
    store.begin(RUN, worker="w", origin="o", time_us=0)
    end = RunCompleted(success=True, total_tokens=7, replay_token={"plan_id": "p"})
    store.append(RUN, made([(end, 0)]))
    before = store.known_run(RUN)
    assert (before.status, before.replay_token) == ("completed", None)
    live = LiveRun(RUN, source=_Sent([], 1), store=store, worker="w")  # type: ignore[arg-type]
    live.start()
    await asyncio.wrap_future(live.over)
    await live.stop()
    after = store.known_run(RUN)
    assert (after.tokens, after.replay_token) == (7, {"plan_id": "p"})

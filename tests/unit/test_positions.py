"""A moment of a run in numbers, words and times gives a position, and each position has a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.any_events import RUN, START, made, runs
from worker_widget.errors import PositionUnknown, RunUnknown
from worker_widget.events import (
    Event,
    Log,
    Payload,
    RunRequested,
    RunStarted,
    StageCompleted,
    StagePlan,
    StageStarted,
    decode,
    encode,
)
from worker_widget.runs.positions import duration_us, position_of, range_of
from worker_widget.state.run_state import RunState
from worker_widget.store import blocks_table, time_axis
from worker_widget.store.event_store import EventStore


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks_table, "SEALED_EVENTS", 12)
    monkeypatch.setattr(blocks_table, "_SIZES", (2, 5, 12))
    monkeypatch.setattr(blocks_table, "_JOINED_AT_ONCE", 3)


def test_the_examples_of_the_documentation_run() -> None:
    text = (Path(__file__).parents[2] / "docs" / "time-travel.md").read_text(encoding="utf-8")
    block = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[0]
    names: dict[str, Any] = {"__name__": "time_travel"}
    exec(compile(block, "time-travel.md", "exec"), names)
    done = names["done"]
    assert [stage.status for stage in names["before"].stages] == ["completed", "running"]
    assert done.at(0) == RunState()
    assert done.at(10**6) == done.state
    with pytest.raises(PositionUnknown, match="such as 'fetch', 'rank'"):
        done.at("sleep")


def stored(sent: list[Event], at_once: int = 7) -> EventStore:
    store = EventStore.memory()
    store.begin(RUN, worker="w", origin="o", time_us=0)
    for start in range(0, len(sent), at_once):
        store.append(RUN, sent[start : start + at_once])
    return store


@pytest.fixture
def store() -> Iterator[EventStore]:
    """A run whose request is of a clock that is ahead; events are a second apart from position 2 on."""
    request = encode(RunRequested(task="t"), run_id=RUN, time=START + timedelta(days=9))
    payloads: list[Payload] = [
        RunStarted(stages=[StagePlan(stage_id="copy", name="Copy Generation"), StagePlan(stage_id="ux")]),
        *(Log(message=f"line {n}") for n in range(10)),
        StageStarted(stage_id="copy"),
        *(Log(stage_id="copy", message=f"word {n}") for n in range(20)),
        StageCompleted(stage_id="copy"),
        StageStarted(stage_id="search-1", name="Search"),
        StageStarted(stage_id="search-2", name="Search"),
    ]
    with closing(stored([decode(request), *made([(data, 0) for data in payloads])])) as kept:
        yield kept


FIRST = START + timedelta(seconds=1)
"""The time of the first event of the worker, at position 2."""


@pytest.mark.parametrize(
    ("at", "position"),
    [
        (0, 0),
        (17, 17),
        (10**9, 36),
        (np.int64(5), 5),
        ("0s", 2),
        ("2.5s", 4),
        ("2500ms", 4),
        (" 0m 10s ", 12),
        ("1h", 36),
        (timedelta(seconds=10), 12),
        (FIRST + timedelta(seconds=10, milliseconds=999), 12),
        (FIRST.replace(tzinfo=None), 2),
        (START, 1),
        (datetime(2036, 1, 1, tzinfo=UTC), 36),
        ("copy", 13),
        ("copy generation", 13),
        ("search-2", 36),
    ],
)
def test_a_moment_is_at_a_position(store: EventStore, at: Any, position: int) -> None:
    assert position_of(store, RUN, at) == position
    assert store.state_at(RUN, position).position == position


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        ("cpoy", "'cpoy' in run run is neither a time since the start nor a stage of this run"),
        ("12 parsecs", "is neither a time"),
        ("", "is neither a time"),
        ("ux", "is a stage that has not started"),
        ("Search", "more than one stage: give an id, such as 'search-1', 'search-2'"),
        (-1, "is less than 0"),
        (timedelta(seconds=-1), "is before the start of the run"),
        (12.5, "is a float"),
        (None, "is a NoneType"),
        (True, "is neither true nor false"),
    ],
)
def test_what_says_no_position_is_named_with_what_does(store: EventStore, at: Any, reason: str) -> None:
    with pytest.raises(PositionUnknown) as refused:
        position_of(store, RUN, at)
    message = str(refused.value)
    assert reason in message
    assert "Give the number of an event (0 to 36), a time since the start ('12.5s', '1m30s'" in message
    assert "such as 'copy', 'ux'" in message
    assert isinstance(refused.value, ValueError)


@pytest.mark.parametrize(
    ("start", "end", "positions"),
    [
        (None, None, (0, 36)),
        (0, 36, (0, 36)),
        (5, 5, (4, 5)),
        (5, None, (4, 36)),
        (None, 5, (0, 5)),
        ("0s", "2.5s", (1, 4)),
        ("2s", "2s", (3, 4)),
        ("2500ms", timedelta(seconds=3), (4, 5)),
        (timedelta(seconds=10), None, (11, 36)),
        (FIRST + timedelta(seconds=10), FIRST + timedelta(seconds=12), (11, 14)),
        ("copy", "copy", (12, 34)),
        ("Copy Generation", None, (12, 36)),
        (None, "copy", (0, 34)),
        ("search-1", "search-1", (34, 36)),
        ("copy", "search-1", (12, 36)),
    ],
)
def test_a_range_has_the_events_at_both_its_ends(
    store: EventStore, start: Any, end: Any, positions: tuple[int, int]
) -> None:
    assert range_of(store, RUN, start, end) == positions


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        (9, 8, "No event of run run is from 9 to 8: of its 36 events, 8 are before that start and 8 up to"),
        ("2.2s", "2.8s", "from '2.2s' to '2.8s'"),
        ("1h", None, "from '1h' to the end of the run"),
        (None, 0, "from 0 to 0"),
        ("ux", None, "is a stage that has not started"),
        (None, "ux", "is a stage that has not started"),
        ("soon", None, "is neither a time since the start nor a stage"),
        (None, True, "is neither true nor false"),
        (2.5, None, "is a float"),
    ],
)
def test_a_range_without_an_event_is_refused(store: EventStore, start: Any, end: Any, reason: str) -> None:
    with pytest.raises(PositionUnknown) as refused:
        range_of(store, RUN, start, end)
    assert reason in str(refused.value)


def test_a_run_without_times_has_no_time_since_its_start() -> None:
    with closing(stored(made([(Log(message="a"), None)]))) as store:
        with pytest.raises(PositionUnknown, match="no event of this run has one"):
            position_of(store, RUN, "1s")
        assert store.time_at(RUN, 1) is None
        assert store.time_axis(RUN).activity == [1]
        with pytest.raises(RunUnknown):
            position_of(store, "nobody", "1s")


@pytest.mark.parametrize(
    ("text", "us"),
    [("90s", 90_000_000), ("1m30s", 90_000_000), ("1d2h", 93_600_000_000), ("3", None), ("1.s", None)],
)
def test_a_duration_has_units(text: str, us: int | None) -> None:
    assert duration_us(text) == us


@settings(max_examples=80, deadline=None)
@given(runs(), st.integers(1, 9), st.data())
def test_the_time_at_a_position_never_goes_back(sent: list[Event], at_once: int, data: st.DataObject) -> None:
    known = [event.time_us for event in sent]
    latest = list(accumulate(known, lambda a, b: b if a is None else a if b is None else max(a, b)))
    with closing(stored([], at_once)) as store:
        half = len(sent) // 2
        for part in (sent[:half], sent[half:]):
            for start in range(0, len(part), at_once):
                store.append(RUN, part[start : start + at_once])
            store.time_axis(RUN)
        assert [store.time_at(RUN, at) for at in range(1, len(sent) + 1)] == latest
        assert store.time_at(RUN, 0) is None
        first = next((time for time in known if time is not None), None)
        assert store.start_time(RUN) == first
        for time in {time for time in latest if time is not None}:
            for asked in (time - 1, time, time + 1):
                expected = max((at for at, late in enumerate(latest, 1) if (late or -1) <= asked), default=0)
                assert store.position_at(RUN, asked) == expected
        axis = store.time_axis(RUN)
        assert (axis.events, axis.start_us) == (len(sent), first)
        assert sum(axis.activity) == len(sent)
        assert axis.positions[0] == 0
        assert axis.positions[-1] == len(sent)
        assert axis.elapsed_us == sorted(axis.elapsed_us)
        if first is not None:
            assert axis.end_us == latest[-1]
            for position, elapsed in zip(axis.positions, axis.elapsed_us, strict=True):
                assert elapsed == (
                    0 if not position or latest[position - 1] is None else latest[position - 1] - first
                )


def test_the_axis_of_a_long_run_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_axis, "MOST_POINTS", 10)
    monkeypatch.setattr(time_axis, "SLICES", 4)
    sent = made([(Log(message=str(n)), 0) for n in range(100)])
    with closing(stored(sent)) as store:
        axis = store.time_axis(RUN)
    assert axis.positions == list(range(0, 101, 10))
    assert axis.elapsed_us == [0, *(1_000_000 * (n - 1) for n in range(10, 101, 10))]
    assert axis.activity == [25, 25, 25, 25]

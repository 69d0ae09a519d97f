"""Every window up to a position is that of a history that has only the events up to there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.any_events import RUN, STAGES, TO_SCHEMA_7, made, runs, stage_runs
from tests.recorded import NAMES, events, recording
from worker_widget.console.channel.artifact_cursor import ArtifactCursor
from worker_widget.events import Event, Log, Payload, Progress, RunCompleted, StageCompleted, StageStarted
from worker_widget.state import reduce
from worker_widget.store import blocks_table, keyframes, log_index
from worker_widget.store.event_store import EventStore
from worker_widget.store.line_filter import EVERY_LINE, LineFilter
from worker_widget.store.log_search import LogSearch


@pytest.fixture(autouse=True, scope="module")
def small() -> Iterator[None]:
    """Small blocks, near keyframes, and a state that holds few stages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keyframes, "KEYFRAME_EVENTS", 3)
        patch.setattr(keyframes, "_SHARE", 0)
        patch.setattr(blocks_table, "SEALED_EVENTS", 12)
        patch.setattr(blocks_table, "_SIZES", (2, 5, 12))
        patch.setattr(blocks_table, "_JOINED_AT_ONCE", 3)
        patch.setattr(log_index, "BLOCK", 4)
        patch.setattr(log_index, "_BLOCK_BITS", 15)
        patch.setattr(log_index, "_LINES_AT_ONCE", 3)
        patch.setattr(log_index, "_BETWEEN_SUMS", 5)
        yield


FILTERS = (
    EVERY_LINE,
    LineFilter(levels=frozenset({"info", "error"})),
    LineFilter(stage_id="a"),
    LineFilter(stage_id="b", agent="writer"),
    LineFilter(searches=frozenset({LogSearch(text="a")})),
    LineFilter(stage_id="c", searches=frozenset({LogSearch(text="a|b", regex=True)})),
)


def windows(store: EventStore, stages: tuple[str, ...], files: tuple[str, ...], **upto: int) -> Any:
    """All that the console reads of a run."""
    shown: dict[str, Any] = {}
    for filter in FILTERS:
        window = store.log_window(RUN, filter, 1, 5, **upto)
        shown[f"log {filter}"] = (
            window,
            store.log_total(RUN, filter, **upto),
            store.log_scan(RUN, filter, **upto),
            [store.log_index(RUN, filter, line, **upto) for line in (1, 3, 99)],
            [
                store.log_next(RUN, filter, FILTERS[1], start, direction, **upto)
                for start in (-1, 1, window.total)
                for direction in (1, -1)
            ],
        )
    facets = store.log_facets(RUN, **upto)
    shown["facets"] = (facets, list(facets.agents), list(facets.stages))
    times = [row.time_us for row in store.log_window(RUN, EVERY_LINE, 0, 99, **upto).rows if row.time_us]
    if times == sorted(times):  # else it is any of the lines at which they pass the time
        shown["at time"] = [store.log_line_at_time(RUN, time, **upto) for time in times]
    shown["at position"] = [store.log_line_at_position(RUN, at, **upto) for at in range(0, 45, 4)]
    for stage_id in (None, *stages):
        shown[f"rows of {stage_id}"] = (
            store.routing_window(RUN, stage_id, 0, 50, **upto),
            store.routing_window(RUN, stage_id, 1, 1, **upto),
            store.incident_window(RUN, stage_id, 0, 50, **upto),
            store.incident_window(RUN, stage_id, 1, 1, **upto),
            [store.ledger_window(RUN, incident, stage_id, 0, 50, **upto) for incident in range(3)],
            store.stage_window(RUN, stage_id, 0, 50, **upto),
            store.stage_window(RUN, stage_id, 1, 1, **upto),
        )
    for stage_id in stages:
        stage = store.stage(RUN, stage_id, **upto)
        shown[f"stage {stage_id}"] = (stage, stage and store.stage_events(RUN, stage))
    for file in files:
        shown[file] = (
            store.artifact_text(RUN, file, **upto),
            [store.artifact_text(RUN, file, version, **upto) for version in (1, 2)],
            store.artifact_sources(RUN, file, **upto),
            store.artifact_sources(RUN, file, 1, **upto),
            store.artifact_versions(RUN, file, **upto),
            store.artifact_chunks(RUN, file, 3, **upto),
        )
    return shown


@contextmanager
def history(batches: list[list[Event]]) -> Iterator[EventStore]:
    store = EventStore.memory()
    try:
        store.begin(RUN, worker="w", origin="o", time_us=0)
        for batch in batches:
            store.append(RUN, batch)
        yield store
    finally:
        store.close()


def check(sent: list[Event], positions: list[int], at_once: int, files: tuple[str, ...]) -> None:
    stages = tuple(dict.fromkeys([*STAGES, "nowhere"]))
    batches = [sent[start : start + at_once] for start in range(0, len(sent), at_once)]
    with history(batches) as whole:
        for position in positions:
            with history([sent[: max(position, 0)]]) as part:
                expected = windows(part, stages, files)
            found = windows(whole, stages, files, upto=position)
            for name, value in expected.items():
                assert found[name] == value, (position, name)
            for artifact in whole.state_at(RUN, position).artifacts:
                text = whole.artifact_text(RUN, artifact.file, upto=position) or ""
                news = ArtifactCursor(artifact, None).advance(artifact, whole, RUN, position)
                assert (news["text"] if news else "") == text, (position, artifact)


@settings(max_examples=50, deadline=None)
@given(
    runs() | stage_runs(),
    st.lists(st.integers(0, 42), min_size=1, max_size=3),
    st.integers(1, 9),
    st.integers(1, 5),
)
def test_a_window_up_to_a_position_is_that_of_the_events_before_it(
    sent: list[Event], positions: list[int], at_once: int, held: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reduce, "MOST_STAGES", held)
        patch.setattr(reduce, "_STAGES_AT_ONCE", 1 + held // 2)
        check(sent, positions, at_once, ("page.md", "plan.md"))


@pytest.mark.parametrize("name", NAMES)
def test_the_windows_of_a_recorded_run_at_some_positions(name: str) -> None:
    sent = events(recording(name))
    step = max(len(sent) // 7, 1)
    check(sent, [*range(0, len(sent) + step, step), 10**12, -1], 7, ("landing_page.html", "positioning.md"))


def test_a_stage_that_is_begun_inside_another_later_is_not_inside_it_before() -> None:
    sent = made(
        [
            (Log(stage_id="b", message="too early"), 0),
            (StageStarted(stage_id="a"), 0),
            (StageStarted(stage_id="b", parent_id="a"), 0),
            (Log(stage_id="b", message="inside"), 0),
        ]
    )
    with history([sent]) as store:
        inside = LineFilter(stage_id="a")
        assert [store.log_total(RUN, inside, upto=at) for at in range(5)] == [0, 0, 0, 1, 2]
    check(sent, list(range(5)), 1, ())


@settings(max_examples=40, deadline=None)
@given(
    runs() | stage_runs(),
    st.lists(st.integers(1, 9), min_size=3, max_size=6),
    st.lists(st.integers(0, 42), min_size=6, max_size=6),
)
def test_the_log_that_is_read_while_a_run_goes_on_is_that_of_its_events_so_far(
    sent: list[Event], sizes: list[int], positions: list[int]
) -> None:
    with history([]) as growing:
        done = 0
        for size, position in zip(sizes, positions, strict=False):
            growing.append(RUN, sent[done : done + size])
            done += size
            for upto in (min(position, done), done, None):
                with history([sent[: done if upto is None else upto]]) as part:
                    assert logs(growing, upto) == logs(part, None)


def logs(store: EventStore, upto: int | None) -> Any:
    """The log under each filter: first what is known without a scan to the end, then all."""
    found = []
    for filter in FILTERS:
        store.log_scan(RUN, filter, 0, upto=upto)
        window = store.log_window(RUN, filter, 0, 50, upto=upto)
        found.append((window, store.log_scan(RUN, filter, upto=upto)))
    return found


def test_lines_of_a_stage_that_comes_to_be_inside_another_pass_its_filter_from_then_on() -> None:
    sent = made(
        [
            (Log(stage_id="c", message="early, in a stage of b"), 0),
            (StageStarted(stage_id="a"), 0),
            (StageStarted(stage_id="c", parent_id="b"), 0),
            (Log(stage_id="d", message="elsewhere"), 0),
            (StageStarted(stage_id="b", parent_id="a"), 0),
            (Log(stage_id="b", message="inside"), 0),
        ]
    )
    inside = LineFilter(stage_id="a")
    with history([]) as store:
        totals = []
        for event in sent:
            store.append(RUN, [event])
            totals.append(store.log_total(RUN, inside))
        assert totals == [0, 0, 0, 0, 1, 2]
        assert [store.log_total(RUN, inside, upto=at) for at in range(1, 7)] == totals
        shown = store.log_window(RUN, inside, 0, 9)
        assert [row.message for row in shown.rows] == ["early, in a stage of b", "inside"]


def test_stages_that_the_state_has_no_more_are_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reduce, "MOST_STAGES", 2)
    monkeypatch.setattr(reduce, "_STAGES_AT_ONCE", 2)
    items: list[Payload] = [StageStarted(stage_id="a")]
    for name in "bcdef":
        items += [StageStarted(stage_id=name, parent_id="a"), Progress(stage_id="a", done=1)]
        items += [StageCompleted(stage_id=name)]
    items += [StageStarted(stage_id="b"), StageCompleted(stage_id="b"), RunCompleted(success=True)]
    items += [StageStarted(stage_id="b"), StageCompleted(stage_id="a")]
    sent = made([(item, None if isinstance(item, RunCompleted) else 0) for item in items])
    check(sent, list(range(len(sent) + 1)), 5, ())


@pytest.mark.parametrize("name", NAMES)
def test_a_history_of_an_earlier_schema_has_the_same_windows(tmp_path: Path, name: str) -> None:
    sent = events(recording(name))
    path = tmp_path / "history.db"
    shown = []
    for _ in range(2):
        with closing(EventStore.open(path)) as store:
            if not shown:
                store.begin(RUN, worker="w", origin="o", time_us=0)
                store.append(RUN, sent)
            stages = tuple(stage.stage_id for stage in store.stages(RUN))
            shown.append([windows(store, stages, (), upto=at) for at in range(0, len(sent), 9)])
        if len(shown) == 1:
            with closing(sqlite3.connect(path)) as db:
                db.executescript(TO_SCHEMA_7)
                db.execute("UPDATE runs SET ending = json_remove(ending, '$[2]')")
                db.commit()
    assert shown[0] == shown[1]

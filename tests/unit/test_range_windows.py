"""Every window of a range has what happened in it: of the rows up to its end, those after its start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.any_events import RUN, STAGES, made, runs, stage_runs
from tests.recorded import NAMES, events, recording
from tests.unit.test_past_windows import FILTERS, history, small
from worker_widget.events import (
    Event,
    Log,
    Payload,
    PolicyViolation,
    RecoveryCompleted,
    RecoveryStarted,
    RunCompleted,
    StageCompleted,
    StageStarted,
)
from worker_widget.state import reduce
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_state import Counts, RunState, Stage
from worker_widget.store.event_store import EventStore
from worker_widget.store.line_filter import EVERY_LINE, LineFilter

__all__ = ["small"]

_EVERY = 1_000
_SUMS = ("events", "logs", "debug", "warnings", "errors", "routing", "ledger", "unknown")
_FIGURES = ("policies", "policies_passed", "violations", "complexities", "drifts", "highest_drift")


def check(sent: list[Event], after: int, upto: int, at_once: int) -> None:
    batches = [sent[start : start + at_once] for start in range(0, len(sent), at_once)]
    with history(batches) as whole, history([sent[:upto]]) as past, history([sent[after:upto]]) as alone:
        check_log(whole, past, after, upto)
        check_rows(whole, past, after, upto)
        check_stages(whole, past, after, upto)
        check_state(whole, alone, after, upto)


def check_log(whole: EventStore, past: EventStore, after: int, upto: int) -> None:
    part = {"after": after, "upto": upto}
    for filter in FILTERS:
        lines = [row for row in past.log_window(RUN, filter, 0, _EVERY).rows if row.position > after]
        window = whole.log_window(RUN, filter, 0, _EVERY, **part)
        assert (window.total, window.rows) == (len(lines), lines)
        assert whole.log_window(RUN, filter, 1, 2, **part).rows == lines[1:3]
        assert whole.log_total(RUN, filter, **part) == len(lines)
        scan = whole.log_scan(RUN, filter, **part)
        assert (scan.count, scan.done) == (len(lines), True)
        for line in (1, 3, 99):
            before = sum(row.line < line for row in lines)
            assert whole.log_index(RUN, filter, line, **part) == before
        check_next(whole, lines, filter, part)
    facets = whole.log_facets(RUN, **part)
    lines = [row for row in past.log_window(RUN, EVERY_LINE, 0, _EVERY).rows if row.position > after]
    assert facets.stages == counted(row.stage_id for row in lines)
    assert facets.agents == counted(row.agent for row in lines)
    assert facets.done


def check_next(whole: EventStore, lines: list[Any], filter: LineFilter, part: dict[str, int]) -> None:
    """From a line to the next error, and around."""
    wanted = LineFilter(levels=frozenset({"error"}))
    hits = [index for index, row in enumerate(lines) if row.level == "error"]
    for start in (-1, 0, len(lines)):
        for direction in (1, -1):
            found = whole.log_next(RUN, filter, wanted, start, direction, **part)
            if not hits:
                assert (found.index, found.of) == (None, 0)
                continue
            beyond = [at for at in hits if (at - start) * direction > 0]
            expected = (beyond or hits)[0 if direction > 0 else -1]
            assert (found.index, found.of) == (expected, len(hits))


def counted(names: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for name in names:
        if name is not None:
            counts[name] = counts.get(name, 0) + 1
    return counts


def check_rows(whole: EventStore, past: EventStore, after: int, upto: int) -> None:
    part = {"after": after, "upto": upto}
    for stage_id in (None, *STAGES):
        decisions = past.routing_window(RUN, stage_id, 0, _EVERY).rows
        later = [row for row in decisions if row.position > after]
        window = whole.routing_window(RUN, stage_id, 0, _EVERY, **part)
        assert (window.total, window.rows) == (len(later), later)
        assert whole.routing_window(RUN, stage_id, 1, 1, **part).rows == later[1:2]
        incidents = [row for row in past.incident_window(RUN, stage_id, 0, _EVERY).rows if row.last > after]
        found = whole.incident_window(RUN, stage_id, 0, _EVERY, **part)
        assert (found.total, found.rows) == (len(incidents), incidents)
        assert whole.incident_window(RUN, stage_id, 1, 1, **part).rows == incidents[1:2]
        for number in range(3):
            rows = past.ledger_window(RUN, number, stage_id, 0, _EVERY).rows
            events_in = [row for row in rows if row.position > after]
            ledger = whole.ledger_window(RUN, number, stage_id, 0, _EVERY, **part)
            assert (ledger.total, ledger.rows) == (len(events_in), events_in)
            if number == 0:
                assert found.passed == len(events_in)


def check_stages(whole: EventStore, past: EventStore, after: int, upto: int) -> None:
    """The tree of those that were begun or at work in the range, and of those around them."""
    all_stages = list(past.stages(RUN))
    known = {stage.stage_id for stage in all_stages}
    before = len(list(stages_of(past, after)))
    wanted = {
        stage.stage_id
        for stage in all_stages
        if stage.number > before
        or stage.status in ("running", "recovering")
        or stage.started_at > after
        or stage.ended_at > after
    }
    around = {stage.stage_id: stage.parent_id for stage in all_stages}
    for stage_id in tuple(wanted):
        at = around[stage_id]
        while at is not None and at in known and at not in wanted:
            wanted.add(at)
            at = around[at]
    for parent in (None, *known, "nowhere"):
        inside = [stage for stage in all_stages if stage.stage_id in wanted and stage.parent_id == parent]
        window = whole.stage_window(RUN, parent, 0, _EVERY, after=after, upto=upto)
        assert [stage.stage_id for stage in window.rows] == [stage.stage_id for stage in inside]
        assert window.total == len(inside)
        for stage, full in zip(window.rows, inside, strict=True):
            children = sum(around[other] == stage.stage_id for other in wanted) if after else full.children
            assert (stage.status, stage.children) == (full.status, children)


def stages_of(store: EventStore, upto: int) -> Iterator[Stage]:
    ids = [stage.stage_id for stage in store.stages(RUN)]
    for stage_id in ids:
        stage = store.stage(RUN, stage_id, upto=upto)
        if stage is not None:
            yield stage


def check_state(whole: EventStore, alone: EventStore, after: int, upto: int) -> None:
    state = whole.range_state(RUN, after, upto)
    only: RunState = reduce_all(alone.iterate(RUN))
    for name in _SUMS:
        assert getattr(state.counts, name) == getattr(only.counts, name), name
    for name in _FIGURES:
        assert getattr(state.figures, name) == getattr(only.figures, name), name
    for name in ("mean_complexity", "mean_drift"):
        assert getattr(state.figures, name) == pytest.approx(getattr(only.figures, name), abs=1e-9), name
    part = {"after": after, "upto": upto}
    incidents = whole.incident_window(RUN, None, 0, _EVERY, **part)
    assert state.counts.incidents == incidents.total
    assert {row.number for row in state.incidents} <= {row.number for row in incidents.rows}
    tops = whole.stage_window(RUN, None, 0, _EVERY, **part)
    assert state.counts.top_stages == tops.total
    assert state.counts.top_done == sum(row.status in ("completed", "recovered") for row in tops.rows)
    assert list(state.routing) == whole.routing_window(RUN, None, 0, _EVERY, **part).rows
    assert {row.file for row in state.artifacts} == {row.file for row in only.artifacts}


@settings(max_examples=60, deadline=None)
@given(
    runs() | stage_runs(),
    st.integers(0, 42),
    st.integers(0, 42),
    st.integers(1, 9),
    st.integers(1, 5),
)
def test_a_window_of_a_range_has_the_rows_of_its_events(
    sent: list[Event], one: int, other: int, at_once: int, held: int
) -> None:
    after, upto = sorted(min(at, len(sent)) for at in (one, other))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reduce, "MOST_STAGES", held)
        patch.setattr(reduce, "_STAGES_AT_ONCE", 1 + held // 2)
        check(sent, after, upto, at_once)


@pytest.mark.parametrize("name", NAMES)
def test_the_windows_of_ranges_of_a_recorded_run(name: str) -> None:
    sent = events(recording(name))
    step = max(len(sent) // 4, 1)
    for after in range(0, len(sent), step):
        check(sent, after, min(after + step + 3, len(sent)), 7)


def test_the_range_from_the_start_is_all_up_to_its_end() -> None:
    sent = events(recording("failure_strategy"))
    with history([sent]) as store:
        state, part = store.state_at(RUN, 40), store.range_state(RUN, 0, 40)
        assert part.counts == state.counts
        assert (part.stages, part.incidents, part.artifacts) == (
            state.stages,
            state.incidents,
            state.artifacts,
        )
        empty = store.range_state(RUN, 40, 40).counts
        assert (empty.events, empty.logs, empty.routing, empty.incidents) == (0, 0, 0, 0)


def test_what_began_before_the_range_is_in_it_as_long_as_it_goes_on() -> None:
    items: list[Payload] = [
        StageStarted(stage_id="long"),
        StageStarted(stage_id="short", parent_id="long"),
        StageCompleted(stage_id="short"),
        PolicyViolation(stage_id="long", policy="claims", reason="It promises"),
        Log(stage_id="long", message="between"),
        RecoveryStarted(stage_id="long", action="rewrite"),
        RecoveryCompleted(stage_id="long", action="rewrite", success=True),
        StageCompleted(stage_id="long"),
        StageStarted(stage_id="last"),
        RunCompleted(success=True),
    ]
    sent = made([(item, 1) for item in items])
    with history([sent]) as store:

        def shown(after: int, upto: int) -> tuple[list[str], int, int, Counts]:
            state = store.range_state(RUN, after, upto)
            names = [stage.stage_id for stage in state.stages]
            return names, state.figures.recoveries, state.figures.recovered, state.counts

        names, recoveries, recovered, counts = shown(4, 5)
        assert names == ["long"]
        assert (counts.incidents, counts.logs, counts.top_done) == (0, 1, 0)
        names, recoveries, recovered, counts = shown(5, 7)
        assert (names, counts.incidents, recoveries, recovered) == (["long"], 1, 1, 1)
        names, _, _, counts = shown(2, 3)
        assert (names, counts.stages, counts.top_stages) == (["long", "short"], 2, 1)
        names, recoveries, _, counts = shown(8, 10)
        assert (names, recoveries, counts.top_done, counts.incidents) == (["last"], 0, 1, 0)

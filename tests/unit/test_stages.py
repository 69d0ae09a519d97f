"""The tree of stages: alike in run state and store, bounded in the state and whole in the store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker_widget.events import (
    Event,
    InputGiven,
    InputRequested,
    Payload,
    Progress,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunStarted,
    StageCompleted,
    StageFailed,
    StagePlan,
    StageStarted,
    make,
)
from worker_widget.runs.history import RunHistory
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_state import MOST_STAGES, Cost, RunState, Stage, StageProgress
from worker_widget.state.stages import tree
from worker_widget.store.event_store import EventStore

START = datetime(2026, 1, 1, tzinfo=UTC)


def events(*payloads: Payload) -> list[Event]:
    return [
        make(data, run_id="r", time=START + timedelta(milliseconds=number))
        for number, data in enumerate(payloads)
    ]


def stored(*payloads: Payload, at_once: int = 1_000) -> tuple[RunState, list[Stage], EventStore]:
    """The state after these events, and the stages of the store, to which they come in parts."""
    store = EventStore.memory()
    store.begin("r", worker="w", origin="o", time_us=0)
    made = events(*payloads)
    logged = []
    for start in range(0, len(made), at_once):
        logged += store.append("r", made[start : start + at_once])
    return reduce_all(logged), list(store.stages("r")), store


def started(stage_id: str, parent_id: str | None = None, **fields: Any) -> StageStarted:
    return StageStarted(stage_id=stage_id, parent_id=parent_id, **fields)


IDS = st.sampled_from(["a", "b", "c", "d", "e"])
PAYLOADS = st.one_of(
    st.builds(
        StageStarted,
        stage_id=IDS,
        parent_id=st.none() | IDS,
        kind=st.sampled_from([None, "tool", "agent"]),
        input=st.none() | st.integers(),
    ),
    st.builds(
        StageCompleted,
        stage_id=IDS,
        tokens_used=st.none() | st.integers(0, 9),
        input_tokens=st.none() | st.integers(0, 9),
        output=st.none() | st.text(max_size=3),
    ),
    st.builds(StageFailed, stage_id=IDS, error=st.just("e"), traceback=st.none() | st.just("t")),
    st.builds(Progress, stage_id=IDS, done=st.integers(0, 9)),
    st.sampled_from([RunCompleted(), RunFailed(error="f"), RunCancelled(reason="c")]),
    st.just(RunStarted(stages=[StagePlan(stage_id="a"), StagePlan(stage_id="b", name="B")])),
)


@settings(max_examples=150, deadline=None)
@given(payloads=st.lists(PAYLOADS, max_size=30), at_once=st.integers(1, 7))
def test_the_store_has_the_same_stages_as_the_state(payloads: list[Payload], at_once: int) -> None:
    state, stages, store = stored(*payloads, at_once=at_once)
    assert list(state.stages) == stages
    assert state.counts.stages == len(stages)
    tops = [stage for stage in stages if stage.parent_id is None]
    assert state.counts.top_stages == len(tops)
    assert state.counts.top_done == sum(stage.status in ("completed", "recovered") for stage in tops)
    assert sorted(row.stage.stage_id for row in tree(stages)) == sorted(stage.stage_id for stage in stages)
    for stage in stages:
        assert store.stage("r", stage.stage_id) == stage


def test_stages_form_a_tree() -> None:
    _, stages, store = stored(
        started("plan"),
        started("research", kind="agent", agent="reader", name="Research"),
        started("search", "research", kind="tool", input={"q": "x"}),
        started("model", "research", kind="model"),
        StageCompleted(stage_id="search", output=[1]),
        StageCompleted(stage_id="model", model="m", input_tokens=3, output_tokens=4),
        started("deep", "model"),
        StageCompleted(stage_id="plan"),
    )
    assert [(row.stage.stage_id, row.depth) for row in tree(stages)] == [
        *(("plan", 0), ("research", 0), ("search", 1), ("model", 1), ("deep", 2)),
    ]
    by_id = {stage.stage_id: stage for stage in stages}
    assert by_id["research"].children == 2
    assert (by_id["research"].name, by_id["research"].agent, by_id["research"].kind) == (
        *("Research", "reader", "agent"),
    )
    assert (by_id["model"].tokens, by_id["model"].input_tokens, by_id["model"].model) == (7, 3, "m")
    inside = store.stage_window("r", "research", 0, 10)
    assert (inside.total, [stage.stage_id for stage in inside.rows]) == (2, ["search", "model"])
    assert [stage.stage_id for stage in store.stage_window("r", None, 1, 10).rows] == ["research"]
    frame = RunHistory(store).stages()
    search = frame.set_index("stage_id").loc["search"]
    assert (search["parent_id"], search["depth"], search["input"], search["output"]) == (
        *("research", 1, '{"q":"x"}', "[1]"),
    )


@pytest.mark.parametrize(
    ("parents", "expected"),
    [
        ({"a": "a"}, [("a", 0)]),
        ({"a": "nowhere"}, [("a", 0)]),
        ({"a": "b", "b": "a"}, [("a", 0), ("b", 1)]),
        ({"a": "b", "b": None}, [("b", 0), ("a", 1)]),
    ],
    ids=["its own parent", "an unknown parent", "a circle", "a parent that starts later"],
)
def test_no_stage_is_lost_whatever_its_parent(
    parents: dict[str, str | None], expected: list[tuple[str, int]]
) -> None:
    state, stages, _ = stored(*(started(name, parent) for name, parent in parents.items()))
    assert [(row.stage.stage_id, row.depth) for row in tree(stages)] == expected
    assert [(row.stage.stage_id, row.depth) for row in tree(state.stages)] == expected


def test_figures_of_attempts_are_summed() -> None:
    state, _, _ = stored(
        started("a"),
        StageCompleted(stage_id="a", tokens_used=5, cost={"amount": 0.25, "currency": "USD"}),
        started("a"),
        StageCompleted(
            stage_id="a", input_tokens=2, output_tokens=1, cost={"amount": 0.5, "currency": "USD"}
        ),
    )
    (stage,) = state.stages
    assert (stage.attempts, stage.tokens, stage.cost) == (2, 8, Cost(amount=0.75, currency="USD"))
    assert state.tokens == 8


def test_a_cost_of_another_form_costs_only_itself() -> None:
    state, _, _ = stored(started("a"), StageCompleted(stage_id="a", cost={"amount": "much"}))
    assert (state.stages[0].status, state.stages[0].cost) == ("completed", None)


def test_progress_keeps_what_it_does_not_repeat() -> None:
    state, _, _ = stored(
        started("a"),
        Progress(stage_id="a", done=1, total=9, unit="pages"),
        Progress(stage_id="a", done=4),
    )
    assert state.stages[0].progress == StageProgress(done=4, total=9, unit="pages")


def test_of_many_stages_the_state_holds_those_at_work_and_the_newest() -> None:
    payloads: list[Payload] = [started("root"), started("open", "root")]
    for number in range(3_000):
        payloads += [started(f"s{number}", "open"), StageCompleted(stage_id=f"s{number}")]
    state, stages, store = stored(*payloads)
    assert len(stages) == 3_002
    assert len(state.stages) <= MOST_STAGES + 64
    assert [stage.stage_id for stage in state.stages[:2]] == ["root", "open"]
    assert state.stages[-1].stage_id == "s2999"
    assert state.counts.stages == 3_002
    assert state.stages[1].children == 3_000
    assert [row.stage_id for row in store.stage_window("r", "open", 100, 2).rows] == ["s100", "s101"]


def test_a_stage_at_work_stays_in_the_state() -> None:
    payloads: list[Payload] = [started(f"w{number}") for number in range(500)]
    payloads += [StageCompleted(stage_id=f"w{number}") for number in range(500)]
    state, stages, _ = stored(*payloads)
    assert {stage.status for stage in stages} == {"completed"}
    assert {stage.status for stage in state.stages} == {"completed"}
    assert state.counts.top_done == 500


def test_an_event_of_a_stage_out_of_view_makes_no_second_stage() -> None:
    payloads: list[Payload] = [started("first"), StageCompleted(stage_id="first")]
    for number in range(1_000):
        payloads += [started(f"s{number}"), StageCompleted(stage_id=f"s{number}")]
    state, stages, _ = stored(*payloads, Progress(stage_id="first", done=1))
    assert "first" not in {stage.stage_id for stage in state.stages}
    assert state.counts.stages == len(stages) == 1_001
    assert stages[0].progress == StageProgress(done=1)


def test_the_run_waits_while_a_request_for_input_is_open() -> None:
    asked = InputRequested(
        request_id="q",
        stage_id="a",
        reason="tool_call",
        message="Send?",
        schema={"type": "boolean"},
        expires_at="2026-01-01T00:10:00Z",
    )
    state, _, store = stored(RunStarted(), started("a"), asked)
    assert state.status == "waiting"
    (request,) = state.inputs
    assert (request.request_id, request.schema) == ("q", {"type": "boolean"})
    assert request.expires_us == round((START + timedelta(minutes=10)).timestamp() * 1e6)
    assert [row.message for row in store.log_rows("r")] == ["Waiting for you: Send?"]
    state, _, store = stored(RunStarted(), started("a"), asked, InputGiven(request_id="q", payload=True))
    assert (state.status, state.inputs) == ("running", ())
    assert [row.message for row in store.log_rows("r")][1:] == ["Answered: true"]
    state, _, _ = stored(RunStarted(), asked, RunCancelled(reason="enough"))
    assert (state.status, state.inputs) == ("cancelled", ())

"""The spans of a framework run as events: tables, without a framework."""

from __future__ import annotations

import hashlib

import pytest

from worker_widget.events import (
    ArtifactCreated,
    ArtifactDelta,
    ArtifactStarted,
    Payload,
    RecoveryCompleted,
    RecoveryStarted,
    StageCompleted,
    StageFailed,
    StageStarted,
)
from worker_widget.sources.frameworks.names import Names
from worker_widget.sources.frameworks.trace import MOST_FAILED_CALLS, SpanFailure, SpanTrace, Usage


@pytest.fixture
def trace() -> SpanTrace:
    return SpanTrace(Names())


def test_a_span_is_a_stage_in_the_stage_around_it(trace: SpanTrace) -> None:
    events = trace.start("a", None, kind="agent", name="writer", agent="writer", input={"q": 1})
    events += trace.start("m", "a", kind="model", name="m-1")
    events += trace.end("m", output="hi", model="m-1", usage=Usage(3, 4))
    events += trace.end("a")
    assert events == [
        StageStarted(stage_id="writer:1", kind="agent", name="writer", agent="writer", input={"q": 1}),
        StageStarted(stage_id="m-1:2", parent_id="writer:1", kind="model", name="m-1", agent="writer"),
        StageCompleted(stage_id="m-1:2", output="hi", model="m-1", input_tokens=3, output_tokens=4),
        StageCompleted(stage_id="writer:1"),
    ]
    assert len(trace) == 0


def test_the_children_of_a_span_that_is_passed_over_belong_to_the_one_around_it() -> None:
    trace = SpanTrace(Names(), around="mine")
    trace.pass_over("root", None, agent="a")
    trace.pass_over("turn", "root")
    [event] = trace.start("m", "turn", kind="model", name="m")
    assert event == StageStarted(stage_id="m:1", parent_id="mine", kind="model", name="m", agent="a")
    assert trace.end("turn") == []


def test_text_is_an_artifact_that_grows(trace: SpanTrace) -> None:
    trace.start("m", None, kind="model", name="m")
    events = [*trace.text("m", "Grü"), *trace.text("m", ""), *trace.text("m", "ße"), *trace.end("m")]
    named = {"stage_id": "m:1", "artifact_name": "answer.md", "artifact_type": "md"}
    assert events == [
        ArtifactStarted(**named),
        ArtifactDelta(**named, offset=0, text="Grü"),
        ArtifactDelta(**named, offset=3, text="ße"),
        ArtifactCreated(**named, sha256=hashlib.sha256("Grüße".encode()).hexdigest()),
        StageCompleted(stage_id="m:1"),
    ]


def test_texts_that_are_written_at_the_same_time_are_not_mixed(trace: SpanTrace) -> None:
    trace.start("a", None, kind="model", name="m")
    trace.start("b", None, kind="model", name="m")
    written = [*trace.text("a", "1"), *trace.text("b", "x"), *trace.text("a", "2"), *trace.text("b", "y")]
    texts: dict[str | None, str] = {}
    for event in written:
        if isinstance(event, ArtifactDelta):
            texts[event.artifact_name] = texts.get(event.artifact_name, "") + event.text
    assert texts == {"answer.md": "12", "answer-2.md": "xy"}


def test_half_a_surrogate_pair_is_written_as_a_question_mark(trace: SpanTrace) -> None:
    trace.start("m", None, kind="model", name="m")
    _, delta = trace.text("m", "a\ud800b")
    assert isinstance(delta, ArtifactDelta)
    assert delta.text == "a?b"


def test_what_a_model_thinks_is_a_stage_of_its_own_that_ends_with_its_first_word(trace: SpanTrace) -> None:
    trace.start("m", None, kind="model", name="m")
    events = [*trace.thinking("m", "Hm"), *trace.thinking("m", "."), *trace.text("m", "Yes")]
    kinds = [type(event) for event in events]
    assert kinds == [
        StageStarted,
        ArtifactStarted,
        ArtifactDelta,
        ArtifactDelta,
        ArtifactCreated,
        StageCompleted,
        ArtifactStarted,
        ArtifactDelta,
    ]
    assert events[0] == StageStarted(
        stage_id="Reasoning:2", parent_id="m:1", kind="reasoning", name="Reasoning"
    )


def test_the_innermost_span_has_the_error_and_those_around_it_name_it(trace: SpanTrace) -> None:
    trace.start("a", None, kind="agent", name="writer")
    trace.pass_over("turn", "a")
    trace.start("t", "turn", kind="tool", name="search")
    inner = SpanFailure("ValueError: no", "Traceback ...", frozenset({1}))
    outer = SpanFailure("RuntimeError: no", None, frozenset({2, 1}))
    assert trace.fail("t", inner) == [
        StageFailed(stage_id="search:2", error="ValueError: no", traceback="Traceback ...")
    ]
    assert trace.knows("turn", frozenset({1}))
    assert trace.fail("turn", inner) == []
    assert trace.fail("a", outer) == [
        StageFailed(stage_id="writer:1", error="Failed in search", failed_in="search:2")
    ]


def test_a_span_that_is_passed_over_and_ends_well_hands_the_error_on(trace: SpanTrace) -> None:
    trace.start("a", None, kind="agent", name="writer")
    trace.pass_over("turn", "a")
    trace.start("m", "turn", kind="model", name="m")
    trace.fail("m", SpanFailure("ValueError: down", marks=frozenset({"down"})))
    trace.end("turn")
    [failed] = trace.fail("a", SpanFailure("Error in agent run: down", marks=frozenset({"down"})))
    assert failed == StageFailed(stage_id="writer:1", error="Failed in m", failed_in="m:2")


def test_another_error_after_one_that_was_caught_is_reported_in_full(trace: SpanTrace) -> None:
    trace.start("a", None, kind="agent", name="writer")
    trace.start("t", "a", kind="tool", name="search")
    trace.fail("t", SpanFailure("first", marks=frozenset({1})))
    [failed] = trace.fail("a", SpanFailure("second", marks=frozenset({2})))
    assert failed == StageFailed(stage_id="writer:1", error="second")


def _call(trace: SpanTrace, span: str, error: str | None = None) -> list[Payload]:
    events = trace.start(span, "a", kind="tool", name="search")
    return events + (trace.end(span) if error is None else trace.fail(span, SpanFailure(error)))


def test_a_tool_that_is_called_again_after_an_error_is_a_recovery(trace: SpanTrace) -> None:
    trace.start("a", None, kind="agent", name="writer", agent="writer")
    _call(trace, "1", "down")
    again = _call(trace, "2", "still down")
    assert again[0] == RecoveryStarted(stage_id="search:2", action="retry")
    assert again[-1] == RecoveryCompleted(stage_id="search:2", action="retry", success=False)
    good = _call(trace, "3")
    assert good[0] == RecoveryStarted(stage_id="search:3", action="retry")
    assert [event for event in good if isinstance(event, RecoveryCompleted)] == [
        RecoveryCompleted(stage_id="search:3", action="retry", success=True),
        RecoveryCompleted(stage_id="search:2", action="retry", success=True),
    ]
    assert not [event for event in _call(trace, "4") if isinstance(event, RecoveryStarted)]


def test_a_tool_that_fails_for_ever_does_not_fill_the_memory(trace: SpanTrace) -> None:
    trace.start("a", None, kind="agent", name="writer")
    for number in range(100):
        _call(trace, str(number), "down")
    recovered = [event for event in _call(trace, "good") if isinstance(event, RecoveryCompleted)]
    assert len(recovered) == MOST_FAILED_CALLS


def test_a_span_that_waits_goes_on_in_the_same_stage(trace: SpanTrace) -> None:
    trace.pass_over("first", None)
    trace.start("n", "first", kind="stage", name="ask")
    assert trace.suspend("n") == []
    trace.suspend("first")
    trace.pass_over("second", None)
    assert trace.start("n again", "second", kind="stage", name="ask") == []
    assert trace.end("n again") == [StageCompleted(stage_id="ask:1")]


@pytest.mark.parametrize("failure", [None, SpanFailure("stopped")])
def test_what_is_open_at_the_end_ends_with_the_run_the_innermost_first(
    trace: SpanTrace, failure: SpanFailure | None
) -> None:
    trace.start("a", None, kind="agent", name="writer")
    trace.start("m", "a", kind="model", name="m")
    trace.text("m", "half")
    trace.start("n", "a", kind="stage", name="ask")
    trace.suspend("n")
    ended = [event for event in trace.finish(failure) if isinstance(event, StageCompleted | StageFailed)]
    assert [event.stage_id for event in ended] == ["ask:3", "m:2", "writer:1"]
    assert trace.finish(failure) == []


def test_reports_about_unknown_spans_have_no_effect(trace: SpanTrace) -> None:
    assert trace.text("x", "t") == trace.thinking("x", "t") == trace.end("x") == trace.suspend("x") == []
    assert trace.fail("x", SpanFailure("no")) == trace.given("x", 1) == []
    assert trace.stage_id("x") is None

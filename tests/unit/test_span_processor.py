"""Spans of this process as runs, live, with the real SDK of OpenTelemetry."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import NonRecordingSpan, SpanContext, Status, StatusCode, TraceFlags, Tracer

from worker_widget import RunHistory, WorkerClient, WorkerSpanProcessor, background
from worker_widget.runs import local_runs
from worker_widget.runs.local_runs import FollowedRun
from worker_widget.sources.local.local_run import runs_here
from worker_widget.sources.otel import live_traces
from worker_widget.spans import span_events

GUARD_S = 120.0
AGENT = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "weather_agent"}
CALL = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m-1"}


@pytest.fixture
def provider() -> Iterator[TracerProvider]:
    made = TracerProvider(shutdown_on_exit=False)
    made.add_span_processor(WorkerSpanProcessor())
    yield made
    made.shutdown()


@pytest.fixture
def tracer(provider: TracerProvider) -> Tracer:
    return provider.get_tracer("test")


def wait_until(holds: Callable[[], bool]) -> None:
    limit = time.monotonic() + GUARD_S
    while not holds():
        assert time.monotonic() < limit
        time.sleep(0.005)


def only_run(provider: TracerProvider) -> Any:
    """The row of the only run, once it is in the history."""
    assert provider.force_flush()
    (row,) = RunHistory().runs().itertuples()
    return row


def test_a_trace_is_a_run_with_its_agents_model_calls_and_tools(
    provider: TracerProvider, tracer: Tracer
) -> None:
    with tracer.start_as_current_span("invoke_agent weather_agent", attributes=AGENT):
        with tracer.start_as_current_span("chat m-1", attributes=CALL) as call:
            call.add_event("cache miss", {"key": "a"})
            call.set_attribute("gen_ai.input.messages", '[{"role": "user", "content": "Basel?"}]')
            call.set_attribute("gen_ai.output.messages", '[{"role": "assistant", "content": "Sunny"}]')
            call.set_attribute("gen_ai.usage.input_tokens", 5)
            call.set_attribute("gen_ai.usage.output_tokens", 2)
        with tracer.start_as_current_span("execute_tool weather") as tool:
            tool.set_attributes({"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "weather"})
            tool.set_attribute("gen_ai.tool.call.arguments", '{"city": "Basel"}')
    row = only_run(provider)
    assert (row.worker, row.task, row.status) == ("otlp", "invoke_agent weather_agent", "completed")
    stages = RunHistory().stages(row.run_id)
    assert list(stages["name"]) == ["weather_agent", "chat m-1", "weather"]
    assert list(stages["kind"]) == ["agent", "model", "tool"]
    assert list(stages["status"]) == ["completed"] * 3
    assert list(stages["attempts"]) == [1, 1, 1]
    assert stages["parent_id"].iloc[1] == stages["stage_id"].iloc[0]
    assert stages["input"].iloc[1] == '[{"role":"user","content":"Basel?"}]'
    assert stages["output"].iloc[1] == '[{"role":"assistant","content":"Sunny"}]'
    assert stages["input"].iloc[2] == '{"city":"Basel"}'
    assert (stages["input_tokens"].iloc[1], row.tokens) == (5, 7)
    assert "cache miss key=a" in list(RunHistory().logs(row.run_id)["message"])
    assert runs_here.all() == []


def test_a_stage_is_open_while_its_span_is(tracer: Tracer) -> None:
    begun: list[FollowedRun] = []
    end_listening = local_runs.on_run(begun.append)
    try:
        with tracer.start_as_current_span("outer"), tracer.start_as_current_span("chat m-1", attributes=CALL):
            wait_until(lambda: bool(begun) and len(begun[0].live.state.stages) == 2)
            state = begun[0].live.state
            assert (state.status, [stage.status for stage in state.stages]) == ("running", ["running"] * 2)
        wait_until(lambda: begun[0].live.state.over)
    finally:
        end_listening()


def test_a_failure_is_that_of_the_stage_and_of_the_run(provider: TracerProvider, tracer: Tracer) -> None:
    with pytest.raises(ValueError, match="no city"), tracer.start_as_current_span("agent"):
        raise ValueError("no city")
    row = only_run(provider)
    assert row.status == "failed"
    (stage,) = RunHistory().stages(row.run_id).itertuples()
    assert stage.error == "ValueError: no city"


def test_a_failure_inside_spans_is_one_problem(provider: TracerProvider, tracer: Tracer) -> None:
    def fails() -> None:
        with tracer.start_as_current_span("agent"), tracer.start_as_current_span("tool"):
            raise ValueError("no city")

    with pytest.raises(ValueError, match="no city"):
        fails()
    shown = WorkerClient().get(only_run(provider).run_id).wait(GUARD_S).state
    assert {stage.name: stage.status for stage in shown.stages} == {"agent": "failed", "tool": "failed"}
    [incident] = shown.incidents
    assert incident.stage_id == next(stage.stage_id for stage in shown.stages if stage.name == "tool")


def test_spans_of_many_threads_are_in_the_runs_of_their_traces(
    provider: TracerProvider, tracer: Tracer
) -> None:
    def work(number: int) -> None:
        with tracer.start_as_current_span(f"root {number}"):
            for _ in range(20):
                with tracer.start_as_current_span("inner"):
                    pass

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    provider.force_flush()
    runs = RunHistory().runs()
    assert sorted(runs["task"]) == [f"root {number}" for number in range(4)]
    for run_id in runs["run_id"]:
        stages = RunHistory().stages(run_id)
        assert len(stages) == 21
        assert set(stages["status"]) == {"completed"}


def test_a_span_under_one_of_another_process_begins_a_run(provider: TracerProvider, tracer: Tracer) -> None:
    remote = NonRecordingSpan(SpanContext(1, 2, is_remote=True, trace_flags=TraceFlags(1)))
    with tracer.start_as_current_span("handler", context=trace.set_span_in_context(remote)):
        pass
    row = only_run(provider)
    (stage,) = RunHistory().stages(row.run_id).itertuples()
    assert (row.task, row.status, stage.status) == ("handler", "completed", "completed")


def test_a_run_goes_on_for_spans_that_end_after_its_root(provider: TracerProvider, tracer: Tracer) -> None:
    root = tracer.start_span("root")
    inner = tracer.start_span("inner", context=trace.set_span_in_context(root))
    root.end()
    assert len(runs_here.all()) == 1
    inner.set_status(Status(StatusCode.ERROR, "too late"))
    inner.end()
    row = only_run(provider)
    assert row.status == "completed"
    assert list(RunHistory().stages(row.run_id)["status"]) == ["completed", "failed"]


def test_a_span_that_never_ends_does_not_keep_its_run(
    provider: TracerProvider, tracer: Tracer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_traces, "OPEN_AFTER_ROOT_S", 0.01)
    root = tracer.start_span("root")
    tracer.start_span("never", context=trace.set_span_in_context(root))
    root.end()
    wait_until(lambda: not runs_here.all())


def test_shutting_down_ends_the_open_runs(provider: TracerProvider, tracer: Tracer) -> None:
    tracer.start_span("root")
    provider.shutdown()
    (row,) = RunHistory().runs().itertuples()
    assert row.status == "cancelled"


def test_stopping_the_run_ends_following_it_and_not_the_code(
    provider: TracerProvider, tracer: Tracer
) -> None:
    with tracer.start_as_current_span("root"):
        (run,) = runs_here.all()
        background.call(run.cancel)
        with tracer.start_as_current_span("goes on"):
            pass
    wait_until(lambda: list(RunHistory().runs()["status"]) == ["cancelled"])
    assert list(RunHistory().stages(run.run_id)["name"]) == ["root"]


def test_an_error_of_its_own_is_one_warning_and_reaches_no_code(
    tracer: Tracer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(span_events, "started", broken)
    caplog.set_level(logging.WARNING)
    for _ in range(2):
        with tracer.start_as_current_span("root"):
            pass
    assert [record.getMessage() for record in caplog.records] == [
        "A span cannot be shown as a stage; this is not reported again"
    ]


def test_spans_of_this_package_s_own_requests_are_no_runs(tracer: Tracer) -> None:
    async def request() -> None:
        with tracer.start_as_current_span("GET"):
            pass

    background.call(request)
    assert runs_here.all() == []
    assert len(RunHistory().runs()) == 0


def test_the_example_of_the_documentation_runs() -> None:
    text = (Path(__file__).parents[2] / "docs" / "opentelemetry.md").read_text(encoding="utf-8")
    example = text.partition("```python\n")[2].partition("```")[0]
    namespace: dict[str, Any] = {}
    exec(example, namespace)
    with namespace["provider"].get_tracer("docs").start_as_current_span("nightly"):
        pass
    namespace["provider"].shutdown()
    assert list(RunHistory().runs()["task"]) == ["nightly"]

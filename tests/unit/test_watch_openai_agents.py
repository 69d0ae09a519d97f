"""The OpenAI Agents SDK, watched: the real framework with scripted models, no network."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("agents")

from agents import (
    Agent,
    GuardrailFunctionOutput,
    InputGuardrailTripwireTriggered,
    RunConfig,
    Runner,
    function_tool,
    input_guardrail,
    set_trace_processors,
    trace,
)
from agents.run import AgentRunner
from agents.testing import ModelStep, ScriptedModel, assistant_message, function_call
from agents.tracing import get_trace_provider

from tests.watched_runs import WatchedRuns, plain, recorded, with_own_loop
from worker_widget.events import (
    PolicyCheck,
    RecoveryCompleted,
    RoutingDecision,
    RunCancelled,
    RunCompleted,
    RunFailed,
    StageCompleted,
    StageStarted,
)
from worker_widget.recording.recording import Recording
from worker_widget.sources.frameworks.watching import unwatch, watch


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[WatchedRuns]:
    provider: Any = get_trace_provider()
    before = provider._multi_processor._processors
    set_trace_processors([])  # the default one sends traces to OpenAI
    with recorded(monkeypatch) as runs:
        yield runs
    assert provider._multi_processor._processors == ()
    set_trace_processors(list(before))


@function_tool
def weather(city: str) -> str:
    """The weather in a city."""
    if city == "Nowhere":
        raise ValueError("no such city")
    return f"12 degrees in {city}"


def _agent(*steps: Any, **facts: Any) -> Agent[Any]:
    model = ScriptedModel(steps, emit_traces=True)
    return Agent(name=facts.pop("name", "forecaster"), model=model, tools=[weather], **facts)


def _asks(city: str) -> list[Any]:
    return [function_call("weather", {"city": city}, call_id=f"call-{city}")]


def _says(text: str) -> list[Any]:
    return [assistant_message(text)]


async def _run(agent: Agent[Any], way: str) -> Any:
    if way == "run":
        return (await Runner.run(agent, "Weather in Basel?")).final_output
    if way == "run_sync":
        return (await asyncio.to_thread(_run_sync, agent)).final_output
    result = Runner.run_streamed(agent, "Weather in Basel?")
    async for _ in result.stream_events():
        pass
    return result.final_output


def _run_sync(agent: Agent[Any]) -> Any:
    return with_own_loop(Runner.run_sync, agent, "Weather in Basel?")


async def _ended(runs: WatchedRuns) -> None:
    while not all(run.recording.closed for run in runs.runs):  # noqa: ASYNC110 - another task ends it
        await asyncio.sleep(0)


@pytest.mark.parametrize("way", ["run", "run_sync", "run_streamed"])
@pytest.mark.parametrize("single", [True, False])
async def test_a_run_has_its_agents_models_and_tools(runs: WatchedRuns, way: str, single: bool) -> None:
    agent = _agent(_asks("Basel"), _says("It is 12 degrees."))
    if single:
        assert watch(agent) is agent
    else:
        watch("openai-agents")
    assert await _run(agent, way) == "It is 12 degrees."
    await _ended(runs)
    assert runs.one.worker == "openai-agents"
    assert runs.one.request.task == "Weather in Basel?"
    assert runs.tree() == ["agent forecaster", "  model model", "  tool weather", "  model model"]
    assert runs.texts() == {"answer.md": "It is 12 degrees."}
    called = next(data for data in runs.of(StageStarted) if data.kind == "tool")
    given = next(
        data for data in runs.of(StageStarted) if data.stage_id == called.stage_id and data.input is not None
    )
    result = next(data for data in runs.of(StageCompleted) if data.stage_id == called.stage_id)
    assert (plain(given.input), plain(result.output)) == ({"city": "Basel"}, "12 degrees in Basel")
    assert runs.open_stages() == set()
    assert runs.state().status == "completed"


async def test_text_is_recorded_as_it_is_written_in_a_streamed_run(runs: WatchedRuns) -> None:
    watch("openai-agents")
    agent = _agent(_says("It is 12 degrees."))
    result = Runner.run_streamed(agent, "Weather?")
    written_early = False
    async for event in result.stream_events():
        if event.type == "run_item_stream_event":
            written_early = runs.texts() == {"answer.md": "It is 12 degrees."}
            break
    assert written_early
    async for _ in result.stream_events():
        pass
    await _ended(runs)


async def test_an_agent_in_a_tool_is_a_part_of_the_run(runs: WatchedRuns) -> None:
    helper = _agent(_says("it rains"), name="helper")
    agent = Agent(
        name="editor",
        model=ScriptedModel(
            [[function_call("ask_helper", {"input": "q"}, call_id="c")], _says("Rain.")], emit_traces=True
        ),
        tools=[helper.as_tool("ask_helper", "asks")],
    )
    watch("openai-agents")
    await Runner.run(agent, "Weather?")
    assert runs.tree() == [
        "agent editor",
        "  model model",
        "  tool ask_helper",
        "    agent helper",
        "      model model",
        "  model model",
    ]


async def test_a_handoff_is_a_routing_decision(runs: WatchedRuns) -> None:
    helper = _agent(_says("handed"), name="helper")
    first = Agent(
        name="editor",
        model=ScriptedModel([[function_call("transfer_to_helper", {}, call_id="c")]]),
        handoffs=[helper],
    )
    watch("openai-agents")
    await Runner.run(first, "Weather?")
    [decision] = runs.of(RoutingDecision)
    assert (decision.selected_agent, decision.reason) == ("helper", "editor hands over to helper")
    assert runs.texts() == {"answer.md": "handed"}


async def test_a_guardrail_is_a_policy_check(runs: WatchedRuns) -> None:
    @input_guardrail
    async def no_rain(*_: Any) -> GuardrailFunctionOutput:
        return GuardrailFunctionOutput(output_info=None, tripwire_triggered=True)

    watch("openai-agents")
    with pytest.raises(InputGuardrailTripwireTriggered):
        await Runner.run(_agent(_says("x"), input_guardrails=[no_rain]), "Rain?")
    [check] = runs.of(PolicyCheck)
    assert (check.policy, check.passed) == ("no_rain", False)
    assert runs.of(RunFailed)


async def test_a_tool_that_is_called_again_after_an_error_is_a_recovery(runs: WatchedRuns) -> None:
    watch("openai-agents")
    await Runner.run(_agent(_asks("Nowhere"), _asks("Basel"), _says("12")), "Weather?")
    assert [data.success for data in runs.of(RecoveryCompleted)] == [True]
    assert runs.state().status == "completed"


@pytest.mark.parametrize("way", ["run", "run_streamed"])
async def test_an_error_in_a_model_is_told_once_and_fails_the_run(runs: WatchedRuns, way: str) -> None:
    watch("openai-agents")
    agent = _agent(ModelStep.raise_error(ValueError("model down")))
    with pytest.raises(ValueError, match="model down"):
        await _run(agent, way)
    await _ended(runs)
    failures = runs.failures()
    assert failures["model"] == "ValueError: model down"
    assert failures["forecaster"] == "Failed in model"
    assert runs.of(RunFailed)[0].error == "ValueError: model down"


async def test_a_task_that_is_cancelled_is_a_cancelled_run(runs: WatchedRuns) -> None:
    started = asyncio.Event()

    @function_tool
    async def wait() -> str:
        """Waits."""
        started.set()
        await asyncio.Event().wait()
        return ""

    agent = Agent(name="a", model=ScriptedModel([[function_call("wait", {}, call_id="c")]]), tools=[wait])
    watch("openai-agents")
    task = asyncio.create_task(Runner.run(agent, "x"))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert isinstance(runs.events()[-1], RunCancelled)
    assert runs.open_stages() == set()


async def test_runs_at_the_same_time_are_kept_apart(runs: WatchedRuns) -> None:
    watch("openai-agents")
    agents = [_agent(_asks("Basel"), _says(f"answer {n}")) for n in range(6)]
    await asyncio.gather(*(Runner.run(agent, "x") for agent in agents))
    assert {runs.texts(run)["answer.md"] for run in runs.runs} == {f"answer {n}" for n in range(6)}


async def test_runs_in_threads_are_watched(runs: WatchedRuns) -> None:
    watch("openai-agents")
    agents = [_agent(_says(f"answer {n}")) for n in range(3)]
    threads = [threading.Thread(target=_run_sync, args=(agent,)) for agent in agents]
    for thread in threads:
        thread.start()
    for thread in threads:
        await asyncio.to_thread(thread.join)
    assert {runs.texts(run)["answer.md"] for run in runs.runs} == {f"answer {n}" for n in range(3)}


async def test_a_trace_around_several_runs_is_one_run(runs: WatchedRuns) -> None:
    watch("openai-agents")
    with trace("nightly"):
        await Runner.run(_agent(_says("one"), name="first"), "x")
        await Runner.run(_agent(_says("two"), name="second"), "y")
    assert runs.one.request.task == "nightly"
    assert [line for line in runs.tree() if line.startswith("agent")] == ["agent first", "agent second"]
    assert runs.of(RunCompleted)


async def test_a_run_without_tracing_is_recorded_with_its_answer(runs: WatchedRuns) -> None:
    watch("openai-agents")
    await Runner.run(_agent(_says("fine")), "x", run_config=RunConfig(tracing_disabled=True))
    assert runs.texts() == {"answer.md": "fine"}
    assert runs.state().status == "completed"


async def test_unwatching_leaves_nothing_behind(runs: WatchedRuns) -> None:
    run, run_streamed = AgentRunner.run, AgentRunner.run_streamed
    watch("openai-agents")
    watch()
    watch(Runner)
    await Runner.run(_agent(_says("x")), "x")
    assert len(runs.runs) == 1
    provider: Any = get_trace_provider()
    assert len(provider._multi_processor._processors) == 1
    unwatch()
    assert (AgentRunner.run, AgentRunner.run_streamed) == (run, run_streamed)
    assert provider._multi_processor._processors == ()
    await Runner.run(_agent(_says("x")), "x")
    assert len(runs.runs) == 1


async def test_only_the_watched_agent_is_recorded(runs: WatchedRuns) -> None:
    mine, other = _agent(_says("x")), _agent(_says("y"))
    watch(mine)
    await Runner.run(other, "x")
    await Runner.run(mine, "x")
    assert runs.texts() == {"answer.md": "x"}


async def test_an_error_of_the_recording_does_not_reach_the_run(
    runs: WatchedRuns, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the recording is broken")

    watch("openai-agents")
    monkeypatch.setattr(Recording, "add", broken)
    assert (await Runner.run(_agent(_says("fine")), "x")).final_output == "fine"
    assert [record.name for record in caplog.records] == ["worker_widget.watch"]

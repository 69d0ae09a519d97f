"""pydantic-ai, watched: the real framework with scripted models, no network."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

pytest.importorskip("pydantic_ai")

from pydantic_ai import Agent, ModelRetry
from pydantic_ai.agent import WrapperAgent
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ThinkingPart, ToolCallPart
from pydantic_ai.models.function import (
    AgentInfo,
    DeltaThinkingPart,
    DeltaToolCall,
    FunctionModel,
)
from pydantic_ai.models.test import TestModel

from tests.watched_runs import WatchedRuns, plain, recorded, with_own_loop
from worker_widget.events import (
    ArtifactDelta,
    Log,
    RecoveryCompleted,
    RunCancelled,
    RunCompleted,
    RunFailed,
    StageCompleted,
    StageFailed,
    StageStarted,
)
from worker_widget.recording.lines import log
from worker_widget.recording.recording import Recording
from worker_widget.sources.frameworks.watching import unwatch, watch


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[WatchedRuns]:
    with recorded(monkeypatch) as runs:
        yield runs


def _agent(*cities: str, words: tuple[str, ...] = ("It ", "is ", "12."), name: str = "forecaster") -> Any:
    """Calls the tool for each city, then writes the words."""

    async def stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[Any]:
        asked = len(messages) // 2
        if asked < len(cities):
            yield {
                0: DeltaToolCall(
                    name="weather", json_args=f'{{"city": "{cities[asked]}"}}', tool_call_id=f"call-{asked}"
                )
            }
        else:
            for word in words:
                yield word

    def whole(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        asked = len(messages) // 2
        if asked < len(cities):
            return ModelResponse(parts=[ToolCallPart("weather", {"city": cities[asked]}, f"call-{asked}")])
        return ModelResponse(parts=[TextPart("".join(words))])

    agent = Agent(FunctionModel(whole, stream_function=stream, model_name="scripted"), name=name)

    @agent.tool_plain
    def weather(city: str) -> str:
        log(f"looking at {city}")
        if city == "Nowhere":
            raise ModelRetry("no such city")
        if city == "Broken":
            raise ValueError("the sensor is broken")
        return f"12 degrees in {city}"

    return agent


async def _run(agent: Any, way: str) -> str:
    if way == "run":
        return str((await agent.run("Weather in Basel?")).output)
    if way == "run_sync":
        return str((await asyncio.to_thread(with_own_loop, agent.run_sync, "Weather in Basel?")).output)
    if way == "run_stream":
        async with agent.run_stream("Weather in Basel?") as stream:
            return str(await stream.get_output())
    if way == "iter":
        async with agent.iter("Weather in Basel?") as run:
            async for _ in run:
                pass
        return str(run.result.output)
    async with agent.run_stream_events("Weather in Basel?") as events:
        last = [event async for event in events][-1]
    return str(last.result.output)


@pytest.mark.parametrize("way", ["run", "run_sync", "run_stream", "iter", "run_stream_events"])
@pytest.mark.parametrize("single", [True, False])
async def test_an_agent_run_is_a_run_with_its_models_and_tools(
    runs: WatchedRuns, way: str, single: bool
) -> None:
    agent = _agent("Basel")
    if single:
        agent = watch(agent)
    else:
        watch("pydantic-ai")
    assert await _run(agent, way) == "It is 12."
    assert runs.one.worker == "pydantic-ai"
    assert runs.one.request.task == "Weather in Basel?"
    assert runs.tree() == ["model scripted", "tool weather", "model scripted"]
    assert runs.texts() == {"answer.md": "It is 12."}
    assert [delta.text for delta in runs.of(ArtifactDelta)] == ["It ", "is ", "12."]
    assert [model for model, _, _ in runs.tokens()] == ["scripted"] * 2
    assert all(given and written for _, given, written in runs.tokens())
    called = next(data for data in runs.of(StageStarted) if data.kind == "tool")
    result = next(data for data in runs.of(StageCompleted) if data.stage_id == called.stage_id)
    assert (plain(called.input), plain(result.output)) == ({"city": "Basel"}, "12 degrees in Basel")
    assert called.agent == "forecaster"
    assert runs.open_stages() == set()
    assert runs.state().status == "completed"


async def test_what_a_tool_logs_is_in_its_stage(runs: WatchedRuns) -> None:
    watch("pydantic-ai")
    await _agent("Basel").run("Weather?")
    called = next(data for data in runs.of(StageStarted) if data.kind == "tool")
    [line] = runs.of(Log)
    assert (line.message, line.stage_id, line.agent) == (
        "looking at Basel",
        called.stage_id,
        "forecaster",
    )


async def test_an_agent_in_a_tool_is_a_part_of_the_run(runs: WatchedRuns) -> None:
    outer = Agent(TestModel(), name="editor")
    inner = _agent("Basel")

    @outer.tool_plain
    async def ask_forecaster(question: str) -> str:
        return str((await inner.run(question)).output)

    watch("pydantic-ai")
    await outer.run("write")
    assert runs.tree() == [
        "model test",
        "tool ask_forecaster",
        "  agent forecaster",
        "    model scripted",
        "    tool weather",
        "    model scripted",
        "model test",
    ]
    agents = {data.agent for data in runs.of(StageStarted) if data.kind == "model"}
    assert agents == {"editor", "forecaster"}
    assert runs.open_stages() == set()


async def test_a_tool_that_asks_to_be_called_again_is_a_recovery(runs: WatchedRuns) -> None:
    watch("pydantic-ai")
    await _agent("Nowhere", "Basel").run("Weather?")
    assert runs.failures() == {"weather": "no such city"}
    assert [data.success for data in runs.of(RecoveryCompleted)] == [True]
    assert runs.state().status == "completed"


async def test_an_error_in_a_tool_is_told_once_and_fails_the_run(runs: WatchedRuns) -> None:
    watch("pydantic-ai")
    outer = Agent(TestModel(), name="editor")

    @outer.tool_plain
    async def ask(question: str) -> str:
        return str((await _agent("Broken").run(question)).output)

    with pytest.raises(ValueError, match="the sensor is broken"):
        await outer.run("write")
    assert runs.failures() == {
        "weather": "ValueError: the sensor is broken",
        "forecaster": "Failed in weather",
        "ask": "Failed in weather",
    }
    assert sum(data.traceback is not None for data in runs.of(StageFailed)) == 1
    assert runs.of(RunFailed)[0].error == "ValueError: the sensor is broken"


async def test_an_error_in_a_model_fails_its_stage_and_the_run(runs: WatchedRuns) -> None:
    def down(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        raise RuntimeError("model down")

    watch("pydantic-ai")
    with pytest.raises(RuntimeError):
        await Agent(FunctionModel(down), name="forecaster").run("Weather?")
    assert list(runs.failures().values()) == ["RuntimeError: model down"]
    assert runs.of(RunFailed)[0].error == "RuntimeError: model down"


async def test_what_a_model_thinks_is_a_stage_of_its_own(runs: WatchedRuns) -> None:
    async def stream(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[Any]:
        yield {0: DeltaThinkingPart(content="Hm")}
        yield {0: DeltaThinkingPart(content=".")}
        yield "Yes."

    watch("pydantic-ai")
    await Agent(FunctionModel(stream_function=stream), name="a").run("ok?")
    assert runs.texts() == {"thinking.md": "Hm.", "answer.md": "Yes."}
    assert runs.tree()[1].strip() == "reasoning Reasoning"


async def test_a_model_that_does_not_stream_gives_its_text(runs: WatchedRuns) -> None:
    def whole(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        return ModelResponse(parts=[ThinkingPart("Hm."), TextPart("Yes.")])

    watch("pydantic-ai")
    await Agent(FunctionModel(whole), name="a").run("ok?")
    assert runs.texts()["answer.md"] == "Yes."


async def test_a_task_that_is_cancelled_is_a_cancelled_run(runs: WatchedRuns) -> None:
    started = asyncio.Event()
    agent = Agent(TestModel(), name="a")

    @agent.tool_plain
    async def wait() -> str:
        started.set()
        await asyncio.Event().wait()
        return ""

    watch("pydantic-ai")
    task = asyncio.create_task(agent.run("x"))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert isinstance(runs.events()[-1], RunCancelled)
    assert runs.open_stages() == set()


async def test_runs_at_the_same_time_and_in_threads_are_kept_apart(runs: WatchedRuns) -> None:
    watch("pydantic-ai")
    agents = [_agent("Basel", words=(f"answer {n}",)) for n in range(8)]
    threads = [threading.Thread(target=with_own_loop, args=(agent.run_sync, "x")) for agent in agents[:4]]
    for thread in threads:
        thread.start()
    await asyncio.gather(*(agent.run("x") for agent in agents[4:]))
    for thread in threads:
        await asyncio.to_thread(thread.join)
    assert {runs.texts(run)["answer.md"] for run in runs.runs} == {f"answer {n}" for n in range(8)}


@pytest.mark.filterwarnings("ignore:This call is in a thread that belongs to no run")  # if one is open here
async def test_watching_twice_records_once_and_unwatching_leaves_nothing_behind(runs: WatchedRuns) -> None:
    original = Agent.iter
    watch("pydantic-ai")
    hooked = Agent.iter
    watch("pydantic_ai")
    watch()
    assert Agent.iter is hooked is not original
    agent = _agent("Basel")
    await watch(agent).run("x")
    await watch(watch(agent)).run("x")
    assert len(runs.runs) == 2
    unwatch()
    assert Agent.iter is original
    await agent.run("x")
    assert len(runs.runs) == 2


async def test_another_hook_around_ours_is_left_in_place(runs: WatchedRuns) -> None:
    original = Agent.iter
    watch("pydantic-ai")
    ours = Agent.iter

    def theirs(*args: Any, **kwargs: Any) -> Any:
        return ours(*args, **kwargs)

    try:
        setattr(Agent, "iter", theirs)  # noqa: B010
        unwatch()
        assert Agent.iter is theirs
        await _agent().run("x")
        assert runs.runs == []
    finally:
        setattr(Agent, "iter", original)  # noqa: B010


async def test_a_watched_agent_has_the_interface_of_the_agent(runs: WatchedRuns) -> None:
    agent = _agent("Basel")
    watched = watch(agent)
    assert isinstance(watched, WrapperAgent)
    assert watched.name == "forecaster"
    assert watched.tool_plain == agent.tool_plain  # what the interface lacks comes from the agent
    with watched.override(model=TestModel(call_tools=[], custom_output_text="other")):
        assert (await watched.run("x")).output == "other"
    assert runs.texts() == {"answer.md": "other"}
    await agent.run("x")
    assert len(runs.runs) == 1


async def test_capabilities_of_the_caller_stay(runs: WatchedRuns) -> None:
    from pydantic_ai.capabilities import ProcessEventStream

    seen: list[str] = []

    async def handler(ctx: Any, events: Any) -> None:
        seen.extend([event.event_kind async for event in events])

    watch("pydantic-ai")
    await _agent("Basel").run("x", capabilities=[ProcessEventStream(handler)])
    assert seen
    assert runs.of(RunCompleted)


async def test_an_error_of_the_recording_does_not_reach_the_run(
    runs: WatchedRuns, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the recording is broken")

    watch("pydantic-ai")
    monkeypatch.setattr(Recording, "add", broken)
    assert (await _agent().run("x")).output == "It is 12."
    assert [record.name for record in caplog.records] == ["worker_widget.watch"]

"""LangChain and LangGraph, watched: the real framework with scripted models, no network."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any, TypedDict

import pytest

pytest.importorskip("langgraph")

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import tool
from langchain_core.tracers import context
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.types import Command, interrupt

from tests.watched_runs import WatchedRuns, plain, recorded
from worker_widget.events import (
    ArtifactDelta,
    InputGiven,
    InputRequested,
    RecoveryCompleted,
    RunCancelled,
    RunCompleted,
    RunFailed,
    StageCompleted,
    StageFailed,
    StageStarted,
)
from worker_widget.recording.place import Place
from worker_widget.recording.recording import Recording
from worker_widget.recording.stage import placed, stage
from worker_widget.sources.frameworks.langchain.handler import LangChainHandler
from worker_widget.sources.frameworks.watching import unwatch, watch


class Scripted(BaseChatModel):
    """Answers with the messages of its script, word by word where it is streamed."""

    script: list[Any]

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _next(self) -> AIMessage:
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, AIMessage) else AIMessage(answer)

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **_: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._next())])

    def _stream(
        self, messages: Any, stop: Any = None, run_manager: Any = None, **_: Any
    ) -> Iterator[ChatGenerationChunk]:
        answer = self._next()
        calls: Any = [
            {"name": call["name"], "args": json.dumps(call["args"]), "id": call["id"], "index": number}
            for number, call in enumerate(answer.tool_calls)
        ]
        yield ChatGenerationChunk(message=AIMessageChunk("", tool_call_chunks=calls))
        for word in str(answer.content).split(" "):
            yield ChatGenerationChunk(message=AIMessageChunk(word))
        yield ChatGenerationChunk(
            message=AIMessageChunk(
                "", usage_metadata=answer.usage_metadata, response_metadata={"model_name": "scripted-1"}
            )
        )


def _says(text: str) -> AIMessage:
    return AIMessage(text, usage_metadata={"input_tokens": 3, "output_tokens": 4, "total_tokens": 7})


def _calls(**args: Any) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": "weather", "args": args, "id": "call-1"}])


@tool
def weather(city: str) -> str:
    """The weather in a city."""
    if city == "Nowhere":
        raise ValueError("no such city")
    return f"12 degrees in {city}"


def _agent(script: list[Any], *, errors_to_model: bool = False) -> Any:
    """A model that calls a tool in a loop."""
    model = Scripted(script=script)
    graph = StateGraph(MessagesState)
    graph.add_node("call", lambda state: {"messages": [model.invoke(state["messages"])]})
    graph.add_node("tools", ToolNode([weather], handle_tool_errors=errors_to_model))
    graph.add_edge(START, "call")
    graph.add_conditional_edges(
        "call", lambda state: "tools" if state["messages"][-1].tool_calls else END, ["tools", END]
    )
    graph.add_edge("tools", "call")
    return graph.compile(name="forecaster")


QUESTION = {"messages": [HumanMessage("Weather in Basel?")]}


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[WatchedRuns]:
    with recorded(monkeypatch) as runs:
        yield runs


def _call(graph: Any, way: str, given: Any, config: Any = None) -> Any:
    async def awaited() -> Any:
        if way == "ainvoke":
            return await graph.ainvoke(given, config)
        return [chunk async for chunk in graph.astream(given, config)]

    if way == "invoke":
        return graph.invoke(given, config)
    if way == "stream":
        return list(graph.stream(given, config))
    return asyncio.run(awaited())


@pytest.mark.parametrize("way", ["invoke", "stream", "ainvoke", "astream"])
def test_a_graph_is_a_run_with_its_nodes_models_and_tools(runs: WatchedRuns, way: str) -> None:
    watch("langgraph")
    _call(_agent([_calls(city="Basel"), _says("It is 12 degrees.")]), way, QUESTION)
    assert runs.one.worker == "langgraph"
    assert runs.one.request.task == "Weather in Basel?"
    assert runs.tree() == [
        "stage call",
        "  model Scripted",
        "stage tools",
        "  tool weather",
        "stage call",
        "  model Scripted",
    ]
    assert runs.texts() == {"answer.md": "Itis12degrees."}
    assert runs.tokens()[-1] == ("scripted-1", 3, 4)
    assert runs.open_stages() == set()
    [called] = [data for data in runs.of(StageStarted) if data.kind == "tool"]
    [result] = [data for data in runs.of(StageCompleted) if data.stage_id == called.stage_id]
    assert plain(called.input) == {"city": "Basel"}
    assert plain(result.output) == "12 degrees in Basel"
    assert called.agent == "forecaster"
    assert runs.events()[-1] == runs.of(RunCompleted)[0]
    assert runs.state().status == "completed"
    assert runs.of(RunCompleted)[0].total_tokens == 7


def test_text_is_recorded_as_it_is_written_although_the_call_is_not_streamed(runs: WatchedRuns) -> None:
    watch("langgraph")
    _agent([_says("one two three")]).invoke(QUESTION)
    assert [delta.text for delta in runs.of(ArtifactDelta)] == ["one", "two", "three"]


def test_a_model_that_does_not_stream_gives_its_text_at_its_end(runs: WatchedRuns) -> None:
    watch("langgraph")
    Scripted(script=[_says("all at once")], disable_streaming=True).invoke("hello")
    assert runs.texts() == {"answer.md": "all at once"}
    assert runs.tree() == ["model Scripted"]
    assert runs.one.request.task == "hello"


def test_a_chain_is_a_run_without_its_prompts_and_parsers(runs: WatchedRuns) -> None:
    watch("langchain")
    chain = ChatPromptTemplate.from_template("About {subject}") | Scripted(script=[_says("fine")])
    chain.invoke({"subject": "tea"})
    assert runs.one.request.task == "tea"
    assert runs.tree() == ["model Scripted"]


def test_blocks_of_content_are_text_and_thoughts(runs: WatchedRuns) -> None:
    watch("langchain")

    class Thinking(Scripted):
        def _stream(self, *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
            for block in (
                {"type": "reasoning", "reasoning": "Hm."},
                {"type": "text", "text": "Yes."},
            ):
                yield ChatGenerationChunk(message=AIMessageChunk([{**block, "index": 0}]))

    Thinking(script=[]).invoke("ok?")
    assert runs.texts() == {"thinking.md": "Hm.", "answer.md": "Yes."}
    assert runs.tree() == ["model Thinking", "  reasoning Reasoning"]


def test_retrieval_is_a_stage_with_its_documents(runs: WatchedRuns) -> None:
    from langchain_core.documents import Document

    class Shelf(BaseRetriever):
        def _get_relevant_documents(self, query: str, **_: Any) -> list[Document]:
            return [Document("a page", metadata={"number": 1})]

    watch("langchain")
    Shelf().invoke("tea")
    assert runs.tree() == ["retrieval Shelf"]
    [ended] = runs.of(StageCompleted)
    assert plain(ended.output) == [{"text": "a page", "metadata": {"number": 1}}]


class Branches(TypedDict):
    a: str
    b: str


def test_parallel_branches_are_beside_each_other_and_their_texts_apart(runs: WatchedRuns) -> None:
    left, right = Scripted(script=[_says("l e f t")]), Scripted(script=[_says("r i g h t")])

    async def a(state: Branches) -> dict[str, str]:
        return {"a": str((await left.ainvoke("x")).content)}

    async def b(state: Branches) -> dict[str, str]:
        return {"b": str((await right.ainvoke("y")).content)}

    graph = StateGraph(Branches)
    graph.add_node("left", a)
    graph.add_node("right", b)
    graph.add_edge(START, "left")
    graph.add_edge(START, "right")
    watch("langgraph")
    asyncio.run(graph.compile().ainvoke({"a": "", "b": ""}))
    tops = [line for line in runs.tree() if not line.startswith(" ")]
    assert sorted(tops) == ["stage left", "stage right"]
    assert sorted(runs.texts().values()) == ["left", "right"]
    assert runs.open_stages() == set()


def test_a_graph_in_a_node_and_a_graph_in_a_tool_are_parts_of_the_run(runs: WatchedRuns) -> None:
    inner = StateGraph(MessagesState)
    model = Scripted(script=[_says("deep"), _says("deeper")])
    inner.add_node("think", lambda state: {"messages": [model.invoke("q")]})
    inner.add_edge(START, "think")
    helper = inner.compile(name="helper")

    @tool
    def ask_helper(question: str) -> str:
        """Asks."""
        return str(helper.invoke({"messages": [HumanMessage(question)]})["messages"][-1].content)

    outer = StateGraph(MessagesState)
    outer.add_node("sub", helper)
    outer.add_node("by_tool", lambda state: {"messages": [AIMessage(ask_helper.invoke({"question": "q"}))]})
    outer.add_edge(START, "sub")
    outer.add_edge("sub", "by_tool")
    watch("langgraph")
    outer.compile().invoke(QUESTION)
    assert runs.tree() == [
        "stage sub",
        "  agent helper",
        "    stage think",
        "      model Scripted",
        "stage by_tool",
        "  tool ask_helper",
        "    agent helper",
        "      stage think",
        "        model Scripted",
    ]
    thinking = [data.agent for data in runs.of(StageStarted) if data.kind == "model"]
    assert thinking == ["helper", "helper"]


def test_an_error_in_a_tool_is_told_once_and_fails_the_run(runs: WatchedRuns) -> None:
    watch("langgraph")
    with pytest.raises(ValueError, match="no such city"):
        _agent([_calls(city="Nowhere")]).invoke(QUESTION)
    assert runs.failures() == {"weather": "ValueError: no such city", "tools": "Failed in weather"}
    assert sum(data.traceback is not None for data in runs.of(StageFailed)) == 1
    [failed] = runs.of(RunFailed)
    assert failed.error == "ValueError: no such city"
    state = runs.state()
    assert state.status == "failed"
    [incident] = state.incidents
    assert next(stage.name for stage in state.stages if stage.stage_id == incident.stage_id) == "weather"


def test_an_error_of_a_tool_is_one_problem_also_inside_stages_of_ones_own(runs: WatchedRuns) -> None:
    @tool
    def lookup(city: str) -> str:
        """Looks a city up."""
        with stage("database"):
            raise KeyError(city)

    graph = StateGraph(MessagesState)
    graph.add_node("node", lambda state: {"messages": [lookup.invoke({"city": "Basel"})]})
    graph.add_edge(START, "node")
    compiled = graph.compile(name="forecaster")
    watch("langgraph")
    run = runs.open("nightly", worker="nightly", task="nightly")
    with pytest.raises(KeyError), placed(Place(run.recording)), stage("outer"):
        compiled.invoke(QUESTION)
    run.fail("KeyError: 'Basel'")
    assert runs.failures(run) == {
        "database": "KeyError: 'Basel'",
        "lookup": "Failed in database",
        "node": "Failed in database",
        "forecaster": "Failed in database",
        "outer": "Failed in database",
    }
    assert sum(data.traceback is not None for data in runs.of(StageFailed, run)) == 1
    [incident] = runs.state(run).incidents
    assert incident.stage_id == "database"


def test_an_error_in_a_model_and_one_in_a_node_have_their_places(runs: WatchedRuns) -> None:
    watch("langgraph")
    with pytest.raises(RuntimeError):
        _agent([RuntimeError("model down")]).invoke(QUESTION)
    graph = StateGraph(MessagesState)
    graph.add_node("divide", lambda state: {"messages": [1 / 0]})
    graph.add_edge(START, "divide")
    with pytest.raises(ZeroDivisionError):
        graph.compile().invoke(QUESTION)
    first, second = runs.runs
    assert runs.failures(first) == {"Scripted": "RuntimeError: model down", "call": "Failed in Scripted"}
    assert runs.failures(second) == {"divide": "ZeroDivisionError: division by zero"}


def test_a_tool_that_is_called_again_after_an_error_is_a_recovery(runs: WatchedRuns) -> None:
    watch("langgraph")
    script = [_calls(city="Nowhere"), _calls(city="Basel"), _says("12")]
    _agent(script, errors_to_model=True).invoke(QUESTION)
    assert [data.success for data in runs.of(RecoveryCompleted)] == [True]
    state = runs.state()
    assert state.status == "completed"
    assert runs.open_stages() == set()


def test_a_fallback_goes_on_after_the_model_that_failed(runs: WatchedRuns) -> None:
    watch("langchain")
    first, second = Scripted(script=[RuntimeError("down")]), Scripted(script=[_says("up")])
    assert first.with_fallbacks([second]).invoke("x").content == "up"
    assert runs.tree() == ["model Scripted", "model Scripted"]
    assert runs.of(RunCompleted)


async def test_a_task_that_is_cancelled_is_a_cancelled_run(runs: WatchedRuns) -> None:
    started = asyncio.Event()

    async def wait(state: MessagesState) -> dict[str, Any]:
        started.set()
        await asyncio.Event().wait()
        return {}

    graph = StateGraph(MessagesState)
    graph.add_node("wait", wait)
    graph.add_edge(START, "wait")
    watch("langgraph")
    task = asyncio.create_task(graph.compile().ainvoke(QUESTION))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert isinstance(runs.events()[-1], RunCancelled)
    assert runs.open_stages() == set()


async def test_a_stop_cancels_the_task_of_an_asynchronous_run(runs: WatchedRuns) -> None:
    started = asyncio.Event()

    async def wait(state: MessagesState) -> dict[str, Any]:
        started.set()
        await asyncio.Event().wait()
        return {}

    graph = StateGraph(MessagesState)
    graph.add_node("wait", wait)
    graph.add_edge(START, "wait")
    watch("langgraph")
    task = asyncio.create_task(graph.compile().ainvoke(QUESTION))
    await started.wait()
    await runs.one.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert isinstance(runs.events()[-1], RunCancelled)


async def test_a_stream_that_is_left_early_ends_its_run(runs: WatchedRuns) -> None:
    watch("langgraph")
    stream = _agent([_calls(city="Basel"), _says("never")]).astream(QUESTION)
    async for _ in stream:
        break
    await stream.aclose()
    assert isinstance(runs.events()[-1], RunCancelled)


async def test_runs_at_the_same_time_are_kept_apart(runs: WatchedRuns) -> None:
    watch("langgraph")
    graphs = [_agent([_calls(city=f"City {n}"), _says(f"answer {n}")]) for n in range(10)]
    await asyncio.gather(*(graph.ainvoke(QUESTION) for graph in graphs))
    assert len(runs.runs) == 10
    assert {runs.texts(run)["answer.md"] for run in runs.runs} == {f"answer{n}" for n in range(10)}
    assert all(len(runs.tree(run)) == 6 for run in runs.runs)


def test_runs_in_bare_threads_are_watched(runs: WatchedRuns) -> None:
    watch("langgraph")
    threads = [
        threading.Thread(target=_agent([_says(f"answer {n}")]).invoke, args=(QUESTION,)) for n in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {runs.texts(run)["answer.md"] for run in runs.runs} == {f"answer{n}" for n in range(5)}


def test_batches_are_a_run_for_each_input(runs: WatchedRuns) -> None:
    watch("langchain")
    RunnableLambda(lambda text: text.upper()).batch(["a", "b", "c"])
    assert sorted(run.request.task for run in runs.runs) == ["a", "b", "c"]


# --- questions ---------------------------------------------------------------------------------------


def _asking() -> Any:
    graph = StateGraph(MessagesState)

    def publish(state: MessagesState) -> dict[str, Any]:
        answer = interrupt({"question": "Publish?", "draft": "..."})
        return {"messages": [AIMessage(f"answer: {answer}")]}

    graph.add_node("publish", publish)
    graph.add_edge(START, "publish")
    return graph.compile(checkpointer=InMemorySaver())


THREAD: Any = {"configurable": {"thread_id": "t-1"}}


@pytest.mark.parametrize("way", ["invoke", "ainvoke"])
def test_an_interrupt_waits_for_a_person_and_the_call_that_resumes_it_goes_on(
    runs: WatchedRuns, way: str
) -> None:
    watch("langgraph")
    graph = _asking()
    _call(graph, way, QUESTION, THREAD)
    [asked] = runs.of(InputRequested)
    assert (asked.message or "").startswith("Publish? Resume it in your code: graph.invoke(Command(")
    assert "'t-1'" in (asked.message or "")
    assert runs.state().status == "waiting"
    assert not runs.of(StageFailed)
    result = _call(graph, way, Command(resume="yes"), THREAD)
    assert result["messages"][-1].content == "answer: yes"
    [given] = runs.of(InputGiven)
    assert (given.request_id, plain(given.payload), given.outcome) == (asked.request_id, "yes", "answered")
    assert runs.tree() == ["stage publish"]
    assert runs.state().status == "completed"


def test_an_interrupt_without_an_answer_is_given_up_by_a_new_start(runs: WatchedRuns) -> None:
    watch("langgraph")
    graph = _asking()
    graph.invoke(QUESTION, THREAD)
    graph.invoke(QUESTION, THREAD)
    first, second = runs.runs
    assert isinstance(runs.events(first)[-1], RunCancelled)
    assert runs.state(second).status == "waiting"
    unwatch()
    assert isinstance(runs.events(second)[-1], RunCancelled)


def test_a_watched_graph_is_resumed_by_an_answer_in_the_console(runs: WatchedRuns) -> None:
    graph = watch(_asking())
    graph.invoke(QUESTION, THREAD)
    [asked] = runs.of(InputRequested)
    assert asked.message == "Publish?"
    assert runs.one.recording.answer(asked.request_id or "", "from here")
    for thread in threading.enumerate():
        if thread.name == "resume graph":
            thread.join()
    assert graph.get_state(THREAD).values["messages"][-1].content == "answer: from here"
    assert len(runs.of(InputGiven)) == 1
    assert runs.state().status == "completed"


async def test_a_watched_graph_is_resumed_on_the_loop_that_it_ran_on(runs: WatchedRuns) -> None:
    graph = watch(_asking())
    await graph.ainvoke(QUESTION, THREAD)
    [asked] = runs.of(InputRequested)
    runs.one.recording.answer(asked.request_id or "", "from here")
    while not runs.of(RunCompleted):  # noqa: ASYNC110 - another task ends the run
        await asyncio.sleep(0)
    assert graph.get_state(THREAD).values["messages"][-1].content == "answer: from here"


async def test_a_stop_ends_a_run_that_waits(runs: WatchedRuns) -> None:
    watch("langgraph")
    _asking().invoke(QUESTION, THREAD)
    await runs.one.cancel()
    assert runs.state().status == "cancelled"


# --- watching ----------------------------------------------------------------------------------------


def test_watching_twice_records_once_and_unwatching_leaves_nothing_behind(runs: WatchedRuns) -> None:
    before = list(context._configure_hooks)
    watch("langgraph")
    watch()
    watch("langchain")
    assert len(context._configure_hooks) == len(before) + 1
    _agent([_says("x")]).invoke(QUESTION)
    assert len(runs.runs) == 1
    unwatch()
    assert context._configure_hooks == before
    _agent([_says("x")]).invoke(QUESTION)
    assert len(runs.runs) == 1


def test_a_watched_graph_keeps_its_interface_and_is_recorded_once(runs: WatchedRuns) -> None:
    plain_graph = _agent([_says("1"), _says("2"), _says("3")])
    graph = watch(plain_graph)
    assert watch(graph) is graph
    assert graph.name == "forecaster"
    assert graph.get_graph().nodes.keys() == plain_graph.get_graph().nodes.keys()
    graph.invoke(QUESTION)
    watch("langgraph")
    graph.invoke(QUESTION)
    unwatch()
    plain_graph.invoke(QUESTION)
    assert len(runs.runs) == 2


def test_a_watched_graph_keeps_the_callbacks_of_its_caller(runs: WatchedRuns) -> None:
    seen: list[str] = []

    class Mine(BaseCallbackHandler):
        def on_chain_start(self, *_: Any, **__: Any) -> None:
            seen.append("start")

    watch(_agent([_says("1")])).invoke(QUESTION, {"callbacks": [Mine()]})
    assert seen
    assert runs.of(RunCompleted)


def test_a_run_that_is_open_when_watching_ends_is_recorded_to_its_end(runs: WatchedRuns) -> None:
    watch("langgraph")
    graph = StateGraph(MessagesState)
    graph.add_node("stop", lambda state: unwatch() or {"messages": []})
    graph.add_edge(START, "stop")
    graph.compile().invoke(QUESTION)
    assert isinstance(runs.events()[-1], RunCompleted)


def test_an_error_of_the_recording_does_not_reach_the_run(
    runs: WatchedRuns, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the recording is broken")

    watch("langgraph")
    monkeypatch.setattr(Recording, "add", broken)
    result = _agent([_calls(city="Basel"), _says("fine")]).invoke(QUESTION)
    assert result["messages"][-1].content == "fine"
    assert [record.name for record in caplog.records] == ["worker_widget.watch"]
    assert "the recording is broken" in caplog.text


def test_the_handler_is_called_where_the_order_of_events_is_right() -> None:
    assert LangChainHandler.run_inline
    assert LangChainHandler.raise_error is False

"""Agents of real frameworks on scripted models, for cells: each waits for a file where a test looks at it.

A test copies this module into the folder of its notebooks. An agent writes its first words, waits until the
file with its name exists, and goes on.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from agents import Agent as OpenAIAgent
from agents import Runner, function_tool
from agents.testing import ModelStep, ScriptedModel, assistant_message, function_call
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.tools import tool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from opentelemetry.sdk.trace import TracerProvider
from pydantic_ai import Agent
from pydantic_ai.messages import ModelMessage
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, FunctionModel

from worker_widget import WorkerSpanProcessor

_POLL_S = 0.02


def wait_for(name: str) -> None:
    """Waits until the test has made the file ``name``."""
    while not Path(name).exists():
        time.sleep(_POLL_S)


async def awaited(name: str) -> None:
    """Waits as `wait_for` does, in a task."""
    while not Path(name).exists():  # noqa: ASYNC110, ASYNC240 - another process makes it
        await asyncio.sleep(_POLL_S)


# --- LangGraph -------------------------------------------------------------------------------------


class ScriptedChat(BaseChatModel):
    """Calls the tool for a city, then writes an answer; both are streamed."""

    city: str
    gate: str

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages: Any, stop: Any = None, run_manager: Any = None, **_: Any) -> ChatResult:
        whole = list(self._stream(messages))
        message = whole[0].message
        for chunk in whole[1:]:
            message = message + chunk.message  # type: ignore[assignment]
        return ChatResult(generations=[ChatGeneration(message=AIMessage(**message.model_dump()))])

    def _stream(
        self, messages: Any, stop: Any = None, run_manager: Any = None, **_: Any
    ) -> Iterator[ChatGenerationChunk]:
        if isinstance(messages[-1], HumanMessage):
            args = f'{{"city": "{self.city}"}}'
            calls: Any = [{"name": "weather", "args": args, "id": "call-1", "index": 0}]
            yield ChatGenerationChunk(message=AIMessageChunk("", tool_call_chunks=calls))
            return
        yield ChatGenerationChunk(message=AIMessageChunk("It is twelve "))
        wait_for(self.gate)
        yield ChatGenerationChunk(message=AIMessageChunk("degrees in Basel."))
        usage: Any = {"input_tokens": 30, "output_tokens": 7, "total_tokens": 37}
        yield ChatGenerationChunk(message=AIMessageChunk("", usage_metadata=usage))


@tool
def weather(city: str) -> str:
    """The weather in a city."""
    if city == "Nowhere":
        raise ValueError("no such city: Nowhere")
    return f"12 degrees in {city}"


def weather_graph(city: str, gate: str = "langgraph") -> Any:
    """A LangGraph agent: a model that calls a tool, and waits for the file ``gate`` while it answers."""
    model = ScriptedChat(city=city, gate=gate)
    builder = StateGraph(MessagesState)
    builder.add_node("call_model", lambda state: {"messages": [model.invoke(state["messages"])]})
    builder.add_node("tools", ToolNode([weather], handle_tool_errors=False))
    builder.add_edge(START, "call_model")
    builder.add_conditional_edges(
        "call_model", lambda state: "tools" if state["messages"][-1].tool_calls else END, ["tools", END]
    )
    builder.add_edge("tools", "call_model")
    return builder.compile(name="forecaster")


# --- pydantic-ai -----------------------------------------------------------------------------------


async def _script(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[Any]:
    if len(messages) == 1:
        yield {0: DeltaToolCall(name="population", json_args='{"city": "Basel"}', tool_call_id="call-1")}
        return
    yield "Basel has "
    await awaited("pydantic-ai")
    yield "175,000 inhabitants."


geographer = Agent(FunctionModel(stream_function=_script, model_name="scripted-2"), name="geographer")


@geographer.tool_plain
def population(city: str) -> int:
    return {"Basel": 175_000}[city]


# --- the OpenAI Agents SDK -------------------------------------------------------------------------


@function_tool
async def book(train: str) -> str:
    """Book a train."""
    await awaited("openai-agents")
    return f"{train} is booked"


async def book_a_train() -> Any:
    """Runs an agent that hands over to another, which calls a tool."""
    booking = OpenAIAgent(
        name="booking",
        handoff_description="Books trains",
        model=ScriptedModel(
            [
                ModelStep([function_call("book", {"train": "IC 3"}, call_id="call-2")]),
                ModelStep([assistant_message("Your train is booked.")]),
            ],
            emit_traces=True,
        ),
        tools=[book],
    )
    triage = OpenAIAgent(
        name="triage",
        model=ScriptedModel(
            [ModelStep([function_call("transfer_to_booking", {}, call_id="call-1")])], emit_traces=True
        ),
        handoffs=[booking],
    )
    return (await Runner.run(triage, "Book the next train to Basel")).final_output


# --- OpenTelemetry ---------------------------------------------------------------------------------

provider = TracerProvider()
provider.add_span_processor(WorkerSpanProcessor())
tracer = provider.get_tracer("cells")

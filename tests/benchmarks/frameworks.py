"""What watching costs a graph: a token of a model that writes fast, and the steps of an agent.

Each figure is beside the same graph unwatched, measured in turn in the same run.
"""

from __future__ import annotations

import asyncio
import gc
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

from tests.benchmarks.figure import Figure, figure

TOKENS: Final = 1_000
"""Tokens of one answer."""
TOKEN_S: Final = 0.002
"""Seconds from one token to the next: 500 a second, five times what fast providers write."""
ROUNDS: Final = 7


def figures() -> Iterator[Figure]:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessageChunk, HumanMessage
    from langchain_core.outputs import ChatGenerationChunk, ChatResult
    from langgraph.graph import START, MessagesState, StateGraph

    class Writer(BaseChatModel):
        pause_s: float

        @property
        def _llm_type(self) -> str:
            return "writer"

        def _generate(self, *_: Any, **__: Any) -> ChatResult:
            raise NotImplementedError

        async def _astream(self, *_: Any, **__: Any) -> AsyncIterator[ChatGenerationChunk]:
            due = time.perf_counter()
            for _number in range(TOKENS):
                if self.pause_s:
                    due += self.pause_s
                    await asyncio.sleep(max(0.0, due - time.perf_counter()))
                yield ChatGenerationChunk(message=AIMessageChunk("word "))

    def graph(pause_s: float) -> Any:
        model = Writer(pause_s=pause_s)

        async def call(state: MessagesState) -> dict[str, Any]:
            return {"messages": [await model.ainvoke(state["messages"])]}

        built = StateGraph(MessagesState)
        built.add_node("call", call)
        built.add_edge(START, "call")
        return built.compile()

    given = {"messages": [HumanMessage("Write.")]}

    async def streamed(app: Any) -> float:
        started = time.perf_counter()
        async for _ in app.astream(given, stream_mode="messages"):
            pass
        return time.perf_counter() - started

    with tempfile.TemporaryDirectory() as home:
        os.environ["WORKER_WIDGET_HOME"] = home
        for title, pause_s in (("at 500 tokens a second", TOKEN_S), ("as fast as Python can", 0.0)):
            plain, watched = asyncio.run(_in_turn(streamed, graph(pause_s)))
            ratio = watched / plain
            yield figure(
                f"LangGraph, a token, watched, {title}",
                watched / TOKENS * 1e6,
                "µs",
                f"{plain / TOKENS * 1e6:,.1f} unwatched: {(ratio - 1) * 100:+.1f} %"
                + (" (at most +5 %)" if pause_s else ""),
            )


async def _in_turn(streamed: Any, app: Any) -> tuple[float, float]:
    """The median times of one answer, unwatched and watched."""
    from worker_widget import unwatch, watch

    plain, watched = [], []
    await streamed(app)
    for _ in range(ROUNDS):
        gc.collect()
        plain.append(await streamed(app))
        watch("langgraph")
        watched.append(await streamed(app))
        unwatch()
    return statistics.median(plain), statistics.median(watched)

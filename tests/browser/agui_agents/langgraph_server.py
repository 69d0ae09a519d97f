"""A LangGraph agent over AG-UI with the default settings, with a tool and a tool that interrupts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from ag_ui_langgraph import LangGraphAgent, add_langgraph_fastapi_endpoint
from fastapi import FastAPI
from langchain.agents import create_agent
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage, HumanMessage, ToolMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import interrupt

from . import script
from .serving import serve

GATES = script.Gates()


class ScriptedChatModel(BaseChatModel):
    """Streams what the script has for the last message of the person."""

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], **_: Any) -> Any:
        return self

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        raise NotImplementedError("the server streams every answer")

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **_: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        task, results = "", list[str]()
        for message in messages:
            if isinstance(message, HumanMessage):
                task, results = message.text, []
            elif isinstance(message, ToolMessage):
                results.append(message.text)
        call_id: str | None = f"call-{len(messages)}"
        async for piece in script.answer(task, results, GATES):
            if isinstance(piece, str):
                chunk = AIMessageChunk(piece)
            else:
                name = None if call_id is None else piece.tool
                call = tool_call_chunk(name=name, args=piece.text, id=call_id, index=0)
                chunk, call_id = AIMessageChunk("", tool_call_chunks=[call]), None
            yield ChatGenerationChunk(message=chunk)


@tool
def weather(city: str, units: str) -> str:
    """The weather in a city."""
    return script.weather(city)


@tool
def delete_file(name: str) -> str:
    """Deletes a file."""
    choice = interrupt({"message": f"Delete {name}?", "options": ["delete", "keep"]})
    return script.deleted(name) if choice == "delete" else f"{name} is kept"


if __name__ == "__main__":
    graph = create_agent(ScriptedChatModel(), [weather, delete_file], checkpointer=InMemorySaver())
    app = FastAPI()
    add_langgraph_fastapi_endpoint(app, LangGraphAgent(name="assistant", graph=graph), "/assistant")
    serve(app, GATES)

"""A pydantic-ai agent over AG-UI, with a tool and a tool that needs approval."""

from __future__ import annotations

from collections.abc import AsyncIterator

from pydantic_ai import Agent, DeferredToolRequests
from pydantic_ai.messages import ModelMessage, ToolReturnPart, UserPromptPart
from pydantic_ai.models.function import AgentInfo, DeltaToolCall, DeltaToolCalls, FunctionModel
from pydantic_ai.ui.ag_ui import AGUIAdapter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import script
from .serving import serve

GATES = script.Gates()


async def _streamed(messages: list[ModelMessage], info: AgentInfo) -> AsyncIterator[str | DeltaToolCalls]:
    task, results = "", list[str]()
    for message in messages:
        for part in message.parts:
            if isinstance(part, UserPromptPart):
                task, results = str(part.content), []
            elif isinstance(part, ToolReturnPart):
                results.append(str(part.content))
    call_id: str | None = f"call-{len(messages)}"
    async for piece in script.answer(task, results, GATES):
        if isinstance(piece, str):
            yield piece
        else:
            name = None if call_id is None else piece.tool
            yield {0: DeltaToolCall(name=name, json_args=piece.text, tool_call_id=call_id)}
            call_id = None


agent = Agent(
    FunctionModel(stream_function=_streamed, model_name="scripted-model"),
    output_type=[str, DeferredToolRequests],
)


@agent.tool_plain
def weather(city: str, units: str) -> str:
    """The weather in a city."""
    return script.weather(city)


@agent.tool_plain(requires_approval=True)
def delete_file(name: str) -> str:
    """Deletes a file."""
    return script.deleted(name)


async def assistant(request: Request) -> Response:
    return await AGUIAdapter.dispatch_request(request, agent=agent, include_usage=True)


if __name__ == "__main__":
    serve(Starlette(routes=[Route("/assistant", assistant, methods=["POST"])]), GATES)

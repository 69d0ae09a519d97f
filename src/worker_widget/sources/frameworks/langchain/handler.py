"""The callback handler that LangChain gives to every run of the process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextvars import ContextVar
from typing import Any, Final
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables.config import var_child_runnable_config
from langchain_core.tracers import context

from ....recording.json_value import json_value
from ..framework_run import FrameworkRun, Spot
from ..guard import Guard
from ..surroundings import Surroundings
from ..trace import SpanFailure, Usage
from .interrupts import Waiting
from .translate import (
    answered_by,
    chain_span,
    data_of,
    message_data,
    model_name,
    root_agent,
    root_name,
    task_of,
    text_of,
    thinking_of,
    usage_of,
)

try:
    from langchain_core.tracers._streaming import _StreamingCallbackHandler
except ImportError:  # without it models are asked for their text at once
    SEES_TOKENS = False
    _Tap: Any = object
else:
    SEES_TOKENS = True
    _Tap = _StreamingCallbackHandler

WORKER: Final = "langgraph"
_MOST_TASK: Final = 4_096


class LangChainHandler(BaseCallbackHandler, _Tap):  # type: ignore[misc]
    """Feeds the runs of LangChain and LangGraph into framework runs.

    It is called on the thread and in the task of what it reports, so that the order is that of the events.
    """

    run_inline = True
    ignore_custom_event = True
    ignore_retry = True

    def __init__(self, surroundings: Surroundings, guard: Guard) -> None:
        self.waiting = Waiting()
        self.watching = True
        self._surroundings = surroundings
        self._spans: dict[UUID, FrameworkRun] = {}
        self._roots: dict[UUID, FrameworkRun] = {}
        self._threads: dict[FrameworkRun, str] = {}
        for name in (
            "on_chain_start",
            "on_chain_end",
            "on_chain_error",
            "on_chat_model_start",
            "on_llm_start",
            "on_llm_new_token",
            "on_llm_end",
            "on_llm_error",
            "on_tool_start",
            "on_tool_end",
            "on_tool_error",
            "on_retriever_start",
            "on_retriever_end",
            "on_retriever_error",
        ):
            setattr(self, name, guard(getattr(self, name)))

    def tap_output_iter(self, run_id: UUID, output: Iterator[Any]) -> Iterator[Any]:
        return output

    def tap_output_aiter(self, run_id: UUID, output: AsyncIterator[Any]) -> AsyncIterator[Any]:
        return output

    def spot(self) -> Spot | None:
        """The innermost span around the running code."""
        config = var_child_runnable_config.get()
        parent = getattr((config or {}).get("callbacks"), "parent_run_id", None)
        run = None if parent is None else self._spans.get(parent)
        return None if run is None or parent is None else Spot(run, parent)

    # --- chains and graphs -----------------------------------------------------------------------

    def on_chain_start(
        self,
        serialized: dict[str, Any] | None,
        inputs: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        name: str | None = None,
        **_: Any,
    ) -> None:
        run = self._spans.get(parent_run_id) if parent_run_id is not None else None
        if run is None:
            self._open_chain(run_id, name, inputs, metadata)
            return
        self._spans[run_id] = run
        span = chain_span(name, tags, metadata)
        if span is None:
            run.pass_over(run_id, parent_run_id)
        else:
            agent = span.name if span.kind == "agent" else None
            run.start(
                run_id,
                parent_run_id,
                kind=span.kind,
                name=span.name,
                agent=agent,
                input=json_value(data_of(inputs)),
            )

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **_: Any) -> None:
        run = self._spans.pop(run_id, None)
        if run is None:
            return
        if run_id in self._roots and self.waiting.is_waiting(run):
            run.suspend(run_id)
            del self._roots[run_id]
            return
        run.end(run_id, output=json_value(data_of(outputs)))
        self._close(run_id)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        self._failed(run_id, error)

    # --- models ----------------------------------------------------------------------------------

    def on_chat_model_start(
        self,
        serialized: dict[str, Any] | None,
        messages: list[list[Any]],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        invocation_params: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> None:
        prompt = [message_data(message) for message in (messages[0] if messages else ())]
        name = model_name(serialized, invocation_params, metadata)
        self._start(run_id, parent_run_id, "model", name, prompt, task_of(messages[0] if messages else ""))

    def on_llm_start(
        self,
        serialized: dict[str, Any] | None,
        prompts: list[str],
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        invocation_params: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> None:
        name = model_name(serialized, invocation_params, metadata)
        self._start(run_id, parent_run_id, "model", name, prompts, prompts[0] if prompts else "")

    def on_llm_new_token(self, token: Any, *, run_id: UUID, chunk: Any = None, **_: Any) -> None:
        run = self._spans.get(run_id)
        if run is None:
            return
        if type(token) is str and token:
            run.text(run_id, token)
            return
        message = getattr(chunk, "message", None)
        content = token or getattr(message, "content", None)
        if thought := thinking_of(content, getattr(message, "additional_kwargs", None)):
            run.thinking(run_id, thought)
        if text := text_of(content):
            run.text(run_id, text)

    def on_llm_end(self, response: Any, *, run_id: UUID, **_: Any) -> None:
        run = self._spans.pop(run_id, None)
        if run is None:
            return
        batch = response.generations[0] if response.generations else ()
        generation = batch[0] if batch else None
        message = getattr(generation, "message", None)
        provider = response.llm_output
        usage, model, output = Usage(), None, None
        if message is not None:
            usage = usage_of(getattr(message, "usage_metadata", None), provider)
            model = answered_by(getattr(message, "response_metadata", None), provider)
            output = message_data(message)
        elif generation is not None:
            usage, model, output = usage_of(None, provider), answered_by(None, provider), generation.text
        if not run.trace.has_text(run_id):
            content = generation.text if message is None and generation is not None else message
            run.text(run_id, text_of(getattr(content, "content", content)))
        run.end(run_id, output=json_value(output), model=model, usage=usage)
        self._close(run_id)

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        self._failed(run_id, error)

    # --- tools and retrievers --------------------------------------------------------------------

    def on_tool_start(
        self,
        serialized: dict[str, Any] | None,
        input_str: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        inputs: Any = None,
        name: str | None = None,
        **_: Any,
    ) -> None:
        named = (serialized or {}).get("name") or name or "tool"
        self._start(run_id, parent_run_id, "tool", named, input_str if inputs is None else inputs, named)

    def on_tool_end(self, output: Any, *, run_id: UUID, **_: Any) -> None:
        run = self._spans.pop(run_id, None)
        if run is None:
            return
        if getattr(output, "status", None) == "error":
            run.fail(run_id, _refusal(output))
        else:
            run.end(run_id, output=json_value(_result(output)))
        self._close(run_id)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        self._failed(run_id, error)

    def on_retriever_start(
        self,
        serialized: dict[str, Any] | None,
        query: str,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        name: str | None = None,
        **_: Any,
    ) -> None:
        named = (serialized or {}).get("name") or name or "retriever"
        self._start(run_id, parent_run_id, "retrieval", named, query, query)

    def on_retriever_end(self, documents: Any, *, run_id: UUID, **_: Any) -> None:
        run = self._spans.pop(run_id, None)
        if run is None:
            return
        found = [
            {"text": getattr(document, "page_content", None), "metadata": getattr(document, "metadata", None)}
            for document in documents
        ]
        run.end(run_id, output=json_value(found))
        self._close(run_id)

    def on_retriever_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        self._failed(run_id, error)

    # --- runs ------------------------------------------------------------------------------------

    def _open_chain(
        self, run_id: UUID, name: str | None, inputs: Any, metadata: Mapping[str, Any] | None
    ) -> None:
        thread_id = (metadata or {}).get("thread_id")
        waiting = self.waiting.take(None if thread_id is None else str(thread_id))
        command = getattr(inputs, "resume", None)
        if waiting is not None and inputs is not None and command is None:
            waiting.give_up()
            waiting = None
        if waiting is not None:
            run = waiting.run
            waiting.resumed(command)
        elif not self.watching:
            return
        else:
            run = self._surroundings.open(root_name(name), WORKER, task_of(inputs)[:_MOST_TASK])
        self._spans[run_id] = self._roots[run_id] = run
        if thread_id is not None:
            self._threads[run] = str(thread_id)
        if run.destination.own:
            run.pass_over(run_id, None, agent=root_agent(name))
        else:
            run.start(
                run_id,
                None,
                kind="agent",
                name=root_name(name),
                agent=root_agent(name),
                input=json_value(data_of(inputs)),
            )

    def _start(
        self, run_id: UUID, parent_run_id: UUID | None, kind: str, name: str, input: Any, task: str
    ) -> None:
        run = self._spans.get(parent_run_id) if parent_run_id is not None else None
        if run is None:
            if not self.watching:
                return
            run = self._roots[run_id] = self._surroundings.open(name, WORKER, task[:_MOST_TASK])
        self._spans[run_id] = run
        run.start(run_id, parent_run_id, kind=kind, name=name, input=json_value(data_of(input)))

    def _failed(self, run_id: UUID, error: BaseException) -> None:
        run = self._spans.pop(run_id, None)
        if run is None:
            return
        if (asked := _interrupts(error)) is not None and run_id not in self._roots:
            waiting = self.waiting.of(run, self._threads.get(run, ""))
            for interrupt in asked:
                waiting.ask(
                    str(interrupt.id), run_id, interrupt.value, getattr(interrupt, "response_schema", None)
                )
            run.suspend(run_id)
            return
        run.fail(run_id, error)
        self._close(run_id, error)

    def _close(self, run_id: UUID, error: BaseException | None = None) -> None:
        run = self._roots.pop(run_id, None)
        if run is not None:
            self._threads.pop(run, None)
            run.close(error)


def _interrupts(error: BaseException) -> list[Any] | None:
    """The questions of a graph that stops for a person; ``None`` for any other error."""
    if type(error).__name__ != "GraphInterrupt":
        return None
    found = error.args[0] if error.args else ()
    return [item for item in found if hasattr(item, "value") and hasattr(item, "id")]


def _result(output: Any) -> Any:
    """The result of a tool, of which LangGraph makes a message."""
    if getattr(output, "type", None) == "tool":
        return output.content
    return data_of(output)


def _refusal(output: Any) -> SpanFailure:
    return SpanFailure(text_of(output.content) or "The tool failed.")


class LangChainHook:
    """The handler, given to every run or to the runs of single graphs."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self.handler = LangChainHandler(surroundings, Guard("LangChain"))
        self._variable: ContextVar[Any] | None = None
        surroundings.add(self.handler.spot)

    def watch_all(self) -> None:
        """Every run of the process gets the handler, also in threads that start later."""
        if self._variable is None:
            self._variable = ContextVar("worker_widget_langchain", default=self.handler)
            context.register_configure_hook(self._variable, True)

    def remove(self) -> None:
        """Takes the hook out. Runs that are open are watched to their end, those that wait are given up."""
        if self._variable is not None:
            hooks = context._configure_hooks
            hooks[:] = [hook for hook in hooks if hook[0] is not self._variable]
        self._surroundings.remove(self.handler.spot)
        self.handler.watching = False
        self.handler.waiting.give_up()

"""The hook of the OpenAI Agents SDK: a trace processor, and wrappers around the calls of its runner."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable
from functools import wraps
from typing import Any

from agents import run as runner
from agents.tracing import get_trace_provider

from ..guard import Guard
from ..surroundings import Surroundings
from .processor import RunnerCall, WatchProcessor, call_var

SEES_TOKENS = True


class OpenAiAgentsHook:
    """Watches the runs of all agents, or of those that `only` names."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._guard = Guard("the OpenAI Agents SDK")
        self._processor = WatchProcessor(surroundings, self._guard)
        self._agents: dict[int, weakref.ref[Any]] = {}
        self._run = runner.AgentRunner.run
        self._run_streamed = runner.AgentRunner.run_streamed
        self._our_run = self._watched_run(self._run)
        self._our_run_streamed = self._watched_run_streamed(self._run_streamed)
        setattr(runner.AgentRunner, "run", self._our_run)  # noqa: B010
        setattr(runner.AgentRunner, "run_streamed", self._our_run_streamed)  # noqa: B010
        get_trace_provider().register_processor(self._processor)
        surroundings.add(self._processor.spot)
        self._removed = False

    def watch_all(self) -> None:
        """Every agent is watched."""
        self._processor.watches_all = True

    def watch(self, agent: Any) -> None:
        """This agent is watched."""
        key = id(agent)
        self._agents[key] = weakref.ref(agent, lambda _: self._agents.pop(key, None))

    def remove(self) -> None:
        """Takes the hook out. Runs that are open are watched to their end."""
        self._removed = True
        if runner.AgentRunner.run is self._our_run:
            setattr(runner.AgentRunner, "run", self._run)  # noqa: B010
        if runner.AgentRunner.run_streamed is self._our_run_streamed:
            setattr(runner.AgentRunner, "run_streamed", self._run_streamed)  # noqa: B010
        provider: Any = get_trace_provider()
        processors = getattr(provider, "_multi_processor", None)
        if processors is not None:
            provider.set_processors([item for item in processors._processors if item is not self._processor])
        self._processor.watches_all = False
        self._surroundings.remove(self._processor.spot)

    def _open(self, agent: Any, given: Any, *, streamed: bool) -> RunnerCall | None:
        reference = self._agents.get(id(agent))
        wanted = self._processor.watches_all or (reference is not None and reference() is agent)
        if self._removed or not wanted:
            return None
        try:
            return self._processor.open(agent, given, streamed=streamed)
        except Exception:
            self._guard.report()
            return None

    def _close(self, call: RunnerCall, error: BaseException | None, answer: Any = None) -> None:
        try:
            self._processor.close(call, error, answer)
        except Exception:
            self._guard.report()

    def _watched_run(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        async def run(this: Any, starting_agent: Any, input: Any, **kwargs: Any) -> Any:
            call = self._open(starting_agent, input, streamed=False)
            if call is None:
                return await original(this, starting_agent, input, **kwargs)
            token = call_var.set(call)
            try:
                result = await original(this, starting_agent, input, **kwargs)
            except BaseException as error:
                self._close(call, error)
                raise
            finally:
                call_var.reset(token)
            self._close(call, None, getattr(result, "final_output", None))
            return result

        return run

    def _watched_run_streamed(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def run_streamed(this: Any, starting_agent: Any, input: Any, **kwargs: Any) -> Any:
            call = self._open(starting_agent, input, streamed=True)
            if call is None:
                return original(this, starting_agent, input, **kwargs)
            token = call_var.set(call)
            try:
                result = original(this, starting_agent, input, **kwargs)
            except BaseException as error:
                self._close(call, error)
                raise
            finally:
                call_var.reset(token)
            try:
                self._tap(call, result)
            except Exception:
                self._guard.report()
            return result

        return run_streamed

    def _tap(self, call: RunnerCall, result: Any) -> None:
        """Reads the events of a streamed run as they are put into its queue."""
        queue, task = result._event_queue, result.run_loop_task
        put, event = queue.put_nowait, self._guard(self._processor.event)

        def put_nowait(item: Any) -> None:
            event(call, item)
            put(item)

        def ended(task: asyncio.Task[Any]) -> None:
            error = asyncio.CancelledError() if task.cancelled() else task.exception()
            self._close(call, error, result.final_output if error is None else None)

        queue.put_nowait = put_nowait
        task.add_done_callback(ended)

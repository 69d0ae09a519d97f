"""The trace processor of the OpenAI Agents SDK, and the calls of the runner that the traces belong to."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from contextvars import ContextVar
from typing import Any, Final

from agents.tracing import TracingProcessor, get_current_span, get_current_trace

from ....events import PolicyCheck, RoutingDecision
from ....recording.json_value import json_value
from ..framework_run import FrameworkRun, Spot
from ..guard import Guard
from ..surroundings import Surroundings
from .translate import span_end, span_failure, span_start, task_of, words_of

WORKER: Final = "openai-agents"
_MOST_TASK: Final = 4_096


class RunnerCall:
    """One outermost call of the runner, and the run that it is. ``streamed`` text comes by events."""

    __slots__ = ("agent", "agents", "models", "run", "streamed", "wrote")

    def __init__(self, run: FrameworkRun, agent: str, *, streamed: bool) -> None:
        self.run = run
        self.agent = agent
        self.streamed = streamed
        self.agents: dict[str, Hashable] = {}
        """The open span of each agent."""
        self.models: dict[str | None, Hashable] = {}
        """The open model call of each agent."""
        self.wrote = False


call_var: ContextVar[RunnerCall | None] = ContextVar("worker_widget_openai_agents", default=None)


class WatchProcessor(TracingProcessor):
    """Feeds traces into framework runs."""

    def __init__(self, surroundings: Surroundings, guard: Guard) -> None:
        self.watches_all = False
        """Whether a trace without a watched call is a run too."""
        self._surroundings = surroundings
        self._guard = guard
        self._traces: dict[str, RunnerCall] = {}
        self._handed_over: dict[str, str] = {}
        self._lock = threading.Lock()
        for name in ("on_trace_start", "on_trace_end", "on_span_start", "on_span_end"):
            setattr(self, name, guard(getattr(self, name)))

    def shutdown(self) -> None:
        pass

    def force_flush(self) -> None:
        pass

    # --- calls of the runner ---------------------------------------------------------------------

    def open(self, agent: Any, given: Any, *, streamed: bool) -> RunnerCall | None:
        """A call of the runner begins. ``None`` if it belongs to a trace that is watched already."""
        trace = get_current_trace()
        if trace is not None and trace.trace_id in self._traces:
            return None
        name = getattr(agent, "name", None) or "agent"
        task = task_of(given)
        run = self._surroundings.open(name, WORKER, task[:_MOST_TASK])
        if run.destination.own:
            run.pass_over("call", None, agent=name)
        else:
            run.start("call", None, kind="agent", name=name, agent=name, input=json_value(task))
        return RunnerCall(run, name, streamed=streamed)

    def close(self, call: RunnerCall, error: BaseException | None, answer: Any = None) -> None:
        """The call has ended; its ``answer`` is text unless its spans had it."""
        run = call.run
        if error is None:
            if isinstance(answer, str) and not call.wrote:
                run.text("call", answer)
            run.end("call", output=json_value(answer))
        else:
            run.fail("call", error)
        run.close(error)
        with self._lock:
            for trace_id in [key for key, known in self._traces.items() if known is call]:
                del self._traces[trace_id]
                self._handed_over.pop(trace_id, None)

    def event(self, call: RunnerCall, event: Any) -> None:
        """An event of a streamed call."""
        words = words_of(event)
        if words is None:
            return
        if words.agent is not None:
            call.agent = words.agent
            return
        span = call.models.get(call.agent) or call.agents.get(call.agent, "call")
        if words.thinking:
            call.run.thinking(span, words.thinking)
        if words.text:
            call.wrote = True
            call.run.text(span, words.text)

    # --- traces ----------------------------------------------------------------------------------

    def on_trace_start(self, trace: Any) -> None:
        call = call_var.get()
        if call is None:
            if not self.watches_all:
                return
            run = self._surroundings.open(trace.name, WORKER, trace.name)
            if run.destination.own:
                run.pass_over("call", None)
            else:
                run.start("call", None, kind="agent", name=trace.name)
            call = RunnerCall(run, trace.name, streamed=False)
            call.wrote = True
        self._traces[trace.trace_id] = call

    def on_trace_end(self, trace: Any) -> None:
        call = self._traces.get(trace.trace_id)
        if call is not None and call_var.get() is not call and not call.streamed:
            self.close(call, None)

    def on_span_start(self, span: Any) -> None:
        call = self._traces.get(span.trace_id)
        if call is None:
            return
        run, parent = call.run, span.parent_id or "call"
        shown = span_start(span.span_data)
        if shown is None:
            run.pass_over(span.span_id, parent)
            return
        run.start(span.span_id, parent, kind=shown.kind, name=shown.name, agent=shown.agent)
        if shown.kind == "model":
            call.models[run.trace.agent(span.span_id)] = span.span_id
        if shown.agent is not None:
            call.agents[shown.agent] = span.span_id
            before = self._handed_over.pop(span.trace_id, None)
            if before is not None:
                run.add(
                    RoutingDecision(
                        stage_id=run.trace.stage_id(span.span_id),
                        selected_agent=shown.agent,
                        reason=f"{before} hands over to {shown.agent}",
                        routing_source="handoff",
                    )
                )

    def on_span_end(self, span: Any) -> None:
        call = self._traces.get(span.trace_id)
        if call is None:
            return
        run, data, span_id = call.run, span.span_data, span.span_id
        if data.type == "handoff" and data.to_agent:
            self._handed_over[span.trace_id] = data.from_agent or call.agent
        elif data.type == "guardrail":
            stage_id = run.trace.stage_id(span_id)
            run.add(PolicyCheck(stage_id=stage_id, policy=data.name, passed=not data.triggered))
        elif data.type == "agent" and call.agents.get(data.name) == span_id:
            del call.agents[data.name]
        agent = run.trace.agent(span_id)
        if call.models.get(agent) == span_id:
            del call.models[agent]
        ended = span_end(data)
        run.given(span_id, json_value(ended.input))
        if ended.text and not call.streamed:
            call.wrote = True
            run.text(span_id, ended.text)
        if span.error is not None:
            run.fail(span_id, span_failure(span.error))
        else:
            run.end(span_id, output=json_value(ended.output), model=ended.model, usage=ended.usage)

    def spot(self) -> Spot | None:
        """The innermost span around the running code."""
        span = get_current_span()
        call = None if span is None else self._traces.get(span.trace_id)
        return None if span is None or call is None else Spot(call.run, span.span_id)

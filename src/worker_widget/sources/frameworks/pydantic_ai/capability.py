"""The capability that pydantic-ai's agents get while they are watched."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any, Final

from pydantic_ai.capabilities import AbstractCapability
from pydantic_ai.models import Model

from ....recording.json_value import json_value
from ....recording.place import Place, here, here_var
from ..framework_run import FrameworkRun, Spot
from ..guard import Guard
from ..surroundings import Surroundings
from ..trace import SpanFailure
from .translate import NO_WORDS, request_data, response_data, task_of, text_of, usage_of, words_of

WORKER: Final = "pydantic-ai"
_MOST_TASK: Final = 4_096

spot_var: ContextVar[Spot | None] = ContextVar("worker_widget_pydantic_ai", default=None)


class WatchCapability(AbstractCapability[Any]):
    """Feeds one run of an agent into a framework run.

    The code of a tool runs inside its stage: what it logs, and agents that it runs, belong there.
    """

    def __init__(self, surroundings: Surroundings, guard: Guard) -> None:
        self._surroundings = surroundings
        self._guard = guard
        self._run: FrameworkRun | None = None
        self._model: str | None = None
        self._requests = 0
        self._streams = False

    @property
    def has_on_event(self) -> bool:
        """Whether text is read as it is written. It would make a model fail that cannot stream."""
        return self._streams

    async def wrap_run(self, ctx: Any, *, handler: Any) -> Any:
        self._open(ctx)
        try:
            result = await handler()
        except BaseException as error:
            self._close(error)
            raise
        self._close(None, result)
        return result

    async def wrap_model_request(self, ctx: Any, *, request_context: Any, handler: Any) -> Any:
        span = self._request(ctx, request_context)
        try:
            response = await handler(request_context)
        except BaseException as error:
            self._failed(span, error)
            raise
        self._response(span, response)
        return response

    async def wrap_tool_execute(self, ctx: Any, *, call: Any, tool_def: Any, args: Any, handler: Any) -> Any:
        span = self._call(call, args)
        inside = self._enter(span)
        try:
            result = await handler(args)
        except BaseException as error:
            self._tool_failed(span, error)
            raise
        finally:
            self._leave(inside)
        self._returned(span, result)
        return result

    async def on_event(self, ctx: Any, *, event: Any) -> None:
        try:
            words = words_of(event)
            if words is NO_WORDS or self._run is None or self._model is None:
                return
            if words.thinking:
                self._run.thinking(self._model, words.thinking)
            if words.text:
                self._run.text(self._model, words.text)
        except Exception:
            self._guard.report()

    # --- the run ---------------------------------------------------------------------------------

    def _open(self, ctx: Any) -> None:
        try:
            name = getattr(ctx.agent, "name", None) or "agent"
            task = task_of(ctx.prompt)
            run = self._surroundings.open(name, WORKER, task[:_MOST_TASK])
            if run.destination.own:
                run.pass_over("run", None, agent=name)
            else:
                run.start("run", None, kind="agent", name=name, agent=name, input=json_value(task))
            self._run = run
            self._streams = can_stream(ctx.model)
        except Exception:
            self._guard.report()

    def _close(self, error: BaseException | None, result: Any = None) -> None:
        run, self._run = self._run, None
        if run is None:
            return
        try:
            if error is None:
                run.end("run", output=json_value(getattr(result, "output", None)))
            else:
                run.fail("run", error)
            run.close(error)
        except Exception:
            self._guard.report()

    # --- model requests --------------------------------------------------------------------------

    def _request(self, ctx: Any, request: Any) -> str | None:
        if self._run is None:
            return None
        try:
            self._requests += 1
            span = self._model = f"model {self._requests}"
            self._run.start(
                span,
                "run",
                kind="model",
                name=request.model.model_name,
                input=json_value(request_data(request.messages)),
            )
        except Exception:
            self._guard.report()
            return None
        return span

    def _response(self, span: str | None, response: Any) -> None:
        if self._run is None or span is None:
            return
        try:
            if not self._run.trace.has_text(span):
                self._run.text(span, text_of(response.parts))
            self._run.end(
                span,
                output=json_value(response_data(response.parts)),
                model=response.model_name,
                usage=usage_of(response.usage),
            )
        except Exception:
            self._guard.report()

    # --- tools -----------------------------------------------------------------------------------

    def _call(self, call: Any, args: Any) -> str | None:
        if self._run is None:
            return None
        try:
            span = f"tool {call.tool_call_id}"
            self._run.start(span, "run", kind="tool", name=call.tool_name, input=json_value(args))
        except Exception:
            self._guard.report()
            return None
        return span

    def _enter(self, span: str | None) -> list[tuple[ContextVar[Any], Any]]:
        """The tool's code is inside its stage; the values that the context variables had before."""
        if self._run is None or span is None:
            return []
        try:
            before: list[tuple[ContextVar[Any], Any]] = [
                (spot_var, spot_var.get()),
                (here_var, here_var.get()),
            ]
            trace = self._run.trace
            spot_var.set(Spot(self._run, span))
            recording = self._run.destination.recording
            here_var.set(Place(recording, trace.stage_id(span), trace.agent(span), here()))
        except Exception:
            self._guard.report()
            return []
        return before

    def _leave(self, before: list[tuple[ContextVar[Any], Any]]) -> None:
        for variable, value in before:
            variable.set(value)

    def _returned(self, span: str | None, result: Any) -> None:
        if self._run is None or span is None:
            return
        try:
            self._run.end(span, output=json_value(result))
        except Exception:
            self._guard.report()

    def _tool_failed(self, span: str | None, error: BaseException) -> None:
        if self._run is None or span is None:
            return
        try:
            asked_again = type(error).__name__ in ("ToolRetryError", "ModelRetry")
            self._run.fail(span, SpanFailure(str(error)) if asked_again else error)
        except Exception:
            self._guard.report()

    def _failed(self, span: str | None, error: BaseException) -> None:
        if self._run is None or span is None:
            return
        try:
            self._run.fail(span, error)
        except Exception:
            self._guard.report()


def can_stream(model: Any) -> bool:
    """Whether a model can give its response in pieces."""
    wrapped = getattr(model, "wrapped", None)
    if wrapped is not None:
        return can_stream(wrapped)
    alternatives = getattr(model, "models", None)
    if isinstance(alternatives, list | tuple):
        return all(map(can_stream, alternatives))
    if hasattr(model, "stream_function"):  # the function model
        return model.stream_function is not None
    return isinstance(model, Model) and type(model).request_stream is not Model.request_stream

"""`stage`: a timed piece of work, as a block or a function."""

from __future__ import annotations

import asyncio
import inspect
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar, overload

from .place import LeftStage, Place, end_stage, generator_frame, go_back, here, here_var, outside
from .recording import open_recordings

P = ParamSpec("P")
T = TypeVar("T")


class StageBlock:
    """One stage: a ``with`` block, or, as a decorator, each call of a function.

    ``output`` may be set to any value. Outside a run nothing happens.
    """

    __slots__ = (
        "_agent",
        "_before",
        "_cost",
        "_input",
        "_input_tokens",
        "_kind",
        "_model",
        "_name",
        "_output_tokens",
        "_place",
        "_started_ns",
        "output",
    )

    _input_tokens: int | None
    _output_tokens: int | None
    _model: str | None
    _cost: dict[str, Any] | None
    _before: Place | None
    _started_ns: int

    def __init__(self, name: str, agent: str | None, kind: str, input: Any) -> None:
        self._name = name
        self._agent = agent
        self._kind = kind
        self._input = input
        self._place: Place | None = None
        self.output: Any = None

    def __enter__(self) -> Self:
        if here_var.get() is None and not open_recordings:  # the shortest way outside a run
            return self
        place = here()
        if place is None:
            outside()
        else:
            self._open(place, sys._getframe(1))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._place is not None:
            self._close(self._place, error)

    @property
    def id(self) -> str | None:
        """The stage's id in the run; ``None`` outside a run."""
        return None if self._place is None else self._place.stage_id

    def tokens(
        self, *, input: int | None = None, output: int | None = None, model: str | None = None
    ) -> None:
        """Adds tokens that the stage used, and names the language model."""
        if self._place is None:
            return
        if input is not None:
            self._input_tokens = (self._input_tokens or 0) + int(input)
        if output is not None:
            self._output_tokens = (self._output_tokens or 0) + int(output)
        self._model = model or self._model

    def cost(self, amount: float, currency: str = "USD") -> None:
        """Adds what the stage cost; amounts in another currency than the first are left out."""
        if self._place is None:
            return
        known = self._cost
        if known is None:
            self._cost = {"amount": float(amount), "currency": currency}
        elif known["currency"] == currency:
            known["amount"] += float(amount)

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """Makes each call of ``function`` such a stage: arguments are its input, the result its output."""
        return _decorated(function, self._name, self._agent, self._kind)

    def _open(self, place: Place, caller: Any) -> None:
        recording = place.recording
        if recording.attention:
            recording.check()
        if place.left:
            place.settle()
        agent = self._agent or place.agent
        stage_id = recording.start_stage(
            self._name, parent_id=place.stage_id, kind=self._kind, agent=agent, input=self._input
        )
        self._input_tokens = self._output_tokens = self._model = self._cost = None
        self._before = here_var.get()
        self._place = Place(recording, stage_id, agent, place, generator_frame(caller))
        here_var.set(self._place)
        self._started_ns = time.perf_counter_ns()

    def _close(self, place: Place, error: BaseException | None, *, left: bool = False) -> None:
        duration_ms = (time.perf_counter_ns() - self._started_ns) / 1e6
        self._place = None
        if not place.open:
            return
        if place.left:
            place.settle(error)
        if here_var.get() is place:
            place.close()
            here_var.set(self._before)
        else:
            go_back(place, self._before, error)
        cancelled = isinstance(error, asyncio.CancelledError)
        if (left or cancelled) and place.around is not None:
            place.around.leave(LeftStage(place.stage_id or "", duration_ms, cancelled))
            return
        end_stage(
            place.recording,
            place.stage_id or "",
            error,
            duration_ms,
            output=self.output,
            model=self._model,
            input_tokens=self._input_tokens,
            output_tokens=self._output_tokens,
            cost=self._cost,
        )


@overload
def stage(name: str, *, agent: str | None = None, kind: str = "stage", input: Any = None) -> StageBlock: ...


@overload
def stage(name: Callable[P, T]) -> Callable[P, T]: ...


def stage(
    name: str | Callable[..., Any], *, agent: str | None = None, kind: str = "stage", input: Any = None
) -> Any:
    """A stage of the run: a ``with`` block, or a function.

    ``agent`` is who works on it; inside, other stages and log lines have the same agent. ``kind`` is "stage",
    "agent", "model", "tool", "retrieval" or "reasoning". ``input`` is any value. An exception that leaves the
    stage fails it. Outside a run nothing happens::

        with stage("fetch", agent="reader") as fetch:
            pages = load()
            fetch.output = len(pages)

        @stage
        def rank(pages): ...

        @stage("ask", kind="model")
        async def ask_model(prompt): ...
    """
    if not isinstance(name, str):
        return _decorated(name, getattr(name, "__name__", "stage"), agent, kind)
    return StageBlock(name, agent, kind, input)


def _decorated(function: Callable[..., Any], name: str, agent: str | None, kind: str) -> Callable[..., Any]:
    if inspect.isasyncgenfunction(function):

        @wraps(function)
        async def generated_async(*args: Any, **kwargs: Any) -> Any:
            with StageBlock(name, agent, kind, _arguments(function, args, kwargs)):
                items = function(*args, **kwargs)
                try:
                    async for item in items:
                        yield item
                finally:
                    await items.aclose()

        return generated_async
    if inspect.isgeneratorfunction(function):

        @wraps(function)
        def generated(*args: Any, **kwargs: Any) -> Any:
            with StageBlock(name, agent, kind, _arguments(function, args, kwargs)) as block:
                block.output = yield from function(*args, **kwargs)
                return block.output

        return generated
    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            with StageBlock(name, agent, kind, _arguments(function, args, kwargs)) as block:
                block.output = await function(*args, **kwargs)
                return block.output

        return awaited

    @wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        with StageBlock(name, agent, kind, _arguments(function, args, kwargs)) as block:
            block.output = function(*args, **kwargs)
            return block.output

    return called


def _arguments(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The arguments of a call by name, as the input of its stage; ``None`` outside a run."""
    if here_var.get() is None:
        return None
    try:
        bound = inspect.signature(function).bind(*args, **kwargs).arguments
    except (TypeError, ValueError):
        return None  # the call itself raises what is wrong
    return {name: value for name, value in bound.items() if name not in ("self", "cls")} or None


@contextmanager
def placed(place: Place) -> Iterator[Place]:
    """Makes ``place`` that of the block."""
    before = here_var.get()
    here_var.set(place)
    error: BaseException | None = None
    try:
        yield place
    except BaseException as raised:
        error = raised
        raise
    finally:
        go_back(place, before, error)

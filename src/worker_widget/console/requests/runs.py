"""Requests about runs as a whole: start, stop, open, replay, workers."""

from __future__ import annotations

import asyncio
from typing import Any, TypedDict

import msgspec

from ...events.run_request import Depth, RunRequest
from ..brand_json import parse_brand
from ..controller import ConsoleController
from .handlers import NOTHING, Args, Handlers, NoArgs, NoResult, RequestAnswer, RequestHandler


class FormArgs(Args, frozen=True, kw_only=True):
    """The request of a new run, as the form has it."""

    task: str
    brand: str = ""
    budget: int | None = None
    strict_mode: bool = False
    depth: Depth = "auto"
    options: dict[str, Any] = msgspec.field(default_factory=dict)


class StartArgs(FormArgs, frozen=True, kw_only=True):
    worker: str


class RunArgs(Args, frozen=True, kw_only=True):
    run_id: str


class RetryArgs(Args, frozen=True, kw_only=True):
    from_stage: str


class ForkArgs(FormArgs, frozen=True, kw_only=True):
    """``from_stage`` is the first stage that is executed."""

    from_stage: str


class AnswerArgs(Args, frozen=True, kw_only=True):
    request_id: str
    payload: Any


class SelectArgs(Args, frozen=True, kw_only=True):
    stage_id: str | None
    client: str


class WorkerArgs(Args, frozen=True, kw_only=True):
    worker: str


class StartedRun(TypedDict):
    """The id of a run that was started."""

    run_id: str


class RunRequests:
    """Answers the requests about runs for one console."""

    def __init__(self, controller: ConsoleController) -> None:
        self._controller = controller
        self.handlers: Handlers = {
            "run.start": RequestHandler(StartArgs, StartedRun, self._start),
            "run.stop": RequestHandler(NoArgs, NoResult, self._stop),
            "run.answer": RequestHandler(AnswerArgs, NoResult, self._answer),
            "run.new": RequestHandler(NoArgs, NoResult, self._new),
            "run.select": RequestHandler(SelectArgs, NoResult, self._select_stage),
            "run.open": RequestHandler(RunArgs, NoResult, self._open),
            "run.pause": RequestHandler(NoArgs, NoResult, self._pause),
            "run.resume": RequestHandler(NoArgs, NoResult, self._resume),
            "run.reconnect": RequestHandler(NoArgs, NoResult, self._reconnect),
            "run.retry": RequestHandler(RetryArgs, StartedRun, self._retry),
            "run.fork": RequestHandler(ForkArgs, StartedRun, self._fork),
            "run.replay": RequestHandler(NoArgs, StartedRun, self._replay),
            "worker.select": RequestHandler(WorkerArgs, NoResult, self._select),
            "workers.refresh": RequestHandler(NoArgs, NoResult, self._refresh),
        }

    async def _start(self, args: StartArgs) -> RequestAnswer:
        request = RunRequest(
            task=args.task,
            brand=parse_brand(args.brand),
            budget=args.budget,
            strict_mode=args.strict_mode,
            depth=args.depth,
            options={**args.options, **self._controller.agent_options(args.worker)},
        )
        live = await self._controller.start(request, worker=args.worker, brand=args.brand)
        return RequestAnswer({"run_id": live.run_id})

    async def _stop(self, args: NoArgs) -> RequestAnswer:
        await self._controller.stop()
        return NOTHING

    async def _reconnect(self, args: NoArgs) -> RequestAnswer:
        """Ends the wait for the next attempt to reconnect, or an attempt that has no answer yet."""
        await self._controller.reconnect()
        return NOTHING

    async def _pause(self, args: NoArgs) -> RequestAnswer:
        """Answers once the run is paused, which is at its next step."""
        live = await self._controller.pause()
        paused = asyncio.Event()

        def look() -> None:
            if live.state.status == "paused" or live.state.over or live.over.done():
                paused.set()

        unlisten = live.listen(look)
        try:
            look()
            await paused.wait()
        finally:
            unlisten()
        return NOTHING

    async def _resume(self, args: NoArgs) -> RequestAnswer:
        await self._controller.resume()
        return NOTHING

    async def _retry(self, args: RetryArgs) -> RequestAnswer:
        """Runs the request of the run on screen again from a stage on."""
        live = await self._controller.retry(args.from_stage)
        return RequestAnswer({"run_id": live.run_id})

    async def _fork(self, args: ForkArgs) -> RequestAnswer:
        """Runs the run on screen again from a stage on, with the request of the form."""
        changes = {
            "task": args.task,
            "brand": parse_brand(args.brand),
            "budget": args.budget,
            "strict_mode": args.strict_mode,
            "depth": args.depth,
            "options": {**self._controller.default_options, **args.options},
        }
        live = await self._controller.fork(args.from_stage, changes, brand=args.brand)
        return RequestAnswer({"run_id": live.run_id})

    async def _answer(self, args: AnswerArgs) -> RequestAnswer:
        """Answers a request for input of the run on screen; a refusal names the field, such as
        ``payload.city``.
        """
        await self._controller.answer(args.request_id, args.payload)
        return NOTHING

    async def _new(self, args: NoArgs) -> RequestAnswer:
        """Shows the form with the same task and brand; the run continues."""
        self._controller.leave_run()
        return NOTHING

    async def _select_stage(self, args: SelectArgs) -> RequestAnswer:
        """Selects a stage, whose rows all panes show, or none; ``client`` is the front end that does so."""
        self._controller.select(args.stage_id, args.client)
        return NOTHING

    async def _open(self, args: RunArgs) -> RequestAnswer:
        await self._controller.open_run(args.run_id)
        return NOTHING

    async def _replay(self, args: NoArgs) -> RequestAnswer:
        """Executes the run on screen again from its replay token."""
        live = await self._controller.replay()
        return RequestAnswer({"run_id": live.run_id})

    async def _select(self, args: WorkerArgs) -> RequestAnswer:
        self._controller.select_worker(args.worker)
        return NOTHING

    async def _refresh(self, args: NoArgs) -> RequestAnswer:
        await self._controller.connect()
        return NOTHING

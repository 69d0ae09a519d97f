"""Requests about runs as a whole: start, stop, open, replay, workers."""

from __future__ import annotations

from typing import Any, TypedDict

import msgspec

from ...events.run_request import Depth, RunRequest
from ..brand_json import parse_brand
from ..controller import ConsoleController
from .handlers import NOTHING, Args, Handlers, NoArgs, NoResult, RequestAnswer, RequestHandler


class StartArgs(Args, frozen=True, kw_only=True):
    worker: str
    task: str
    brand: str = ""
    budget: int | None = None
    strict_mode: bool = False
    depth: Depth = "auto"
    options: dict[str, Any] = msgspec.field(default_factory=dict)


class RunArgs(Args, frozen=True, kw_only=True):
    run_id: str


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
            "run.new": RequestHandler(NoArgs, NoResult, self._new),
            "run.open": RequestHandler(RunArgs, NoResult, self._open),
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
            options=args.options,
        )
        live = await self._controller.start(request, worker=args.worker, brand=args.brand)
        return RequestAnswer({"run_id": live.run_id})

    async def _stop(self, args: NoArgs) -> RequestAnswer:
        await self._controller.stop()
        return NOTHING

    async def _new(self, args: NoArgs) -> RequestAnswer:
        """Shows the form with the same task and brand; the run continues."""
        self._controller.leave_run()
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

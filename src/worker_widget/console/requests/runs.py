"""Requests about runs as a whole: start, stop, open, replay, workers, brand, history, export."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import msgspec

from ...errors import RequestRefused
from ...events.run_request import Depth, RunRequest
from ..controller import ConsoleController, parse_brand
from .arguments import Answer, Args, Handlers, NoArgs, shown_run

_MIME = {"json": "application/json", "txt": "text/plain", "csv": "text/csv"}


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


class BrandArgs(Args, frozen=True, kw_only=True):
    brand: str


class ExportArgs(Args, frozen=True, kw_only=True):
    format: Literal["json", "txt", "csv"]


class RunRequests:
    """Answers them for one console."""

    def __init__(self, controller: ConsoleController) -> None:
        self._controller = controller
        self.handlers: Handlers = {
            "run.start": (StartArgs, self._start),
            "run.stop": (NoArgs, self._stop),
            "run.new": (NoArgs, self._new),
            "run.open": (RunArgs, self._open),
            "run.replay": (NoArgs, self._replay),
            "worker.select": (WorkerArgs, self._select),
            "workers.refresh": (NoArgs, self._refresh),
            "brand.check": (BrandArgs, self._check_brand),
            "history.list": (NoArgs, self._history),
            "export": (ExportArgs, self._export),
        }

    async def _start(self, args: StartArgs) -> Answer:
        request = RunRequest(
            task=args.task,
            brand=parse_brand(args.brand),
            budget=args.budget,
            strict_mode=args.strict_mode,
            depth=args.depth,
            options=args.options,
        )
        live = await self._controller.start(request, worker=args.worker, brand=args.brand)
        return Answer({"run_id": live.run_id})

    async def _stop(self, args: NoArgs) -> Answer:
        await self._controller.stop()
        return Answer({})

    async def _new(self, args: NoArgs) -> Answer:
        self._controller.leave_run()
        return Answer({})

    async def _open(self, args: RunArgs) -> Answer:
        await self._controller.open_run(args.run_id)
        return Answer({})

    async def _replay(self, args: NoArgs) -> Answer:
        live = await self._controller.replay()
        return Answer({"run_id": live.run_id})

    async def _select(self, args: WorkerArgs) -> Answer:
        self._controller.select_worker(args.worker)
        return Answer({})

    async def _refresh(self, args: NoArgs) -> Answer:
        await self._controller.connect()
        return Answer({})

    async def _check_brand(self, args: BrandArgs) -> Answer:
        brand = parse_brand(args.brand)
        if brand is None:
            raise RequestRefused("There is no brand to check: the field is empty.")
        check = await self._controller.client.validate_brand(brand, worker=self._controller.shown.desk.worker)
        return Answer(
            {
                "valid": check.valid,
                "errors": [{"field": item.field, "message": item.message} for item in check.problems],
                "warnings": check.warnings,
                "policy_rules_generated": check.policy_rules_generated or 0,
                "drift_anchors_count": check.drift_anchors_count or 0,
            }
        )

    async def _history(self, args: NoArgs) -> Answer:
        return Answer({"runs": await self._controller.recent_runs()})

    async def _export(self, args: ExportArgs) -> Answer:
        from ...runs.export import export_file_name, export_run

        run_id, store = shown_run(self._controller)
        text = await asyncio.to_thread(export_run, store, run_id, args.format)
        name = await asyncio.to_thread(export_file_name, store, run_id, args.format)
        return Answer({"file_name": name, "mime": _MIME[args.format], "text": text})

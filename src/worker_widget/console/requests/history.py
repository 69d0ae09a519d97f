"""Requests about the run history: the newest runs, and the comparison of two."""

from __future__ import annotations

import asyncio
from typing import TypedDict

from ..comparison import ComparedRuns, compared_runs
from ..controller import ConsoleController
from ..wire import HistoryRow
from .handlers import Args, Handlers, NoArgs, RequestAnswer, RequestHandler


class PairArgs(Args, frozen=True, kw_only=True):
    a: str
    b: str


class RecentRuns(TypedDict):
    """The newest runs, newest first; ``total`` is the number of runs in this computer's history."""

    runs: list[HistoryRow]
    total: int


class HistoryRequests:
    """Answers the requests about the history for one console."""

    def __init__(self, controller: ConsoleController) -> None:
        self._controller = controller
        self.handlers: Handlers = {
            "history.list": RequestHandler(NoArgs, RecentRuns, self._list),
            "history.compare": RequestHandler(PairArgs, ComparedRuns, self._compare),
        }

    async def _list(self, args: NoArgs) -> RequestAnswer:
        runs, total = await self._controller.recent_runs()
        return RequestAnswer({"runs": runs, "total": total})

    async def _compare(self, args: PairArgs) -> RequestAnswer:
        """Compares two runs of this computer's history."""
        store = self._controller.store
        return RequestAnswer(await asyncio.to_thread(compared_runs, store, args.a, args.b))

"""Requests about all routing decisions, incidents and ledger rows of the run on screen."""

from __future__ import annotations

import asyncio
from typing import Final

from ...store.routing_and_ledger import IncidentWindow, LedgerWindow, RoutingWindow
from ..controller import ConsoleController
from .handlers import Args, Handlers, RequestAnswer, RequestHandler, shown_run

MOST_ROWS: Final = 500


class RowArgs(Args, frozen=True, kw_only=True):
    stage_id: str | None
    start: int
    count: int


class LedgerArgs(Args, frozen=True, kw_only=True):
    incident: int
    stage_id: str | None
    start: int
    count: int


class RowRequests:
    """Answers the requests about routing and ledger for one console."""

    def __init__(self, controller: ConsoleController) -> None:
        self._controller = controller
        self.handlers: Handlers = {
            "routing.window": RequestHandler(RowArgs, RoutingWindow, self._routing),
            "incident.window": RequestHandler(RowArgs, IncidentWindow, self._incidents),
            "ledger.window": RequestHandler(LedgerArgs, LedgerWindow, self._ledger),
        }

    async def _routing(self, args: RowArgs) -> RequestAnswer:
        run_id, store = shown_run(self._controller)
        count = min(args.count, MOST_ROWS)
        return RequestAnswer(
            await asyncio.to_thread(store.routing_window, run_id, args.stage_id, args.start, count)
        )

    async def _incidents(self, args: RowArgs) -> RequestAnswer:
        run_id, store = shown_run(self._controller)
        count = min(args.count, MOST_ROWS)
        return RequestAnswer(
            await asyncio.to_thread(store.incident_window, run_id, args.stage_id, args.start, count)
        )

    async def _ledger(self, args: LedgerArgs) -> RequestAnswer:
        """The events of an incident, or, with the number 0, the checks that passed."""
        run_id, store = shown_run(self._controller)
        count = min(args.count, MOST_ROWS)
        return RequestAnswer(
            await asyncio.to_thread(
                store.ledger_window, run_id, args.incident, args.stage_id, args.start, count
            )
        )

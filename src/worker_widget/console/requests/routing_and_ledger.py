"""Requests about all routing decisions, incidents and ledger rows of the run on screen."""

from __future__ import annotations

import asyncio
from functools import partial
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
        run_id, store, upto, after = shown_run(self._controller)
        count = min(args.count, MOST_ROWS)
        window = partial(store.routing_window, run_id, args.stage_id, args.start, count)
        return RequestAnswer(await asyncio.to_thread(window, after=after, upto=upto))

    async def _incidents(self, args: RowArgs) -> RequestAnswer:
        run_id, store, upto, after = shown_run(self._controller)
        count = min(args.count, MOST_ROWS)
        window = partial(store.incident_window, run_id, args.stage_id, args.start, count)
        return RequestAnswer(await asyncio.to_thread(window, after=after, upto=upto))

    async def _ledger(self, args: LedgerArgs) -> RequestAnswer:
        """The events of an incident, or, with the number 0, the checks that passed.

        An incident is whole, also where a range is shown that begins within it.
        """
        run_id, store, upto, after = shown_run(self._controller)
        count = min(args.count, MOST_ROWS)
        window = partial(store.ledger_window, run_id, args.incident, args.stage_id, args.start, count)
        return RequestAnswer(await asyncio.to_thread(window, after=0 if args.incident else after, upto=upto))

"""Requests about the log of the run on screen."""

from __future__ import annotations

import asyncio

from ..errors import RunUnknown
from ..history.logs import EVERY_LINE
from .arguments import Answer, Args, Handlers, shown_run
from .desk import Desk
from .log_window import log_window, stored
from .wire import LogFilter


class WindowArgs(Args, frozen=True, kw_only=True):
    filter: LogFilter
    start: int
    count: int


class LocateArgs(Args, frozen=True, kw_only=True):
    filter: LogFilter
    position: int


class MessageArgs(Args, frozen=True, kw_only=True):
    n: int


class LogRequests:
    """Answers them for one console."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.handlers: Handlers = {
            "log.window": (WindowArgs, self._window),
            "log.locate": (LocateArgs, self._locate),
            "log.message": (MessageArgs, self._message),
        }

    async def _window(self, args: WindowArgs) -> Answer:
        run_id, store = shown_run(self._desk)
        return Answer(await asyncio.to_thread(log_window, store, run_id, args.filter, args.start, args.count))

    async def _locate(self, args: LocateArgs) -> Answer:
        run_id, store = shown_run(self._desk)
        at = await asyncio.to_thread(store.log_index, run_id, stored(args.filter), args.position)
        total = await asyncio.to_thread(store.log_total, run_id, stored(args.filter))
        return Answer({"i": min(at, max(total - 1, 0)), "total": total})

    async def _message(self, args: MessageArgs) -> Answer:
        run_id, store = shown_run(self._desk)
        window = await asyncio.to_thread(store.log_window, run_id, EVERY_LINE, args.n - 1, 1)
        if not window.rows:
            raise RunUnknown(f"This run's log has no line {args.n}.")
        return Answer({"message": window.rows[0].message})

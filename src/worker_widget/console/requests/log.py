"""Requests about the log of the run on screen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Literal, TypeVar

from ...errors import Problem, RequestRefused, RunUnknown
from ...store.event_store import EventStore
from ...store.log_index import EVERY_LINE, Facets, LogRow
from ...store.log_index import LogFilter as StoredFilter
from ...store.search import PatternError
from ..channel.log_window import log_window, stored
from ..controller import ConsoleController
from ..wire import LogFilter, LogSearch
from .arguments import Answer, Args, Handlers, NoArgs, shown_run

_PATIENCE_S: Final = 0.08
"""How long a window of rows under a filter looks further before it tells what is found so far."""
_SLICE_S: Final = 0.04
_LONGEST_S: Final = 20
_MOST_COPIED_LINES: Final = 100_000
_MOST_COPIED_CHARS: Final = 20_000_000
_AT_ONCE: Final = 2_000

_T = TypeVar("_T")


class WindowArgs(Args, frozen=True, kw_only=True):
    filter: LogFilter
    start: int
    count: int
    search: LogSearch | None = None


# `from` is the wire's word, and none that Python allows for a field.
class NextArgs(Args, frozen=True, kw_only=True, rename={"start": "from"}):
    filter: LogFilter
    want: LogFilter
    start: int
    way: Literal[1, -1]


class LocateArgs(Args, frozen=True, kw_only=True):
    filter: LogFilter
    position: int | None = None
    time_us: int | None = None
    n: int | None = None


class CopyArgs(Args, frozen=True, kw_only=True):
    filter: LogFilter
    start: int
    end: int


class MessageArgs(Args, frozen=True, kw_only=True):
    n: int


class LogRequests:
    """Answers them for one console."""

    def __init__(self, controller: ConsoleController) -> None:
        self._controller = controller
        self.handlers: Handlers = {
            "log.window": (WindowArgs, self._window),
            "log.next": (NextArgs, self._next),
            "log.locate": (LocateArgs, self._locate),
            "log.facets": (NoArgs, self._facets),
            "log.copy": (CopyArgs, self._copy),
            "log.message": (MessageArgs, self._message),
        }

    async def _ask(self, question: Callable[[EventStore, str], _T], *filters: StoredFilter) -> _T:
        """What ``question`` returns for the run on screen, asked beside the loop.

        First the log is looked through under these filters, in slices: a question that takes long must
        not keep a thread that others wait for, nor go on when nobody waits for the answer.
        """
        run_id, store = shown_run(self._controller)
        until = time.monotonic() + _LONGEST_S
        for only in filters:
            while not (progress := await asyncio.to_thread(store.log_scan, run_id, only, _SLICE_S)).done:
                if time.monotonic() > until:
                    raise RequestRefused(
                        f"This takes too long: {progress.scanned:,} of {progress.of:,} lines in "
                        f"{_LONGEST_S} s. Make the pattern more definite, or filter by level or stage."
                    )
        try:
            return await asyncio.to_thread(question, store, run_id)
        except PatternError as error:
            raise RequestRefused(str(error), [Problem("search", str(error))]) from error

    async def _window(self, args: WindowArgs) -> Answer:
        def window(store: EventStore, run_id: str) -> dict[str, Any]:
            return log_window(
                store,
                run_id,
                args.filter,
                args.start,
                args.count,
                search=args.search,
                seconds=_PATIENCE_S,
            )

        return Answer(await self._ask(window))

    async def _next(self, args: NextArgs) -> Answer:
        only, want = stored(args.filter), stored(args.want)
        found = await self._ask(
            lambda store, run_id: store.log_next(run_id, only, want, args.start, args.way),
            only,
            only.both(want),
        )
        return Answer(found)

    async def _locate(self, args: LocateArgs) -> Answer:
        only = stored(args.filter)
        places = (args.position, args.time_us, args.n)
        if sum(place is not None for place in places) != 1:
            raise RequestRefused("A place in the log is a position, a time or a number: give one of them.")

        def locate(store: EventStore, run_id: str) -> dict[str, Any]:
            n = args.n
            if args.position is not None:
                n = store.log_number(run_id, args.position)
            elif args.time_us is not None:
                n = store.log_number_at(run_id, args.time_us)
            before = store.log_index(run_id, only, n or 1)
            total = store.log_total(run_id, only)
            return {"i": min(before, max(total - 1, 0)), "total": total}

        return Answer(await self._ask(locate, only))

    async def _facets(self, args: NoArgs) -> Answer:
        def facets(store: EventStore, run_id: str) -> Facets:
            return store.log_facets(run_id, _SLICE_S)

        while not (told := await self._ask(facets)).done:
            pass
        return Answer({"agents": list(told.agents.items()), "stages": list(told.stages.items())})

    async def _copy(self, args: CopyArgs) -> Answer:
        copy = partial(copied, only=stored(args.filter), start=args.start, end=args.end)
        return Answer(await self._ask(copy, stored(args.filter)))

    async def _message(self, args: MessageArgs) -> Answer:
        window = await self._ask(lambda store, run_id: store.log_window(run_id, EVERY_LINE, args.n - 1, 1))
        if not window.rows or args.n < 1:
            raise RunUnknown(f"This run's log has no line {args.n}.")
        return Answer({"message": window.rows[0].message})


def copied(store: EventStore, run_id: str, only: StoredFilter, start: int, end: int) -> dict[str, Any]:
    """The rows ``start`` to ``end`` (exclusive) as plain text, as many as fit: ``{text, lines}``."""
    start = max(start, 0)
    end = min(end, start + _MOST_COPIED_LINES)
    lines: list[str] = []
    chars = 0
    while start < end and chars < _MOST_COPIED_CHARS:
        window = store.log_window(run_id, only, start, min(end - start, _AT_ONCE))
        if not window.rows:
            break
        for row in window.rows:
            text = row_text(row)
            chars += len(text) + 1
            if chars > _MOST_COPIED_CHARS and lines:
                break
            lines.append(text)
        start += len(window.rows)
    return {"text": "\n".join(lines), "lines": len(lines)}


def row_text(row: LogRow) -> str:
    """One row as text: time, level, stage, agent and message, as far as they were told."""
    at = None
    if row.time_us is not None:
        told = datetime.fromtimestamp(row.time_us / 1_000_000, UTC)
        at = told.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return "  ".join(filter(None, (at, row.level.upper(), row.stage_id, row.agent, row.message)))

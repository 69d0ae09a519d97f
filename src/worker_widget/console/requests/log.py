"""Requests about the log of the run on screen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final, Literal, TypedDict, TypeVar

from ...errors import Problem, RequestRefused, RunUnknown
from ...store.line_filter import EVERY_LINE, LineFilter
from ...store.log_index import Facets, LogWindow, NextLine
from ...store.log_search import LogSearch, PatternError
from ...store.log_table import StoredLine
from ..channel.log_window import line_filter, log_window
from ..controller import ConsoleController
from ..wire import LogFilter, LogRows
from .handlers import Args, Handlers, NoArgs, RequestAnswer, RequestHandler, ShownRun, shown_run

_PATIENCE_S: Final = 0.08
"""How long a window under a filter scans the log before it returns what is found so far."""
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


class NextArgs(Args, frozen=True, kw_only=True):
    filter: LogFilter
    wanted: LogFilter
    start: int
    direction: Literal[1, -1]


class LocateArgs(Args, frozen=True, kw_only=True):
    filter: LogFilter
    position: int | None = None
    time_us: int | None = None
    line: int | None = None


class CopyArgs(Args, frozen=True, kw_only=True):
    filter: LogFilter
    start: int
    end: int


class MessageArgs(Args, frozen=True, kw_only=True):
    line: int


class LocatedLine(TypedDict):
    """The index of a row under a filter, and how many rows there are."""

    index: int
    total: int


class LogFacets(TypedDict):
    """Names and numbers of lines, in the order of their first line."""

    agents: list[tuple[str, int]]
    stages: list[tuple[str, int]]


class CopiedLines(TypedDict):
    """Rows of the log as text."""

    text: str
    lines: int


class LogMessage(TypedDict):
    """The message of a log line."""

    message: str


class LogRequests:
    """Answers the requests about the log for one console."""

    def __init__(self, controller: ConsoleController) -> None:
        self._controller = controller
        self.handlers: Handlers = {
            "log.window": RequestHandler(WindowArgs, LogRows, self._window),
            "log.next": RequestHandler(NextArgs, NextLine, self._next),
            "log.locate": RequestHandler(LocateArgs, LocatedLine, self._locate),
            "log.facets": RequestHandler(NoArgs, LogFacets, self._facets),
            "log.copy": RequestHandler(CopyArgs, CopiedLines, self._copy),
            "log.message": RequestHandler(MessageArgs, LogMessage, self._message),
        }

    async def _read(self, read: Callable[[ShownRun], _T], *filters: LineFilter) -> _T:
        """Calls ``read`` for the run on screen in a thread, after the log is scanned under the filters.

        The scan is divided into slices: a long scan must not occupy a thread that other requests wait for,
        nor continue after the request is cancelled.
        """
        shown = run_id, store, upto, after = shown_run(self._controller)
        until = time.monotonic() + _LONGEST_S
        for filter in filters:
            scan = partial(store.log_scan, run_id, filter, _SLICE_S, after=after, upto=upto)
            while not (progress := await asyncio.to_thread(scan)).done:
                if time.monotonic() > until:
                    raise RequestRefused(
                        f"This takes too long: {progress.scanned:,} of {progress.of:,} lines in "
                        f"{_LONGEST_S} s. Make the pattern more specific, or filter by level or stage."
                    )
        try:
            return await asyncio.to_thread(read, shown)
        except PatternError as error:
            raise RequestRefused(str(error), [Problem("search", str(error))]) from error

    async def _window(self, args: WindowArgs) -> RequestAnswer:
        def window(shown: ShownRun) -> LogRows:
            return log_window(
                shown.store,
                shown.run_id,
                args.filter,
                args.start,
                args.count,
                search=args.search,
                seconds=_PATIENCE_S,
                after=shown.after,
                upto=shown.upto,
            )

        return RequestAnswer(await self._read(window))

    async def _next(self, args: NextArgs) -> RequestAnswer:
        """The nearest row under ``filter`` that also passes ``wanted``, after (1) or before (-1) the index
        ``start`` (-1: from the start; the total: from the end). After the last row the search continues
        at the first.
        """
        filter, wanted = line_filter(args.filter), line_filter(args.wanted)
        found = await self._read(
            lambda shown: shown.store.log_next(
                shown.run_id,
                filter,
                wanted,
                args.start,
                args.direction,
                after=shown.after,
                upto=shown.upto,
            ),
            filter,
            filter.combined(wanted),
        )
        return RequestAnswer(found)

    async def _locate(self, args: LocateArgs) -> RequestAnswer:
        """The first row under the filter at or after a position, a time or a line; exactly one is given."""
        filter = line_filter(args.filter)
        given = (args.position, args.time_us, args.line)
        if sum(value is not None for value in given) != 1:
            raise RequestRefused("Give exactly one of position, time_us and line.")

        def locate(shown: ShownRun) -> LocatedLine:
            run_id, store, upto, after = shown
            line = args.line
            if args.position is not None:
                line = store.log_line_at_position(run_id, args.position)
            elif args.time_us is not None:
                line = store.log_line_at_time(run_id, args.time_us)
            before = store.log_index(run_id, filter, line or 1, after=after)
            total = store.log_total(run_id, filter, after=after, upto=upto)
            return {"index": min(before, max(total - 1, 0)), "total": total}

        return RequestAnswer(await self._read(locate, filter))

    async def _facets(self, args: NoArgs) -> RequestAnswer:
        """The agents and stages of the log, with their numbers of lines."""

        def facets(shown: ShownRun) -> Facets:
            return shown.store.log_facets(shown.run_id, _SLICE_S, after=shown.after, upto=shown.upto)

        while not (counted := await self._read(facets)).done:
            pass
        return RequestAnswer({"agents": list(counted.agents.items()), "stages": list(counted.stages.items())})

    async def _copy(self, args: CopyArgs) -> RequestAnswer:
        """The rows from ``start`` to ``end`` (exclusive) as plain text, at most 100,000 of them."""
        copy = partial(copied, filter=line_filter(args.filter), start=args.start, end=args.end)
        return RequestAnswer(await self._read(copy, line_filter(args.filter)))

    async def _message(self, args: MessageArgs) -> RequestAnswer:
        """The complete message of a line, as plain text."""

        def window(shown: ShownRun) -> LogWindow:
            return shown.store.log_window(shown.run_id, EVERY_LINE, args.line - 1, 1, upto=shown.upto)

        rows = (await self._read(window)).rows
        if not rows or args.line < 1:
            raise RunUnknown(f"This run's log has no line {args.line}.")
        return RequestAnswer({"message": rows[0].message})


def copied(shown: ShownRun, filter: LineFilter, start: int, end: int) -> CopiedLines:
    """The rows with index ``start`` to ``end`` (exclusive) as plain text, up to the limits."""
    start = max(start, 0)
    end = min(end, start + _MOST_COPIED_LINES)
    lines: list[str] = []
    chars = 0
    while start < end and chars < _MOST_COPIED_CHARS:
        count = min(end - start, _AT_ONCE)
        window = shown.store.log_window(
            shown.run_id, filter, start, count, after=shown.after, upto=shown.upto
        )
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


def row_text(row: StoredLine) -> str:
    """One row as text: time, level, stage, agent and message, without those that are missing."""
    at = None
    if row.time_us is not None:
        time = datetime.fromtimestamp(row.time_us / 1_000_000, UTC)
        at = time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return "  ".join(filter(None, (at, row.level.upper(), row.stage_id, row.agent, row.message)))

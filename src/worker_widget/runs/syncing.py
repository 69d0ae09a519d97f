"""Brings the ended runs of a server into the history."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from .. import background
from ..errors import HistoryError, HostUnreachable, KeyRefused, RequestRefused, WorkerWidgetError
from ..events.answers import RunListItem, RunPage
from ..state.run_state import ENDED
from ..store.event_store import EventStore
from .live_run import LiveRun
from .progress_line import ProgressLine
from .pruning_soon import configured_limits

if TYPE_CHECKING:
    from ..sources.worker_api.client import AsyncWorkerClient

_RUNS_AT_ONCE: Final = 4
_PAGE_RUNS: Final = 1_000
_SMALL_PAGE_RUNS: Final = 100
_SHOW_EVERY_S: Final = 0.25
_DAY_US: Final = 24 * 60 * 60 * 1_000_000


@dataclass(frozen=True, repr=False)
class Synced:
    """What a synchronisation did.

    ``added`` are the ids of the runs that are now complete in the history. ``complete`` counts those that
    were so before, ``running`` those that have not ended, which are left out. ``failed`` maps the ids of runs
    that could not be read to the reasons. ``more`` is whether the server may have older runs that it does not
    list.
    """

    added: tuple[str, ...] = ()
    complete: int = 0
    running: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    more: bool = False

    def __repr__(self) -> str:
        older = ", and older ones that the server does not list" if self.more else ""
        return (
            f"<{len(self.added):,} runs added, {self.complete:,} complete before,"
            f" {self.running:,} still running, {len(self.failed):,} failed{older}>"
        )


def sync(
    server: AsyncWorkerClient,
    store: EventStore,
    *,
    worker: str | None = None,
    limit: int | None = None,
    since_us: int | None = None,
) -> Synced:
    """Brings the ended runs of a server into the history, and shows the progress.

    See `RunHistory.sync`.
    """
    limits = configured_limits()
    if limits.days is not None:  # older ones would be deleted at once
        since_us = max(since_us or 0, time.time_ns() // 1000 - round(limits.days * _DAY_US))
    if limits.runs is not None:
        limit = min(limits.runs, limits.runs if limit is None else limit)
    bringing = _Bringing(server, store)
    line, note = ProgressLine(), ""
    future = background.submit(partial(bringing.run, worker, limit, since_us))
    try:
        while True:
            try:
                return background.wait(future, _SHOW_EVERY_S)
            except TimeoutError:
                if future.done():
                    return future.result()
            line.show(bringing.words, bringing.done, bringing.total)
    except KeyboardInterrupt:
        note = " · interrupted; sync() again continues"
        raise
    finally:
        future.cancel()
        line.end(bringing.words + note, bringing.done, bringing.total)


class _Listed(NamedTuple):
    worker: str
    item: RunListItem


class _Bringing:
    """One synchronisation, on the background loop. Its figures may be read from any thread."""

    def __init__(self, server: AsyncWorkerClient, store: EventStore) -> None:
        self.total = 0
        self.done = 0
        self._link = ""
        self._events = 0
        self._server = server
        self._store = store
        self._added: list[str] = []
        self._failed: dict[str, str] = {}
        self._more = False
        self._listed_all = False

    @property
    def words(self) -> str:
        """The progress in words."""
        if not self.total:
            return "No new runs" if self._listed_all else "Reading the list of runs …"
        link = f" · {self._link}" if self._link else ""
        return f"{self.done:,} of {self.total:,} runs · {self._events:,} events{link}"

    async def run(self, worker: str | None, limit: int | None, since_us: int | None) -> Synced:
        workers = [worker] if worker is not None else await self._workers()
        listed = [run for name in workers for run in await self._listed(name, limit, since_us)]
        listed.sort(key=_created_us, reverse=True)
        if limit is not None:
            self._more |= len(listed) > limit
            del listed[limit:]
        ended = [run for run in listed if run.item.over]
        complete = await asyncio.to_thread(self._complete)
        missing = [run for run in ended if run.item.run_id not in complete]
        self.total, self._listed_all = len(missing), True
        await self._bring_all(missing)
        return Synced(
            added=tuple(self._added),
            complete=len(ended) - len(missing),
            running=len(listed) - len(ended),
            failed=self._failed,
            more=self._more,
        )

    async def _workers(self) -> list[str]:
        return [row.id for row in await self._server.workers() if row.runnable]

    def _complete(self) -> set[str]:
        """The runs that are not read again: those that have ended, and those that were deleted here."""
        records = [*self._store.runs(status=ENDED), *self._store.runs(trashed=True)]
        return {record.run_id for record in records}

    async def _listed(self, worker: str, limit: int | None, since_us: int | None) -> list[_Listed]:
        """The newest runs in the list of a worker, newest first."""
        since = None if since_us is None else datetime.fromtimestamp(since_us / 1_000_000, UTC)
        size = _PAGE_RUNS if limit is None else max(1, min(limit, _PAGE_RUNS))
        found: dict[str, _Listed] = {}
        cursor: str | None = None
        while True:
            page, size = await self._page(worker, size, cursor, since)
            new = [item for item in page.runs if item.run_id and item.run_id not in found]
            recent = [item for item in new if since_us is None or _is_since(item, since_us)]
            found.update((item.run_id, _Listed(worker, item)) for item in recent)
            cursor = page.next_cursor
            if not new or len(recent) < len(new) or (limit is not None and len(found) >= limit):
                break
            if cursor is None:  # servers of the first generation have no further pages
                self._more |= len(page.runs) >= size
                break
        return list(found.values())[:limit]

    async def _page(
        self, worker: str, size: int, cursor: str | None, since: datetime | None
    ) -> tuple[RunPage, int]:
        try:
            return await self._server.runs(size, cursor=cursor, since=since, worker=worker), size
        except RequestRefused:
            if size <= _SMALL_PAGE_RUNS:
                raise
            size = _SMALL_PAGE_RUNS  # some servers refuse large pages
            return await self._server.runs(size, cursor=cursor, since=since, worker=worker), size

    async def _bring_all(self, runs: list[_Listed]) -> None:
        waiting = iter(runs)
        tasks = [asyncio.create_task(self._bring_next(waiting)) for _ in range(_RUNS_AT_ONCE)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _bring_next(self, waiting: Iterator[_Listed]) -> None:
        for run in waiting:
            try:
                await self._bring(run)
            except (KeyRefused, HostUnreachable, HistoryError):
                raise
            except WorkerWidgetError as error:
                self._failed[run.item.run_id] = str(error)
            else:
                self._added.append(run.item.run_id)
            self.done += 1

    async def _bring(self, run: _Listed) -> None:
        """Reads the stream of a run from the end of its log to the end of the run."""
        run_id, worker = run.item.run_id, run.worker
        created_us = _created_us(run) or time.time_ns() // 1000
        await asyncio.to_thread(
            lambda: self._store.begin(
                run_id,
                worker=worker,
                origin=self._server.label,
                task=run.item.task or None,
                time_us=created_us,
            )
        )
        source = self._server.run_source(run_id, worker=worker)
        live = LiveRun(run_id, source=source, store=self._store, worker=worker)
        known = 0

        def changed() -> None:
            nonlocal known
            self._events += live.state.position - known
            known = live.state.position
            self._link = live.link.message if live.link is not None else ""

        live.listen(changed)
        live.start()
        try:
            await asyncio.shield(asyncio.wrap_future(live.over))
        finally:
            await live.stop()
        if live.history_error is not None:
            raise live.history_error
        if live.failure is not None:
            raise live.failure


def _created_us(run: _Listed) -> int:
    """The time of creation in µs since the epoch; 0 where it is unknown."""
    created = run.item.created_at
    return 0 if created is None else round(created.timestamp() * 1_000_000)


def _is_since(item: RunListItem, since_us: int) -> bool:
    return item.created_at is None or item.created_at.timestamp() * 1_000_000 >= since_us

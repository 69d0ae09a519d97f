"""One run as it is followed: its events go into the log and through `reduce`, listeners hear of news.

Lives on the background loop. Reading `LiveRun.state` from any other thread is safe: a state is
immutable, and replaced whole.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import aclosing
from functools import partial

from ..errors import HistoryError, RunUnknown, ServerError, WorkerWidgetError
from ..events import Event
from ..sources.worker_api.client import AsyncWorkerClient
from ..sources.worker_api.follow import StreamLink, follow
from ..state.log_line import LoggedEvent
from ..state.reduce import reduce_all
from ..state.run_state import RunState
from ..store.event_store import EventStore, summary

_log = logging.getLogger(__name__)


class _Lost(Exception):
    """The history can no longer be read: what it held has to come from the server again."""


class LiveRun:
    """One run, followed from where the log has it to its end.

    ``state`` is what is known, ``link`` how the stream stands, ``failure`` why following ended before
    the run did, ``trouble`` what went wrong besides. ``over`` is done when nothing more will come.
    ``skew_us`` is how far the worker's clock was seen ahead of ours: at least so much, by the event
    that took the shortest way here.
    """

    def __init__(self, run_id: str, *, client: AsyncWorkerClient, store: EventStore, worker: str) -> None:
        self.run_id = run_id
        self.worker = worker
        self.state = RunState()
        self.link: StreamLink | None = None
        self.failure: WorkerWidgetError | None = None
        self.trouble: WorkerWidgetError | None = None
        self.over: Future[None] = Future()
        self.store = store
        self._client = client
        self._listeners: set[Callable[[], None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._holders = 0
        self.skew_us: int | None = None

    def hold(self) -> None:
        """Somebody wants this run followed, until they `release` it."""
        self._holders += 1

    async def release(self) -> None:
        """Take back one `hold`; when nobody wants it any more, following stops."""
        self._holders -= 1
        if self._holders <= 0:
            await self.stop()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have ``listener`` called (on the loop's thread) after every change; returns how to end that."""
        self._listeners.add(listener)
        return partial(self._listeners.discard, listener)

    async def begin(self, *, origin: str, task: str | None) -> None:
        """Make room for the run in the history; one that cannot be written does not stop the run."""
        try:
            await asyncio.to_thread(self._begin, self.store, origin, task)
        except HistoryError as error:
            await self._keep_in_memory(error, origin, task)

    def start(self) -> None:
        """Begin to follow. Needs the running loop."""
        self._task = asyncio.create_task(self._run(), name=f"follow {self.run_id}")

    async def stop(self) -> None:
        """Stop following; the run itself goes on where it runs."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._finish()

    async def cancel(self) -> None:
        """Ask the worker to cancel the run; its end comes over the stream."""
        await self._client.cancel(self.run_id, worker=self.worker)

    async def recall(self) -> None:
        """Take up what the log already has of this run."""
        if await asyncio.to_thread(self.store.run, self.run_id) is None:
            return
        self.state = await asyncio.to_thread(reduce_all, self.store.iterate(self.run_id), self.state)
        self._tell()

    async def _run(self) -> None:
        try:
            await self.recall()
            if not (self.state.over and self.state.replay_token):
                await self._follow()
            if not self.state.over:
                self.failure = ServerError(
                    f"The stream of run {self.run_id} ended before the run did. What had arrived is kept; "
                    "open the run again to go on."
                )
        except WorkerWidgetError as error:
            self.failure = error
        except Exception as error:
            _log.exception("Following run %s failed", self.run_id)
            self.failure = WorkerWidgetError(f"Following run {self.run_id} failed: {error!r}")
        finally:
            self._finish()

    async def _follow(self) -> None:
        while True:
            after = await asyncio.to_thread(self.store.last_id, self.run_id)
            try:
                await self._follow_from(after)
            except _Lost:
                continue  # the server still has what the history lost
            return

    async def _follow_from(self, after: str | None) -> None:
        async with aclosing(follow(self._client, self.run_id, after=after, worker=self.worker)) as items:
            async for item in items:
                if isinstance(item, StreamLink):
                    self.link = item
                else:
                    await self._record(item.events)
                self._tell()

    async def _record(self, events: Sequence[Event]) -> None:
        was_over = self.state.over
        self._see_clock(events)
        try:
            logged = await self._append(events)
        except HistoryError as error:
            await self._keep_in_memory(error)
            logged = await self._append(events)
        self.state = reduce_all(logged, self.state)
        if self.state.over and (logged or not was_over):
            await self._summarise()

    def _see_clock(self, events: Sequence[Event]) -> None:
        told_us = events[-1].time_us if events else None
        if told_us is not None:
            ahead_us = told_us - time.time_ns() // 1000
            self.skew_us = ahead_us if self.skew_us is None else max(self.skew_us, ahead_us)

    async def _append(self, events: Sequence[Event]) -> list[LoggedEvent]:
        """All that follows what `state` knows, whoever wrote it."""
        known = self.state.position
        return await asyncio.to_thread(self.store.append, self.run_id, events, after=known)

    def _begin(self, store: EventStore, origin: str, task: str | None) -> None:
        now_us = time.time_ns() // 1000
        store.begin(self.run_id, worker=self.worker, origin=origin, task=task, time_us=now_us)

    async def _keep_in_memory(self, error: HistoryError, origin: str = "", task: str | None = None) -> None:
        """The history cannot be written: go on without it, with what had arrived."""
        self.trouble = HistoryError(f"{error} The run goes on, but it will not be in the history.")
        memory, state = await asyncio.to_thread(self._copied, origin, task)
        lost = self.state.position > state.position
        self.store, self.state = memory, state
        if lost:
            raise _Lost

    def _copied(self, origin: str, task: str | None) -> tuple[EventStore, RunState]:
        """A store in memory with the events that can still be read, and the state after them."""
        memory = EventStore.memory()
        self._begin(memory, origin, task)
        try:
            known = [logged.event for logged in self.store.iterate(self.run_id)]
        except (HistoryError, RunUnknown):
            known = []
        memory.append(self.run_id, known)
        return memory, reduce_all(memory.iterate(self.run_id))

    async def _summarise(self) -> None:
        try:
            await asyncio.to_thread(lambda: self.store.summarise(self.run_id, **summary(self.state)))
        except HistoryError as error:
            self.trouble = error

    def _finish(self) -> None:
        if not self.over.done():
            self.over.set_result(None)
        self._tell()

    def _tell(self) -> None:
        for listener in tuple(self._listeners):
            listener()

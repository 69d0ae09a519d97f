"""`LiveRun` follows one run: it writes the events to the log, updates the state and calls listeners.

It runs on the background loop. `LiveRun.state` may be read from any thread: a state is immutable, and
replaced as a whole.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import aclosing
from datetime import UTC, datetime
from functools import partial

from ..errors import HistoryError, RunUnknown, ServerError, WorkerWidgetError
from ..events import Event, RunRequested, make
from ..events.run_request import RunRequest
from ..sources.worker_api.client import AsyncWorkerClient
from ..sources.worker_api.follow import StreamLink, follow
from ..state.log_line import LoggedEvent
from ..state.reduce import reduce_all
from ..state.run_state import RunState
from ..store.event_store import EventStore, summary

_log = logging.getLogger(__name__)


class _EventsLost(Exception):
    """The history can no longer be read, so its events must be read from the server again."""


class LiveRun:
    """Follows one run from the end of its log to the end of the run.

    ``state`` is the run's state and ``link`` the state of its stream. ``failure`` is the error that ended
    following before the run ended, ``history_error`` an error of the history that did not. ``over`` is done
    when no more events will arrive. ``skew_us`` is a lower bound of how far the worker's clock is ahead of
    this computer's: the highest difference of the events so far.
    """

    def __init__(self, run_id: str, *, client: AsyncWorkerClient, store: EventStore, worker: str) -> None:
        self.run_id = run_id
        self.worker = worker
        self.state = RunState()
        self.link: StreamLink | None = None
        self.failure: WorkerWidgetError | None = None
        self.history_error: HistoryError | None = None
        self.over: Future[None] = Future()
        self.store = store
        self._client = client
        self._listeners: set[Callable[[], None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._holders = 0
        self._requested: Event | None = None
        self.skew_us: int | None = None

    def hold(self) -> None:
        """Adds a holder, for which the run is followed until `release`."""
        self._holders += 1

    async def release(self) -> None:
        """Removes a holder. Following stops when there is none left."""
        self._holders -= 1
        if self._holders <= 0:
            await self.stop()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Calls ``listener`` on the loop's thread after every change; returns a function that ends this."""
        self._listeners.add(listener)
        return partial(self._listeners.discard, listener)

    async def begin(self, *, origin: str, task: str | None = None, request: RunRequest | None = None) -> None:
        """Adds the run to the history, with the ``request`` that started it as its first event.

        ``task`` is that of a run whose request is unknown. A history that cannot be written does not stop
        the run.
        """
        if request is not None:
            task = request.task
            self._requested = _requested(request, self.run_id, self.worker)
        try:
            self.state = await asyncio.to_thread(self._begin, self.store, origin, task)
        except HistoryError as error:
            await self._keep_in_memory(error, origin, task)

    def start(self) -> None:
        """Starts to follow the run. Must be called on the running loop."""
        self._task = asyncio.create_task(self._run(), name=f"follow {self.run_id}")

    async def stop(self) -> None:
        """Stops following. The run itself continues on its server."""
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._finish()

    async def cancel(self) -> None:
        """Requests the worker to cancel the run; its end arrives over the stream."""
        await self._client.cancel(self.run_id, worker=self.worker)

    async def recall(self) -> None:
        """Reads the events of this run that are in the log."""
        if await asyncio.to_thread(self.store.run, self.run_id) is None:
            return
        self.state = await asyncio.to_thread(reduce_all, self.store.iterate(self.run_id), self.state)
        self._notify()

    async def _run(self) -> None:
        try:
            await self.recall()
            if not (self.state.over and self.state.replay_token):
                await self._follow()
            if not self.state.over:
                self.failure = ServerError(
                    f"The stream of run {self.run_id} ended before the run did. Its events so far are kept; "
                    "open the run again to continue."
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
            except _EventsLost:
                continue  # the server still has the events
            return

    async def _follow_from(self, after: str | None) -> None:
        async with aclosing(follow(self._client, self.run_id, after=after, worker=self.worker)) as items:
            async for item in items:
                if isinstance(item, StreamLink):
                    self.link = item
                else:
                    await self._record(item.events)
                self._notify()

    async def _record(self, events: Sequence[Event]) -> None:
        was_over = self.state.over
        self._measure_skew(events)
        try:
            logged = await self._append(events)
        except HistoryError as error:
            await self._keep_in_memory(error)
            logged = await self._append(events)
        self.state = reduce_all(logged, self.state)
        if self.state.over and (logged or not was_over):
            await self._summarise()

    def _measure_skew(self, events: Sequence[Event]) -> None:
        event_us = events[-1].time_us if events else None
        if event_us is not None:
            ahead_us = event_us - time.time_ns() // 1000
            self.skew_us = ahead_us if self.skew_us is None else max(self.skew_us, ahead_us)

    async def _append(self, events: Sequence[Event]) -> list[LoggedEvent]:
        """Writes events to the log and returns all events after `state`, also those of other processes."""
        known = self.state.position
        return await asyncio.to_thread(self.store.append, self.run_id, events, after=known)

    def _begin(self, store: EventStore, origin: str, task: str | None) -> RunState:
        """Adds the run to ``store``; the state after its first event, if that is the request."""
        now_us = time.time_ns() // 1000
        store.begin(self.run_id, worker=self.worker, origin=origin, task=task, time_us=now_us)
        if self._requested is None:
            return self.state
        return reduce_all(store.append(self.run_id, [self._requested]), self.state)

    async def _keep_in_memory(self, error: HistoryError, origin: str = "", task: str | None = None) -> None:
        """Continues with a store in memory after an error of the history."""
        self.history_error = HistoryError(f"{error} The run continues, but it will not be in the history.")
        memory, state = await asyncio.to_thread(self._copied, origin, task)
        lost = self.state.position > state.position
        self.store, self.state = memory, state
        if lost:
            raise _EventsLost

    def _copied(self, origin: str, task: str | None) -> tuple[EventStore, RunState]:
        """Copies the events that can still be read to a store in memory; that and the state after them."""
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
            self.history_error = error

    def _finish(self) -> None:
        if not self.over.done():
            self.over.set_result(None)
        self._notify()

    def _notify(self) -> None:
        for listener in tuple(self._listeners):
            listener()


def _requested(request: RunRequest, run_id: str, worker: str) -> Event:
    """The event with the whole request, which real servers do not repeat."""
    data = RunRequested(
        worker=worker,
        task=request.task,
        brand=None if request.brand is None else dict(request.brand),
        budget=request.budget,
        strict_mode=request.strict_mode,
        depth=request.depth,
        options=dict(request.options),
    )
    return make(data, run_id=run_id, time=datetime.now(UTC))

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
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from .. import background, settings
from ..errors import HistoryError, RunUnknown, ServerError, WorkerWidgetError
from ..events import Event, Payload, RunRequested, RunStarted, RunWarning, make
from ..events.run_request import RunRequest
from ..sources.run_source import RunSource, StreamLink
from ..state.log_line import LoggedEvent
from ..state.reduce import reduce_all
from ..state.run_state import InputRequest, RunState
from ..steady_clock import steady_us
from ..store import keyframes
from ..store.event_store import EventStore
from ..store.run_records import summary
from ..store.shared import current_store
from .outage import RunCopy, explained
from .pruning_soon import prune_soon

_FIGURES_S: Final = 1.0
"""The figures of a running run are at most this old in the history."""
FIRST_RETRY_S: Final = 1.0
"""After so long a history that failed is written again; each further wait is twice as long."""
_LONGEST_RETRY_S: Final = 60.0

_restoring: Final[set[asyncio.Task[None]]] = set()  # a loop has only weak references to its tasks

_log = logging.getLogger(__name__)


class _EventsLost(Exception):
    """The history can no longer be read, so its events must be read from the server again."""


class LiveRun:
    """Follows one run from the end of its log to the end of the run.

    ``state`` is the run's state and ``link`` the state of its stream, since ``link_us``. ``failure`` is the
    error that ended following before the run ended, ``history_error`` an error of the history that did not:
    while there is one the run is kept in memory. ``owner`` is the process of a run that lives in one.
    ``over`` is done when no more events will arrive. ``skew_us`` is a lower bound of how far the worker's
    clock is ahead of this process's `steady_us`: the highest difference of the events so far.
    """

    def __init__(self, run_id: str, *, source: RunSource, store: EventStore, worker: str) -> None:
        self.run_id = run_id
        self.worker = worker
        self.state = RunState()
        self.link: StreamLink | None = None
        self.link_us = steady_us()
        self.failure: WorkerWidgetError | None = None
        self.history_error: HistoryError | None = None
        self.owner: str | None = None
        self.over: Future[None] = Future()
        self.store = store
        self._source = source
        self._listeners: set[Callable[[], None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._stopped = False
        self._holders = 0
        self._requested: Event | None = None
        self._answered: set[tuple[str, int]] = set()
        self.skew_us: int | None = None
        self._summarising: asyncio.Task[None] | None = None
        self._keyframe = 0
        self._origin = ""
        self._task_text: str | None = None
        self._order = asyncio.Lock()
        self._outside: EventStore | None = None
        """The history that failed; ``store`` is in memory until it can be written again."""

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

    async def begin(
        self,
        *,
        origin: str,
        task: str | None = None,
        request: RunRequest | None = None,
        time: datetime | None = None,
    ) -> None:
        """Adds the run to the history, with the ``request`` that started it, at ``time``, as its first event.

        ``task`` is that of a run whose request is unknown. A history that cannot be written does not stop
        the run.
        """
        if request is not None:
            task = request.task
            self._requested = _requested(request, self.run_id, self.worker, time or datetime.now(UTC))
        self._origin, self._task_text = origin, task
        try:
            self.state = await background.in_writer_thread(self._begin, self.store, origin, task)
            if self.owner is not None:
                await background.in_writer_thread(self.store.set_owner, self.run_id, self.owner)
        except HistoryError as error:
            await self._keep_in_memory(error)
        if self.store.unavailable is not None:
            self._restore_later(self.store.unavailable, self.store)

    def start(self) -> None:
        """Starts to follow the run. Must be called on the running loop."""
        self._task = asyncio.create_task(self._run(), name=f"follow {self.run_id}")

    @property
    def following(self) -> bool:
        """Whether events can still arrive, and nothing has stopped it."""
        task = self._task
        return task is not None and not task.done() and not self._stopped

    async def stop(self) -> None:
        """Stops following. The run itself continues."""
        if self._task is not None and not self._task.done():
            # Not `Task.cancelling`: a time limit that passes within the task cancels it for a moment, too.
            if not self._stopped:  # a second time, it would end in the middle of its own end
                self._stopped = True
                self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._finish()

    async def cancel(self) -> None:
        """Requests the worker to cancel the run; its end arrives over the stream."""
        await self._source.cancel()

    async def pause(self) -> None:
        """Requests a pause; that it began arrives over the stream."""
        await self._source.pause()

    async def resume(self) -> None:
        """Lets a paused run go on."""
        await self._source.resume()

    def reconnect(self) -> None:
        """Reconnects at once, if the stream is not open; ends an attempt that is under way.

        Runs on the loop's thread.
        """
        if self.link is not None and self.link.retry_now is not None:
            self.link.retry_now()

    async def answer(self, request_id: str, payload: Any) -> None:
        """Answers an open request for input; that it is closed arrives over the stream."""
        open_before = self.state.inputs
        await self._source.answer(request_id, payload)
        self._answered |= {
            (id_, item.position) for item in open_before if (id_ := item.request_id) == request_id
        }

    @property
    def inputs(self) -> tuple[InputRequest, ...]:
        """The open requests for input, without those that were answered here a moment ago."""
        return tuple(
            request
            for request in self.state.inputs
            if (request.request_id, request.position) not in self._answered
        )

    async def recall(self) -> None:
        """Reads the events of this run that are in the log."""
        if await asyncio.to_thread(self.store.run, self.run_id) is None:
            return
        self.state = await asyncio.to_thread(self.store.state, self.run_id, self.state)
        self._notify()

    async def _run(self) -> None:
        try:
            try:
                await self.recall()
            except HistoryError as error:
                await self._keep_in_memory(error)
            if self.state.over:
                await self._summarise()  # a process that is killed can have left that out
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
            try:
                after = await asyncio.to_thread(self.store.last_id, self.run_id)
                await self._follow_from(after)
            except _EventsLost:
                continue  # the server still has the events
            except HistoryError as error:
                if self.store.path is None:
                    raise
                with suppress(_EventsLost):
                    await self._keep_in_memory(error)
                continue
            return

    async def _follow_from(self, after: str | None) -> None:
        async with aclosing(self._source.events(after)) as items:
            async for item in items:
                if isinstance(item, StreamLink):
                    self.link, self.link_us = item, steady_us()
                else:
                    await self._record(item.events)
                self._notify()

    async def _record(self, events: Sequence[Event]) -> None:
        before = self.state
        self._measure_skew(events)
        async with self._order:
            try:
                logged = await self._append(events)
            except HistoryError as error:
                await self._keep_in_memory(error)
                logged = await self._append(events)
            self.state = reduce_all(logged, self.state)
        over = self.state.over
        if self.state.status != before.status or (over and logged):
            await self._summarise()
        elif logged:
            self._summarise_soon()
        if over and not before.over:
            if settings.variable(settings.OTLP_ENDPOINT):
                from .otlp_sending import send_ended_run  # importing the exports takes a while

                send_ended_run(self.store, self.run_id, self.worker, self.state.ended_us)
            prune_soon(self.store)

    def _measure_skew(self, events: Sequence[Event]) -> None:
        event_us = events[-1].time_us if events else None
        if event_us is not None:
            ahead_us = event_us - steady_us()
            self.skew_us = ahead_us if self.skew_us is None else max(self.skew_us, ahead_us)

    async def _append(self, events: Sequence[Event]) -> list[LoggedEvent]:
        """Writes events to the log and returns all events after `state`, also those of other processes."""
        return await background.in_writer_thread(self._appended, self.store, events, self.state)

    def _appended(self, store: EventStore, events: Sequence[Event], known: RunState) -> list[LoggedEvent]:
        logged = store.append(self.run_id, events, after=known.position)
        if known.position - self._keyframe >= keyframes.KEYFRAME_EVENTS and store.keep_keyframe(
            self.run_id, known
        ):
            self._keyframe = known.position
        return logged

    def _begin(self, store: EventStore, origin: str, task: str | None) -> RunState:
        """Adds the run to ``store``; the state after its first event, if that is the request."""
        now_us = time.time_ns() // 1000
        store.begin(self.run_id, worker=self.worker, origin=origin, task=task, time_us=now_us)
        if self._requested is None:
            return self.state
        state = reduce_all(store.append(self.run_id, [self._requested]), self.state)
        store.summarise(self.run_id, **summary(state))
        return state

    async def _keep_in_memory(self, error: HistoryError) -> None:
        """Continues with a store in memory after an error of the history, until that can be written."""
        if self.store.path is None:
            raise error
        memory, state = await background.in_writer_thread(self._copied)
        failed, before = self.store, self.state
        self.store, self.state = memory, state
        self._restore_later(error, failed)
        if before.position > state.position:
            if self.owner is None:
                raise _EventsLost
            lost = _lost_events(before, state, self.run_id)
            self.state = reduce_all(await self._append(lost), self.state)

    def _copied(self) -> tuple[EventStore, RunState]:
        """Copies the events that can still be read to a store in memory; that and the state after them."""
        memory = EventStore.memory()
        self._begin(memory, self._origin, self._task_text)
        copy = RunCopy(self.run_id, self.store, memory)
        with suppress(HistoryError, RunUnknown):
            while copy.advance():
                pass
        if memory.known_run(self.run_id).events == self.state.position:
            return memory, self.state
        return memory, reduce_all(memory.iterate(self.run_id))

    def _restore_later(self, error: HistoryError, failed: EventStore) -> None:
        """Tries to write the run to the history again, from now on, also when the run is over."""
        self.history_error, self._outside = explained(error), failed
        if failed.closed:
            return  # on purpose, or because Python ends
        _log.warning("Run %s: %s", self.run_id, self.history_error)
        task = asyncio.create_task(self._restore(), name=f"store {self.run_id}")
        _restoring.add(task)
        task.add_done_callback(_restoring.discard)

    async def _restore(self) -> None:
        wait_s = FIRST_RETRY_S
        while self._outside is not None:
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_RETRY_S)
            try:
                await self._restore_now(self._outside)
            except HistoryError as error:
                self.history_error = explained(error)
            except RunUnknown:
                return  # it was deleted
            except Exception:
                _log.exception("Run %s could not be stored", self.run_id)
            self._notify()

    async def _restore_now(self, failed: EventStore) -> None:
        """Writes the run to the history that failed, or the one in its place, and continues with that."""
        store = await asyncio.to_thread(current_store, failed)
        copy = RunCopy(self.run_id, self.store, store)
        begin = partial(copy.begin, worker=self.worker, origin=self._origin, task=self._task_text)
        await background.in_writer_thread(begin)
        while await background.in_writer_thread(copy.advance):
            pass
        async with self._order:  # no events arrive meanwhile
            while await background.in_writer_thread(copy.advance):
                pass
            state = self.state
            if (await background.in_writer_thread(store.known_run, self.run_id)).events != state.position:
                state = await background.in_writer_thread(store.state, self.run_id)
            if self.owner is not None and not state.over:
                await background.in_writer_thread(store.set_owner, self.run_id, self.owner)
            await background.in_writer_thread(_keep, store, self.run_id, state)
            self.store, self.state = store, state
            self.history_error, self._outside, self._keyframe = None, None, state.position
        if state.over:
            prune_soon(store)

    def _summarise_soon(self) -> None:
        """Writes the figures so far, which other processes show, at most once in a while."""
        if self._summarising is None or self._summarising.done():
            self._summarising = asyncio.create_task(self._summarise_later(), name=f"sum up {self.run_id}")

    async def _summarise_later(self) -> None:
        await asyncio.sleep(_FIGURES_S)
        if not self.state.over:
            await self._summarise()

    async def _summarise(self) -> None:
        try:
            await background.in_writer_thread(_keep, self.store, self.run_id, self.state)
        except HistoryError as error:
            await self._summarise_in_memory(error)
        except RunUnknown:
            pass  # deleted meanwhile

    async def _summarise_in_memory(self, error: HistoryError) -> None:
        """Continues in memory, if all events can still be read: the sum of the run is stored with them."""
        async with self._order:
            if self.store.path is None:
                return
            memory, state = await background.in_writer_thread(self._copied)
            if state.position < self.state.position:
                self.history_error = error
                return
            failed, self.store = self.store, memory
            self._restore_later(error, failed)
            await background.in_writer_thread(_keep, memory, self.run_id, self.state)

    def _finish(self) -> None:
        if self._summarising is not None:
            self._summarising.cancel()
        if not self.over.done():
            self.over.set_result(None)
        self._notify()

    def _notify(self) -> None:
        for listener in tuple(self._listeners):
            listener()


def _keep(store: EventStore, run_id: str, state: RunState) -> None:
    store.summarise(run_id, **summary(state))
    if state.over:
        store.keep_state(run_id, state)


def _lost_events(before: RunState, now: RunState, run_id: str) -> list[Event]:
    """What takes the place of events of this process that can no longer be read: nobody can repeat them."""
    lost = before.position - now.position
    message = f"{lost:,} events of this run cannot be read from the history any more. The others follow."
    data: list[Payload] = [RunWarning(code="events_lost", message=message)]
    if now.status == "queued":
        data.insert(0, RunStarted(task=before.task, worker=before.worker))
    time = datetime.fromtimestamp((before.last_us or before.started_us or 0) / 1_000_000, UTC)
    return [make(item, run_id=run_id, time=time) for item in data]


def _requested(request: RunRequest, run_id: str, worker: str, time: datetime) -> Event:
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
    return make(data, run_id=run_id, time=time)

"""Follows the events of one run to its end, across cut connections, silence and server restarts.

Observed behaviour of servers, and what `follow` does:

* A stream is cut, between frames or within a frame: reconnect, immediately at first, then with growing
  delays. With event ids the stream continues where it was cut; without ids all events arrive again.
* Events repeat after the terminal event and the stream stays open: a pause after the terminal event counts
  as the end.
* A stage fails and no terminal event follows: after a pause, request the run from the server.
* A run waits for a person or is paused: silence is no sign of a fault, however long it lasts.
* The stream cannot be opened: before that counts for anything, the server's list and answer are asked.
* The server was restarted and no longer has the run: the run is over, interrupted. So is one that it still
  lists as active but has no stream of, or in which nothing happens for a long time after the server was away.
* A stream stays open without events, and neither the list nor the run answer reports that the run is active:
  after a long time the run is interrupted.
* The events of a run are gone, or a proxy holds them back: they are requested as a whole, and else made of
  the run answer.
* The replay token and the cost report are only in the run answer: request it at the end.

Facts from such requests become a `RunReconciled` event. Equal facts have equal bytes, so following a run
again does not add the event again.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Protocol, Self, TypeVar

from ...errors import (
    HostNotStarted,
    HostUnreachable,
    RequestRefused,
    RunUnknown,
    ServerError,
    UnknownWorker,
    WorkerWidgetError,
)
from ...events import Event, RunCompleted
from ...events.answers import RunAnswer, RunListItem, RunPage
from ...events.sse import SSEDecoder
from ..run_source import EventBatch, StreamLink
from .answered_events import answered_events
from .stream_state import StreamState

SILENCE_S: Final = 45.0
"""A stream without a byte for this many seconds is dead: servers send keepalives every 15 or 30 s."""

T = TypeVar("T")

_MOST_AHEAD: Final = 512 * 1024
"""So many bytes are read ahead: events that are written together cost the history less."""
_PROGRESS_BYTES: Final = 16 * 1024
"""A stream is not quiet while so many bytes of an event arrive."""
_LISTED_RUNS: Final = 50
_MOST_GRACES: Final = 10
_MOST_DOUBLINGS: Final = 16
_TRANSIENT: Final = (408, 425, 429)
_MOST_REFUSALS: Final = 5
"""So often in a row a server may refuse the stream, once it has been open, in a way that no retry helps."""


@dataclass(frozen=True)
class Patience:
    """Time limits, in seconds.

    ``silence_s``: a connection without a byte, keepalives included, for this long is dead.
    ``quiet_s``: after this long without an event the server is asked for the status of the run;
    ``failed_quiet_s`` applies after a stage or its recovery failed.
    ``grace_s``: after the terminal event, this long without an event ends the stream.
    ``answer_s``: delay before the second request of a run answer that was not ready.
    ``first_retry_s``, ``retry_s``: delays before the first and the second reconnect; each further delay is
    twice the one before, at most ``longest_retry_s``. A ``retry`` field of the server replaces both.
    ``longest_asked_s``: a busy server that asks for a longer delay (``Retry-After``) gets at most this.
    ``steady_s``: a connection that lasts this long counts as a success even without a new event.
    ``give_up_s``: after this long without a success, `follow` raises `HostUnreachable`.
    ``empty_s``: a connection without any event for this long is one to a run whose events may be gone.
    ``lost_s``: a run that the server lists as active, but without a stream for this long, is interrupted.
    ``abandoned_s``: the same for a run in which nothing has happened for this long after the server was away,
    or while the server did not report that it is active.
    """

    silence_s: float = SILENCE_S
    quiet_s: float = 20.0
    failed_quiet_s: float = 5.0
    grace_s: float = 2.0
    answer_s: float = 0.5
    first_retry_s: float = 0.2
    retry_s: float = 1.0
    longest_retry_s: float = 20.0
    longest_asked_s: float = 120.0
    steady_s: float = 5.0
    give_up_s: float = 600.0
    empty_s: float = 1.0
    lost_s: float = 60.0
    abandoned_s: float = 900.0


DEFAULT_PATIENCE: Final = Patience()


class FollowedRoutes(Protocol):
    """The routes of a server that `follow` reads; `AsyncWorkerClient` has them."""

    def stream(
        self, run_id: str, *, after: str = ..., worker: str | None = ..., silence_s: float = ...
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]: ...

    async def run(self, run_id: str, *, worker: str | None = ...) -> RunAnswer: ...

    async def runs(self, limit: int = ..., *, worker: str | None = ...) -> RunPage: ...

    async def events(self, run_id: str, *, worker: str | None = ...) -> list[Event]: ...


async def follow(
    client: FollowedRoutes,
    run_id: str,
    *,
    after: str | None = None,
    worker: str | None = None,
    patience: Patience = DEFAULT_PATIENCE,
) -> AsyncGenerator[EventBatch | StreamLink, None]:
    """Yield the events of a run and the states of the connection until the run is over.

    ``after`` is the id of the last event that the caller has; ``None``, the default, starts at the first.
    To stop early, close the generator (``contextlib.aclosing``) or cancel its task: both close the connection
    immediately.

    Raises `RunUnknown` if the server does not have the run at the first connection; `KeyRefused`,
    `UnknownWorker` and `HostNotStarted` at any time; `HostUnreachable` after ``patience.give_up_s``.
    """
    follower = _Follower(client, run_id, after or "", worker, patience)
    link: StreamLink | None = None
    async with aclosing(follower.items()) as items:
        async for item in items:
            if isinstance(item, StreamLink):
                if item == link:
                    continue
                link = item
            yield item


class _Follower:
    """One call of `follow`."""

    def __init__(
        self, client: FollowedRoutes, run_id: str, after: str, worker: str | None, patience: Patience
    ) -> None:
        self._client = client
        self._run_id = run_id
        self._worker = worker
        self._patience = patience
        self._state = StreamState(run_id)
        self._last_id = after
        self._retry_ms: int | None = None
        self._hurry = _Hurry()
        self._connected = False
        self._opened_at: float | None = None
        self._failure: WorkerWidgetError | None = None
        self._refusals = 0
        self._unknown_since = _now()
        self._active = False
        self._reported_waiting = False
        self._lost_since: float | None = None
        self._unreported_since: float | None = None
        self._checked_at = _now()

    async def items(self) -> AsyncGenerator[EventBatch | StreamLink, None]:
        async with aclosing(self._connections()) as items:
            async for item in items:
                yield item
        if not self._state.settled:
            addition = await self._addition()
            if addition is not None:
                yield EventBatch([addition])
        yield StreamLink("ended")

    async def _connections(self) -> AsyncGenerator[EventBatch | StreamLink, None]:
        """The items of all connections, until the end of the run is known."""
        state, patience = self._state, self._patience
        retries = _Retries(patience)
        hurry = self._hurry
        yield StreamLink("connecting")
        while True:
            hurry.forget()
            try:
                async with aclosing(self._attempt()) as items:
                    async for item in items:
                        yield item
            except _Hurried:
                retries.attempt += 1
                yield StreamLink("reconnecting", str(self._failure), retries.attempt, 0.0, hurry)
                continue
            opened_at, failure = self._opened_at, self._failure
            if state.over or failure is None:
                return
            if state.fresh or (opened_at is not None and _now() - opened_at >= patience.steady_s):
                retries.succeeded()
            wait_s = retries.failed(failure, self._retry_ms)
            waits_until = _now() + wait_s
            yield StreamLink("reconnecting", str(failure), retries.attempt, wait_s, hurry)
            with suppress(_Hurried):
                # Connections that are cut again and again must not hide that nothing happens.
                if opened_at is not None and _now() - opened_at < patience.quiet_s <= self._unchecked_s:
                    async for batch in self._ending(await hurry.unless(self._ended_answer())):
                        yield batch
                    if state.over:
                        return
                await hurry.unless(asyncio.sleep(max(0.0, waits_until - _now())))

    async def _attempt(self) -> AsyncGenerator[EventBatch | StreamLink, None]:
        """The items of one connection, and the end of the run if that is known after it.

        Otherwise ``_failure`` is the reason why the connection ended. Raises `_Hurried` for one that a person
        does not want to wait for, before it is open or after it.
        """
        state, patience, hurry = self._state, self._patience, self._hurry
        previous, opened_at = self._failure, None
        self._opened_at = None
        state.begin_connection()
        failure: WorkerWidgetError
        answer: RunAnswer | None = None
        try:
            async with AsyncExitStack() as stack:
                stream = self._client.stream(
                    self._run_id, after=self._last_id, worker=self._worker, silence_s=patience.silence_s
                )
                chunks = await hurry.unless(stack.enter_async_context(stream))
                hurry.forget()
                self._opened_at = opened_at = _now()
                self._connected = True
                self._refusals = 0
                async with aclosing(self._connection(chunks)) as items:
                    async for item in items:
                        yield item
            failure = HostUnreachable("The server closed the stream before the end of the run.")
        except (HostNotStarted, UnknownWorker):
            raise
        except RunUnknown as error:
            answer = await hurry.unless(self._ended_answer() if self._connected else self._answer())
            if answer is None and not self._connected:
                raise
            # Only the second in a row counts: a gateway answers 404 while the server behind it restarts.
            if not isinstance(previous, RunUnknown):
                self._unknown_since = _now()
            elif answer is None and not self._active:
                yield EventBatch([state.run_lost()])
            elif answer is None and self._is_lost(self._unknown_since, patience.lost_s):
                yield EventBatch([state.run_abandoned(patience.lost_s)])
            failure = error
        except RequestRefused as error:
            if not self._last_id:
                raise
            self._last_id = ""  # the server does not know that event id: start at the first event
            failure = error
        except ServerError as error:
            if not state.over:
                answer = await hurry.unless(self._ended_answer())
            self._refusals = 0 if _is_transient(error, connected=self._connected) else self._refusals + 1
            if answer is None and self._refusals >= (_MOST_REFUSALS if self._connected else 1):
                raise
            failure = error
        except HostUnreachable as error:
            failure = error
            # A proxy that holds the stream back answers all other requests.
            if opened_at is None and previous is not None:
                answer = await hurry.unless(self._ended_answer())
        if not state.over and (answer is not None or opened_at is not None):
            async for batch in self._ending(answer):
                yield batch
        if opened_at is None and self._lost_since is None and not state.empty:
            self._lost_since = _now()
        self._failure = failure

    async def _connection(
        self, chunks: AsyncIterator[bytes]
    ) -> AsyncGenerator[EventBatch | StreamLink, None]:
        """The items of one connection, until it ends or the end of the run is known."""
        state, patience = self._state, self._patience
        decoder = SSEDecoder(self._last_id)
        quiet_since = _now()
        over_since: float | None = None
        checked = False
        left_out = unfinished = 0
        yield StreamLink("live")
        async with _ChunkReader(chunks) as reader:
            while not state.ended:
                if over_since is not None:
                    if _now() - over_since > _MOST_GRACES * patience.grace_s:
                        return  # the server repeats the events endlessly
                    until = quiet_since + patience.grace_s
                elif state.empty and not checked:
                    until = quiet_since + patience.empty_s
                elif state.failing and not checked:
                    until = quiet_since + patience.failed_quiet_s
                else:
                    until = quiet_since + patience.quiet_s
                chunk = await reader.read(until - _now())
                if chunk:
                    events = state.receive(decoder.feed(chunk))
                    if decoder.left_out > left_out:
                        left_out = decoder.left_out
                        events += state.too_long(left_out)
                    self._last_id = decoder.last_event_id
                    self._retry_ms = self._retry_ms if decoder.retry_ms is None else decoder.retry_ms
                    if events:
                        if state.fresh:
                            self._lost_since = self._unreported_since = None
                            self._checked_at = _now()
                        yield StreamLink("live")
                        yield EventBatch(events)
                        quiet_since = _now()
                        checked = False
                        unfinished = 0
                    if state.over and over_since is None:
                        over_since = _now()
                    if events or _now() < until:
                        continue  # else it is a line without end, or a flood of keepalives
                elif chunk is not None:
                    break
                if state.over:
                    return
                if decoder.unfinished_bytes - unfinished >= _PROGRESS_BYTES:
                    quiet_since = _now()
                    unfinished = decoder.unfinished_bytes
                    continue
                asking = self._ended_answer()
                answer = await (reader.unless_arrived(asking) if chunk is None else asking)
                if reader.arrived and chunk is None:
                    continue
                async for batch in self._ending(answer):
                    yield batch
                if state.over:
                    return
                first, checked = not checked and state.empty, True
                if not (first or state.waiting or self._reported_waiting):
                    yield StreamLink("stalled", self._stalled_words())
                quiet_since = _now()
        # After a connection with new events, the next one can have more of them.
        if not state.over and (state.ended or not state.fresh):
            async for batch in self._ending(await self._ended_answer()):
                yield batch

    async def _ending(self, answer: RunAnswer | None) -> AsyncGenerator[EventBatch, None]:
        """The end of the run as its server answers it, after the events of a run whose stream had none.

        Without an answer it is the end of an abandoned run; nothing for a run that can still go on.
        """
        if answer is None:
            abandoned = self._abandoned()
            if abandoned is not None:
                yield EventBatch([abandoned])
            return
        if self._state.empty and not self._last_id:
            try:
                events = await self._client.events(self._run_id, worker=self._worker)
            except WorkerWidgetError:
                events = []
            events = self._state.take(events or answered_events(answer))
            yield EventBatch(events)
        if not self._state.over:
            yield EventBatch([self._state.end_from(answer)])

    def _is_lost(self, since: float | None, most_s: float) -> bool:
        """Whether the server has reported a run as active for long that has stopped since then."""
        return self._active and not self._waits and since is not None and _now() - since > most_s

    def _abandoned(self) -> Event | None:
        """The end of a run in which nothing has happened for long, or ``None`` if it can still go on."""
        most_s = self._patience.abandoned_s
        if self._is_lost(self._lost_since, most_s):
            return self._state.run_abandoned(most_s)
        since = self._unreported_since
        if since is not None and not self._waits and _now() - since > most_s:
            return self._state.run_unreported(most_s)
        return None

    @property
    def _unchecked_s(self) -> float:
        """The seconds since the newest event, or since then the last request of the run's status."""
        return _now() - self._checked_at

    @property
    def _waits(self) -> bool:
        """Whether the run is paused or waits for a person, by its events or by its reported status."""
        return self._state.waiting or self._reported_waiting

    def _stalled_words(self) -> str:
        if self._active:
            return "No event for a while; the server reports the run as active."
        return (
            "No event for a while; the server does not report whether the run is still active. After"
            f" {self._patience.abandoned_s:.0f} s it counts as interrupted."
        )

    async def _ended_answer(self) -> RunAnswer | None:
        """The final answer of the run, or ``None`` if the run is active or its status cannot be read.

        The list of runs is requested before the run answer, which fails on some servers while a run is
        active and on others always.
        """
        before = self._active, self._reported_waiting
        self._note_status(None)
        try:
            answer = await self._reported_end()
        except asyncio.CancelledError:  # an event arrived, or a person does not want to wait
            self._active, self._reported_waiting = before
            raise
        self._checked_at = _now()
        if self._active:
            self._unreported_since = None
        elif self._unreported_since is None:
            self._unreported_since = self._checked_at
        return answer

    async def _reported_end(self) -> RunAnswer | None:
        item: RunListItem | None = None
        with suppress(WorkerWidgetError):
            page = await self._client.runs(_LISTED_RUNS, worker=self._worker)
            item = next((item for item in page.runs if item.run_id == self._run_id), None)
        self._note_status(item)
        if self._active:
            return None
        answer = await self._answer()
        if answer is not None or item is None or not item.over:
            return answer
        return RunAnswer(
            run_id=item.run_id,
            status=item.status,
            success=item.success,
            total_latency_ms=item.total_latency_ms,
            created_at=item.created_at,
        )

    def _note_status(self, reported: RunListItem | RunAnswer | None) -> None:
        self._active = reported is not None and reported.status != "" and not reported.over
        self._reported_waiting = reported is not None and reported.status in ("waiting", "paused")

    async def _addition(self) -> Event | None:
        """The data of the run answer that the terminal event lacks; ``None`` if there is none."""
        terminal = self._state.terminal
        if isinstance(terminal, RunCompleted) and terminal.replay_token:
            return None
        answer = await self._answer()
        if answer is None:
            await asyncio.sleep(self._patience.answer_s)
            answer = await self._answer()
        return None if answer is None else self._state.addition_from(answer)

    async def _answer(self) -> RunAnswer | None:
        """The run answer, or ``None`` if it is not available or the run is active."""
        try:
            answer = await self._client.run(self._run_id, worker=self._worker)
        except WorkerWidgetError:
            return None
        if answer.over:
            return answer
        self._note_status(answer)
        return None


class _Retries:
    """Computes the delays of reconnects, and when to give up."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._failing_since: float | None = None
        self.attempt = 0

    def succeeded(self) -> None:
        self._failing_since = None
        self.attempt = 0

    def failed(self, failure: WorkerWidgetError, server_ms: int | None) -> float:
        """The seconds until the next attempt. ``server_ms`` is the delay that the server asked for.

        Raises `HostUnreachable` after ``give_up_s`` without a success.
        """
        patience = self._patience
        if self._failing_since is None:
            self._failing_since = _now()
        elif _now() - self._failing_since >= patience.give_up_s:
            raise HostUnreachable(
                f"{failure} Gave up after {patience.give_up_s:.0f} s. The run can still be active on the"
                " server: follow it again once the server answers."
            ) from failure
        self.attempt += 1
        doublings = min(self.attempt, _MOST_DOUBLINGS)
        if server_ms is not None:
            wait_s = max(server_ms / 1000, patience.first_retry_s) * 2.0 ** (doublings - 1)
        elif self.attempt == 1:
            wait_s = patience.first_retry_s
        else:
            wait_s = patience.retry_s * 2.0 ** (doublings - 2)
        asked_s = (failure.retry_after_s or 0.0) if isinstance(failure, ServerError) else 0.0
        wait_s = max(min(wait_s, patience.longest_retry_s), min(asked_s, patience.longest_asked_s))
        # Random, so that the clients of a restarted server do not reconnect at the same time.
        return wait_s * random.uniform(1.0, 1.25)


class _Hurried(Exception):
    """A person wants to reconnect at once."""


class _Hurry:
    """What a person calls to reconnect at once: ends the countdown, or an attempt that is under way."""

    def __init__(self) -> None:
        self._wanted = False
        self._limit: asyncio.Timeout | None = None

    def __call__(self) -> None:
        self._wanted = True
        if self._limit is not None and not self._limit.expired():
            self._limit.reschedule(_now())

    def forget(self) -> None:
        """Nothing that was wanted before has an effect from now on."""
        self._wanted = False

    async def unless(self, waiting: Coroutine[Any, Any, T]) -> T:
        """The result of ``waiting``. Cancels it and raises `_Hurried` when a person does not want to wait."""
        if self._wanted:
            waiting.close()
            raise _Hurried
        limit = asyncio.timeout(None)
        try:
            async with limit:
                self._limit = limit
                return await waiting
        except TimeoutError:
            if limit.expired():
                raise _Hurried from None
            raise
        finally:
            self._limit = None


class _ChunkReader:
    """Reads ahead while the chunks before are handled; a read returns all that has arrived, as one chunk."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._pieces: list[bytes] = []
        self._size = 0
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    @property
    def arrived(self) -> bool:
        """Whether a chunk, or the end, is ready to be read."""
        return self._news.is_set()

    async def read(self, timeout_s: float) -> bytes | None:
        """The next chunk; ``b""`` at the end, ``None`` after ``timeout_s`` seconds without a chunk."""
        if not self.arrived:
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, timeout_s)):
                    await self._news.wait()
        if not self.arrived:
            return None
        chunk = b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        self._room.set()
        reading = self._reading
        if reading is None or not reading.done():
            self._news.clear()
        elif not chunk:
            reading.result()
        return chunk

    async def unless_arrived(self, request: Coroutine[Any, Any, T]) -> T | None:
        """The result of ``request``, or ``None`` if a chunk or the end arrives before it.

        A server that does not answer must not hide that its stream is silent, too.
        """
        asking, news = asyncio.create_task(request), asyncio.create_task(self._news.wait())
        try:
            await asyncio.wait({asking, news}, return_when=asyncio.FIRST_COMPLETED)
            return asking.result() if asking.done() else None
        finally:
            asking.cancel()
            news.cancel()
            await asyncio.wait({asking, news})

    async def _read_ahead(self) -> None:
        try:
            async for chunk in self._chunks:
                if not chunk:
                    continue
                self._pieces.append(chunk)
                self._size += len(chunk)
                self._news.set()
                if self._size >= _MOST_AHEAD:
                    self._room.clear()
                    await self._room.wait()
        finally:
            self._news.set()

    async def __aenter__(self) -> Self:
        self._reading = asyncio.create_task(self._read_ahead())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await _end_of(self._reading)
            if not self._reading.cancelled():
                self._reading.exception()


async def _end_of(task: asyncio.Task[None]) -> None:
    """Wait until a task has ended, also if this is cancelled: only then can be closed what the task uses."""
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled


def _is_transient(error: ServerError, *, connected: bool) -> bool:
    """Whether a retry can succeed.

    A page or a redirect in place of a stream that was open before is a proxy's, such as that of a network in
    which a person has to sign in again.
    """
    status = error.status
    return status is None or status >= 500 or status in _TRANSIENT or (connected and status < 400)


def _now() -> float:
    return asyncio.get_running_loop().time()

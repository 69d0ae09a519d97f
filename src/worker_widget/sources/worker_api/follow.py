"""Follows the events of one run to its end, across cut connections, silence and server restarts.

Observed behaviour of servers, and what `follow` does:

* A stream is cut, between frames or within a frame: reconnect, immediately at first, then with growing
  delays. With event ids the stream continues where it was cut; without ids all events arrive again.
* Events repeat after the terminal event and the stream stays open: a pause after the terminal event counts
  as the end.
* A stage fails and no terminal event follows: after a pause, request the run from the server.
* The server was restarted and no longer has the run: the run is over.
* The replay token is only in the run answer: request it at the end.

Facts from such requests become a `RunReconciled` event. Equal facts have equal bytes, so following a run
again does not add the event again.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Literal, Self

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
from ...events.answers import RunAnswer
from ...events.sse import SSEDecoder
from .client import SILENCE_S, AsyncWorkerClient
from .stream_state import StreamState

Phase = Literal["connecting", "live", "reconnecting", "stalled", "ended"]

_LISTED_RUNS: Final = 50
_MOST_GRACES: Final = 10
_MOST_DOUBLINGS: Final = 16
_TRANSIENT: Final = (408, 425, 429)


@dataclass(frozen=True)
class EventBatch:
    """Events that arrived together, in the order of the stream. They can repeat earlier events."""

    events: list[Event]


@dataclass(frozen=True)
class StreamLink:
    """The state of the connection; yielded whenever it changes.

    ``message`` is the reason of a failure, ``attempt`` the number of reconnects since the last success, and
    ``retry_in_s`` the seconds until the next reconnect.
    """

    phase: Phase
    message: str = ""
    attempt: int = 0
    retry_in_s: float | None = None


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
    ``steady_s``: a connection that lasts this long counts as a success even without a new event.
    ``give_up_s``: after this long without a success, `follow` raises `HostUnreachable`.
    """

    silence_s: float = SILENCE_S
    quiet_s: float = 20.0
    failed_quiet_s: float = 5.0
    grace_s: float = 2.0
    answer_s: float = 0.5
    first_retry_s: float = 0.2
    retry_s: float = 1.0
    longest_retry_s: float = 20.0
    steady_s: float = 5.0
    give_up_s: float = 600.0


DEFAULT_PATIENCE: Final = Patience()


async def follow(
    client: AsyncWorkerClient,
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
        self, client: AsyncWorkerClient, run_id: str, after: str, worker: str | None, patience: Patience
    ) -> None:
        self._client = client
        self._run_id = run_id
        self._worker = worker
        self._patience = patience
        self._state = StreamState(run_id)
        self._last_id = after
        self._retry_ms: int | None = None

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
        state = self._state
        retries = _Retries(self._patience)
        connected = False
        previous: WorkerWidgetError | None = None
        yield StreamLink("connecting")
        while True:
            state.begin_connection()
            opened_at: float | None = None
            failure: WorkerWidgetError
            try:
                async with self._client.stream(
                    self._run_id,
                    after=self._last_id,
                    worker=self._worker,
                    silence_s=self._patience.silence_s,
                ) as chunks:
                    opened_at = _now()
                    connected = True
                    async with aclosing(self._connection(chunks)) as items:
                        async for item in items:
                            yield item
                failure = HostUnreachable("The server closed the stream before the end of the run.")
            except (HostNotStarted, UnknownWorker):
                raise
            except RunUnknown as error:
                if not connected:
                    raise
                # Only the second in a row counts: a gateway answers 404 while the server behind it restarts.
                if isinstance(previous, RunUnknown):
                    yield EventBatch([state.run_lost()])
                failure = error
            except RequestRefused as error:
                if not self._last_id:
                    raise
                self._last_id = ""  # the server does not know that event id: start at the first event
                failure = error
            except ServerError as error:
                if not connected and not _is_transient(error):
                    raise
                failure = error
            except HostUnreachable as error:
                failure = error
            if state.over:
                return
            if state.fresh or (opened_at is not None and _now() - opened_at >= self._patience.steady_s):
                retries.succeeded()
            previous = failure
            wait_s = retries.failed(failure, self._retry_ms)
            yield StreamLink("reconnecting", str(failure), retries.attempt, wait_s)
            await asyncio.sleep(wait_s)

    async def _connection(
        self, chunks: AsyncIterator[bytes]
    ) -> AsyncGenerator[EventBatch | StreamLink, None]:
        """The items of one connection, until it ends or the end of the run is known."""
        state, patience = self._state, self._patience
        decoder = SSEDecoder(self._last_id)
        quiet_since = _now()
        over_since: float | None = None
        checked = False
        yield StreamLink("live")
        async with _ChunkReader(chunks) as reader:
            while not state.ended:
                if over_since is not None:
                    if _now() - over_since > _MOST_GRACES * patience.grace_s:
                        return  # the server repeats the events endlessly
                    until = quiet_since + patience.grace_s
                elif state.failing and not checked:
                    until = quiet_since + patience.failed_quiet_s
                else:
                    until = quiet_since + patience.quiet_s
                chunk = await reader.read(until - _now())
                if chunk is None:
                    if state.over:
                        return
                    answer = await self._ended_answer()
                    if reader.arrived:
                        continue
                    if answer is not None:
                        yield EventBatch([state.end_from(answer)])
                        return
                    checked = True
                    yield StreamLink(
                        "stalled", "No event for a while; the server does not report that the run is over."
                    )
                    quiet_since = _now()
                    continue
                if not chunk:
                    break
                events = state.receive(decoder.feed(chunk))
                self._last_id = decoder.last_event_id
                self._retry_ms = self._retry_ms if decoder.retry_ms is None else decoder.retry_ms
                if events:
                    yield StreamLink("live")
                    yield EventBatch(events)
                    quiet_since = _now()
                    checked = False
                if state.over and over_since is None:
                    over_since = _now()
        # After a connection with new events, the next one can have more of them.
        if not state.over and (state.ended or not state.fresh):
            answer = await self._ended_answer()
            if answer is not None:
                yield EventBatch([state.end_from(answer)])

    async def _ended_answer(self) -> RunAnswer | None:
        """The final answer of the run, or ``None`` if the run is active or its status cannot be read.

        The list of runs is requested before the run answer, which fails on some servers while a run is
        active and on others always.
        """
        item = None
        try:
            page = await self._client.runs(_LISTED_RUNS, worker=self._worker)
            item = next((item for item in page.runs if item.run_id == self._run_id), None)
        except WorkerWidgetError:
            pass
        if item is not None and not item.over:
            return None
        answer = await self._answer()
        if answer is not None or item is None:
            return answer
        return RunAnswer(
            run_id=item.run_id,
            status=item.status,
            success=item.success,
            total_latency_ms=item.total_latency_ms,
            created_at=item.created_at,
        )

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
        return answer if answer.over else None


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
            wait_s = server_ms / 1000 * 2.0 ** (doublings - 1)
        elif self.attempt == 1:
            wait_s = patience.first_retry_s
        else:
            wait_s = patience.retry_s * 2.0 ** (doublings - 2)
        # Random, so that the clients of a restarted server do not reconnect at the same time.
        return min(wait_s, patience.longest_retry_s) * random.uniform(1.0, 1.25)


class _ChunkReader:
    """Reads chunks with a timeout that loses no data: a read continues after its timeout."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._reading: asyncio.Task[bytes] | None = None

    @property
    def arrived(self) -> bool:
        """Whether a chunk, or the end, is ready to be read."""
        return self._reading is not None and self._reading.done()

    async def read(self, timeout_s: float) -> bytes | None:
        """The next chunk; ``b""`` at the end, ``None`` after ``timeout_s`` seconds without a chunk."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._next())
        await asyncio.wait({self._reading}, timeout=max(0.0, timeout_s))
        if not self._reading.done():
            return None
        reading, self._reading = self._reading, None
        return reading.result()

    async def _next(self) -> bytes:
        return await anext(self._chunks, b"")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait({self._reading})
            if not self._reading.cancelled():
                self._reading.exception()


def _is_transient(error: ServerError) -> bool:
    """Whether a retry can succeed."""
    return error.status is None or error.status >= 500 or error.status in _TRANSIENT


def _now() -> float:
    return asyncio.get_running_loop().time()

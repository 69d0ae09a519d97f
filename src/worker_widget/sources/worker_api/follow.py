"""One run to its end: its events as they come, across cuts, silence and servers that forget.

What servers were seen to do, and what is done about it here:

* a stream is cut, in the middle of a frame or between: reconnect, at once first and then ever later;
  with ids the stream goes on where it was, without them everything comes again;
* events come again after the end, and the stream stays open for ever: some time without an event
  after the terminal one is the end too;
* a stage fails and no end is ever told: after some time without an event the server is asked;
* the server was restarted and knows the run no more: that is the run's end;
* the replay token is only in the run answer: at the end the server is asked for it.

What was learned by asking goes into the log as a `RunReconciled` event. The same facts always make
the same bytes, so that following a run again does not add it again.
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
from .stream_state import Story

Phase = Literal["connecting", "live", "reconnecting", "stalled", "ended"]

_LISTED_RUNS: Final = 50
_LONGEST_GRACES: Final = 10
_MOST_DOUBLINGS: Final = 16
_PASSING: Final = (408, 425, 429)


@dataclass(frozen=True)
class Batch:
    """Events that arrived together, in the order of the stream. Any of them may have come before."""

    events: list[Event]


@dataclass(frozen=True)
class Link:
    """How the connection is doing; given when that changes.

    ``message`` says what is the matter, ``attempt`` counts the reconnects since it last went well,
    ``retry_in_s`` is how long it is until the next one.
    """

    phase: Phase
    message: str = ""
    attempt: int = 0
    retry_in_s: float | None = None


@dataclass(frozen=True)
class Patience:
    """How long is waited for what, in seconds.

    ``silence_s``: without a byte, keepalives included, until a connection counts as dead.
    ``quiet_s``: without an event until the server is asked whether the run is over; where a stage or
    its recovery failed, ``failed_quiet_s``.
    ``grace_s``: without an event after the terminal one until the run counts as told.
    ``answer_s``: until a run answer that was not ready is asked for once more.
    ``first_retry_s``, ``retry_s``: until the first and the second reconnect, and then twice as long
    each time up to ``longest_retry_s``. A time that the server names replaces both.
    ``steady_s``: how long a connection must last to count as a success though it brought nothing new.
    ``give_up_s``: without a success until following ends with `HostUnreachable`.
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
) -> AsyncGenerator[Batch | Link, None]:
    """The events of a run, and how the connection is doing, until the run is over and told.

    ``after`` is the id of the last event that is known already. To stop early close the generator
    (``contextlib.aclosing``) or cancel its task: that closes the connection at once.

    Raises `RunUnknown` where the server does not know the run to begin with; `KeyRefused`,
    `UnknownWorker` and `HostNotStarted` at once; `HostUnreachable` when ``patience`` has run out.
    """
    followed = _Followed(client, run_id, after or "", worker, patience)
    link: Link | None = None
    async with aclosing(followed.to_its_end()) as items:
        async for item in items:
            if isinstance(item, Link):
                if item == link:
                    continue
                link = item
            yield item


class _Followed:
    """One call of `follow`."""

    def __init__(
        self, client: AsyncWorkerClient, run_id: str, after: str, worker: str | None, patience: Patience
    ) -> None:
        self._client = client
        self._run_id = run_id
        self._worker = worker
        self._patience = patience
        self._story = Story(run_id)
        self._last_id = after
        self._retry_ms: int | None = None

    async def to_its_end(self) -> AsyncGenerator[Batch | Link, None]:
        async with aclosing(self._connections()) as items:
            async for item in items:
                yield item
        if not self._story.settled:
            more = await self._more_than_told()
            if more is not None:
                yield Batch([more])
        yield Link("ended")

    async def _connections(self) -> AsyncGenerator[Batch | Link, None]:
        """Connection after connection, until the run's end is known."""
        story = self._story
        retries = _Retries(self._patience)
        connected = False
        previous: WorkerWidgetError | None = None
        yield Link("connecting")
        while True:
            story.begin_connection()
            opened_at: float | None = None
            trouble: WorkerWidgetError
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
                trouble = HostUnreachable("The server ended the stream before the run's end.")
            except (HostNotStarted, UnknownWorker):
                raise
            except RunUnknown as error:
                if not connected:
                    raise
                # Said twice in a row: a gateway says it once while the server behind it restarts.
                if isinstance(previous, RunUnknown):
                    yield Batch([story.lost()])
                trouble = error
            except RequestRefused as error:
                if not self._last_id:
                    raise
                self._last_id = ""  # it does not know that event: begin anew
                trouble = error
            except ServerError as error:
                if not connected and not _may_pass(error):
                    raise
                trouble = error
            except HostUnreachable as error:
                trouble = error
            if story.over:
                return
            if story.fresh or (opened_at is not None and _now() - opened_at >= self._patience.steady_s):
                retries.succeeded()
            previous = trouble
            wait_s = retries.failed(trouble, self._retry_ms)
            yield Link("reconnecting", str(trouble), retries.attempt, wait_s)
            await asyncio.sleep(wait_s)

    async def _connection(self, chunks: AsyncIterator[bytes]) -> AsyncGenerator[Batch | Link, None]:
        """What one connection brings, until it ends or the run's end is known."""
        story, patience = self._story, self._patience
        decoder = SSEDecoder(self._last_id)
        quiet_since = _now()
        over_since: float | None = None
        asked = False
        yield Link("live")
        async with _ChunkReader(chunks) as reader:
            while not story.ended:
                if over_since is not None:
                    if _now() - over_since > _LONGEST_GRACES * patience.grace_s:
                        return  # it repeats itself without an end
                    until = quiet_since + patience.grace_s
                elif story.failing and not asked:
                    until = quiet_since + patience.failed_quiet_s
                else:
                    until = quiet_since + patience.quiet_s
                chunk = await reader.read(until - _now())
                if chunk is None:
                    if story.over:
                        return
                    answer = await self._verdict()
                    if reader.arrived:
                        continue
                    if answer is not None:
                        yield Batch([story.concluded(answer)])
                        return
                    asked = True
                    yield Link(
                        "stalled", "No event for a while; the server does not say that the run is over."
                    )
                    quiet_since = _now()
                    continue
                if not chunk:
                    break
                events = story.take(decoder.feed(chunk))
                self._last_id = decoder.last_event_id
                self._retry_ms = self._retry_ms if decoder.retry_ms is None else decoder.retry_ms
                if events:
                    yield Link("live")
                    yield Batch(events)
                    quiet_since = _now()
                    asked = False
                if story.over and over_since is None:
                    over_since = _now()
        # A stream that ended with news may have more of them on the next connection.
        if not story.over and (story.ended or not story.fresh):
            answer = await self._verdict()
            if answer is not None:
                yield Batch([story.concluded(answer)])

    async def _verdict(self) -> RunAnswer | None:
        """What the server says of the run, if it says that it is over.

        The list is asked before the run answer, which fails on some servers while a run goes on and
        on others always. A server that refuses to say leaves it open; the stream still tells.
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

    async def _more_than_told(self) -> Event | None:
        """What the run answer adds to the terminal event, if it is to be had."""
        terminal = self._story.terminal
        if isinstance(terminal, RunCompleted) and terminal.replay_token:
            return None
        answer = await self._answer()
        if answer is None:
            await asyncio.sleep(self._patience.answer_s)
            answer = await self._answer()
        return None if answer is None else self._story.supplemented(answer)

    async def _answer(self) -> RunAnswer | None:
        """The run answer, once it says that the run is over."""
        try:
            answer = await self._client.run(self._run_id, worker=self._worker)
        except WorkerWidgetError:
            return None
        return answer if answer.over else None


class _Retries:
    """When to reconnect, and when to give up."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._failing_since: float | None = None
        self.attempt = 0

    def succeeded(self) -> None:
        self._failing_since = None
        self.attempt = 0

    def failed(self, trouble: WorkerWidgetError, named_ms: int | None) -> float:
        """Seconds until the next attempt. Raises `HostUnreachable` when it has been too long."""
        patience = self._patience
        if self._failing_since is None:
            self._failing_since = _now()
        elif _now() - self._failing_since >= patience.give_up_s:
            raise HostUnreachable(
                f"{trouble} Given up after {patience.give_up_s:.0f} s of trying. The run may go on there:"
                " follow it again once the server answers."
            ) from trouble
        self.attempt += 1
        doublings = min(self.attempt, _MOST_DOUBLINGS)
        if named_ms is not None:
            wait_s = named_ms / 1000 * 2.0 ** (doublings - 1)
        elif self.attempt == 1:
            wait_s = patience.first_retry_s
        else:
            wait_s = patience.retry_s * 2.0 ** (doublings - 2)
        # Spread, so that the clients of a restarted server do not all come back at once.
        return min(wait_s, patience.longest_retry_s) * random.uniform(1.0, 1.25)


class _ChunkReader:
    """The next chunk, with a time limit that loses nothing: the read goes on when time is up."""

    def __init__(self, chunks: AsyncIterator[bytes]) -> None:
        self._chunks = chunks
        self._reading: asyncio.Task[bytes] | None = None

    @property
    def arrived(self) -> bool:
        """Whether a chunk, or the end, waits to be read."""
        return self._reading is not None and self._reading.done()

    async def read(self, timeout_s: float) -> bytes | None:
        """The next chunk; ``b""`` at the end, ``None`` where nothing comes in time."""
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


def _may_pass(error: ServerError) -> bool:
    """Whether trying again can help."""
    return error.status is None or error.status >= 500 or error.status in _PASSING


def _now() -> float:
    return asyncio.get_running_loop().time()

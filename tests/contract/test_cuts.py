"""A stream that is cut at any byte ends as the one that is not cut."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tests.recorded import recording
from worker_widget.errors import HostUnreachable, RunUnknown, ServerError
from worker_widget.events import Event
from worker_widget.events.answers import RunAnswer, RunPage
from worker_widget.sources.run_source import EventBatch, StreamLink
from worker_widget.sources.worker_api.follow import follow
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_state import RunState
from worker_widget.store.event_store import EventStore

from .quirky_server import CUT, QuirkyServer, Reply, Stream
from .test_follow import (
    BASE,
    COMPLETED,
    LOGGED,
    QUICK,
    STARTED,
    STREAM_END,
    Notified,
    client_of,
    followed,
    frame,
)

# Nothing here takes time: a cut connection is followed by the next one at once.
AT_ONCE = replace(QUICK, first_retry_s=0, retry_s=0, longest_retry_s=0, grace_s=0.001, answer_s=0)


class CutServer:
    """The routes of a server whose first connection is cut after ``cut`` bytes; then it can be away."""

    def __init__(self, whole: bytes, cut: int, away: tuple[Exception, ...] = ()) -> None:
        self.whole = whole
        self.bodies: list[bytes | Exception] = [whole[:cut], *away]

    @asynccontextmanager
    async def stream(
        self, run_id: str, *, after: str = "", worker: str | None = None, silence_s: float = 0
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        body = self.bodies.pop(0) if self.bodies else None
        if isinstance(body, Exception):
            raise body

        async def chunks() -> AsyncIterator[bytes]:
            if body is not None:
                yield body
                raise HostUnreachable("The connection was cut.")
            yield self._after(after) + STREAM_END

        yield chunks()

    def _after(self, after: str) -> bytes:
        """What a server that numbers its events sends to one that has those up to ``after``."""
        mark = f"id: {after}\n".encode()
        if not after or mark not in self.whole:
            return self.whole
        return self.whole[self.whole.index(b"\n\n", self.whole.index(mark)) + 2 :]

    async def run(self, run_id: str, *, worker: str | None = None) -> RunAnswer:
        raise ServerError("The server answered status 500.", 500)

    async def runs(self, limit: int = 0, *, worker: str | None = None) -> RunPage:
        return RunPage()

    async def events(self, run_id: str, *, worker: str | None = None) -> list[Event]:
        return []


async def state_after(server: CutServer) -> RunState:
    store = EventStore.memory()
    store.begin("r1", worker="w", origin="o", time_us=0)
    state = RunState()
    async for item in follow(server, "r1", patience=AT_ONCE):
        if isinstance(item, EventBatch):
            state = reduce_all(store.append("r1", item.events, after=state.position), state)
    store.close()
    return state


NUMBERED = b"".join(
    [
        b"retry: 0\n\n",
        frame("run_started", 1, second=1, task="A page"),
        frame("artifact_delta", 2, second=2, artifact_name="é", artifact_type="md", offset=0, text="né 🙂"),
        frame("artifact_created", 3, second=3, artifact_name="é", artifact_type="md", content="né 🙂."),
        frame("log", 4, second=4, message="again"),
        frame("log", 5, second=4, message="again"),
        frame("run_completed", 6, second=5, success=True, replay_token={"seed": 1}),
    ]
)
STREAMS = {"numbered": NUMBERED, "recorded": recording("tone_invalid_streaming")}


@pytest.mark.parametrize("name", STREAMS)
async def test_a_stream_that_is_cut_at_any_byte_ends_as_the_whole_one(name: str) -> None:
    whole = STREAMS[name]
    uncut = await state_after(CutServer(whole, len(whole)))
    assert uncut.over
    for at in range(len(whole)):
        assert await state_after(CutServer(whole, at)) == uncut, at


@pytest.mark.parametrize("name", ["valid_professional", "failure_strategy"])
async def test_a_long_stream_that_is_cut_and_whose_server_is_away_ends_as_the_whole_one(name: str) -> None:
    whole = recording(name) + (b"" if name.startswith("valid") else frame("run_failed", error="e"))
    uncut = await state_after(CutServer(whole, len(whole)))
    away = (
        HostUnreachable("Nothing answers."),
        ServerError("The server is starting.", 503),
        RunUnknown("There is no such run."),
        ServerError("A proxy answers with HTML.", 502),
    )
    for at in range(0, len(whole), len(whole) // 23):
        assert await state_after(CutServer(whole, at, away)) == uncut, at


async def test_a_wait_for_the_next_attempt_ends_when_a_person_asks() -> None:
    notified = Notified()
    async with QuirkyServer() as server, client_of(server) as client:
        whole = STARTED + LOGGED + COMPLETED + STREAM_END
        server.on("GET", f"{BASE}/stream/r1", Stream(STARTED, CUT), Stream(whole))
        waiting = replace(QUICK, first_retry_s=3600, longest_retry_s=3600)
        async for item in follow(client, "r1", patience=waiting):
            notified.take(item)
            if isinstance(item, StreamLink) and item.phase == "reconnecting":
                assert item.retry_now is not None
                item.retry_now()
    assert notified.types[-1] == "run_completed"


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_to_another_origin_is_not_followed_and_does_not_get_the_key(status: int) -> None:
    async with QuirkyServer() as elsewhere, QuirkyServer() as server:
        target = f"{elsewhere.origin}{BASE}/stream/r1"
        server.on("GET", f"{BASE}/stream/r1", Reply(status, "", {"Location": target}))
        with pytest.raises(ServerError, match="redirects to " + re.escape(elsewhere.origin)):
            await followed(server)
        assert elsewhere.seen == []


async def test_a_busy_server_is_asked_again_when_it_says() -> None:
    async with QuirkyServer() as server:
        busy = Reply(429, {"detail": "slow down"}, {"Retry-After": "0"})
        server.on("GET", f"{BASE}/stream/r1", busy, busy, Stream(STARTED + COMPLETED + STREAM_END))
        assert (await followed(server)).types[-1] == "run_completed"

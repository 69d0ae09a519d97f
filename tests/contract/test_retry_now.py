"""A person who does not want to wait: "Retry now" in the countdown, in an attempt, and in its questions."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest

from worker_widget.sources.run_source import StreamLink
from worker_widget.sources.worker_api.client import AsyncWorkerClient
from worker_widget.sources.worker_api.embedded import EmbeddedHost
from worker_widget.sources.worker_api.endpoint import Endpoint
from worker_widget.sources.worker_api.endpoint_settings import endpoint_from
from worker_widget.sources.worker_api.follow import follow
from worker_widget.store.event_store import EventStore

from .quirky_server import CUT, QuirkyServer, Reply, Stream, Until
from .test_follow import (
    BASE,
    COMPLETED,
    NOT_READY,
    QUICK,
    STARTED,
    STREAM_END,
    WORKER,
    Notified,
    client_of,
    controller_of,
)

GUARD_S: Final = 120.0
SLOW: Final = replace(
    QUICK, silence_s=600, quiet_s=600, failed_quiet_s=600, first_retry_s=600, retry_s=600, longest_retry_s=600
)
"""Nothing passes by itself before a test ends."""
WHOLE: Final = Stream(STARTED + COMPLETED + STREAM_END)


class Unanswered:
    """A request that is never answered; ``arrived`` is set when it is there."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()

    async def __call__(self) -> None:
        self.arrived.set()
        await asyncio.Event().wait()


async def pressed_at(
    server: QuirkyServer, presses: list[asyncio.Event], *, notified: Notified | None = None
) -> Notified:
    """Follows a run to its end; ends the countdown at once, and then presses when each event is set."""
    notified = notified or Notified()
    retry_now: Callable[[], None] | None = None

    async def press() -> None:
        for event in presses:
            await event.wait()
            assert retry_now is not None
            retry_now()

    async with client_of(server) as client, asyncio.timeout(GUARD_S):
        pressing = asyncio.create_task(press())
        async for item in follow(client, "r1", patience=SLOW):
            notified.take(item)
            if isinstance(item, StreamLink) and item.retry_now is not None:
                retry_now = item.retry_now
                if item.retry_in_s:
                    retry_now()
        await pressing
    return notified


def reconnecting(notified: Notified) -> list[tuple[int, bool]]:
    """The number of each attempt, and whether it begins at once."""
    return [(link.attempt, link.retry_in_s == 0) for link in notified.links if link.phase == "reconnecting"]


async def test_an_attempt_that_nobody_answers_is_left_for_another_at_once(server: QuirkyServer) -> None:
    held = [Unanswered(), Unanswered()]
    server.on(
        "GET", f"{BASE}/stream/r1", Stream(STARTED, CUT), *[Reply(first=first) for first in held], WHOLE
    )
    notified = await pressed_at(server, [first.arrived for first in held])
    assert notified.types == ["run_started", "run_started", "run_completed"]
    assert reconnecting(notified) == [(1, False), (2, True), (3, True)]
    assert len({link.message for link in notified.links if link.phase == "reconnecting"}) == 1
    assert notified.phases[-2:] == ["live", "ended"]


@pytest.mark.parametrize("route", ["runs", "runs/r1"])
async def test_a_question_after_an_attempt_is_left_for_another_attempt_at_once(
    server: QuirkyServer, route: str
) -> None:
    held = Unanswered()
    server.on("GET", f"{BASE}/runs/r1", NOT_READY)
    server.on("GET", f"{BASE}/{route}", Reply(first=held), NOT_READY)
    server.on("GET", f"{BASE}/stream/r1", Stream(STARTED, CUT), Reply(502, "x"), WHOLE)
    notified = await pressed_at(server, [held.arrived])
    assert notified.types == ["run_started", "run_started", "run_completed"]
    assert reconnecting(notified) == [(1, False), (2, True)]


async def test_a_press_in_a_stream_that_is_open_again_cuts_nothing(server: QuirkyServer) -> None:
    """As by a browser that does not know it yet; and it does not end a later countdown."""
    went_on = asyncio.Event()
    server.on("GET", f"{BASE}/runs", NOT_READY)
    server.on("GET", f"{BASE}/runs/r1", NOT_READY)
    server.on(
        "GET",
        f"{BASE}/stream/r1",
        Stream(STARTED, CUT),
        Stream(STARTED + STARTED, Until(went_on), CUT),
        WHOLE,
    )
    notified, waits = Notified(), list[StreamLink]()
    async with client_of(server) as client, asyncio.timeout(GUARD_S):
        async for item in follow(client, "r1", patience=SLOW):
            notified.take(item)
            if not isinstance(item, StreamLink):
                if waits:
                    assert waits[0].retry_now is not None
                    waits[0].retry_now()
                    went_on.set()
            elif item.retry_now is not None:
                waits.append(item)
                if len(waits) == 2:
                    assert item.retry_in_s is not None
                    assert item.retry_in_s > 0
                item.retry_now()
    assert len(waits) == 2
    assert notified.types[-1] == "run_completed"


async def test_a_half_open_server_is_left_when_a_person_asks_in_the_console() -> None:
    """It accepts connections and never answers; the console counts the attempts."""
    opened: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await opened.put(writer)

    async with QuirkyServer() as server, asyncio.timeout(GUARD_S):
        server.on("GET", f"{BASE}/runs", NOT_READY)
        server.on("GET", f"{BASE}/runs/r1", NOT_READY)
        going = asyncio.Event()
        server.on("GET", f"{BASE}/stream/r1", Stream(STARTED, Until(going)), Stream(STARTED, Until(going)))
        port = int(server.origin.rpartition(":")[2])
        client = AsyncWorkerClient(endpoint_from(server.origin + "/api/v1", "key", WORKER), WORKER)
        changed = asyncio.Event()
        controller = controller_of(client, server, EventStore.memory(), changed.set)

        async def until(holds: Callable[[], bool]) -> None:
            while not holds():
                changed.clear()
                await changed.wait()

        live = await controller.open_run("r1")
        await until(lambda: live.state.status == "running")
        await server.stop()
        async with await asyncio.start_server(accept, "127.0.0.1", port):
            await until(lambda: controller.newest.link.phase == "reconnecting")
            await controller.reconnect()
            attempts = []
            for _ in range(3):
                writer = await opened.get()
                attempts.append(controller.newest.link.attempt)
                await controller.reconnect()
                await until(lambda: controller.newest.link.attempt > attempts[-1])
                writer.close()
            assert attempts == sorted(set(attempts))
            assert controller.newest.link.phase == "reconnecting"
        await server.start()
        await controller.reconnect()
        await until(lambda: controller.newest.link.phase == "live")
        await controller.close()
        await client.aclose()


class SlowHost(EmbeddedHost):
    """A host whose start takes until ``going`` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.going = threading.Event()
        self.starts = 0

    def _find_or_start(self) -> Endpoint:
        self.starts += 1
        self.going.wait(GUARD_S)
        return Endpoint("http://127.0.0.1:9", "/api/v1", settled=True)


async def test_attempts_that_are_left_while_the_host_starts_share_its_start() -> None:
    """A start cannot be left, and each takes a thread."""
    host = SlowHost()
    for _ in range(20):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await host.resolve(after_failure=True)
    host.going.set()
    assert (await host.resolve()).origin == "http://127.0.0.1:9"
    assert host.starts == 1

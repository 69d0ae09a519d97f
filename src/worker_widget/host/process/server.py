"""The host on a socket, from its first request to its last."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import uvicorn

from ..http.app import KEEPALIVE_S, Services, create_app
from ..runs.activity import Activity
from ..runs.registry import Registry
from ..runs.runs import MAX_IN_FLIGHT, Runs, fail_interrupted
from ..runs.store import RunStore
from ..runs.store_thread import StoreThread

IDLE_MINUTES = 10.0
SHUTDOWN_S = 2
KEEP_ALIVE_S = 30
"""How long an unused connection stays open; longer than clients keep theirs (httpx 5 s), so that none
is closed here in the moment that a client uses it again."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """``idle_s``: end after so many seconds without a request, an open stream or a run in flight;
    ``None`` means never. ``keepalive_s``: how long a stream may be quiet."""

    idle_s: float | None = IDLE_MINUTES * 60
    keepalive_s: float = KEEPALIVE_S
    max_in_flight: int = MAX_IN_FLIGHT


async def serve(
    listener: socket.socket,
    store: RunStore,
    registry: Registry,
    token: str,
    settings: Settings,
    *,
    stop: asyncio.Event,
    ready: Callable[[], None],
) -> None:
    """Serve until ``stop`` is set or the host is idle; then fail what is in flight, end the streams
    and close the store and the listener. ``ready`` is called once requests are answered."""
    interrupted = fail_interrupted(store)
    if interrupted:
        _log.warning("%d runs were in flight when the last host stopped; they are failed now", interrupted)
    thread = StoreThread(store)
    activity = Activity()
    runs = Runs(thread, registry, activity, max_in_flight=settings.max_in_flight)
    app = create_app(Services(runs, registry, activity, settings.keepalive_s), token)
    server = _Server(_config(app), ready)
    recording = asyncio.create_task(runs.record())
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    ending = asyncio.create_task(_first(stop, activity, settings.idle_s))
    try:
        await asyncio.wait({serving, recording, ending}, return_when=asyncio.FIRST_COMPLETED)
        await runs.close()
        server.should_exit = True
        await serving
        if recording.done():
            recording.result()
    finally:
        ending.cancel()
        recording.cancel()
        thread.close()


async def _first(stop: asyncio.Event, activity: Activity, idle_s: float | None) -> None:
    """Return when told to stop, or when nothing has been under way for ``idle_s`` seconds."""
    while not stop.is_set():
        left = None if idle_s is None else idle_s - activity.idle_s()
        if left is not None and left <= 0:
            _log.info("Nothing to do for %g s: stopping", idle_s)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(left):
                await stop.wait()
    _log.info("Told to stop")


def _config(app: Callable[..., object]) -> uvicorn.Config:
    """No access log: nothing of a request, least of all its key, is written anywhere."""
    return uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        access_log=False,
        proxy_headers=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )


class _Server(uvicorn.Server):
    """Leaves signals to the process, and says when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

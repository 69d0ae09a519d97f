"""Serves the host on a socket until it stops."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import uvicorn

from ...retention import Retention
from ..activity import Activity
from ..http.app import KEEPALIVE_S, Services, create_app
from ..http.middleware import AccessKey
from ..retired import RetiredHost, RetiredHosts
from ..runs.received_traces import QUIET_S
from ..runs.registry import Registry
from ..runs.runs import MAX_IN_FLIGHT, Runs, fail_interrupted
from ..runs.store import RunStore
from ..runs.store_thread import StoreThread

IDLE_MINUTES = 10.0
SHUTDOWN_S = 2
KEEP_ALIVE_S = 30
"""Seconds that an unused connection stays open. Longer than in clients (httpx: 5 s), so that the host does
not close a connection at the moment that a client uses it."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class HostSettings:
    """Settings of the server.

    ``idle_s``: the host stops after this many seconds without a request, an open stream or an active run;
    ``None`` means never. ``keepalive_s``: a stream without an event for this many seconds gets a keepalive.
    ``max_in_flight``: the largest number of active runs. ``open_streams``: streams of runs need no key.
    ``retention``: which runs are deleted when there are too many.
    ``traces_quiet_s``: a received trace whose root span is missing ends after so many seconds without a span.
    """

    idle_s: float | None = IDLE_MINUTES * 60
    keepalive_s: float = KEEPALIVE_S
    max_in_flight: int = MAX_IN_FLIGHT
    traces_quiet_s: float = QUIET_S
    open_streams: bool = False
    retention: Retention = field(default_factory=Retention)


async def serve(
    listener: socket.socket,
    store: RunStore,
    registry: Registry,
    token: str,
    settings: HostSettings,
    *,
    stop: asyncio.Event,
    ready: Callable[[], None],
    living: Callable[[], list[RetiredHost]] = list,
    announce: Callable[[tuple[str, ...]], str] | None = None,
) -> None:
    """Serve until ``stop`` is set or the host is idle.

    On stop, active runs fail, the streams end, and the store and the listener are closed. ``ready`` is
    called once the server answers requests. ``living`` reads the retired hosts whose runs are in the store.
    ``announce`` makes place for another host while this one finishes the runs that it is given, and returns
    the key for that host; without it this host cannot be replaced.
    """
    elsewhere = RetiredHosts(living)
    interrupted = fail_interrupted(store, but=elsewhere.runs)
    if interrupted:
        _log.warning("%d runs were active when the last host stopped; they are marked as failed", interrupted)
    thread = StoreThread(store)
    activity = Activity()
    runs = Runs(
        thread,
        registry,
        activity,
        max_in_flight=settings.max_in_flight,
        quiet_s=settings.traces_quiet_s,
        elsewhere=elsewhere,
    )
    key = AccessKey(token)
    retired = asyncio.Event()

    async def retire() -> int:
        assert announce is not None
        left = await runs.retire()
        if not retired.is_set():
            try:
                key.value = announce(left)
            except OSError:
                runs.go_on()
                raise
            watching.cancel()
            pruning.cancel()
            retired.set()
        return len(left)

    services = Services(
        runs,
        registry,
        activity,
        None if announce is None else retire,
        settings.keepalive_s,
        settings.open_streams,
    )
    app = create_app(services, key, open_streams=settings.open_streams)
    server = _Server(_config(app), ready)
    recording = asyncio.create_task(runs.record())
    pruning = asyncio.create_task(runs.prune(settings.retention))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    watching = asyncio.create_task(runs.watch_retired())
    ending = asyncio.create_task(_stop_or_idle(stop, activity, settings.idle_s))
    finishing = asyncio.create_task(_last_run(retired, runs))
    try:
        await asyncio.wait({serving, recording, ending, finishing}, return_when=asyncio.FIRST_COMPLETED)
        await runs.close()
        server.should_exit = True
        await serving
        if recording.done():
            recording.result()
    finally:
        ending.cancel()
        finishing.cancel()
        watching.cancel()
        pruning.cancel()
        recording.cancel()
        thread.close()


async def _last_run(retired: asyncio.Event, runs: Runs) -> None:
    """Return when this host has retired and its last run has ended."""
    await retired.wait()
    _log.info("Replaced by another host; %d runs are active", runs.in_flight)
    await runs.last_end()
    _log.info("The last run has ended: stopping")


async def _stop_or_idle(stop: asyncio.Event, activity: Activity, idle_s: float | None) -> None:
    """Return when ``stop`` is set or the host has been idle for ``idle_s`` seconds."""
    while not stop.is_set():
        left = None if idle_s is None else idle_s - activity.idle_s()
        if left is not None and left <= 0:
            _log.info("Idle for %g s: stopping", idle_s)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(left):
                await stop.wait()
    _log.info("Stop requested")


def _config(app: Callable[..., object]) -> uvicorn.Config:
    """The configuration of uvicorn, without an access log: no part of a request is logged, nor its key."""
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
    """A server that leaves signals to the process and reports when it answers requests."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

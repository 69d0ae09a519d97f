"""The host in a thread of this process, on a real socket, for tests and other programs."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from ...events.answers import WorkerInfo
from ..runs.registry import Registry
from ..runs.store import RunStore
from ..worker import Worker
from .listener import listen
from .server import HostSettings, serve


class ThreadedHost:
    """``with ThreadedHost(directory, workers) as host:`` serves at ``host.url`` with key ``host.token``.

    ``token`` is the key, by default a random one. The run store is ``host.db`` in the directory. There is no
    state file, lock or log, so other processes do not find this host.
    """

    def __init__(
        self,
        directory: Path,
        workers: Mapping[str, Worker | WorkerInfo],
        *,
        settings: HostSettings | None = None,
        port: int = 0,
        token: str | None = None,
    ) -> None:
        self.token = token or secrets.token_urlsafe(32)
        self._store = RunStore.open(directory / "host.db")
        try:
            self._listener = listen(port)
        except BaseException:
            self._store.close()
            raise
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._registry = Registry(workers)
        self._settings = settings or HostSettings()
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="worker-host", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Stop as on a signal: active runs fail. Returns when the host has stopped."""
        if self._loop is not None and self._stop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def wait(self) -> None:
        """Wait until the host has stopped because it was idle."""
        self._thread.join()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        await serve(
            self._listener,
            self._store,
            self._registry,
            self.token,
            self._settings,
            stop=self._stop,
            ready=self._ready.set,
        )

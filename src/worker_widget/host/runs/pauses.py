"""The pauses of a run: requested at any time, taken where its worker can wait, and left out of its time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from ...events import RunPaused, RunResumed
from ..worker import Emit
from .refusals import RunNotPaused


class Pauses:
    """The pauses of one run. Call its methods on the event loop thread only.

    ``record`` records an event of the run; ``on_change`` is called when a pause begins and when it ends.
    """

    def __init__(self, record: Emit, on_change: Callable[[], None]) -> None:
        self._record = record
        self._on_change = on_change
        self._go = asyncio.Event()
        self._go.set()
        self._began = time.perf_counter()
        self._since: float | None = None
        self._ended_s = 0.0

    @property
    def paused(self) -> bool:
        """Whether the worker waits; a request alone is no pause yet."""
        return self._since is not None

    @property
    def active_s(self) -> float:
        """Seconds since the start of the run, without its pauses."""
        now = time.perf_counter() if self._since is None else self._since
        return now - self._began - self._ended_s

    def pause(self) -> None:
        """Request a pause; it begins where the worker next calls `checkpoint`."""
        self._go.clear()

    def resume(self) -> None:
        """End the pause, or withdraw the request for it. Raises `RunNotPaused`."""
        if self._go.is_set():
            raise RunNotPaused
        self._go.set()
        if self._since is not None:
            paused_s = time.perf_counter() - self._since
            self._since = None
            self._ended_s += paused_s
            self._record(RunResumed(paused_ms=round(paused_s * 1000, 3)))
            self._on_change()

    async def checkpoint(self) -> None:
        """See `RunContext.checkpoint`."""
        while not self._go.is_set():
            if self._since is None:
                self._since = time.perf_counter()
                self._record(RunPaused())
                self._on_change()
            await self._go.wait()

"""The one event loop thread of this process; every console and client does its waiting on it.

A kernel runs cells on its main thread, so a stream read there would stop while a cell is busy. Here
it goes on. The thread is a daemon, starts with the first `submit`, and is closed at exit.

Nothing here inherits context variables from its caller. ipykernel keeps the message a cell answers
to in one; a task that carried it along would send its output to that cell for ever, and would tie
later messages from the browser to the cell's shell, where they wait until the cell is done. So the
thread, and every coroutine and callback handed to it, starts from an empty context.

A forked child has the parent's memory but not its threads: it starts with a loop of its own.
"""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import contextvars
import os
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, TypeVar

T = TypeVar("T")

THREAD_NAME: Final = "worker-widget"
_CLOSE_WITHIN_S: Final = 3.0


@dataclass(frozen=True)
class _Running:
    loop: asyncio.AbstractEventLoop
    stop: asyncio.Event
    thread: threading.Thread


class Background:
    """An event loop on a thread of its own. The module's functions are those of the shared one."""

    def __init__(self) -> None:
        # Reentrant, since a finalizer that the collector runs in the middle of `loop` submits too.
        self._lock = threading.RLock()
        self._running: _Running | None = None
        self._submitted: set[concurrent.futures.Future[Any]] = set()
        self._before_fork: list[object] = []

    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop; its thread is started if it does not run."""
        with self._lock:
            if self._running is None or not self._running.thread.is_alive():
                self._running = _start()
            return self._running.loop

    def submit(self, coro: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Run ``coro`` on the loop and return at once. Cancelling the future cancels the coroutine."""
        future = contextvars.Context().run(asyncio.run_coroutine_threadsafe, coro, self.loop())
        # A loop holds its tasks weakly: one that nobody else holds vanishes in the middle of its work.
        self._submitted.add(future)
        future.add_done_callback(self._submitted.discard)
        return future

    def call(self, coro: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """Run ``coro`` on the loop and wait for what it returns.

        An interrupt, or ``timeout`` seconds gone by (``TimeoutError``), cancels the coroutine. Raises
        ``RuntimeError`` on the loop's own thread, which would wait for itself.
        """
        running = self._running
        if running is not None and threading.current_thread() is running.thread:
            coro.close()
            raise RuntimeError(
                "This waits, and was called on the event loop thread that would have to do the work."
                " There, await the asynchronous method instead."
            )
        future = self.submit(coro)
        try:
            return future.result(timeout)
        except BaseException:
            future.cancel()
            raise

    def call_soon(self, callback: Callable[[], object]) -> None:
        """Have ``callback`` called on the loop's thread; it must not block."""
        self.loop().call_soon_threadsafe(callback, context=contextvars.Context())

    def close(self) -> None:
        """Cancel what runs on the loop, and end its thread. A later `submit` starts another."""
        with self._lock:
            running, self._running = self._running, None
        if running is not None and running.thread.is_alive():
            running.loop.call_soon_threadsafe(running.stop.set)
            if threading.current_thread() is not running.thread:
                running.thread.join(_CLOSE_WITHIN_S)

    def forget(self) -> None:
        """In a forked child: leave the parent's loop alone, and start from nothing."""
        # Kept, never closed: the child's loop object shares its selector with the parent's.
        self._before_fork.append((self._running, self._submitted))
        self._lock = threading.RLock()
        self._running = None
        self._submitted = set()


def _start() -> _Running:
    started: concurrent.futures.Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]
    started = concurrent.futures.Future()
    thread = threading.Thread(
        target=contextvars.Context().run, args=(_serve, started), name=THREAD_NAME, daemon=True
    )
    thread.start()
    loop, stop = started.result()
    return _Running(loop, stop, thread)


def _serve(started: concurrent.futures.Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]]) -> None:
    async def until_stopped() -> None:
        stop = asyncio.Event()
        started.set_result((asyncio.get_running_loop(), stop))
        await stop.wait()

    try:
        with asyncio.Runner() as runner:  # leaving it cancels the tasks and closes what they hold open
            runner.run(until_stopped())
    except BaseException as error:
        if started.done():
            raise
        started.set_exception(error)


_shared = Background()
loop = _shared.loop
submit = _shared.submit
call = _shared.call
call_soon = _shared.call_soon
close = _shared.close

atexit.register(close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_shared.forget)

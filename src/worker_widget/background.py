"""The event loop thread of this process, shared by all consoles and clients.

A kernel runs cells on its main thread, where a busy cell would block a stream. This thread is a daemon; it
starts with the first `submit` and is closed at exit.

The thread, its coroutines and its callbacks start with an empty context instead of the caller's context
variables. ipykernel stores the parent message of a cell in a context variable: a task that inherits it would
send all its output to that cell, and would delay later messages from the browser until the cell is done.

A forked child has no threads of its parent; it starts a new loop.
"""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import contextvars
import os
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

T = TypeVar("T")

THREAD_NAME: Final = "worker-widget"
_CLOSE_WITHIN_S: Final = 3.0


@dataclass(frozen=True)
class _Running:
    loop: asyncio.AbstractEventLoop
    stop: asyncio.Event
    thread: threading.Thread


class Background:
    """An event loop on its own thread. The functions of this module are methods of a shared instance."""

    def __init__(self) -> None:
        # Reentrant: the garbage collector can run a finalizer inside `loop`, and finalizers call `submit`.
        self._lock = threading.RLock()
        self._running: _Running | None = None
        self._submitted: set[concurrent.futures.Future[Any]] = set()
        self._before_fork: list[object] = []

    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop. Starts its thread if necessary."""
        with self._lock:
            if self._running is None or not self._running.thread.is_alive():
                self._running = _start()
            return self._running.loop

    def submit(self, coro: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Run ``coro`` on the loop without waiting. Cancelling the future cancels the coroutine."""
        future = contextvars.Context().run(asyncio.run_coroutine_threadsafe, coro, self.loop())
        # The loop has only weak references to its tasks: without a strong one a task can be collected.
        self._submitted.add(future)
        future.add_done_callback(self._submitted.discard)
        return future

    def call(self, coro: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """Run ``coro`` on the loop, wait for it and return its result.

        An interrupt cancels the coroutine. ``timeout`` is in seconds; after it the coroutine is cancelled and
        ``TimeoutError`` is raised. Raises ``RuntimeError`` on the thread of the loop, which would wait for
        itself.
        """
        running = self._running
        if running is not None and threading.current_thread() is running.thread:
            coro.close()
            raise RuntimeError(
                "A blocking call on the event loop thread would wait for itself."
                " On this thread, await the asynchronous method instead."
            )
        call = _Call(coro)
        try:
            return self.submit(call.run()).result(timeout)
        except BaseException:
            call.cancel()
            raise

    def call_soon(self, callback: Callable[[], object]) -> None:
        """Schedule ``callback`` on the thread of the loop. It must not block."""
        self.loop().call_soon_threadsafe(callback, context=contextvars.Context())

    def close(self) -> None:
        """Cancel all tasks of the loop and end its thread. A later `submit` starts a new one."""
        with self._lock:
            running, self._running = self._running, None
        if running is not None and running.thread.is_alive():
            running.loop.call_soon_threadsafe(running.stop.set)
            if threading.current_thread() is not running.thread:
                running.thread.join(_CLOSE_WITHIN_S)

    def forget(self) -> None:
        """Discard the loop of the parent process, without closing it. For a forked child."""
        # Kept, not closed: the loop shares its selector with the loop of the parent.
        self._before_fork.append((self._running, self._submitted))
        self._lock = threading.RLock()
        self._running = None
        self._submitted = set()


class _Call(Generic[T]):
    """A coroutine of a blocking call. An interrupt can come before the caller has its future."""

    def __init__(self, coro: Coroutine[Any, Any, T]) -> None:
        self._coro = coro
        self._task: asyncio.Task[Any] | None = None
        self._cancelled = False

    async def run(self) -> T:
        self._task = asyncio.current_task()
        if self._cancelled:
            self._coro.close()
            raise asyncio.CancelledError
        return await self._coro

    def cancel(self) -> None:
        self._cancelled = True
        task = self._task
        if task is not None and not task.done():
            with suppress(RuntimeError):  # the loop has ended, and its tasks with it
                task.get_loop().call_soon_threadsafe(task.cancel, context=contextvars.Context())


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
        with asyncio.Runner() as runner:  # its exit cancels the tasks and closes async generators
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

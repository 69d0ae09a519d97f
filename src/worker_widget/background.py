"""The event loop thread of this process, shared by all consoles and clients.

A kernel runs cells on its main thread, where a busy cell would block a stream. This thread and those of
``asyncio.to_thread`` are daemons: no work of the package keeps a process alive, but for the moment at exit
in which jobs in progress can end. The loop starts with the first `submit` and ends at exit. After that
nothing starts it again: `submit` and `call` raise ``RuntimeError``, and `clean_up` does nothing.

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
import inspect
import os
import queue
import signal
import threading
import weakref
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Generic, ParamSpec, TypeAlias, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")
Work: TypeAlias = Callable[[], Coroutine[Any, Any, T]]
"""A function that makes a coroutine. It is called on the thread of the loop."""

THREAD_NAME: Final = "worker-widget"
_CLOSE_WITHIN_S: Final = 3.0
_SETTLE_WITHIN_S: Final = 1.0
"""At exit so long is waited for jobs of other threads."""
_MOST_THREADS: Final = 16
_MOST_FIRST_STEPS: Final = 100
"""Tasks that start others for ever do not keep the loop."""
_ENDING: Final = (
    "Python is shutting down, and worker_widget starts nothing any more."
    " Make this call before the program ends."
)


@dataclass(frozen=True)
class _Running:
    loop: _Loop
    stop: asyncio.Event
    thread: threading.Thread
    submissions: set[_Submission[Any]]
    """Those that have not ended: the loop has only weak references to its tasks."""

    def schedule(self, submission: _Submission[Any]) -> None:
        """Begin ``submission`` on the loop. Raises ``RuntimeError`` if the loop is closed."""
        self.submissions.add(submission)
        self.loop.call_soon_threadsafe(self._begin, submission, context=contextvars.Context())

    def end(self) -> None:
        with suppress(RuntimeError):  # it has ended already
            self.loop.call_soon_threadsafe(self.stop.set)

    def _begin(self, submission: _Submission[Any]) -> None:
        task = None if self.stop.is_set() else submission.begin()
        if task is None:
            submission.future.cancel()
            self.submissions.discard(submission)
        else:
            task.add_done_callback(lambda _: self.submissions.discard(submission))


class Background:
    """An event loop on its own thread. The functions of this module are methods of a shared instance."""

    def __init__(self) -> None:
        # Reentrant: the garbage collector can run a finalizer inside `loop`, and finalizers call `submit`.
        self._lock = threading.RLock()
        self._running: _Running | None = None
        self._ended = False
        self._before_fork: list[object] = []

    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop. Starts its thread if necessary. Raises ``RuntimeError`` once Python shuts down."""
        return self._started().loop

    def submit(self, work: Work[T]) -> concurrent.futures.Future[T]:
        """Run the coroutine of ``work`` on the loop without waiting.

        Cancelling the future cancels the coroutine. Raises ``RuntimeError`` once Python shuts down.
        """
        submission = _Submission(work)
        self._schedule(submission)
        return submission.future

    def call(self, work: Work[T], timeout: float | None = None) -> T:
        """Run the coroutine of ``work`` on the loop, wait for it and return its result.

        An interrupt cancels the coroutine. ``timeout`` is in seconds; after it the coroutine is cancelled and
        ``TimeoutError`` is raised. Raises ``RuntimeError`` on the thread of the loop, which would wait for
        itself, and once Python shuts down, when a daemon thread waits for ever instead.
        """
        running = self._running
        if running is not None and threading.current_thread() is running.thread:
            raise RuntimeError(
                "A blocking call on the event loop thread would wait for itself."
                " On this thread, await the asynchronous method instead."
            )
        submission = _Submission(work)
        try:
            self._schedule(submission)
            return submission.future.result(timeout)
        except BaseException:
            submission.future.cancel()
            raise
        finally:
            self._rest_at_exit()

    def wait(self, future: concurrent.futures.Future[T], timeout: float | None = None) -> T:
        """The result of ``future``, as its own ``result``; a daemon thread waits for ever at exit."""
        try:
            return future.result(timeout)
        finally:
            self._rest_at_exit()

    def _rest_at_exit(self) -> None:
        """At exit a daemon thread waits here for ever, until the process has ended.

        At exit all tasks are cancelled, and nothing new is started. In a daemon thread that would be an
        exception that nobody can handle, printed at the end of a program that did nothing wrong.
        """
        if self._ended and threading.current_thread().daemon:
            threading.Event().wait()

    def clean_up(self, work: Work[object]) -> None:
        """Run the coroutine of ``work`` on the loop if that is running, without waiting.

        For finalizers: what ends with the loop needs no clean-up after it.
        """
        with self._lock:
            running = self._running
        if running is None or not running.thread.is_alive() or self._ended:
            return
        with suppress(RuntimeError):  # the loop ends just now
            self.submit(work)

    def call_soon(self, callback: Callable[[], object]) -> None:
        """Schedule ``callback`` on the thread of the loop. It must not block."""
        self.loop().call_soon_threadsafe(callback, context=contextvars.Context())

    def end(self) -> None:
        """Close the loop, and never start it again. Jobs of other threads are given a moment to end.

        Before Python 3.14 a daemon thread that asks for the interpreter's lock after its end is ended where
        it is: within C++ code, such as that of numpy, this ends the process with an error.
        """
        self._ended = True
        running = self._running
        self.close()
        if running is not None:
            running.loop.settle(_SETTLE_WITHIN_S)

    def close(self) -> None:
        """Cancel all tasks of the loop and end its thread. A later `submit` starts a new one."""
        with self._lock:
            running, self._running = self._running, None
        if running is not None and running.thread.is_alive():
            running.end()
            if threading.current_thread() is not running.thread:
                running.thread.join(_CLOSE_WITHIN_S)

    def forget(self) -> None:
        """Discard the loop of the parent process, without closing it. For a forked child."""
        # Kept, not closed: the loop shares its selector with the loop of the parent.
        self._before_fork.append(self._running)
        self._lock = threading.RLock()
        self._running = None

    def _started(self) -> _Running:
        with self._lock:
            if self._running is None or not self._running.thread.is_alive():
                if self._ended or _at_exit():
                    raise RuntimeError(_ENDING)
                self._running = _start()
            return self._running

    def _schedule(self, submission: _Submission[Any]) -> None:
        try:
            self._started().schedule(submission)
        except RuntimeError:
            submission.future.cancel()
            raise RuntimeError(_ENDING) from None


class _Submission(Generic[T]):
    """Work on its way to the loop, and the future of its result.

    Its coroutine is made on the loop's thread. So an interrupt of the caller, which can come anywhere, and
    the end of the loop leave no coroutine that nothing awaits.
    """

    def __init__(self, work: Work[T]) -> None:
        self.future: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._work = work

    def begin(self) -> asyncio.Task[T] | None:
        """Start the work as a task of the running loop; ``None`` if its future was cancelled before."""
        if self.future.cancelled():
            return None
        task = asyncio.get_running_loop().create_task(_result(self._work))
        task.add_done_callback(self._end)
        self.future.add_done_callback(partial(_cancel_with, task))
        return task

    def _end(self, task: asyncio.Task[T]) -> None:
        error = None if task.cancelled() else task.exception()
        if task.cancelled():
            self.future.cancel()
        if not self.future.set_running_or_notify_cancel():
            return
        if error is None:
            self.future.set_result(task.result())
        else:
            self.future.set_exception(error)


async def _result(work: Work[T]) -> T:
    return await work()


def _cancel_with(task: asyncio.Task[T], future: concurrent.futures.Future[T]) -> None:
    if future.cancelled() and not task.done():
        with suppress(RuntimeError):  # the loop has ended, and its tasks with it
            # Never at once: the task has made its first step when the loop comes to this.
            task.get_loop().call_soon_threadsafe(task.cancel, context=contextvars.Context())


class _DaemonThreads(concurrent.futures.ThreadPoolExecutor):
    """At most ``most`` threads: daemons, unlike those of the base class.

    Python joins the threads of a ``ThreadPoolExecutor`` at exit, and takes no work for them from then on,
    also while other threads of the program still run.
    """

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self._most = most
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._unfinished: set[concurrent.futures.Future[Any]] = set()
        self._idle_threads = threading.Semaphore(0)
        self._started = 0
        self._starting = threading.Lock()

    def submit(
        self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> concurrent.futures.Future[T]:
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._unfinished.add(future)
        future.add_done_callback(self._unfinished.discard)
        self._jobs.put(partial(_work, future, partial(fn, *args, **kwargs)))
        if not self._idle_threads.acquire(blocking=False):
            self._start_thread()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the threads after their jobs; does not wait for them."""
        with self._starting:
            for _ in range(self._started):
                self._jobs.put(None)
            self._started = 0

    def settle(self, within_s: float) -> None:
        """Cancels the jobs that have not begun, and waits at most ``within_s`` seconds for the others."""
        unfinished = self._unfinished.copy()
        for future in unfinished:
            future.cancel()
        concurrent.futures.wait(unfinished, within_s)

    def _start_thread(self) -> None:
        with self._starting:
            if self._started >= self._most:
                return
            thread = threading.Thread(
                target=contextvars.Context().run,
                args=(_serve_jobs, self._jobs, self._idle_threads),
                name=f"{THREAD_NAME}-{self._started}",
                daemon=True,
            )
            try:
                thread.start()
            except RuntimeError:  # Python shuts down: the threads that there are have to do
                if not self._started:
                    raise
            else:
                self._started += 1


async def in_writer_thread(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Calls a function that writes to the history, in one thread for all of them.

    Writers wait for each other in any case. In one thread they also use the same memory again: the allocator
    keeps what each thread frees for that thread (64 MB more after a run of a million events in several).
    """
    loop = asyncio.get_running_loop()
    thread = loop.writer if isinstance(loop, _Loop) else None
    return await loop.run_in_executor(thread, partial(function, *args, **kwargs))


def leave_interrupts_to_main_thread() -> None:
    """Blocks SIGINT in this thread, so that an interrupt reaches the main thread at once.

    The system gives a signal to any thread that takes it, and only in the main thread does it end a call that
    waits, such as ``time.sleep``. No other signal is blocked, because a process that this thread starts
    inherits its mask. Does nothing where threads have no signal masks (Windows).
    """
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _serve_jobs(jobs: queue.SimpleQueue[Callable[[], None] | None], idle: threading.Semaphore) -> None:
    leave_interrupts_to_main_thread()
    while True:
        try:
            job = jobs.get_nowait()
        except queue.Empty:
            idle.release()
            job = jobs.get()
        if job is None:
            return
        job()
        del job  # else its arguments would live until the next one


def _work(future: concurrent.futures.Future[T], job: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(job())
    except BaseException as error:
        future.set_exception(error)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        super().__init__()
        self._threads = _DaemonThreads(_MOST_THREADS)
        self.set_default_executor(self._threads)
        self.writer = _DaemonThreads(1)
        # Python's development mode reports callbacks above 0.1 s, which is any callback while a cell is busy.
        self.slow_callback_duration = float("inf")

    def close(self) -> None:
        self.writer.shutdown()
        super().close()

    def settle(self, within_s: float) -> None:
        """Waits for the jobs of both, for at most ``within_s`` seconds each."""
        self.writer.settle(within_s)
        self._threads.settle(within_s)

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Does nothing: `close` ends the threads, and nothing waits for their work."""


def _at_exit() -> bool:
    """Whether the program has ended: its main thread runs exit handlers and finalizers, if anything."""
    main = threading.main_thread()
    return threading.current_thread() is main and not main.is_alive()


def _start() -> _Running:
    started: concurrent.futures.Future[_Running] = concurrent.futures.Future()
    thread = threading.Thread(
        target=contextvars.Context().run, args=(_serve, started), name=THREAD_NAME, daemon=True
    )
    try:
        thread.start()
        return started.result()
    except BaseException:  # after an interrupt nothing else would end this loop
        started.add_done_callback(_end_started)
        raise


def _end_started(started: concurrent.futures.Future[_Running]) -> None:
    if started.exception() is None:
        started.result().end()


def _serve(started: concurrent.futures.Future[_Running]) -> None:
    leave_interrupts_to_main_thread()
    submissions: set[_Submission[Any]] = set()

    async def until_stopped() -> None:
        stop = asyncio.Event()
        started.set_result(
            _Running(cast("_Loop", asyncio.get_running_loop()), stop, threading.current_thread(), submissions)
        )
        await stop.wait()
        await _cancel_others()

    try:
        with asyncio.Runner(loop_factory=_Loop) as runner:  # its exit closes async generators
            runner.run(until_stopped())
    except BaseException as error:
        if started.done():
            raise
        started.set_exception(error)
    finally:
        # The loop is closed: whatever is scheduled now is refused, and what was scheduled before is in here.
        for submission in tuple(submissions):
            submission.future.cancel()


async def _cancel_others() -> None:
    """Cancel all other tasks of the loop, after the first step of each, and wait for their end.

    A task of anyio that is cancelled before its first step never awaits what it is to run, and Python prints
    a warning about that.
    """
    others: set[asyncio.Task[Any]] = set()
    for _ in range(_MOST_FIRST_STEPS):
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if not any(_is_unstarted(task.get_coro()) for task in others):
            break
        await asyncio.sleep(0)
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _is_unstarted(coro: object) -> bool:
    return inspect.iscoroutine(coro) and inspect.getcoroutinestate(coro) == inspect.CORO_CREATED


_shared = Background()
loop = _shared.loop
submit = _shared.submit
call = _shared.call
call_soon = _shared.call_soon
clean_up = _shared.clean_up
wait = _shared.wait
close = _shared.close

# Exit handlers run in reverse order: this one before that of `weakref.finalize`, which is registered with the
# first finalizer. So no finalizer closes what a task still uses.
weakref.finalize(_shared, int)
atexit.register(_shared.end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_shared.forget)

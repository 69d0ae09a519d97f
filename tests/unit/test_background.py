"""The shared event loop thread, as a kernel uses it."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import anyio
import pytest

from tests.development_mode import without_slow_steps
from worker_widget import background
from worker_widget.background import Background

CELL: contextvars.ContextVar[str] = contextvars.ContextVar("cell", default="none")


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    background.close()


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == background.THREAD_NAME]


async def where() -> tuple[int, asyncio.AbstractEventLoop]:
    return threading.get_ident(), asyncio.get_running_loop()


async def for_ever(started: threading.Event, cancelled: threading.Event) -> None:
    started.set()
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        cancelled.set()
        raise


def test_everything_runs_on_one_daemon_thread_that_is_not_the_callers() -> None:
    first, second = background.call(where), background.submit(where).result(120)
    assert first == second
    assert first[0] != threading.get_ident()
    assert first[1] is background.loop()
    (thread,) = threads()
    assert thread.daemon


def test_no_thread_before_the_first_use_and_none_after_close() -> None:
    assert threads() == []
    background.call(where)
    background.close()
    assert threads() == []
    background.call(where)
    assert len(threads()) == 1


def test_many_callers_at_once_get_the_same_loop() -> None:
    loops: list[asyncio.AbstractEventLoop] = []
    together = threading.Barrier(8)

    def use() -> None:
        together.wait()
        loops.append(background.loop())

    callers = [threading.Thread(target=use) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(set(map(id, loops))) == 1
    assert len(threads()) == 1


def test_a_busy_cell_does_not_stop_it() -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        for _ in range(20):
            await asyncio.sleep(0.001)
            ticks += 1

    future = background.submit(tick)
    for _ in range(200_000_000):  # a loop that never waits, as long as a minute if nothing ticks
        if ticks == 20:
            break
    assert ticks == 20
    future.result(120)


def test_call_returns_the_result_and_raises_the_error() -> None:
    async def fails() -> None:
        raise LookupError("no such thing")

    assert background.call(lambda: asyncio.sleep(0, "done")) == "done"
    with pytest.raises(LookupError, match="no such thing"):
        background.call(fails)


def test_a_call_out_of_time_cancels_the_coroutine() -> None:
    started, cancelled = threading.Event(), threading.Event()
    with pytest.raises(TimeoutError):
        background.call(lambda: for_ever(started, cancelled), timeout=0.05)
    assert cancelled.wait(120)


def test_an_interrupt_cancels_the_coroutine() -> None:
    started, cancelled, interrupted = (threading.Event() for _ in range(3))

    def interrupt() -> None:
        started.wait(120)
        # Python notices a signal that arrives just before a wait only after the wait.
        while not interrupted.wait(0.2):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def raise_once(*_: object) -> None:
        if not interrupted.is_set():
            interrupted.set()
            raise KeyboardInterrupt

    usual = signal.signal(signal.SIGINT, raise_once)
    interrupter = threading.Thread(target=interrupt)
    interrupter.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            background.call(lambda: for_ever(started, cancelled), timeout=120)
        interrupter.join()
    finally:
        signal.signal(signal.SIGINT, usual)
    assert cancelled.wait(120)


def interrupted_at(line: int, use: Callable[[], object]) -> bool:
    """Interrupt ``use`` before the given line that it executes in the module; whether it came so far."""

    def trace(frame: FrameType, event: str, _: object) -> Callable[..., Any] | None:
        nonlocal line
        if frame.f_code.co_filename != background.__file__:
            return None
        line -= event == "line"
        if line == 0:
            sys.settrace(None)
            raise KeyboardInterrupt
        return trace

    sys.settrace(trace)
    try:
        use()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(None)
    return False


@pytest.mark.parametrize("running", [False, True], ids=["which starts the loop", "on a running loop"])
def test_an_interrupt_anywhere_in_a_call_leaves_no_coroutine_and_no_thread(running: bool) -> None:
    lines = 0
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        while True:
            interrupted = Background()
            if running:
                interrupted.loop()
            if not interrupted_at(lines + 1, partial(interrupted.call, lambda: asyncio.sleep(0))):
                break
            interrupted.close()
            lines += 1
        interrupted.close()
        gc.collect()
    assert lines > 10
    assert [str(item.message) for item in shown] == []
    for thread in threads():
        thread.join(120)
    assert threads() == []


def test_an_interrupt_while_the_loop_starts_ends_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(thread: threading.Thread) -> None:
        start(thread)
        raise KeyboardInterrupt

    start = threading.Thread.start
    interrupted = Background()
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", interrupt)
        with pytest.raises(KeyboardInterrupt):
            interrupted.loop()
    for thread in threads():
        thread.join(120)
    assert threads() == []


def test_the_end_leaves_no_work_that_another_thread_just_submitted() -> None:
    """Neither a future for which its caller would wait for ever, nor a coroutine that nothing awaits."""
    futures: list[Future[None]] = []
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        for _ in range(20):
            ending = Background()
            first = ending.submit(lambda: asyncio.sleep(0))

            def submit(ending: Background = ending) -> None:
                with suppress(RuntimeError):
                    while True:
                        futures.append(ending.submit(lambda: asyncio.sleep(0)))

            submitter = threading.Thread(target=submit)
            submitter.start()
            first.result(120)
            ending.end()
            submitter.join(120)
        gc.collect()
    assert [future for future in futures if not future.done()] == []
    assert [str(item.message) for item in shown] == []


def test_work_that_cannot_begin_raises_its_error() -> None:
    def wrong() -> Coroutine[Any, Any, None]:
        raise LookupError("no such work")

    with pytest.raises(LookupError, match="no such work"):
        background.call(wrong, timeout=120)


def test_a_failure_after_the_interrupt_of_its_call_is_not_reported(caplog: pytest.LogCaptureFixture) -> None:
    async def fails() -> None:
        started.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        raise LookupError("nobody waits for it")

    started = threading.Event()
    future = background.submit(fails)
    assert started.wait(120)
    future.cancel()
    background.close()
    gc.collect()
    assert caplog.records == []


@pytest.mark.parametrize("steps", range(8))
def test_the_end_cancels_no_task_before_its_first_step(steps: int) -> None:
    """anyio would report what such a task runs as never awaited."""
    ending = Background()
    spawned: Future[threading.Thread] = Future()

    async def spawn() -> None:
        async with anyio.create_task_group() as group:
            ending.close()
            spawned.set_result(threading.current_thread())
            for _ in range(steps):
                await asyncio.sleep(0)
            group.start_soon(asyncio.sleep, 0)
            await asyncio.Event().wait()

    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        ending.submit(spawn)
        spawned.result(120).join(120)
        gc.collect()
    assert [str(item.message) for item in shown] == []


def test_cancelling_the_future_cancels_the_coroutine() -> None:
    started, cancelled = threading.Event(), threading.Event()
    future = background.submit(lambda: for_ever(started, cancelled))
    assert started.wait(120)
    future.cancel()
    assert cancelled.wait(120)


def test_a_call_on_the_loops_own_thread_says_so_instead_of_hanging() -> None:
    async def calls() -> None:
        background.call(lambda: asyncio.sleep(0))

    with pytest.raises(RuntimeError, match="await the asynchronous method"):
        background.call(calls, timeout=120)


def test_what_a_cell_set_does_not_reach_the_thread_or_its_tasks() -> None:
    async def seen() -> list[str]:
        inner = asyncio.create_task(asyncio.sleep(0, CELL.get()))
        later: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(lambda: later.set_result(CELL.get()))
        return [CELL.get(), await inner, await later]

    token = CELL.set("the cell that made the console")
    try:
        assert background.call(seen) == ["none", "none", "none"]
        assert background.submit(seen).result(120) == ["none", "none", "none"]
        called: Future[str] = Future()
        background.call_soon(lambda: called.set_result(CELL.get()))
        assert called.result(120) == "none"
    finally:
        CELL.reset(token)


def test_a_variable_set_by_one_task_does_not_reach_the_next() -> None:
    async def sets() -> None:
        CELL.set("leaked")

    async def reads() -> str:
        return CELL.get()

    background.call(sets)
    assert background.call(reads) == "none"


def test_close_lets_tasks_clean_up() -> None:
    started, cancelled = threading.Event(), threading.Event()
    future = background.submit(lambda: for_ever(started, cancelled))
    assert started.wait(120)
    background.close()
    assert cancelled.is_set()
    assert future.cancelled()


def test_work_whose_future_nobody_keeps_is_not_collected() -> None:
    started, cancelled = threading.Event(), threading.Event()
    background.submit(lambda: for_ever(started, cancelled))
    assert started.wait(120)
    gc.collect()
    assert background.call(lambda: asyncio.sleep(0, "alive")) == "alive"
    assert not cancelled.is_set()
    background.close()
    assert cancelled.is_set()


def run_script(script: str) -> subprocess.CompletedProcess[str]:
    source = str(Path(background.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", script],
        env={**os.environ, "PYTHONPATH": source},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    done.stderr = without_slow_steps(done.stderr)
    return done


def test_the_process_ends_without_noise_and_tasks_clean_up() -> None:
    done = run_script(
        """
import asyncio
from worker_widget import background
from worker_widget.background import Background

async def stream():
    try:
        await asyncio.Event().wait()
    finally:
        print("closed the connection")

async def events():
    try:
        while True:
            yield await asyncio.sleep(0.001)
    finally:
        print("closed the generator")

async def consume():
    async for _ in events():
        pass

background.submit(stream)
background.submit(consume)
background.call(lambda: asyncio.sleep(0.05))
"""
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(done.stdout.splitlines()) == ["closed the connection", "closed the generator"]


def test_at_exit_a_job_of_another_thread_can_end() -> None:
    done = run_script(
        """
import asyncio, atexit, threading
from worker_widget import background

begun, exiting = threading.Event(), threading.Event()

def job():
    begun.set()
    exiting.wait()
    print("job ended", flush=True)

async def work(into):
    await into(job)

background.submit(lambda: work(asyncio.to_thread))
begun.wait()
background.submit(lambda: work(background.in_writer_thread))
atexit.register(exiting.set)
"""
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "job ended" in done.stdout.splitlines()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_child_has_a_loop_of_its_own_and_the_parents_goes_on() -> None:
    done = run_script(
        """
import asyncio, os, warnings
from worker_widget import background
from worker_widget.background import Background

warnings.simplefilter("ignore", DeprecationWarning)  # forking with threads, which is what is tested
ticking = background.submit(lambda: asyncio.sleep(0.2, "parent still ticks"))
child = os.fork()
if child == 0:
    print(background.call(lambda: asyncio.sleep(0, "child works"), timeout=120), flush=True)
    background.close()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
print(ticking.result(120))
print(background.call(lambda: asyncio.sleep(0, "parent works"), timeout=120))
"""
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["child works", "parent still ticks", "parent works"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_child_opens_the_history_anew() -> None:
    done = run_script(
        """
import os, warnings
from worker_widget.store.shared import shared_store

warnings.simplefilter("ignore", DeprecationWarning)
parents = shared_store()
child = os.fork()
if child == 0:
    print(shared_store() is parents, flush=True)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
print(shared_store() is parents)
"""
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["False", "True"]


def test_a_clean_up_does_not_start_the_thread() -> None:
    background.clean_up(lambda: asyncio.sleep(0))
    assert threads() == []


def test_a_clean_up_runs_on_a_loop_that_is_there() -> None:
    done = threading.Event()

    async def clean_up() -> None:
        done.set()

    background.call(where)
    background.clean_up(clean_up)
    assert done.wait(120)


def test_after_the_end_nothing_starts_the_thread() -> None:
    ended = Background()
    assert ended.call(lambda: asyncio.sleep(0, "before")) == "before"
    ended.end()
    for use in (ended.call, ended.submit):
        with pytest.raises(RuntimeError, match="Python is shutting down"):
            use(lambda: asyncio.sleep(0))
    with pytest.raises(RuntimeError, match="before the program ends"):
        ended.call_soon(int)
    ended.clean_up(lambda: asyncio.sleep(0))
    assert threads() == []


def test_work_on_other_threads_is_done_by_daemons_and_as_many_as_are_needed() -> None:
    together = threading.Barrier(5, timeout=120)

    def work(number: int) -> tuple[int, bool]:
        together.wait()
        return number, threading.current_thread().daemon

    async def at_once() -> list[tuple[int, bool]]:
        return await asyncio.gather(*(asyncio.to_thread(work, number) for number in range(5)))

    assert background.call(at_once, timeout=120) == [(number, True) for number in range(5)]


def test_writes_to_the_history_share_one_thread_which_is_not_the_loops() -> None:
    async def write() -> list[tuple[int, threading.Thread]]:
        place = lambda number: (number, threading.current_thread())  # noqa: E731
        return await asyncio.gather(*(background.in_writer_thread(place, number) for number in range(50)))

    written = background.call(write)
    assert [number for number, _ in written] == list(range(50))
    (thread,) = {thread for _, thread in written}
    assert thread.daemon
    assert thread not in (threading.main_thread(), *threads())


def test_more_work_than_threads_is_done_in_the_end() -> None:
    async def many() -> int:
        return sum(await asyncio.gather(*(asyncio.to_thread(abs, -1) for _ in range(500))))

    assert background.call(many, timeout=120) == 500


def test_an_error_on_another_thread_reaches_the_caller() -> None:
    with pytest.raises(ZeroDivisionError):
        background.call(lambda: asyncio.to_thread(divmod, 1, 0))


def test_an_interrupt_reaches_the_main_thread_at_once() -> None:
    """A signal that another thread takes does not end a wait of the main thread."""

    async def blocked() -> tuple[set[signal.Signals], set[signal.Signals]]:
        here = signal.pthread_sigmask(signal.SIG_BLOCK, [])
        there = await asyncio.to_thread(signal.pthread_sigmask, signal.SIG_BLOCK, [])
        return {signal.Signals(item) for item in here}, {signal.Signals(item) for item in there}

    # No other signal: a process that such a thread starts, like the host, inherits what is blocked.
    assert background.call(blocked) == ({signal.SIGINT}, {signal.SIGINT})
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])

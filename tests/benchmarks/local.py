"""What the calls inside a run cost the code that makes them, beside a bare append and the standard logger."""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator

from tests.benchmarks.figure import Figure, figure

CALLS: int = 5_000
"""Fewer than the events that a recording holds, so that no call waits for the disk."""

TASKS = 1_000
RUNS = 7


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="worker-widget-local-") as home:
        os.environ["WORKER_WIDGET_HOME"] = home
        yield from _calls()


def _calls() -> Iterator[Figure]:
    from worker_widget import log, run, stage

    def one_stage() -> None:
        with stage("work"):
            pass

    queue: deque[str] = deque()
    logger = logging.getLogger("tests.benchmarks.local")
    logger.addHandler(logging.NullHandler())
    logger.setLevel(logging.INFO)
    logger.propagate = False
    append = _least_us(lambda: queue.append("line"))
    standard = _least_us(lambda: logger.info("line"))
    beside = f"a bare append takes {append:.2f}, logging.info to a null handler {standard:.2f}"
    yield figure("log() outside a run", _least_us(lambda: log("line")), "µs", f"at most 1; {beside}")
    yield figure("a stage outside a run", _least_us(one_stage), "µs", f"at most 1; {beside}")
    yield figure("log() in a run", _in_run(lambda: log("line")), "µs", f"at most 10; {beside}")
    yield figure("a stage in a run, two events", _in_run(one_stage), "µs", f"at most 20; {beside}")

    async def tasks() -> float:
        async def work() -> None:
            with stage("work"):
                await asyncio.sleep(0)

        async def bare() -> None:
            await asyncio.sleep(0)

        start = time.perf_counter()
        await asyncio.gather(*(bare() for _ in range(TASKS)))
        middle = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(TASKS)))
        return (time.perf_counter() - middle - (middle - start)) * 1_000

    with run("tasks"):
        cost = asyncio.run(tasks())
    yield figure("1,000 concurrent tasks, each a stage", cost, "ms", "more than the same tasks without")


def _in_run(call: Callable[[], None]) -> float:
    """The least cost of a call in a run that nothing takes: what the caller pays."""
    from worker_widget.recording.place import Place
    from worker_widget.recording.recording import Recording
    from worker_widget.recording.stage import placed

    def once() -> float:
        recording = Recording("run")
        with placed(Place(recording)):
            cost = _once_us(call, CALLS // 2)
        recording.abandon()
        return cost

    return min(once() for _ in range(RUNS))


def _least_us(call: Callable[[], None]) -> float:
    return min(_once_us(call, CALLS) for _ in range(RUNS))


def _once_us(call: Callable[[], None], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - start) / calls * 1e6

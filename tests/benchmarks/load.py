"""Many runs and subscribers at one host, also slow ones, and one run as fast as it can. Linux only."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks.figure import Figure, figure
from tests.benchmarks.memory import now_mib, peak_mib
from tests.contract.host_support import Api, HostProcess
from tests.subscribers import Received, watch

RUNS = 200
EACH = 2
STALLED = 100
PIECES = 200
"""Deltas of each run, one every 20 ms."""
FLOOD_S = 180
FLOOD_AT_ONCE = 250_000


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as directory:
        host = HostProcess(Path(directory), "--idle-minutes", "0")
        try:
            with (api := host.api()).http:
                yield from _watched(api, host.process.pid)
                yield from _flooded(api, host.process.pid)
        finally:
            host.end()
            host.close()


def _watched(api: Api, pid: int) -> Iterator[Figure]:
    long, _ = api.finish("log 20000")
    named = f"{RUNS} runs at once with {RUNS * EACH} subscribers"
    for stalled in (0, STALLED):

        def start() -> list[str]:
            return [api.start(f"story {PIECES}") for _ in range(RUNS)]

        prompt, late = asyncio.run(watch(api, start, each=EACH, stalled=[long] * stalled))
        lost = sum(not one.whole or one.events != PIECES + 5 for one in prompt)
        lost += sum(not one.whole for one in late)
        beside = f" beside {stalled} that read nothing" if stalled else ""
        yield figure(
            f"{named}{beside}, how late an event is, 95 of 100",
            _p95(prompt),
            "ms",
            f"{sum(one.events for one in prompt):,} events; {lost} streams incomplete",
        )
        yield figure("… peak memory of the host", peak_mib(pid), "MB")


def _flooded(api: Api, pid: int) -> Iterator[Figure]:
    before = now_mib(pid)
    most = 0.0
    events = 0
    began = time.perf_counter()
    while (took := time.perf_counter() - began) < FLOOD_S:
        run_id = api.start(f"log {FLOOD_AT_ONCE}")
        while api.get(f"/runs/{run_id}").json()["status"] in ("queued", "running"):
            most = max(most, now_mib(pid) - before)
            time.sleep(0.2)
        events += FLOOD_AT_ONCE
        api.http.delete(f"{api.base}/runs/{run_id}")
    yield figure(
        f"One run after the other for {took:.0f} s, as fast as the worker emits",
        events / took,
        "events/s",
        f"100,000 wanted; {events:,} events",
    )
    yield figure("… growth of the host", most, "MB", f"it began at {before:.0f}")


def _p95(received: Sequence[Received]) -> float:
    late = sorted(late for one in received for late in one.late_ms)
    return late[int(len(late) * 0.95)]

"""What runs of the Business Builder cost the host: one, fifty at once, a thousand in a row. Linux only."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.bare_run import BareRun
from tests.benchmarks.figure import Figure, figure
from tests.benchmarks.memory import now_mib, peak_mib
from tests.contract.host_support import Api, HostProcess
from worker_widget.events.request_models import ValidatedRequest
from worker_widget.workers.business_builder.worker import BusinessBuilder

BASE = "/api/v1/workers/business-builder"
REQUEST: dict[str, Any] = {
    "task": "A tool for podcasters that turns one recording into show notes and short clips",
    "brand": {
        "company_name": "Castaway",
        "mission": "We make podcasting feel like a chat with friends again",
        "value_proposition": "Record, tidy and publish your show from one friendly place",
    },
    "options": {"pace": 0},
}
SINGLE = 15
AT_ONCE = 50
IN_A_ROW = 1_000
WARM_UP = 100


def figures() -> Iterator[Figure]:
    bare = statistics.median(_timed(_bare) for _ in range(SINGLE))
    with tempfile.TemporaryDirectory() as directory:
        host = HostProcess(Path(directory), "--idle-minutes", "0", command=("-m", "worker_widget.host"))
        try:
            state = host.state()
            api = Api(f"http://127.0.0.1:{state['port']}", state["token"], BASE)
            with api.http:
                yield from _measured(api, host.process.pid, bare)
        finally:
            host.end()
            host.close()


def _measured(api: Api, pid: int, bare: float) -> Iterator[Figure]:
    one = statistics.median(_timed(lambda: _run(api)) for _ in range(SINGLE))
    yield figure(
        "Business Builder run without pace, request to stream's end",
        one,
        "s",
        f"at most 1.5; the worker alone takes {bare:.3f}, {one / bare:.1f} times that",
    )
    expected = _artifacts(api, _run(api))
    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        ids = [api.start(**REQUEST) for _ in range(AT_ONCE)]
        list(pool.map(lambda run_id: _follow(api, run_id), ids))
    took = time.perf_counter() - began
    wrong = sum(_artifacts(api, run_id) != expected for run_id in ids)
    beside = f"{took / AT_ONCE / bare:.1f} times the worker alone for each; {wrong} wrong"
    yield figure(f"… {AT_ONCE} at once, the last one's end", took, "s", beside)
    yield figure(f"… {AT_ONCE} at once, peak memory of the host", peak_mib(pid), "MB", "0 wrong allowed")
    for _ in range(WARM_UP):
        _run(api)
    before = now_mib(pid)
    for _ in range(IN_A_ROW):
        _run(api)
    grown = now_mib(pid) - before
    yield figure(
        f"… {IN_A_ROW:,} in a row, growth of the host", grown, "MB", f"at most 50; it began at {before:.0f}"
    )


def _run(api: Api) -> str:
    run_id = api.start(**REQUEST)
    _follow(api, run_id)
    return run_id


def _follow(api: Api, run_id: str) -> None:
    """Read the stream to its end, without looking at it."""
    with api.http.stream("GET", f"{BASE}/stream/{run_id}") as answer:
        for _ in answer.iter_raw():
            pass


def _artifacts(api: Api, run_id: str) -> dict[str, str]:
    answer = api.get(f"/runs/{run_id}").json()
    assert answer["status"] == "completed", answer["error"]
    artifacts: dict[str, str] = answer["artifacts"]
    return artifacts


def _bare() -> None:
    asyncio.run(BusinessBuilder().execute(ValidatedRequest(**REQUEST), BareRun(lambda _: None)))


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began

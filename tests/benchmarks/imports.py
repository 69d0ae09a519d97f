"""What importing costs, each in a process of its own, beside ``import anywidget``."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

from tests.benchmarks.figure import Figure, figure

RUNS = 7
STATEMENTS = {
    "import worker_widget": "import worker_widget",
    "from worker_widget import WorkerConsole": "from worker_widget import WorkerConsole",
}


def figures() -> Iterator[Figure]:
    peer = _median_ms("import anywidget")
    for name, statement in STATEMENTS.items():
        ours = _median_ms(statement)
        yield figure(name, ours - peer, "ms more", f"than import anywidget ({peer:.0f} ms); at most 150")


def _median_ms(statement: str) -> float:
    return statistics.median(_once_ms(statement) for _ in range(RUNS))


def _once_ms(statement: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return (time.perf_counter() - start) * 1000

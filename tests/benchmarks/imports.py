"""What importing costs, each in a process of its own, beside ``import anywidget``.

All of it is read as byte code, which an installed package has; a machine can be set not to write it.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from tests.benchmarks.figure import Figure, figure

RUNS = 9
PEER = "import anywidget"
STATEMENTS = ("import worker_widget", "from worker_widget import WorkerConsole")


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as byte_code:
        for statement in (PEER, *STATEMENTS):
            _once_ms(statement, byte_code)  # writes the byte code
        # In turns, so that another load on the machine is in all of them.
        rounds = [[_once_ms(statement, byte_code) for statement in (PEER, *STATEMENTS)] for _ in range(RUNS)]
    peer, *ours = map(statistics.median, zip(*rounds, strict=True))
    for statement, time_ms in zip(STATEMENTS, ours, strict=True):
        yield figure(statement, time_ms - peer, "ms more", f"than {PEER} ({peer:.0f} ms); at most 150")


def _once_ms(statement: str, byte_code: str) -> float:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": byte_code, "PYTHONDONTWRITEBYTECODE": ""}
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True, env=environment)
    return (time.perf_counter() - start) * 1000

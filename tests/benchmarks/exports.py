"""Exports of a run of a million events, their check and their way back: time, and memory over an idle one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.benchmarks.figure import Figure, figure
from worker_widget.events import (
    DriftDetected,
    Event,
    Log,
    Payload,
    PolicyCheck,
    RecoveryCompleted,
    RoutingDecision,
    RunCompleted,
    make,
)
from worker_widget.state.reduce import reduce_all
from worker_widget.store.event_store import EventStore

EVENTS = 1_000_000
START = datetime(2026, 1, 1, tzinfo=UTC)
_AT_ONCE = 2_000
_MEASURED = """
import os, resource, sys, time
from pathlib import Path
from tests.benchmarks.memory import peak_mib
from worker_widget.runs.history import RunHistory
from worker_widget.runs.loading import load_run
from worker_widget.runs.verifying import verify
from worker_widget.store.event_store import EventStore
from worker_widget.runs.export.process import ExportProcess

def peaks():
    return [peak_mib(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024]

def without_children():
    while True:
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
        except ChildProcessError:
            return

def export():
    RunHistory(EventStore.open(Path(path))).export("run", format, target)

def check():
    assert verify(target).accepted

def load():
    assert load_run(target).status == "completed"

work, path, format, target = sys.argv[1:]
ExportProcess.started().end()
without_children()
idle, start = peaks(), time.perf_counter()
{"export": export, "verify": check, "load_run": load}[work]()
seconds = time.perf_counter() - start
without_children()
print(seconds, max(after - before for before, after in zip(idle, peaks())))
"""


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "history.db"
        make_run(path, EVENTS)
        for format, most in (("json", 60), ("csv", 60), ("parquet", None), ("pdf", None)):
            target = Path(directory) / f"run.{format}"
            seconds, megabytes = _measured("export", path, format, target)
            size = target.stat().st_size / 1_000_000
            beside = f"{size:.1f} MB, {size / seconds:.0f} MB/s"
            yield figure(f"export of {EVENTS:,} events to {format}", seconds, "s", beside)
            yield figure("  its memory over idle", megabytes, "MB", "" if most is None else f"at most {most}")
        for work in ("verify", "load_run"):
            seconds, megabytes = _measured(work, path, "json", Path(directory) / "run.json")
            yield figure(f"{work} of {EVENTS:,} events", seconds, "s", "of their JSON")
            yield figure("  its memory over idle", megabytes, "MB")


def _measured(work: str, path: Path, format: str, target: Path) -> tuple[float, float]:
    """The seconds that a new process takes for its work, and its megabytes over those of an idle one.

    Where another process exports for it, those that are more."""
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED, work, str(path), format, str(target)],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "WORKER_WIDGET_HOME": home},
        )
    seconds, megabytes = map(float, done.stdout.split())
    return seconds, megabytes


def make_run(path: Path, count: int) -> None:
    """Makes a history with an ended run "run" of events of five types."""
    store = EventStore.open(path)
    store.begin("run", worker="w", origin="o", time_us=0)
    for start in range(0, count, _AT_ONCE):
        store.append("run", [event(number) for number in range(start, start + _AT_ONCE)])
    end = make(RunCompleted(success=True), run_id="run", time=START + timedelta(days=1))
    store.append("run", [end])
    store.keep_state("run", reduce_all(store.iterate("run")))
    store.close()


def event(number: int) -> Event:
    """The event of this number: of five types in turn."""
    return make(_data(number), run_id="run", time=START + timedelta(microseconds=100 * number))


def _data(number: int) -> Payload:
    match number % 5:
        case 0:
            return RoutingDecision(
                stage_id="copy",
                selected_agent="writer",
                score=0.5,
                complexity=number % 100 / 100,
                confidence=0.7,
                alternatives=[{"agent": "editor", "score": 0.4, "reason": "slower"}],
                routing_source="care",
            )
        case 1:
            return PolicyCheck(stage_id="copy", policy=f"rule {number % 50}", passed=True)
        case 2:
            return DriftDetected(stage_id="ux", drift_score=number % 70 / 100, threshold=0.7, aligned=True)
        case 3:
            return RecoveryCompleted(stage_id="copy", action="retry", success=True)
        case _:
            message = f"line number {number} of what this worker has to say"
            return Log(stage_id="copy", agent="writer", message=message)

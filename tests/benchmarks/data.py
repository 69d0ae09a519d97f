"""Runs as frames: a million events from the log on disk, beside ``json.loads`` and pandas on the raw lines.

Each figure is measured in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.figure import Figure, figure
from tests.benchmarks.memory import peak_mib

EVENTS = 1_000_000
LINES = 100_000
RUNS = 10_000
FRAMES = ("logs", "routing", "policy", "drift", "recoveries")
WITH_EVENTS = ("with_events", "arrow_with_events")
BATCH = 4_096
ROUNDS = 3


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        for part in ("events", "lines", "runs"):
            _process(folder, f"write {part}")
        rounds = [
            {name: _process(folder, name) for name in ("peer", "pandas", "arrow", *WITH_EVENTS)}
            for _ in range(ROUNDS)
        ]
        best = {
            name: min((row[name] for row in rounds), key=lambda spent: spent["cpu"]) for name in rounds[0]
        }
        peer = best["peer"]
        beside = f"json.loads and DataFrame on the raw lines: {peer['cpu']:.1f} s, {peer['mb']:.0f} MB"
        for name, title, most in (
            ("pandas", f"{EVENTS:,} events of five types, from the log to their frames", "0.33"),
            ("arrow", "… to Arrow", "0.10"),
            ("with_events", "… to their frames and the frame of all events", "0.33"),
            ("arrow_with_events", "… … to Arrow", "0.10"),
        ):
            ratio = best[name]["cpu"] / peer["cpu"]
            wall = best[name]["wall"] / peer["wall"]
            yield figure(
                title,
                best[name]["cpu"],
                "s CPU",
                f"{ratio:.3f} of {beside}; at most {most}; {wall:.3f} of its wall time",
            )
        for name, title in (
            ("pandas", "… peak memory"),
            ("with_events", "… peak memory with the frame of all events"),
        ):
            memory = best[name]["mb"] / peer["mb"]
            yield figure(title, best[name]["mb"], "MB more", f"{memory:.2f} of the same; at most 0.5")
        for name, title in (
            ("lines", f"logs() of {LINES:,} lines"),
            ("runs", f"runs() over {RUNS:,} runs"),
        ):
            spent = min((_process(folder, name) for _ in range(ROUNDS)), key=lambda spent: spent["cpu"])
            yield figure(
                title, 1_000 * spent["wall"], "ms", f"at most 100; CPU {1_000 * spent['cpu']:.0f} ms"
            )


def _process(folder: str, task: str) -> dict[str, float]:
    """What a task spent, in a process of its own."""
    environment = {**os.environ, "WORKER_WIDGET_HOME": folder}
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.data", folder, *task.split()],
        check=True,
        env=environment,
        stdout=subprocess.PIPE,
    )
    spent: dict[str, float] = json.loads(done.stdout)
    return spent


def raw_events(first: int, last: int) -> Iterator[tuple[str, bytes]]:
    """The types and raw lines of events, of five types in turn."""
    for number in range(first, last):
        stage, agent, share = f"stage-{number % 12}", f"agent-{number % 7}", number % 1_000 / 1_000
        kind, data = (
            ("log", _line(number, stage, agent)),
            (
                "routing_decision",
                {
                    "stage_id": stage,
                    "selected_agent": agent,
                    "score": share,
                    "complexity": share / 2,
                    "confidence": 1 - share,
                    "routing_source": "care",
                    "alternatives": [
                        {"agent": f"agent-{number % 5}", "score": 0.41, "reason": "lacks the skill"},
                        {"agent": f"agent-{number % 3}", "score": 0.2, "reason": None},
                    ],
                },
            ),
            (
                "policy_check",
                {"stage_id": stage, "policy": f"policy-{number % 9}", "passed": number % 11 > 0},
            ),
            (
                "drift_detected",
                {"stage_id": stage, "drift_score": share, "threshold": 0.35, "aligned": share < 0.35},
            ),
            ("recovery_completed", {"stage_id": stage, "action": "reword", "success": number % 13 > 0}),
        )[number % 5]
        yield kind, _raw(kind, number, data)


def _line(number: int, stage: str, agent: str) -> dict[str, Any]:
    level = ("info", "debug", "warning", "error")[number // 5 % 4]
    message = f"line {number} of what this worker has to say about its work, {number % 100}% done"
    return {"stage_id": stage, "agent": agent, "level": level, "message": message}


def _raw(kind: str, number: int, data: object) -> bytes:
    hours, rest = divmod(number, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    at = f"2026-11-22T{hours:02}:{minutes:02}:{rest // 1_000:02}.{rest % 1_000:03}000Z"
    return json.dumps({"type": kind, "timestamp": at, "run_id": "r", "data": data}).encode()


# --- the tasks of the processes --------------------------------------------------------------------


def _write(folder: Path, part: str) -> None:
    from worker_widget.events import decode
    from worker_widget.state.reduce import reduce_all
    from worker_widget.store.event_store import EventStore
    from worker_widget.store.run_records import summary

    store = EventStore.open(folder / f"{part}.db")
    if part == "runs":
        ends = ("run_started", {"task": "a task"}), ("run_completed", {"success": True, "total_tokens": 3})
        for run in range(RUNS):
            store.begin(f"run-{run}", worker=f"worker-{run % 5}", origin="here", time_us=run)
            events = [decode(_raw(kind, run, data), kind) for kind, data in ends]
            store.summarise(f"run-{run}", **summary(reduce_all(store.append(f"run-{run}", events))))
        return
    count = EVENTS if part == "events" else LINES
    store.begin("r", worker="w", origin="here", time_us=0)
    with open(folder / f"{part}.jsonl", "wb") as file:
        for first in range(0, count, BATCH):
            batch = list(raw_events(first, min(first + BATCH, count)))
            if part == "lines":
                numbers = range(first, min(first + BATCH, count))
                batch = [("log", _raw("log", n, _line(n, "stage", "agent"))) for n in numbers]
            file.writelines(raw + b"\n" for _, raw in batch)
            store.append("r", [decode(raw, kind) for kind, raw in batch])


def _peer(folder: Path) -> Callable[[], object]:
    import pandas as pd

    def frames() -> object:
        rows: dict[str, list[dict[str, Any]]] = {}
        with open(folder / "events.jsonl", "rb") as file:
            for raw in file:
                event = json.loads(raw)
                row = {"timestamp": event["timestamp"], **event["data"]}
                rows.setdefault(event["type"], []).append(row)
        return {kind: pd.DataFrame(found) for kind, found in rows.items()}

    return frames


def _frames(folder: Path, part: str, names: tuple[str, ...], engine: str) -> Callable[[], object]:
    import pandas as pd  # noqa: F401  # imported before the time is taken, as for the peer

    import worker_widget.runs.frames.reading  # noqa: F401
    from worker_widget.runs.history import RunHistory
    from worker_widget.store.event_store import EventStore

    history = RunHistory(EventStore.open(folder / f"{part}.db"))
    return lambda: [getattr(history, name)(engine=engine) for name in names]


def _main(folder: Path, task: str, part: str = "") -> None:
    if task == "write":
        _write(folder, part)
        print("{}")
        return
    measured = {
        "peer": lambda: _peer(folder),
        "pandas": lambda: _frames(folder, "events", FRAMES, "pandas"),
        "arrow": lambda: _frames(folder, "events", FRAMES, "arrow"),
        "with_events": lambda: _frames(folder, "events", (*FRAMES, "events"), "pandas"),
        "arrow_with_events": lambda: _frames(folder, "events", (*FRAMES, "events"), "arrow"),
        "lines": lambda: _frames(folder, "lines", ("logs",), "pandas"),
        "runs": lambda: _frames(folder, "runs", ("runs",), "pandas"),
    }[task]()
    before = peak_mib()
    cpu, wall = time.process_time(), time.perf_counter()
    made = measured()
    spent = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    print(json.dumps({**spent, "mb": peak_mib() - before}))
    del made


if __name__ == "__main__":
    _main(Path(sys.argv[1]), *sys.argv[2:])

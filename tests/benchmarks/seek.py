"""Seeks in a run of a million events: the state at random positions, and what the five panes show there.

In this process first, then in the browser (`scrubbing.py`).

``python -m tests.benchmarks seek``. The run has the mix of a long run of agents: most events are log lines.
"""

from __future__ import annotations

import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from tests.benchmarks import scrubbing
from tests.benchmarks.figure import Figure, figure
from worker_widget.events import Event, decode
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_state import RunState
from worker_widget.store.event_store import EventStore
from worker_widget.store.line_filter import EVERY_LINE

EVENTS = 1_000_000
SEEKS = 200
CHECKED = 20
BATCH = 512
ROWS = 50
FIRST_S = 0.04
_STAGE_EVENTS = 200
_START = "2026-11-22T{:02}:{:02}:{:02}.{:03}000Z"


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.db"
        written, kept = _write(path)
        share = 100 * kept / written
        yield figure(
            f"keyframes while {EVENTS:,} events are stored and reduced", kept, "s CPU", f"{share:.1f} % of it"
        )
        with closing(EventStore.open(path)) as store:
            frames, size, raw = _sizes(store)
            beside = f"{frames:,} of them; {100 * size / raw:.1f} % of the raw events; at most 10"
            yield figure("… their size", size / 1e6, "MB", beside)
            positions = random.Random(13).choices(range(1, EVENTS + 1), k=SEEKS)
            spent = [_seek(store, position) for position in positions]
            yield from _percentiles(f"{SEEKS} random seeks, all five panes", spent, "at most 100; ")
            checked = _equal_to_fresh(store, sorted(positions)[:: SEEKS // CHECKED])
            yield figure("… equal to a fresh reduce of the events up to there", checked, "checked", "")
            start = EVENTS // 2
            steps = [_seek(store, start + step) for step in range(200)]
            yield from _percentiles("200 steps of one event", steps, "")
            for name, read in (("time axis", store.time_axis), ("marks", store.marks)):
                began = time.process_time()
                read("r")
                spent_s = time.process_time() - began
                yield figure(f"the {name} of {EVENTS:,} events", 1_000 * spent_s, "ms CPU", "")
        yield from scrubbing.figures(path, EVENTS)
        yield from _without_keyframes(path)


def _percentiles(title: str, spent: list[_Spent], beside: str) -> Iterator[Figure]:
    wall = statistics.quantiles([seek.wall for seek in spent], n=20)
    cpu = statistics.quantiles([seek.cpu for seek in spent], n=20)
    yield figure(f"{title}: p50", 1_000 * wall[9], "ms", f"CPU {1_000 * cpu[9]:.0f} ms")
    yield figure("… p95", 1_000 * wall[18], "ms", f"{beside}CPU {1_000 * cpu[18]:.0f} ms")


class _Spent(NamedTuple):
    """The seconds that a seek took."""

    wall: float
    cpu: float


def _seek(store: EventStore, position: int) -> _Spent:
    """Reads everything that the console shows at a position."""
    began = _Spent(time.perf_counter(), time.process_time())
    state = store.state_at("r", position)
    total = store.log_total("r", upto=position)
    store.log_window("r", EVERY_LINE, total - ROWS, ROWS, upto=position)
    store.routing_window("r", None, 0, ROWS, upto=position)
    store.incident_window("r", None, 0, ROWS, upto=position)
    store.stage_window("r", None, 0, ROWS, upto=position)
    if state.artifacts:
        store.artifact_text("r", state.artifacts[-1].file, upto=position)
    return _Spent(time.perf_counter() - began.wall, time.process_time() - began.cpu)


def _equal_to_fresh(store: EventStore, positions: list[int]) -> int:
    state, after, checked = RunState(), 0, 0
    for position in positions:
        events = (logged for logged in store.iterate("r", after=after) if logged.position <= position)
        state = reduce_all(_until(events, position), state)
        after = position
        assert store.state_at("r", position) == state, position
        checked += 1
    return checked


def _until(events: Iterator[Any], position: int) -> Iterator[Any]:
    for logged in events:
        yield logged
        if logged.position == position:
            return


def _without_keyframes(path: Path) -> Iterator[Figure]:
    with closing(EventStore.open(path)) as store, store._db.write() as db:
        db.execute("DELETE FROM keyframes")
    with closing(EventStore.open(path)) as store:
        began = time.perf_counter()
        progress = store.prepare_state("r", EVENTS // 2, FIRST_S)
        store.log_window("r", EVERY_LINE, 0, ROWS, upto=EVENTS // 2)
        first = time.perf_counter() - began
        yield figure("without keyframes: the first answer", 1_000 * first, "ms", "at most 500")
        while not progress.done:
            progress = store.prepare_state("r", EVENTS // 2, FIRST_S)
        store.state_at("r", EVENTS // 2)
        whole = time.perf_counter() - began
        each = 1e6 * whole / (EVENTS // 2)
        yield figure("… until the middle is there", whole, "s", f"{each:.1f} µs for each event before it")


def _sizes(store: EventStore) -> tuple[int, int, int]:
    with store._db.read() as db:
        frames, size = db.execute("SELECT count(*), sum(length(state)) FROM keyframes").fetchone()
        (raw,) = db.execute("SELECT sum(bytes) FROM blocks").fetchone()
    return frames, size, raw


def _write(path: Path) -> tuple[float, float]:
    """Stores the run as `LiveRun` does; the CPU seconds of all of it, and those for keyframes."""
    state, kept, last = RunState(), 0.0, 0
    with closing(EventStore.open(path)) as store:
        store.begin("r", worker="w", origin="here", time_us=0)
        began = time.process_time()
        for first in range(0, EVENTS, BATCH):
            batch = [_event(number) for number in range(first, min(first + BATCH, EVENTS))]
            logged = store.append("r", batch, after=state.position)
            if state.position - last >= 1_024:
                before = time.process_time()
                store.keep_keyframe("r", state)
                kept += time.process_time() - before
                last = state.position
            state = reduce_all(logged, state)
        return time.process_time() - began, kept


def _event(number: int) -> Event:
    """Stages of 200 events: seven in ten are log lines, and an artifact grows in each tenth stage."""
    index, step = divmod(number, _STAGE_EVENTS)
    stage = f"stage-{index}"
    share = number % 1_000 / 1_000
    writes = index % 10 == 0
    if step == 0:
        parent = None if index % 20 == 0 else f"stage-{index - index % 20}"
        kind, data = "stage_started", {"stage_id": stage, "parent_id": parent, "input": {"n": number}}
    elif step == _STAGE_EVENTS - 1:
        kind, data = "stage_completed", {"stage_id": stage, "tokens_used": number % 900, "output": "done"}
    elif step % 20 == 3:
        kind, data = "routing_decision", _decision(number, stage, share)
    elif step % 20 == 7:
        passed = number % 11 > 0
        kind, data = "policy_check", {"stage_id": stage, "policy": f"policy-{number % 9}", "passed": passed}
    elif step % 40 == 9:
        kind = "drift_detected"
        data = {"stage_id": stage, "drift_score": share, "threshold": 0.35, "aligned": share < 0.9}
    elif step % 40 == 13:
        kind, data = "recovery_completed", {"stage_id": stage, "action": "reword", "success": share < 0.9}
    elif writes and step == 1:
        kind = "artifact_started"
        data = {"stage_id": stage, "artifact_name": f"page-{index % 7}", "artifact_type": "html"}
    elif writes and step % 2:
        kind = "artifact_delta"
        data = {"stage_id": stage, "artifact_name": f"page-{index % 7}", "artifact_type": "html"}
        data["text"] = f"<p>Paragraph {number} of a page that is written here.</p>\n"
    else:
        level = ("info", "debug", "warning", "error")[number // 5 % 4]
        message = f"line {number} of what this worker has to say about its work, {number % 100}% done"
        kind = "log"
        data = {"stage_id": stage, "agent": f"agent-{number % 7}", "level": level, "message": message}
    hours, rest = divmod(number, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    at = _START.format(hours, minutes, *divmod(rest, 1_000))
    raw = json.dumps({"type": kind, "timestamp": at, "run_id": "r", "data": data}).encode()
    return decode(raw, kind)


def _decision(number: int, stage: str, share: float) -> dict[str, Any]:
    return {
        "stage_id": stage,
        "selected_agent": f"agent-{number % 7}",
        "score": share,
        "complexity": share / 2,
        "confidence": 1 - share,
        "alternatives": [{"agent": f"agent-{number % 5}", "score": 0.41, "reason": "lacks the skill"}],
    }

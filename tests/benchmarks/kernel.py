"""What the kernel does with events: from the stream's bytes to stored and reduced, on one core."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.benchmarks.figure import Figure, figure
from worker_widget.events import Event, Log, decode, encode
from worker_widget.events.sse import SSEDecoder
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_state import RunState
from worker_widget.store.event_store import EventStore

EVENTS = 100_000
CHUNK = 64 * 1024
START = datetime(2026, 1, 1, tzinfo=UTC)


def figures() -> Iterator[Figure]:
    stream = b"".join(_frame(number) for number in range(1, EVENTS + 1))
    bare = _per_second(lambda: _bare(stream))
    decoded = _per_second(lambda: sum(len(batch) for batch in _decoded(stream)))
    whole = _per_second(lambda: _stored_and_reduced(stream))
    yield figure("events decoded by json.loads alone", bare, "per s", "the bare limit")
    yield figure("events from bytes to typed", decoded, "per s", f"{decoded / bare:.2f} of bare")
    yield figure(
        "events from bytes to stored and reduced",
        whole,
        "per s",
        f"bare decoding takes {whole / bare:.2f} of the time; at least 60,000 and 0.20",
    )


def _frame(number: int) -> bytes:
    data = Log(stage_id="copy", agent="copywriter_agent", message=f"Line {number} of the log of this run")
    line = encode(data, run_id="run", time=START + timedelta(microseconds=100 * number))
    return b"id: %d\nevent: log\ndata: %b\n\n" % (number, line)


def _bare(stream: bytes) -> int:
    return sum(1 for line in stream.split(b"\n") if line.startswith(b"data: ") and json.loads(line[6:]))


def _decoded(stream: bytes) -> Iterator[list[Event]]:
    decoder = SSEDecoder()
    for start in range(0, len(stream), CHUNK):
        frames = decoder.feed(stream[start : start + CHUNK])
        yield [decode(frame.data, frame.name, frame.id) for frame in frames]


def _stored_and_reduced(stream: bytes) -> int:
    with tempfile.TemporaryDirectory() as directory:
        store = EventStore.open(Path(directory) / "history.db")
        store.begin("run", worker="w", origin="o", time_us=0)
        state = RunState()
        for batch in _decoded(stream):
            state = reduce_all(store.append("run", batch, after=state.position), state)
        store.close()
    return state.counts.events


def _per_second(work: Callable[[], int]) -> float:
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        done = work()
        best = min(best, time.perf_counter() - start)
        assert done == EVENTS, f"{done} of {EVENTS} events"
    return EVENTS / best

"""What an artifact costs the kernel while it is written: linear in its length, or it would not do."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from tests.benchmarks.figure import Figure, figure
from worker_widget.artifacts.diff.difference import difference
from worker_widget.artifacts.render import QUICK, render
from worker_widget.artifacts.text_rows import TextRows
from worker_widget.console.channel.artifact_cursor import ArtifactCursor
from worker_widget.console.requests.artifacts import rendered_again_at
from worker_widget.events import ArtifactCreated, ArtifactDelta, ArtifactStarted, Event, decode, encode
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_state import RunState
from worker_widget.store.event_store import EventStore

MB = 1_000_000
DELTA = 500
"""Characters of one delta: 2 MB are 4,000 of them."""
A_FRAME = 50
START = datetime(2026, 1, 1, tzinfo=UTC)
LARGE = 50 * MB


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as directory:
        store = EventStore.open(Path(directory) / "history.db")
        costs = {}
        for chars in (MB // 5, MB, 2 * MB):
            emitted = _page(chars)
            costs[chars] = _per_mb(partial(_streamed, chars, emitted, store), chars)
        store.close()
    yield from _linear("HTML, from deltas to frames", costs, "2 MB are 4,000 deltas")
    costs = {
        chars: _per_mb(partial(_drawn_as_it_grows, chars), chars)
        for chars in (QUICK.chars // 10, QUICK.chars // 2, QUICK.chars)
    }
    yield from _linear("Markdown, drawn as it grows", costs, "longer text is plain while it grows")
    text = "".join(f"<p>Line {n} of a page of fifty million characters</p>\n" for n in range(LARGE // 54))
    yield figure("50 MB: its rows indexed", _seconds(lambda: TextRows(text)) * 1000, "ms", "at most 1,000")
    lines = TextRows(text)
    window = _seconds(lambda: lines.window(lines.total - 100, 100)) * 1000
    yield figure("50 MB: 100 rows from its end", window, "ms", "at most 20")
    other = text[: 2 * MB].replace("0 of a page", "0 of another page")
    compared = _seconds(lambda: difference(text[: 2 * MB], other).html())
    yield figure("2 MB compared with 2 MB, drawn", compared, "s", "at most 5")


def _linear(name: str, costs: dict[int, float], beside: str) -> Iterator[Figure]:
    for chars, cost in costs.items():
        yield figure(f"{name}: {chars / MB:g} MB", cost * 1000, "ms per MB", beside)
    ratio = max(costs.values()) / min(costs.values())
    yield figure(f"{name}: dearest beside cheapest", ratio, "times", "linear is 1; at most 1.5")


def _streamed(chars: int, emitted: list[Event], store: EventStore) -> None:
    """Events into the log, through `reduce`, and out as frames for one view."""
    run_id = f"run {time.perf_counter_ns()}"
    store.begin(run_id, worker="w", origin="o", time_us=0)
    state, cursor, sent = RunState(), None, 0
    for start in range(0, len(emitted), A_FRAME):
        state = reduce_all(store.append(run_id, emitted[start : start + A_FRAME]), state)
        (artifact,) = state.artifacts
        cursor = cursor or ArtifactCursor(artifact, None)
        news = cursor.advance(artifact, store, run_id)
        sent += len(news["text"]) if news else 0
    assert sent == chars, f"{sent} of {chars} characters"


def _page(chars: int) -> list[Event]:
    """A page as it is written, delta by delta."""
    text = "".join(f"<p>Line {n} of the page.</p>\n" for n in range(chars // 25))[:chars]
    emitted = [_event(ArtifactStarted(artifact_name="page", artifact_type="html"), 0)]
    for offset in range(0, chars, DELTA):
        piece = text[offset : offset + DELTA]
        delta = ArtifactDelta(artifact_name="page", artifact_type="html", offset=offset, text=piece)
        emitted.append(_event(delta, offset + 1))
    emitted.append(
        _event(ArtifactCreated(artifact_name="page", artifact_type="html", content=text), chars + 1)
    )
    return emitted


def _drawn_as_it_grows(chars: int) -> None:
    part = "## Part\n\nSome *words* of **text**, `code` and [a link](https://x.org).\n\n- [ ] one\n- two\n\n"
    text = (part * (chars // len(part) + 1))[:chars]
    at = DELTA
    while at < chars:
        render(text[:at], "md", dark=False, whole=False)
        at = rendered_again_at(at)
    render(text, "md", dark=False)


def _event(data: ArtifactStarted | ArtifactDelta | ArtifactCreated, n: int) -> Event:
    return decode(encode(data, run_id="run", time=START + timedelta(microseconds=n)))


def _per_mb(work: Callable[[], object], chars: int) -> float:
    return _seconds(work) / (chars / MB)


def _seconds(work: Callable[[], object]) -> float:
    """Of the processor, so that it does not count what else the machine does."""
    best = float("inf")
    for _ in range(3):
        start = time.thread_time()
        work()
        best = min(best, time.thread_time() - start)
    return best

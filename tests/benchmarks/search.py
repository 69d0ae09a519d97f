"""Searches in the log of a run of a million lines, beside polars on the same lines in memory, and of all
runs."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np  # noqa: F401  # importing it is not a part of the first search
import polars as pl

from tests.benchmarks.figure import Figure, figure
from worker_widget.events import Event, Log, RunCompleted, make
from worker_widget.store.event_store import EventStore
from worker_widget.store.line_filter import LineFilter
from worker_widget.store.log_search import LogSearch

_T = TypeVar("_T")

LINES = 1_000_000
RUNS = 10_000
LINES_OF_RUN = 1_000
FIRST_S = 0.02
ROUNDS = 3
START = datetime(2026, 1, 1, tzinfo=UTC)

_WORDS = (
    *("fetch", "parse", "retry", "token", "budget", "router", "stage", "writer", "page", "claims", "review"),
    *("draft", "policy", "upload", "needle", "cache", "timeout", "feed", "rank", "merge"),
)
_AT_ONCE = 2_000


class Wanted(NamedTuple):
    name: str
    search: LogSearch
    polars: str


SEARCHES = (
    Wanted("a rare word", LogSearch(text="number 77777", case_sensitive=True), r"number 77777"),
    Wanted("a word in a fifth of the lines", LogSearch(text="needle", case_sensitive=True), "needle"),
    Wanted(
        "a pattern", LogSearch(text=r"number \d*77\b", regex=True, case_sensitive=True), r"number \d*77\b"
    ),
    Wanted("a rare word, ignoring case", LogSearch(text="NUMBER 77777"), "(?i)NUMBER 77777"),
)


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as directory:
        yield from _one_run(Path(directory) / "run.db")
    with tempfile.TemporaryDirectory() as directory:
        yield from _all_runs(Path(directory) / "runs.db")


def _one_run(path: Path) -> Iterator[Figure]:
    texts: list[str] = []
    store = EventStore.open(path)
    store.begin("run", worker="w", origin="o", time_us=0)
    raw_bytes = 0
    for start in range(0, LINES, _AT_ONCE):
        batch = [_event("run", number) for number in range(start, start + _AT_ONCE)]
        raw_bytes += sum(len(event.raw) for event in batch)
        texts += [event.data.message for event in batch if isinstance(event.data, Log)]
        store.append("run", batch)
    store.append("run", [make(RunCompleted(success=True), run_id="run", time=START + timedelta(days=1))])
    disk = store.size() / raw_bytes
    store.close()
    yield figure("disk bytes of an event", disk, "of raw", "of the bytes as they arrived; at most 0.4")
    column = pl.Series(texts)
    for wanted in SEARCHES:
        yield from _beside_polars(path, wanted, column)


def _beside_polars(path: Path, wanted: Wanted, column: pl.Series) -> Iterator[Figure]:
    filter = LineFilter(searches=frozenset({wanted.search}))
    again = LineFilter(searches=frozenset({wanted.search}), levels=frozenset({"info"}))
    literal = not wanted.search.regex and wanted.search.case_sensitive
    peers = (_timed(lambda: column.str.contains(wanted.polars, literal=literal).sum()) for _ in range(ROUNDS))
    peer, hits = min(peers)
    firsts, seconds, earlies = [], [], []
    for _ in range(ROUNDS):
        with closing(EventStore.open(path)) as store:
            first, found = _timed(partial(store.log_total, "run", filter))
            assert found == hits, (found, hits)
            firsts.append(first)
            seconds.append(_timed(partial(store.log_total, "run", again))[0])
        with closing(EventStore.open(path)) as store:
            earlies.append(_timed(partial(store.log_window, "run", filter, 0, 50, FIRST_S))[0])
    first, second, early = min(firsts), min(seconds), min(earlies)
    beside = f"{first / peer:.1f} times polars in memory ({peer * 1000:.0f} ms); at most 5"
    yield figure(f"{wanted.name} in {LINES:,} lines, from disk", first * 1000, "ms", beside)
    yield figure("  the second search", second * 1000, "ms", f"{second / peer:.1f} times polars; at most 3")
    yield figure("  its first results", early * 1000, "ms", "at most 50")


def _all_runs(path: Path) -> Iterator[Figure]:
    store = EventStore.open(path)
    for run in range(RUNS):
        run_id = f"run-{run}"
        if run % 100 == 0:
            batch = [_event("run", run * LINES_OF_RUN + number) for number in range(LINES_OF_RUN)]
            batch.append(make(RunCompleted(success=True), run_id="run", time=START + timedelta(days=1)))
        store.begin(run_id, worker="w", origin="o", time_us=run)
        store.append(run_id, batch)
    store.close()
    for wanted in SEARCHES:
        with closing(EventStore.open(path)) as opened:
            early, _ = _timed(partial(opened.search_runs, wanted.search, FIRST_S))
        with closing(EventStore.open(path)) as opened:
            whole, found = _timed(partial(opened.search_runs, wanted.search))
        assert found.done
        beside = f"{sum(found.runs.values()):,} lines of {len(found.runs):,} runs; at most 2,000"
        yield figure(f"{wanted.name} in the logs of {RUNS:,} runs", whole * 1000, "ms", beside)
        yield figure("  its first results", early * 1000, "ms", "at most 100")


def _event(run_id: str, number: int) -> Event:
    made = random.Random(number)
    word = made.choice
    message = (
        f"{word(_WORDS)} {word(_WORDS)} number {made.randrange(10**6)} of {word(_WORDS)} took "
        f"{made.random() * 100:.3f} ms for {word(_WORDS)} and {word(_WORDS)} {number}"
    )
    data = Log(stage_id="copy", agent=word(("writer", "editor")), message=message)
    return make(data, run_id=run_id, time=START + timedelta(microseconds=100 * number))


def _timed(work: Callable[[], _T]) -> tuple[float, _T]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result

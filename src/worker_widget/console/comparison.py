"""The comparison of two runs as a table of texts: their figures, their stages, their artifacts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypedDict

from ..runs.compare import ArtifactPair, StagePair, compare_recorded
from ..state.run_state import RunState, Stage
from ..state.run_warnings import run_warnings
from ..store.event_store import EventStore, RunRecord

_NONE: Final = "–"
_ARTIFACT_WORDS: Final = {
    "same": "identical",
    "changed": "changed",
    "added": "only in the second run",
    "removed": "only in the first run",
}


class ComparedRow(TypedDict):
    """One figure of both runs with units, and how it changes. ``differs`` marks rows that are not equal.

    ``file`` is the artifact whose difference can be shown.
    """

    name: str
    a: str
    b: str
    change: str
    differs: bool
    file: str | None


class ComparedSection(TypedDict):
    """Rows under a heading."""

    title: str
    rows: list[ComparedRow]


class ComparedRuns(TypedDict):
    """Two runs, by their ids and tasks. ``started_us`` are the times when they started."""

    run_ids: tuple[str, str]
    tasks: tuple[str, str]
    started_us: tuple[int, int]
    sections: list[ComparedSection]


def compared_runs(store: EventStore, a: str, b: str) -> ComparedRuns:
    """Compares two runs of the history by their ids. Raises `RunUnknown`, and `HistoryError`."""
    comparison = compare_recorded(store, a, b)
    first, second = store.known_run(a), store.known_run(b)
    return {
        "run_ids": (a, b),
        "tasks": (_task(first), _task(second)),
        "started_us": (_start(first), _start(second)),
        "sections": [
            {"title": "Run", "rows": figures(*comparison.states)},
            {"title": "Stages", "rows": [stage_row(pair) for pair in comparison.stage_pairs()]},
            {"title": "Artifacts", "rows": [artifact_row(pair) for pair in comparison.artifact_pairs()]},
        ],
    }


def figures(a: RunState, b: RunState) -> list[ComparedRow]:
    """The figures of two runs as rows."""
    return [
        _words("Status", a.status.capitalize(), b.status.capitalize()),
        _figure("Duration", a.latency_ms, b.latency_ms, duration),
        _figure("Tokens", a.tokens, b.tokens, _count),
        _words("Stages done", _stages_done(a), _stages_done(b)),
        # The number of the last event: the states are read without the texts' pieces.
        _figure("Events", a.position, b.position, _count),
        _figure("Problems not fixed", a.figures.unfixed, b.figures.unfixed, _count),
        _figure("Recovered", a.figures.recovered, b.figures.recovered, _count),
        _figure("Warnings", len(run_warnings(a)), len(run_warnings(b)), _count),
        _figure("Highest drift", a.figures.highest_drift, b.figures.highest_drift, _percent),
        _figure("Artifacts", len(a.artifacts), len(b.artifacts), _count),
    ]


def stage_row(pair: StagePair) -> ComparedRow:
    """A stage of two runs as a row."""
    status = [side.status if side else None for side in (pair.a, pair.b)]
    times = [side.duration_ms if side else None for side in (pair.a, pair.b)]
    row = _figure(pair.name, times[0], times[1], duration)
    return {**row, "a": _stage(pair.a), "b": _stage(pair.b), "differs": status[0] != status[1]}


def artifact_row(pair: ArtifactPair) -> ComparedRow:
    """An artifact of two runs as a row; its difference can be shown if both have it."""
    lengths = [_NONE if side is None else f"{side.chars:,} characters" for side in (pair.a, pair.b)]
    return {
        "name": pair.file,
        "a": lengths[0],
        "b": lengths[1],
        "change": _ARTIFACT_WORDS[pair.status],
        "differs": pair.status != "same",
        "file": pair.file if pair.status == "changed" else None,
    }


def duration(ms: float) -> str:
    """A duration with its unit: "213 ms", "12.3 s", "2 min 3 s"."""
    if ms < 1000:
        return f"{round(ms)} ms"
    if ms < 60_000:
        return f"{ms / 1000:.1f} s"
    minutes, seconds = divmod(round(ms / 1000), 60)
    return f"{minutes} min {seconds} s"


def _figure(name: str, a: float | None, b: float | None, text: Callable[[float], str]) -> ComparedRow:
    texts = [_NONE if value is None else text(value) for value in (a, b)]
    change = ""
    if a is not None and b is not None:
        change = "same" if texts[0] == texts[1] else ("+" if b > a else "−") + text(abs(b - a))
    return _row(name, texts[0], texts[1], change)


def _words(name: str, a: str, b: str) -> ComparedRow:
    return _row(name, a, b, "same" if a == b else "differs")


def _row(name: str, a: str, b: str, change: str) -> ComparedRow:
    return {"name": name, "a": a, "b": b, "change": change, "differs": a != b, "file": None}


def _stage(stage: Stage | None) -> str:
    if stage is None:
        return _NONE
    time = "" if stage.duration_ms is None else f" in {duration(stage.duration_ms)}"
    return f"{stage.status}{time}"


def _task(record: RunRecord) -> str:
    return record.task or f"Run {record.run_id[:8]}"


def _start(record: RunRecord) -> int:
    return record.started_us or record.created_us


def _stages_done(state: RunState) -> str:
    done = sum(stage.status in ("completed", "recovered") for stage in state.stages)
    return f"{done} of {state.total_stages or len(state.stages)}"


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _percent(value: float) -> str:
    return f"{value:.0%}"

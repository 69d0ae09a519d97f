"""The comparison of two runs as a table of texts: figures, stages, decisions, ledger and artifacts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypedDict

from ..state.display_names import display_name
from ..state.incident_title import stage_name
from ..state.run_state import RoutingRow, RunState, Stage
from ..state.run_warnings import run_warnings
from .comparison_rows import incident_text
from .run_pairs import ArtifactPair, DecisionPair, IncidentPair, PairedRuns, StagePair

MOST_ROWS: Final = 300
"""The most rows of a section. `Comparison.frame` has all."""

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
    """Rows under a heading; ``more`` further ones are left out."""

    title: str
    rows: list[ComparedRow]
    more: int


def compared_sections(comparison: PairedRuns) -> list[ComparedSection]:
    """The sections of the table of two runs."""
    named = comparison.states[1]
    return [
        _section("Run", figures(*comparison.states)),
        _section("Stages", [stage_row(pair) for pair in comparison.stage_pairs()]),
        _section("Decisions", [decision_row(pair, named) for pair in comparison.decision_pairs()]),
        _section("Ledger", [incident_row(pair, named) for pair in comparison.incident_pairs()]),
        _section("Artifacts", [artifact_row(pair) for pair in comparison.artifact_pairs()]),
    ]


def _section(title: str, rows: list[ComparedRow]) -> ComparedSection:
    """The rows under a heading; of too many those that differ stay first, in the order of the run."""
    by_difference = sorted(range(len(rows)), key=lambda index: not rows[index]["differs"])
    shown = sorted(by_difference[:MOST_ROWS])
    return {
        "title": title,
        "rows": [rows[index] for index in shown],
        "more": len(rows) - len(shown),
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
        _figure("Problems not recovered", a.figures.unrecovered, b.figures.unrecovered, _count),
        _figure("Recovered", a.figures.recovered, b.figures.recovered, _count),
        _figure("Warnings", len(run_warnings(a)), len(run_warnings(b)), _count),
        _figure("Highest drift", a.figures.highest_drift, b.figures.highest_drift, _percent),
        _figure("Artifacts", len(a.artifacts), len(b.artifacts), _count),
    ]


def stage_row(pair: StagePair) -> ComparedRow:
    """A stage of two runs as a row."""
    status = [side.status if side else None for side in (pair.a, pair.b)]
    executed = [side if side and side.reused_from is None else None for side in (pair.a, pair.b)]
    times = [side.duration_ms if side else None for side in executed]
    row = _figure(pair.name, times[0], times[1], duration)
    return {**row, "a": _stage(pair.a), "b": _stage(pair.b), "differs": status[0] != status[1]}


def decision_row(pair: DecisionPair, named: RunState) -> ComparedRow:
    """A routing decision of two runs as a row; ``named`` has the names of stages."""
    agents = [side and side.agent for side in (pair.a, pair.b)]
    row = _sides(stage_name(named, pair.stage_id) or "The run", _decision(pair.a), _decision(pair.b))
    row["differs"] = agents[0] != agents[1]
    row["change"] = row["change"] if row["differs"] else "same agent"
    return row


def incident_row(pair: IncidentPair, named: RunState) -> ComparedRow:
    """An incident of two runs as a row; ``named`` has the names of stages."""
    kind = next(side.kind for side in (pair.a, pair.b) if side)
    name = f"{stage_name(named, pair.stage_id) or 'The run'}: {kind}"
    return _sides(name, *(None if side is None else incident_text(side) for side in (pair.a, pair.b)))


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


def _sides(name: str, a: str | None, b: str | None) -> ComparedRow:
    """A row about something that one run may not have."""
    change = "only in the second run" if a is None else "only in the first run" if b is None else ""
    row = _words(name, a or _NONE, b or _NONE)
    return {**row, "change": change or row["change"]}


def _decision(row: RoutingRow | None) -> str | None:
    if row is None:
        return None
    confidence = "" if row.confidence is None else f", confidence {_percent(row.confidence)}"
    return f"{display_name(row.agent or 'no agent')}{confidence}"


def _words(name: str, a: str, b: str) -> ComparedRow:
    return _row(name, a, b, "same" if a == b else "differs")


def _row(name: str, a: str, b: str, change: str) -> ComparedRow:
    return {"name": name, "a": a, "b": b, "change": change, "differs": a != b, "file": None}


def _stage(stage: Stage | None) -> str:
    if stage is None:
        return _NONE
    if stage.reused_from is not None:
        return f"taken from run {stage.reused_from[:8]}"
    time = "" if stage.duration_ms is None else f" in {duration(stage.duration_ms)}"
    return f"{stage.status}{time}"


def _stages_done(state: RunState) -> str:
    total = state.total_stages or state.counts.top_stages
    return f"{state.counts.top_done} of {total}" if total else "no stages"


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _percent(value: float) -> str:
    return f"{value:.0%}"

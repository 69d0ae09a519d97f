"""The rows of `Comparison.frame`: every item of two runs as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ..state.incident import Incident
from ..state.incident_title import RESULTS
from ..state.run_state import RunState, Stage
from ..state.run_warnings import run_warnings
from .run_pairs import ArtifactPair, DecisionPair, IncidentPair, StagePair

ComparedItem = tuple[str, str, str | None, str | None, bool]
"""Section, item, the texts of both runs, and whether they differ."""

_STAGE_FIGURES: Final = ("status", "duration_ms", "tokens", "attempts")


def comparison_rows(
    states: tuple[RunState, RunState],
    stages: Iterable[StagePair],
    decisions: Iterable[DecisionPair],
    incidents: Iterable[IncidentPair],
    artifacts: Iterable[ArtifactPair],
) -> list[ComparedItem]:
    """The rows of a comparison, section by section."""
    return [
        *_run(*states),
        *(row for pair in stages for row in _stage(pair.stage_id, pair.a, pair.b)),
        *(
            _row("decisions", pair.name, pair.a and pair.a.agent, pair.b and pair.b.agent)
            for pair in decisions
        ),
        *(
            _row("ledger", pair.name, pair.a and incident_text(pair.a), pair.b and incident_text(pair.b))
            for pair in incidents
        ),
        *(_row("artifacts", pair.file, pair.sha256_a, pair.sha256_b) for pair in artifacts),
    ]


def incident_text(incident: Incident) -> str:
    """What was found, what was tried and the result: "contains “guaranteed” → reworded → recovered"."""
    if incident.kind == "replay":
        return incident.found
    return " → ".join((incident.found, *incident.tried, RESULTS[incident.outcome]))


def run_figures(state: RunState) -> dict[str, object]:
    """The figures of a run, by name."""
    figures, counts = state.figures, state.counts
    return {
        "task": state.task,
        "status": state.status,
        "success": state.success,
        "error": state.error,
        "duration_ms": state.latency_ms,
        "tokens": state.tokens,
        "stages_done": counts.top_done,
        "stages_total": state.total_stages or counts.top_stages,
        "decisions": counts.routing,
        "incidents": counts.incidents,
        "unrecovered": figures.unrecovered,
        "recovered": figures.recovered,
        "policies": figures.policies,
        "policies_passed": figures.policies_passed,
        "mean_complexity": figures.mean_complexity,
        "mean_drift": figures.mean_drift,
        "highest_drift": figures.highest_drift,
        "warnings": len(run_warnings(state)),
        "artifacts": len(state.artifacts),
    }


def _run(a: RunState, b: RunState) -> Iterator[ComparedItem]:
    other = run_figures(b)
    for name, value in run_figures(a).items():
        yield _row("run", name, value, other[name])


def _stage(stage_id: str, a: Stage | None, b: Stage | None) -> Iterator[ComparedItem]:
    for figure in _STAGE_FIGURES:
        values = [None if stage is None else getattr(stage, figure) for stage in (a, b)]
        yield _row("stages", f"{stage_id}.{figure}", *values)


def _row(section: str, item: str, a: object, b: object) -> ComparedItem:
    return section, item, _plain(a), _plain(b), a != b


def _plain(value: object) -> str | None:
    """A value as text: numbers without units or separators."""
    return None if value is None else str(value)

"""Counts a run's policy checks and recoveries, and averages complexity and drift. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from ..events import DriftDetected, Payload, PolicyCheck, RoutingDecision
from .incident import Change, Incident


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a whole run so far. Complexity and drift are 0 to 1, ``None`` before the first.

    ``policies`` counts the policy checks with a result, ``policies_passed`` those that passed. ``recoveries``
    counts the incidents in which a recovery was started, ``recovered`` those of them that are fixed;
    ``unfixed`` counts the problems that remain. ``mean_complexity`` is over the ``complexities`` routing
    decisions that have one, ``mean_drift`` over the ``drifts`` measurements; ``highest_drift_stage`` is the
    id of the stage with the highest.
    """

    policies: int = 0
    policies_passed: int = 0
    recoveries: int = 0
    recovered: int = 0
    unfixed: int = 0
    complexities: int = 0
    mean_complexity: float | None = None
    drifts: int = 0
    mean_drift: float | None = None
    highest_drift: float | None = None
    highest_drift_stage: str | None = None


def with_event(figures: Figures, data: Payload) -> Figures:
    """The figures after one more event."""
    rule = _RULES.get(type(data))
    return figures if rule is None else rule(figures, data)


def with_incidents(figures: Figures, changes: Iterable[Change]) -> Figures:
    """The figures after changes of incidents."""
    for before, after in changes:
        figures = replace(
            figures,
            recoveries=figures.recoveries + _more(before, after, lambda item: item.recoveries > 0),
            recovered=figures.recovered
            + _more(before, after, lambda item: item.recoveries > 0 and item.outcome == "fixed"),
            unfixed=figures.unfixed + _more(before, after, lambda item: item.unfixed),
        )
    return figures


def _more(before: Incident | None, after: Incident, counts: Callable[[Incident], bool]) -> int:
    return counts(after) - (before is not None and counts(before))


def _mean(mean: float | None, count: int, value: float) -> float:
    """The mean of ``count`` + 1 values, of which the first ``count`` have the ``mean``."""
    # Divided before subtraction, so that no two numbers overflow.
    return value if mean is None else mean + (value / (count + 1) - mean / (count + 1))


def _policy_check(figures: Figures, data: PolicyCheck) -> Figures:
    if data.passed is None:
        return figures
    return replace(
        figures, policies=figures.policies + 1, policies_passed=figures.policies_passed + data.passed
    )


def _routing(figures: Figures, data: RoutingDecision) -> Figures:
    if data.complexity is None:
        return figures
    mean = _mean(figures.mean_complexity, figures.complexities, data.complexity)
    return replace(figures, complexities=figures.complexities + 1, mean_complexity=mean)


def _drift(figures: Figures, data: DriftDetected) -> Figures:
    score = data.drift_score
    if score is None:
        return figures
    mean = _mean(figures.mean_drift, figures.drifts, score)
    figures = replace(figures, drifts=figures.drifts + 1, mean_drift=mean)
    if figures.highest_drift is not None and score <= figures.highest_drift:
        return figures
    return replace(figures, highest_drift=score, highest_drift_stage=data.stage_id)


_RULES: Final[dict[type[Payload], Callable[[Figures, Any], Figures]]] = {
    PolicyCheck: _policy_check,
    RoutingDecision: _routing,
    DriftDetected: _drift,
}

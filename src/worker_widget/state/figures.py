"""Counts a run's policy checks and recoveries, and averages complexity and drift. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from ..events import DriftDetected, Payload, PolicyCheck, RecoveryCompleted, RecoveryStarted, RoutingDecision


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a whole run so far. Complexity and drift are 0 to 1, ``None`` before the first.

    ``policies`` counts the policy checks with a result, ``policies_passed`` those that passed. ``recoveries``
    counts the recoveries that were started, ``recovered`` those that succeeded. ``mean_complexity`` is over
    the ``complexities`` routing decisions that have one, ``mean_drift`` over the ``drifts`` measurements;
    ``highest_drift_stage`` is the id of the stage with the highest.
    """

    policies: int = 0
    policies_passed: int = 0
    recoveries: int = 0
    recovered: int = 0
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


def _recovery_started(figures: Figures, data: RecoveryStarted) -> Figures:
    return replace(figures, recoveries=figures.recoveries + 1)


def _recovery_completed(figures: Figures, data: RecoveryCompleted) -> Figures:
    if data.success is False or figures.recovered == figures.recoveries:
        return figures
    return replace(figures, recovered=figures.recovered + 1)


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
    RecoveryStarted: _recovery_started,
    RecoveryCompleted: _recovery_completed,
    RoutingDecision: _routing,
    DriftDetected: _drift,
}

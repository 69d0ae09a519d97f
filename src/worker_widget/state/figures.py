"""Counts a run's policy checks, failures and recoveries, sums its costs, and averages complexity and drift.
Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from ..events import DriftDetected, Payload, PolicyCheck, PolicyViolation, RoutingDecision, StageCompleted
from .incident import Change, Incident
from .sums import Cost, total, total_cost


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a whole run so far. Complexity and drift are 0 to 1, ``None`` before the first.

    ``policies`` counts the policy checks with a result, ``policies_passed`` those that passed, ``violations``
    the policy violations. ``failures`` counts the incidents of that kind, ``recoveries``
    the incidents in which a recovery was started, ``recovered`` those of them that are recovered;
    ``unrecovered`` counts the problems that remain. ``mean_complexity`` is over the ``complexities`` routing
    decisions that have one, ``mean_drift`` over the ``drifts`` measurements; ``highest_drift_stage`` is the
    id of the stage with the highest. ``input_tokens``, ``output_tokens`` and ``cost`` are the sums over the
    stages that report them; costs in another currency than the first are not added.
    """

    policies: int = 0
    policies_passed: int = 0
    violations: int = 0
    failures: int = 0
    recoveries: int = 0
    recovered: int = 0
    unrecovered: int = 0
    complexities: int = 0
    mean_complexity: float | None = None
    drifts: int = 0
    mean_drift: float | None = None
    highest_drift: float | None = None
    highest_drift_stage: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: Cost | None = None


def with_event(figures: Figures, data: Payload) -> Figures:
    """The figures after one more event."""
    rule = _RULES.get(type(data))
    return figures if rule is None else rule(figures, data)


def since(before: Figures, now: Figures, begun: Iterable[Incident], drift: Figures) -> Figures:
    """The figures of the events between two states of a run.

    ``begun`` are the incidents before them that some of them have joined, as they were then; ``drift`` are
    figures with the highest drift among them.
    """
    later = Figures(
        policies=now.policies - before.policies,
        policies_passed=now.policies_passed - before.policies_passed,
        violations=now.violations - before.violations,
        failures=now.failures - before.failures,
        recoveries=now.recoveries - before.recoveries,
        recovered=now.recovered - before.recovered,
        unrecovered=now.unrecovered - before.unrecovered,
        complexities=now.complexities - before.complexities,
        mean_complexity=_mean_since(
            before.mean_complexity, before.complexities, now.mean_complexity, now.complexities
        ),
        drifts=now.drifts - before.drifts,
        mean_drift=_mean_since(before.mean_drift, before.drifts, now.mean_drift, now.drifts),
        highest_drift=drift.highest_drift,
        highest_drift_stage=drift.highest_drift_stage,
        input_tokens=_less(now.input_tokens, before.input_tokens),
        output_tokens=_less(now.output_tokens, before.output_tokens),
        cost=now.cost
        and (
            now.cost
            if before.cost is None
            else replace(now.cost, amount=now.cost.amount - before.cost.amount)
        ),
    )
    return with_incidents(later, [Change(None, incident) for incident in begun])


def _less(now: int | None, before: int | None) -> int | None:
    return now if now is None or before is None else now - before


def _mean_since(before: float | None, before_count: int, now: float | None, now_count: int) -> float | None:
    """The mean of the values that came after the first ``before_count``, within the unit interval."""
    count = now_count - before_count
    if now is None or not count:
        return None
    total = now * now_count - (before or 0.0) * before_count
    return min(max(total / count, 0.0), 1.0)


def with_incidents(figures: Figures, changes: Iterable[Change]) -> Figures:
    """The figures after changes of incidents."""
    for before, after in changes:
        figures = replace(
            figures,
            failures=figures.failures + _more(before, after, lambda item: item.kind == "failure"),
            recoveries=figures.recoveries + _more(before, after, lambda item: item.recoveries > 0),
            recovered=figures.recovered
            + _more(before, after, lambda item: item.recoveries > 0 and item.outcome == "recovered"),
            unrecovered=figures.unrecovered + _more(before, after, lambda item: item.unrecovered),
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


def _violation(figures: Figures, data: PolicyViolation) -> Figures:
    return replace(figures, violations=figures.violations + 1)


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


def _stage_completed(figures: Figures, data: StageCompleted) -> Figures:
    if data.input_tokens is None and data.output_tokens is None and data.cost is None:
        return figures
    return replace(
        figures,
        input_tokens=total(figures.input_tokens, data.input_tokens),
        output_tokens=total(figures.output_tokens, data.output_tokens),
        cost=total_cost(figures.cost, data.cost),
    )


_RULES: Final[dict[type[Payload], Callable[[Figures, Any], Figures]]] = {
    PolicyCheck: _policy_check,
    PolicyViolation: _violation,
    RoutingDecision: _routing,
    DriftDetected: _drift,
    StageCompleted: _stage_completed,
}

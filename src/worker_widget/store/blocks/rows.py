"""The typed rows that events give, apart from log lines: routing, policy, drift, failures and recoveries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec

from ...events import (
    DriftDetected,
    FailureClassified,
    FailureDetected,
    Payload,
    PolicyCheck,
    PolicyViolation,
    RecoveryCompleted,
    RecoveryStarted,
    RecoverySuggestion,
    RoutingDecision,
    RunFailed,
    StageFailed,
)
from ...state.routing_and_ledger import alternative
from .columns import ColumnKind, Schema

POSITION: Final = {"position": ColumnKind.POSITION}
"""Each table has the position of the event that gave a row; time and stage are those of the event."""

TABLES: Final[dict[str, Schema]] = {
    "routing": POSITION
    | {
        "agent": ColumnKind.WORD,
        "score": ColumnKind.NUMBER,
        "reason": ColumnKind.TEXT,
        "complexity": ColumnKind.NUMBER,
        "confidence": ColumnKind.NUMBER,
        "routing_source": ColumnKind.WORD,
        "alternatives": ColumnKind.POSITION,
    },
    "alternatives": {"agent": ColumnKind.WORD, "score": ColumnKind.NUMBER, "reason": ColumnKind.TEXT},
    "policy": POSITION
    | {
        "policy": ColumnKind.WORD,
        "passed": ColumnKind.FLAG,
        "severity": ColumnKind.WORD,
        "violation_type": ColumnKind.WORD,
        "pattern": ColumnKind.TEXT,
        "location": ColumnKind.WORD,
        "reason": ColumnKind.TEXT,
    },
    "drift": POSITION
    | {"score": ColumnKind.NUMBER, "threshold": ColumnKind.NUMBER, "aligned": ColumnKind.FLAG},
    "failures": POSITION
    | {
        "code": ColumnKind.WORD,
        "category": ColumnKind.WORD,
        "severity": ColumnKind.WORD,
        "error": ColumnKind.TEXT,
    },
    "recoveries": POSITION
    | {"action": ColumnKind.WORD, "success": ColumnKind.FLAG, "detail": ColumnKind.TEXT},
}
"""The tables of a block by name. ``alternatives`` in routing is the number of the decision's rows in the
table of alternatives, whose rows follow each other in the order of the decisions."""


class Row(NamedTuple):
    """A row of a table, without its position."""

    table: str
    values: tuple[Any, ...]


def row(data: Payload) -> Row | None:
    """The row that an event gives; ``None`` for an event without one."""
    rule = _RULES.get(type(data))
    return None if rule is None else rule(data)


def alternatives(data: RoutingDecision) -> list[tuple[str, float | None, str | None]]:
    """The rows of the table of alternatives that a decision gives."""
    entries = map(alternative, data.alternatives)
    return [(entry["agent"], entry["score"], entry["reason"]) for entry in entries]


def _routing(data: RoutingDecision) -> Row:
    scores = data.complexity, data.confidence
    return Row(
        "routing",
        (data.selected_agent, data.score, data.reason, *scores, data.routing_source, len(data.alternatives)),
    )


def _check(data: PolicyCheck) -> Row:
    return Row("policy", (data.policy, data.passed, None, None, None, None, None))


def _violation(data: PolicyViolation) -> Row:
    found = data.severity, data.violation_type, data.pattern, data.location, data.reason
    return Row("policy", (data.policy, None, *found))


def _drift(data: DriftDetected) -> Row:
    return Row("drift", (data.drift_score, data.threshold, data.aligned))


def _failed(data: StageFailed | RunFailed) -> Row:
    return Row("failures", (None, None, None, data.error))


def _detected(data: FailureDetected) -> Row:
    return Row("failures", (data.pattern, None, None, data.error))


def _classified(data: FailureClassified) -> Row:
    return Row("failures", (data.code, data.category, data.severity, None))


def _suggestion(data: RecoverySuggestion) -> Row:
    return Row("recoveries", (None, None, msgspec.json.encode(data.suggestions).decode()))


def _recovery_started(data: RecoveryStarted) -> Row:
    return Row("recoveries", (data.action, None, None))


def _recovery_completed(data: RecoveryCompleted) -> Row:
    return Row("recoveries", (data.action, data.success, None))


_RULES: Final[dict[type[Payload], Callable[[Any], Row]]] = {
    RoutingDecision: _routing,
    PolicyCheck: _check,
    PolicyViolation: _violation,
    DriftDetected: _drift,
    StageFailed: _failed,
    RunFailed: _failed,
    FailureDetected: _detected,
    FailureClassified: _classified,
    RecoverySuggestion: _suggestion,
    RecoveryStarted: _recovery_started,
    RecoveryCompleted: _recovery_completed,
}

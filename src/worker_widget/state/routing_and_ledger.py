"""Makes routing decisions and ledger rows from events: each row from a single event.

`reduce` keeps the newest rows in a `RunState`; the store makes any older row from its event with the same
functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

import msgspec

from ..events import (
    DriftDetected,
    FailureClassified,
    FailureDetected,
    Payload,
    PolicyCheck,
    PolicyViolation,
    RecoveryCompleted,
    RecoveryStarted,
    RecoverySuggestion,
    ReplayVerified,
    RoutingDecision,
    RunFailed,
    StageFailed,
)
from ..events.lenient_fields import number
from ..events.vocabulary import TYPES
from .error_words import error_words
from .incident import LedgerKind
from .incident_words import code_words, location_words, words
from .log_line import LoggedEvent
from .run_state import Alternative, LedgerRow, Outcome, RoutingRow

TYPES_WITHOUT_ROWS: Final = ("log", "artifact_started", "artifact_delta", "artifact_created")
"""Frequent event types without routing decisions and ledger rows. Readers of these rows leave them out."""

PROBLEMS: Final[tuple[Outcome, ...]] = ("error", "warning")
"""The outcomes of ledger rows that count as problems."""

NO_REASON: Final = "The worker gave no reason."
NO_ACTION: Final = "no action named"


def routing_row(logged: LoggedEvent, number: int) -> RoutingRow | None:
    """Makes a routing decision, the ``number``-th of its run (from 1); ``None`` for other events."""
    data = logged.event.data
    if not isinstance(data, RoutingDecision):
        return None
    return RoutingRow(
        number=number,
        position=logged.position,
        time_us=logged.event.time_us,
        stage_id=data.stage_id,
        agent=data.selected_agent,
        score=data.score,
        reason=data.reason,
        complexity=data.complexity,
        confidence=data.confidence,
        source=data.routing_source,
        alternatives=tuple(alternative(item) for item in data.alternatives),
    )


def ledger_row(logged: LoggedEvent, number: int, incident: int = 0) -> LedgerRow | None:
    """Makes a ledger row, the ``number``-th of its run (from 1); ``None`` for other events.

    ``incident`` is the number of its incident.
    """
    data = logged.event.data
    rule = _RULES.get(type(data))
    if rule is None:
        return None
    entry = rule(data)
    return LedgerRow(
        number=number,
        position=logged.position,
        time_us=logged.event.time_us,
        stage_id=getattr(data, "stage_id", None),
        kind=entry.kind,
        engine=entry.engine,
        outcome=entry.outcome,
        title=entry.title,
        detail=tuple((label, _text(value)) for label, value in entry.detail if value not in (None, "")),
        incident=incident,
    )


def routing_rows(events: Iterable[LoggedEvent]) -> Iterator[RoutingRow]:
    """The routing decisions in a run's events, numbered from 1."""
    number = 1
    for logged in events:
        row = routing_row(logged, number)
        if row is not None:
            number += 1
            yield row


def is_mild(severity: str | None) -> bool:
    """Whether a worker's severity is less than that of an error; none given is an error."""
    return (severity or "").lower() in ("warning", "info", "low")


class _Entry(NamedTuple):
    kind: LedgerKind
    engine: str
    outcome: Outcome
    title: str
    detail: Iterable[tuple[str, Any]] = ()


def _run_failed(data: RunFailed) -> _Entry:
    return _Entry("failure", "M9", "error", f"Run failed: {error_words(data.error or NO_REASON)}")


def _stage_failed(data: StageFailed) -> _Entry:
    return _Entry("failure", "M9", "error", f"Stage failed: {error_words(data.error or NO_REASON)}")


def _policy_check(data: PolicyCheck) -> _Entry:
    outcomes: dict[bool | None, tuple[Outcome, str]] = {
        True: ("ok", "passed"),
        False: ("error", "not passed"),
        None: ("info", "no result given"),
    }
    outcome, result = outcomes[data.passed]
    return _Entry("policy", "M19", outcome, f"{_sentence(data.policy or 'policy check')}: {result}")


def _policy_violation(data: PolicyViolation) -> _Entry:
    outcome: Outcome = "warning" if is_mild(data.severity) else "error"
    kind = data.policy or data.violation_type
    title = "Policy violation" + (f" ({words(kind)})" if kind else "")
    title += f": {data.reason or 'no reason given'}"
    where = None if data.location is None else location_words(data.location)
    detail = (("found", data.pattern), ("where", where), ("severity", data.severity))
    return _Entry("policy", "M19", outcome, title, detail)


def _drift(data: DriftDetected) -> _Entry:
    score = "without a score" if data.drift_score is None else f"{data.drift_score:.0%}"
    allowed = "" if data.threshold is None else f", {data.threshold:.0%} allowed"
    outcome: Outcome = "warning" if data.aligned is False else "ok"
    return _Entry("drift", "M18", outcome, f"Drift {score}{allowed}")


def _failure_detected(data: FailureDetected) -> _Entry:
    error = None if data.error is None else error_words(data.error)
    title = f"Failure detected: {code_words(data.pattern) or error or data.pattern or 'no reason given'}"
    detail = (("error", error), ("pattern", data.pattern))
    return _Entry("failure", "M9", "error", title, detail)


def _failure_classified(data: FailureClassified) -> _Entry:
    named = code_words(data.code) or (data.category and words(data.category))
    title = "Failure classified" + (f": {named}" if named else "")
    detail = (
        ("code", data.code),
        ("category", data.category),
        ("violations", data.violation_count),
        ("severity", data.severity),
    )
    return _Entry("failure", "M9", "error", title, detail)


def _recovery_suggestion(data: RecoverySuggestion) -> _Entry:
    count = len(data.suggestions)
    failure = code_words(data.failure_code) or "the failure"
    title = f"{count} recovery suggestion{'' if count == 1 else 's'} for {failure}"
    detail = [
        ("code", data.failure_code),
        *(
            (f"suggestion {number}", _suggestion(item))
            for number, item in enumerate(data.suggestions, start=1)
        ),
    ]
    if data.auto_apply is not None:
        detail.append(("applied", "automatically" if data.auto_apply else "by hand"))
    return _Entry("recovery", "M10", "info", title, detail)


def _recovery_started(data: RecoveryStarted) -> _Entry:
    return _Entry("recovery", "M10", "info", f"Recovery started: {words(data.action or NO_ACTION)}")


def _recovery_completed(data: RecoveryCompleted) -> _Entry:
    ending = "failed" if data.success is False else "completed"
    outcome: Outcome = "error" if data.success is False else "ok"
    return _Entry("recovery", "M10", outcome, f"Recovery {ending}: {words(data.action or NO_ACTION)}")


def _replay_verified(data: ReplayVerified) -> _Entry:
    return _Entry("replay", "M4", "ok" if data.identical else "error", replay_words(data))


def replay_words(data: ReplayVerified) -> str:
    """What running again verified, as a sentence without a full stop."""
    count = len(data.artifacts)
    if data.identical:
        return f"Run again and verified: {count} artifact{'' if count == 1 else 's'} identical"
    differing = [
        str(item.get("name"))
        for item in data.artifacts
        if isinstance(item, dict) and item.get("expected") != item.get("actual")
    ]
    return "Run again, and it differs: " + (", ".join(differing) or "no artifact named")


_RULES: Final[dict[type[Payload], Callable[[Any], _Entry]]] = {
    RunFailed: _run_failed,
    StageFailed: _stage_failed,
    PolicyCheck: _policy_check,
    PolicyViolation: _policy_violation,
    DriftDetected: _drift,
    FailureDetected: _failure_detected,
    FailureClassified: _failure_classified,
    RecoverySuggestion: _recovery_suggestion,
    RecoveryStarted: _recovery_started,
    RecoveryCompleted: _recovery_completed,
    ReplayVerified: _replay_verified,
}


LEDGER_TYPES: Final = tuple(TYPES[payload] for payload in _RULES)
"""The event types that have a ledger row."""

LEDGER_TYPES_OF: Final[dict[LedgerKind, tuple[str, ...]]] = {
    "policy": ("policy_check", "policy_violation"),
    "drift": ("drift_detected",),
    "failure": ("stage_failed", "run_failed", "failure_detected", "failure_classified"),
    "recovery": ("recovery_suggestion", "recovery_started", "recovery_completed"),
    "replay": ("replay_verified",),
}
"""The event types whose ledger rows are of a kind."""


def alternative(value: Any) -> Alternative:
    """An alternative as ``{agent, score, reason}``; real servers send only an agent's name."""
    if not isinstance(value, dict):
        return {"agent": str(value), "score": None, "reason": None}
    reason = value.get("reason")
    return {
        "agent": str(value.get("agent") or value.get("name") or "unnamed"),
        "score": number(value.get("score")),
        "reason": reason if isinstance(reason, str) else None,
    }


def _suggestion(value: Any) -> str:
    if not isinstance(value, dict):
        return _text(value)
    return "; ".join(
        f"{label.replace('_', ' ')}: {_text(item)}" for label, item in value.items() if item not in (None, "")
    )


def _sentence(code: str) -> str:
    """A code as the beginning of a sentence: "source_texts" becomes "Source texts"."""
    text = words(code)
    return text[:1].upper() + text[1:]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()

"""`Incident` and `IncidentBook`: the data of `worker_widget.state.incidents`, which has the rules."""

from __future__ import annotations

import hashlib
from typing import Literal, NamedTuple

import msgspec

from ..events.run_status import EndStatus

LedgerKind = Literal["failure", "policy", "drift", "recovery", "replay"]
IncidentOutcome = Literal["open", "recovered", "not_recovered", "reported", "passed"]
Severity = Literal["error", "warning"]


def error_digest(error: str | None) -> str | None:
    """A short digest of a failure's reason, by which a repetition of it is recognised."""
    return hashlib.sha256(error.encode(errors="replace")).hexdigest()[:16] if error else None


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """One incident; ``number`` counts those of the run from 1, in the order of their first events.

    ``found`` is a clause about what was found, ``tried`` are participles for what was tried, in order.
    ``before`` and ``after`` are the wording, or the drift, before and after a recovery, where they are known.
    ``location`` is where the text stands, such as ``brand.tagline``. ``outcome`` is open, recovered,
    not_recovered, reported (nothing was tried) or passed (an identical replay). ``position`` and ``last`` are
    the positions of its first and last event, ``events`` is their number; times are of these two.
    """

    number: int
    kind: LedgerKind
    stage_id: str | None
    outcome: IncidentOutcome
    severity: Severity
    found: str
    tried: tuple[str, ...] = ()
    before: str | None = None
    after: str | None = None
    location: str | None = None
    code: str | None = None
    engines: tuple[str, ...] = ()
    recoveries: int = 0
    events: int = 1
    position: int
    last: int
    started_us: int | None = None
    ended_us: int | None = None

    @property
    def duration_ms(self) -> float | None:
        """The time from its first to its last event, in milliseconds."""
        if self.started_us is None or self.ended_us is None:
            return None
        return max(0, self.ended_us - self.started_us) / 1000

    @property
    def unrecovered(self) -> bool:
        """Whether it is a problem that remains: not recovered, open, or an error that was only reported."""
        return self.kind != "replay" and (
            self.outcome in ("open", "not_recovered")
            or (self.outcome == "reported" and self.severity == "error")
        )


class Suggested(msgspec.Struct, frozen=True):
    """One recovery suggestion: an action, the location or pattern that it is about, and its replacement."""

    action: str
    location: str | None
    hint: str | None


class OpenIncident(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An incident that events can still join, and what they are matched by.

    ``policies`` are those that failed, ``failing`` those that have not passed since, ``types`` the kinds of
    its violations, ``pattern`` that of its failure. ``findings`` are the first clauses of ``found_count``,
    ``places`` where they are, ``note`` is what is shown without a finding. ``stage_error`` is the digest of
    the reason with which its stage failed, ``outer`` are the newest stages around it that failed because of
    that. ``running`` are the recoveries that have started and not ended, ``lost`` is whether one of the last
    did not succeed. ``violated`` and ``classified`` are the severities of its violations and of its failure.
    """

    incident: Incident
    policies: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    found_count: int = 0
    places: tuple[str, ...] = ()
    note: str | None = None
    error: str | None = None
    stage_error: str | None = None
    outer: tuple[str, ...] = ()
    pattern: str | None = None
    detected: bool = False
    unclassified: bool = False
    stage_failed: bool = False
    running: tuple[str, ...] = ()
    lost: bool = False
    violated: Severity | None = None
    classified: Severity | None = None
    suggested: tuple[Suggested, ...] = ()


class IncidentBook(msgspec.Struct, frozen=True, omit_defaults=True):
    """The number of incidents so far, and the open ones; the last is the one with the newest event."""

    total: int = 0
    open: tuple[OpenIncident, ...] = ()
    end: EndStatus | None = None


class Change(NamedTuple):
    """An incident before and after an event; ``before`` is ``None`` for a new incident."""

    before: Incident | None
    after: Incident

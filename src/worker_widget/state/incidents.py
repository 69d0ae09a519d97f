"""Groups the ledger's events into incidents: what was found, what was tried, and how it ended. Pure.

Each event that has a ledger row belongs to exactly one incident, or to the passed checks, which have the
number 0. Events are grouped by stage, order and code, because servers do not number incidents, and
``failure_classified`` and ``recovery_suggestion`` have no stage:

- A stage collects findings (failed checks, violations, drift over the threshold) in one incident until a
  recovery starts. Findings of another policy after that are another incident.
- A failure joins the findings of its stage if its pattern is theirs, or they have none. A classification
  joins the last failure that has none, a suggestion the last incident with its code.
- A check or measurement that passes joins an incident of its stage that the same policy, or drift, has
  opened.
- A stage that fails because a stage inside it failed joins the incident of that stage, and so do the
  recoveries of the outer stage.
- An incident is closed by a recovery that succeeds, by the end of its stage, or by the end of the run.

`enter` adds one event. An `IncidentBook` holds only the incidents that further events can still join.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Literal, NamedTuple

from msgspec.structs import replace

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
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunReconciled,
    StageCompleted,
    StageFailed,
)
from ..events.run_status import EndStatus
from .error_words import error_words
from .incident import (
    Change,
    Incident,
    IncidentBook,
    LedgerKind,
    OpenIncident,
    Severity,
    Suggested,
    error_digest,
)
from .incident_words import (
    GIVE_UP,
    action_of,
    clause,
    clipped,
    code_words,
    drift_words,
    found_in,
    key,
    location_words,
    percent,
    place_of,
    target_of,
    tried_words,
    words,
)
from .log_line import LoggedEvent
from .routing_and_ledger import is_mild, ledger_row, replay_words
from .run_end import run_end
from .run_state import LedgerRow

PASSED_CHECKS: Final = 0
"""The number that checks and measurements have that passed and belong to no incident."""

MOST_OPEN: Final = 32
"""A book holds at most this many open incidents; a further one closes the one without news for longest."""

_MOST_ITEMS: Final = 16
_MOST_SHOWN: Final = 2


class Entered(NamedTuple):
    """The book after an event, the number of the event's incident (``None`` without a ledger row), and the
    incidents that the event changed."""

    book: IncidentBook
    number: int | None
    changes: tuple[Change, ...] = ()


def enter(book: IncidentBook, logged: LoggedEvent) -> Entered:
    """The book after one more event of the log."""
    data = logged.event.data
    if type(data) not in _RELEVANT:
        return Entered(book, None)
    end = run_end(data)
    if isinstance(data, StageCompleted):
        return _close(book, lambda item: _failed(item, data.stage_id), _after_stage)
    find = _PLACES.get(type(data))
    if find is None:
        return Entered(book, None) if end is None else _end(book, end)
    place = find(book.open, data)
    if place == PASSED_CHECKS:
        return Entered(book, PASSED_CHECKS)
    entered = _join(book, logged, place if isinstance(place, OpenIncident) else None)
    if end is None:
        return entered
    ended = _end(entered.book, end)
    return Entered(ended.book, entered.number, (*entered.changes, *ended.changes))


def ledger_rows(events: Iterable[LoggedEvent]) -> Iterator[LedgerRow]:
    """The ledger rows in a run's events, numbered from 1, with the numbers of their incidents."""
    book, number = IncidentBook(), 1
    for logged in events:
        book, incident, _ = enter(book, logged)
        row = None if incident is None else ledger_row(logged, number, incident)
        if row is not None:
            number += 1
            yield row


def incidents(events: Iterable[LoggedEvent]) -> Iterator[Incident]:
    """The incidents in a run's events, each in its last state, in the order of their numbers."""
    book = IncidentBook()
    known: dict[int, Incident] = {}
    yielded = 0
    for logged in events:
        book, _, changes = enter(book, logged)
        known |= {change.after.number: change.after for change in changes}
        first_open = min((item.incident.number for item in book.open), default=book.total + 1)
        while yielded + 1 < first_open:
            yielded += 1
            yield known.pop(yielded)
    yield from (known[number] for number in sorted(known))


# --- which incident an event belongs to ------------------------------------------------------------

_Place = OpenIncident | Literal[0] | None
"""The incident that an event joins, `PASSED_CHECKS`, or ``None`` for a new incident."""

_Open = tuple[OpenIncident, ...]


def _last(items: Iterable[OpenIncident]) -> OpenIncident | None:
    """The one with the newest event."""
    found = None
    for item in items:
        found = item
    return found


def _of(items: _Open, stage_id: str | None) -> list[OpenIncident]:
    return [item for item in items if item.incident.stage_id == stage_id]


def _failed(item: OpenIncident, stage_id: str | None) -> bool:
    """Whether the incident is that of the stage, or the stage failed because of it."""
    return item.incident.stage_id == stage_id or key(stage_id) in item.outer


def _place_of_check(items: _Open, data: PolicyCheck) -> _Place:
    of_stage = _of(items, data.stage_id)
    if data.passed is not False:
        return _last(item for item in of_stage if key(data.policy) in item.failing) or PASSED_CHECKS
    return _place_of_finding(of_stage, "policy", data.policy, None)


def _place_of_violation(items: _Open, data: PolicyViolation) -> _Place:
    return _place_of_finding(_of(items, data.stage_id), "policy", data.policy, data.violation_type)


def _place_of_drift(items: _Open, data: DriftDetected) -> _Place:
    of_stage = _of(items, data.stage_id)
    if data.aligned is not False:
        return _last(item for item in of_stage if item.incident.kind == "drift") or PASSED_CHECKS
    return _place_of_finding(of_stage, "drift", None, None)


def _place_of_finding(
    of_stage: list[OpenIncident], kind: LedgerKind, policy: str | None, violation_type: str | None
) -> OpenIncident | None:
    current = _last(of_stage)
    if current is None or current.incident.kind not in (kind, "failure"):
        return None
    if not current.incident.recoveries:
        return current
    again = kind == "drift" or key(policy) in current.policies or key(violation_type) in current.types
    return current if again else None


def _place_of_failure(items: _Open, data: FailureDetected) -> _Place:
    current, pattern = _last(_of(items, data.stage_id)), key(data.pattern)
    if current is None or pattern is None:
        return current
    if current.detected:
        return current if pattern == current.pattern else None
    if current.stage_failed or pattern in current.types:
        return current
    if current.incident.kind == "drift":
        return current if "drift" in pattern.lower() else None
    return None if current.types else current


def _place_of_classification(items: _Open, data: FailureClassified) -> _Place:
    code = key(data.code)
    of_kind = [item for item in items if item.unclassified and item.incident.kind == data.category]
    return (
        _last(of_kind)
        or _last(item for item in items if item.unclassified)
        or _last(item for item in items if code is not None and item.incident.code == code)
        or _last(item for item in items if item.incident.code is None)
    )


def _place_of_suggestion(items: _Open, data: RecoverySuggestion) -> _Place:
    code = key(data.failure_code)
    return (
        _last(item for item in items if code is not None and item.incident.code == code)
        or _last(item for item in items if code is None or item.incident.code is None)
    )  # fmt: skip


def _place_of_start(items: _Open, data: RecoveryStarted) -> _Place:
    of_stage = [item for item in items if _failed(item, data.stage_id)]
    return (
        _last(item for item in of_stage if item.detected)
        or _last(of_stage)
        or _last(_of(items, None))
    )  # fmt: skip


def _place_of_completion(items: _Open, data: RecoveryCompleted) -> _Place:
    of_stage = [item for item in items if _failed(item, data.stage_id)]
    return (
        _last(item for item in of_stage if key(data.action) in item.running)
        or _last(item for item in of_stage if item.running)
        or _last(of_stage)
        or _last(_of(items, None))
    )


def _place_of_stage_failure(items: _Open, data: StageFailed) -> _Place:
    inner = data.failed_in
    cause = _last(item for item in items if inner is not None and item.stage_failed and _failed(item, inner))
    return cause or _last(_of(items, data.stage_id))


def _place_of_run_failure(items: _Open, data: RunFailed) -> _Place:
    return _last(item for item in items if item.incident.outcome == "not_recovered") or _last(
        item for item in items if item.incident.outcome == "open" and item.incident.severity == "error"
    )


def _place_of_replay(items: _Open, data: ReplayVerified) -> _Place:
    return None


_PLACES: Final[dict[type[Payload], Callable[[_Open, Any], _Place]]] = {
    PolicyCheck: _place_of_check,
    PolicyViolation: _place_of_violation,
    DriftDetected: _place_of_drift,
    FailureDetected: _place_of_failure,
    FailureClassified: _place_of_classification,
    RecoverySuggestion: _place_of_suggestion,
    RecoveryStarted: _place_of_start,
    RecoveryCompleted: _place_of_completion,
    StageFailed: _place_of_stage_failure,
    RunFailed: _place_of_run_failure,
    ReplayVerified: _place_of_replay,
}


# --- an incident with one more event ---------------------------------------------------------------


def _join(book: IncidentBook, logged: LoggedEvent, place: OpenIncident | None) -> Entered:
    """The book after an event that joins the incident ``place``, or a new one."""
    row = ledger_row(logged, 0)
    assert row is not None
    event, time_us = logged.event, logged.event.time_us
    if place is None:
        total = book.total + 1
        incident = Incident(
            number=total,
            kind=row.kind,
            stage_id=row.stage_id,
            outcome="open",
            severity="warning",
            found="",
            engines=(row.engine,),
            position=logged.position,
            last=logged.position,
            started_us=time_us,
            ended_us=time_us,
        )
        item = OpenIncident(incident=incident)
    else:
        total, known = book.total, place.incident
        times = [time for time in (known.ended_us, time_us) if time is not None]
        incident = replace(
            known,
            stage_id=row.stage_id if known.stage_id is None else known.stage_id,
            engines=_with(known.engines, row.engine),
            events=known.events + 1,
            last=logged.position,
            started_us=time_us if known.started_us is None else known.started_us,
            ended_us=max(times, default=None),
        )
        item = replace(place, incident=incident)
    item = _JOINS[type(event.data)](item, event.data)
    item = _described(item if book.end is None else _AFTER_RUN[book.end](item))
    change = Change(None if place is None else place.incident, item.incident)
    kept = tuple(other for other in book.open if other is not place)
    if item.incident.outcome not in ("recovered", "passed"):
        kept = (*kept, item)
    entered = Entered(replace(book, total=total, open=kept), incident.number, (change,))
    if len(kept) <= MOST_OPEN:
        return entered
    closed = _close(entered.book, lambda other: other is kept[0], _without_news)
    return Entered(closed.book, entered.number, (change, *closed.changes))


def _with(items: tuple[str, ...], more: str | None) -> tuple[str, ...]:
    """The items and the key of one more, unless they have it or are too many."""
    more = key(more)
    return items if more is None or more in items or len(items) >= _MOST_ITEMS else (*items, more)


def _without(items: tuple[str, ...], less: str | None) -> tuple[str, ...]:
    return tuple(item for item in items if item != less)


def _changed(item: OpenIncident, **changes: Any) -> OpenIncident:
    """The item with changes of its incident."""
    return replace(item, incident=replace(item.incident, **changes))


def _outcome_of(item: OpenIncident) -> OpenIncident:
    """The item after a check or a recovery: it is recovered if nothing fails and nothing is running."""
    if item.running:
        return item
    return _changed(item, outcome="not_recovered" if item.lost else "recovered")


def _with_check(item: OpenIncident, data: PolicyCheck) -> OpenIncident:
    if data.passed is not False:
        item = replace(item, failing=_without(item.failing, key(data.policy)))
        return item if item.failing or item.running else _outcome_of(replace(item, lost=False))
    item = _changed(item, kind="policy")
    return replace(
        item, policies=_with(item.policies, data.policy or "policy"), failing=_with(item.failing, data.policy)
    )


def _with_violation(item: OpenIncident, data: PolicyViolation) -> OpenIncident:
    mild = is_mild(data.severity) and item.violated != "error"
    item = replace(
        _changed(item, kind="policy"),
        violated="warning" if mild else "error",
        policies=_with(item.policies, data.policy),
        failing=_with(item.failing, data.policy),
        types=_with(item.types, data.violation_type),
    )
    kind = data.reason or code_words(data.violation_type) or code_words(data.policy)
    in_stage = data.location is not None and place_of(data.location) == item.incident.stage_id
    if in_stage or (data.location is None and data.pattern is None):
        return replace(item, note=item.note or (clause(kind) if kind else None))
    if data.pattern is None:
        found = f"{location_words(data.location or '')}: {clause(kind or 'a policy violation')}"
    else:
        found = found_in(data.location, data.pattern)
    # Rules that overlap find the same characters.
    place = key(data.location or found)
    if place in item.places:
        return item
    item = replace(item, places=_with(item.places, place))
    if data.location is not None and item.incident.location is None:
        before = None if data.pattern is None else clipped(data.pattern)
        item = _changed(item, location=key(place_of(data.location)), before=before)
    return _with_finding(item, found)


def _with_finding(item: OpenIncident, found: str) -> OpenIncident:
    if found in item.findings:
        return item
    shown = (*item.findings, found)[:_MOST_SHOWN]
    return replace(item, findings=shown, found_count=item.found_count + 1)


def _with_drift(item: OpenIncident, data: DriftDetected) -> OpenIncident:
    score = None if data.drift_score is None else percent(data.drift_score)
    within = data.aligned is not False
    if not within and not (item.incident.kind == "drift" and item.findings):
        found = drift_words(data.drift_score, data.threshold)
        return _changed(_with_finding(item, found), kind="drift", before=score)
    item = _changed(item, after=score or item.incident.after)
    return _outcome_of(replace(item, lost=False)) if within and not item.running else item


def _with_failure(item: OpenIncident, data: FailureDetected) -> OpenIncident:
    return replace(
        item,
        detected=True,
        unclassified=True,
        error=item.error or _error(data.error),
        pattern=item.pattern or key(data.pattern),
    )


def _error(text: str | None) -> str | None:
    return clause(error_words(text)) if text else None


def _with_classification(item: OpenIncident, data: FailureClassified) -> OpenIncident:
    kind = item.incident.kind
    named: dict[str | None, LedgerKind] = {"policy": "policy", "drift": "drift"}
    return _changed(
        replace(item, unclassified=False, classified="warning" if is_mild(data.severity) else "error"),
        code=item.incident.code or key(data.code),
        kind=named.get(data.category, kind) if kind == "failure" else kind,
    )


def _with_suggestion(item: OpenIncident, data: RecoverySuggestion) -> OpenIncident:
    suggested = tuple(_suggested(entry) for entry in data.suggestions if isinstance(entry, dict))
    return _changed(
        replace(item, suggested=(*item.suggested, *suggested)[:_MOST_ITEMS]),
        code=item.incident.code or key(data.failure_code),
    )


def _suggested(entry: dict[str, Any]) -> Suggested:
    def text(key: str) -> str | None:
        value = entry.get(key)
        return clipped(value) if isinstance(value, str) and value.strip() else None

    location = text("location")
    return Suggested(
        key(text("action")) or "", key(location and place_of(location)), text("replacement_hint")
    )


def _with_start(item: OpenIncident, data: RecoveryStarted) -> OpenIncident:
    action = key(data.action) or ""
    tried = tried_words(action)
    incident = item.incident
    shows_wording = incident.before is not None and incident.kind != "drift"
    return _changed(
        replace(item, running=(*item.running, action)[-_MOST_ITEMS:], lost=item.lost and bool(item.running)),
        outcome="open",
        recoveries=incident.recoveries + (action_of(action) != GIVE_UP),
        tried=_with(incident.tried, tried),
        after=(_hint(item, action) if shows_wording else None) or incident.after,
    )


def _hint(item: OpenIncident, action: str) -> str | None:
    """The replacement that an action uses at the place that the incident shows."""
    target = target_of(action)
    location = item.incident.location
    if target is not None and target != location:
        return None
    return next(
        (
            entry.hint
            for entry in item.suggested
            if entry.action == action_of(action) and entry.location in (None, location)
        ),
        None,
    )


def _with_completion(item: OpenIncident, data: RecoveryCompleted) -> OpenIncident:
    action = key(data.action) or ""
    place = item.running.index(action) if action in item.running else 0
    running = item.running[:place] + item.running[place + 1 :]
    tried = None if item.incident.recoveries else tried_words(action)
    item = replace(item, running=running, lost=item.lost or data.success is False)
    return _outcome_of(_changed(item, tried=_with(item.incident.tried, tried)))


def _with_stage_failure(item: OpenIncident, data: StageFailed) -> OpenIncident:
    if data.failed_in is not None and item.stage_failed:
        outer = _with(_without(item.outer, key(data.stage_id))[1 - _MOST_ITEMS :], data.stage_id)
        return _changed(replace(item, outer=outer), outcome="not_recovered")
    failed = replace(
        item, stage_failed=True, error=item.error or _error(data.error), stage_error=error_digest(data.error)
    )
    return _changed(failed, outcome="not_recovered")


def _with_run_failure(item: OpenIncident, data: RunFailed) -> OpenIncident:
    return _changed(
        replace(item, stage_failed=True, error=item.error or _error(data.error)), outcome="not_recovered"
    )


def _with_replay(item: OpenIncident, data: ReplayVerified) -> OpenIncident:
    outcome = "passed" if data.identical else "not_recovered"
    return _changed(_with_finding(item, replay_words(data)), outcome=outcome)


_JOINS: Final[dict[type[Payload], Callable[[OpenIncident, Any], OpenIncident]]] = {
    PolicyCheck: _with_check,
    PolicyViolation: _with_violation,
    DriftDetected: _with_drift,
    FailureDetected: _with_failure,
    FailureClassified: _with_classification,
    RecoverySuggestion: _with_suggestion,
    RecoveryStarted: _with_start,
    RecoveryCompleted: _with_completion,
    StageFailed: _with_stage_failure,
    RunFailed: _with_run_failure,
    ReplayVerified: _with_replay,
}


def _described(item: OpenIncident) -> OpenIncident:
    """The item with the words and the severity of its incident brought up to date."""
    failed = item.stage_failed and "error"
    by_kind: Severity = "warning" if item.incident.kind == "drift" else "error"
    return _changed(item, found=_found(item), severity=failed or item.classified or item.violated or by_kind)


def _found(item: OpenIncident) -> str:
    more = item.found_count - len(item.findings)
    if item.findings:
        return " and ".join(item.findings) if not more else f"{', '.join(item.findings)} and {more} more"
    if item.error:
        return item.error
    if item.note:
        return item.note
    if item.policies:
        return f"the check “{words(item.policies[0])}” did not pass"
    named = code_words(item.pattern) or code_words(item.incident.code)
    return named or _NOTHING_NAMED[item.incident.kind]


_NOTHING_NAMED: Final[dict[LedgerKind, str]] = {
    "failure": "a failure without a reason",
    "policy": "a policy violation without a reason",
    "drift": "the drift is too high",
    "recovery": "a recovery without a failure",
    "replay": "a verification",
}


# --- how incidents end -----------------------------------------------------------------------------


def _after_stage(item: OpenIncident) -> OpenIncident:
    """A stage that completes has overcome its failure; what was only found, is reported."""
    if item.stage_failed or (item.incident.outcome == "open" and item.incident.recoveries):
        return _changed(item, outcome="recovered")
    return _changed(item, outcome="reported") if item.incident.outcome == "open" else item


def _without_news(item: OpenIncident) -> OpenIncident:
    """An incident that leaves a full book before its stage has ended: nothing says that it is recovered."""
    return _changed(item, outcome="reported") if item.incident.outcome == "open" else item


def _after_success(item: OpenIncident) -> OpenIncident:
    return item if item.incident.outcome == "not_recovered" else _after_stage(item)


def _after_failure(item: OpenIncident) -> OpenIncident:
    if item.incident.outcome != "open":
        return item
    return _changed(item, outcome="not_recovered" if item.incident.recoveries else "reported")


_Ending = Callable[[OpenIncident], OpenIncident]

_RELEVANT: Final = frozenset((*_PLACES, StageCompleted, RunCompleted, RunFailed, RunCancelled, RunReconciled))

_AFTER_RUN: Final[dict[EndStatus, _Ending]] = {
    "completed": _after_success,
    "failed": _after_failure,
    "cancelled": _after_failure,
    "interrupted": _after_failure,
}


def _close(book: IncidentBook, belongs: Callable[[OpenIncident], bool], ending: _Ending) -> Entered:
    """The book without the incidents that ``belongs`` selects, which are ended."""
    kept = tuple(item for item in book.open if not belongs(item))
    if len(kept) == len(book.open):
        return Entered(book, None)
    ended = [(item, ending(item)) for item in book.open if belongs(item)]
    changes = tuple(
        Change(item.incident, after.incident) for item, after in ended if item.incident != after.incident
    )
    return Entered(replace(book, open=kept), None, changes)


def _end(book: IncidentBook, end: EndStatus) -> Entered:
    """The book after the end of the run; a run ends once."""
    if book.end is not None:
        return Entered(book, None)
    closed = _close(book, lambda item: True, _AFTER_RUN[end])
    return Entered(replace(closed.book, end=end), None, closed.changes)

"""All routing decisions and ledger rows of a run: what a `RunState` holds only the tails of.

Each such row is told by one event, and by nothing else: `reduce` makes it, from that event alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ..events import (
    DriftDetected,
    FailureClassified,
    FailureDetected,
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
from .log_line import LoggedEvent
from .reduce import reduce
from .run_state import Counts, LedgerRow, RoutingRow, RunState

QUIET_TYPES: Final = ("log", "artifact_started", "artifact_delta", "artifact_created")
"""Types that tell neither: leaving them out of the reading saves most of it."""

PROBLEMS: Final = ("error", "warning")
"""The outcomes of a ledger row that is a problem."""

_LEDGER: Final = frozenset(
    [
        *(RunFailed, StageFailed, FailureDetected, FailureClassified),
        *(PolicyCheck, PolicyViolation, DriftDetected, ReplayVerified),
        *(RecoverySuggestion, RecoveryStarted, RecoveryCompleted),
    ]
)


def routing_row(logged: LoggedEvent, n: int) -> RoutingRow | None:
    """The routing decision that an event tells, as the ``n``-th of its run."""
    if type(logged.event.data) is not RoutingDecision:
        return None
    return reduce(RunState(counts=Counts(routing=n - 1)), logged).routing[-1]


def ledger_row(logged: LoggedEvent, n: int) -> LedgerRow | None:
    """The row of failures and recovery that an event tells, as the ``n``-th of its run."""
    if type(logged.event.data) not in _LEDGER:
        return None
    return reduce(RunState(counts=Counts(ledger=n - 1)), logged).ledger[-1]


def routing_rows(events: Iterable[LoggedEvent]) -> Iterator[RoutingRow]:
    """The routing decisions in a run's events, as `reduce` tells them."""
    n = 1
    for logged in events:
        row = routing_row(logged, n)
        if row is not None:
            n += 1
            yield row


def ledger_rows(events: Iterable[LoggedEvent]) -> Iterator[LedgerRow]:
    """The rows of failures and recovery in a run's events, as `reduce` tells them."""
    n = 1
    for logged in events:
        row = ledger_row(logged, n)
        if row is not None:
            n += 1
            yield row

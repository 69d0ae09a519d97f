"""All routing decisions and ledger rows of a run: what a `RunState` holds only the tails of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from ..run.log import LoggedEvent
from ..run.reduce import reduce
from ..run.state import LedgerRow, RoutingRow, RunState

QUIET_TYPES: Final = ("log", "artifact_started", "artifact_delta", "artifact_created")
"""Types that tell neither: leaving them out of the reading saves most of it."""


def routing_rows(events: Iterable[LoggedEvent]) -> Iterator[RoutingRow]:
    """The routing decisions in a run's events, as `reduce` tells them."""
    state = RunState()
    for logged in events:
        known = state.counts.routing
        state = reduce(state, logged)
        if state.counts.routing > known:
            yield state.routing[-1]


def ledger_rows(events: Iterable[LoggedEvent]) -> Iterator[LedgerRow]:
    """The rows of failures and recovery in a run's events, as `reduce` tells them."""
    state = RunState()
    for logged in events:
        known = state.counts.ledger
        state = reduce(state, logged)
        if state.counts.ledger > known:
            yield state.ledger[-1]

"""What every export format draws from: one run, as the store and `reduce` tell it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from ...state.log_line import LoggedEvent
from ...state.reduce import reduce_all
from ...state.routing_and_ledger import TYPES_WITHOUT_ROWS, ledger_rows, routing_rows
from ...state.run_state import LedgerRow, RoutingRow, RunState
from ...store.event_store import EventStore, RunRecord
from ...store.log_table import StoredLine

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Trace(msgspec.Struct, frozen=True):
    """One run to export. What may be long is read from the store, as often as it is asked for."""

    store: EventStore
    record: RunRecord
    state: RunState
    exported_us: int

    @property
    def worker(self) -> str:
        """The worker's id."""
        return self.state.worker or self.record.worker

    @property
    def task(self) -> str | None:
        """What the run was asked to do."""
        return self.state.task or self.record.task

    def events(self) -> Iterator[LoggedEvent]:
        """Every event."""
        return self.store.iterate(self.record.run_id)

    def log(self) -> Iterator[StoredLine]:
        """Every log line."""
        return self.store.log_rows(self.record.run_id)

    def routing(self) -> Iterator[RoutingRow]:
        """Every routing decision."""
        return routing_rows(self._telling())

    def ledger(self) -> Iterator[LedgerRow]:
        """Every row of failures, policy, drift, recovery and replay."""
        return ledger_rows(self._telling())

    def text(self, file: str) -> str | None:
        """An artifact's content."""
        return self.store.artifact_text(self.record.run_id, file)

    def _telling(self) -> Iterator[LoggedEvent]:
        return self.store.iterate(self.record.run_id, without=TYPES_WITHOUT_ROWS)


def read_trace(store: EventStore, run_id: str, exported: datetime) -> Trace:
    """The trace of a run as it stands now. Raises `RunUnknown`."""
    record = store.known_run(run_id)
    state = reduce_all(store.iterate(run_id, without=("log",)))
    return Trace(store, record, state, round(exported.timestamp() * 1_000_000))


def instant(time_us: int | None) -> str | None:
    """A time as ISO 8601 in UTC, to the microsecond."""
    if time_us is None:
        return None
    moment = _EPOCH + timedelta(microseconds=time_us)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")

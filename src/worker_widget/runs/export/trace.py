"""`Trace`: the data of one run that the export formats write."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from ...state.incident import Incident
from ...state.incident_title import incident_title, stage_name
from ...state.incidents import incidents, ledger_rows
from ...state.log_line import LoggedEvent
from ...state.reduce import reduce_all
from ...state.routing_and_ledger import TYPES_WITHOUT_ROWS, routing_rows
from ...state.run_state import LedgerRow, RoutingRow, RunState
from ...store.event_store import EventStore, RunRecord
from ...store.log_table import StoredLine

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Trace(msgspec.Struct, frozen=True):
    """One run to export. Events, rows and texts are read from the store at each call."""

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
        """The run's task."""
        return self.state.task or self.record.task

    def events(self) -> Iterator[LoggedEvent]:
        """Every event."""
        return self.store.iterate(self.record.run_id)

    def log(self) -> Iterator[StoredLine]:
        """Every log line."""
        return self.store.log_rows(self.record.run_id)

    def routing(self) -> Iterator[RoutingRow]:
        """Every routing decision."""
        return routing_rows(self._row_events())

    def ledger(self) -> Iterator[LedgerRow]:
        """Every row of failures, policy, drift, recovery and replay."""
        return ledger_rows(self._row_events())

    def incidents(self) -> Iterator[Incident]:
        """Every incident, in its last state."""
        return incidents(self._row_events())

    def title(self, incident: Incident) -> str:
        """The title of an incident."""
        return incident_title(incident, stage_name(self.state, incident.stage_id))

    def text(self, file: str) -> str | None:
        """The text of an artifact; ``None`` if it has no text."""
        return self.store.artifact_text(self.record.run_id, file)

    def _row_events(self) -> Iterator[LoggedEvent]:
        return self.store.iterate(self.record.run_id, without=TYPES_WITHOUT_ROWS)


def read_trace(store: EventStore, run_id: str, exported: datetime) -> Trace:
    """Reads the trace of a run in its current state. Raises `RunUnknown`."""
    record = store.known_run(run_id)
    state = reduce_all(store.iterate(run_id, without=("log",)))
    return Trace(store, record, state, round(exported.timestamp() * 1_000_000))


def instant(time_us: int | None) -> str | None:
    """A time as ISO 8601 in UTC, to the microsecond."""
    if time_us is None:
        return None
    moment = _EPOCH + timedelta(microseconds=time_us)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")

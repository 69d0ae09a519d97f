"""`Trace`: the data of one run that the export formats write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Final, TypeVar

from ...events.event import utc_text
from ...events.run_request import RunRequest
from ...state.incident import Incident, LedgerKind
from ...state.incident_title import incident_title, stage_name
from ...state.log_line import LoggedEvent
from ...state.reduce import reduce_all
from ...state.routing_and_ledger import LEDGER_TYPES, LEDGER_TYPES_OF
from ...state.run_state import LedgerRow, RoutingRow, RunState
from ...state.stage_content import CONTENT_TYPES, StageContent, stage_contents
from ...state.stages import TreeRow, tree
from ...store.event_store import EventStore
from ...store.events_table import EventBytes
from ...store.log_table import StoredLine
from ...store.run_records import RunRecord
from .signature import Signer

T = TypeVar("T")

_FIRST_EVENTS: Final = 8
"""The request is the first event of a run, unless events are missing."""


class RowsRead:
    """Counts the events and log lines that were read, for the progress of an export."""

    def __init__(self) -> None:
        self.read = 0

    def counted(self, rows: Iterator[T]) -> Iterator[T]:
        """Passes on rows and counts them."""
        for row in rows:
            self.read += 1
            yield row


@dataclass(frozen=True)
class Trace:
    """One run to export. Events, rows and texts are read from the store at each call."""

    store: EventStore
    record: RunRecord
    exported_us: int
    rows: RowsRead = field(default_factory=RowsRead)
    signer: Signer | None = None

    @cached_property
    def state(self) -> RunState:
        """The state of the run, read at the first use."""
        return self.store.state(self.record.run_id)

    @property
    def request(self) -> RunRequest | None:
        """What the run was started with; ``None`` if it is unknown. Only the first events are read."""
        return reduce_all(self.store.read(self.record.run_id, limit=_FIRST_EVENTS)).request

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

    def raw_events(self) -> Iterator[EventBytes]:
        """Every event as it arrived, not decoded."""
        return self.rows.counted(self.store.raw_events(self.record.run_id))

    def log(self) -> Iterator[StoredLine]:
        """Every log line."""
        return self.rows.counted(self.store.log_rows(self.record.run_id))

    def stages(self) -> Iterator[TreeRow]:
        """Every stage in the order of the tree."""
        return tree(self.store.stages(self.record.run_id))

    @property
    def stage_count(self) -> int:
        """The number of all stages."""
        return self.store.stage_count(self.record.run_id)

    def stage_contents(self) -> dict[str, StageContent]:
        """The inputs, outputs and tracebacks of all stages, by id."""
        return stage_contents(self.store.iterate(self.record.run_id, only=CONTENT_TYPES))

    def routing(self) -> Iterator[RoutingRow]:
        """Every routing decision."""
        return self.store.routing_rows(self.record.run_id)

    def ledger(self, kind: LedgerKind | None = None) -> Iterator[LedgerRow]:
        """Every row of failures, policy, drift, recovery and replay, or of one of these kinds."""
        types = LEDGER_TYPES if kind is None else LEDGER_TYPES_OF[kind]
        return self.store.ledger_rows(self.record.run_id, types)

    def incidents(self) -> Iterator[Incident]:
        """Every incident, in its last state."""
        return self.store.incidents(self.record.run_id)

    def title(self, incident: Incident) -> str:
        """The title of an incident."""
        return incident_title(incident, stage_name(self.state, incident.stage_id))

    def text(self, file: str) -> str | None:
        """The text of an artifact; ``None`` if it has no text."""
        return self.store.artifact_text(self.record.run_id, file)


def read_trace(store: EventStore, run_id: str, exported: datetime, signer: Signer | None = None) -> Trace:
    """Reads the trace of a run in its current state; ``signer`` signs its export. Raises `RunUnknown`."""
    record = store.known_run(run_id)
    return Trace(store, record, round(exported.timestamp() * 1_000_000), signer=signer)


def instant(time_us: int | None) -> str | None:
    """A time as ISO 8601 in UTC, to the microsecond."""
    if time_us is None:
        return None
    return utc_text(time_us).replace("+00:00", "Z")

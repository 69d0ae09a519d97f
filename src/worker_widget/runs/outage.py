"""Copies a run between the history and a store in memory, where it is kept while the history fails."""

from __future__ import annotations

from collections import Counter
from typing import Final

from msgspec.structs import replace

from ..errors import HistoryError
from ..events import Event
from ..store.event_store import EventStore

_EVENTS_AT_ONCE: Final = 1_000


def explained(error: HistoryError) -> HistoryError:
    """The error of the history, and what it means for a run."""
    return HistoryError(
        f"{error} The run goes on and is kept in memory. It is stored as soon as that works; if this kernel"
        " ends before, it is lost."
    )


class RunCopy:
    """Copies the events of a run from one store to another, a part at a time; `advance` continues.

    ``position`` is that of the last event that was copied. Events that ``target`` has are left out.
    """

    def __init__(self, run_id: str, source: EventStore, target: EventStore) -> None:
        self.position = 0
        self._run_id = run_id
        self._source = source
        self._target = target
        self._equal: Counter[bytes] = Counter()

    def begin(self, *, worker: str, origin: str, task: str | None) -> None:
        """Adds the run to the target, if that does not have it."""
        if self._target.run(self._run_id) is None:
            record = self._source.known_run(self._run_id)
            self._target.begin(
                self._run_id,
                worker=worker,
                origin=origin or record.origin,
                task=task or record.task,
                time_us=record.created_us,
            )

    def advance(self) -> bool:
        """Copies the next events; ``False`` if there are no more."""
        logged = self._source.read(self._run_id, self.position, _EVENTS_AT_ONCE)
        if logged:
            self._target.append(self._run_id, [self._numbered(item.event) for item in logged])
            self.position = logged[-1].position
        return len(logged) == _EVENTS_AT_ONCE

    def _numbered(self, event: Event) -> Event:
        """The event with the number of its copy: a store has equal events only where each is one."""
        if event.id is not None or (event.time_us is not None and event.time_us % 1_000_000):
            return event
        before = self._equal[event.key]
        self._equal[event.key] += 1
        return replace(event, copy=before) if before else event

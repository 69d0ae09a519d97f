"""Deletes the runs of a history that are beyond the limits of the settings, and empties its trash."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from ..retention import KeptRun, Retention, surplus
from . import events_table
from .event_store import EventStore

TRASH_DAYS: Final = 7
"""A run in the trash can be restored for at least so long; then it is deleted for good."""

_DAY_US: Final = 24 * 60 * 60 * 1_000_000
_PAUSE_S: Final = 0.002
"""Between two deletions, for those who wait to write."""


@dataclass(frozen=True)
class Pruned:
    """The runs that were deleted, or would be, and about how many bytes they had."""

    runs: tuple[str, ...]
    bytes: int


def beyond(store: EventStore, retention: Retention, *, trash_days: float = TRASH_DAYS) -> Pruned:
    """The runs beyond the limits, and those that have been in the trash for ``trash_days``."""
    now_us = events_table.now_us()
    runs: list[KeptRun] = store.trashed_runs(round(now_us - trash_days * _DAY_US))
    if retention:
        used = store.used_bytes() - sum(run.bytes for run in runs)
        runs += surplus(store.stored_runs(now_us), retention, used, now_us)
    return Pruned(tuple(run.run_id for run in runs), sum(run.bytes for run in runs))


def prune(store: EventStore, retention: Retention, *, trash_days: float = TRASH_DAYS) -> Pruned:
    """Deletes the runs that are `beyond` the limits, one after the other, in small steps.

    Raises `HistoryError`; what was deleted until then stays deleted.
    """
    found = beyond(store, retention, trash_days=trash_days)
    if found.runs:
        store.delete_surplus(found.runs, between=lambda: time.sleep(_PAUSE_S))
    return found

"""The events that end a run. Pure."""

from __future__ import annotations

from typing import Final

from ..events import Payload, RunCancelled, RunCompleted, RunFailed, RunReconciled
from ..events.run_status import EndStatus, end_status

END_EVENTS: Final = ("run_completed", "run_failed", "run_cancelled", "run_reconciled")
"""The types of the events that can end a run."""

_GOES_ON: Final = (None, "queued", "running", "waiting", "paused")


def run_end(data: Payload) -> EndStatus | None:
    """The status with which an event ends its run, ``None`` if it does not."""
    if isinstance(data, RunCompleted):
        return "failed" if data.success is False else "completed"
    if isinstance(data, RunFailed):
        return "failed"
    if isinstance(data, RunCancelled):
        return "cancelled"
    if isinstance(data, RunReconciled) and data.status not in _GOES_ON:
        return end_status(data.status or "") or "failed"
    return None

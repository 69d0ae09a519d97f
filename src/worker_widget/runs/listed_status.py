"""The status of a run in a list: one that is quiet for long counts as interrupted."""

from __future__ import annotations

import time
from typing import Final

from ..state.run_state import ENDED
from ..store.run_records import RunRecord

QUIET_US: Final = 600_000_000
"""A run without an event for this long counts as interrupted, unless it waits for a person, is paused, or its
server says otherwise."""


def listed_status(record: RunRecord, now_us: int | None = None) -> str:
    """The status of a run in the history.

    A run that waits for a person or is paused can take any time; another one that has not ended and is quiet
    counts as interrupted.
    """
    if record.status in (*ENDED, "waiting", "paused"):
        return record.status
    now_us = time.time_ns() // 1000 if now_us is None else now_us
    if now_us - record.updated_us > QUIET_US:
        return "interrupted"
    return "running" if record.events else record.status

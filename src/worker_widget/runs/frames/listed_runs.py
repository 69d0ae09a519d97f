"""The frame of the runs in a server's list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from .columns import milliseconds
from .pandas_frames import pandas_frame
from .reading import frame_of
from .schema import LISTED_RUNS

if TYPE_CHECKING:
    import pandas as pd


class ListedRun(Protocol):
    """A run in a server's list."""

    @property
    def run_id(self) -> str: ...
    @property
    def task(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def success(self) -> bool | None: ...
    @property
    def created_at(self) -> datetime | None: ...
    @property
    def total_latency_ms(self) -> float | None: ...


def listed_runs_frame(runs: Sequence[ListedRun]) -> pd.DataFrame:
    """Runs in a server's list, one row each."""
    created = (run.created_at for run in runs)
    rows = {
        **{name: [getattr(run, name) for run in runs] for name in ("run_id", "task", "status", "success")},
        "created_at": [None if at is None else round(at.timestamp() * 1_000_000) for at in created],
        "duration": milliseconds(run.total_latency_ms for run in runs),
    }
    return pandas_frame(frame_of(LISTED_RUNS, rows))

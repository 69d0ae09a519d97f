"""The frame of runs, read from the table of runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from ...store.event_store import EventStore
from .filters import FrameFilter
from .python_rows import Rows

_COLUMNS: Final = {
    "created_at": "created_us",
    "started_at": "started_us",
    "finished_at": "ended_us",
    "duration": "ended_us - started_us",
    "source": "origin",
}
_TAGS: Final = msgspec.json.Decoder(list[str])


def run_rows(store: EventStore, filter: FrameFilter, names: Sequence[str]) -> Rows:
    """These columns of the runs that pass the filter, newest first."""
    choice = filter.runs._replace(since_us=filter.since_us, until_us=filter.until_us, limit=filter.limit)
    values = store.run_values([_COLUMNS.get(name, name) for name in names], choice)
    rows: Rows = {name: list(column) for name, column in zip(names, zip(*values, strict=True), strict=False)}
    if rows and "tags" in rows:
        rows["tags"] = [_TAGS.decode(tags) if tags else [] for tags in rows["tags"]]
    return rows

"""The finished run in a saved notebook: small, and enough to show the console without a kernel."""

from __future__ import annotations

from typing import Any

import msgspec

from ...store.event_store import EventStore
from ..channel import snapshot
from ..channel.log_window import line_filter, log_window
from ..wire import LogFilter, LogRow, Saved, SavedArtifact, Shown

MOST_LOG_ROWS = 100
"""Rows of the levels that a log shows at first; half as many debug lines are saved with them."""
MOST_TEXT = 64 * 1024
_SHOWN_FIRST = ("html", "md", "json")


def saved(shown: Shown, store: EventStore) -> Saved | dict[str, Any]:
    """The trait ``saved``: the state, the newest log rows and one artifact; `{}` before the first run."""
    if shown.run_id is None:
        return {}
    # The list of workers and the notice do not belong to the run, and its request is there in words.
    form = msgspec.structs.replace(shown.form, workers=(), notice=None, brand="", options={})
    return {
        "state": {**snapshot.state(msgspec.structs.replace(shown, form=form)), "request": None},
        "log": _log_rows(shown.run_id, store),
        "artifact": _artifact(shown, store),
    }


def _log_rows(run_id: str, store: EventStore) -> list[LogRow]:
    """The newest rows without debug lines, and the newest debug lines after the first of them."""
    rows = _newest(run_id, store, LogFilter(levels=("info", "warning", "error")), MOST_LOG_ROWS)
    first = rows[0]["line"] if len(rows) == MOST_LOG_ROWS else 0
    debug = _newest(run_id, store, LogFilter(levels=("debug",)), MOST_LOG_ROWS // 2)
    return sorted([*rows, *(row for row in debug if row["line"] > first)], key=lambda row: row["line"])


def _newest(run_id: str, store: EventStore, filter: LogFilter, count: int) -> list[LogRow]:
    total = store.log_total(run_id, line_filter(filter))
    return log_window(store, run_id, filter, max(0, total - count), count)["rows"]


def _artifact(shown: Shown, store: EventStore) -> SavedArtifact | None:
    fitting = [item for item in shown.run.artifacts if item.has_content and item.chars <= MOST_TEXT]
    for kind in _SHOWN_FIRST:
        for item in fitting:
            if item.kind == kind and shown.run_id is not None:
                return {"file": item.file, "text": store.artifact_text(shown.run_id, item.file) or ""}
    return None

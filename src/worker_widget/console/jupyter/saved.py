"""The finished run in a saved notebook: small, and enough to show the console without a kernel."""

from __future__ import annotations

from typing import Any

import msgspec

from ...store.event_store import EventStore
from ..channel import snapshot
from ..channel.log_window import log_window
from ..wire import LogFilter, Saved, SavedArtifact, Shown

MOST_LOG_ROWS = 100
MOST_TEXT = 64 * 1024
_SHOWN_FIRST = ("html", "md", "json")


def saved(shown: Shown, store: EventStore) -> Saved | dict[str, Any]:
    """The trait ``saved``: the state, the newest log rows and one artifact; `{}` before the first run."""
    if shown.run_id is None:
        return {}
    # The list of workers and the notice do not belong to the run, and its request is there in words.
    form = msgspec.structs.replace(shown.form, workers=(), notice=None, brand="", options={})
    log = log_window(
        store,
        shown.run_id,
        LogFilter(),
        max(0, shown.run.counts.logs - MOST_LOG_ROWS),
        MOST_LOG_ROWS,
    )
    return {
        "state": {**snapshot.state(msgspec.structs.replace(shown, form=form)), "request": None},
        "log": log["rows"],
        "artifact": _artifact(shown, store),
    }


def _artifact(shown: Shown, store: EventStore) -> SavedArtifact | None:
    fitting = [item for item in shown.run.artifacts if item.has_content and item.chars <= MOST_TEXT]
    for kind in _SHOWN_FIRST:
        for item in fitting:
            if item.kind == kind and shown.run_id is not None:
                return {"file": item.file, "text": store.artifact_text(shown.run_id, item.file) or ""}
    return None

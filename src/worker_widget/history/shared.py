"""The one open history of this process: consoles and clients of one kernel share it."""

from __future__ import annotations

import threading
from pathlib import Path

from .store import EventStore, default_path

_lock = threading.Lock()
_open: dict[Path, EventStore] = {}


def shared_store() -> EventStore:
    """The history in `home()`, opened once. Raises `HistoryError` where it cannot be."""
    path = default_path()
    with _lock:
        if path not in _open:
            _open[path] = EventStore.open(path)
        return _open[path]

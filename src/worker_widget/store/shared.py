"""The one open history of this process: consoles and clients of one kernel share it."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from .event_store import EventStore, default_path

_lock = threading.Lock()
_open: dict[Path, EventStore] = {}
_before_fork: list[dict[Path, EventStore]] = []


def shared_store() -> EventStore:
    """The history in `home()`, opened once. Raises `HistoryError` where it cannot be."""
    path = default_path()
    with _lock:
        if path not in _open:
            _open[path] = EventStore.open(path)
        return _open[path]


def _forget() -> None:
    """In a forked child: open anew. SQLite's connections must not be used, nor closed, across a fork."""
    global _lock, _open
    _before_fork.append(_open)
    _lock, _open = threading.Lock(), {}


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)

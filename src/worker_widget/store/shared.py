"""The history that all consoles and clients of this process share."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from .event_store import EventStore, default_path

_lock = threading.Lock()
_open: dict[Path, EventStore] = {}
_before_fork: list[dict[Path, EventStore]] = []


def shared_store() -> EventStore:
    """The history in `home()`, opened at the first call, and again after it was closed.

    Raises `HistoryError` if that fails.
    """
    path = default_path()
    with _lock:
        if path not in _open or _open[path].closed:
            _open[path] = EventStore.open(path)
        return _open[path]


def _reset_after_fork() -> None:
    """Makes a forked child open the history again.

    SQLite's connections must not be used in a child, nor closed: they are kept open, unused.
    """
    global _lock, _open
    _before_fork.append(_open)
    _lock, _open = threading.Lock(), {}


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)

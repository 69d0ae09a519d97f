"""The history that all consoles and clients of this process share."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Final

from ..errors import HistoryError
from .event_store import EventStore, default_path

_IN_MEMORY: Final = Path()
"""Stands for the path of the history that is used while the file cannot be."""

_lock = threading.Lock()
_open: dict[Path, EventStore] = {}
_before_fork: list[dict[Path, EventStore]] = []


def shared_store() -> EventStore:
    """The history in `home()`, opened at the first call, and again after it was closed or replaced.

    Raises `HistoryError` if that fails.
    """
    return _opened(default_path())


def available_store() -> EventStore:
    """The same, or one in memory while the file cannot be opened; its ``unavailable`` is the reason."""
    try:
        return shared_store()
    except HistoryError as error:
        with _lock:
            store = _open.get(_IN_MEMORY)
            if store is None or store.closed:
                store = _open[_IN_MEMORY] = EventStore.memory(error)
            store.unavailable = error
            return store


def current_store(store: EventStore) -> EventStore:
    """``store``, or what to use in its place: the file if it was only unavailable, or a new one if it was
    replaced. Raises `HistoryError` if that cannot be opened."""
    if store.unavailable is not None:
        return shared_store()
    return store if store.path is None or not store.replaced else _opened(store.path)


def renewed_store(store: EventStore) -> EventStore:
    """The same for the next run; one in memory if it cannot be opened."""
    try:
        return current_store(store)
    except HistoryError:
        return available_store()


def _opened(path: Path) -> EventStore:
    with _lock:
        known = _open.get(path)
        if known is not None and known.replaced:
            known.leave()
        if known is None or known.closed or known.replaced:
            known = _open[path] = EventStore.open(path)
        return known


def _reset_after_fork() -> None:
    """Makes a forked child open the history again.

    SQLite's connections must not be used in a child, nor closed: they are kept open, unused.
    """
    global _lock, _open
    _before_fork.append(_open)
    _lock, _open = threading.Lock(), {}


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)

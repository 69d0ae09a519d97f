"""The runs of servers that this process follows: the consoles and clients of a run share one `LiveRun`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from weakref import WeakValueDictionary

from ..store.event_store import EventStore
from .live_run import LiveRun

_Key = tuple[EventStore, str, str]

_followed: Final[WeakValueDictionary[_Key, LiveRun]] = WeakValueDictionary()
_opening: Final[WeakValueDictionary[_Key, asyncio.Lock]] = WeakValueDictionary()


def followed(store: EventStore, origin: str, run_id: str) -> LiveRun | None:
    """The run of the server ``origin``, if it is being followed into ``store``."""
    live = _followed.get((store, origin, run_id))
    return live if live is not None and live.following else None


@asynccontextmanager
async def opening(store: EventStore, origin: str, run_id: str) -> AsyncIterator[None]:
    """While one caller finds out whether the run is followed, and follows it if not, others wait."""
    lock = _opening.setdefault((store, origin, run_id), asyncio.Lock())
    async with lock:
        yield


def follow(live: LiveRun, origin: str, store: EventStore) -> None:
    """Starts to follow a run of the server ``origin``. Must be called on the running loop.

    ``store`` is the history that it was opened with: one that cannot be written is not its own any more.
    """
    _followed[store, origin, live.run_id] = live
    live.start()


async def hold(store: EventStore, origin: str, run_id: str) -> LiveRun | None:
    """The same as `followed`, with one more holder, which must release it."""
    live = followed(store, origin, run_id)
    if live is not None:
        live.hold()
    return live


def _forget() -> None:
    _followed.clear()
    _opening.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)

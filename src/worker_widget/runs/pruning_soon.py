"""Applies the limits of the settings to the history in the background, after runs end."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from functools import partial
from typing import Final
from weakref import WeakSet

from .. import background
from ..errors import HistoryError
from ..retention import Retention, configured
from ..store.event_store import EventStore
from ..store.pruning import prune

_PAUSE_S: Final = 2.0
"""At least so much time is between two times."""

_log = logging.getLogger(__name__)
_asked: Final[WeakSet[EventStore]] = WeakSet()
_pruned: Final[WeakSet[EventStore]] = WeakSet()
_warned: Final[set[str]] = set()


def prune_soon(store: EventStore) -> None:
    """Deletes the runs beyond the limits soon, and what has been in the trash for long. Raises nothing."""
    if store.path is None:
        return
    with suppress(RuntimeError):  # Python ends
        background.submit(partial(_ask, store))


async def _ask(store: EventStore) -> None:
    _asked.add(store)
    if store in _pruned:
        return
    _pruned.add(store)
    try:
        while store in _asked:
            _asked.discard(store)
            await asyncio.to_thread(_prune, store)
            await asyncio.sleep(_PAUSE_S)
    finally:
        _pruned.discard(store)


def _prune(store: EventStore) -> None:
    try:
        prune(store, configured_limits())
    except HistoryError as error:  # the next run tries again
        _log.debug("The history was not pruned: %s", error)


def configured_limits() -> Retention:
    """What the settings say; no limits, and a warning in the log, for settings that cannot be used."""
    try:
        return configured()
    except ValueError as error:
        if str(error) not in _warned:
            _warned.add(str(error))
            _log.warning("No run is deleted from the history: %s", error)
        return Retention()

"""What the requests of ``js/src/wire.ts`` have in common: arguments, answers, the run they mean."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import msgspec

from ...errors import RunUnknown
from ...store.event_store import EventStore
from ..controller import ConsoleController


class Args(msgspec.Struct, frozen=True, kw_only=True):
    """The arguments of one request, checked by their types."""


class NoArgs(Args, frozen=True, kw_only=True):
    pass


class Answer(msgspec.Struct, frozen=True):
    """A result, with the bytes that go beside it."""

    result: Any
    buffers: tuple[bytes, ...] = ()


Handler = Callable[[Any], Coroutine[Any, Any, Answer]]
Handlers = Mapping[str, tuple[type[Args], Handler]]
"""By the request's name: what it takes, and what answers it."""


def shown_run(controller: ConsoleController) -> tuple[str, EventStore]:
    """The run on screen and the history it is in. Raises `RunUnknown` where none is."""
    live = controller.live
    if live is None:
        raise RunUnknown("No run is on screen.")
    return live.run_id, live.store

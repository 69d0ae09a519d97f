"""What all requests have in common: arguments, results, handlers, and the run on screen."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, NamedTuple, TypedDict

import msgspec

from ...errors import RunUnknown
from ...store.event_store import EventStore
from ..controller import ConsoleController


class Args(msgspec.Struct, frozen=True, kw_only=True):
    """The arguments of a request, checked by their types."""


class NoArgs(Args, frozen=True, kw_only=True):
    """The arguments of a request that has none."""


class NoResult(TypedDict):
    """The result of a request that returns nothing."""


class RequestAnswer(msgspec.Struct, frozen=True):
    """A result, and the bytes that are sent with it."""

    result: Any
    buffers: tuple[bytes, ...] = ()


class RequestHandler(NamedTuple):
    """Answers one request: the types of its arguments and of its result, and the function.

    The function's docstring describes the request in ``js/src/kernel/wire.ts``.
    """

    args: type[Args]
    result: Any
    answer: Callable[[Any], Coroutine[Any, Any, RequestAnswer]]


Handlers = Mapping[str, RequestHandler]
"""By the request's name."""

NOTHING = RequestAnswer({})


class ShownRun(NamedTuple):
    """The run on screen, the history it is in, and which of its events are shown: the first ``upto``, all for
    ``None``, without the first ``after``."""

    run_id: str
    store: EventStore
    upto: int | None
    after: int = 0


def shown_run(controller: ConsoleController) -> ShownRun:
    """The run on screen. Raises `RunUnknown` if there is none."""
    live, travel = controller.live, controller.travel
    if live is None or travel is None:
        raise RunUnknown("No run is on screen.")
    return ShownRun(live.run_id, live.store, travel.position, travel.after)

"""Finds the handler of each request: its arguments are checked by their types, its error is the reply.

The handlers are in the other modules of this package, one for each subject, imported when the first request
about it arrives; here are those about the subscriber itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

import msgspec

from ...errors import RequestRefused, WorkerWidgetError
from .. import wire
from ..channel.channel import Channel
from ..controller import ConsoleController, wire_error
from ..wire import Request, Watch, WireError
from .handlers import NOTHING, Args, Handlers, RequestAnswer, RequestHandler

_log = logging.getLogger(__name__)

_NEWEST_ONLY: Final = ("log.locate", "log.next")
"""A newer request of the same subscriber cancels the one before, whose result would not be used."""


class VisibleArgs(Args, frozen=True, kw_only=True):
    visible: bool


class Requests:
    """Answers the requests of all subscribers of one console."""

    def __init__(self, controller: ConsoleController, channel: Channel) -> None:
        self._controller = controller
        self._channel = channel
        self._searching: dict[tuple[str, str], asyncio.Task[RequestAnswer]] = {}
        self._known: dict[str, RequestHandler] = {}

    def handler(self, name: str) -> RequestHandler | None:
        """The handler of the request ``name``; ``None`` if there is no such request."""
        subject = name.partition(".")[0]
        if name not in self._known and subject in SUBJECTS:
            self._known.update(SUBJECTS[subject](self._controller))
        return self._known.get(name)

    async def answer(self, request: Request) -> None:
        """Answers one request, with its result or its error."""
        try:
            answer = await self._handle(request)
        except WorkerWidgetError as error:
            refused = wire.refusal(request, wire_error(error))
        except msgspec.ValidationError as error:
            message = f"The arguments of the request {request.name!r} are invalid: {error}"
            refused = wire.refusal(request, WireError("bad_request", message))
        except Exception as error:
            _log.exception("Request %s failed", request.name)
            message = f"The request {request.name!r} failed in the kernel: {type(error).__name__}: {error}"
            refused = wire.refusal(request, WireError("internal", message))
        else:
            result = msgspec.to_builtins(answer.result)
            self._channel.answer(wire.reply(request, result), list(answer.buffers))
            return
        self._channel.answer(refused, [])

    async def _handle(self, request: Request) -> RequestAnswer:
        if request.name == "watch":
            self._channel.watch(request.client, msgspec.convert(request.args, Watch))
            return NOTHING
        if request.name == "visible":
            self._channel.visible(request.client, msgspec.convert(request.args, VisibleArgs).visible)
            return NOTHING
        handler = self.handler(request.name)
        if handler is None:
            raise RequestRefused(f"There is no request {request.name!r} in this kernel. Run the cell again.")
        answer = handler.answer(msgspec.convert(request.args, handler.args))
        return await (self._newest(request, answer) if request.name in _NEWEST_ONLY else answer)

    async def _newest(self, request: Request, answer: Coroutine[Any, Any, RequestAnswer]) -> RequestAnswer:
        """The answer, unless the same subscriber sends the same request again before."""
        key = (request.client, request.name)
        task = asyncio.create_task(answer, name=f"find for {request.name}")
        if key in self._searching:
            self._searching[key].cancel()
        self._searching[key] = task
        try:
            await asyncio.wait({task})
            if task.cancelled():
                raise RequestRefused("A newer request took the place of this one.")
            return task.result()
        finally:
            task.cancel()
            if self._searching.get(key) is task:
                del self._searching[key]


def _code(controller: ConsoleController) -> Handlers:
    from .code import CodeRequests

    return CodeRequests(controller).handlers


def _runs(controller: ConsoleController) -> Handlers:
    from .runs import RunRequests

    return RunRequests(controller).handlers


def _history(controller: ConsoleController) -> Handlers:
    from .history import HistoryRequests

    return HistoryRequests(controller).handlers


def _brands(controller: ConsoleController) -> Handlers:
    from .brands import BrandRequests

    return BrandRequests(controller).handlers


def _log_lines(controller: ConsoleController) -> Handlers:
    from .log import LogRequests

    return LogRequests(controller).handlers


def _rows(controller: ConsoleController) -> Handlers:
    from .routing_and_ledger import RowRequests

    return RowRequests(controller).handlers


def _stages(controller: ConsoleController) -> Handlers:
    from .stages import StageRequests

    return StageRequests(controller).handlers


def _artifacts(controller: ConsoleController) -> Handlers:
    from .artifacts import ArtifactRequests

    return ArtifactRequests(controller).handlers


def _travel(controller: ConsoleController) -> Handlers:
    from .travel import TravelRequests

    return TravelRequests(controller).handlers


def _exports(controller: ConsoleController) -> Handlers:
    from .exports import ExportRequests

    return ExportRequests(controller).handlers


SUBJECTS: Final[Mapping[str, Callable[[ConsoleController], Handlers]]] = {
    "live": _code,
    "pages": _code,
    "extras": _code,
    "run": _runs,
    "worker": _runs,
    "workers": _runs,
    "history": _history,
    "brand": _brands,
    "log": _log_lines,
    "routing": _rows,
    "incident": _rows,
    "ledger": _rows,
    "stages": _stages,
    "artifact": _artifacts,
    "travel": _travel,
    "export": _exports,
}
"""Makes the handlers of the requests whose names begin so, up to the dot."""

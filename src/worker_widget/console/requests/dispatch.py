"""Finds the handler of each request: its arguments are checked by their types, its error is the reply.

The handlers are in the other modules of this package, one for each subject; here are those about the
subscriber itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final, TypedDict

import msgspec

from ...errors import RequestRefused, WorkerWidgetError
from .. import wire
from ..channel.channel import Channel
from ..controller import ConsoleController, wire_error
from ..jupyter import front_end
from ..wire import Request, Watch, WireError
from .artifacts import ArtifactRequests
from .brands import BrandRequests
from .exports import ExportRequests
from .handlers import NOTHING, Args, Handlers, NoArgs, RequestAnswer, RequestHandler
from .history import HistoryRequests
from .log import LogRequests
from .routing_and_ledger import RowRequests
from .runs import RunRequests

_log = logging.getLogger(__name__)

_NEWEST_ONLY: Final = ("log.locate", "log.next")
"""A newer request of the same subscriber cancels the one before, whose result would not be used."""


class VisibleArgs(Args, frozen=True, kw_only=True):
    visible: bool


class LiveCode(TypedDict):
    """The source of a JavaScript module."""

    code: str


class Requests:
    """Answers the requests of all subscribers of one console."""

    def __init__(self, controller: ConsoleController, channel: Channel) -> None:
        self._channel = channel
        self._searching: dict[tuple[str, str], asyncio.Task[RequestAnswer]] = {}
        self.handlers: Handlers = {
            **RunRequests(controller).handlers,
            **HistoryRequests(controller).handlers,
            **BrandRequests(controller).handlers,
            **LogRequests(controller).handlers,
            **RowRequests(controller).handlers,
            **ArtifactRequests(controller).handlers,
            **ExportRequests(controller).handlers,
            "live": RequestHandler(NoArgs, LiveCode, self._live),
        }

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
        handler = self.handlers.get(request.name)
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

    async def _live(self, args: NoArgs) -> RequestAnswer:
        """The module ``live.js``, from the package's own files."""
        return RequestAnswer({"code": await asyncio.to_thread(front_end.text, "live")})

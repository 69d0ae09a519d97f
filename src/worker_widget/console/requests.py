"""How what a view asks for is answered: every request of ``js/src/wire.ts`` has one handler.

A handler's parameters are the request's arguments, checked by their types; what it returns is the
result, what it raises the refusal. The handlers are in `run_requests`, `log_requests`,
`row_requests` and `artifact_requests`; here are those that mean the view itself.
"""

from __future__ import annotations

import asyncio
import logging

import msgspec

from ..errors import RequestRefused, WorkerWidgetError
from . import front_end, wire
from .arguments import Answer, Args, Handlers
from .artifact_requests import ArtifactRequests
from .channel import Channel
from .desk import Desk, wire_error
from .log_requests import LogRequests
from .row_requests import RowRequests
from .run_requests import RunRequests
from .wire import PartName, Request, Watch, WireError

_log = logging.getLogger(__name__)


class VisibleArgs(Args, frozen=True, kw_only=True):
    visible: bool


class PartArgs(Args, frozen=True, kw_only=True):
    name: PartName


class Requests:
    """Answers the requests of all views of one console."""

    def __init__(self, desk: Desk, channel: Channel) -> None:
        self._channel = channel
        self._handlers: Handlers = {
            **RunRequests(desk).handlers,
            **LogRequests(desk).handlers,
            **RowRequests(desk).handlers,
            **ArtifactRequests(desk).handlers,
            "part": (PartArgs, self._part),
        }

    async def answer(self, request: Request) -> None:
        """Answer one request, whatever comes of it."""
        try:
            answer = await self._handle(request)
        except WorkerWidgetError as error:
            refused = wire.refusal(request, wire_error(error))
        except msgspec.ValidationError as error:
            message = f"The console asked {request.name!r} in a form the kernel does not know: {error}"
            refused = wire.refusal(request, WireError("bad_request", message))
        except Exception as error:
            _log.exception("Request %s failed", request.name)
            message = f"The kernel could not do this ({request.name}): {type(error).__name__}: {error}"
            refused = wire.refusal(request, WireError("internal", message))
        else:
            result = msgspec.to_builtins(answer.result)
            self._channel.answer(wire.reply(request, result), list(answer.buffers))
            return
        self._channel.answer(refused, [])

    async def _handle(self, request: Request) -> Answer:
        if request.name == "watch":
            self._channel.watch(request.client, msgspec.convert(request.args, Watch))
            return Answer({})
        if request.name == "visible":
            self._channel.visible(request.client, msgspec.convert(request.args, VisibleArgs).visible)
            return Answer({})
        known = self._handlers.get(request.name)
        if known is None:
            raise RequestRefused(f"The kernel knows no request {request.name!r}; run the cell again.")
        kind, handler = known
        return await handler(msgspec.convert(request.args, kind))

    async def _part(self, args: PartArgs) -> Answer:
        return Answer({"code": await asyncio.to_thread(front_end.text, args.name)})

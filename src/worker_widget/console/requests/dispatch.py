"""How what a view asks for is answered: every request of ``js/src/wire.ts`` has one handler.

A handler's parameters are the request's arguments, checked by their types; what it returns is the
result, what it raises the refusal. The handlers are in `run_requests`, `log_requests`,
`row_requests` and `artifact_requests`; here are those that mean the view itself.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final

import msgspec

from ...errors import RequestRefused, WorkerWidgetError
from .. import wire
from ..channel.channel import Channel
from ..controller import ConsoleController, wire_error
from ..jupyter import front_end
from ..wire import PartName, Request, Watch, WireError
from .arguments import Answer, Args, Handlers
from .artifacts import ArtifactRequests
from .log import LogRequests
from .routing_and_ledger import RowRequests
from .runs import RunRequests

_log = logging.getLogger(__name__)

_NEWEST_ONLY: Final = ("log.locate", "log.next")
"""Who asks for another place wants the one before no longer: looking for that would only delay this."""


class VisibleArgs(Args, frozen=True, kw_only=True):
    visible: bool


class PartArgs(Args, frozen=True, kw_only=True):
    name: PartName


class Requests:
    """Answers the requests of all views of one console."""

    def __init__(self, controller: ConsoleController, channel: Channel) -> None:
        self._channel = channel
        self._looking: dict[tuple[str, str], asyncio.Task[Answer]] = {}
        self._handlers: Handlers = {
            **RunRequests(controller).handlers,
            **LogRequests(controller).handlers,
            **RowRequests(controller).handlers,
            **ArtifactRequests(controller).handlers,
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
        answer = handler(msgspec.convert(request.args, kind))
        return await (self._newest(request, answer) if request.name in _NEWEST_ONLY else answer)

    async def _newest(self, request: Request, answer: Coroutine[Any, Any, Answer]) -> Answer:
        """The answer, unless the same view asks for the same anew before it is there."""
        key = (request.client, request.name)
        task = asyncio.create_task(answer, name=f"find for {request.name}")
        if key in self._looking:
            self._looking[key].cancel()
        self._looking[key] = task
        try:
            await asyncio.wait({task})
            if task.cancelled():
                raise RequestRefused("Another place in the log was asked for meanwhile.")
            return task.result()
        finally:
            task.cancel()
            if self._looking.get(key) is task:
                del self._looking[key]

    async def _part(self, args: PartArgs) -> Answer:
        return Answer({"code": await asyncio.to_thread(front_end.text, args.name)})

"""Middleware that forwards requests about a run to the retired host that executes it."""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Final

from starlette.responses import StreamingResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..retired import RetiredHost

if TYPE_CHECKING:
    import httpx

_OF_A_RUN: Final = re.compile(r".*/workers/[^/]+/(?:runs|stream|events)/([^/]+)(?:/[^/]+)?")
_OF_A_CONNECTION: Final = frozenset(
    {b"host", b"x-aos-key", b"authorization", b"connection", b"transfer-encoding", b"content-length"}
)
_CONNECT_S: Final = 5.0

_log = logging.getLogger(__name__)


class ForwardRuns:
    """Forwards what concerns a run to the host that ``locate`` names for its id, if any.

    Requests for the runs of a host that has ended are answered here, after ``settle``, which writes the ends
    of these runs.
    """

    def __init__(
        self,
        app: ASGIApp,
        locate: Callable[[str], Awaitable[RetiredHost | None]],
        settle: Callable[[], Awaitable[None]],
    ) -> None:
        self._app = app
        self._locate = locate
        self._settle = settle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _OF_A_RUN.fullmatch(scope["path"]) if scope["type"] == "http" else None
        host = None if found is None else await self._locate(found[1])
        if host is None:
            await self._app(scope, receive, send)
            return
        import httpx

        body = b"" if scope["method"] in {"GET", "HEAD"} else (await receive()).get("body", b"")
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{host.port}",
            timeout=httpx.Timeout(None, connect=_CONNECT_S),
            trust_env=False,
        ) as client:
            try:
                answer = await client.send(_request(client, host, scope, body), stream=True)
            except httpx.TransportError:
                _log.info("The retired host %d does not answer", host.pid)
            else:
                await _pass_on(answer)(scope, receive, send)
                return
        await self._settle()
        await self._app(scope, _with(body, receive), send)


def _with(body: bytes, receive: Receive) -> Receive:
    """``receive`` with a body again that was received already; it is whole, see `LimitBody`."""
    whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return whole.pop() if whole else await receive()

    return again


def _request(client: httpx.AsyncClient, host: RetiredHost, scope: Scope, body: bytes) -> httpx.Request:
    kept = [(name, value) for name, value in scope["headers"] if name not in _OF_A_CONNECTION]
    query = scope["query_string"]
    return client.build_request(
        scope["method"],
        scope["raw_path"].decode("ascii") + (f"?{query.decode('ascii')}" if query else ""),
        headers=[*kept, (b"x-aos-key", host.token.encode())],
        content=body,
    )


def _pass_on(answer: httpx.Response) -> StreamingResponse:
    async def body() -> AsyncIterator[bytes]:
        try:
            async for chunk in answer.aiter_raw():
                yield chunk
        finally:
            await answer.aclose()

    response = StreamingResponse(body(), answer.status_code)
    response.raw_headers = [
        (name.lower(), value) for name, value in answer.headers.raw if name.lower() not in _OF_A_CONNECTION
    ]
    return response

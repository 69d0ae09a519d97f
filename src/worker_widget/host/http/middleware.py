"""Middleware that checks the host, the key and the size of every request.

Plain ASGI, outermost first: `Gate`, `CountRequests`, `LimitBody`.
"""

from __future__ import annotations

import re
import secrets
from http import HTTPStatus

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..activity import Activity

MAX_BODY_BYTES = 4 << 20
_DRAIN_BYTES = 16 * MAX_BODY_BYTES

_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})

Headers = list[tuple[bytes, bytes]]


class Gate:
    """Rejects requests that are not addressed to loopback or do not have the key.

    The ``Host`` check prevents DNS rebinding: a web page whose name resolves to 127.0.0.1 reaches this port,
    but sends its own host name. ``open_path`` are the paths that may be read without a key, if any: an
    ``EventSource`` of a browser cannot send one.
    """

    def __init__(self, app: ASGIApp, token: str, open_path: re.Pattern[str] | None = None) -> None:
        self._app = app
        self._token = token.encode()
        self._open_path = open_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._refuse(scope["headers"], self._is_open(scope)) if scope["type"] == "http" else None
        await (answer or self._app)(scope, receive, send)

    def _is_open(self, scope: Scope) -> bool:
        return (
            self._open_path is not None
            and scope["method"] == "GET"
            and self._open_path.fullmatch(scope["path"]) is not None
        )

    def _refuse(self, headers: Headers, is_open: bool) -> JSONResponse | None:
        host = b"".join(_values(headers, b"host")).decode("latin-1")
        if not is_loopback(host):
            return _error(
                HTTPStatus.MISDIRECTED_REQUEST, "This host accepts requests to 127.0.0.1 and localhost only."
            )
        keys = _values(headers, b"x-aos-key")
        authorizations = _values(headers, b"authorization")
        if len(keys) + len(authorizations) > 1:
            return _error(
                HTTPStatus.BAD_REQUEST,
                "Send the key once: as X-AOS-Key or as Authorization: Bearer, not both.",
            )
        if authorizations:
            scheme, _, credentials = authorizations[0].partition(b" ")
            keys = [credentials.strip()] if scheme.lower() == b"bearer" else []
        if not keys and not authorizations and is_open:
            return None
        if not keys:
            return _unauthorized("An API key is required: send it as X-AOS-Key or as Authorization: Bearer.")
        if not secrets.compare_digest(keys[0], self._token):
            return _unauthorized("Invalid API key")
        return None


class CountRequests:
    """Counts requests and open streams as activity, so that the host is not idle."""

    def __init__(self, app: ASGIApp, activity: Activity) -> None:
        self._app = app
        self._activity = activity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._activity:
            await self._app(scope, receive, send)


class LimitBody:
    """Rejects bodies of more than `MAX_BODY_BYTES`.

    A part of a longer body is read and discarded before the response: otherwise a client that is still
    sending would get a connection reset instead of the response.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        body = bytearray()
        size = 0
        more = True
        while more and size <= _DRAIN_BYTES:
            message = await receive()
            if message["type"] != "http.request":
                return
            chunk = message.get("body", b"")
            more = message.get("more_body", False)
            size += len(chunk)
            if size <= MAX_BODY_BYTES:
                body += chunk
        if size > MAX_BODY_BYTES:
            text = f"The request body is too large: at most {MAX_BODY_BYTES:,} bytes are accepted."
            await _error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text)(scope, receive, send)
            return
        whole: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def receive_whole() -> Message:
            return whole.pop() if whole else await receive()

        await self._app(scope, receive_whole, send)


def _values(headers: Headers, name: bytes) -> list[bytes]:
    return [value for key, value in headers if key == name]


def is_loopback(host: str) -> bool:
    """Whether the value of a ``Host`` header, or the host of an origin, is this computer."""
    return _name(host) in _LOOPBACK_NAMES


def _name(host: str) -> str:
    """The host name of a ``Host`` header, without its port."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()


def _error(status: HTTPStatus, detail: str) -> JSONResponse:
    return JSONResponse({"detail": detail}, status)


def _unauthorized(detail: str) -> JSONResponse:
    return JSONResponse({"detail": detail}, HTTPStatus.UNAUTHORIZED, {"WWW-Authenticate": "Bearer"})

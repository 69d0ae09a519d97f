"""Middleware that checks the host, the key and the size of every request.

Plain ASGI, outermost first: `Gate`, `SelectLanguageModel`, `CountRequests`, `LimitBody`.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..activity import Activity
from ..runs.registry import Registry

MAX_BODY_BYTES = 4 << 20
_DRAIN_BYTES = 16 * MAX_BODY_BYTES

_LOOPBACK = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{0,5})?", re.IGNORECASE)
_LOOPBACK_ORIGIN = re.compile(rf"https?://{_LOOPBACK.pattern}", re.IGNORECASE)

Headers = list[tuple[bytes, bytes]]


class AccessKey:
    """The key that requests must have; ``value`` can be replaced."""

    def __init__(self, value: str) -> None:
        self.value = value


class Gate:
    """Rejects requests that are not addressed to loopback, come from a foreign page, or do not have the key.

    The ``Host`` check prevents DNS rebinding: a web page whose name resolves to 127.0.0.1 reaches this port,
    but sends its own host name. The ``Origin`` check refuses what a page of another site sends here, also
    with the key, and a page without an origin of its own (``null``). ``open_path`` are the paths that may be
    read without a key, if any: an ``EventSource`` of a browser cannot send one.
    """

    def __init__(self, app: ASGIApp, key: AccessKey, open_path: re.Pattern[str] | None = None) -> None:
        self._app = app
        self._key = key
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
        origins = _values(headers, b"origin")
        if not all(is_loopback_origin(origin.decode("latin-1")) for origin in origins):
            return _error(
                HTTPStatus.FORBIDDEN,
                "This host refuses requests of web pages, except of pages that this computer serves.",
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
        if not secrets.compare_digest(keys[0], self._key.value.encode()):
            return _unauthorized("Invalid API key")
        return None


class SelectLanguageModel:
    """Selects the workers of the language model whose mark the request names, if it names one.

    A mark that is not known is refused as a wrong key is: clients then look for the host again, and register
    their model.
    """

    def __init__(self, app: ASGIApp, registry: Registry) -> None:
        self._app = app
        self._registry = registry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        marks = _values(scope["headers"], b"x-language-model") if scope["type"] == "http" else []
        mark = marks[0].decode("latin-1") if marks else ""
        if mark and not self._registry.has_model(mark):
            await _unauthorized("Unknown language model: register it first.")(scope, receive, send)
            return
        with self._registry.using(mark):
            await self._app(scope, receive, send)


class CountRequests:
    """Counts requests and open streams as activity, so that the host is not idle."""

    def __init__(self, app: ASGIApp, activity: Activity) -> None:
        self._app = app
        self._activity = activity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._activity:
            await self._app(scope, receive, send)


class LimitBody:
    """Rejects bodies of more than `MAX_BODY_BYTES`, or of more than the size that ``sizes`` has for the path.

    A part of a longer body is read and discarded before the response: otherwise a client that is still
    sending would get a connection reset instead of the response. After that part the connection is closed.
    """

    def __init__(self, app: ASGIApp, sizes: Mapping[str, int] = MappingProxyType({})) -> None:
        self._app = app
        self._sizes = sizes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        most = self._sizes.get(scope["path"], MAX_BODY_BYTES)
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
            if size <= most:
                body += chunk
        if size > most:
            text = f"The request body is too large: at most {most:,} bytes are accepted."
            await _error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text, close=more)(scope, receive, send)
            return
        whole: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

        async def receive_whole() -> Message:
            return whole.pop() if whole else await receive()

        await self._app(scope, receive_whole, send)


def _values(headers: Headers, name: bytes) -> list[bytes]:
    return [value for key, value in headers if key == name]


def is_loopback(host: str) -> bool:
    """Whether the value of a ``Host`` header is this computer, with any port or none."""
    return _LOOPBACK.fullmatch(host) is not None


def is_loopback_origin(origin: str) -> bool:
    """Whether the value of an ``Origin`` header is a page that this computer serves."""
    return _LOOPBACK_ORIGIN.fullmatch(origin) is not None


def _error(status: HTTPStatus, detail: str, *, close: bool = False) -> JSONResponse:
    return JSONResponse({"detail": detail}, status, {"Connection": "close"} if close else None)


def _unauthorized(detail: str) -> JSONResponse:
    return JSONResponse({"detail": detail}, HTTPStatus.UNAUTHORIZED, {"WWW-Authenticate": "Bearer"})

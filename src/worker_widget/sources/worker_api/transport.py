"""Sends requests to the worker API and maps network errors. The only module that uses httpx."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlsplit

import httpx
import msgspec

from ...errors import HostUnreachable, KeyRefused, RequestRefused, ServerError, UnknownWorker
from ...events.answers import unwrapped
from .api_request import ApiRequest
from .endpoint import Endpoint
from .endpoint_settings import EndpointSource
from .refusals import refusal

CONNECT_S: Final = 10.0

_BUSY: Final = (429, 503)
_BUSY_RETRIES: Final = 2
_LONGEST_WAIT_S: Final = 10.0

T = TypeVar("T")


class Transport:
    """Sends requests to the endpoint of ``source``, which is resolved again after a failure.

    An instance belongs to the event loop of its first request. The health route of ``worker`` shows the
    generation of a server.
    """

    def __init__(self, source: EndpointSource, worker: str) -> None:
        self._source = source
        self._worker = worker
        self._lock = asyncio.Lock()
        self._given: Endpoint | None = None
        self._endpoint: Endpoint | None = None
        self._client: httpx.AsyncClient | None = None
        self._drop: weakref.finalize[..., Transport] | None = None

    async def endpoint(self, *, after_failure: bool = False) -> Endpoint:
        """The endpoint with its prefix settled."""
        async with self._lock:
            if self._endpoint is not None and not after_failure:
                return self._endpoint
            given = await self._source.resolve(after_failure=after_failure)
            if self._endpoint is None or given != self._given:
                self._endpoint = given if given.settled else await self._probe(given)
                self._given = given
            return self._endpoint

    async def fetch(self, request: ApiRequest) -> Any:
        """Send a request and return the decoded JSON of the response, without its envelope."""
        response = await self._send(lambda endpoint: self._exchange(endpoint, request))
        return _json(response, request)

    @asynccontextmanager
    async def stream(
        self, request: ApiRequest, headers: dict[str, str], *, silence_s: float
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open an event stream; yields an iterator of its chunks. Leaving the block closes the connection.

        The iterator ends with the stream. It raises `HostUnreachable` if the connection is cut, or if no
        byte arrives for ``silence_s`` seconds.
        """
        response = await self._send(
            lambda endpoint: self._exchange(endpoint, request, headers=headers, silence_s=silence_s)
        )
        try:
            kind = response.headers.get("content-type", "")
            if not kind.lower().startswith("text/event-stream"):
                raise ServerError(
                    f"{_origin(response)} answered the stream request with {kind or 'no content type'},"
                    " not with an event stream. Check that no proxy answers instead of the server.",
                    response.status_code,
                )
            async with aclosing(_chunks(response, silence_s)) as chunks:
                yield chunks
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        client, self._client = self._client, None
        if self._drop is not None:
            self._drop()
        if client is not None:
            await client.aclose()

    async def _send(self, send: Callable[[Endpoint], Awaitable[T]]) -> T:
        """Call ``send`` with the endpoint, and once more with the new endpoint if it has moved."""
        endpoint = await self.endpoint()
        with _mapped_errors(endpoint.origin):
            try:
                return await send(endpoint)
            except (httpx.ConnectError, httpx.ConnectTimeout, KeyRefused):
                moved = await self.endpoint(after_failure=True)
                if moved == endpoint:
                    raise
        with _mapped_errors(moved.origin):
            return await send(moved)

    async def _exchange(
        self,
        endpoint: Endpoint,
        request: ApiRequest,
        *,
        headers: dict[str, str] | None = None,
        silence_s: float | None = None,
    ) -> httpx.Response:
        """A successful response; its body is unread if ``silence_s`` is given, which means a stream."""
        client = self._http(endpoint)
        http_request = client.build_request(
            request.method,
            _url(endpoint, request),
            params=request.params,
            content=_encoded(request.body),
            headers={**_CONTENT[request.body is not None], **endpoint.headers(), **(headers or {})},
            timeout=httpx.Timeout(silence_s or request.timeout_s, connect=CONNECT_S),
        )
        retries = _BUSY_RETRIES if request.method == "GET" else 0
        while True:
            response = await client.send(http_request, stream=True)
            try:
                if response.is_success and silence_s is not None:
                    return response
                await response.aread()
            except BaseException:
                await response.aclose()
                raise
            if response.is_success:
                return response
            wait_s = _retry_after_s(response.headers)
            if response.status_code not in _BUSY or not retries or wait_s is None or wait_s > _LONGEST_WAIT_S:
                raise refusal(
                    response.status_code,
                    response.headers,
                    response.content,
                    request=request,
                    endpoint=endpoint,
                )
            retries -= 1
            await asyncio.sleep(wait_s)

    async def _probe(self, given: Endpoint) -> Endpoint:
        """``given`` with the first prefix at which the worker answers."""
        refused: KeyRefused | None = None
        request = ApiRequest("GET", "/health", self._worker, timeout_s=CONNECT_S)
        for prefix in given.prefixes:
            endpoint = replace(given, prefix=prefix, settled=True)
            try:
                with _mapped_errors(endpoint.origin):
                    _json(await self._exchange(endpoint, request), request)
            except KeyRefused as error:  # a gateway can refuse the key for every address
                refused = refused or error
            except (UnknownWorker, RequestRefused):
                continue
            except ServerError as error:
                if error.status is not None and error.status >= 429:
                    raise
            else:
                return endpoint
        if refused is not None:
            raise refused
        tried = " nor ".join(f"{prefix}/workers/{self._worker}" for prefix in given.prefixes)
        raise UnknownWorker(
            f"There is no worker '{self._worker}' at {given.origin}: neither {tried} answers."
            " Check the address and the worker's id."
        )

    def _http(self, endpoint: Endpoint) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                # Each active run keeps one stream open.
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=4),
                # A proxy from the environment cannot reach the loopback address of this machine.
                trust_env=not _is_loopback(endpoint.origin),
                verify=_tls(),
            )
            self._drop = _close_when_dropped(self, self._client)
        return self._client


_closers: Final[set[asyncio.Task[None]]] = set()  # a loop has only weak references to its tasks


def _close_when_dropped(transport: Transport, client: httpx.AsyncClient) -> weakref.finalize[..., Transport]:
    """Closes the connections of ``client`` when ``transport`` is collected, or else when its loop ends."""
    loop, dropped = asyncio.get_running_loop(), asyncio.Event()

    async def close() -> None:
        try:
            await dropped.wait()
        finally:
            await client.aclose()

    task = loop.create_task(close(), name="close the connections of a dropped client")
    _closers.add(task)
    task.add_done_callback(_closers.discard)
    finalizer = weakref.finalize(transport, _set, loop, dropped)
    finalizer.atexit = False
    return finalizer


def _set(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    with suppress(RuntimeError):  # the loop has ended, and its tasks with it
        loop.call_soon_threadsafe(event.set)


@cache
def _tls() -> ssl.SSLContext:
    """Cached: reading the certificates takes longer than a request to the embedded host."""
    return httpx.create_ssl_context()


_CONTENT: Final[dict[bool, dict[str, str]]] = {
    False: {"Accept": "application/json"},
    True: {"Accept": "application/json", "Content-Type": "application/json"},
}


def _url(endpoint: Endpoint, request: ApiRequest) -> str:
    base = f"{endpoint.origin}{endpoint.prefix}/workers"
    worker = "" if request.worker is None else "/" + quote(request.worker, safe="")
    return base + worker + request.route


def _encoded(body: Any) -> bytes | None:
    if body is None:
        return None
    try:
        return msgspec.json.encode(body)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise RequestRefused(
            f"The request cannot be written as JSON: {error}. Use JSON values only."
        ) from error


def _json(response: httpx.Response, request: ApiRequest) -> Any:
    try:
        return unwrapped(msgspec.json.decode(response.content))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        kind = response.headers.get("content-type") or "no content type"
        raise ServerError(
            f"{_origin(response)} answered {request.method} {request.route} with content that is not"
            f" JSON ({kind}). Is this the address of a worker API?",
            response.status_code,
        ) from error


async def _chunks(response: httpx.Response, silence_s: float) -> AsyncGenerator[bytes, None]:
    origin = _origin(response)
    try:
        async for chunk in response.aiter_bytes():
            yield chunk
    except httpx.ReadTimeout as error:
        raise HostUnreachable(
            f"{origin} sent nothing for {silence_s:.0f} s, not even a keepalive."
        ) from error
    except httpx.RequestError as error:
        raise HostUnreachable(f"The connection to {origin} was cut.") from error


@contextmanager
def _mapped_errors(origin: str) -> Iterator[None]:
    """Maps the exceptions of httpx to those of this package."""
    try:
        yield
    except httpx.ConnectTimeout as error:
        raise HostUnreachable(
            f"{origin} did not accept a connection within {CONNECT_S:.0f} s. Check the address and the"
            " network."
        ) from error
    except httpx.ConnectError as error:
        raise HostUnreachable(
            f"Nothing answers at {origin} ({error}). Check the address and that the server is running."
        ) from error
    except httpx.TimeoutException as error:
        raise HostUnreachable(
            f"{origin} accepted the request but did not answer in time. Try again."
        ) from error
    except httpx.InvalidURL as error:
        raise HostUnreachable(f"{origin} is not a valid address. Check it.") from error
    except httpx.RequestError as error:
        raise HostUnreachable(
            f"The connection to {origin} was cut before the answer was complete. Try again."
        ) from error


def _origin(response: httpx.Response) -> str:
    url = response.request.url
    return f"{url.scheme}://{url.netloc.decode()}"


def _retry_after_s(headers: httpx.Headers) -> float | None:
    """The delay in ``Retry-After``, a number of seconds or a date; ``None`` if it is neither."""
    value = headers.get("retry-after", "").strip()
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


def _is_loopback(origin: str) -> bool:
    host = urlsplit(origin).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

"""Sends requests to the worker API and maps network errors. The only module that uses httpx."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import ssl
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from functools import cache
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlsplit

import httpx
import msgspec

from ...errors import HostUnreachable, KeyRefused, RequestRefused, ServerError, UnknownWorker
from ...events.answers import unwrapped
from ...events.json_depth import nested_too_deep
from ...events.lenient_json import decode_json
from .api_request import ApiRequest
from .endpoint import Endpoint
from .endpoint_settings import EndpointSource
from .refusals import refusal, retry_after_s
from .tls_errors import tls_problem

CONNECT_S: Final = 10.0
MOST_ANSWER_BYTES: Final = 200_000_000
"""The most bytes of an answer that is no stream. A longer one is refused as it arrives."""

_BUSY: Final = (429, 503)
_BUSY_RETRIES: Final = 2
_LONGEST_WAIT_S: Final = 10.0
_CUT: Final = "The connection to {} was cut before the answer was complete. Try again."
_PROXIES: Final = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")

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
        self._clients: dict[bool, httpx.AsyncClient] = {}
        self._drop: weakref.finalize[..., Transport] | None = None

    async def endpoint(self, *, after_failure: bool = False) -> Endpoint:
        """The endpoint with its prefix settled."""
        async with self._lock:
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
        clients, self._clients = self._clients, {}
        if self._drop is not None:
            self._drop()
        for client in clients.values():
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
        reading = request.method == "GET"
        client = self._http(endpoint, keep=reading)
        http_request = client.build_request(
            request.method,
            _url(endpoint, request),
            params=request.params,
            content=_encoded(request.body),
            headers={**_CONTENT[request.body is not None], **endpoint.headers(), **(headers or {})},
            timeout=httpx.Timeout(silence_s or request.timeout_s, connect=CONNECT_S),
        )
        # Who follows a stream waits itself, and shows for how long.
        retries = _BUSY_RETRIES if reading and silence_s is None else 0
        again = reading
        while True:
            try:
                response = await client.send(http_request, stream=True)
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError):
                # The server has closed a kept connection just before it was used.
                if not again:
                    raise
                again = False
                continue
            try:
                if response.is_success and silence_s is not None:
                    return response
                response = await _whole(response, request)
            except BaseException:
                await response.aclose()
                raise
            if response.is_success:
                return response
            wait_s = retry_after_s(response.headers)
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

    def _http(self, endpoint: Endpoint, *, keep: bool) -> httpx.AsyncClient:
        """The HTTP client; one that does not ``keep`` connections sends each request on a new one.

        What starts something is sent so: servers close kept connections without notice, and a request that
        was cut can have been executed, so it cannot be sent again.
        """
        client = self._clients.get(keep)
        if client is None:
            client = self._clients[keep] = _new_client(endpoint.origin, 4 if keep else 0)
            if self._drop is None:
                self._drop = _close_when_dropped(self, self._clients)
        return client


_closers: Final[set[asyncio.Task[None]]] = set()  # a loop has only weak references to its tasks


def _new_client(origin: str, most_kept: int) -> httpx.AsyncClient:
    local = _is_loopback(origin)
    try:
        return httpx.AsyncClient(
            # Each active run keeps one stream open.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=most_kept),
            # A proxy from the environment cannot reach the loopback address of this machine.
            trust_env=not local,
            verify=not (local and origin.startswith("http:")) and _tls(),
        )
    except OSError as error:  # no certificates are read for the loopback address
        named = " and ".join(name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name))
        raise HostUnreachable(
            f"The certificates in {named or 'this computer'} cannot be read ({error.strerror or error})."
            f" {origin} is not asked without them. Correct or remove {named or 'them'}."
        ) from error
    except (ValueError, TypeError, ImportError, httpx.InvalidURL) as error:
        socks = " A SOCKS proxy needs the package socksio." if isinstance(error, ImportError) else ""
        raise HostUnreachable(
            f"The proxy in {_proxy_variables()} cannot be used.{socks} Correct or remove it, or enter"
            f" {urlsplit(origin).hostname} in NO_PROXY to reach {origin} without it."
        ) from error


def _close_when_dropped(
    transport: Transport, clients: dict[bool, httpx.AsyncClient]
) -> weakref.finalize[..., Transport]:
    """Closes the connections of ``clients`` when ``transport`` is collected, or else when its loop ends."""
    loop, dropped = asyncio.get_running_loop(), asyncio.Event()

    async def close() -> None:
        try:
            await dropped.wait()
        finally:
            for client in clients.values():
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


def _tls() -> ssl.SSLContext:
    return _tls_of(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@cache
def _tls_of(file: str | None, directory: str | None) -> ssl.SSLContext:
    """Cached: reading the certificates takes longer than a request to the embedded host."""
    return httpx.create_ssl_context()


_CONTENT: Final[dict[bool, dict[str, str]]] = {
    False: {"Accept": "application/json"},
    True: {"Accept": "application/json", "Content-Type": "application/json"},
}


_OF_THE_BODY: Final = (b"content-encoding", b"content-length", b"transfer-encoding")
"""Headers of a body as it was sent; httpx decodes it."""


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


async def _whole(response: httpx.Response, request: ApiRequest) -> httpx.Response:
    """The response with its body. Raises `ServerError` for one of more than `MOST_ANSWER_BYTES`."""
    pieces: list[bytes] = []
    size = 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > MOST_ANSWER_BYTES:
            raise ServerError(
                f"{_origin(response)} answered {request.method} {request.route} with more than"
                f" {MOST_ANSWER_BYTES // 1_000_000} MB. The rest was not read.",
                response.status_code,
            )
        pieces.append(piece)
    await response.aclose()
    headers = [item for item in response.headers.raw if item[0].lower() not in _OF_THE_BODY]
    return httpx.Response(
        response.status_code, headers=headers, content=b"".join(pieces), request=response.request
    )


def _json(response: httpx.Response, request: ApiRequest) -> Any:
    try:
        if nested_too_deep(response.content):
            raise RecursionError("it is nested too deep")
        return unwrapped(decode_json(response.content))
    except (ValueError, RecursionError) as error:
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
    except (httpx.ConnectError, httpx.ProxyError) as error:
        problem = tls_problem(origin, error)
        if problem is not None:
            raise HostUnreachable(problem) from error
        proxies = "" if _is_loopback(origin) else _proxy_variables()
        also = f", and the proxy in {proxies}" if proxies else ""
        raise HostUnreachable(
            f"Nothing answers at {origin} ({error}). Check the address and that the server is running{also}."
        ) from error
    except httpx.TimeoutException as error:
        raise HostUnreachable(
            f"{origin} accepted the request but did not answer in time. Try again."
        ) from error
    except httpx.InvalidURL as error:
        raise HostUnreachable(f"{origin} is not a valid address. Check it.") from error
    except httpx.RemoteProtocolError as error:
        if "illegal" not in str(error):
            raise HostUnreachable(_CUT.format(origin)) from error
        raise HostUnreachable(
            f"{origin} answers, but not with HTTP. Check the port: the address of a server with TLS begins"
            " with https://."
        ) from error
    except httpx.RequestError as error:
        raise HostUnreachable(_CUT.format(origin)) from error


def _proxy_variables() -> str:
    """The names of the environment variables that name a proxy; "" if there is none."""
    names = (name for upper in _PROXIES for name in (upper, upper.lower()))
    return " or ".join(name for name in names if os.environ.get(name))


def _origin(response: httpx.Response) -> str:
    url = response.request.url
    return f"{url.scheme}://{url.netloc.decode()}"


def _is_loopback(origin: str) -> bool:
    host = urlsplit(origin).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

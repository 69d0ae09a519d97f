"""One request to the worker API and its answer, or the designed error. The only user of httpx."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
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
from .endpoint import Endpoint
from .endpoint_source import EndpointSource
from .refusals import Asked, refusal

CONNECT_S: Final = 10.0

_BUSY: Final = (429, 503)
_BUSY_RETRIES: Final = 2
_LONGEST_WAIT_S: Final = 10.0

T = TypeVar("T")


class Transport:
    """Requests to wherever ``source`` says, which is asked again when an endpoint stops serving.

    Belongs to the event loop of its first request. ``worker`` is the one whose health tells a
    server's generation.
    """

    def __init__(self, source: EndpointSource, worker: str) -> None:
        self._source = source
        self._worker = worker
        self._lock = asyncio.Lock()
        self._given: Endpoint | None = None
        self._endpoint: Endpoint | None = None
        self._client: httpx.AsyncClient | None = None

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

    async def fetch(self, asked: Asked) -> Any:
        """The JSON of the answer, out of its wrapping."""
        response = await self._where_it_serves(lambda endpoint: self._exchange(endpoint, asked))
        return _json(response, asked)

    @asynccontextmanager
    async def stream(
        self, asked: Asked, headers: dict[str, str], *, silence_s: float
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """The chunks of an event stream, as they come. Leaving the block closes the connection.

        They end with the stream; where it is cut, or silent for ``silence_s``, `HostUnreachable` is
        raised out of them.
        """
        response = await self._where_it_serves(
            lambda endpoint: self._exchange(endpoint, asked, headers=headers, silence_s=silence_s)
        )
        try:
            kind = response.headers.get("content-type", "")
            if not kind.lower().startswith("text/event-stream"):
                raise ServerError(
                    f"{_origin(response)} answered the stream's address with {kind or 'no content type'},"
                    " not with an event stream. Check that no proxy answers in its place.",
                    response.status_code,
                )
            async with aclosing(_chunks(response, silence_s)) as chunks:
                yield chunks
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _where_it_serves(self, send: Callable[[Endpoint], Awaitable[T]]) -> T:
        """``send`` to the endpoint; where it does not serve any more, once more where it is now."""
        endpoint = await self.endpoint()
        with _designed(endpoint.origin):
            try:
                return await send(endpoint)
            except (httpx.ConnectError, httpx.ConnectTimeout, KeyRefused):
                moved = await self.endpoint(after_failure=True)
                if moved == endpoint:
                    raise
        with _designed(moved.origin):
            return await send(moved)

    async def _exchange(
        self,
        endpoint: Endpoint,
        asked: Asked,
        *,
        headers: dict[str, str] | None = None,
        silence_s: float | None = None,
    ) -> httpx.Response:
        """A good answer; unread where ``silence_s`` says that it is a stream."""
        client = self._http(endpoint)
        request = client.build_request(
            asked.method,
            _url(endpoint, asked),
            params=asked.params,
            content=_encoded(asked.body),
            headers={**_CONTENT[asked.body is not None], **endpoint.headers(), **(headers or {})},
            timeout=httpx.Timeout(silence_s or asked.timeout_s, connect=CONNECT_S),
        )
        retries = _BUSY_RETRIES if asked.method == "GET" else 0
        while True:
            response = await client.send(request, stream=True)
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
                    response.status_code, response.headers, response.content, asked=asked, endpoint=endpoint
                )
            retries -= 1
            await asyncio.sleep(wait_s)

    async def _probe(self, given: Endpoint) -> Endpoint:
        """``given`` with the prefix under which the worker answers."""
        refused: KeyRefused | None = None
        asked = Asked("GET", "/health", self._worker, timeout_s=CONNECT_S)
        for prefix in given.prefixes:
            endpoint = replace(given, prefix=prefix, settled=True)
            try:
                with _designed(endpoint.origin):
                    _json(await self._exchange(endpoint, asked), asked)
            except KeyRefused as error:  # a gateway may say so of any address
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
                # One stream per run is open for as long as the run lasts.
                limits=httpx.Limits(max_connections=None, max_keepalive_connections=4),
                # A proxy from the environment cannot reach this machine's own loopback address.
                trust_env=not _is_loopback(endpoint.origin),
                verify=_tls(),
            )
        return self._client


@cache
def _tls() -> ssl.SSLContext:
    """Made once: reading the certificates takes longer than a request to the embedded host."""
    return httpx.create_ssl_context()


_CONTENT: Final[dict[bool, dict[str, str]]] = {
    False: {"Accept": "application/json"},
    True: {"Accept": "application/json", "Content-Type": "application/json"},
}


def _url(endpoint: Endpoint, asked: Asked) -> str:
    base = f"{endpoint.origin}{endpoint.prefix}/workers"
    worker = "" if asked.worker is None else "/" + quote(asked.worker, safe="")
    return base + worker + asked.route


def _encoded(body: Any) -> bytes | None:
    if body is None:
        return None
    try:
        return msgspec.json.encode(body)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise RequestRefused(
            f"The request cannot be written as JSON: {error}. Use JSON values only."
        ) from error


def _json(response: httpx.Response, asked: Asked) -> Any:
    try:
        return unwrapped(msgspec.json.decode(response.content))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        kind = response.headers.get("content-type") or "no content type"
        raise ServerError(
            f"{_origin(response)} answered {asked.method} {asked.route} with what is not JSON ({kind})."
            " Is this the address of a worker API?",
            response.status_code,
        ) from error


async def _chunks(response: httpx.Response, silence_s: float) -> AsyncGenerator[bytes, None]:
    origin = _origin(response)
    try:
        async for chunk in response.aiter_bytes():
            yield chunk
    except httpx.ReadTimeout as error:
        raise HostUnreachable(
            f"{origin} has sent nothing for {silence_s:.0f} s, not even a sign of life."
        ) from error
    except httpx.RequestError as error:
        raise HostUnreachable(f"The connection to {origin} was cut.") from error


@contextmanager
def _designed(origin: str) -> Iterator[None]:
    """Says in words what httpx says in types."""
    try:
        yield
    except httpx.ConnectTimeout as error:
        raise HostUnreachable(
            f"{origin} did not accept a connection within {CONNECT_S:.0f} s. Check the address and the"
            " network."
        ) from error
    except httpx.ConnectError as error:
        raise HostUnreachable(
            f"Nothing answers at {origin} ({error}). Check the address, and that the server runs."
        ) from error
    except httpx.TimeoutException as error:
        raise HostUnreachable(f"{origin} took the request but did not answer in time. Try again.") from error
    except httpx.InvalidURL as error:
        raise HostUnreachable(f"{origin} is not an address that can be reached. Check it.") from error
    except httpx.RequestError as error:
        raise HostUnreachable(
            f"The connection to {origin} was cut before the answer was complete. Try again."
        ) from error


def _origin(response: httpx.Response) -> str:
    url = response.request.url
    return f"{url.scheme}://{url.netloc.decode()}"


def _retry_after_s(headers: httpx.Headers) -> float | None:
    """The seconds that ``Retry-After`` asks for, be it a number or a date."""
    said = headers.get("retry-after", "").strip()
    if said.isdigit():
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


def _is_loopback(origin: str) -> bool:
    host = urlsplit(origin).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

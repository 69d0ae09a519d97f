"""The connection to an agent: one POST, answered by the stream of its events.

Limits: one event has at most `MOST_EVENT` bytes. Closing the connection is all that a client can do to stop
an agent.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import httpx
import msgspec

from ...events.sse import SSEDecoder
from ...host.worker import RunError
from . import refusals
from .secret_mask import SecretMask

CONNECT_S: Final = 10.0
MOST_EVENT: Final = 10 * 1024 * 1024
_MOST_BODY: Final = 64 * 1024
_STREAM: Final = "text/event-stream"
_SAME_METHOD: Final = (307, 308)
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class AgentConnection:
    """Sends runs to the agent at ``url``. ``headers``, and ``query``, which is added to the URL, are secret:
    no error contains their values.

    ``timeout_s`` is the longest time without a byte: until the first, and between two. Raises `RunError` for
    a URL or header that cannot be used.
    """

    def __init__(self, url: str, headers: Mapping[str, str], timeout_s: float, query: str = "") -> None:
        url = _checked_url(url)
        self._url = f"{url}{'&' if '?' in url else '?'}{query}" if query else url
        self._headers = _checked_headers(headers)
        self._timeout_s = timeout_s
        self.mask = SecretMask([*headers.values(), query, *(value for _, value in parse_qsl(query))])
        self.shown_url = shown_url(self._url)

    async def run(self, body: Mapping[str, Any]) -> AsyncGenerator[list[bytes], None]:
        """The events of a run as JSON, those that arrived together as one list. Closing it closes the
        connection. It ends with the stream, also where that is cut.

        Raises:
            RunError: There is no stream, it is silent for too long, or an event is too large.
        """
        content = msgspec.json.encode(body)
        client = await asyncio.to_thread(self._client)
        async with client:
            response = await self._post(client, content)
            try:
                async with aclosing(self._batches(response)) as batches:
                    async for batch in batches:
                        yield batch
            finally:
                await response.aclose()

    async def _post(self, client: httpx.AsyncClient, content: bytes) -> httpx.Response:
        response = await self._send(client, self._url, content)
        location = response.headers.get("location")
        if response.status_code in _SAME_METHOD and location is not None:
            await response.aclose()
            target = response.request.url.join(location)
            if _origin(target) != _origin(response.request.url):
                raise RunError(self._message(refusals.redirected(self.shown_url, shown_url(str(target)))))
            response = await self._send(client, str(target), content)
        try:
            await self._check(response)
        except BaseException:
            await response.aclose()
            raise
        return response

    async def _send(self, client: httpx.AsyncClient, url: str, content: bytes) -> httpx.Response:
        where, limit = self.shown_url, self._timeout_s
        try:
            return await client.send(client.build_request("POST", url, content=content), stream=True)
        except httpx.ProxyError as error:
            text = (
                f"The proxy of the environment cannot reach {where} ({error}). Check HTTP_PROXY and NO_PROXY."
            )
        except httpx.ConnectTimeout:
            text = f"{where} did not accept a connection within {CONNECT_S:g} s. Check the address."
        except httpx.ConnectError as error:
            text = f"No agent answers at {where} ({error}). Start the agent, or correct the URL."
        except httpx.TimeoutException:
            text = (
                f"The agent at {where} did not answer within {limit:g} s. Check that it works, or give it"
                " more time (option timeout)."
            )
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError):
            text = f"{where} is not a URL that can be opened. Correct it."
        except httpx.RequestError as error:
            reason = str(error) or type(error).__name__
            text = f"{where} closed the connection without an answer ({reason}). See the log of the agent."
        raise RunError(self._message(text)) from None

    async def _check(self, response: httpx.Response) -> None:
        """Raises `RunError` for an answer that is not an event stream."""
        status = response.status_code
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if status == httpx.codes.OK and kind in (_STREAM, ""):
            return
        body = "" if kind == _STREAM else await self._body(response)
        if response.is_success:
            text = refusals.wrong_content(self.shown_url, kind, body)
        else:
            wait = response.headers.get("retry-after")
            text = refusals.refusal(self.shown_url, status, response.reason_phrase, body, wait)
        raise RunError(self._message(text))

    async def _body(self, response: httpx.Response) -> str:
        """The start of the body, as far as it arrives soon."""
        content = b""
        try:
            async with asyncio.timeout(CONNECT_S):
                async for chunk in response.aiter_bytes():
                    content += chunk
                    if len(content) >= _MOST_BODY:
                        break
        except (httpx.HTTPError, TimeoutError):
            pass
        return content[:_MOST_BODY].decode("utf-8", "replace")

    async def _batches(self, response: httpx.Response) -> AsyncGenerator[list[bytes], None]:
        decoder = SSEDecoder()
        waiting, comments = 0, 0
        try:
            async for chunk in response.aiter_bytes():
                batch = [frame.data for frame in decoder.feed(chunk)]
                if batch or decoder.comments != comments:
                    waiting, comments = 0, decoder.comments
                else:
                    waiting += len(chunk)
                if waiting > MOST_EVENT or any(len(data) > MOST_EVENT for data in batch):
                    raise RunError(
                        f"The agent at {self.shown_url} sent an event of more than"
                        f" {MOST_EVENT // 1024 // 1024} MB. The run is given up; see what the agent puts into"
                        " its events, such as rawEvent."
                    )
                if batch:
                    yield [self.mask.json(data) for data in batch]
        except httpx.ReadTimeout:
            text = (
                f"The agent at {self.shown_url} was silent for {self._timeout_s:g} s. Check that it works, or"
                " give it more time (option timeout)."
            )
            raise RunError(text) from None
        except httpx.DecodingError:
            text = f"The answer of {self.shown_url} is compressed in a way that cannot be read."
            raise RunError(text) from None
        except httpx.RequestError:
            return  # the stream was cut: whether its run was over shows in its events

    def _message(self, text: str) -> str:
        return self.mask.text(text)

    def _client(self) -> httpx.AsyncClient:
        headers = {
            **self._headers,
            "Accept": _STREAM,
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
        }
        return httpx.AsyncClient(
            headers=headers,
            timeout=httpx.Timeout(self._timeout_s, connect=CONNECT_S),
            # A proxy from the environment cannot reach the loopback address of this machine.
            trust_env=not _is_loopback(self._url),
        )


def shown_url(url: str) -> str:
    """The URL without user, password, query and fragment, which can be secret."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


def _checked_url(url: str) -> str:
    url = url.strip()
    if not url:
        raise RunError(
            "The option url is missing. Give the URL of an AG-UI agent, such as http://127.0.0.1:8000/."
        )
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise RunError(f"{url[:200]!r} is not the URL of an agent. It must begin with http:// or https://.")
    return url


def _checked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if _HEADER_NAME.fullmatch(name) is None:
            raise RunError(f"{name[:100]!r} is not the name of an HTTP header. Correct the headers.")
        if _HEADER_VALUE.fullmatch(value) is None:
            raise RunError(
                f"The value of the header {name[:100]} has characters that HTTP does not allow, such as a"
                " line break. Correct the headers."
            )
    own = ("accept", "accept-encoding", "content-type", "content-length", "host", "transfer-encoding")
    return {name: value.strip() for name, value in headers.items() if name.lower() not in own}


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return (url.scheme, url.host, url.port)


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")

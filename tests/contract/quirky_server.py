"""A scripted server of the worker API over real sockets, that misbehaves exactly as real ones do.

Each route has a list of replies; they are given in turn, and the last one for ever::

    async with QuirkyServer() as server:
        server.on("GET", "/api/v1/workers/w/stream/r1", Stream(frame, CUT), Stream(frame, HOLD))
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


class End(Enum):
    """How a stream stops."""

    CUT = auto()
    """In the middle of a chunk, without a farewell: the server's process has died."""
    HOLD = auto()
    """Never; it stays open without a byte until the client leaves."""


CUT, HOLD = End.CUT, End.HOLD


@dataclass(frozen=True)
class Wait:
    """Some seconds in which a stream sends nothing."""

    seconds: float


@dataclass(frozen=True)
class Endless:
    """The same chunk again and again, until the client leaves."""

    chunk: bytes


@dataclass(frozen=True)
class Until:
    """A stream sends nothing until the test says so."""

    event: asyncio.Event


@dataclass(frozen=True)
class Reply:
    """An ordinary answer. ``body`` is text or bytes as they are, anything else as JSON; ``first`` is
    awaited before it is sent."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    first: Callable[[], Awaitable[None]] | None = None

    def content(self) -> bytes:
        if isinstance(self.body, str):
            return self.body.encode()
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class Stream:
    """An event stream: each ``bytes`` is one chunk on the wire; without `CUT` or `HOLD` it ends well."""

    def __init__(
        self, *steps: bytes | Wait | Until | Endless | End, content_type: str = "text/event-stream"
    ) -> None:
        self.steps = steps
        self.content_type = content_type


@dataclass(frozen=True)
class Seen:
    """A request as it arrived; header names in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class QuirkyServer:
    """Listens on a free port of 127.0.0.1 while in its ``async with`` block."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        self.seen: list[Seen] = []
        self.open_streams = 0
        self.streams_left = asyncio.Event()
        self._replies: dict[tuple[str, str], list[Reply | Stream]] = {}
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._port = 0

    @property
    def origin(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self._port}"

    def on(self, method: str, path: str, *replies: Reply | Stream) -> None:
        self._replies[method, path] = list(replies)

    def asked(self, method: str, path: str) -> list[Seen]:
        """The requests that came for a route, in order."""
        return [seen for seen in self.seen if (seen.method, seen.path) == (method, path)]

    async def start(self) -> None:
        """Listen; after a `stop`, on the same port as before."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port, ssl=self.tls)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Die: nothing listens any more, and every connection is cut."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in list(self._connections):
            task.cancel()
        if self._connections:
            await asyncio.wait(self._connections)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        try:
            while seen := await _request(reader):
                self.seen.append(seen)
                await self._reply(seen, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    async def _reply(self, seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        replies = self._replies.get((seen.method, seen.path), [Reply(404, {"detail": "Not Found"})])
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(reply, Reply):
            if reply.first is not None:
                await reply.first()
            content = reply.content()
            headers = {
                "Content-Type": "application/json",
                "Content-Length": str(len(content)),
                **reply.headers,
            }
            writer.write(_head(reply.status, headers) + content)
            await writer.drain()
            return
        self.open_streams += 1
        try:
            writer.write(_head(200, {"Content-Type": reply.content_type, "Transfer-Encoding": "chunked"}))
            for step in reply.steps:
                await _play(step, reader, writer)
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        finally:
            self.open_streams -= 1
            self.streams_left.set()


async def _play(
    step: bytes | Wait | Until | Endless | End, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    if isinstance(step, bytes):
        writer.write(b"%x\r\n%s\r\n" % (len(step), step))
        await writer.drain()
    elif isinstance(step, Wait):
        await asyncio.sleep(step.seconds)
    elif isinstance(step, Until):
        await step.event.wait()
    elif isinstance(step, Endless):
        while True:
            writer.write(b"%x\r\n%s\r\n" % (len(step.chunk), step.chunk))
            await writer.drain()
    elif step is CUT:
        writer.write(b'40\r\nevent: log\ndata: {"type": "log", "timest')
        await writer.drain()
        writer.close()
        raise ConnectionAbortedError
    else:
        with contextlib.suppress(ConnectionError):
            await reader.read()
        raise ConnectionAbortedError


async def _request(reader: asyncio.StreamReader) -> Seen | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    request_line, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = request_line.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    url = urlsplit(target)
    return Seen(method, url.path, dict(parse_qsl(url.query)), headers, body)


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{k}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

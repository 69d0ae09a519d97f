"""What a fast AG-UI agent costs the host: from the bytes on the socket to the stored events."""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from tests.agui_reading import CAPTURES
from tests.benchmarks.figure import Figure, figure
from tests.contract.host_support import Api
from worker_widget.host.process.threaded import ThreadedHost
from worker_widget.host.worker import WorkerContext
from worker_widget.workers.agui.worker import create

TIMES = 160
ROUNDS = 3
_CHUNK = 65_536
_OPENING, _CLOSING = 2, 4
"""The blocks at the start and end of the capture that must not be repeated."""


def figures() -> Iterator[Figure]:
    receive, send = multiprocessing.Pipe(duplex=False)
    agent = multiprocessing.get_context("spawn").Process(target=_serve, args=(send,), daemon=True)
    agent.start()
    try:
        port, events = receive.recv()
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder)
            worker = create(WorkerContext(home=directory))
            with ThreadedHost(directory, {"agui": worker}) as host:
                api = Api(host.url, host.token, "/api/v1/workers/agui")
                with api.http:
                    seconds = [_run(api, f"http://127.0.0.1:{port}/") for _ in range(ROUNDS)]
    finally:
        agent.terminate()
        agent.join()
    took = statistics.median(seconds)
    yield figure("AG-UI events from bytes to stored", events / took, "/s", "at least 50,000")


def _run(api: Api, url: str) -> float:
    began = time.perf_counter()
    run_id = api.start("Write a long text, please", options={"url": url})
    with api.stream(run_id) as stream:
        last = [frame.event for frame in stream if frame.id is not None][-1]
    assert last == "run_completed", last
    return time.perf_counter() - began


def _serve(send: Connection) -> None:
    """An agent whose text is that of the longest capture many times over."""
    blocks = next(path for path in CAPTURES if path.stem == "pydantic-ai-long").read_bytes().split(b"\n\n")
    opening, text, closing = blocks[:_OPENING], blocks[_OPENING:-_CLOSING], blocks[-_CLOSING:]
    body = b"\n\n".join([*opening, *text * TIMES, *closing])
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        for start in range(0, len(body), _CHUNK):
            writer.write(body[start : start + _CHUNK])
            await writer.drain()
        writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        send.send((server.sockets[0].getsockname()[1], body.count(b"data: ")))
        async with server:
            await server.serve_forever()

    asyncio.run(serve())

"""Many subscribers of many runs at one host, over bare sockets, which measure how late events arrive."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import psutil

from tests.contract.host_support import BASE, Api

_TIMESTAMP = re.compile(rb'"timestamp":"([^"]+)"')
_CHUNK = 1 << 16
_QUIET_CPU_S = 0.03


@dataclass
class Received:
    """What one subscriber received: its number of events, and how late the last of each chunk was, in ms."""

    events: int = 0
    late_ms: list[float] = field(default_factory=list)
    whole: bool = False


async def subscribe(api: Api, run_id: str, stall: asyncio.Event | None = None) -> Received:
    """Read the stream of a run to its end. With ``stall`` nothing is read before that is set."""
    url = api.http.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port, limit=_CHUNK)
    key = api.http.headers["X-AOS-Key"]
    writer.write(
        f"GET {BASE}/stream/{run_id} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-AOS-Key: {key}\r\n\r\n".encode()
    )
    received = Received()
    tail = b""
    if stall is not None:
        await stall.wait()
    while chunk := await reader.read(_CHUNK):
        text = tail + chunk
        tail = text[text.rfind(b"\n") + 1 :]
        lines = text[: len(text) - len(tail)]
        received.events += lines.count(b"\nid: ") + lines.startswith(b"id: ")
        if b"event: stream_end" in lines:
            received.whole = True
            break
        stamps = _TIMESTAMP.findall(lines)
        if stamps and stall is None:
            sent = datetime.fromisoformat(stamps[-1].decode()).timestamp()
            received.late_ms.append((time.time() - sent) * 1_000)
    writer.close()
    return received


async def watch(
    api: Api, start: Callable[[], Sequence[str]], *, each: int, stalled: Sequence[str] = ()
) -> tuple[list[Received], list[Received]]:
    """Read the runs that ``start`` starts with ``each`` subscribers, beside others that read nothing.

    Those read ``stalled``, from before the start until the end of the others. Returns what each received.
    """
    go_on = asyncio.Event()
    late = [asyncio.create_task(subscribe(api, run_id, go_on)) for run_id in stalled]
    if stalled:
        await _until_quiet(api)
    run_ids = await asyncio.to_thread(start)
    prompt = await asyncio.gather(*(subscribe(api, run_id) for run_id in run_ids for _ in range(each)))
    go_on.set()
    return prompt, await asyncio.gather(*late)


async def _until_quiet(api: Api) -> None:
    """Wait until the host has sent what fits into the buffers of connections that nobody reads."""
    listening = (one for one in psutil.net_connections("tcp") if one.status == psutil.CONN_LISTEN)
    process = psutil.Process(next(one.pid for one in listening if one.laddr.port == api.http.base_url.port))
    used, before = 1.0, sum(process.cpu_times()[:2])
    while used > _QUIET_CPU_S:
        await asyncio.sleep(0.5)
        now = sum(process.cpu_times()[:2])
        used, before = now - before, now

"""A process that stands still for a while, as on a computer that sleeps, loses nothing of a run."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import psutil
import pytest

from tests.recorded import events, logged
from worker_widget.sources.run_source import StreamLink
from worker_widget.sources.worker_api.client import AsyncWorkerClient
from worker_widget.sources.worker_api.endpoint_settings import endpoint_from
from worker_widget.sources.worker_api.follow import follow
from worker_widget.state.reduce import reduce_all

from .following_process import SILENCE_S
from .host_support import ROOT, HostProcess
from .quirky_server import CUT, HOLD, QuirkyServer, Stream, Until
from .test_follow import BASE, COMPLETED, LOGGED, QUICK, STARTED, STREAM_END, WORKING, Notified, frame

GUARD_S = 120.0
ASLEEP_S = SILENCE_S + 0.5
"""Long enough that the limit of a connection has passed."""
WHOLE = STARTED + WORKING + frame("log", second=3, message="é 🙂") + LOGGED + COMPLETED + STREAM_END
MIDDLE = len(STARTED + WORKING)


async def test_a_server_that_stands_still_is_left_and_its_run_is_whole_in_the_end(tmp_path: Path) -> None:
    host = HostProcess(tmp_path)
    notified = Notified()
    try:
        state = await asyncio.to_thread(host.state)
        url = f"http://127.0.0.1:{state['port']}/api/v1"
        client = AsyncWorkerClient(endpoint_from(url, state["token"], "scripted"), "scripted")
        api = host.api()
        with api.http:
            run_id = await asyncio.to_thread(api.start, "story 60")
            stopped = False
            async with asyncio.timeout(GUARD_S):
                async for item in follow(client, run_id, patience=replace(QUICK, silence_s=SILENCE_S)):
                    notified.take(item)
                    if not stopped and "artifact_delta" in notified.types:
                        stopped = True
                        host.process.send_signal(signal.SIGSTOP)
                    elif isinstance(item, StreamLink) and item.phase == "reconnecting":
                        host.process.send_signal(signal.SIGCONT)
            await client.aclose()
            sent = (await asyncio.to_thread(api.get, f"/events/{run_id}")).json()["events"]
        assert stopped
        assert any("sent nothing for 1 s" in link.message for link in notified.links)
        assert [json.loads(event.raw) for event in notified.events] == sent
        assert notified.types[-1] == "run_completed"
    finally:
        host.process.send_signal(signal.SIGCONT)
        host.close()


@asynccontextmanager
async def follower(server: QuirkyServer) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.contract.following_process",
        server.origin,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def sleep(process: asyncio.subprocess.Process) -> None:
    """Stops a process; returns when it stands still."""
    process.send_signal(signal.SIGSTOP)
    while psutil.Process(process.pid).status() != psutil.STATUS_STOPPED:  # noqa: ASYNC110 - nothing reports it
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("meanwhile", ["sent", "cut", "lost"])
async def test_a_kernel_that_stands_still_has_the_whole_run_in_the_end(meanwhile: str) -> None:
    """While it does, the server sends the rest, cuts the connection, or sends nothing any more, as in a
    network that the computer has left."""
    asleep = asyncio.Event()
    rest = {"sent": WHOLE[MIDDLE:], "cut": CUT, "lost": HOLD}[meanwhile]
    async with QuirkyServer() as server, asyncio.timeout(GUARD_S):
        first = Stream(WHOLE[:MIDDLE], Until(asleep), rest)
        server.on("GET", f"{BASE}/stream/r1", first, Stream(Until(asleep), WHOLE))
        async with follower(server) as process:
            assert process.stdout is not None
            assert await process.stdout.readline() == b"live\n"
            await sleep(process)
            asleep.set()
            await asyncio.sleep(ASLEEP_S)
            process.send_signal(signal.SIGCONT)
            phases, state = (await process.stdout.read()).decode().splitlines()
    assert json.loads(phases)[-1] == "ended"
    assert "reconnecting" in json.loads(phases) or meanwhile == "sent"
    assert json.loads(state) == json.loads(msgspec.json.encode(reduce_all(logged(events(WHOLE)))))

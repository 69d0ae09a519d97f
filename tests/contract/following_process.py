"""Follows run ``r1`` of the server in its argument, as a kernel does, and prints what it has.

The first line is ``live``, printed with the first events; the last is the state of the run as JSON, after the
phases of the connection.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import replace

import msgspec

from worker_widget.sources.run_source import StreamLink
from worker_widget.sources.worker_api.client import AsyncWorkerClient
from worker_widget.sources.worker_api.endpoint_settings import endpoint_from
from worker_widget.sources.worker_api.follow import follow
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_state import RunState
from worker_widget.store.event_store import EventStore

from .test_follow import QUICK, WORKER

SILENCE_S = 1.0


async def main(origin: str) -> None:
    client = AsyncWorkerClient(endpoint_from(origin + "/api/v1", "key", WORKER), WORKER)
    store = EventStore.memory()
    store.begin("r1", worker="w", origin="o", time_us=0)
    state, phases = RunState(), list[str]()
    async for item in follow(client, "r1", patience=replace(QUICK, silence_s=SILENCE_S)):
        if isinstance(item, StreamLink):
            phases.append(item.phase)
            continue
        if not state.position:
            print("live", flush=True)
        state = reduce_all(store.append("r1", item.events, after=state.position), state)
    await client.aclose()
    print(json.dumps(phases))
    print(msgspec.json.encode(state).decode(), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))

"""The habits of real servers in combination: every two of them meet in some run, which has one end."""

from __future__ import annotations

import asyncio
import json
import re
from functools import cache
from typing import Any, Final

import pytest

from tests.pairs import Combination, pairs
from worker_widget.events.run_status import end_status
from worker_widget.sources.run_source import EventBatch, StreamLink
from worker_widget.sources.worker_api.client import AsyncWorkerClient
from worker_widget.sources.worker_api.endpoint_settings import endpoint_from
from worker_widget.sources.worker_api.follow import follow
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_state import ENDED, RunState
from worker_widget.store.event_store import EventStore

from .quirky_server import CUT, HOLD, QuirkyServer, Reply, Stream
from .test_follow import (
    COMPLETED,
    CONNECTED,
    KEEPALIVE,
    QUICK,
    STAGE_FAILED,
    STARTED,
    STREAM_END,
    WORKING,
    frame,
)

GUARD_S = 120.0
FAILED = frame("run_failed", second=5, success=False, error="no layout was found")
LATE = frame("log", second=1, message="out of order") + frame("drift_detected", second=3, stage_id="ux")
ARTIFACTS: Final = {
    "live": frame("artifact_started", second=3, artifact_name="page", artifact_type="md")
    + frame("artifact_delta", second=3, artifact_name="page", artifact_type="md", offset=0, text="a"),
    "at the end": frame("artifact_created", second=4, artifact_name="page", artifact_type="md", content="ab")
    + frame("artifact_created", second=4, artifact_name="plan", artifact_type="json", content="{}"),
    "none": b"",
}
ERRORS: Final = {
    "text": Reply(500, "Internal Server Error", {"Content-Type": "text/plain"}),
    "detail": Reply(500, {"detail": "database is locked"}),
    "list": Reply(422, {"detail": [{"type": "missing", "loc": ["query", "limit"], "msg": "Field required"}]}),
    "object": Reply(500, {"detail": {"message": "out of memory", "code": 7}}),
    "busy": Reply(429, {"detail": "slow down"}, {"Retry-After": "3600"}),
    "page": Reply(503, "<html><h1>503</h1></html>", {"Content-Type": "text/html"}),
    "unknown": Reply(404, {"detail": "Run not found"}),
    "nothing": Reply(502, ""),
}
VALUES: Final = {
    "stream": [
        "ends",  # with the run, and closes
        "stays open",  # after the run, with keepalives
        "fails and stays open",  # a stage fails, and no terminal event comes
        "closes early",  # without a terminal event
        "is cut and repeats",  # in a frame; the next connection has everything again
        "is cut and forgotten",  # in a frame; then the server does not know the run
    ],
    "repeats": ["nothing", "everything", "everything late"],
    "artifacts": list(ARTIFACTS),
    "list": ["tells", "lags", "fails"],
    "answer": ["tells", "fails"],
    "error": list(ERRORS),
    "truth": ["completed", "failed", "blocked", "crashed", "cancelled"],
}
GENERATIONS: Final = {"A": "/api/v1/workers/w", "B": "/workers/w", "B, wrapped": "/workers/w"}


def possible(row: Combination) -> bool:
    """Whether a server can do this and the end of the run can be known."""
    if row["stream"] == "fails and stays open" and row["truth"] == "completed":
        return False
    if row["stream"] == "ends" or row["stream"] == "stays open" or row["stream"] == "is cut and repeats":
        return row["truth"] in ("completed", "failed")
    if row["stream"] == "is cut and forgotten":
        return True
    return row["list"] == "tells" or (row["list"] == "fails" and row["answer"] == "tells")


def expected(row: Combination) -> str:
    if row["stream"] == "is cut and forgotten":
        told = row["list"] == "tells" or (row["list"] == "fails" and row["answer"] == "tells")
        if not told:
            return "interrupted"
    return end_status(row["truth"]) or row["truth"]


def script(row: Combination) -> list[Reply | Stream]:
    """The replies to the requests of the stream."""
    terminal = COMPLETED if row["truth"] == "completed" else FAILED
    events = STARTED + WORKING + ARTIFACTS[row["artifacts"]]
    again = {"nothing": b"", "everything": events, "everything late": b""}[row["repeats"]]
    after = events + LATE + terminal if row["repeats"] == "everything late" else b""
    match row["stream"]:
        case "ends":
            return [Stream(CONNECTED + events + again + terminal + after + STREAM_END)]
        case "stays open":
            return [Stream(CONNECTED + events + again + terminal + after, KEEPALIVE, HOLD)]
        case "fails and stays open":
            return [Stream(CONNECTED + events + again + STAGE_FAILED, KEEPALIVE, HOLD)]
        case "closes early":
            return [Stream(CONNECTED + events + again)]
        case "is cut and repeats":
            return [Stream(events, CUT), Stream(events + again + terminal + after, HOLD)]
        case _:
            return [Stream(events + again, CUT), ERRORS["unknown"]]


def answers(row: Combination, *, wrapped: bool) -> dict[str, Reply]:
    def reply(data: Any) -> Reply:
        return Reply(body={"success": True, "data": data, "meta": {}} if wrapped else data)

    error = ERRORS[row["error"]]
    item = {"run_id": "r1", "task": "A page", "status": row["truth"], "success": row["truth"] == "completed"}
    whole = {**item, "error": None if row["truth"] == "completed" else "no layout was found"}
    forgotten = row["stream"] == "is cut and forgotten"
    lists = {
        "tells": reply({"runs": [item], "total": 1}),
        "lags": reply({"runs": [{**item, "status": "running", "success": None}], "total": 1}),
        "fails": error,
    }
    return {
        "/runs": lists[row["list"]],
        "/runs/r1": reply(whole)
        if row["answer"] == "tells" and not (forgotten and row["list"] == "lags")
        else error,
    }


@cache
def combinations() -> list[Combination]:
    return list(pairs(VALUES, possible))


async def run_on(row: Combination, generation: str) -> tuple[RunState, list[str]]:
    base = GENERATIONS[generation]
    store = EventStore.memory()
    store.begin("r1", worker="w", origin="o", time_us=0)
    state, phases = RunState(), list[str]()
    async with QuirkyServer() as server:
        server.on("GET", f"{base}/health", Reply(body={"status": "ok"}))
        server.on("GET", f"{base}/stream/r1", *script(row))
        for route, reply in answers(row, wrapped=generation == "B, wrapped").items():
            server.on("GET", base + route, reply)
        client = AsyncWorkerClient(endpoint_from(server.origin, "key", "w"), "w")
        async for item in follow(client, "r1", patience=QUICK):
            if isinstance(item, StreamLink):
                phases.append(item.phase)
            elif isinstance(item, EventBatch):
                before = state
                state = reduce_all(store.append("r1", item.events, after=state.position), state)
                assert not before.over or state.status == before.status, "a run ends once"
        await client.aclose()
    store.close()
    return state, phases


def is_readable(reason: str | None) -> bool:
    """Whether a person can read it: a sentence or a name, and neither code nor markup."""
    return bool(reason) and re.search(r"[<>{}]|Traceback|Error\(|None", reason or "") is None


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_every_two_habits_together_leave_a_run_one_end_with_its_reason(generation: str) -> None:
    rows = combinations()
    async with asyncio.timeout(GUARD_S):
        found = await asyncio.gather(*(run_on(row, generation) for row in rows))
    for row, (state, phases) in zip(rows, found, strict=True):
        named = json.dumps(row)
        assert state.status == expected(row), named
        assert state.status in ENDED
        assert phases[-1] == "ended", named
        assert state.status == "completed" or is_readable(state.error), (named, state.error)
        files = [item.name for item in state.artifacts]
        assert len(files) == len(set(files)), named

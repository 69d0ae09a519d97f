"""More than fits: events of many megabytes, lines without end, 100,000 stages and artifacts."""

from __future__ import annotations

import gc
import json
import tracemalloc
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from worker_widget.console.channel import snapshot
from worker_widget.console.wire import FormState, Link, Shown
from worker_widget.errors import ServerError
from worker_widget.events import ArtifactCreated, Log, RunWarning
from worker_widget.events.sse import MOST_BYTES
from worker_widget.sources.worker_api import transport
from worker_widget.state.run_state import MOST_ARTIFACTS, MOST_AT_WORK, RunState
from worker_widget.state.run_view import run_parts
from worker_widget.store.event_store import EventStore

from .quirky_server import CUT, HOLD, Endless, QuirkyServer, Stream
from .test_follow import (
    BASE,
    COMPLETED,
    LOGGED,
    NOT_READY,
    QUICK,
    STARTED,
    STREAM_END,
    answer,
    client_of,
    followed,
    frame,
    listed,
    state_of,
)

MEGABYTE = b"x" * 1_000_000
BEGINNING = b'event: log\ndata: {"type": "log", "data": {"message": "'
END = b'"}}\n\n'
PATIENT = replace(QUICK, quiet_s=1, failed_quiet_s=1, empty_s=1)
MOST_SENT_BYTES = 3_000_000
"""The most that a browser gets at once, however much a run has."""


def sent_bytes(state: RunState) -> int:
    """The bytes of all that a browser gets of a run when it opens the console."""
    shown = Shown(form=FormState(worker="w", origin="o"), link=Link(), run_id="r1", run=state)
    return len(msgspec.json.encode(snapshot.state(shown)))


async def test_an_event_of_50_mb_is_kept_whole(server: QuirkyServer) -> None:
    text = "word " * 10_000_000
    page = frame("artifact_created", second=4, artifact_name="page", artifact_type="txt", content=text)
    pieces = [page[start : start + 1_000_000] for start in range(0, len(page), 1_000_000)]
    server.on("GET", f"{BASE}/stream/r1", Stream(STARTED, *pieces, COMPLETED + STREAM_END))
    server.on("GET", f"{BASE}/runs/r1", answer("completed"))
    notified = await followed(server, patience=PATIENT)
    assert "stalled" not in notified.phases
    (created,) = (event.data for event in notified.events if isinstance(event.data, ArtifactCreated))
    assert created.content == text
    state = state_of(notified)
    assert [(item.file, item.chars) for item in state.artifacts] == [("page.txt", len(text))]
    assert state.status == "completed"
    assert sent_bytes(state) < 10_000


async def test_an_event_that_is_too_long_is_left_out_and_named(server: QuirkyServer) -> None:
    long = [BEGINNING, *[MEGABYTE] * (MOST_BYTES // len(MEGABYTE) + 1), END]
    server.on(
        "GET",
        f"{BASE}/stream/r1",
        Stream(STARTED, *long, LOGGED, CUT),
        Stream(STARTED, *long, LOGGED, COMPLETED + STREAM_END),
    )
    server.on("GET", f"{BASE}/runs/r1", answer("completed"))
    notified = await followed(server, patience=PATIENT)
    state = state_of(notified)
    assert [row.code for row in state.warnings] == ["event_too_long"]
    assert "more than 64 MB was left out" in state.warnings[0].message
    assert state.status == "completed"
    assert {event.data.message for event in notified.events if isinstance(event.data, Log)} == {"working"}


@pytest.mark.parametrize("status", ["completed", "running"])
async def test_a_line_without_end_is_named_and_the_server_asked_how_the_run_is(
    server: QuirkyServer, status: str
) -> None:
    runs = [listed("running"), listed("running"), listed("completed", True)]
    server.on("GET", f"{BASE}/stream/r1", Stream(STARTED + BEGINNING, Endless(MEGABYTE)))
    server.on("GET", f"{BASE}/runs", *(runs if status == "running" else runs[2:]))
    server.on("GET", f"{BASE}/runs/r1", answer("completed"))
    notified = await followed(server, patience=PATIENT)
    assert [event.data.code for event in notified.events if isinstance(event.data, RunWarning)] == [
        "event_too_long"
    ]
    assert state_of(notified).status == "completed"
    assert ("stalled" in notified.phases) == (status == "running")


async def test_a_line_without_end_costs_no_more_memory_than_the_longest_event(server: QuirkyServer) -> None:
    server.on("GET", f"{BASE}/stream/r1", Stream(STARTED + BEGINNING, Endless(MEGABYTE)))
    server.on("GET", f"{BASE}/runs", *[listed("running")] * 4, listed("completed", True))
    server.on("GET", f"{BASE}/runs/r1", answer("completed"))
    gc.collect()
    tracemalloc.start()
    try:
        await followed(server, patience=PATIENT)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1.5 * MOST_BYTES


async def test_an_answer_that_is_too_long_is_refused_as_it_arrives(
    server: QuirkyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "MOST_ANSWER_BYTES", 2_000_000)
    server.on(
        "GET", f"{BASE}/runs", Stream(b'{"runs": ["', Endless(MEGABYTE), content_type="application/json")
    )
    async with client_of(server) as client:
        with pytest.raises(
            ServerError, match=r"answered GET /runs with more than 2 MB\. The rest was not read"
        ):
            await client.runs()
        server.on("GET", f"{BASE}/runs", listed("completed", True))
        assert len((await client.runs()).runs) == 2, "the next answer is read"


async def test_100_000_comments_are_no_events(server: QuirkyServer) -> None:
    server.on("GET", f"{BASE}/stream/r1", Stream(STARTED, b": \n" * 100_000, COMPLETED, HOLD))
    server.on("GET", f"{BASE}/runs/r1", NOT_READY)
    assert state_of(await followed(server)).counts.events == 2


@pytest.mark.parametrize("number", [4_000, pytest.param(100_000, marks=pytest.mark.soak)])
async def test_more_artifacts_than_fit_are_counted_listed_and_named(
    server: QuirkyServer, number: int
) -> None:
    created = [
        frame("artifact_created", number=n, artifact_name=f"part {n}", artifact_type="txt", content=str(n))
        for n in range(1, number + 1)
    ]
    end = frame("run_completed", number=number + 1, success=True, artifacts_count=number)
    server.on("GET", f"{BASE}/stream/r1", Stream(*in_chunks([*created, end]), STREAM_END))
    server.on("GET", f"{BASE}/runs/r1", NOT_READY)
    notified = await followed(server)
    state = state_of(notified)
    assert len(state.artifacts) == MOST_ARTIFACTS
    assert state.artifacts[-1].name == f"part {MOST_ARTIFACTS}"
    (warning,) = run_parts(state)["warnings"]
    assert warning.message == (
        "The run has more than 2,000 artifacts. The first 2,000 are listed; the others are in its events."
    )
    assert sum(isinstance(event.data, ArtifactCreated) for event in notified.events) == number
    assert sent_bytes(state) < MOST_SENT_BYTES


def in_chunks(frames: list[bytes]) -> list[bytes]:
    return [b"".join(frames[start : start + 500]) for start in range(0, len(frames), 500)]


def stages(kind: str, number: int) -> list[tuple[str, dict[str, Any]]]:
    """The types and fields of the events of a run with many stages."""
    ids = [f"s{n}" for n in range(number)]
    begun: list[tuple[str, dict[str, Any]]] = [("stage_started", {"stage_id": id}) for id in ids]
    ended: list[tuple[str, dict[str, Any]]] = [("stage_completed", {"stage_id": id}) for id in ids]
    plan: dict[str, Any] = {"stages": [{"stage_id": id} for id in ids]}
    if kind == "planned":
        pairs = [event for pair in zip(begun, ended, strict=True) for event in pair]
        return [("run_started", plan), *pairs[: number + 1]]
    if kind == "at work":
        return [*begun, *ended[: number // 2]]
    if kind == "nested":
        return [("stage_started", {"stage_id": id, "parent_id": ids[n - 1]}) for n, id in enumerate(ids) if n]
    return [event for pair in zip(begun, ended, strict=True) for event in pair]


@pytest.mark.parametrize(
    ("number", "end"),
    [
        *((2_500, end) for end in ("run_completed", "run_failed", None)),
        pytest.param(100_000, "run_completed", marks=pytest.mark.soak),
    ],
)
@pytest.mark.parametrize("kind", ["planned", "at work", "nested", "one after the other"])
async def test_more_stages_than_fit_are_all_counted(
    server: QuirkyServer, number: int, kind: str, end: str | None
) -> None:
    events = stages(kind, number)
    if end is not None:
        events.append((end, {}))
    frames = [frame(type, number=n, **fields) for n, (type, fields) in enumerate(events, 1)]
    server.on("GET", f"{BASE}/stream/r1", Stream(*in_chunks(frames), HOLD))
    server.on("GET", f"{BASE}/runs", listed("failed"))
    server.on("GET", f"{BASE}/runs/r1", NOT_READY)
    notified = await followed(server)
    store = EventStore.memory()
    store.begin("r1", worker="w", origin="o", time_us=0)
    for batch in notified.batches:
        store.append("r1", batch)
    known = list(store.stages("r1"))
    state = state_of(notified)
    tops = [stage for stage in known if stage.parent_id is None]
    done = [stage for stage in tops if stage.status == "completed"]
    assert (state.counts.stages, state.counts.top_stages) == (len(known), len(tops))
    assert state.counts.top_done == len(done)
    in_store = {stage.stage_id: stage for stage in known}
    assert {stage.number for stage in state.stages} <= {stage.number for stage in known}
    assert all(in_store[stage.stage_id].number == stage.number for stage in state.stages)
    assert len(state.stages) <= MOST_AT_WORK + 64
    assert sent_bytes(state) < MOST_SENT_BYTES
    store.close()


async def test_a_flood_of_lines_is_a_flood_of_lines(server: QuirkyServer) -> None:
    body = json.dumps({"type": "log", "timestamp": None, "data": {"message": "again"}})
    line = f"event: log\ndata: {body}\n\n".encode()
    server.on("GET", f"{BASE}/stream/r1", Stream(STARTED, line * 20_000, COMPLETED, HOLD))
    server.on("GET", f"{BASE}/runs/r1", NOT_READY)
    notified = await followed(server)
    assert sum(isinstance(event.data, Log) for event in notified.events) == 20_000
    assert state_of(notified).counts.logs == 20_000

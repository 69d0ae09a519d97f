"""Following a run to its end on servers that do what real ones were seen to do."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from worker_widget.console.controller import ConsoleController
from worker_widget.errors import (
    HostNotStarted,
    HostUnreachable,
    KeyRefused,
    RunUnknown,
    ServerError,
    UnknownWorker,
)
from worker_widget.events import Event, RunCompleted, RunFailed, RunReconciled
from worker_widget.sources.run_source import EventBatch, StreamLink
from worker_widget.sources.worker_api.client import AsyncWorkerClient
from worker_widget.sources.worker_api.endpoint import Endpoint
from worker_widget.sources.worker_api.endpoint_settings import endpoint_from
from worker_widget.sources.worker_api.follow import Patience, follow
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_state import RunState
from worker_widget.store.event_store import EventStore

from .quirky_server import CUT, HOLD, QuirkyServer, Reply, Stream, Until, Wait

WORKER = "business-builder"
BASE = f"/api/v1/workers/{WORKER}"
RECORDINGS = Path(__file__).parents[1] / "recordings"
KEEPALIVE = b": keepalive\n\n"
CONNECTED = b'event: connected\ndata: {"run_id": "r1"}\n\n'
STREAM_END = b'event: stream_end\ndata: {"run_id": "r1", "reason": "run_completed"}\n\n'

QUICK = Patience(
    silence_s=5,
    quiet_s=0.2,
    failed_quiet_s=0.1,
    grace_s=0.1,
    answer_s=0.01,
    first_retry_s=0.01,
    retry_s=0.02,
    longest_retry_s=0.05,
    steady_s=5,
    give_up_s=20,
    empty_s=0.1,
    lost_s=0.3,
    abandoned_s=0.5,
)


def frame(kind: str, number: int | None = None, *, second: int = 0, run_id: str = "r1", **data: Any) -> bytes:
    """One event as it stands on the wire; ``second`` is of its time, ``number`` its id, if any."""
    time = f"2026-11-22T07:50:{second:02}.000001+00:00"
    body = json.dumps({"type": kind, "timestamp": time, "run_id": run_id, "data": data})
    return (b"" if number is None else b"id: %d\n" % number) + f"event: {kind}\ndata: {body}\n\n".encode()


STARTED = frame("run_started", second=1, task="A page")
WORKING = frame("stage_started", second=2, stage_id="ux")
LOGGED = frame("log", second=3, message="working")
STAGE_FAILED = frame("stage_failed", second=4, stage_id="ux", error="no layout")
COMPLETED = frame("run_completed", second=5, success=True, total_tokens=7, total_latency_ms=4000.5)


def listed(status: str, success: bool | None = None) -> Reply:
    item = {"run_id": "r1", "task": "A page", "status": status, "success": success}
    return Reply(body={"runs": [{**item, "run_id": "r0", "status": "failed"}, item], "total": 2})


def answer(status: str, **more: Any) -> Reply:
    return Reply(body={"run_id": "r1", "status": status, "success": status == "completed", **more})


NOT_READY = Reply(500, "Internal Server Error")


class Notified:
    """What following gave, by kind."""

    def __init__(self) -> None:
        self.batches: list[list[Event]] = []
        self.links: list[StreamLink] = []

    def take(self, item: EventBatch | StreamLink) -> None:
        if isinstance(item, EventBatch):
            self.batches.append(item.events)
        else:
            self.links.append(item)

    @property
    def events(self) -> list[Event]:
        return [event for batch in self.batches for event in batch]

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]

    @property
    def phases(self) -> list[str]:
        return [link.phase for link in self.links]

    @property
    def reconciled(self) -> RunReconciled:
        (data,) = (event.data for event in self.events if isinstance(event.data, RunReconciled))
        return data


def state_of(notified: Notified) -> RunState:
    """What a console makes of the events: what comes twice is left out by the history."""
    store = EventStore.memory()
    store.begin("r1", worker="w", origin="o", time_us=0)
    state = RunState()
    for batch in notified.batches:
        state = reduce_all(store.append("r1", batch, after=state.position), state)
    store.close()
    return state


@asynccontextmanager
async def client_at(origin: str) -> AsyncIterator[AsyncWorkerClient]:
    client = AsyncWorkerClient(endpoint_from(origin + "/api/v1", "key", WORKER), WORKER)
    try:
        yield client
    finally:
        await client.aclose()


def client_of(server: QuirkyServer) -> AbstractAsyncContextManager[AsyncWorkerClient]:
    return client_at(server.origin)


def controller_of(
    client: AsyncWorkerClient,
    server: QuirkyServer,
    store: EventStore,
    changed: Callable[[], None] = lambda: None,
) -> ConsoleController:
    """A console's controller, which shows the runs of ``client``."""
    return ConsoleController(
        client, store, origin=server.origin, worker=WORKER, task="", brand="", changed=changed
    )


async def followed(
    server: QuirkyServer,
    *,
    after: str | None = None,
    patience: Patience = QUICK,
    notified: Notified | None = None,
) -> Notified:
    notified = notified or Notified()
    async with client_of(server) as client, asyncio.timeout(120):
        async for item in follow(client, "r1", after=after, patience=patience):
            notified.take(item)
    return notified


def stream(server: QuirkyServer, *replies: Stream | Reply) -> None:
    server.on("GET", f"{BASE}/stream/r1", *replies)


@pytest.fixture
def server(server: QuirkyServer) -> QuirkyServer:
    server.on("GET", f"{BASE}/runs/r1", NOT_READY)
    return server


# --- an ordinary run ------------------------------------------------------------------------------------


async def test_a_run_is_told_to_its_end(server: QuirkyServer) -> None:
    stream(server, Stream(CONNECTED, STARTED + WORKING + LOGGED, KEEPALIVE, COMPLETED, STREAM_END, HOLD))
    notified = await followed(server)
    assert notified.types == ["run_started", "stage_started", "log", "run_completed"]
    assert notified.phases == ["connecting", "live", "ended"]
    assert server.asked("GET", f"{BASE}/stream/r1")[0].headers["accept"] == "text/event-stream"


class Pieces:
    """A server whose stream has these pieces; ``read`` of them were read, ``over`` is set after the last."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.read = 0
        self.over = asyncio.Event()

    @asynccontextmanager
    async def stream(self, run_id: str, **_: Any) -> AsyncIterator[AsyncIterator[bytes]]:
        yield self._chunks()

    async def _chunks(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            self.read += 1
            yield piece
        self.over.set()

    async def run(self, run_id: str, **_: Any) -> Any:
        raise RunUnknown(run_id)

    runs = run


async def test_what_arrives_while_events_are_handled_comes_at_once() -> None:
    lines = [frame("log", number, message=f"line {number}") for number in range(2, 40)]
    pieces = Pieces(CONNECTED, frame("run_started", 1), *lines, COMPLETED, STREAM_END)
    sizes = []
    async with asyncio.timeout(60):
        async for item in follow(pieces, "r1", patience=QUICK):
            if isinstance(item, EventBatch):
                sizes.append(len(item.events))
                await pieces.over.wait()
    assert len(sizes) <= 2
    assert sum(sizes) == 40


async def test_no_more_is_read_ahead_than_memory_has_room_for() -> None:
    line = "x" * 100_000
    pieces = Pieces(CONNECTED, *(frame("log", number, message=line) for number in range(1, 60)), COMPLETED)
    messages = 0
    async with asyncio.timeout(60), aclosing(follow(pieces, "r1", patience=QUICK)) as items:
        async for item in items:
            if isinstance(item, EventBatch):
                before = pieces.read
                for _ in range(200):
                    await asyncio.sleep(0)
                assert pieces.read - before <= 8
                messages += sum(event.type == "log" for event in item.events)
    assert messages == 59


@pytest.mark.parametrize("size", [1, 13, 1000, 100_000])
@pytest.mark.parametrize(
    "name", ["valid_professional", "failure_strategy", "late_join_finished", "tone_invalid_streaming"]
)
async def test_a_recording_gives_the_same_events_however_it_is_cut(
    server: QuirkyServer, name: str, size: int
) -> None:
    body = (RECORDINGS / f"{name}.sse").read_bytes()
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    server.on("GET", f"{BASE}/runs", listed("failed", False))
    stream(server, Stream(*pieces, HOLD))
    notified = await followed(server, patience=replace(QUICK, failed_quiet_s=0.5, grace_s=0.3))
    lines = [line.removeprefix(b"data: ") for line in body.split(b"\n") if line.startswith(b"data: ")]
    raw = [event.raw for event in notified.events]
    if name == "failure_strategy":
        assert notified.events[-1].type == "run_reconciled"
        raw.pop()
    assert raw == [line for line in lines if b'"type"' in line]


async def test_an_event_that_names_another_run_is_kept(server: QuirkyServer) -> None:
    other = frame("log", run_id="r0", message="of another run")
    stream(server, Stream(STARTED + other + COMPLETED + STREAM_END))
    assert (await followed(server)).types == ["run_started", "log", "run_completed"]


async def test_what_is_no_event_is_kept_as_unknown(server: QuirkyServer) -> None:
    odd = b"data: not json\n\nevent: novelty\ndata: [1]\n\nevent: log\ndata: {}\n\n"
    stream(server, Stream(STARTED + odd + COMPLETED + STREAM_END))
    assert (await followed(server)).types == ["run_started", "message", "novelty", "log", "run_completed"]


async def test_another_worker_than_the_clients(server: QuirkyServer) -> None:
    server.on("GET", "/api/v1/workers/repo-fixer/stream/r1", Stream(COMPLETED + STREAM_END))
    server.on("GET", "/api/v1/workers/repo-fixer/runs/r1", answer("completed", replay_token={"seed": 1}))
    async with client_of(server) as client:
        notified = Notified()
        async for item in follow(client, "r1", worker="repo-fixer", patience=QUICK):
            notified.take(item)
    assert notified.types == ["run_completed", "run_reconciled"]


# --- what real servers do, one by one -------------------------------------------------------------------


async def test_1_a_failed_run_that_never_tells_its_end(server: QuirkyServer) -> None:
    server.on("GET", f"{BASE}/runs", listed("failed", False))
    stream(server, Stream(CONNECTED, STARTED + WORKING + STAGE_FAILED, KEEPALIVE, HOLD))
    notified = await followed(server)
    assert notified.types == ["run_started", "stage_started", "stage_failed", "run_reconciled"]
    assert notified.reconciled.status == "failed"
    assert notified.reconciled.success is False
    assert notified.reconciled.error == "Stage ux failed: no layout"
    assert "lists the run as failed" in (notified.reconciled.reason or "")
    assert notified.events[-1].time == notified.events[-2].time
    assert notified.phases[-1] == "ended"


async def test_the_reason_of_a_run_without_an_end_is_that_of_the_innermost_stage(
    server: QuirkyServer,
) -> None:
    server.on("GET", f"{BASE}/runs", listed("failed", False))
    around = frame("stage_failed", second=5, stage_id="page", error="Failed in ux", failed_in="ux")
    stream(server, Stream(CONNECTED, STARTED + STAGE_FAILED + around, KEEPALIVE, HOLD))
    notified = await followed(server)
    assert notified.reconciled.error == "Stage ux failed: no layout"


async def test_1_the_run_answers_reason_is_better_than_the_lists_silence(server: QuirkyServer) -> None:
    server.on("GET", f"{BASE}/runs", listed("crashed"))
    server.on("GET", f"{BASE}/runs/r1", answer("crashed", error="out of memory", total_tokens_used=12))
    stream(server, Stream(STARTED, HOLD))
    data = (await followed(server)).reconciled
    assert (data.status, data.success, data.error, data.total_tokens) == (
        "crashed",
        False,
        "out of memory",
        12,
    )


async def test_1_where_there_is_no_list_the_run_answer_decides(server: QuirkyServer) -> None:
    server.on("GET", f"{BASE}/runs", Reply(401, {"detail": "Invalid API key"}))
    server.on("GET", f"{BASE}/runs/r1", NOT_READY, answer("completed", replay_token={"seed": 1}))
    stream(server, Stream(STARTED, HOLD))
    notified = await followed(server)
    assert (notified.reconciled.status, notified.reconciled.success) == ("completed", True)
    assert notified.reconciled.error is None
    assert notified.reconciled.replay_token == {"seed": 1}


async def test_1_a_run_that_is_only_slow_is_waited_for(server: QuirkyServer) -> None:
    go_on = asyncio.Event()
    server.on("GET", f"{BASE}/runs", listed("running"))
    stream(server, Stream(STARTED + STAGE_FAILED, KEEPALIVE, Until(go_on), LOGGED, COMPLETED + STREAM_END))
    notified = Notified()
    async with client_of(server) as client, asyncio.timeout(120):
        async for item in follow(client, "r1", patience=QUICK):
            notified.take(item)
            if isinstance(item, StreamLink) and item.phase == "stalled":
                go_on.set()
    assert notified.types == ["run_started", "stage_failed", "log", "run_completed"]
    assert notified.phases == ["connecting", "live", "stalled", "live", "ended"]


async def test_1_what_arrives_while_the_server_is_asked_wins(server: QuirkyServer) -> None:
    asked = asyncio.Event()

    async def then_the_stream_goes_on() -> None:
        asked.set()
        # Server and client share this event loop: so many turns take what is written to who reads it.
        for _ in range(200):
            await asyncio.sleep(0)

    server.on("GET", f"{BASE}/runs", replace(listed("failed", False), first=then_the_stream_goes_on))
    end = frame("run_failed", second=9, success=False, error="no layout")
    stream(server, Stream(STARTED + STAGE_FAILED, Until(asked), end + STREAM_END, HOLD))
    assert (await followed(server)).types == ["run_started", "stage_failed", "run_failed"]


async def test_1_after_a_recovery_the_run_is_given_its_time_again(server: QuirkyServer) -> None:
    recovered = frame("recovery_completed", stage_id="ux", action="retry", success=True)
    server.on("GET", f"{BASE}/runs", listed("failed", False))
    stream(server, Stream(STARTED + STAGE_FAILED + recovered, Wait(0.4), COMPLETED + STREAM_END))
    patience = replace(QUICK, failed_quiet_s=0.1, quiet_s=5)
    assert (await followed(server, patience=patience)).types[-1] == "run_completed"


async def test_2_joining_a_finished_run_ends_though_the_stream_stays_open(server: QuirkyServer) -> None:
    stream(server, Stream(CONNECTED, STARTED + WORKING + LOGGED + COMPLETED, KEEPALIVE, HOLD))
    notified = await followed(server)
    assert notified.types == ["run_started", "stage_started", "log", "run_completed"]
    await asyncio.wait_for(server.streams_left.wait(), 120)
    assert server.open_streams == 0


async def test_3_events_that_come_twice_and_late_are_all_given(server: QuirkyServer) -> None:
    late = frame("artifact_created", second=2, artifact_name="landing", artifact_type="html")
    stream(
        server,
        Stream(STARTED + LOGGED, LOGGED + STARTED + COMPLETED, Wait(0.02), late, COMPLETED + LOGGED, HOLD),
    )
    notified = await followed(server)
    assert notified.types == [
        *("run_started", "log", "log", "run_started", "run_completed"),
        *("artifact_created", "run_completed", "log"),
    ]


@pytest.mark.parametrize("pause", [0, 0.01])
async def test_3_a_server_that_repeats_itself_without_an_end_is_left(
    server: QuirkyServer, pause: float
) -> None:
    stream(server, Stream(COMPLETED, *(LOGGED, Wait(pause)) * 20_000))
    notified = await followed(server, patience=replace(QUICK, grace_s=0.02))
    assert notified.phases[-1] == "ended"
    assert notified.types.count("log") < 20_000


async def test_4_a_reconnect_without_ids_gives_everything_again(server: QuirkyServer) -> None:
    stream(server, Stream(STARTED, LOGGED, CUT), Stream(STARTED + LOGGED + COMPLETED + STREAM_END))
    notified = await followed(server)
    assert notified.types == ["run_started", "log", "run_started", "log", "run_completed"]
    assert notified.events[0].key == notified.events[2].key
    assert notified.phases == ["connecting", "live", "reconnecting", "live", "ended"]
    assert "was cut" in notified.links[2].message
    assert all("last-event-id" not in seen.headers for seen in server.asked("GET", f"{BASE}/stream/r1"))


async def test_5_a_restarted_server_that_forgot_the_run(server: QuirkyServer) -> None:
    stream(server, Stream(STARTED, LOGGED, CUT), Reply(404, {"detail": "Run not found"}))
    notified = await followed(server)
    assert notified.types == ["run_started", "log", "run_reconciled"]
    assert notified.reconciled.status == "interrupted"
    assert "no longer has this run" in (notified.reconciled.error or "")


async def test_5_a_gateway_without_its_server_does_not_end_the_run(server: QuirkyServer) -> None:
    gone, once = Reply(404, "default backend - 404"), Reply(404, {"detail": "Not Found"})
    stream(server, Stream(STARTED, CUT), gone, gone, once, gone, Stream(STARTED + COMPLETED + STREAM_END))
    notified = await followed(server)
    assert notified.types == ["run_started", "run_started", "run_completed"]


async def test_6_artifacts_that_come_all_at_once_at_the_end(server: QuirkyServer) -> None:
    page = "<p>" + "é" * 1_000_000
    artifacts = [
        frame("artifact_created", artifact_name=f"page{number}", artifact_type="html", content=page)
        for number in range(3)
    ]
    body = STARTED + b"".join(artifacts) + COMPLETED + STREAM_END
    stream(server, Stream(*[body[start : start + 50_000] for start in range(0, len(body), 50_000)]))
    notified = await followed(server)
    assert notified.types == ["run_started", *["artifact_created"] * 3, "run_completed"]
    contents = [getattr(event.data, "content", None) for event in notified.events]
    assert contents == [None, page, page, page, None]


async def test_7_the_replay_token_is_fetched_at_the_end(server: QuirkyServer) -> None:
    server.on("GET", f"{BASE}/runs/r1", answer("completed", replay_token={"seed": 1}, total_tokens_used=9))
    stream(server, Stream(STARTED + COMPLETED + STREAM_END))
    notified = await followed(server)
    assert notified.types == ["run_started", "run_completed", "run_reconciled"]
    assert notified.reconciled.replay_token == {"seed": 1}
    assert notified.reconciled.total_tokens is None, "the terminal event has the tokens already"
    assert notified.reconciled.status is None


async def test_7_a_run_answer_that_is_ready_a_moment_later(server: QuirkyServer) -> None:
    server.on("GET", f"{BASE}/runs/r1", NOT_READY, answer("completed", replay_token={"seed": 1}))
    stream(server, Stream(COMPLETED + STREAM_END))
    assert (await followed(server)).reconciled.replay_token == {"seed": 1}


async def test_7_a_run_answer_that_always_fails_costs_nothing(server: QuirkyServer) -> None:
    stream(server, Stream(COMPLETED + STREAM_END))
    assert (await followed(server)).types == ["run_completed"]


async def test_7_no_question_where_the_stream_told_the_token(server: QuirkyServer) -> None:
    stream(server, Stream(frame("run_completed", success=True, replay_token={"seed": 1}) + STREAM_END))
    assert (await followed(server)).types == ["run_completed"]
    assert server.asked("GET", f"{BASE}/runs/r1") == []


async def test_7_no_event_where_the_run_answer_tells_nothing_new(server: QuirkyServer) -> None:
    server.on("GET", f"{BASE}/runs/r1", answer("failed", error="no layout", total_tokens_used=0))
    stream(server, Stream(frame("run_failed", success=False, error="no layout") + STREAM_END))
    (event,) = (await followed(server)).events
    assert isinstance(event.data, RunFailed)


@pytest.mark.parametrize(
    "replies",
    [
        [Stream(STARTED + STAGE_FAILED, HOLD)],
        [Stream(STARTED, CUT), Reply(404, {"detail": "Run not found"})],
        [Stream(STARTED + COMPLETED + STREAM_END)],
    ],
    ids=["failed", "lost", "completed"],
)
async def test_following_again_learns_the_same_and_adds_nothing(
    server: QuirkyServer, replies: list[Stream | Reply]
) -> None:
    status = "completed" if len(replies) == 1 and COMPLETED in replies[0].steps[0] else "failed"  # type: ignore[union-attr,operator]
    server.on("GET", f"{BASE}/runs", listed(status))
    server.on("GET", f"{BASE}/runs/r1", answer(status, replay_token={"seed": 1, "stages": ["ux"]}))
    stream(server, *replies)
    first = (await followed(server)).events[-1]
    stream(server, *replies)
    second = (await followed(server)).events[-1]
    assert isinstance(first.data, RunReconciled)
    assert first.key == second.key


# --- resuming -------------------------------------------------------------------------------------------


async def test_with_ids_a_stream_goes_on_where_it_was(server: QuirkyServer) -> None:
    one, two, three = (frame("log", number, message=str(number)) for number in (1, 2, 3))
    end = frame("run_completed", 4, success=True, replay_token={"seed": 1})
    stream(
        server,
        Stream(b"retry: 10\n" + CONNECTED, one + two, CUT),
        Stream(CONNECTED, CUT),
        Stream(CONNECTED + three + end + STREAM_END),
    )
    notified = await followed(server)
    assert [event.id for event in notified.events] == ["1", "2", "3", "4"]
    asked = server.asked("GET", f"{BASE}/stream/r1")
    assert [seen.headers.get("last-event-id") for seen in asked] == [None, "2", "2"]


async def test_following_from_a_known_event(server: QuirkyServer) -> None:
    stream(server, Stream(CONNECTED + frame("run_failed", 8, error="x") + STREAM_END))
    notified = await followed(server, after="7")
    assert [event.id for event in notified.events] == ["8"]
    assert server.asked("GET", f"{BASE}/stream/r1")[0].headers["last-event-id"] == "7"


async def test_an_event_id_that_the_server_does_not_know_means_beginning_anew(server: QuirkyServer) -> None:
    beyond = {"loc": ["header", "last-event-id"], "msg": "The run has 2 events so far."}
    stream(server, Reply(422, {"detail": [beyond]}), Stream(frame("run_failed", 1, error="x") + STREAM_END))
    notified = await followed(server, after="99")
    assert [event.id for event in notified.events] == ["1"]
    asked = server.asked("GET", f"{BASE}/stream/r1")
    assert [seen.headers.get("last-event-id") for seen in asked] == ["99", None]


async def test_a_finished_run_followed_from_its_last_event_ends(server: QuirkyServer) -> None:
    server.on("GET", f"{BASE}/runs", listed("completed", True))
    stream(server, Stream(CONNECTED + STREAM_END))
    notified = await followed(server, after="7")
    assert (notified.types, notified.reconciled.status) == (["run_reconciled"], "completed")


# --- the connection -------------------------------------------------------------------------------------


async def test_the_servers_own_time_to_reconnect_is_kept(server: QuirkyServer) -> None:
    stream(server, Stream(b"retry: 40\n\n" + STARTED, CUT), Stream(COMPLETED + STREAM_END))
    notified = await followed(server)
    (link,) = (link for link in notified.links if link.phase == "reconnecting")
    assert link.attempt == 1
    assert link.retry_in_s is not None
    assert 0.04 <= link.retry_in_s <= 0.05


async def test_attempts_are_counted_and_come_ever_later(server: QuirkyServer) -> None:
    down = Reply(503, "down")
    stream(server, down, down, down, down, Stream(COMPLETED + STREAM_END))
    notified = await followed(server)
    links = [link for link in notified.links if link.phase == "reconnecting"]
    assert [link.attempt for link in links] == [1, 2, 3, 4]
    waits = [link.retry_in_s or 0 for link in links]
    for wait, least in zip(waits, [0.01, 0.02, 0.04, 0.05], strict=True):
        assert least <= wait <= least * 1.25


async def test_attempts_begin_anew_once_something_new_came(server: QuirkyServer) -> None:
    again = [Stream(STARTED, CUT), Stream(STARTED, CUT), Stream(STARTED + LOGGED, CUT)]
    stream(server, *again, Stream(COMPLETED + STREAM_END))
    notified = await followed(server)
    assert [link.attempt for link in notified.links if link.phase == "reconnecting"] == [1, 2, 1]


async def test_a_stream_that_went_silent_is_given_up(server: QuirkyServer) -> None:
    server.on("GET", f"{BASE}/runs", listed("running"))
    stream(server, Stream(STARTED, HOLD), Stream(STARTED + COMPLETED + STREAM_END))
    notified = await followed(server, patience=replace(QUICK, silence_s=0.3, quiet_s=5))
    assert notified.phases == ["connecting", "live", "reconnecting", "live", "ended"]
    assert "not even a keepalive" in notified.links[2].message


async def test_keepalives_keep_a_silent_stream_alive(server: QuirkyServer) -> None:
    beats = (Wait(0.25), KEEPALIVE) * 8
    stream(server, Stream(STARTED, *beats, COMPLETED + STREAM_END))
    notified = await followed(server, patience=replace(QUICK, silence_s=1.5, quiet_s=60))
    assert notified.phases == ["connecting", "live", "ended"]


async def test_a_stream_that_ends_early_goes_on_with_the_next(server: QuirkyServer) -> None:
    stream(server, Stream(STARTED), Stream(STARTED + LOGGED + COMPLETED))
    notified = await followed(server)
    assert notified.types == ["run_started", "run_started", "log", "run_completed"]


async def test_a_stream_that_ends_early_again_with_nothing_new_is_asked_about(server: QuirkyServer) -> None:
    server.on("GET", f"{BASE}/runs", listed("failed", False))
    stream(server, Stream(STARTED))
    notified = await followed(server)
    assert notified.types == ["run_started", "run_started", "run_reconciled"]
    assert notified.reconciled.error == "The server reported no reason."


async def test_a_server_that_goes_away_and_comes_back(server: QuirkyServer) -> None:
    stream(server, Stream(STARTED, HOLD))
    notified = Notified()
    async with client_of(server) as client, asyncio.timeout(120):
        async for item in follow(client, "r1", patience=QUICK):
            notified.take(item)
            if notified.phases == ["connecting", "live"] and notified.events:
                await server.stop()
                stream(server, Stream(STARTED + COMPLETED + STREAM_END))
            if isinstance(item, StreamLink) and item.attempt == 3:
                await server.start()
    assert notified.types == ["run_started", "run_started", "run_completed"]
    assert notified.phases[-2:] == ["live", "ended"]
    assert any(f"Nothing answers at {server.origin}" in link.message for link in notified.links)


async def test_a_host_that_stays_away_is_given_up_in_the_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        origin = f"http://127.0.0.1:{free.getsockname()[1]}"
    client = AsyncWorkerClient(endpoint_from(origin + "/api/v1", "key"), WORKER)
    notified = Notified()

    async def consume() -> None:
        async for item in follow(client, "r1", patience=replace(QUICK, give_up_s=0.2)):
            notified.take(item)

    with pytest.raises(HostUnreachable, match="Gave up") as given_up:
        await consume()
    await client.aclose()
    assert origin in str(given_up.value)
    assert notified.phases[:2] == ["connecting", "reconnecting"]
    assert "ended" not in notified.phases


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(404, "default backend - 404"), ServerError),
        (Reply(404, {"detail": "Run not found"}), RunUnknown),
        (Reply(404, {"detail": f"Unknown worker '{WORKER}'. Known: other"}), UnknownWorker),
        (Reply(401, {"detail": "Invalid API key"}), KeyRefused),
        (Reply(200, "<html>", {"Content-Type": "text/html"}), ServerError),
        (Reply(405, {"detail": "Method Not Allowed"}), ServerError),
    ],
)
async def test_what_cannot_pass_is_raised_at_once(
    server: QuirkyServer, reply: Reply, error: type[Exception]
) -> None:
    stream(server, reply)
    with pytest.raises(error):
        await followed(server)
    assert len(server.asked("GET", f"{BASE}/stream/r1")) == 1


async def test_an_embedded_host_that_does_not_start_is_said_at_once() -> None:
    class Broken:
        label = "embedded host"
        news = ""

        async def resolve(self, *, after_failure: bool = False) -> Endpoint:
            raise HostNotStarted("The embedded host could not be started.")

    with pytest.raises(HostNotStarted):
        async for _ in follow(AsyncWorkerClient(Broken(), WORKER), "r1", patience=QUICK):
            pass


async def test_a_key_refused_on_the_way_is_raised_and_nothing_told_is_lost(server: QuirkyServer) -> None:
    stream(server, Stream(STARTED, CUT), Reply(401, {"detail": "Invalid API key"}))
    notified = Notified()
    with pytest.raises(KeyRefused):
        await followed(server, notified=notified)
    assert notified.types == ["run_started"]


async def test_closing_the_iterator_closes_the_connection_at_once(server: QuirkyServer) -> None:
    stream(server, Stream(STARTED, HOLD))
    async with client_of(server) as client:
        async with aclosing(follow(client, "r1", patience=QUICK)) as items:
            async for item in items:
                if isinstance(item, EventBatch):
                    break
        await asyncio.wait_for(server.streams_left.wait(), 120)


async def test_cancelling_the_follower_closes_the_connection_at_once(server: QuirkyServer) -> None:
    stream(server, Stream(STARTED, HOLD))
    came = asyncio.Event()

    async with client_of(server) as client:

        async def consume() -> None:
            async for item in follow(client, "r1", patience=replace(QUICK, quiet_s=60)):
                if isinstance(item, EventBatch):
                    came.set()

        task = asyncio.create_task(consume())
        await asyncio.wait_for(came.wait(), 120)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(server.streams_left.wait(), 120)


@pytest.mark.parametrize("turns", range(6))
async def test_a_follower_that_is_cancelled_again_while_it_ends_is_cancelled(
    server: QuirkyServer, turns: int
) -> None:
    """As by the end of a program right after its last use of the run."""
    stream(server, Stream(STARTED, HOLD))
    came = asyncio.Event()

    async with client_of(server) as client:

        async def consume() -> None:
            async with aclosing(follow(client, "r1", patience=replace(QUICK, quiet_s=60))) as items:
                async for item in items:
                    if isinstance(item, EventBatch):
                        came.set()

        task = asyncio.create_task(consume())
        await asyncio.wait_for(came.wait(), 120)
        task.cancel()
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(server.streams_left.wait(), 120)


async def test_a_slow_reader_is_not_taken_for_a_quiet_run(server: QuirkyServer) -> None:
    server.on("GET", f"{BASE}/runs", listed("failed", False))
    stream(server, Stream(STARTED + STAGE_FAILED, LOGGED, COMPLETED + STREAM_END, HOLD))
    notified = Notified()
    async with client_of(server) as client:
        async for item in follow(client, "r1", patience=QUICK):
            notified.take(item)
            if isinstance(item, EventBatch):
                await asyncio.sleep(QUICK.quiet_s * 1.5)
    assert notified.types == ["run_started", "stage_failed", "log", "run_completed"]
    assert isinstance(notified.events[-1].data, RunCompleted)


@pytest.mark.parametrize(
    ("events", "listing"),
    [
        (
            STARTED + frame("input_requested", second=2, request_id="q1", message="Publish?"),
            listed("running"),
        ),
        (STARTED, listed("waiting")),
        (STARTED + frame("run_paused", second=2), listed("running")),
        (STARTED, listed("paused")),
    ],
    ids=["the stream says so", "the list says so", "it is paused", "the list says that it is paused"],
)
async def test_a_run_that_waits_for_a_person_or_is_paused_is_quiet_and_not_stalled(
    server: QuirkyServer, events: bytes, listing: Reply
) -> None:
    answered = asyncio.Event()
    server.on("GET", f"{BASE}/runs", listing)
    given = frame("input_given", second=9, request_id="q1", payload=True)
    stream(server, Stream(events, Until(answered), given, COMPLETED + STREAM_END))
    notified = Notified()
    async with client_of(server) as client, asyncio.timeout(120):
        following = aiter(follow(client, "r1", patience=QUICK))
        ahead = asyncio.ensure_future(anext(following))
        while True:
            if len(server.asked("GET", f"{BASE}/runs")) >= 3:  # three times quiet for long
                answered.set()
            done, _ = await asyncio.wait({ahead}, timeout=0.01)
            if done:
                try:
                    notified.take(ahead.result())
                except StopAsyncIteration:
                    break
                ahead = asyncio.ensure_future(anext(following))
    assert notified.types[-2:] == ["input_given", "run_completed"]
    assert notified.phases == ["connecting", "live", "ended"]

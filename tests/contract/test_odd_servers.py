"""Runs on servers that end them in odd ways: each has one end, with a reason that a person can read."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from worker_widget import WorkerClient
from worker_widget.errors import HostUnreachable, ServerError
from worker_widget.events import ArtifactCreated, Log, PolicyViolation, RunWarning
from worker_widget.events.run_request import RunRequest
from worker_widget.state.log_line import LoggedEvent
from worker_widget.store.event_store import EventStore

from .quirky_server import CUT, HOLD, QuirkyServer, Reply, Stream
from .test_follow import (
    BASE,
    COMPLETED,
    CONNECTED,
    KEEPALIVE,
    LOGGED,
    NOT_READY,
    STAGE_FAILED,
    STARTED,
    STREAM_END,
    WORKING,
    Notified,
    answer,
    client_at,
    client_of,
    controller_of,
    followed,
    frame,
    listed,
    state_of,
)

UNKNOWN = Reply(404, {"detail": "Run not found"})
VIOLATED = frame("policy_violation", second=4, stage_id="copy", reason="a cure is promised", severity="error")
PING = b"event: ping\ndata: 2026-01-01 00:00:05.7\n\n"


@pytest.mark.parametrize(
    ("streams", "runs", "run", "status", "reason"),
    [
        # The stream cannot tell; the server's own answer can.
        ([Stream(STARTED, CUT), UNKNOWN], None, answer("completed"), "completed", None),
        ([Stream(STARTED, CUT), UNKNOWN], listed("succeeded", True), NOT_READY, "completed", None),
        (
            [Stream(STARTED, CUT), Reply(500, "x")],
            listed("FAILED"),
            NOT_READY,
            "failed",
            "reported no reason",
        ),
        ([Stream(STARTED, CUT), Reply(204, "")], listed("done"), NOT_READY, "completed", None),
        (
            [Stream(STARTED, CUT), Reply(410, {"detail": "gone"})],
            listed("error"),
            None,
            "failed",
            "no reason",
        ),
        ([Reply(503, "x"), Reply(503, "x"), Stream(COMPLETED + STREAM_END)], None, None, "completed", None),
        ([Reply(502, "<html>")], None, answer("timed_out", error="too slow"), "failed", "too slow"),
        # Words for an end.
        ([Stream(STARTED, HOLD)], listed("canceled"), NOT_READY, "cancelled", "reported no reason"),
        ([Stream(STARTED, HOLD)], listed("Timed Out"), NOT_READY, "failed", "reported no reason"),
        ([Stream(STARTED, HOLD)], listed("aborted"), NOT_READY, "cancelled", "reported no reason"),
        ([Stream(STARTED, HOLD)], listed("RunStatus.FAILED"), NOT_READY, "failed", "reported no reason"),
        ([Stream(STARTED, HOLD)], listed(" Passed "), NOT_READY, "completed", None),
        ([Stream(STARTED, HOLD)], listed("preempted"), NOT_READY, "interrupted", "reported no reason"),
        # No terminal event after a failure or a violation.
        ([Stream(STARTED + STAGE_FAILED, HOLD)], listed("failed"), None, "failed", "no layout"),
        ([Stream(STARTED + VIOLATED, HOLD)], listed("blocked"), NOT_READY, "failed", "a cure is promised"),
        # Keepalives that are events count as quiet.
        ([Stream(STARTED, *[PING] * 3, HOLD)], listed("failed"), None, "failed", "reported no reason"),
        # The server was restarted.
        ([Stream(STARTED, CUT), UNKNOWN], None, None, "interrupted", "no longer has this run"),
        ([Stream(STARTED, CUT), UNKNOWN], listed("running"), NOT_READY, "interrupted", "was restarted"),
        (
            [Stream(STARTED, CUT), Reply(502, "x"), Stream(STARTED, HOLD)],
            listed("running"),
            NOT_READY,
            "interrupted",
            "was restarted",
        ),
        # Odd combinations of data.
        (
            [Stream(b'event: run_failed\ndata: "out of memory"\n\n', HOLD)],
            None,
            None,
            "failed",
            "out of memory",
        ),
        ([Stream(b'event: run_completed\ndata: {"data": NaN}\n\n', HOLD)], None, None, "completed", None),
        ([Stream(COMPLETED + STARTED + WORKING + COMPLETED, HOLD)], None, None, "completed", None),
        (
            [Stream(STARTED + COMPLETED + frame("run_failed", error="late"), HOLD)],
            None,
            None,
            "completed",
            None,
        ),
        ([Stream(CONNECTED + STREAM_END)], listed("failed"), answer("failed", error="e"), "failed", "e"),
    ],
)
async def test_a_run_has_one_end_and_its_reason(
    server: QuirkyServer, streams: list[Any], runs: Any, run: Any, status: str, reason: str | None
) -> None:
    server.on("GET", f"{BASE}/stream/r1", *streams)
    for route, reply in (("runs", runs), ("runs/r1", run)):
        if reply is not None:
            server.on("GET", f"{BASE}/{route}", reply)
    notified = await followed(server)
    state = state_of(notified)
    assert state.status == status
    assert state.error is None if reason is None else reason in (state.error or "")
    assert notified.phases[-1] == "ended"
    assert not any("ping" in event.type for event in notified.events)


async def test_a_server_that_refuses_the_stream_in_every_way_is_given_up_with_its_reason(
    server: QuirkyServer,
) -> None:
    server.on("GET", f"{BASE}/stream/r1", Stream(STARTED, CUT), Reply(418, "<html>"))
    with pytest.raises(ServerError, match="answered status 418 to GET /stream/r1"):
        await followed(server)
    assert len(server.asked("GET", f"{BASE}/stream/r1")) < 10


async def test_a_retry_of_zero_is_no_reason_to_hurry(server: QuirkyServer) -> None:
    server.on(
        "GET", f"{BASE}/stream/r1", *[Stream(b"retry: 0\n\n" + STARTED, CUT)] * 4, Stream(COMPLETED, HOLD)
    )
    notified = await followed(server)
    assert all(link.retry_in_s for link in notified.links if link.phase == "reconnecting")
    assert state_of(notified).status == "completed"


def lines(notified: Notified) -> list[str]:
    store = EventStore.memory()
    store.begin("r1", worker="w", origin="o", time_us=0)
    logged: list[LoggedEvent] = []
    for batch in notified.batches:
        logged += store.append("r1", batch)
    store.close()
    return [item.event.data.message for item in logged if isinstance(item.event.data, Log)]


@pytest.mark.parametrize("time", ["2026-11-22T07:50:03Z", "2026-11-22T07:50:03", None])
async def test_equal_lines_are_each_a_line_and_repeats_after_a_reconnect_are_none(
    server: QuirkyServer, time: str | None
) -> None:
    body = json.dumps({"type": "log", "timestamp": time, "data": {"message": "again"}})
    line = f"event: log\ndata: {body}\n\n".encode()
    whole = STARTED + line + LOGGED + line + line
    server.on(
        "GET",
        f"{BASE}/stream/r1",
        Stream(STARTED + line, LOGGED + line, line, CUT),
        Stream(whole, CUT),
        Stream(whole + LOGGED + line + COMPLETED, HOLD),
    )
    assert sorted(lines(await followed(server))) == ["again"] * 4 + ["working"]


ANSWER = {
    "artifacts": {"landing_html": "<!doctype html><p>x</p>", "plan": {"a": 1}, "notes.md": "# n"},
    "execution_trace": [
        {"stage": "copy", "status": "completed", "latency_ms": 1200, "agent_used": "a", "tokens_used": 7},
        {"stage": "ux", "status": "failed", "latency_ms": "nan", "error": {"message": "no layout"}},
        {"stage": "bundle", "status": "completed", "latency_ms": -3, "tokens_used": -1},
        "odd",
    ],
    "drift_metrics": {"copy": 0.2, "ux": {"drift_score": 0.4}},
    "routing_decisions": [{"stage": "copy", "agent": "a", "confidence": 0.9}],
    "policy_violations": ["a claim", {"stage_id": "copy", "reason": "b"}],
    "recovery_log": [{"stage": "copy", "recovery": "re_tone"}],
    "cost_report": {"total_tokens": 7},
    "total_tokens_used": 7,
    "created_at": "2026-11-22T07:50:00+00:00",
}


@pytest.mark.parametrize("gone", [UNKNOWN, Stream(KEEPALIVE, HOLD), Stream(CONNECTED + STREAM_END)])
async def test_a_run_whose_events_are_gone_is_read_from_the_servers_summary(
    server: QuirkyServer, gone: Reply | Stream
) -> None:
    server.on("GET", f"{BASE}/stream/r1", gone)
    server.on("GET", f"{BASE}/runs", listed("completed", True))
    server.on("GET", f"{BASE}/runs/r1", answer("completed", **ANSWER))
    server.on("GET", f"{BASE}/events/r1", Reply(body={"run_id": "r1", "events": [], "count": 0}))
    notified = await followed(server)
    state = state_of(notified)
    assert (state.status, state.tokens, state.cost_report) == ("completed", 7, {"total_tokens": 7})
    assert [(item.file, item.kind) for item in state.artifacts] == [
        ("landing.html", "html"),
        ("plan.json", "json"),
        ("notes.md", "md"),
    ]
    assert [(stage.stage_id, stage.status, stage.drift) for stage in state.stages] == [
        ("copy", "completed", 0.2),
        ("ux", "failed", 0.4),
        ("bundle", "completed", None),
    ]
    assert [stage.duration_ms for stage in state.stages] == [1200, None, None]
    assert state.counts.routing == 1
    assert [event.data.reason for event in notified.events if isinstance(event.data, PolicyViolation)]
    (warning,) = (event.data for event in notified.events if isinstance(event.data, RunWarning))
    assert "server's summary" in (warning.message or "")
    again = await followed(server)
    assert {event.raw for event in again.events} == {event.raw for event in notified.events}


async def test_events_that_a_proxy_holds_back_are_requested_as_a_whole(server: QuirkyServer) -> None:
    event = {"type": "artifact_created", "timestamp": None, "data": {"artifact_name": "a", "content": "x"}}
    server.on("GET", f"{BASE}/stream/r1", Stream(KEEPALIVE, HOLD))
    server.on("GET", f"{BASE}/runs/r1", answer("completed", **ANSWER))
    server.on("GET", f"{BASE}/events/r1", Reply(body={"events": [event], "count": 1}))
    notified = await followed(server)
    assert [event.data.content for event in notified.events if isinstance(event.data, ArtifactCreated)] == [
        "x"
    ]
    assert state_of(notified).status == "completed"


async def test_a_replay_that_the_server_does_not_do_fails_in_its_words(server: QuirkyServer) -> None:
    refused = {"run_id": "r9", "status": "failed", "error": "Replay not fully implemented yet"}
    server.on("POST", f"{BASE}/replay", Reply(202, refused))
    async with client_of(server) as client:
        with pytest.raises(ServerError, match="did not run the run again: Replay not fully implemented yet"):
            await client.replay({"seed": 1})


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(202, {"run_id": "r9", "status": "failed", "error": "Replay is a stub"}), "Replay is a stub"),
        (
            Reply(
                202, {"success": True, "data": {"run_id": "r9", "status": "FAILED", "error": {"msg": "no"}}}
            ),
            "did not run the run again: no",
        ),
        (Reply(202, {"run_id": "r9", "status": "crashed"}), "gives no reason"),
        (Reply(501, {"detail": "Replay not fully implemented yet"}), "Replay not fully implemented yet"),
    ],
)
async def test_a_replay_that_fails_leaves_no_run_in_the_history(
    server: QuirkyServer, reply: Reply, words: str
) -> None:
    end = frame("run_completed", second=5, success=True, replay_token={"seed": 1})
    server.on("GET", f"{BASE}/stream/r1", Stream(STARTED + end + STREAM_END))
    server.on("POST", f"{BASE}/replay", reply)
    store = EventStore.memory()
    async with client_of(server) as client:
        controller = controller_of(client, server, store)
        live = await controller.open_run("r1")
        await asyncio.wrap_future(live.over)
        with pytest.raises(ServerError, match=words):
            await controller.replay()
        assert [(run.run_id, run.status) for run in store.runs()] == [("r1", "completed")]
        await controller.close()
    store.close()


async def test_a_run_starts_though_the_server_has_closed_the_connection_that_is_kept() -> None:
    """As real servers do after a status of 500: the connection is closed a moment after the answer."""
    asked: list[bytes] = []
    served: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        served.append(task)
        head = await reader.readuntil(b"\r\n\r\n")
        asked.append(head.split(b" ", 2)[0])
        if head.startswith(b"POST"):
            await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split()[0]))
        body = b'{"run_id": "r1", "status": "queued", "runs": []}'
        status = b"202 Accepted" if head.startswith(b"POST") else b"200 OK"
        writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))
        await writer.drain()
        # The next request on this connection is read, and the connection closed without an answer.
        with suppress(asyncio.IncompleteReadError):
            await reader.readexactly(1)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    listener = await asyncio.start_server(serve, "127.0.0.1", 0)
    origin = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    async with client_at(origin) as client:
        for _ in range(4):
            await client.runs()
            assert (await client.start(RunRequest(task="A page of tea"))).run_id == "r1"
    listener.close()
    await asyncio.gather(*served)
    assert asked == [b"GET", b"POST"] * 4, "each is executed once"


@pytest.mark.parametrize(
    ("home", "run_id"), [("file", "n1"), ("file/below", "n2"), ("missing/../file/below", "n3")]
)
async def test_a_run_of_a_server_needs_no_home_and_says_that_it_is_not_kept(
    server: QuirkyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str, run_id: str
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("WORKER_WIDGET_HOME", str(tmp_path / home))
    server.on("POST", f"{BASE}/run-streaming", Reply(202, {"run_id": run_id, "status": "queued"}))
    server.on("GET", f"{BASE}/stream/{run_id}", Stream(STARTED + COMPLETED + STREAM_END))

    def run() -> tuple[str, str]:
        client = WorkerClient(url=f"{server.origin}/api/v1", api_key="key")
        done = client.run("A page of tea").wait(60)
        return done.status, str(done._live.history_error)

    status, trouble = await asyncio.to_thread(run)
    assert status == "completed"
    assert "in memory" in trouble


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"SSL_CERT_FILE": "/nowhere/ca.pem"}, "SSL_CERT_FILE"),
        ({"ALL_PROXY": "socks://127.0.0.1:9"}, "ALL_PROXY"),
        ({"ALL_PROXY": "socks5://127.0.0.1:9"}, "ALL_PROXY"),
        ({"https_proxy": "http://user:secret@[::1"}, "https_proxy"),
        ({"HTTPS_PROXY": "http://user:secret@proxy:notaport"}, "HTTPS_PROXY"),
        ({"all_proxy": "ftp://proxy"}, "all_proxy"),
        ({"SSL_CERT_FILE": __file__}, "SSL_CERT_FILE"),
    ],
)
async def test_a_broken_environment_stops_no_loopback_and_names_itself_elsewhere(
    server: QuirkyServer, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], named: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    server.on("GET", f"{BASE}/health", Reply(body={"version": "1"}))
    async with client_of(server) as client:
        assert (await client.health()).version == "1"
    async with client_at("https://workers.example") as away:
        with pytest.raises(HostUnreachable, match=named) as raised:
            await away.health()
    assert "secret" not in str(raised.value)

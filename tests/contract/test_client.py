"""The client against servers of both generations, over real sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from worker_widget.errors import (
    HostUnreachable,
    KeyRefused,
    Problem,
    RequestRefused,
    RunUnknown,
    ServerError,
    UnknownWorker,
    WorkerUnavailable,
    WorkerWidgetError,
)
from worker_widget.events import Log, UnknownEvent
from worker_widget.events.run_request import RunRequest
from worker_widget.sources.worker_api.client import AsyncWorkerClient
from worker_widget.sources.worker_api.endpoint import Endpoint, KeyHeader
from worker_widget.sources.worker_api.endpoint_settings import endpoint_from

from .quirky_server import CUT, HOLD, QuirkyServer, Reply, Stream

KEY = "s3cr3t-key"
WORKER = "business-builder"
A = f"/api/v1/workers/{WORKER}"
B = f"/workers/{WORKER}"
HEALTHY = Reply(body={"status": "healthy", "version": "0.2", "moats": {"M9": "available"}})
QUEUED = {"run_id": "r1", "success": None, "status": "queued", "artifacts": None}


def wrapped(data: Any) -> dict[str, Any]:
    return {"success": True, "data": data, "meta": {"request_id": "q1"}}


@asynccontextmanager
async def client_of(
    server: QuirkyServer, path: str = "/api/v1", *, key: str | None = KEY, key_header: KeyHeader = "x-aos-key"
) -> AsyncIterator[AsyncWorkerClient]:
    client = AsyncWorkerClient(endpoint_from(server.origin + path, key, WORKER, key_header), WORKER)
    try:
        yield client
    finally:
        await client.aclose()


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WORKER_URL", "WORKER_API_KEY", "WORKER_KEY_HEADER"):
        monkeypatch.delenv(name, raising=False)


# --- where and with what ------------------------------------------------------------------------------


@pytest.mark.parametrize("base", [A, B])
async def test_the_generation_is_found_out_once(base: str) -> None:
    async with QuirkyServer() as server, client_of(server, "") as client:
        server.on("GET", f"{base}/health", HEALTHY)
        server.on("GET", f"{base}/runs", Reply(body={"runs": [], "total": 0}))
        await client.runs()
        await client.runs()
        assert len(server.asked("GET", f"{base}/runs")) == 2
        assert len(server.asked("GET", f"{base}/health")) == 1


async def test_a_server_that_answers_every_address_with_a_page_is_not_taken_for_the_first_generation() -> (
    None
):
    async with QuirkyServer() as server, client_of(server, "") as client:
        server.on("GET", f"{A}/health", Reply(body="<!doctype html>", headers={"Content-Type": "text/html"}))
        server.on("GET", f"{B}/health", HEALTHY)
        assert (await client.endpoint()).prefix == ""


async def test_a_worker_that_is_served_nowhere_names_both_places() -> None:
    async with QuirkyServer() as server, client_of(server, "") as client:
        with pytest.raises(UnknownWorker) as refused:
            await client.start(RunRequest(task="Create a page"))
    assert f"/api/v1/workers/{WORKER} nor /workers/{WORKER}" in str(refused.value)
    assert server.origin in str(refused.value)


async def test_a_gateway_that_wants_a_key_everywhere_is_said_to_want_a_key() -> None:
    async with QuirkyServer() as server, client_of(server, "", key=None) as client:
        for base in (A, B):
            server.on("GET", f"{base}/health", Reply(401, {"detail": "Missing key"}))
        with pytest.raises(KeyRefused, match="none is set"):
            await client.health()


async def test_a_server_that_is_down_is_not_taken_for_one_without_the_worker() -> None:
    async with QuirkyServer() as server, client_of(server, "") as client:
        server.on("GET", f"{A}/health", Reply(502, "<html>Bad gateway</html>"))
        with pytest.raises(ServerError) as failed:
            await client.start(RunRequest(task="Create a page"))
        assert failed.value.status == 502


async def test_a_settled_address_is_not_probed() -> None:
    async with QuirkyServer() as server, client_of(server, "/workers") as client:
        server.on("GET", f"{B}/runs", Reply(body={"runs": []}))
        await client.runs()
        assert [seen.path for seen in server.seen] == [f"{B}/runs"]


@pytest.mark.parametrize(
    ("key_header", "sent"),
    [("x-aos-key", {"x-aos-key": KEY}), ("bearer", {"authorization": f"Bearer {KEY}"})],
)
async def test_the_key_is_sent_one_way_only(key_header: KeyHeader, sent: dict[str, str]) -> None:
    async with QuirkyServer() as server, client_of(server, key_header=key_header) as client:
        server.on("GET", f"{A}/health", HEALTHY)
        await client.health()
        headers = server.seen[0].headers
        assert {name: headers[name] for name in ("x-aos-key", "authorization") if name in headers} == sent


async def test_proxies_of_the_environment_are_not_used_for_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    async with QuirkyServer() as server, client_of(server) as client:
        server.on("GET", f"{A}/health", HEALTHY)
        assert (await client.health()).version == "0.2"


# --- what is answered -----------------------------------------------------------------------------------


@pytest.mark.parametrize("wrap", [wrapped, lambda data: data], ids=["wrapped", "bare"])
@pytest.mark.parametrize("path", ["/api/v1", "/workers"])
async def test_every_route_in_both_generations_wrapped_or_bare(wrap: Any, path: str) -> None:
    base = A if path == "/api/v1" else B
    full = {
        **QUEUED,
        "status": "completed",
        "success": True,
        "artifacts": {"landing": "<html>"},
        "replay_token": {"seed": 1},
        "total_tokens_used": 470.0,
        "total_latency_ms": 1261.6,
        "created_at": "2026-11-22T07:49:19",
    }
    item = {"run_id": "r1", "task": "t", "status": "running", "success": None, "created_at": None}
    event = {
        "type": "log",
        "timestamp": "2026-11-22T07:49:19+00:00",
        "run_id": "r1",
        "data": {"message": "m"},
    }
    answers = {
        ("POST", "/run-streaming"): Reply(202, wrap(QUEUED)),
        ("POST", "/run"): Reply(202, wrap(full)),
        ("POST", "/replay"): Reply(202, wrap({**QUEUED, "run_id": "r2"})),
        ("POST", "/runs/r1/retry"): Reply(201, wrap({"id": "r3", "parent_run_id": "r1", "status": "queued"})),
        ("POST", "/runs/r1/cancel"): Reply(202, wrap({"cancelling": True})),
        ("GET", "/runs/r1"): Reply(body=wrap(full)),
        ("GET", "/runs"): Reply(body=wrap({"runs": [item, "nonsense"], "total": 1, "next_cursor": "17"})),
        ("GET", "/events/r1"): Reply(
            body=wrap({"run_id": "r1", "events": [event, {"type": "new"}], "count": 2})
        ),
        ("DELETE", "/runs/r1"): Reply(body=wrap({"deleted": True, "run_id": "r1"})),
        ("POST", "/validate-brand"): Reply(
            body=wrap({"valid": True, "errors": [], "warnings": ["No tagline"]})
        ),
        ("GET", "/health"): HEALTHY,
        ("GET", "/schema/brand"): Reply(body=wrap({"title": "BrandRequest", "properties": {}})),
    }
    async with QuirkyServer() as server, client_of(server, path) as client:
        for (method, route), reply in answers.items():
            server.on(method, base + route, reply)
        listed = {"id": "x", "name": "X", "description": "d", "status": "beta", "moats": ["M9"]}
        server.on("GET", base.removesuffix(f"/{WORKER}"), Reply(body=wrap({"workers": [listed]})))

        assert (await client.start(RunRequest(task="Create a page"))).run_id == "r1"
        assert (await client.run_whole(RunRequest(task="Create a page"))).artifacts == {"landing": "<html>"}
        assert (await client.replay({"seed": 1})).run_id == "r2"
        retried = await client.retry("r1")
        assert (retried.run_id, retried.parent_run_id) == ("r3", "r1")
        await client.cancel("r1")
        run = await client.run("r1")
        assert (run.over, run.success, run.replay_token, run.total_tokens_used) == (
            True,
            True,
            {"seed": 1},
            470,
        )
        assert run.created_at == datetime(2026, 11, 22, 7, 49, 19, tzinfo=UTC)
        page = await client.runs()
        assert [(item.run_id, item.over, item.success) for item in page.runs] == [("r1", False, None)]
        assert page.next_cursor == "17"
        events = await client.events("r1")
        assert [type(event.data) for event in events] == [Log, UnknownEvent]
        assert await client.delete("r1") is True
        check = await client.validate_brand({"company_name": "C"})
        assert (check.valid, check.problems, check.warnings) == (True, [], ["No tagline"])
        assert (await client.health()).moats == {"M9": "available"}
        assert (await client.schema("brand"))["title"] == "BrandRequest"
        (info,) = await client.workers()
        assert (info.id, info.status, info.moats) == ("x", "beta", ("M9",))


async def test_what_a_start_sends() -> None:
    async with QuirkyServer() as server, client_of(server) as client:
        server.on("POST", f"{A}/run-streaming", Reply(202, QUEUED))
        server.on("POST", "/api/v1/workers/repo-fixer/run-streaming", Reply(202, QUEUED))
        await client.start(RunRequest(task="Create a page"))
        brand = {"company_name": "C"}
        await client.start(
            RunRequest(
                task="T", brand=brand, budget=2000, strict_mode=True, depth="deep", options={"pace": 0}
            ),
            worker="repo-fixer",
        )
        first, second = (seen.json() for seen in server.seen)
    assert first == {
        "task": "Create a page",
        "brand": None,
        "budget": None,
        "strict_mode": False,
        "depth": "auto",
    }
    assert second == {
        "task": "T",
        "brand": brand,
        "budget": 2000,
        "strict_mode": True,
        "depth": "deep",
        "options": {"pace": 0},
    }


async def test_what_a_listing_asks_for() -> None:
    async with QuirkyServer() as server, client_of(server) as client:
        server.on("GET", f"{A}/runs", Reply(body={"runs": []}))
        await client.runs(5)
        since = datetime(2026, 1, 31, 13, tzinfo=UTC)
        await client.runs(10, cursor="17", status="failed", since=since)
        first, second = (seen.query for seen in server.seen)
    assert first == {"limit": "5"}
    assert second == {
        "limit": "10",
        "cursor": "17",
        "status": "failed",
        "since": "2026-01-31T13:00:00+00:00",
    }


async def test_ids_cannot_lead_to_another_route() -> None:
    async with QuirkyServer() as server, client_of(server) as client:
        server.on("GET", f"{A}/runs/..%2F..%2Fsecrets%3Fa", Reply(body=QUEUED))
        await client.run("../../secrets?a")
        assert server.seen[0].path == f"{A}/runs/..%2F..%2Fsecrets%3Fa"
        with pytest.raises(RunUnknown, match="The run id is empty"):
            await client.run(" ")


async def test_fields_of_another_type_do_not_lose_the_answer() -> None:
    odd: dict[str, Any] = {
        **QUEUED,
        "success": "perhaps",
        "replay_token": [],
        "created_at": "yesterday",
        "drift_metrics": None,
    }
    async with QuirkyServer() as server, client_of(server) as client:
        server.on("GET", f"{A}/runs/r1", Reply(body=odd))
        run = await client.run("r1")
    assert (run.run_id, run.status) == ("r1", "queued")
    assert (run.success, run.replay_token, run.created_at, run.drift_metrics) == (None, None, None, {})


async def test_a_server_without_a_list_has_the_one_worker_that_was_named() -> None:
    async with QuirkyServer() as server, client_of(server) as client:
        (info,) = await client.workers()
    assert (info.id, info.name, info.status) == (WORKER, "Business Builder", "available")


async def test_a_server_that_cannot_cancel() -> None:
    async with QuirkyServer() as server, client_of(server) as client:
        with pytest.raises(ServerError, match="cannot cancel a run: the run continues"):
            await client.cancel("r1")
        server.on("POST", f"{A}/runs/r1/cancel", Reply(405, {"detail": "Method Not Allowed"}))
        with pytest.raises(ServerError, match="cannot cancel a run"):
            await client.cancel("r1")
        server.on("POST", f"{A}/runs/r1/cancel", Reply(404, {"detail": "Run not found"}))
        with pytest.raises(RunUnknown):
            await client.cancel("r1")
        server.on("POST", f"{A}/runs/r1/cancel", Reply(409, {"detail": "The run is over already."}))
        with pytest.raises(RequestRefused, match="over already"):
            await client.cancel("r1")


# --- what is refused ------------------------------------------------------------------------------------

TOO_SHORT = {
    "type": "string_too_short",
    "loc": ["body", "task"],
    "msg": "String should have at least 5 characters",
    "input": "hi",
}
MISSION = {
    "type": "value_error",
    "loc": ["body", "brand", "mission"],
    "msg": "Value error, needs at least 3 words",
}
NO_KEY = {"type": "missing", "loc": ["header", "X-AOS-Key"], "msg": "Field required", "input": None}


async def refused_start(reply: Reply, *, key: str | None = KEY) -> WorkerWidgetError:
    async with QuirkyServer() as server, client_of(server, key=key) as client:
        server.on("POST", f"{A}/run-streaming", reply)
        with pytest.raises(WorkerWidgetError) as refused:
            await client.start(RunRequest(task="Create a page"))
        assert len(server.seen) == 1, "a start must not be sent twice"
        assert KEY not in str(refused.value)
        return refused.value


async def test_a_validation_list_names_each_field() -> None:
    error = await refused_start(Reply(422, {"detail": [TOO_SHORT, MISSION]}))
    assert isinstance(error, RequestRefused)
    assert error.problems == (
        Problem("task", "String should have at least 5 characters"),
        Problem("brand.mission", "needs at least 3 words"),
    )
    assert "task: String should have at least 5 characters; brand.mission: needs at least 3 words" in str(
        error
    )


@pytest.mark.parametrize(
    "reply",
    [
        Reply(401, {"detail": "Invalid API key"}),
        Reply(403, {"detail": "Forbidden"}),
        Reply(401, f"bad key {KEY}"),
        Reply(422, {"detail": [NO_KEY]}),
    ],
)
async def test_a_refused_key_names_the_three_ways_to_give_one(reply: Reply) -> None:
    error = await refused_start(reply)
    assert isinstance(error, KeyRefused)
    for way in ("api_key=", "WORKER_API_KEY", "keyring set worker-widget http://127.0.0.1"):
        assert way in str(error)


async def test_a_missing_key_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    error = await refused_start(Reply(422, {"detail": [NO_KEY]}), key=None)
    assert isinstance(error, KeyRefused)
    assert "none is set" in str(error)


async def test_a_worker_that_is_coming_soon() -> None:
    detail = {"message": "Repo Fixer cannot be run yet: it is coming soon.", "worker": "repo-fixer"}
    error = await refused_start(Reply(409, {"detail": detail}))
    assert isinstance(error, WorkerUnavailable)
    assert "Repo Fixer cannot be run yet" in str(error)


async def test_a_worker_that_is_unknown() -> None:
    error = await refused_start(Reply(404, {"detail": "Unknown worker 'x'. Known: business-builder"}))
    assert isinstance(error, UnknownWorker)
    assert "Known: business-builder" in str(error)


@pytest.mark.parametrize(
    ("reply", "status", "says"),
    [
        (
            Reply(500, "Internal Server Error"),
            500,
            "answered status 500 to POST /run-streaming (Internal Server",
        ),
        (Reply(502, "<html>Bad gateway</html>"), 502, "an HTML page"),
        (Reply(429, {"detail": "slow down"}, {"Retry-After": "7"}), 429, "Try again in 7 s"),
        (Reply(503, "", {"Retry-After": "1"}), 503, "busy or not ready"),
        (
            Reply(307, "", {"Location": f"https://elsewhere/x?key={KEY}"}),
            307,
            "redirects to https://elsewhere/x",
        ),
        (Reply(200, "ok"), 200, "content that is not JSON"),
        (Reply(202, b"\xff\xfe"), 202, "content that is not JSON"),
    ],
)
async def test_a_server_that_fails_is_quoted(reply: Reply, status: int, says: str) -> None:
    error = await refused_start(reply)
    assert isinstance(error, ServerError)
    assert error.status == status
    assert says in str(error)


@pytest.mark.parametrize("body", [[], "text", None, {}, {"run_id": ""}, {"success": True, "data": None}])
async def test_an_answer_without_a_run_is_a_server_error(body: Any) -> None:
    assert isinstance(await refused_start(Reply(202, body)), ServerError)


async def test_a_brand_that_is_no_json_is_refused_before_it_is_sent() -> None:
    async with QuirkyServer() as server, client_of(server) as client:
        with pytest.raises(RequestRefused, match="cannot be written as JSON"):
            await client.start(RunRequest(task="Create a page", brand={"company_name": object()}))
        assert server.seen == []


async def test_a_run_that_is_unknown() -> None:
    async with QuirkyServer() as server, client_of(server) as client:
        server.on("GET", f"{A}/runs/r9", Reply(404, {"detail": "Run not found"}))
        with pytest.raises(RunUnknown, match="has no run r9"):
            await client.run("r9")


async def test_whether_a_run_is_known_though_its_answer_is_not_ready() -> None:
    async with QuirkyServer() as server, client_of(server) as client:
        server.on("GET", f"{A}/runs/r1", Reply(500, "Internal Server Error"))
        server.on("GET", f"{A}/stream/r1", Stream(HOLD))
        server.on("GET", f"{A}/stream/r9", Reply(404, {"detail": "Run not found"}))
        await client.ensure_known("r1")
        await asyncio.wait_for(server.streams_left.wait(), 120)
        with pytest.raises(RunUnknown, match="has no run r9"):
            await client.ensure_known("r9")


async def test_a_replay_token_of_another_host() -> None:
    async with QuirkyServer() as server, client_of(server) as client:
        server.on("POST", f"{A}/replay", Reply(404, {"detail": "This host has no run of that token."}))
        with pytest.raises(RunUnknown, match="has no run of that token"):
            await client.replay({"seed": 1})


async def test_a_run_answer_that_is_not_ready_is_a_plain_500() -> None:
    async with QuirkyServer() as server, client_of(server) as client:
        server.on("GET", f"{A}/runs/r1", Reply(500, "Internal Server Error"))
        with pytest.raises(ServerError) as failed:
            await client.run("r1")
    assert failed.value.status == 500


async def test_a_refused_brand_is_an_answer() -> None:
    async with QuirkyServer() as server, client_of(server) as client:
        short = {"loc": ["body", "mission"], "msg": "Value error, needs at least 3 words"}
        answers = [
            Reply(422, {"detail": [short]}),
            Reply(body={"valid": False, "errors": [{"field": "mission", "message": "too short"}, "odd"]}),
            Reply(422, {"detail": "no brand at all"}),
        ]
        server.on("POST", f"{A}/validate-brand", *answers)
        first = await client.validate_brand({"mission": "x"})
        assert (first.valid, first.problems) == (False, [Problem("brand.mission", "needs at least 3 words")])
        second = await client.validate_brand({"mission": "x"})
        assert second.problems == [Problem("brand.mission", "too short"), Problem("brand", "odd")]
        with pytest.raises(RequestRefused, match="no brand at all"):
            await client.validate_brand({})


# --- what passes, and what does not -----------------------------------------------------------------------


async def test_a_busy_server_is_asked_again_when_it_says() -> None:
    in_a_moment = format_datetime(datetime.now(UTC) - timedelta(seconds=1), usegmt=True)
    async with QuirkyServer() as server, client_of(server) as client:
        server.on(
            "GET",
            f"{A}/health",
            Reply(429, "", {"Retry-After": "0"}),
            Reply(503, "", {"Retry-After": in_a_moment}),
            HEALTHY,
        )
        assert (await client.health()).status == "healthy"


@pytest.mark.parametrize(
    ("headers", "times"), [({"Retry-After": "0"}, 3), ({"Retry-After": "3600"}, 1), ({}, 1)]
)
async def test_a_server_that_stays_busy_is_not_asked_for_ever(headers: dict[str, str], times: int) -> None:
    async with QuirkyServer() as server, client_of(server) as client:
        server.on("GET", f"{A}/health", Reply(503, "down", headers))
        with pytest.raises(ServerError) as failed:
            await client.health()
        assert failed.value.status == 503
        assert len(server.seen) == times


async def test_nothing_listens_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        origin = f"http://127.0.0.1:{free.getsockname()[1]}"
    client = AsyncWorkerClient(endpoint_from(origin, KEY), WORKER)
    with pytest.raises(HostUnreachable) as failed:
        await client.start(RunRequest(task="Create a page"))
    await client.aclose()
    assert f"Nothing answers at {origin}" in str(failed.value)
    assert KEY not in str(failed.value)


async def test_a_host_name_that_does_not_exist() -> None:
    client = AsyncWorkerClient(endpoint_from("https://no-such-host.invalid/workers", KEY), WORKER)
    with pytest.raises(HostUnreachable, match=r"Nothing answers at https://no-such-host\.invalid"):
        await client.health()
    await client.aclose()


async def test_a_connection_that_is_cut_in_an_answer() -> None:
    async with QuirkyServer() as server, client_of(server) as client:
        server.on("GET", f"{A}/health", Stream(b'{"sta', CUT, content_type="application/json"))
        with pytest.raises(HostUnreachable, match="was cut before the answer was complete"):
            await client.health()


class Moving:
    """A host that comes back elsewhere with another key, as the embedded one does."""

    label = "a host that moves"
    news = ""

    def __init__(self, *endpoints: Endpoint) -> None:
        self.left = list(endpoints)

    async def resolve(self, *, after_failure: bool = False) -> Endpoint:
        if after_failure and len(self.left) > 1:
            self.left.pop(0)
        return self.left[0]


async def test_a_host_that_died_is_found_where_it_is_now() -> None:
    async with QuirkyServer() as old, QuirkyServer() as new:
        await old.stop()
        new.on("POST", f"{A}/run-streaming", Reply(202, QUEUED))
        source = Moving(Endpoint(old.origin, "/api/v1", "old"), Endpoint(new.origin, "/api/v1", "new"))
        client = AsyncWorkerClient(source, WORKER)
        assert (await client.start(RunRequest(task="Create a page"))).run_id == "r1"
        await client.start(RunRequest(task="Create a page"))
        await client.aclose()
        assert [seen.headers["x-aos-key"] for seen in new.seen] == ["new", "new"]


async def test_a_key_that_was_renewed_is_looked_up_again() -> None:
    async with QuirkyServer() as server:
        server.on("GET", f"{A}/health", Reply(401, {"detail": "Invalid API key"}), HEALTHY)
        source = Moving(Endpoint(server.origin, "/api/v1", "old"), Endpoint(server.origin, "/api/v1", "new"))
        client = AsyncWorkerClient(source, WORKER)
        assert (await client.health()).status == "healthy"
        await client.aclose()
        assert [seen.headers["x-aos-key"] for seen in server.seen] == ["old", "new"]


@pytest.mark.parametrize(
    ("status", "detail"),
    [
        (500, "x" * 295 + KEY),
        (401, f"no key {KEY} here"),
        (422, [{"loc": ["body", "task"], "msg": f"bad: {KEY}"}]),
        (422, [{"loc": ["body", KEY], "msg": "unknown"}]),
        (409, {"worker": "w", "message": f"{KEY} cannot run it"}),
    ],
)
async def test_a_server_that_repeats_the_key_does_not_make_it_seen(status: int, detail: Any) -> None:
    async with QuirkyServer() as server, client_of(server) as client:
        server.on("POST", f"{A}/run-streaming", Reply(status, {"detail": detail}))
        with pytest.raises(WorkerWidgetError) as refused:
            await client.start(RunRequest(task="Create a page"))
    wording = f"{refused.value} {getattr(refused.value, 'problems', ())}"
    assert KEY[:5] not in wording
    assert KEY not in wording

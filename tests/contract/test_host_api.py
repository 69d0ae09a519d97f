"""The worker API as the embedded host speaks it, route by route."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from worker_widget.host.process.server import HostSettings
from worker_widget.host.process.threaded import ThreadedHost
from worker_widget.retention import Retention

from .host_support import BASE, Api, ScriptedWorker, events, scripted
from .test_console import wait_until

BRAND = {
    "company_name": "Podly",
    "mission": "Help podcasters grow their shows",
    "value_proposition": "Publish everywhere from one place without editing audio",
}


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedHost]:
    with ThreadedHost(tmp_path_factory.mktemp("host"), scripted()) as running:
        yield running


@pytest.fixture(scope="module")
def api(host: ThreadedHost) -> Iterator[Api]:
    client = Api(host.url, host.token)
    with client.http:
        yield client


@pytest.fixture(scope="module")
def stranger(host: ThreadedHost) -> Iterator[httpx.Client]:
    """A client without a key."""
    with httpx.Client(base_url=host.url) as client:
        yield client


ROUTES = [
    ("GET", "/api/v1/health"),
    ("GET", "/api/v1/workers"),
    ("GET", BASE + "/health"),
    ("GET", BASE + "/schema/brand"),
    ("GET", BASE + "/schema/run"),
    ("GET", BASE + "/runs"),
    ("GET", BASE + "/runs/x"),
    ("DELETE", BASE + "/runs/x"),
    ("GET", BASE + "/stream/x"),
    ("GET", BASE + "/events/x"),
    ("POST", BASE + "/run"),
    ("POST", BASE + "/run-streaming"),
    ("POST", BASE + "/replay"),
    ("POST", BASE + "/validate-brand"),
    ("POST", BASE + "/runs/x/cancel"),
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
    ("GET", "/nowhere"),
]


class TestKeys:
    @pytest.mark.parametrize(("method", "path"), ROUTES)
    def test_every_route_demands_the_key(self, stranger: httpx.Client, method: str, path: str) -> None:
        missing = stranger.request(method, path)
        assert missing.status_code == 401
        assert "X-AOS-Key" in missing.json()["detail"]
        wrong = stranger.request(method, path, headers={"X-AOS-Key": "guess"})
        assert (wrong.status_code, wrong.json()) == (401, {"detail": "Invalid API key"})

    def test_either_header_lets_in(self, host: ThreadedHost, stranger: httpx.Client) -> None:
        for headers in ({"X-AOS-Key": host.token}, {"Authorization": f"Bearer {host.token}"}):
            assert stranger.get("/api/v1/health", headers=headers).status_code == 200

    def test_both_headers_are_refused(self, host: ThreadedHost, stranger: httpx.Client) -> None:
        headers = {"X-AOS-Key": host.token, "Authorization": f"Bearer {host.token}"}
        answer = stranger.get("/api/v1/health", headers=headers)
        assert answer.status_code == 400
        assert "not both" in answer.json()["detail"]

    @pytest.mark.parametrize("value", ["Bearer", "Basic {token}", "{token}", "Bearer x{token}"])
    def test_other_authorization_is_refused(
        self, host: ThreadedHost, stranger: httpx.Client, value: str
    ) -> None:
        headers = {"Authorization": value.format(token=host.token)}
        assert stranger.get("/api/v1/health", headers=headers).status_code == 401

    @pytest.mark.parametrize(
        "name", ["evil.example", "127.0.0.1.evil.example:80", "", "localhost.evil.example"]
    )
    def test_a_name_that_is_not_loopback_is_refused_even_with_the_key(
        self, host: ThreadedHost, stranger: httpx.Client, name: str
    ) -> None:
        headers = {"X-AOS-Key": host.token, "Host": name}
        answer = stranger.get("/api/v1/health", headers=headers)
        assert answer.status_code == 421
        assert "127.0.0.1" in answer.json()["detail"]

    @pytest.mark.parametrize("name", ["localhost:1", "LOCALHOST", "[::1]:8000", "127.0.0.1"])
    def test_loopback_names_are_accepted(self, host: ThreadedHost, stranger: httpx.Client, name: str) -> None:
        headers = {"X-AOS-Key": host.token, "Host": name}
        assert stranger.get("/api/v1/health", headers=headers).status_code == 200

    def test_no_documentation_is_served(self, api: Api) -> None:
        for path in ("/docs", "/redoc", "/openapi.json"):
            assert api.http.get(path).status_code == 404


class TestWorkers:
    def test_the_list_names_each_worker(self, api: Api) -> None:
        workers = api.http.get("/api/v1/workers").json()["workers"]
        assert [worker["id"] for worker in workers] == ["scripted", "later"]
        assert workers[1] == {
            "id": "later",
            "name": "Later",
            "description": "Not there yet.",
            "status": "coming_soon",
            "moats": ["M9"],
            "options": [],
            "secrets": [],
            "capabilities": [],
            "reason": None,
        }
        assert [option["name"] for option in workers[0]["options"]] == ["pace", "writer"]

    def test_health_tells_the_engines_of_the_worker(self, api: Api) -> None:
        health = api.get("/health").json()
        assert health["status"] == "healthy"
        assert health["moats"]["M4"] == health["moats"]["M9"] == health["moats"]["M17"] == "available"
        assert health["moats"]["M18"] == "unavailable"
        assert health["uptime_s"] >= 0
        assert health["version"]

    def test_a_worker_to_come_is_not_healthy(self, api: Api) -> None:
        health = api.http.get("/api/v1/workers/later/health").json()
        assert health["status"] == "unavailable"
        assert set(health["moats"].values()) == {"unavailable"}

    @pytest.mark.parametrize(("method", "path"), ROUTES[2:15])
    def test_an_unknown_worker_is_named_whatever_is_asked(self, api: Api, method: str, path: str) -> None:
        answer = api.http.request(method, path.replace("scripted", "nobody"))
        assert answer.status_code == 404
        assert answer.json() == {"detail": "Unknown worker 'nobody'. Known: scripted, later"}

    @pytest.mark.parametrize("route", ["run", "run-streaming"])
    def test_a_worker_to_come_cannot_be_run(self, api: Api, route: str) -> None:
        answer = api.http.post(f"/api/v1/workers/later/{route}", json={"task": "log 1"})
        assert answer.status_code == 409
        assert answer.json()["detail"] == {
            "message": "Later cannot be run yet: it is coming soon.",
            "worker": "later",
            "status": "coming_soon",
        }

    def test_schemas_are_those_of_the_requests(self, api: Api) -> None:
        assert api.get("/schema/run").json()["required"] == ["task"]
        assert set(api.get("/schema/brand").json()["required"]) == {
            "company_name",
            "mission",
            "value_proposition",
        }


class TestStreamingRun:
    def test_it_answers_at_once_as_queued(self, api: Api) -> None:
        answer = api.post("/run-streaming", {"task": "log 1"})
        assert answer.status_code == 202
        body = answer.json()
        assert body["status"] == "queued"
        assert body["success"] is None
        assert list(body) == [
            "run_id",
            "success",
            "status",
            "artifacts",
            "replay_token",
            "cost_report",
            "policy_violations",
            "recovery_log",
            "drift_metrics",
            "execution_trace",
            "routing_decisions",
            "error",
            "total_tokens_used",
            "total_latency_ms",
            "created_at",
            "parent_run_id",
            "from_stage",
        ]

    def test_the_stream_is_byte_for_byte_as_the_api_says(self, api: Api) -> None:
        run_id = api.start("log 1")
        answer = api.get(f"/stream/{run_id}")
        assert answer.headers["content-type"] == "text/event-stream"
        assert b"\r" not in answer.content
        blocks = answer.content.split(b"\n\n")
        assert blocks[0] == b'retry: 1000\nevent: connected\ndata: {"run_id":"%s"}' % run_id.encode()
        assert [block.split(b"\n")[:2] for block in blocks[1:-2]] == [
            [b"id: 1", b"event: run_started"],
            [b"id: 2", b"event: stage_started"],
            [b"id: 3", b"event: log"],
            [b"id: 4", b"event: run_completed"],
        ]
        assert blocks[-2] == (
            b'event: stream_end\ndata: {"run_id":"%s","reason":"run_completed"}' % run_id.encode()
        )
        assert blocks[-1] == b""

    def test_events_carry_their_envelope(self, api: Api) -> None:
        run_id, stream = api.finish("log 3")
        for frame in events(stream):
            assert frame.data["type"] == frame.event
            assert frame.data["run_id"] == run_id
            assert frame.data["timestamp"].endswith("+00:00")
        times = [frame.data["timestamp"] for frame in events(stream)]
        assert times == sorted(times)

    def test_run_started_says_what_is_run(self, api: Api) -> None:
        _, stream = api.finish("log 1", brand=BRAND, budget=5000, strict_mode=True)
        started = events(stream)[0].data["data"]
        assert started == {
            "task": "log 1",
            "has_brand": True,
            "brand": BRAND,
            "budget": 5000,
            "strict_mode": True,
            "depth": "auto",
            "options": {"pace": None, "writer": "auto"},
            "worker": "scripted",
            "stages": [
                {"stage_id": "preflight", "name": "Preflight Validation"},
                {"stage_id": "copy", "name": "Copy Generation"},
            ],
        }

    def test_run_completed_says_what_came_of_it(self, api: Api) -> None:
        run_id, stream = api.finish("page <h1>Hi</h1>", pace=3)
        reported = events(stream)[-1].data["data"]
        answer = api.get(f"/runs/{run_id}").json()
        assert reported["success"] is True
        assert reported["total_tokens"] == answer["total_tokens_used"] == 12
        assert reported["total_latency_ms"] == answer["total_latency_ms"] > 0
        assert reported["artifacts_count"] == 1
        assert reported["cost_report"] == answer["cost_report"] == {"total_tokens": 12}
        token = reported["replay_token"]
        assert token == answer["replay_token"]
        assert token["artifacts"] == {"landing.html": sha256("<h1>Hi</h1>")}
        assert (token["plan_id"], token["seed"], token["version"]) == ("p1", 7, "1")
        assert token["stages"] == ["preflight", "copy"]
        assert token["run_id"] == run_id
        assert token["total_tokens"] == 12
        assert token["created_at"] == answer["created_at"]
        assert answer["artifacts"] == {"landing.html": "<h1>Hi</h1>"}
        assert answer["drift_metrics"] == {"copy": 0.25}
        assert (answer["status"], answer["success"], answer["error"]) == ("completed", True, None)

    def test_an_artifact_gets_its_sum(self, api: Api) -> None:
        _, stream = api.finish("page Grüße")
        created = next(frame for frame in stream if frame.event == "artifact_created").data["data"]
        assert created["sha256"] == sha256("Grüße")
        assert created["content"] == "Grüße"

    def test_the_request_sum_ignores_the_pace_alone(self, api: Api) -> None:
        def token(**request: Any) -> Any:
            run_id, _ = api.finish("log 1", **request)
            return api.get(f"/runs/{run_id}").json()["replay_token"]

        plain = token()
        assert token(pace=0)["request_context_hash"] == plain["request_context_hash"]
        assert token(budget=2000)["request_context_hash"] != plain["request_context_hash"]
        assert token(brand=BRAND)["brand_context_hash"] != plain["brand_context_hash"]

    def test_events_lists_what_was_streamed(self, api: Api) -> None:
        run_id, stream = api.finish("log 120; page <p>")
        listed = api.get(f"/events/{run_id}").json()
        assert listed["run_id"] == run_id
        assert listed["events"] == [frame.data for frame in events(stream)]
        assert listed["count"] == len(listed["events"])

    def test_an_unknown_run_has_no_events(self, api: Api) -> None:
        assert api.get('/events/no"body').json() == {"run_id": 'no"body', "events": [], "count": 0}


class TestBadEnds:
    def test_a_worker_that_fails_says_why(self, api: Api) -> None:
        run_id, stream = api.finish("page <p>; fail No such market")
        last = events(stream)[-1]
        answer = api.get(f"/runs/{run_id}").json()
        assert (last.event, last.data["data"]) == (
            "run_failed",
            {"success": False, "error": "No such market", "replay_token": answer["replay_token"]},
        )
        assert answer["replay_token"]["outcome"] == "failed"
        assert stream[-1].data["reason"] == "run_failed"
        assert (answer["status"], answer["success"], answer["error"]) == ("failed", False, "No such market")
        assert answer["artifacts"] == {"landing.html": "<p>"}
        assert answer["total_tokens_used"] == 7

    @pytest.mark.parametrize(
        ("task", "reason"),
        [
            ("crash", "ZeroDivisionError: division by zero"),
            ("garble why", "The worker failed unexpectedly (TypeError"),
            ("exit 9", "it tried to exit with 9"),
            ("cheat", "run_completed is emitted by the host"),
        ],
    )
    def test_a_worker_that_breaks_ends_its_run_and_no_more(self, api: Api, task: str, reason: str) -> None:
        _, stream = api.finish(task)
        assert [frame.event for frame in events(stream)][-1] == "run_failed"
        assert reason in events(stream)[-1].data["data"]["error"]
        assert api.get("/health").status_code == 200


class TestRunToTheEnd:
    def test_it_answers_when_the_work_is_done_and_tells_no_events(self, api: Api) -> None:
        answer = api.post("/run", {"task": "log 3; page <p>"})
        assert answer.status_code == 202
        assert answer.json()["status"] == "completed"
        assert answer.json()["artifacts"] == {"landing.html": "<p>"}
        run_id = answer.json()["run_id"]
        assert api.get(f"/events/{run_id}").json()["count"] == 0
        assert [frame.event for frame in api.follow(run_id)] == ["connected", "stream_end"]
        assert api.get(f"/runs/{run_id}").json() == answer.json()

    def test_a_failed_one_says_so(self, api: Api) -> None:
        answer = api.post("/run", {"task": "fail It rained"}).json()
        assert (answer["status"], answer["success"], answer["error"]) == ("failed", False, "It rained")


class TestRuns:
    def test_newest_first_a_page_at_a_time(self, tmp_path: Path) -> None:
        with ThreadedHost(tmp_path, scripted()) as host:
            api = Api(host.url, host.token)
            with api.http:
                made = [api.finish(f"log {n}" if n != 3 else "fail it all")[0] for n in range(1, 6)]
                first = api.get("/runs", params={"limit": 2}).json()
                assert [run["run_id"] for run in first["runs"]] == made[:2:-1]
                assert first["total"] == 2
                assert list(first["runs"][0]) == [
                    "run_id",
                    "task",
                    "status",
                    "success",
                    "created_at",
                    "total_latency_ms",
                ]
                seen = [run["run_id"] for run in first["runs"]]
                cursor = first["next_cursor"]
                while cursor is not None:
                    page = api.get("/runs", params={"limit": 2, "cursor": cursor}).json()
                    seen += [run["run_id"] for run in page["runs"]]
                    cursor = page["next_cursor"]
                assert seen == made[::-1]
                failed = api.get("/runs", params={"status": "failed"}).json()["runs"]
                assert [(run["run_id"], run["success"]) for run in failed] == [(made[2], False)]
                third = api.get(f"/runs/{made[2]}").json()["created_at"]
                since = api.get("/runs", params={"since": third}).json()["runs"]
                assert [run["run_id"] for run in since] == made[:1:-1]
                assert api.http.get("/api/v1/workers/later/runs").json()["runs"] == []

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"limit": 0}, "limit"),
            ({"limit": "many"}, "limit"),
            ({"cursor": "x"}, "cursor"),
            ({"status": "asleep"}, "status"),
            ({"since": "yesterday"}, "since"),
        ],
    )
    def test_a_wrong_query_names_the_field(self, api: Api, query: dict[str, Any], field: str) -> None:
        answer = api.get("/runs", params=query)
        assert answer.status_code == 422
        assert [problem["loc"] for problem in answer.json()["detail"]] == [["query", field]]

    @pytest.mark.parametrize(
        ("method", "path"), [("GET", "/runs/x"), ("DELETE", "/runs/x"), ("GET", "/stream/x")]
    )
    def test_an_unknown_run_is_not_found(self, api: Api, method: str, path: str) -> None:
        answer = api.http.request(method, BASE + path)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Run not found"})

    def test_a_run_belongs_to_its_worker(self, api: Api) -> None:
        run_id, _ = api.finish("log 1")
        assert api.http.get(f"/api/v1/workers/later/runs/{run_id}").status_code == 404

    def test_a_deleted_run_is_gone_with_its_events(self, api: Api) -> None:
        run_id, _ = api.finish("log 2")
        answer = api.http.delete(f"{BASE}/runs/{run_id}")
        assert (answer.status_code, answer.json()) == (200, {"deleted": True, "run_id": run_id})
        assert api.get(f"/runs/{run_id}").status_code == 404
        assert api.get(f"/events/{run_id}").json()["count"] == 0
        assert run_id not in [run["run_id"] for run in api.get("/runs").json()["runs"]]


class TestCancel:
    def test_a_running_run_answers_and_is_cancelled(self, api: Api) -> None:
        run_id = api.start("log 2; page <p>; hold on")
        with api.stream(run_id) as stream:
            for frame in stream:
                if frame.event == "artifact_created":
                    break
            running = api.get(f"/runs/{run_id}").json()
            assert (running["status"], running["success"]) == ("running", None)
            assert api.http.delete(f"{BASE}/runs/{run_id}").status_code == 409
            answer = api.post(f"/runs/{run_id}/cancel")
            assert (answer.status_code, answer.json()) == (202, {"cancelling": True, "run_id": run_id})
            rest = list(stream)
        assert [frame.event for frame in rest] == ["run_cancelled", "stream_end"]
        assert rest[0].data["data"]["reason"]
        assert rest[1].data["reason"] == "run_cancelled"
        after = api.get(f"/runs/{run_id}").json()
        assert (after["status"], after["success"]) == ("cancelled", False)
        assert after["artifacts"] == {"landing.html": "<p>"}

    def test_a_finished_run_cannot_be_cancelled(self, api: Api) -> None:
        run_id, _ = api.finish("log 1")
        answer = api.post(f"/runs/{run_id}/cancel")
        assert answer.status_code == 409
        assert "completed" in answer.json()["detail"]

    def test_an_unknown_run_is_not_found(self, api: Api) -> None:
        assert api.post("/runs/x/cancel").status_code == 404

    def test_a_worker_that_does_not_listen_is_left_behind(self, api: Api) -> None:
        run_id = api.start("stubborn")
        while api.get(f"/runs/{run_id}").json()["status"] != "running":
            pass
        assert api.post(f"/runs/{run_id}/cancel").status_code == 202
        stream = api.follow(run_id)
        assert events(stream)[-1].event == "run_cancelled"
        assert api.get(f"/runs/{run_id}").json()["status"] == "cancelled"


class TestReplay:
    def test_the_same_artifacts_are_identical(self, api: Api) -> None:
        run_id, first = api.finish("log 2; page <p>Same</p>", brand=BRAND)
        token = events(first)[-1].data["data"]["replay_token"]
        answer = api.post("/replay", {"replay_token": token})
        assert answer.status_code == 202
        assert answer.json()["status"] == "queued"
        assert answer.json()["run_id"] != run_id
        stream = api.follow(answer.json()["run_id"])
        started = events(stream)[0].data["data"]
        assert started["replay_of"] == run_id
        assert started["has_brand"] is True
        verified, completed = events(stream)[-2:]
        assert (verified.event, completed.event) == ("replay_verified", "run_completed")
        expected = sha256("<p>Same</p>")
        assert verified.data["data"] == {
            "identical": True,
            "artifacts": [{"name": "landing.html", "expected": expected, "actual": expected}],
        }

    def test_what_differs_is_named(self, api: Api) -> None:
        _, first = api.finish("vary;page <p>")
        token = events(first)[-1].data["data"]["replay_token"]
        run_id = api.post("/replay", {"replay_token": token}).json()["run_id"]
        verdict = events(api.follow(run_id))[-2].data["data"]
        assert verdict["identical"] is False
        page, serial = verdict["artifacts"]
        assert page["expected"] == page["actual"]
        assert (serial["name"], serial["expected"]) == ("serial.txt", token["artifacts"]["serial.txt"])
        assert serial["actual"] not in (None, serial["expected"])

    def test_an_artifact_that_one_side_lacks_is_a_difference(self, api: Api) -> None:
        _, first = api.finish("page <p>")
        token = events(first)[-1].data["data"]["replay_token"]
        token["artifacts"] = {"other.md": "0" * 64}
        run_id = api.post("/replay", {"replay_token": token}).json()["run_id"]
        verdict = events(api.follow(run_id))[-2].data["data"]
        assert verdict["identical"] is False
        assert [(a["name"], a["expected"] is None, a["actual"] is None) for a in verdict["artifacts"]] == [
            ("landing.html", True, False),
            ("other.md", False, True),
        ]

    def test_a_replay_still_works_when_another_run_of_that_request_is_left(self, api: Api) -> None:
        task = "page <p>left</p>"
        first, _ = api.finish(task)
        token = api.get(f"/runs/{first}").json()["replay_token"]
        second, _ = api.finish(task)
        api.http.delete(f"{BASE}/runs/{first}")
        run_id = api.post("/replay", {"replay_token": token}).json()["run_id"]
        stream = events(api.follow(run_id))
        assert stream[0].data["data"]["replay_of"] == second
        assert stream[-2].data["data"]["identical"] is True

    def test_an_unknown_request_says_what_is_missing(self, api: Api) -> None:
        answer = api.post("/replay", {"replay_token": {"request_context_hash": "f" * 64, "artifacts": {}}})
        assert answer.status_code == 404
        assert "no run of the request" in answer.json()["detail"]

    @pytest.mark.parametrize(
        ("body", "at"),
        [
            ({}, ["body", "replay_token"]),
            ({"replay_token": "abc"}, ["body", "replay_token"]),
            ({"replay_token": {"artifacts": {}}}, ["body", "replay_token", "request_context_hash"]),
            ({"replay_token": {"request_context_hash": "f"}}, ["body", "replay_token", "artifacts"]),
        ],
    )
    def test_a_broken_token_names_the_field(self, api: Api, body: Any, at: list[str]) -> None:
        answer = api.post("/replay", body)
        assert answer.status_code == 422
        assert [problem["loc"] for problem in answer.json()["detail"]] == [at]


class TestValidateBrand:
    def test_a_good_brand(self, api: Api) -> None:
        claims = [{"pattern": "best"}, {"pattern": "cheapest"}]
        answer = api.post("/validate-brand", {**BRAND, "forbidden_claims": claims})
        assert (answer.status_code, answer.json()) == (
            200,
            {
                "valid": True,
                "errors": [],
                "warnings": ["A tagline would help."],
                "policy_rules_generated": 2,
                "drift_anchors_count": 2,
            },
        )

    def test_errors_stand_at_their_fields(self, api: Api) -> None:
        brand = {
            "company_name": "Podly",
            "mission": "Shorts only",
            "tone": {"primary": "sarcastic"},
            "target_audience": ["b2b_smb", 7],
        }
        answer = api.post("/validate-brand", brand)
        assert answer.status_code == 200
        body = answer.json()
        assert body["valid"] is False
        errors = {error["field"]: error["message"] for error in body["errors"]}
        assert set(errors) == {"mission", "value_proposition", "tone.primary", "target_audience.1"}
        single = api.post("/validate-brand", {**BRAND, "target_audience": "b2b_smb"}).json()
        assert single["valid"], "one text is a list of one"
        only = api.post("/validate-brand", {**BRAND, "target_audience": [""]}).json()["errors"]
        assert [error["field"] for error in only] == ["target_audience.0"], "and no list that is too short"
        none = api.post("/validate-brand", {**BRAND, "target_audience": []}).json()["errors"]
        assert none == [{"field": "target_audience", "message": "needs at least one audience"}]
        assert errors["mission"] == "needs at least 3 words, has 2"
        assert "'luxury'" in errors["tone.primary"]

    def test_unknown_fields_are_warned_of(self, api: Api) -> None:
        brand = {
            **BRAND,
            "slogan": "x",
            "tone": {"colour": "red"},
            "forbidden_claims": [{"pattern": "a"}, {"pattern": "b", "why": "c"}],
        }
        body = api.post("/validate-brand", brand).json()
        assert body["valid"] is True
        assert body["warnings"][:3] == [
            "slogan: unknown field, ignored",
            "tone.colour: unknown field, ignored",
            "forbidden_claims.1.why: unknown field, ignored",
        ]

    @pytest.mark.parametrize("body", [b"[]", b'"x"', b"{", b"", b"null"])
    def test_what_is_no_object_is_refused(self, api: Api, body: bytes) -> None:
        answer = api.http.post(BASE + "/validate-brand", content=body)
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"][0] == "body"


class TestBadBodies:
    @pytest.mark.parametrize(
        ("request_body", "at"),
        [
            ({}, ["body", "task"]),
            ({"task": "abcd"}, ["body", "task"]),
            ({"task": "     a     "}, ["body", "task"]),
            ({"task": 7}, ["body", "task"]),
            ({"task": "log 1", "budget": 999}, ["body", "budget"]),
            ({"task": "log 1", "depth": "bottomless"}, ["body", "depth"]),
            ({"task": "log 1", "options": {"pace": -1}}, ["body", "options", "pace"]),
            ({"task": "log 1", "options": {"pase": 1}}, ["body", "options", "pase"]),
            (
                {"task": "log 1", "brand": {**BRAND, "tone": {"primary": "rude"}}},
                ["body", "brand", "tone", "primary"],
            ),
            ({"task": "log 1", "brand": {**BRAND, "mission": "too few"}}, ["body", "brand", "mission"]),
        ],
    )
    @pytest.mark.parametrize("route", ["/run", "/run-streaming"])
    def test_a_wrong_field_is_named_before_anything_runs(
        self, api: Api, route: str, request_body: Any, at: list[str]
    ) -> None:
        before = api.get("/runs").json()
        answer = api.post(route, request_body)
        assert answer.status_code == 422
        (problem,) = answer.json()["detail"]
        assert set(problem) == {"type", "loc", "msg", "input"}
        assert problem["loc"] == at
        assert api.get("/runs").json() == before

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"nonsense",
            b"\xff\xfe",
            b"[" * 100_000,
            b'{"task": "\\ud800\\ud800\\ud800"}',
            b'{"task": "log 1", "options": {"pace": NaN}}',
            b'{"task": "log 1", "budget": 1e999}',
            b'{"task": "log 1", "budget": ' + b"9" * 5000 + b"}",
            b'{"task": ' + b'{"a": 1}' + b"}",
        ],
        ids=lambda body: body[:24],
    )
    def test_what_is_no_request_is_refused_clearly(self, api: Api, body: bytes) -> None:
        answer = api.http.post(BASE + "/run-streaming", content=body)
        assert answer.status_code == 422
        for problem in answer.json()["detail"]:
            assert problem["msg"]

    def test_a_large_wrong_input_is_not_sent_back(self, api: Api) -> None:
        body = {"task": "x" * 3_000_000, "brand": {"mission": ["y" * 900_000]}}
        answer = api.post("/run-streaming", body)
        assert answer.status_code == 422
        assert len(answer.content) < 4000

    def test_many_wrong_fields_are_not_all_listed(self, api: Api) -> None:
        brand = {**BRAND, "voice_attributes": [7] * 10_000}
        answer = api.post("/run-streaming", {"task": "log 1", "brand": brand})
        assert len(answer.json()["detail"]) == 50

    def test_a_body_of_four_megabytes_is_read(self, api: Api) -> None:
        body = json.dumps({"task": "log 1", "padding": ""}).encode()
        body = body.replace(b'""', b'"' + b"x" * ((4 << 20) - len(body)) + b'"')
        assert len(body) == 4 << 20
        assert api.http.post(BASE + "/run", content=body).status_code == 202

    @pytest.mark.parametrize("chunked", [False, True])
    def test_a_larger_one_is_refused(self, api: Api, chunked: bool) -> None:
        body = b"x" * ((4 << 20) + 1)
        content = iter([body[:3_000_000], body[3_000_000:]]) if chunked else body
        answer = api.http.post(BASE + "/run-streaming", content=content)
        assert answer.status_code == 413
        assert "4,194,304" in answer.json()["detail"]


def test_too_many_runs_at_once_are_put_off(tmp_path: Path) -> None:
    settings = HostSettings(max_in_flight=2)
    with ThreadedHost(tmp_path, {"scripted": ScriptedWorker()}, settings=settings) as host:
        api = Api(host.url, host.token)
        with api.http:
            first, _ = api.start("hold on"), api.start("hold on")
            refused = api.post("/run-streaming", {"task": "log 1"})
            assert refused.status_code == 503
            assert int(refused.headers["Retry-After"]) > 0
            assert "2 runs are active" in refused.json()["detail"]
            api.post(f"/runs/{first}/cancel")
            api.follow(first)
            assert api.post("/run", {"task": "log 1"}).json()["status"] == "completed"


def test_the_host_keeps_the_newest_runs_only(tmp_path: Path) -> None:
    settings = HostSettings(retention=Retention(runs=2))
    with ThreadedHost(tmp_path, scripted(), settings=settings) as host:
        api = Api(host.url, host.token)
        waiting = api.start("hold on")
        ended = [api.finish(f"log {number}")[0] for number in (1, 2, 3)]

        def listed() -> set[str]:
            return {run["run_id"] for run in api.get("/runs").json()["runs"]}

        wait_until(lambda: listed() == {waiting, *ended[1:]})
        assert api.get(f"/runs/{ended[0]}").status_code == 404
        api.http.close()

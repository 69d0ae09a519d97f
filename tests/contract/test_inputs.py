"""A run asks a person, over real sockets: every way in which a request for input is answered or ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from worker_widget.host.process.threaded import ThreadedHost

from .asking_worker import AskingWorker
from .host_support import Api, Frame

BASE = "/api/v1/workers/agui"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with ThreadedHost(tmp_path_factory.mktemp("host"), {"agui": AskingWorker()}) as host:
        client = Api(host.url, host.token, BASE)
        with client.http:
            yield client


def answer(api: Api, run_id: str, request_id: str, payload: Any) -> Any:
    return api.post(f"/runs/{run_id}/input", {"request_id": request_id, "payload": payload})


def asked(stream: Iterator[Frame], *ids: str) -> list[dict[str, Any]]:
    """The requests with these ids, once the stream has them all."""
    found: list[dict[str, Any]] = []
    for frame in stream:
        if frame.event == "input_requested":
            found.append(frame.data["data"])
            if {item["request_id"] for item in found} >= set(ids):
                return found
    raise AssertionError(f"the run ended without {ids}")


def given(stream: list[Frame]) -> list[tuple[str, str, Any]]:
    return [
        (frame.data["data"]["request_id"], frame.data["data"]["outcome"], frame.data["data"].get("payload"))
        for frame in stream
        if frame.event == "input_given"
    ]


def status(api: Api, run_id: str) -> str:
    text: str = api.get(f"/runs/{run_id}").json()["status"]
    return text


def test_an_answer_reaches_the_worker_and_the_log(api: Api) -> None:
    run_id = api.start("approve it")
    with api.stream(run_id) as stream:
        (request,) = asked(stream, "a")
        assert request == {
            "request_id": "a",
            "stage_id": "ask",
            "reason": "tool_call",
            "message": "Publish?",
            "schema": {"type": "boolean"},
        }
        assert answer(api, run_id, "a", True).status_code == 202
    assert given(api.follow(run_id)) == [("a", "answered", True)]
    done = api.get(f"/runs/{run_id}").json()
    assert (done["status"], done["artifacts"]["approve.txt"]) == ("completed", "True")


def test_a_run_with_an_open_request_is_waiting_in_every_answer(api: Api) -> None:
    run_id = api.start("two questions")
    with api.stream(run_id) as stream:
        asked(stream, "1", "2")
        assert status(api, run_id) == "waiting"
        assert [run["run_id"] for run in api.get("/runs?status=waiting").json()["runs"]] == [run_id]
        answer(api, run_id, "1", None)
        next(frame for frame in stream if frame.event == "input_given")
        assert status(api, run_id) == "waiting"
        answer(api, run_id, "2", [1])
    api.follow(run_id)
    assert api.get(f"/runs/{run_id}").json()["artifacts"]["two.txt"] == "[None, [1]]"


def test_an_answer_that_does_not_meet_the_schema_is_refused_at_its_place(api: Api) -> None:
    run_id = api.start("form please")
    with api.stream(run_id) as stream:
        asked(stream, "f")
    refused = answer(api, run_id, "f", {"city": "", "days": 12})
    assert refused.status_code == 422
    assert [(problem["loc"], problem["msg"]) for problem in refused.json()["detail"]] == [
        (["body", "payload", "city"], "must have at least 1 characters"),
        (["body", "payload", "days"], "must be at most 9"),
    ]
    assert api.post(f"/runs/{run_id}/input", {"request_id": "f"}).status_code == 422
    assert status(api, run_id) == "waiting"
    assert answer(api, run_id, "f", {"city": "Basel"}).status_code == 202
    assert given(api.follow(run_id)) == [("f", "answered", {"city": "Basel"})]


def test_unknown_runs_and_requests_are_not_found(api: Api) -> None:
    run_id = api.start("approve it")
    with api.stream(run_id) as stream:
        asked(stream, "a")
    assert answer(api, "no-such-run", "a", True).status_code == 404
    unknown = answer(api, run_id, "b", True)
    assert (unknown.status_code, unknown.json()["detail"]) == (
        404,
        "The run has no request for input 'b'.",
    )
    answer(api, run_id, "a", False)
    api.follow(run_id)


def test_a_request_is_answered_once(api: Api) -> None:
    run_id = api.start("two questions")
    with api.stream(run_id) as stream:
        asked(stream, "1", "2")
    assert answer(api, run_id, "1", "yes").status_code == 202
    again = answer(api, run_id, "1", "no")
    assert (again.status_code, again.json()["detail"]) == (
        409,
        "The request for input was answered already.",
    )
    answer(api, run_id, "2", "yes")
    api.follow(run_id)
    over = answer(api, run_id, "2", "yes")
    assert (over.status_code, over.json()["detail"]) == (
        409,
        "The run is already over: its status is completed.",
    )


def test_an_id_may_come_again_once_its_request_is_closed(api: Api) -> None:
    run_id = api.start("again and again")
    with api.stream(run_id) as stream:
        asked(stream, "r")
        assert answer(api, run_id, "r", 1).status_code == 202
        asked(stream, "r")
        assert answer(api, run_id, "r", 2).status_code == 202
    api.follow(run_id)
    assert api.get(f"/runs/{run_id}").json()["artifacts"]["again.txt"] == "[1, 2]"


def test_a_request_expires_by_itself(api: Api) -> None:
    run_id = api.start("briefly; approve")
    with api.stream(run_id) as stream:
        (request,) = asked(stream, "b")
        assert request["expires_at"].endswith("+00:00")
        asked(stream, "a")
    late = answer(api, run_id, "b", True)
    assert (late.status_code, late.json()["detail"]) == (409, "The request for input has expired.")
    answer(api, run_id, "a", True)
    assert given(api.follow(run_id)) == [("b", "expired", None), ("a", "answered", True)]
    artifacts = api.get(f"/runs/{run_id}").json()["artifacts"]
    assert artifacts["briefly.txt"] == repr("Nobody answered in time: Quick?")


def test_a_stopped_run_withdraws_its_requests_before_its_end(api: Api) -> None:
    run_id = api.start("two questions")
    with api.stream(run_id) as stream:
        asked(stream, "1", "2")
    assert api.post(f"/runs/{run_id}/cancel").status_code == 202
    stream_ = api.follow(run_id)
    assert given(stream_) == [("1", "cancelled", None), ("2", "cancelled", None)]
    names = [frame.event for frame in stream_]
    assert names.index("run_cancelled") > names.index("input_given")
    assert status(api, run_id) == "cancelled"


def test_a_worker_that_ends_without_its_answer_withdraws_the_request(api: Api) -> None:
    run_id, stream = api.finish("forgotten question")
    assert given(stream) == [("g", "cancelled", None)]
    assert status(api, run_id) == "completed"


def test_a_run_without_a_stream_cannot_ask(api: Api) -> None:
    done = api.post("/run", {"task": "approve it"}).json()
    assert done["status"] == "failed"
    assert "no event stream" in done["error"]

"""Runs that pause, and runs that take over the first stages of another, over real sockets."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest

from worker_widget import WorkerClient
from worker_widget.errors import RequestRefused, RunTimeout
from worker_widget.events import ArtifactCreated, StageCompleted, StageStarted
from worker_widget.host.process.server import HostSettings
from worker_widget.host.process.threaded import ThreadedHost
from worker_widget.host.worker import (
    Brand,
    BrandReport,
    RunContext,
    RunError,
    RunResult,
    ValidatedRequest,
    WorkerContext,
    WorkerInfo,
)
from worker_widget.workers.business_builder.engine.plan import STAGES
from worker_widget.workers.business_builder.worker import BusinessBuilder, create

from .asking_worker import AskingWorker
from .host_support import Api, Frame, events

BASE = "/api/v1/workers/business-builder"
TASK = "A tool for podcasters that turns one recording into show notes and short clips"
CLAIMS = {
    "company_name": "Castaway",
    "mission": "We double your audience overnight so that every maker is heard",
    "value_proposition": "A studio that is 100% guaranteed to work, with a quiet place to record and edit",
    "forbidden_claims": [{"pattern": "guaranteed", "reason": "We give no guarantee"}],
}
"""A brand whose texts are reworded before anything is written."""
IDS = [stage.id for stage in STAGES]
WRITERS = {file: stage.id for stage in STAGES for file in stage.writes}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedHost]:
    workers = {"business-builder": BusinessBuilder(), "agui": AskingWorker()}
    settings = HostSettings(max_in_flight=64)
    with ThreadedHost(tmp_path_factory.mktemp("host"), workers, settings=settings) as running:
        yield running


@pytest.fixture(scope="module")
def api(host: ThreadedHost) -> Iterator[Api]:
    client = Api(host.url, host.token, BASE)
    with client.http:
        yield client


@pytest.fixture(scope="module")
def parent(api: Api) -> dict[str, Any]:
    return finish(api, api.start(TASK, brand=brand(), pace=0))


def brand() -> dict[str, Any]:
    return dict(CLAIMS)


def finish(api: Api, run_id: str) -> dict[str, Any]:
    api.follow(run_id)
    answer: dict[str, Any] = api.get(f"/runs/{run_id}").json()
    return answer


def fork(api: Api, run_id: str, from_stage: str, **changes: Any) -> dict[str, Any]:
    answer = api.post(f"/runs/{run_id}/fork", {"from_stage": from_stage, **changes})
    assert answer.status_code == 201, answer.text
    assert answer.json()["parent_run_id"] == run_id
    return finish(api, answer.json()["id"])


def data(api: Api, run_id: str, kind: str) -> list[dict[str, Any]]:
    return [frame.data["data"] for frame in events(api.follow(run_id)) if frame.event == kind]


def until(stream: Iterator[Frame], kind: str) -> Frame:
    return next(frame for frame in stream if frame.event == kind)


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait; 60 s only guard against hanging."""
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, "it never holds"
        time.sleep(0.02)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# --- pause and resume ---------------------------------------------------------------------------------


def test_the_worker_list_says_what_a_worker_offers(api: Api) -> None:
    listed = {row["id"]: row for row in api.http.get("/api/v1/workers").json()["workers"]}
    assert listed["business-builder"]["capabilities"] == ["fork", "retry", "pause"]
    assert not listed["agui"].get("capabilities")


def test_a_paused_run_waits_until_it_is_resumed_and_writes_the_same(api: Api, parent: dict[str, Any]) -> None:
    run_id = api.start(TASK, brand=brand(), pace=3)
    with api.stream(run_id) as stream:
        until(stream, "artifact_delta")
        assert api.post(f"/runs/{run_id}/pause").status_code == 202
        until(stream, "run_paused")
        assert api.get(f"/runs/{run_id}").json()["status"] == "paused"
        assert [row["run_id"] for row in api.get("/runs?status=paused").json()["runs"]] == [run_id]
        before = api.get(f"/events/{run_id}").json()["count"]
        assert api.post(f"/runs/{run_id}/pause").status_code == 202  # it is what was asked for
        assert api.get(f"/events/{run_id}").json()["count"] == before
        assert api.post(f"/runs/{run_id}/resume").status_code == 202
        assert until(stream, "run_resumed").data["data"]["paused_ms"] > 0
        assert api.get(f"/runs/{run_id}").json()["status"] == "running"
        again = api.post(f"/runs/{run_id}/resume")
        assert (again.status_code, again.json()["detail"]) == (409, "The run is not paused.")
    ended = finish(api, run_id)
    assert ended["status"] == "completed"
    assert ended["artifacts"] == parent["artifacts"]


def test_a_pause_counts_neither_for_the_run_nor_for_a_time_limit(api: Api) -> None:
    run_id = api.start(TASK, pace=0.5, options={"stage_timeout": 5})
    with api.stream(run_id) as stream:
        until(stream, "stage_started")
        api.post(f"/runs/{run_id}/pause")
        until(stream, "run_paused")
        api.post(f"/runs/{run_id}/resume")
        paused = until(stream, "run_resumed").data["data"]["paused_ms"]
    api.follow(run_id)
    times = [frame.data["timestamp"] for frame in events(api.follow(run_id))]
    took = (datetime.fromisoformat(times[-1]) - datetime.fromisoformat(times[0])).total_seconds() * 1000
    assert api.get(f"/runs/{run_id}").json()["total_latency_ms"] <= took - paused + 50


def test_a_paused_run_can_be_cancelled(api: Api) -> None:
    run_id = api.start(TASK, pace=5)
    with api.stream(run_id) as stream:
        api.post(f"/runs/{run_id}/pause")
        until(stream, "run_paused")
        api.post(f"/runs/{run_id}/cancel")
        until(stream, "run_cancelled")
    refused = api.post(f"/runs/{run_id}/pause")
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "The run is already over: its status is cancelled.",
    )


def test_a_worker_that_cannot_pause_says_so(host: ThreadedHost) -> None:
    api = Api(host.url, host.token, "/api/v1/workers/agui")
    with api.http:
        run_id = api.start("approve it")
        for action in ("pause", "resume"):
            refused = api.post(f"/runs/{run_id}/{action}")
            assert refused.status_code == 409
            assert "cannot pause a run: the worker does not offer it" in refused.json()["detail"]
        api.post(f"/runs/{run_id}/cancel")
        api.follow(run_id)
        refused = api.post(f"/runs/{run_id}/fork", {"from_stage": "ask"})
        assert refused.status_code == 409
        assert "does not offer it" in refused.json()["detail"]


def test_a_paused_run_ends_with_its_host_and_goes_on_by_a_retry(tmp_path: Path) -> None:
    with ThreadedHost(tmp_path, {"business-builder": create(WorkerContext(tmp_path))}) as first:
        api = Api(first.url, first.token, BASE)
        run_id = api.start(TASK, pace=2)
        with api.stream(run_id) as stream:
            while until(stream, "stage_started").data["data"]["stage_id"] != "copy":
                pass
            api.post(f"/runs/{run_id}/pause")
            until(stream, "run_paused")
        api.http.close()
    with ThreadedHost(tmp_path, {"business-builder": create(WorkerContext(tmp_path))}) as second:
        api = Api(second.url, second.token, BASE)
        ended = api.get(f"/runs/{run_id}").json()
        assert (ended["status"], ended["error"]) == (
            "failed",
            "The run did not finish: the host was stopped.",
        )
        retried = api.post(f"/runs/{run_id}/retry").json()["id"]
        answer = finish(api, retried)
        (started,) = data(api, retried, "run_started")
        assert (started["parent_run_id"], started["from_stage"]) == (run_id, "copy")
        assert answer["status"] == "completed"
        assert answer["artifacts"] == finish(api, api.start(TASK, pace=0))["artifacts"]
        api.http.close()


# --- fork and retry -----------------------------------------------------------------------------------


@pytest.mark.parametrize("from_stage", IDS)
def test_a_fork_without_changes_has_the_bytes_of_its_parent(
    api: Api, parent: dict[str, Any], from_stage: str
) -> None:
    answer = fork(api, parent["run_id"], from_stage)
    assert answer["status"] == "completed"
    assert answer["artifacts"] == parent["artifacts"]
    taken = IDS[: IDS.index(from_stage)]
    started = data(api, answer["run_id"], "stage_started")
    assert {row["stage_id"]: row.get("reused_from") for row in started} == {
        stage: parent["run_id"] if stage in taken else None for stage in IDS
    }


def test_a_fork_takes_earlier_stages_over_byte_for_byte_and_executes_the_others(
    api: Api, parent: dict[str, Any]
) -> None:
    tagline = "Half the bounce rate by Friday"
    answer = fork(api, parent["run_id"], "copy", brand={**brand(), "tagline": tagline})
    assert answer["parent_run_id"] == parent["run_id"]
    assert tagline in answer["artifacts"]["landing.html"]
    for file, text in parent["artifacts"].items():
        same = answer["artifacts"][file] == text
        assert same or IDS.index(WRITERS[file]) >= IDS.index("copy"), file
    run_id = answer["run_id"]
    created = {
        f"{row['artifact_name']}.{row['artifact_type']}": row["sha256"]
        for row in data(api, run_id, "artifact_created")
    }
    assert created["positioning.md"] == sha256(parent["artifacts"]["positioning.md"])
    completed = {row["stage_id"]: row for row in data(api, run_id, "stage_completed")}
    assert completed["strategy"]["tokens_used"] == completed["strategy"]["duration_ms"] == 0
    assert answer["total_tokens_used"] == sum(row["tokens_used"] for row in completed.values())
    assert answer["total_tokens_used"] < parent["total_tokens_used"]
    assert answer["cost_report"]["stages"]["strategy"]["status"] == "reused"
    assert not [row for row in data(api, run_id, "routing_decision") if row["stage_id"] == "strategy"]


def test_a_fork_of_a_fork_names_the_run_that_executed_a_stage(api: Api, parent: dict[str, Any]) -> None:
    first = fork(api, parent["run_id"], "copy", brand={**brand(), "tagline": "Half the bounce rate"})
    second = fork(api, first["run_id"], "ux", brand={**brand(), "visual": {"primary_color": "#0a7d32"}})
    started = {row["stage_id"]: row for row in data(api, second["run_id"], "stage_started")}
    assert started["strategy"]["reused_from"] == parent["run_id"]
    assert started["copy"]["reused_from"] == first["run_id"]
    assert second["artifacts"]["landing_copy.json"] == first["artifacts"]["landing_copy.json"]
    assert "#0a7d32" in second["artifacts"]["landing.html"].lower()


def test_a_fork_can_be_run_again_and_verified(api: Api, parent: dict[str, Any]) -> None:
    forked = fork(api, parent["run_id"], "copy", brand={**brand(), "tagline": "Half the bounce rate"})
    replay = api.post("/replay", {"replay_token": forked["replay_token"]}).json()["run_id"]
    (verdict,) = data(api, replay, "replay_verified")
    assert verdict["identical"] is True
    assert finish(api, replay)["artifacts"] == forked["artifacts"]


def test_a_fork_of_a_deleted_run_stays_and_can_be_forked(api: Api) -> None:
    first = finish(api, api.start(TASK, pace=0))
    second = fork(api, first["run_id"], "ux")
    assert api.http.delete(f"{BASE}/runs/{first['run_id']}").status_code == 200
    assert fork(api, second["run_id"], "bundle")["artifacts"] == first["artifacts"]
    refused = api.post("/replay", {"replay_token": second["replay_token"]})
    assert refused.status_code == 409
    assert "is no longer on this host" in refused.json()["detail"]


def test_a_failed_run_is_retried_from_the_stage_that_failed(api: Api) -> None:
    failed = finish(api, api.start(TASK, pace=0, strict_mode=True, budget=1_000))
    assert failed["status"] == "failed"
    stage = data(api, failed["run_id"], "stage_failed")[0]["stage_id"]
    retried = api.post(f"/runs/{failed['run_id']}/retry")
    assert retried.status_code == 201
    (started,) = data(api, retried.json()["id"], "run_started")
    assert (started["parent_run_id"], started["from_stage"]) == (failed["run_id"], stage)
    assert finish(api, retried.json()["id"])["error"] == failed["error"]
    mended = fork(api, failed["run_id"], stage, budget=100_000)
    assert mended["status"] == "completed"


def test_a_stage_that_cannot_be_the_first_is_refused_with_the_reason(
    api: Api, parent: dict[str, Any]
) -> None:
    unknown = api.post(f"/runs/{parent['run_id']}/fork", {"from_stage": "colour"})
    assert unknown.status_code == 422
    assert "no stage 'colour'. It has preflight, research" in unknown.json()["detail"][0]["msg"]
    failed = finish(api, api.start(TASK, pace=0, strict_mode=True, budget=1_000))
    late = api.post(f"/runs/{failed['run_id']}/fork", {"from_stage": "bundle"})
    assert late.status_code == 409
    assert "it did not complete there. Start from" in late.json()["detail"]
    invalid = api.post(f"/runs/{parent['run_id']}/fork", {"from_stage": "ux", "task": "x"})
    assert (invalid.status_code, invalid.json()["detail"][0]["loc"]) == (422, ["body", "task"])
    other = api.post(
        f"/runs/{parent['run_id']}/fork", {"from_stage": "ux", "task": "Translate this letter into French"}
    )
    assert finish(api, other.json()["id"])["error"].startswith("The task asks for no landing page")


def test_an_artifact_that_was_changed_since_is_not_taken_over(tmp_path: Path) -> None:
    with ThreadedHost(tmp_path, {"business-builder": BusinessBuilder()}) as running:
        api = Api(running.url, running.token, BASE)
        run_id = finish(api, api.start(TASK, pace=0))["run_id"]
        with sqlite3.connect(next(tmp_path.rglob("host.db"))) as db:
            for key, last, lines in db.execute("SELECT run, last_seq, lines FROM events").fetchall():
                changed = bytes(lines).replace(b"show notes", b"show Notes")
                db.execute("UPDATE events SET lines = ? WHERE run = ? AND last_seq = ?", (changed, key, last))
        refused = api.post(f"/runs/{run_id}/fork", {"from_stage": "bundle"})
        api.http.close()
    assert refused.status_code == 409
    assert "is not the one that was made there: its SHA-256 is" in refused.json()["detail"]


# --- a worker of one's own ----------------------------------------------------------------------------


class Chapters:
    """A worker that offers everything, as the documentation says: each chapter continues the one before."""

    version = "1"
    info = WorkerInfo(
        id="chapters", name="Chapters", description="Writes.", capabilities=("fork", "retry", "pause")
    )
    executed: ClassVar[list[str]] = []

    def stages(self) -> tuple[tuple[str, str], ...]:
        return (("one", "Chapter 1"), ("two", "Chapter 2"), ("three", "Chapter 3"))

    def check_brand(self, brand: Brand) -> BrandReport:
        return BrandReport()

    async def execute(self, request: ValidatedRequest, run: RunContext) -> RunResult:
        taken = () if run.fork is None else run.fork.stages
        artifacts = {file: text for stage in taken for file, text in stage.artifacts.items()}
        words = taken[-1].state["words"] if taken else 0
        for stage_id, _ in self.stages()[len(taken) :]:
            await run.checkpoint()
            self.executed.append(stage_id)
            run.emit(StageStarted(stage_id=stage_id))
            if request.task == f"fail in {stage_id}":
                raise RunError("It fails.")
            words += len(request.task.split())
            artifacts[f"{stage_id}.txt"] = text = f"{request.task}: {words}"
            run.emit(
                ArtifactCreated(stage_id=stage_id, artifact_name=stage_id, artifact_type="txt", content=text)
            )
            run.emit(StageCompleted(stage_id=stage_id, tokens_used=words, output={"words": words}))
            run.keep(stage_id, {"words": words})
        return RunResult(artifacts=artifacts)


def test_a_worker_of_ones_own_offers_all_of_it(tmp_path: Path) -> None:
    with ThreadedHost(tmp_path, {"chapters": Chapters()}) as running:
        api = Api(running.url, running.token, "/api/v1/workers/chapters")
        with api.http:
            failed = finish(api, api.start("fail in three"))
            assert failed["status"] == "failed"
            Chapters.executed.clear()
            forked = fork(api, failed["run_id"], "three", task="Many words more")
            assert Chapters.executed == ["three"]
            assert forked["artifacts"] == {
                "one.txt": "fail in three: 3",
                "two.txt": "fail in three: 6",
                "three.txt": "Many words more: 9",
            }
            completed = {row["stage_id"]: row for row in data(api, forked["run_id"], "stage_completed")}
            assert completed["two"]["output"] == {"words": 6}
            assert [completed[stage]["tokens_used"] for stage in ("one", "two", "three")] == [0, 0, 9]
            retried = api.post(f"/runs/{failed['run_id']}/retry").json()["id"]
            assert finish(api, retried)["error"] == "It fails."
            assert Chapters.executed == ["three", "three"]


def test_stages_of_another_version_are_not_taken_over(tmp_path: Path) -> None:
    worker = Chapters()
    with ThreadedHost(tmp_path, {"chapters": worker}) as running:
        api = Api(running.url, running.token, "/api/v1/workers/chapters")
        with api.http:
            failed = finish(api, api.start("fail in three"))["run_id"]
            worker.version = "2"
            refused = api.post(f"/runs/{failed}/fork", {"from_stage": "two"})
            assert refused.status_code == 409
            assert "executed by engine version 1, and this host has version 2" in refused.json()["detail"]
            Chapters.executed.clear()
            finish(api, api.post(f"/runs/{failed}/retry").json()["id"])
            assert Chapters.executed == ["one", "two", "three"]  # it starts anew


# --- from Python --------------------------------------------------------------------------------------


@pytest.fixture
def client(host: ThreadedHost) -> Iterator[WorkerClient]:
    made = WorkerClient(url=host.url, api_key=host.token)
    yield made
    made.close()


def test_a_client_pauses_and_resumes_a_run(client: WorkerClient) -> None:
    listed = {row.id: row.capabilities for row in client.workers()}
    assert listed["business-builder"] == ("fork", "retry", "pause")
    run = client.run(TASK, pace=3)
    run.pause()
    wait_until(lambda: run.status == "paused")
    with pytest.raises(RunTimeout, match="is paused after"):
        run.wait(timeout=0.05)
    assert client.history.runs(status="paused")["run_id"].tolist() == [run.run_id]
    with pytest.raises(
        RequestRefused, match=r"is paused and has no stage 'Colour' so far.*when it has ended"
    ):
        run.fork("Colour")
    run.resume()
    assert run.wait(timeout=60).status == "completed"
    state = run.state
    assert state.paused_us > 0
    assert state.paused_since_us is None
    assert state.latency_ms is not None
    assert state.latency_ms * 1000 <= (state.ended_us or 0) - (state.started_us or 0) - state.paused_us + 5e4
    assert "Run paused." in run.logs()["message"].tolist()
    with pytest.raises(RequestRefused, match="already over"):
        run.pause()


def test_a_fork_is_shown_with_its_parent(client: WorkerClient) -> None:
    run = client.run(TASK, CLAIMS, pace=0).wait(timeout=60)
    assert run.parent_run_id is None
    forked = run.fork("Copy Generation", brand={**CLAIMS, "tagline": "Half the bounce rate"}).wait(timeout=60)
    assert (forked.status, forked.parent_run_id) == ("completed", run.run_id)
    assert forked.request is not None
    assert (forked.request.task, forked.request.options["pace"]) == (TASK, 0)
    assert forked.request.brand == {**CLAIMS, "tagline": "Half the bounce rate"}
    stages = {stage.stage_id: stage for stage in forked.state.stages}
    assert stages["strategy"].reused_from == run.run_id
    assert (stages["strategy"].tokens, stages["strategy"].duration_ms) == (0, 0)
    assert stages["copy"].reused_from is None
    assert forked.artifacts["positioning.md"].text == run.artifacts["positioning.md"].text
    assert "Half the bounce rate" in forked.artifacts["landing.html"].text
    parents = client.history.runs([run.run_id, forked.run_id]).set_index("run_id")["parent_run_id"]
    assert parents[forked.run_id] == run.run_id
    again = forked.replay().wait(timeout=60)
    assert again.state.verified == {
        "identical": True,
        "artifacts": again.state.verified and again.state.verified["artifacts"],
    }


def test_a_retry_and_a_fork_are_refused_in_words(client: WorkerClient) -> None:
    run = client.run(TASK, pace=0, budget=1_000, strict_mode=True).wait(timeout=60)
    assert run.status == "failed"
    with pytest.raises(RequestRefused, match=r"has no stage 'Colour'\. Its stages are: preflight, research"):
        run.fork("Colour")
    with pytest.raises(RequestRefused, match="it did not complete there"):
        run.retry("bundle")
    with pytest.raises(RequestRefused, match="budget"):
        run.fork("preflight", budget=5)
    retried = run.retry().wait(timeout=60)
    assert (retried.parent_run_id, retried.error) == (run.run_id, run.error)
    assert retried.state.from_stage not in (None, "preflight")

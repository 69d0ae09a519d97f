"""What the Business Builder does in each situation, over real sockets, and that it can be replayed."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import permutations
from typing import Any, Final

import pytest

from worker_widget.host.process.server import HostSettings
from worker_widget.host.process.threaded import ThreadedHost
from worker_widget.workers.business_builder.worker import BusinessBuilder

from .host_support import Api, Frame, events

BASE: Final = "/api/v1/workers/business-builder"
TONES: Final = ("casual", "neutral", "professional", "formal", "luxury")
AUDIENCES: Final = ("b2c_consumer", "b2c_prosumer", "b2b_smb", "b2b_enterprise", "b2b_developer")

TASK: Final = "A tool for podcasters that turns one recording into show notes and short clips"
BRAND: Final = {
    "company_name": "Castaway",
    "mission": "We make podcasting feel like a chat with friends again",
    "value_proposition": "Record, tidy and publish your show from one friendly place",
}
CLAIMS: Final = {
    **BRAND,
    "mission": "We double your audience overnight so that every maker is heard",
    "value_proposition": "A studio that is 100% guaranteed to work, with a quiet place to record and edit",
    "forbidden_claims": [
        {"pattern": r"doubles? your \w+", "reason": "Nobody can promise that"},
        {"pattern": "guaranteed", "reason": "We give no guarantee", "severity": "warning"},
    ],
}
LUXURY: Final = {
    "company_name": "Aurelia",
    "mission": "To honour the slow craft of the jeweller's bench",
    "value_proposition": "Jewellery made by one pair of hands from first sketch to last stone",
    "tone": {"primary": "luxury"},
}
SLANG: Final = "yo make a sick page for dope rings lol, super cheap stuff dude!!!"
HUGE: Final = TASK + ". " + "It should be pleasant to use and easy to explain to a friend. " * 250

SCENARIOS: Final[dict[str, dict[str, Any]]] = {
    "forbidden claims": {"task": TASK, "brand": CLAIMS},
    "luxury and slang": {"task": SLANG, "brand": LUXURY},
    "a small budget": {"task": HUGE, "brand": {**BRAND, "budget_tokens": 1_000}},
    "strict and clean": {"task": TASK, "brand": BRAND, "strict_mode": True},
    "strict and claiming": {"task": TASK, "brand": CLAIMS, "strict_mode": True},
    "strict and over budget": {"task": TASK, "brand": BRAND, "strict_mode": True, "budget": 2_600},
    "an impossible budget": {
        "task": TASK,
        "brand": {**BRAND, "required_disclosures": [f"Note {n}: " + "terms apply. " * 30 for n in range(12)]},
        "budget": 1_000,
    },
    "two audiences": {"task": TASK, "brand": {**BRAND, "target_audience": ["b2c_consumer", "b2b_developer"]}},
    "no words": {"task": "?!?!? 123", "brand": BRAND},
    "a model that is not there": {"task": TASK, "writer": "model"},
    "a stage that takes too long": {"task": TASK, "pace": 10, "stage_timeout": 2},
    **{f"{tone} tone": {"task": TASK, "brand": {**BRAND, "tone": {"primary": tone}}} for tone in TONES},
    **{audience: {"task": TASK, "brand": {**BRAND, "target_audience": [audience]}} for audience in AUDIENCES},
}
FAILING: Final = {
    "strict and claiming",
    "strict and over budget",
    "an impossible budget",
    "a model that is not there",
}


@dataclass(frozen=True)
class StreamedRun:
    """A run as its stream shows it and as the host answers about it."""

    run_id: str
    frames: list[Frame]
    answer: dict[str, Any]

    def all(self, kind: str) -> list[dict[str, Any]]:
        return [frame.data["data"] for frame in self.frames if frame.event == kind]

    @property
    def kinds(self) -> list[str | None]:
        return [frame.event for frame in self.frames]

    @property
    def artifacts(self) -> dict[str, str]:
        return self.answer["artifacts"] or {}

    @property
    def sums(self) -> dict[str, str]:
        return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in self.artifacts.items()}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    workers = {"business-builder": BusinessBuilder()}
    with ThreadedHost(
        tmp_path_factory.mktemp("host"), workers, settings=HostSettings(max_in_flight=64)
    ) as host:
        client = Api(host.url, host.token, BASE)
        with client.http:
            yield client


@pytest.fixture(scope="module")
def streamed(api: Api) -> dict[str, StreamedRun]:
    """Every scenario, run once."""
    return {name: run(api, **request) for name, request in SCENARIOS.items()}


def run(api: Api, **request: Any) -> StreamedRun:
    return follow(api, api.start(**{"pace": 0, **request}))


def follow(api: Api, run_id: str) -> StreamedRun:
    stream = events(api.follow(run_id))
    return StreamedRun(run_id, stream, api.get(f"/runs/{run_id}").json())


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_run_ends_with_one_terminal_event(streamed: dict[str, StreamedRun], name: str) -> None:
    found = streamed[name]
    end = "run_failed" if name in FAILING else "run_completed"
    terminal = [kind for kind in found.kinds if kind in ("run_completed", "run_failed", "run_cancelled")]
    assert terminal == [end]
    assert found.kinds[-1] == end
    assert found.answer["status"] == end.removeprefix("run_")
    created = {
        f"{e['artifact_name']}.{e['artifact_type']}": e["sha256"] for e in found.all("artifact_created")
    }
    assert created == found.sums


def test_forbidden_claims_are_found_rewritten_and_gone(streamed: dict[str, StreamedRun]) -> None:
    found = streamed["forbidden claims"]
    claims = [e for e in found.all("policy_violation") if e["policy"] == "forbidden_claims"]
    assert [(e["location"], e["severity"], e["reason"]) for e in claims] == [
        ("brand.mission[3:23]", "error", "Nobody can promise that"),
        ("brand.value_proposition[22:32]", "warning", "We give no guarantee"),
    ]
    assert all(e["pattern"] for e in claims)
    completed = found.all("recovery_completed")
    assert {e["action"] for e in completed} == {"rephrase brand.mission", "rephrase brand.value_proposition"}
    assert all(e["success"] for e in completed)
    (policy, *_) = [e["passed"] for e in found.all("policy_check") if e["policy"] == "forbidden_claims"]
    assert policy is False
    for name, text in found.artifacts.items():
        assert not re.search(r"doubles? your|guaranteed", text, re.IGNORECASE), name
    assert found.answer["policy_violations"][0]["rule"] == "brand.forbidden_claims[0]"


def test_slang_for_a_luxury_brand_drifts_and_is_re_toned(streamed: dict[str, StreamedRun]) -> None:
    found = streamed["luxury and slang"]
    scores = [e["drift_score"] for e in found.all("drift_detected")]
    assert scores[0] > 0.35
    assert len(scores) > 1
    assert [e["threshold"] for e in found.all("drift_detected")] == [0.35] * len(scores)
    assert [e["aligned"] for e in found.all("drift_detected")] == [score <= 0.35 for score in scores]
    assert all(score <= 0.35 for score in scores[1:])
    assert [e["action"] for e in found.all("recovery_completed")] == ["re_tone"]
    assert found.kinds.index("recovery_completed") > found.kinds.index("drift_detected")
    page = found.artifacts["landing.html"].lower()
    assert not re.search(r"\b(?:dope|sick|lol|dude|cheap)\b", page)


def test_a_small_budget_is_kept_by_reducing_the_scope(streamed: dict[str, StreamedRun]) -> None:
    found = streamed["a small budget"]
    assert "budget_exceeded" in {e["pattern"] for e in found.all("failure_detected")}
    assert {e["action"] for e in found.all("recovery_started")} == {"reduce_scope"}
    assert all(e["success"] for e in found.all("recovery_completed"))
    (completed,) = found.all("run_completed")
    assert completed["cost_report"]["under_budget"] is True
    assert 0 < completed["total_tokens"] <= 1_000


def test_strict_mode_stops_at_the_first_violation(streamed: dict[str, StreamedRun]) -> None:
    found = streamed["strict and claiming"]
    assert found.kinds[-3:] == ["policy_violation", "stage_failed", "run_failed"]
    assert len(found.all("policy_violation")) == 1
    assert "Nobody can promise that" in found.answer["error"]
    assert not found.all("recovery_started")


def test_what_a_strict_run_had_made_is_kept(streamed: dict[str, StreamedRun]) -> None:
    found = streamed["strict and over budget"]
    assert found.kinds[-3:] == ["policy_violation", "stage_failed", "run_failed"]
    assert "market_report.json" in found.artifacts
    trace = found.answer["execution_trace"]
    assert [entry["status"] for entry in trace] == ["completed"] * (len(trace) - 1) + ["failed"]
    assert found.answer["cost_report"]["total_tokens"] == found.answer["total_tokens_used"] > 0
    assert found.answer["routing_decisions"]
    assert found.answer["policy_violations"]


def test_a_failed_recovery_fails_the_run_with_advice(streamed: dict[str, StreamedRun]) -> None:
    found = streamed["an impossible budget"]
    assert found.all("recovery_completed")[-1] == {
        "stage_id": found.all("stage_failed")[0]["stage_id"], "action": "give_up", "success": False
    }  # fmt: skip
    assert "Raise the budget" in found.answer["error"]
    assert found.answer["recovery_log"][-1]["success"] is False


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("forbidden claims", "POLICY_FORBIDDEN_CLAIM"),
        ("luxury and slang", "DRIFT_OVER_THRESHOLD"),
        ("a small budget", "BUDGET_EXCEEDED"),
        ("no words", "EMPTY_INPUT"),
        ("a stage that takes too long", "STAGE_TIMED_OUT"),
    ],
)
def test_every_kind_of_failure_is_reached_classified_and_survived(
    streamed: dict[str, StreamedRun], name: str, code: str
) -> None:
    found = streamed[name]
    assert code in {e["code"] for e in found.all("failure_classified")}
    assert found.all("recovery_suggestion")[0]["suggestions"][0]["replacement_hint"]
    assert found.all("recovery_completed")[-1]["success"] is True
    assert len(found.artifacts) == 8


def test_a_required_model_that_is_missing_fails_the_run_with_a_reason(
    streamed: dict[str, StreamedRun],
) -> None:
    found = streamed["a model that is not there"]
    assert [e["code"] for e in found.all("failure_classified")] == ["MODEL_MISCONFIGURED"]
    assert "WORKER_LLM_URL" in found.all("run_failed")[0]["error"]
    assert found.artifacts == {}


def test_each_tone_is_visibly_another_page(streamed: dict[str, StreamedRun]) -> None:
    pages = [streamed[f"{tone} tone"].artifacts["landing.html"] for tone in TONES]
    _differ_by(12, pages)
    for what in ("h1", 'a class="button"', "h2"):
        assert len({_first(what, page) for page in pages}) == len(TONES), what
    looks = {page[page.index("<style>") : page.index("</style>")] for page in pages}
    assert len(looks) == len(TONES)
    voices = {streamed[f"{tone} tone"].artifacts["brand_guidelines.md"] for tone in TONES}
    assert len(voices) == len(TONES)


def test_each_audience_is_visibly_addressed(streamed: dict[str, StreamedRun]) -> None:
    names = (*AUDIENCES, "two audiences")
    _differ_by(4, [streamed[name].artifacts["landing.html"] for name in names])
    for artifact in ("positioning.md", "messaging.json", "launch_plan.md", "landing_copy.json"):
        assert len({streamed[name].artifacts[artifact] for name in names}) == len(names), artifact
    cards = {
        name: json.loads(streamed[name].artifacts["landing_copy.json"])["audience"]["cards"] for name in names
    }
    assert {name: len(found) for name, found in cards.items()} == dict.fromkeys(AUDIENCES, 1) | {
        "two audiences": 2
    }
    assert cards["two audiences"] == [*cards["b2c_consumer"], *cards["b2b_developer"]]


def _differ_by(least: int, pages: list[str]) -> None:
    """Whether each page says at least so much that each other page does not say."""
    wording = [frozenset(_sentences(page)) for page in pages]
    for one, other in permutations(wording, 2):
        assert len(one - other) >= least, one ^ other


def _first(tag: str, page: str) -> str:
    found = re.search(rf"<{tag}[^>]*>(.*?)<", page)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_can_be_replayed_and_comes_out_the_same(
    api: Api, streamed: dict[str, StreamedRun], name: str
) -> None:
    first = streamed[name]
    token = first.answer["replay_token"]
    assert token["artifacts"] == first.sums
    assert {"plan", "plan_id", "seed", "version", "request_context_hash", "brand_context_hash"} <= set(token)
    again = follow(api, api.post("/replay", {"replay_token": token}).json()["run_id"])
    (verdict,) = again.all("replay_verified")
    assert verdict["identical"] is True
    assert {item["name"]: item["actual"] for item in verdict["artifacts"]} == first.sums
    assert all(item["expected"] == item["actual"] for item in verdict["artifacts"])
    assert again.kinds[-1] == first.kinds[-1]
    assert again.answer["error"] == first.answer["error"]


def test_the_same_request_gives_the_same_bytes(api: Api, streamed: dict[str, StreamedRun]) -> None:
    for name in set(SCENARIOS) - {"a stage that takes too long"}:
        assert run(api, **SCENARIOS[name]).artifacts == streamed[name].artifacts, name


def test_a_token_of_another_engine_version_is_rejected_with_a_reason(
    api: Api, streamed: dict[str, StreamedRun]
) -> None:
    token = {**streamed["two audiences"].answer["replay_token"], "version": "0.1"}
    before = api.get("/runs").json()["runs"]
    answer = api.post("/replay", {"replay_token": token})
    assert answer.status_code == 409
    assert re.search(r"engine version 0\.1, .* version \d", answer.json()["detail"])
    assert api.get("/runs").json()["runs"] == before


@pytest.mark.parametrize(
    ("request_fields", "field"),
    [
        ({"task": ""}, ["task"]),
        ({"task": "     "}, ["task"]),
        ({"task": TASK, "brand": {**BRAND, "tone": {"primary": "loud"}}}, ["brand", "tone", "primary"]),
        ({"task": TASK, "brand": {**BRAND, "mission": "Bake bread"}}, ["brand", "mission"]),
        ({"task": TASK, "brand": {**BRAND, "target_audience": [3]}}, ["brand", "target_audience", 0]),
        (
            {"task": TASK, "brand": {**BRAND, "forbidden_claims": [{"pattern": "x"}] * 51}},
            ["brand", "forbidden_claims"],
        ),
        ({"task": TASK, "options": {"stage_timeout": 0}}, ["options", "stage_timeout"]),
        ({"task": TASK, "options": {"writer": "me"}}, ["options", "writer"]),
        ({"task": TASK, "options": {"pase": 1}}, ["options", "pase"]),
    ],
)
def test_what_does_not_fit_is_refused_by_its_field_and_makes_no_run(
    api: Api, request_fields: dict[str, Any], field: list[Any]
) -> None:
    before = api.get("/runs").json()["runs"]
    answer = api.post("/run-streaming", request_fields)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", *field]
    assert api.get("/runs").json()["runs"] == before


def test_fifty_at_once_all_come_out_right(api: Api) -> None:
    requests = [{"task": f"A tool for podcasters in town number {index % 10}"} for index in range(50)]
    with ThreadPoolExecutor(10) as pool:
        ids = [api.start(pace=0, **request) for request in requests]
        found = list(pool.map(lambda run_id: follow(api, run_id), ids))
    assert {done.kinds[-1] for done in found} == {"run_completed"}
    for index, done in enumerate(found):
        assert done.artifacts == found[index % 10].artifacts
        assert len(done.artifacts) == 8


def test_a_host_goes_on_answering_while_patterns_from_hell_are_matched(api: Api) -> None:
    claims = [{"pattern": pattern} for pattern in ("(a+)+$", r"(\w+\s*)+!", "(.*)*x", "(a|aa)*b") * 8]
    pains = ["a" * 480 for _ in range(40)]
    slow = api.start(TASK, pace=0, brand={**BRAND, "forbidden_claims": claims, "audience_pain_points": pains})
    assert api.http.get("/api/v1/health").status_code == 200
    assert follow(api, slow).kinds[-1] in ("run_completed", "run_failed")


def _sentences(page: str) -> list[str]:
    """What a person reads of a page, text by text."""
    body = page[page.index("<body") :]
    return [text.strip() for text in re.sub(r"<[^>]+>", "\n", body).splitlines() if len(text.split()) >= 3]

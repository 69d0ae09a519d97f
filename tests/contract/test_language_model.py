"""The language model over real sockets: an endpoint streams, fails and lies, and what a run makes of it."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from worker_widget.host.process.server import HostSettings
from worker_widget.host.process.threaded import ThreadedHost
from worker_widget.settings import language_model
from worker_widget.workers.business_builder.engine import recovery
from worker_widget.workers.business_builder.language_model import endpoint as language_model_endpoint
from worker_widget.workers.business_builder.language_model.model import configured
from worker_widget.workers.business_builder.language_model.recordings import Recordings
from worker_widget.workers.business_builder.language_model.settings import ModelSettings
from worker_widget.workers.business_builder.worker import BusinessBuilder

from .host_support import Api
from .model_endpoint import KEY, MODEL, Fail, ModelEndpoint, Raw, Refuse, Reply, Say
from .test_scenarios import BASE, BRAND, LUXURY, TASK, StreamedRun, follow

pytest.importorskip("openai")

BY_MODEL: Final = f"the language model {MODEL}"
BY_RULES: Final = "the rule engine"
WORDED: Final = ("market_report.json", "positioning.md", "messaging.json", "landing_copy.json")
REQUEST: Final[dict[str, Any]] = {"task": TASK, "brand": BRAND}


class Scene:
    """A host whose worker has a language model, and the endpoint it asks."""

    def __init__(self, api: Api, endpoint: ModelEndpoint, recordings: Recordings, home: Path) -> None:
        self.api = api
        self.endpoint = endpoint
        self.recordings = recordings
        self.home = home

    def run(self, **request: Any) -> StreamedRun:
        return follow(self.api, self.api.start(**{"pace": 0, **REQUEST, **request}))

    def fork(self, parent: StreamedRun, from_stage: str, **changes: Any) -> StreamedRun:
        body = {"from_stage": from_stage, **changes}
        answer = self.api.post(f"/runs/{parent.run_id}/fork", body)
        assert answer.status_code == 201, answer.text
        return follow(self.api, answer.json()["id"])

    def replay(self, token: Any) -> StreamedRun:
        return follow(self.api, self.api.post("/replay", {"replay_token": token}).json()["run_id"])


@contextlib.contextmanager
def scene_in(home: Path, endpoint: ModelEndpoint, **environment: str) -> Iterator[Scene]:
    recordings = Recordings(home / "answers.db")
    model = configured(language_model(endpoint.environment(**environment)), recordings)
    workers = {"business-builder": BusinessBuilder(model, recordings)}
    with ThreadedHost(home, workers, settings=HostSettings(max_in_flight=64)) as host:
        api = Api(host.url, host.token, BASE)
        with api.http:
            yield Scene(api, endpoint, recordings, home)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with ModelEndpoint() as endpoint, scene_in(tmp_path_factory.mktemp("model"), endpoint) as scene:
        yield scene


@pytest.fixture
def scene(shared: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """The shared host, with an endpoint that is well, and waits that are short."""
    monkeypatch.setattr(recovery, "FIRST_WAIT_S", 0.01)
    shared.endpoint.begin_anew()
    return shared


def engines(streamed: StreamedRun) -> dict[str, str]:
    found: dict[str, str] = streamed.answer["cost_report"]["engines"]
    return found


def codes(streamed: StreamedRun) -> list[str]:
    return [e["code"] for e in streamed.all("failure_classified")]


def actions(streamed: StreamedRun) -> list[tuple[str, bool]]:
    return [(e["action"], e["success"]) for e in streamed.all("recovery_completed")]


def lines(streamed: StreamedRun) -> list[str]:
    return [e["message"] for e in streamed.all("log")]


def everything(streamed: StreamedRun) -> str:
    return json.dumps([frame.data for frame in streamed.frames]) + json.dumps(streamed.answer)


class TestAModelThatIsWell:
    def test_it_words_the_texts_and_the_rules_make_the_page(self, scene: Scene) -> None:
        streamed = scene.run()
        assert streamed.kinds[-1] == "run_completed"
        assert codes(streamed) == []
        assert engines(streamed) == {
            name: BY_MODEL if name in WORDED else BY_RULES for name in streamed.artifacts
        }
        by_rules = scene.run(writer="rules").artifacts
        assert all(streamed.artifacts[name] != by_rules[name] for name in (*WORDED, "landing.html"))
        page, copy = streamed.artifacts["landing.html"], json.loads(streamed.artifacts["landing_copy.json"])
        assert copy["problem"]["items"][0]["body"] in page
        assert copy["mission"]["quote"] == BRAND["mission"] + "."
        assert f"{MODEL}" in "\n".join(lines(streamed))

    def test_its_words_arrive_while_it_writes(self, scene: Scene) -> None:
        written = threading.Event()
        scene.endpoint.begin_anew(landing_copy=[Say(cut=100, hold=written)])
        run_id = scene.api.start(**{"pace": 0, **REQUEST})
        text = ""
        try:
            with scene.api.stream(run_id) as stream:
                for frame in stream:
                    if frame.event == "artifact_delta":
                        data = frame.data["data"]
                        if data["artifact_name"] == "landing_copy":
                            assert data["offset"] == len(text)
                            text += data["text"]
                    if '"steps": {' in text:
                        break
        finally:
            written.set()
        assert '"headline": "' in text
        streamed = follow(scene.api, run_id)
        assert streamed.kinds[-1] == "run_completed"

    def test_chunks_make_the_artifact_and_artifacts_come_in_order(self, scene: Scene) -> None:
        streamed = scene.run()
        texts: dict[str, str] = {}
        order: list[str] = []
        for frame in streamed.frames:
            data = frame.data["data"]
            if frame.event == "artifact_started":
                texts[data["artifact_name"]] = ""
                order.append(data["artifact_name"])
            elif frame.event == "artifact_delta":
                assert data["offset"] == len(texts[data["artifact_name"]])
                texts[data["artifact_name"]] += data["text"]
            elif frame.event == "artifact_created":
                assert data["content"] == texts[data["artifact_name"]]
        assert [f"{name}" for name in order] == [name.partition(".")[0] for name in streamed.artifacts]
        deltas = [e for e in streamed.all("artifact_delta") if e["artifact_name"] == "landing_copy"]
        assert len(deltas) > 20

    def test_tokens_are_the_endpoints(self, scene: Scene) -> None:
        scene.endpoint.usual = Say(usage=lambda _: 321)
        stages = scene.run().answer["cost_report"]["stages"]
        assert (stages["research"]["tokens"], stages["strategy"]["tokens"]) == (321, 642)

    def test_the_prompt_has_the_facts_the_tone_the_readers_and_the_rules(self, scene: Scene) -> None:
        brand = {
            **BRAND,
            "tone": {"primary": "formal"},
            "target_audience": ["b2b_developer", "b2b_enterprise"],
            "forbidden_claims": [{"pattern": "world domination"}],
        }
        scene.run(brand=brand)
        (asked,) = scene.endpoint.about("landing_copy")
        assert asked.key == f"Bearer {KEY}"
        assert asked.body["model"] == MODEL
        for wording in ("formal", BRAND["mission"], TASK, "world domination", "English", "evelopers"):
            assert wording in asked.prompt
        assert len(asked.prompt) < 12_000

    def test_a_german_task_is_written_in_german(self, scene: Scene) -> None:
        streamed = scene.run(task="Eine Landingpage für eine Bäckerei in Köln mit Sauerteigbrot", brand=None)
        assert streamed.kinds[-1] == "run_completed"
        assert engines(streamed)["landing_copy.json"] == BY_MODEL
        assert "Language: German" in scene.endpoint.about("landing_copy")[0].prompt
        assert "Sprachmodell" in json.loads(streamed.artifacts["market_report.json"])["method"]

    def test_a_run_by_rules_calls_no_model_and_logs_the_reason(self, scene: Scene) -> None:
        before = scene.endpoint.probed
        streamed = scene.run(writer="rules")
        assert (scene.endpoint.asked, scene.endpoint.probed) == ([], before)
        assert set(engines(streamed).values()) == {BY_RULES}
        gate = [line for line in lines(streamed) if line.startswith("The rules write this stage")]
        assert len(gate) == 3
        assert "the request asks for the rules" in gate[0]

    def test_fenced_json_and_thoughts_are_read_as_what_they_are(self, scene: Scene) -> None:
        scene.endpoint.begin_anew(
            market_report=[Say(whole="```\n{}\n```".format)],
            landing_copy=[Say(whole=lambda answer: f"<think>They want {{}}.</think>\n{answer}")],
            messaging=[Say(whole=lambda answer: f"```json\n{answer}\n```")],
            positioning=[Say(whole=lambda answer: f"<think>Hm.\n\nWell.</think>\n\n{answer}\n")],
        )
        streamed = scene.run()
        assert codes(streamed) == []
        assert {engines(streamed)[name] for name in WORDED} == {BY_MODEL}


RETRIED: Final = [("retry", True)]
RULES: Final = [("fall_back_agent", True)]
LONG: Final = "and so on " * 60


def saying(label: str, text: str, **more: Any) -> Say:
    """A good answer but for one passage."""
    return Say(words=lambda _, where, known: text if where == label else known, **more)


FAULTS: Final[dict[str, tuple[Reply, str, list[tuple[str, bool]]]]] = {
    "asked too often": (Fail(429, {"Retry-After": "0"}), "MODEL_RATE_LIMITED", RETRIED),
    "asked too often, without a time": (Fail(429), "MODEL_RATE_LIMITED", RETRIED),
    "asked too often, for an hour": (Fail(429, {"Retry-After": "3600"}), "MODEL_RATE_LIMITED", RULES),
    "a server's error": (Fail(500), "MODEL_UNAVAILABLE", RETRIED),
    "overloaded": (Fail(503, {"Retry-After": "0.05"}), "MODEL_UNAVAILABLE", RETRIED),
    "a gateway's time-out": (Fail(504), "MODEL_TIMED_OUT", RETRIED),
    "a key that is refused": (Fail(401, message=f"Incorrect API key: {KEY}"), "MODEL_MISCONFIGURED", RULES),
    "an unknown model": (Fail(404), "MODEL_MISCONFIGURED", RULES),
    "a request that is refused": (Fail(400, message=f"{KEY} is odd"), "MODEL_MISCONFIGURED", RULES),
    "a content filter's error": (Fail(400, message="content_filter"), "MODEL_REFUSED", RULES),
    "no stream": (Raw(b"<html>Welcome</html>", "text/html"), "MODEL_BROKEN_ANSWER", RETRIED),
    "a broken frame": (Raw(b'data: {"choices": [{\n\n'), "MODEL_BROKEN_ANSWER", RETRIED),
    "frames of another kind": (Raw(b'data: {"choices": 7}\n\ndata: 8\n\n'), "MODEL_BROKEN_ANSWER", RETRIED),
    "an error inside the stream": (
        Raw(b'data: {"error": {"message": "lost %s"}}\n\n' % KEY.encode()), "MODEL_UNAVAILABLE", RETRIED
    ),
    "a cut connection": (Say(cut=20), "MODEL_UNAVAILABLE", RETRIED),
    "an empty answer": (Say(whole=lambda _: ""), "MODEL_BROKEN_ANSWER", RETRIED),
    "broken json": (Say(whole=lambda answer: answer[:-30]), "MODEL_BROKEN_ANSWER", RETRIED),
    "json of another shape": (Say(whole=lambda answer: f"[{answer}]"), "MODEL_BROKEN_ANSWER", RETRIED),
    "too few texts": (Say(whole=lambda _: '{"1": "A headline"}'), "MODEL_BROKEN_ANSWER", RETRIED),
    "no text": (Say(whole=lambda a: a.replace('"3": "', '"3": 3, "x": "')), "MODEL_BROKEN_ANSWER", RETRIED),
    "an empty text": (saying("hero.cta", " \u200b "), "MODEL_BROKEN_ANSWER", RETRIED),
    "a text that is too long": (saying("hero.headline", LONG), "MODEL_BROKEN_ANSWER", RETRIED),
    "no reason to end": (Say(finish=None), "MODEL_BROKEN_ANSWER", RETRIED),
    "an answer without an end": (saying("faq.items.0.body", "x " * 60_000), "MODEL_BROKEN_ANSWER", RETRIED),
    "cut off": (Say(finish="length"), "MODEL_CUT_OFF", RETRIED),
    "a refusal": (Say(refusal="I will not."), "MODEL_REFUSED", RULES),
    "an apology": (Say(whole=lambda _: "I'm sorry, but I can't help with that."), "MODEL_REFUSED", RULES),
    "a filtered answer": (Say(finish="content_filter"), "MODEL_REFUSED", RULES),
    "a script": (saying("hero.headline", "Hi <script>alert(1)</script>"), "MODEL_BROKEN_ANSWER", RETRIED),
    "an image": (saying("hero.note", "<img src=x onerror=alert(1)>"), "MODEL_BROKEN_ANSWER", RETRIED),
    "an entity": (saying("hero.note", "&lt;b&gt; it"), "MODEL_BROKEN_ANSWER", RETRIED),
    "an address": (saying("hero.note", "See evil.example.com for more"), "MODEL_BROKEN_ANSWER", RETRIED),
    "a placeholder": (saying("hero.note", "Call [Your Name] today"), "MODEL_BROKEN_ANSWER", RETRIED),
    "an invented figure": (saying("hero.note", "Used by 12,000 shows"), "MODEL_BROKEN_ANSWER", RETRIED),
    "the key": (saying("hero.note", f"Use {KEY} to begin"), "MODEL_BROKEN_ANSWER", RETRIED),
    "the key in disguise": (
        saying("hero.note", "KEY", whole=lambda a: a.replace("KEY", f"\\u0073{KEY[1:]}")),
        "MODEL_BROKEN_ANSWER",
        RETRIED,
    ),
    "half a character": (
        saying("hero.note", "HALF", whole=lambda a: a.replace('"HALF"', '"\\ud83d"')),
        "MODEL_BROKEN_ANSWER",
        RETRIED,
    ),
    "a claim": (saying("hero.note", "Guaranteed to work"), "POLICY_ADVERTISING", [("rephrase", True)]),
}  # fmt: skip


class TestAModelThatFails:
    @pytest.mark.parametrize("name", FAULTS)
    def test_a_fault_is_classified_recovered_from_and_replayed(self, scene: Scene, name: str) -> None:
        fault, code, recovered = FAULTS[name]
        scene.endpoint.begin_anew(landing_copy=[fault])
        streamed = scene.run()
        assert streamed.kinds[-1] == "run_completed"
        assert codes(streamed) == [code]
        assert actions(streamed) == recovered
        assert engines(streamed)["landing_copy.json"] == (BY_RULES if recovered is RULES else BY_MODEL)
        assert engines(streamed)["market_report.json"] == BY_MODEL
        assert KEY not in everything(streamed)
        assert KEY[1:] not in everything(streamed)
        page = streamed.artifacts["landing.html"]
        assert "<script" not in page
        assert "<img" not in page

        asked = len(scene.endpoint.asked)
        again = scene.replay(streamed.answer["replay_token"])
        assert len(scene.endpoint.asked) == asked, "a replay costs nothing"
        assert [e["identical"] for e in again.all("replay_verified")] == [True]
        assert codes(again) == [code]
        assert again.artifacts == streamed.artifacts

    @pytest.mark.parametrize(
        ("fault", "code", "tries"),
        [
            (Fail(429), "MODEL_RATE_LIMITED", 4),
            (Fail(502), "MODEL_UNAVAILABLE", 3),
            (Say(finish="length"), "MODEL_CUT_OFF", 2),
            (saying("hero.note", "<b>No</b>"), "MODEL_BROKEN_ANSWER", 2),
            (saying("hero.note", "The best of all"), "POLICY_ADVERTISING", 2),
        ],
    )
    def test_a_fault_that_stays_is_tried_so_often_and_then_the_rules_write(
        self, scene: Scene, fault: Reply, code: str, tries: int
    ) -> None:
        scene.endpoint.begin_anew(landing_copy=[fault] * 10)
        streamed = scene.run()
        assert streamed.kinds[-1] == "run_completed"
        assert set(codes(streamed)) == {code}
        assert actions(streamed)[-1] == ("fall_back_agent", True)
        assert not any(success for _, success in actions(streamed)[:-1])
        assert len(scene.endpoint.about("landing_copy")) == tries
        assert engines(streamed)["landing_copy.json"] == BY_RULES
        assert engines(streamed)["landing.html"] == BY_RULES
        assert any("The rule engine wrote landing_copy.json" in line for line in lines(streamed))

    def test_the_next_prompt_has_the_error(self, scene: Scene) -> None:
        scene.endpoint.begin_anew(landing_copy=[saying("hero.note", "The best of all")])
        scene.run()
        first, second = scene.endpoint.about("landing_copy")
        assert "was not used" not in first.prompt
        assert "was not used: The artifact landing_copy.json" in second.prompt
        assert "“The best”" in second.prompt

    def test_a_silent_model_times_out(self, scene: Scene) -> None:
        silent = threading.Event()
        scene.endpoint.begin_anew(landing_copy=[Say(cut=0, hold=silent)] * 2)
        try:
            # The rest of the limit after the model's share must do for the rules on a busy machine.
            streamed = scene.run(stage_timeout=5)
        finally:
            silent.set()
        assert codes(streamed) == ["MODEL_TIMED_OUT"] * 2
        assert actions(streamed) == [("retry", False), ("fall_back_agent", True)]
        assert streamed.kinds[-1] == "run_completed"

    def test_slang_is_asked_for_again_in_plain_words(self, scene: Scene) -> None:
        slang = "yo dude this is dope and sick lol, awesome stuff, gonna rock, super cool"
        loud = Say(words=lambda _, label, text: slang if "intro" in label or "body" in label else text)
        scene.endpoint.begin_anew(landing_copy=[loud])
        streamed = scene.run(brand=LUXURY, task="A page for a wedding planner")
        assert ("re_tone", True) in actions(streamed)
        assert engines(streamed)["landing_copy.json"] == BY_MODEL
        assert "plain words" in scene.endpoint.about("landing_copy")[-1].prompt
        assert "dude" not in streamed.artifacts["landing.html"]

    @pytest.mark.parametrize("usage", [5, -1, 10**12, "many", True, None])
    def test_an_impossible_token_count_is_replaced_and_logged(self, scene: Scene, usage: Any) -> None:
        scene.endpoint.usual = Say(usage=None if usage is None else lambda _: usage)
        streamed = scene.run()
        assert streamed.kinds[-1] == "run_completed"
        assert 300 < streamed.answer["cost_report"]["stages"]["copy"]["tokens"] < 2_500
        assert any("the worker counted" in line for line in lines(streamed))

    def test_strict_mode_ends_with_a_claim_of_the_models(self, scene: Scene) -> None:
        scene.endpoint.begin_anew(landing_copy=[saying("hero.note", "The best of all")] * 5)
        streamed = scene.run(strict_mode=True)
        assert streamed.kinds[-1] == "run_failed"
        assert "Strict mode" in streamed.answer["error"]
        assert len(scene.endpoint.about("landing_copy")) == 1

    def test_a_run_that_is_stopped_leaves_the_endpoint(self, scene: Scene) -> None:
        silent = threading.Event()
        scene.endpoint.begin_anew(market_report=[Say(cut=0, hold=silent)])
        run_id = scene.api.start(**{"pace": 0, **REQUEST})
        try:
            with scene.api.stream(run_id) as stream:
                for frame in stream:
                    if frame.event == "stage_started" and frame.data["data"]["stage_id"] == "research":
                        assert scene.api.post(f"/runs/{run_id}/cancel").status_code == 202
                    last = frame
            assert last.data["reason"] == "run_cancelled"
        finally:
            silent.set()


class TestAnEndpointThatIsAway:
    @pytest.mark.parametrize("models", [Fail(503), Fail(401, message=f"Bad key {KEY}")])
    def test_the_rule_engine_writes_and_is_named(self, scene: Scene, models: Fail) -> None:
        scene.endpoint.models = models
        streamed = scene.run()
        assert streamed.kinds[-1] == "run_completed"
        assert set(codes(streamed)) == {"MODEL_UNAVAILABLE"}
        assert actions(streamed) == [("retry", False), ("retry", False), ("fall_back_agent", True)]
        assert set(engines(streamed).values()) == {BY_RULES}
        assert scene.endpoint.asked == []
        assert KEY not in everything(streamed)
        gate = next(line for line in lines(streamed) if line.startswith("The rules write this stage"))
        assert f"{models.status}" in gate
        assert scene.replay(streamed.answer["replay_token"]).all("replay_verified")[0]["identical"] is True

    def test_one_that_comes_back_in_time_writes(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(recovery, "FIRST_WAIT_S", 0.01)
        with ModelEndpoint() as endpoint, scene_in(tmp_path, endpoint) as scene:
            endpoint.models_in_turn = [Fail(503), None]
            streamed = scene.run()
        assert actions(streamed) == [("retry", True)]
        assert engines(streamed)["landing_copy.json"] == BY_MODEL

    def test_a_refused_connection_in_the_middle_of_a_run(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(recovery, "FIRST_WAIT_S", 0.01)
        with ModelEndpoint() as endpoint, scene_in(tmp_path, endpoint) as scene:
            endpoint.after = ("messaging", endpoint.stop_listening)
            streamed = scene.run()
            assert streamed.kinds[-1] == "run_completed"
            assert set(codes(streamed)) == {"MODEL_UNAVAILABLE"}
            assert engines(streamed)["messaging.json"] == BY_MODEL
            assert engines(streamed)["landing_copy.json"] == BY_RULES
            again = scene.replay(streamed.answer["replay_token"])
            assert again.all("replay_verified")[0]["identical"] is True

    @pytest.mark.parametrize("writer", ["auto", "model"])
    def test_nothing_listens(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writer: str) -> None:
        monkeypatch.setattr(recovery, "FIRST_WAIT_S", 0.01)
        with ModelEndpoint() as endpoint, scene_in(tmp_path, endpoint) as scene:
            endpoint.stop()
            streamed = scene.run(writer=writer)
        assert set(codes(streamed)) == {"MODEL_UNAVAILABLE"}
        if writer == "auto":
            assert streamed.kinds[-1] == "run_completed"
            assert set(engines(streamed).values()) == {BY_RULES}
        else:
            assert streamed.kinds[-1] == "run_failed"
            assert "cannot be reached" in streamed.all("run_failed")[0]["error"]
            assert streamed.artifacts == {}


class TestAModelThatIsRequired:
    def test_it_writes(self, scene: Scene) -> None:
        streamed = scene.run(writer="model")
        assert streamed.kinds[-1] == "run_completed"
        assert {engines(streamed)[name] for name in WORDED} == {BY_MODEL}

    @pytest.mark.parametrize(
        ("fault", "reason"),
        [
            (Fail(500), "answers 500"),
            (Fail(429, {"Retry-After": "3600"}), "answers 429"),
            (Say(refusal="No."), "refuses"),
            (Say(whole=lambda _: "{"), "not the JSON"),
            (saying("hero.note", "Guaranteed to work"), "Guaranteed"),
        ],
    )
    def test_it_is_not_replaced(self, scene: Scene, fault: Reply, reason: str) -> None:
        scene.endpoint.begin_anew(landing_copy=[fault] * 10)
        streamed = scene.run(writer="model")
        assert streamed.kinds[-1] == "run_failed"
        assert reason in streamed.all("run_failed")[0]["error"]
        assert set(streamed.artifacts) == {"market_report.json", "positioning.md", "messaging.json"}
        assert BY_RULES not in engines(streamed).values()
        assert ("give_up", False) in actions(streamed)
        assert all(
            item["replacement_hint"] != "let the rule engine write it"
            for e in streamed.all("recovery_suggestion")
            for item in e["suggestions"]
        )
        token = streamed.all("run_failed")[0]["replay_token"]
        assert token == streamed.answer["replay_token"]
        assert scene.replay(token).all("replay_verified")[0]["identical"] is True


class TestBudget:
    @pytest.mark.parametrize("budget", [1_000, 2_600, 6_000])
    def test_what_the_model_takes_stays_within_it(self, scene: Scene, budget: int) -> None:
        streamed = scene.run(budget=budget)
        report = streamed.answer["cost_report"]
        assert streamed.kinds[-1] == "run_completed"
        assert report["under_budget"] is True
        assert report["total_tokens"] <= budget
        for asked in scene.endpoint.asked:
            assert asked.body["max_tokens"] <= budget

    def test_a_model_that_fails_costs_tokens_and_leaves_enough_for_the_rules(self, scene: Scene) -> None:
        scene.endpoint.begin_anew(landing_copy=[Say(finish="length")] * 10)
        streamed = scene.run(budget=6_000)
        report = streamed.answer["cost_report"]
        assert streamed.kinds[-1] == "run_completed"
        assert engines(streamed)["landing_copy.json"] == BY_RULES
        alone = scene.run(budget=6_000, writer="rules").answer["cost_report"]["stages"]["copy"]["tokens"]
        assert report["stages"]["copy"]["tokens"] > alone
        assert report["total_tokens"] <= 6_000

    def test_too_small_a_budget_is_an_error(self, scene: Scene) -> None:
        streamed = scene.run(budget=1_500)
        assert "MODEL_OVER_BUDGET" in codes(streamed)
        assert streamed.kinds[-1] == "run_completed"


class TestReplay:
    def test_the_token_holds_sums_and_no_words(self, scene: Scene) -> None:
        part = scene.run().answer["replay_token"]["language_model"]
        assert part["engine"] == BY_MODEL
        assert part["probes"] == [None]
        assert sorted(noted["stage"] for noted in part["answers"]) == [
            "copy",
            "research",
            "strategy",
            "strategy",
        ]
        for noted in part["answers"]:
            assert set(noted) == {"stage", "model", "request", "answer"}
            assert (len(noted["request"]), len(noted["answer"])) == (64, 64)

    def test_a_fork_asks_only_for_the_stages_that_it_executes(self, scene: Scene) -> None:
        parent = scene.run()
        asked = len(scene.endpoint.asked)
        page = scene.fork(parent, "ux")
        assert len(scene.endpoint.asked) == asked
        assert page.artifacts == parent.artifacts
        assert engines(page) == engines(parent)
        copy = scene.fork(parent, "copy", task=f"{TASK}, in a quiet studio")
        assert {call.body["model"] for call in scene.endpoint.asked[asked:]} == {MODEL}
        assert copy.artifacts["positioning.md"] == parent.artifacts["positioning.md"]
        spent = len(scene.endpoint.asked)
        for forked in (page, copy):
            again = scene.replay(forked.answer["replay_token"])
            assert again.all("replay_verified")[0]["identical"] is True
        assert len(scene.endpoint.asked) == spent, "a replay costs nothing"

    def test_a_run_by_rules_is_replayed_by_rules(self, scene: Scene) -> None:
        streamed = scene.run(writer="rules")
        assert "language_model" not in streamed.answer["replay_token"]
        assert scene.replay(streamed.answer["replay_token"]).all("replay_verified")[0]["identical"] is True
        assert scene.endpoint.asked == []

    def test_two_answers_to_one_question_are_both_kept(self, scene: Scene) -> None:
        first = scene.run()
        scene.endpoint.usual = Say(words=lambda _, __, text: text)
        second = scene.run()
        assert first.artifacts != second.artifacts
        for streamed in (first, second):
            again = scene.replay(streamed.answer["replay_token"])
            assert again.all("replay_verified")[0]["identical"] is True
            assert again.artifacts == streamed.artifacts
            assert engines(again)["landing_copy.json"] == f"{BY_MODEL}, as recorded"

    def test_it_works_with_the_endpoint_gone_and_no_model_configured(self, tmp_path: Path) -> None:
        with ModelEndpoint() as endpoint, scene_in(tmp_path, endpoint) as scene:
            streamed = scene.run()
        with scene_in(tmp_path, endpoint, WORKER_LLM_URL="", WORKER_LLM_MODEL="") as scene:
            again = scene.replay(streamed.answer["replay_token"])
        assert again.all("replay_verified")[0]["identical"] is True
        assert again.artifacts == streamed.artifacts
        assert any("the language model was not called" in line for line in lines(again))

    def test_a_missing_recording_is_an_error(self, tmp_path: Path) -> None:
        with ModelEndpoint() as endpoint, scene_in(tmp_path, endpoint) as scene:
            streamed = scene.run()
            (tmp_path / "answers.db").unlink()
            again = scene.replay(streamed.answer["replay_token"])
        assert again.kinds[-1] == "run_failed"
        assert again.all("replay_verified") == []
        assert "4 of the language model's 4 answers" in again.answer["error"]
        assert again.artifacts == {}

    @pytest.mark.parametrize(
        "part", [7, {"engine": "x", "answers": [{"stage": 1}]}, {"engine": "x", "answers": 3}]
    )
    def test_an_invalid_token_is_an_error(self, scene: Scene, part: Any) -> None:
        token = {**scene.run(writer="rules").answer["replay_token"], "language_model": part}
        again = scene.replay(token)
        assert again.kinds[-1] == "run_failed"
        assert "language_model is invalid" in again.answer["error"]
        assert again.all("replay_verified") == []

    def test_a_token_without_its_answers_is_not_made_up_for(self, scene: Scene) -> None:
        token = scene.run().answer["replay_token"]
        part = token["language_model"]
        token = {**token, "language_model": {**part, "answers": part["answers"][:-1]}}
        again = scene.replay(token)
        assert again.kinds[-1] == "run_failed"
        assert again.all("replay_verified") == []
        assert "nothing was verified" in again.answer["error"]

    def test_recordings_stay_within_their_bound(self, tmp_path: Path) -> None:
        recordings = Recordings(tmp_path / "answers.db", most_bytes=1_000)
        for index in range(10):
            recordings.keep(f"r{index}", "a", b"x" * 300)
            recordings.find("r0", "a")
        kept = [index for index in range(10) if recordings.find(f"r{index}", "a")]
        assert kept == [0, 8, 9], "what is used stays, and the oldest goes"
        recordings.keep("huge", "a", b"x" * 2_000)
        assert recordings.find("huge", "a") is None

    def test_a_store_that_cannot_be_written_costs_the_replay_and_not_the_run(self, tmp_path: Path) -> None:
        with ModelEndpoint() as endpoint, scene_in(tmp_path, endpoint) as scene:
            (tmp_path / "answers.db").mkdir()
            streamed = scene.run()
            assert streamed.kinds[-1] == "run_completed"
            assert any("could not be recorded" in line for line in lines(streamed))
            again = scene.replay(streamed.answer["replay_token"])
        assert "recorded answers cannot be read" in again.answer["error"]
        assert again.all("replay_verified") == []


class TestSettings:
    async def test_an_endpoint_of_this_machine_is_asked_without_the_proxy(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
        with ModelEndpoint() as endpoint:
            assert (
                await language_model_endpoint.ModelEndpoint(ModelSettings(endpoint.url, "m")).probe() is None
            )

    @pytest.mark.parametrize(
        ("parameter", "status", "named"),
        [
            ("max_tokens", 400, True),
            ("max_tokens", 422, True),
            ("stream_options", 400, True),
            ("stream_options", 422, False),
        ],
    )
    def test_a_parameter_that_is_refused_is_done_without(
        self, tmp_path: Path, parameter: str, status: int, named: bool
    ) -> None:
        with ModelEndpoint() as endpoint, scene_in(tmp_path, endpoint) as scene:
            endpoint.usual = Refuse(parameter, status=status, named=named)
            streamed = scene.run()
        assert codes(streamed) == []
        assert engines(streamed)["landing_copy.json"] == BY_MODEL
        assert parameter not in endpoint.asked[-1].body
        assert ("max_completion_tokens" in endpoint.asked[-1].body) is (parameter == "max_tokens")

    @pytest.mark.parametrize(
        ("environment", "problem"),
        [
            ({"WORKER_LLM_MODEL": ""}, "WORKER_LLM_MODEL is not set"),
            ({"WORKER_LLM_URL": ""}, "WORKER_LLM_URL is not set"),
            ({"WORKER_LLM_URL": "example.org/v1"}, "begins with http"),
            ({"WORKER_LLM_URL": "http://me:secret@127.0.0.1/v1"}, "set a key in WORKER_LLM_KEY"),
            ({"WORKER_LLM_URL": "http://127.0.0.1:99999/v1"}, "is not an address"),
        ],
    )
    def test_invalid_variables_are_errors(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], problem: str
    ) -> None:
        monkeypatch.setattr(recovery, "FIRST_WAIT_S", 0.01)
        with ModelEndpoint() as endpoint, scene_in(tmp_path, endpoint, **environment) as scene:
            streamed = scene.run()
        assert set(engines(streamed).values()) == {BY_RULES}
        assert problem in streamed.all("failure_detected")[0]["error"]
        assert "secret" not in everything(streamed)

    def test_without_the_client_library_the_rules_write_and_say_what_to_install(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(recovery, "FIRST_WAIT_S", 0.01)
        monkeypatch.setitem(__import__("sys").modules, "openai", None)
        with ModelEndpoint() as endpoint, scene_in(tmp_path, endpoint) as scene:
            streamed = scene.run()
        assert streamed.kinds[-1] == "run_completed"
        assert "pip install 'worker-widget[llm]'" in streamed.all("failure_detected")[0]["error"]
        assert set(engines(streamed).values()) == {BY_RULES}

    def test_without_the_variables_the_rule_engine_writes_and_logs_the_reason(self, tmp_path: Path) -> None:
        nothing = dict.fromkeys(("WORKER_LLM_URL", "WORKER_LLM_MODEL", "WORKER_LLM_KEY"), "")
        with ModelEndpoint() as endpoint, scene_in(tmp_path, endpoint, **nothing) as scene:
            streamed = scene.run()
        assert codes(streamed) == []
        gate = [line for line in lines(streamed) if line.startswith("The rules write this stage")]
        assert "WORKER_LLM_URL and WORKER_LLM_MODEL are not set" in gate[0]

    def test_the_key_is_in_no_repr_and_in_no_file(self, scene: Scene) -> None:
        from worker_widget.workers.business_builder.language_model.settings import ModelSettings

        assert KEY not in repr(ModelSettings.read(language_model(scene.endpoint.environment())))
        scene.endpoint.begin_anew(landing_copy=[saying("hero.note", f"Use {KEY} to begin")])
        scene.run()
        for path in scene.home.iterdir():
            assert KEY.encode() not in path.read_bytes(), path.name

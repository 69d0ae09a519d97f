"""What holds for every brief and brand."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from worker_widget import events

from .test_business_builder_page import Outline
from .test_business_builder_run import Alone, run_alone

WORDS = (
    "bread quiet honest best guaranteed cure tool for people who like weekend studio calm fast secure "
    "garden launch podcasters the and with <b> & \" ' {x} Ünder naïve 100% #1 free plan every day your "
    "team we are proven result"
)
CLAIMS = "bread quiet honest cure weekend calm proven studio"
word = st.sampled_from(WORDS.split())
phrase = st.lists(word, min_size=1, max_size=7).map(" ".join)
wild = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=40)
text = st.one_of(phrase, wild)
claim = st.lists(st.sampled_from(CLAIMS.split()), min_size=1, max_size=2)


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


brands = st.fixed_dictionaries(
    {
        "company_name": st.one_of(phrase, wild).map(lambda name: f"Zed {name}"),
        "mission": text.map(lambda wording: f"To make mornings better {wording}"),
        "value_proposition": text.map(lambda wording: f"A plain offer of useful things {wording}"),
        "tagline": optional(text),
        "vision": optional(text),
        "tone": st.fixed_dictionaries(
            {"primary": st.sampled_from(["casual", "neutral", "professional", "formal", "luxury"])}
        ),
        "target_audience": st.lists(
            st.sampled_from(["b2c_consumer", "b2b_smb", "b2b_developer"]), min_size=1, max_size=2
        ),
        "audience_pain_points": st.lists(text, max_size=3),
        "required_disclosures": st.lists(text, max_size=2),
        "forbidden_claims": st.lists(claim.map(lambda words: {"pattern": " ".join(words)}), max_size=3),
        "visual": st.fixed_dictionaries(
            {"primary_color": optional(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True))}
        ),
    }
)
requests = st.fixed_dictionaries(
    {
        "task": text.map(lambda wording: f"A tool for {wording}"),
        "brand": optional(brands),
        "depth": st.sampled_from(["auto", "shallow", "deep"]),
    }
)


def run(request: dict[str, Any]) -> Alone:
    return asyncio.run(run_alone(**request))


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [found for item in items for found in strings(item)]


def read(name: str, content: str) -> list[str]:
    """What a person reads in an artifact."""
    if name.endswith(".json"):
        return strings(json.loads(content))
    if name.endswith(".html"):
        outline = Outline(content)
        return [*outline.texts, *(meta.get("content") or "" for meta in outline.named("meta"))]
    return content.splitlines()


@settings(max_examples=60, deadline=None)
@given(requests)
def test_artifacts_are_sound_whatever_the_request(request: dict[str, Any]) -> None:
    done = run(request)
    if done.result is None:
        assert done.error
        assert isinstance(done.emitted[-1], events.StageFailed)
        return
    for name, content in done.artifacts.items():
        content.encode("utf-8")
        assert content.endswith("\n"), name
        assert "\r" not in content, name
        if name.endswith(".json"):
            json.loads(content)
    outline = Outline(done.artifacts["landing.html"])
    assert outline.faults == []
    assert not {"script", "b", "link", "img"} & {tag for tag, _ in outline.elements}
    assert all((attrs["href"] or "").startswith("#") for attrs in outline.named("a"))
    assert len(outline.named("h1")) == 1


@settings(max_examples=60, deadline=None)
@given(requests)
def test_no_artifact_has_a_forbidden_claim(request: dict[str, Any]) -> None:
    if request["brand"]:
        request["brand"]["required_disclosures"] = ["Terms apply to this offer"]
    done = run(request)
    claims = [claim["pattern"] for claim in (request["brand"] or {}).get("forbidden_claims", ())]
    if done.result is None:
        assert done.error
        assert (
            any(re.search(rf"(?i)\b{re.escape(claim)}\b", done.error) for claim in claims)
            or "rule" in done.error
        )
        return
    for name, content in done.artifacts.items():
        for line in read(name, content):
            for forbidden in claims:
                assert not re.search(rf"(?i)(?<!\w){re.escape(forbidden)}(?!\w)", line), (name, line)


@settings(max_examples=25, deadline=None)
@given(requests)
def test_deltas_join_to_the_whole_and_twice_is_the_same(request: dict[str, Any]) -> None:
    first, second = run(request), run(request)
    assert (first.error, first.result and first.artifacts) == (
        second.error,
        second.result and second.artifacts,
    )
    text: dict[str, str] = {}
    for data in first.emitted:
        if isinstance(data, events.ArtifactDelta):
            key = f"{data.artifact_name}.{data.artifact_type}"
            assert data.offset == len(text.get(key, ""))
            text[key] = text.get(key, "") + data.text
        elif isinstance(data, events.ArtifactCreated):
            assert data.content == text[f"{data.artifact_name}.{data.artifact_type}"]

"""The sources of an artifact's sentences: exact ranges, where each comes from, and which stage wrote it."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import lists, sampled_from, text

from worker_widget import events
from worker_widget.workers.business_builder.language import typography
from worker_widget.workers.business_builder.writing.draft import Draft, escape_line
from worker_widget.workers.business_builder.writing.sentence_spans import sentence_spans
from worker_widget.workers.business_builder.writing.writer import StageTexts, WritingRequest

from .test_business_builder_recovery import FIELD_BRAND, FIELD_TASK, Model, with_model
from .test_business_builder_run import Alone, brand, run_alone

TASK = "A tool for podcasters in Lyon that turns recordings into episodes"
BRAND = brand(
    mission="We guarantee the best podcasts for every maker in town",
    value_proposition="Record, tidy & publish your show from one <friendly> place",
    audience_pain_points=["Editing takes whole evenings"],
    required_disclosures=["Prices exclude VAT."],
)
RUNS: dict[str, dict[str, Any]] = {
    "brand": {"task": TASK, "brand": BRAND},
    "no brand": {"task": TASK},
    "german": {"task": "Eine Bäckerei in Freiburg für Frühaufsteher"},
    "drifting": {"task": FIELD_TASK, "brand": FIELD_BRAND},
    "small budget": {"task": TASK, "brand": BRAND, "budget": 1_500},
}
Row = tuple[str, str | None, str]
"""Source, stage and the sentence as a person reads it."""


def plain(artifact_type: str | None, written: str) -> str:
    return html.unescape(written) if artifact_type == "html" else re.sub(r"\\(.)", r"\1", written)


def rows(run: Alone, name: str) -> list[Row]:
    (found,) = [event for event in run.all(events.ArtifactSources) if event.artifact_name == name]
    content = run.artifacts[f"{name}.{found.artifact_type}"]
    return [
        (part.source, part.stage_id, plain(found.artifact_type, content[part.start : part.end]))
        for part in found.sources
    ]


@pytest.mark.parametrize("name", RUNS)
async def test_each_page_and_text_has_the_sources_of_all_its_sentences(name: str) -> None:
    run = await run_alone(**RUNS[name])
    order = [
        (type(event).__name__, event.artifact_name)
        for event in run.emitted
        if isinstance(event, events.ArtifactCreated | events.ArtifactSources)
        and event.artifact_type in {"html", "md"}
    ]
    assert order == [
        (kind, artifact)
        for artifact in ("positioning", "landing", "brand_guidelines", "launch_plan")
        for kind in ("ArtifactCreated", "ArtifactSources")
    ]
    for found in run.all(events.ArtifactSources):
        assert {part.source for part in found.sources} <= {"brief", "brand", "rule"}
        ends = [0, *(part.end for part in found.sources)]
        assert all(part.start >= before for part, before in zip(found.sources, ends, strict=False))
        assert ends[-1] <= len(run.artifacts[f"{found.artifact_name}.{found.artifact_type}"])


@pytest.mark.parametrize("name", RUNS)
async def test_no_visible_text_of_the_page_is_without_a_source(name: str) -> None:
    run = await run_alone(**RUNS[name])
    (found,) = [event for event in run.all(events.ArtifactSources) if event.artifact_name == "landing"]
    page = run.artifacts["landing.html"]
    for part in reversed(found.sources):
        page = page[: part.start] + page[part.end :]
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    left = html.unescape(re.sub(r"<[^>]*>", "", body)).split()
    assert all(len(word) == 1 for word in left), left


async def test_a_sentence_has_the_source_of_its_words() -> None:
    page = rows(await run_alone(task=TASK, brand=BRAND), "landing")
    assert ("brand", "copy", "Record, tidy & publish your show from one <friendly> place.") in page
    assert ("brand", "copy", "Editing takes whole evenings") in page
    assert ("brand", "copy", "Prices exclude VAT.") in page
    assert ("brand", "copy", "Castaway") in page
    assert any(row[0] == "brief" and "podcasters" in row[2] for row in page)
    assert any(row[0] == "rule" and "Castaway" in row[2] for row in page), "the name alone changes nothing"
    assert {stage for source, stage, _ in page if source == "rule"} == {"copy", "ux"}


async def test_a_working_title_that_stands_alone_is_the_briefs() -> None:
    run = await run_alone(**RUNS["german"])
    assert ("brief", "copy", "Bäckerei") in rows(run, "landing")
    assert any(source == "brief" and "Frühaufsteher" in text for source, _, text in rows(run, "positioning"))


async def test_a_reworded_statement_has_the_stage_that_reworded_it() -> None:
    page = rows(await run_alone(task=TASK, brand=BRAND), "landing")
    assert ("brand", "preflight", "We aim for good podcasts for every maker in town.") in page


async def test_the_brands_words_in_place_of_the_task_are_the_brands() -> None:
    bad = "grab your deal now before all of it is gone for good"
    avoiding = {**FIELD_BRAND, "tone": {"primary": "luxury", "examples_bad": [bad]}}
    run = await run_alone(task="Grab your deal now before all of it is gone at our shop", brand=avoiding)
    assert "brief" not in {source for source, _, _ in rows(run, "landing")}


async def test_a_language_models_sentences_are_the_models_also_on_the_page() -> None:
    class Worded(Model):
        async def write(self, request: WritingRequest) -> StageTexts:
            written = request.by_rules()
            if request.stage != "copy" or written.copy is None:
                return written
            hero = written.copy.hero
            new = "Your voice reaches the room before you do"
            copy = replace_struct(written.copy, hero=replace_struct(hero, headline=new))
            (draft,) = written.drafts
            prose = tuple(new if item == hero.headline else item for item in draft.prose)
            content = draft.content.replace(hero.headline, new)
            return StageTexts((replace(draft, content=content, prose=prose),), copy=copy)

    run = await with_model(Worded(), task=TASK, brand=BRAND)
    assert ("model", "copy", "Your voice reaches the room before you do") in rows(run, "landing")
    sources = {source for source, _, _ in rows(run, "landing")}
    assert {"brand", "model"} <= sources


def replace_struct(struct: Any, **changes: Any) -> Any:
    import msgspec

    return msgspec.structs.replace(struct, **changes)


_LINES = lists(
    sampled_from(
        ["First. Second one!", "5 < 6 & 7 > 3", "a_b *c* `d` [e]", "1. A list", "# no heading", "Ümläut “q”"]
    )
    | text("ab .!&<>_*\\`", min_size=1, max_size=20),
    min_size=1,
    max_size=6,
)


@given(_LINES)
def test_a_range_holds_exactly_its_sentence(lines: list[str]) -> None:
    prose = tuple(found for found in map(typography.clean, lines) if any(map(str.isalpha, found)))
    escaped = "".join(f"<p>\n  {html.escape(item).replace('&#x27;', '&#39;')}</p>\n" for item in prose)
    page = Draft("page", "html", f"<style>p {{ a: b }}</style>\n{escaped}", ())
    markdown = Draft("text", "md", "\n\n".join(f"- {escape_line(item)}" for item in prose) + "\n", prose)
    wanted = [
        part for item in prose for part in typography.sentences(item)
        if any(map(str.isalpha, part)) and len(part) > 1
    ]  # fmt: skip
    for draft in (page, markdown):
        spans = sentence_spans(draft)
        assert [span.text for span in spans] == wanted
        for span in spans:
            assert plain(draft.type, draft.content[span.start : span.end]) == span.text


def test_texts_that_are_read_aloud_and_the_description_have_ranges() -> None:
    page = '<meta name="description" content="Bread &amp; more."><nav aria-label="Sections">X<b>yes</b></nav>'
    spans = sentence_spans(Draft("page", "html", page, ()))
    assert [span.text for span in spans] == ["Bread & more.", "Sections", "yes"]
    assert [page[span.start : span.end] for span in spans] == ["Bread &amp; more.", "Sections", "yes"]


def test_other_artifacts_have_none() -> None:
    assert sentence_spans(Draft("data", "json", '{"a": "A sentence."}', ("A sentence.",))) == ()

"""The log of a run is prose for a customer: sentences, names and units, without the engine's language."""

from __future__ import annotations

import re
from typing import Any

import pytest

from worker_widget import events
from worker_widget.workers.business_builder.engine import prose

from .test_business_builder_recovery import FIELD_BRAND, FIELD_TASK
from .test_business_builder_run import Alone, brand, run_alone

GERMAN = brand(
    mission="Wir garantieren das beste Brot der Stadt, jeden Tag frisch",
    value_proposition="Brot aus dem Holzofen, von zwei Bäckern, die sich Zeit nehmen",
    required_disclosures=["Alle Preise inkl. MwSt."],
)
CLAIMING = brand(
    mission="We guarantee the best podcasts for every maker in town",
    audience_pain_points=["Editing takes whole evenings"],
    tone={"primary": "casual", "avoid": ["cheap"]},
    visual={"primary_color": "#223344", "secondary_color": "#ddaa22"},
)
RUNS: dict[str, dict[str, Any]] = {
    "clean": {"task": "A tool for podcasters that turns recordings into episodes", "pace": 0.1},
    "claiming": {"task": "A tool for podcasters", "brand": CLAIMING},
    "drifting": {"task": FIELD_TASK, "brand": FIELD_BRAND},
    "strict": {"task": "A tool for podcasters", "brand": CLAIMING, "strict_mode": True},
    "strict and drifting": {"task": FIELD_TASK, "brand": FIELD_BRAND, "strict_mode": True},
    "german": {"task": "Eine Bäckerei in Freiburg für Frühaufsteher", "brand": GERMAN, "budget": 1_500},
    "over budget": {
        "task": "A tool for podcasters",
        "brand": brand(mission="We make podcasts for people. " * 20),
        "budget": 1_200,
        "depth": "deep",
    },
    "without a model": {"task": "A tool for podcasters", "writer": "model"},
    "forbidden name": {
        "task": "A tool for podcasters", "brand": brand(forbidden_claims=[{"pattern": "Castaway"}])
    },
}  # fmt: skip
_INNER = re.compile(
    r"\b(?:governor|SBA|CARE|anchors?|preflight|brief\.\w+|brand\.\w+|\w+_agent)\b|(?<![A-Z])\b[a-z]+_[a-z]+\b"
)


def shown(run: Alone) -> list[events.Log]:
    return [line for line in run.all(events.Log) if line.level != "debug"]


@pytest.mark.parametrize("name", RUNS)
async def test_every_line_is_a_sentence_without_codes(name: str) -> None:
    run = await run_alone(**RUNS[name])
    lines = shown(run)
    assert lines
    for line in lines:
        assert re.fullmatch(r"[A-Z0-9“].*[.!?…”]", line.message), line.message
        assert "'" not in re.sub(r"(?<=\w)'", "", line.message.replace("writer='rules'", "")), line.message
        own = re.sub(r"“[^”]*”|\S+\.(?:md|json|html)|stage_timeout|WORKER_\w+", "", line.message)
        assert not _INNER.search(own), line.message
        assert not re.search(r"\d\.\d\d(?! : 1)", own), line.message
    for error in [run.error, *(failed.error for failed in run.all(events.StageFailed))]:
        assert not error or not _INNER.search(re.sub(r"“[^”]*”|WORKER_\w+", "", error)), error


@pytest.mark.parametrize("name", RUNS)
async def test_no_line_is_written_twice_however_often_a_stage_is_repeated(name: str) -> None:
    lines = [(line.stage_id, line.message) for line in shown(await run_alone(**RUNS[name]))]
    assert len(lines) == len(set(lines))


@pytest.mark.parametrize("name", RUNS)
async def test_what_failed_what_was_done_and_how_it_ended_are_lines(name: str) -> None:
    run = await run_alone(**RUNS[name])
    lines = {line.message for line in shown(run)}
    ends = tuple(failed.error or "" for failed in run.all(events.StageFailed))
    for failure in run.all(events.FailureDetected):
        assert failure.error is not None
        ended = any(end.startswith(failure.error) for end in ends)
        assert (failure.error in lines) != ended, "the line of the failed stage has the reason already"
    recovered = {done.stage_id for done in run.all(events.RecoveryCompleted) if done.success}
    repeated = {
        line.stage_id
        for line in shown(run)
        if line.message.endswith("was repeated with this change, and it passes now.")
    }
    assert repeated == recovered


@pytest.mark.parametrize(
    ("location", "name"),
    [
        ("brand.mission", "the brand's mission"),
        ("brand.audience_pain_points[1]", "pain point 2 of the brand"),
        ("brand.forbidden_claims[0]", "forbidden claim 1 of the brand"),
        ("advertising[7]", "the rule on advertising claims"),
        ("brief.subject", "the subject in the task"),
        ("landing.html", "the artifact landing.html"),
    ],
)
def test_a_location_has_a_name(location: str, name: str) -> None:
    assert prose.place(location) == name


def test_amounts_have_units() -> None:
    assert prose.percent(0.8167) == "82%"
    assert (prose.counted(1, "token"), prose.counted(1_200, "token")) == ("1 token", "1,200 tokens")

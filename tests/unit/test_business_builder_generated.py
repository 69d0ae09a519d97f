"""Three hundred generated briefs: each run ends once, with sound artifacts or with a refusal that helps."""

from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest
from pydantic import ValidationError

from worker_widget import events
from worker_widget.events.request_models import Audience, Tone
from worker_widget.workers.business_builder.engine import failures
from worker_widget.workers.business_builder.language import detection

from ..brief_faults import faults
from ..generated_briefs import COUNT, LANGUAGES, GeneratedBrief, generated_briefs
from .test_business_builder_run import Alone, run_alone

BRIEFS = generated_briefs()
SAMPLE = tuple(brief for brief in BRIEFS if brief.number % 9 == 0)


def test_the_briefs_are_of_every_kind() -> None:
    assert len(BRIEFS) == COUNT == 300
    assert [brief.request for brief in generated_briefs()] == [brief.request for brief in BRIEFS]
    assert {brief.language for brief in BRIEFS} >= {*LANGUAGES}
    assert len(LANGUAGES) >= 12
    assert {*LANGUAGES} <= {*detection.NAMES}
    branded = [brief.brand for brief in BRIEFS if brief.brand]
    pairs = {(brand["tone"]["primary"], brand["target_audience"][0]) for brand in branded}
    assert pairs == {(tone, audience) for tone in get_args(Tone) for audience in get_args(Audience)}
    assert max(len(brief.task.split()) for brief in BRIEFS) >= 9_999
    assert min(len(brief.task.split()) for brief in BRIEFS) == 1
    assert {brief.kind for brief in SAMPLE} == {brief.kind for brief in BRIEFS}


@pytest.mark.parametrize("brief", SAMPLE, ids=str)
async def test_a_generated_brief_reaches_an_end(brief: GeneratedBrief) -> None:
    await reaches_an_end(brief)


@pytest.mark.soak
@pytest.mark.parametrize("brief", [brief for brief in BRIEFS if brief not in SAMPLE], ids=str)
async def test_every_generated_brief_reaches_an_end(brief: GeneratedBrief) -> None:
    await reaches_an_end(brief)


async def reaches_an_end(brief: GeneratedBrief) -> None:
    try:
        run = await run_alone(**brief.request)
    except ValidationError as refused:
        of_task = [problem for problem in refused.errors() if problem["loc"] == ("task",)]
        assert [problem["type"] for problem in of_task] in (["string_too_long"], ["string_too_short"])
        assert not 5 <= len(brief.task.strip()) <= 20_000
        return
    _ends_each_stage_once(run)
    codes = [failure.code for failure in run.all(events.FailureClassified)]
    assert failures.STAGE_TIMED_OUT.code not in codes
    if run.result is None:
        assert run.error
        assert any(run.error.endswith(failure.advice) for failure in failures.CATALOG.values()), run.error
        return
    assert faults(brief, run.artifacts) == []


def _ends_each_stage_once(run: Alone) -> None:
    started = Counter(data.stage_id for data in run.all(events.StageStarted))
    ended = Counter(
        data.stage_id for data in run.emitted if isinstance(data, events.StageCompleted | events.StageFailed)
    )
    assert started == ended
    assert set(started.values()) == {1}
    assert len(run.all(events.StageFailed)) == (run.result is None)

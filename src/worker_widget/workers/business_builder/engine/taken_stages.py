"""What the Business Builder keeps of a completed stage, and how a later run takes it over.

A run that takes over its first stages has what the stages after them read: texts, copy, records, and the
facts as Preflight Validation left them, as far as the new request has the same texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ....events.request_models import ValidatedRequest
from ....host.worker import ForkedRun, RunError, TakenStage
from ..brief.facts import Facts
from ..writing.draft import Draft
from ..writing.landing_copy import LandingCopy
from .builder_run import BuilderRun
from .plan import STAGES
from .stage_run import StageRun, with_texts

_COPY: Final = "landing_copy.json"
_OF_STAGE: Final = ("trace", "violations", "recoveries")


class KeptDraft(msgspec.Struct, frozen=True):
    """A draft without its content, which the host stores as the artifact."""

    file: str
    name: str
    type: str
    prose: tuple[str, ...]
    engine: str


class KeptFacts(msgspec.Struct, frozen=True):
    """How the first stage changed the facts: another wording of the task, and ``rewrites`` of texts by
    location, each with the text ``before`` it.
    """

    task: str | None
    before: dict[str, str]
    rewrites: dict[str, str]
    brand_words: bool


class StageRecord(msgspec.Struct, frozen=True, kw_only=True):
    """``sentences`` are the stage's part of the record of sentences, ``ledger`` that of the ledger."""

    tokens: int
    left_out: int
    drafts: tuple[KeptDraft, ...]
    sentences: dict[str, tuple[str, str]]
    ledger: dict[str, list[dict[str, Any]]]
    drift: float | None = None
    facts: KeptFacts | None = None


def kept(stage_run: StageRun) -> Any:
    """What is kept of a completed stage, as JSON values."""
    run, order = stage_run.run, stage_run.order
    ledger = run.ledger
    stage_id = stage_run.stage.id
    facts = None
    if not stage_run.stage.after:
        facts = KeptFacts(
            order.task,
            {location: stage_run.original.text(location) for location in order.rewrites},
            dict(order.rewrites),
            order.brand_words,
        )
    stage = StageRecord(
        tokens=stage_run.tokens,
        left_out=len(order.left_out),
        drafts=tuple(
            KeptDraft(file, draft.name, draft.type, draft.prose, ledger.engines[file])
            for file, draft in stage_run.published_drafts.items()
        ),
        sentences=dict(stage_run.sentences),
        ledger={
            **{
                name: [row for row in getattr(ledger, name) if row["stage"] == stage_id] for name in _OF_STAGE
            },
            "decisions": [row for row in ledger.decisions if row["stage_id"] == stage_id],
        },
        drift=ledger.drifts.get(stage_id),
        facts=facts,
    )
    return msgspec.to_builtins(stage)


def take_over(run: BuilderRun, fork: ForkedRun) -> None:
    """Gives ``run`` the results of the stages that it takes over. Raises `RunError` where that cannot be."""
    for stage in fork.stages:
        _take(run, stage, fork.request)
    taken = {stage.stage_id: stage for stage in fork.stages}
    writers = [stage for stage in STAGES if stage.writes and stage.id in taken]
    asks_for_page = run.facts.brief.other_work is None
    for planned in writers:
        if asks_for_page is not bool(taken[planned.id].artifacts):
            asked, wrote = ("a", "none") if asks_for_page else ("no", "texts of one")
            raise RunError(
                f"The task asks for {asked} landing page, and {planned.name} in the run {fork.run_id} wrote"
                f" {wrote}. Start from {STAGES[0].name}."
            )


def _take(run: BuilderRun, taken: TakenStage, was: ValidatedRequest) -> None:
    stage = msgspec.convert(taken.state, StageRecord)
    ledger = run.ledger
    for draft in stage.drafts:
        content = taken.artifacts.get(draft.file)
        if content is None:
            raise RunError(f"{draft.file} is missing in the run {taken.run_id}. Start from an earlier stage.")
        run.artifacts[draft.file] = content
        run.drafts[draft.file] = Draft(draft.name, draft.type, content, draft.prose)
        ledger.engines[draft.file] = draft.engine
    if _COPY in taken.artifacts:
        run.copy = msgspec.json.decode(taken.artifacts[_COPY], type=LandingCopy)
    run.spent += stage.tokens
    run.taken[taken.stage_id] = stage.tokens
    run.left_out += stage.left_out
    run.sentences.written |= stage.sentences
    for name, rows in stage.ledger.items():
        getattr(ledger, name).extend(rows)
    ledger.costs[taken.stage_id] = {"tokens": 0, "latency_ms": 0.0, "status": "reused"}
    if stage.drift is not None:
        ledger.drifts[taken.stage_id] = stage.drift
    if stage.facts is not None:
        run.use_facts(_facts(run, stage.facts, was))
        run.sentences.rewritten |= dict.fromkeys(stage.facts.rewrites, taken.stage_id)
        run.sentences.brand_words = stage.facts.brand_words and run.request.task == was.task
        run.by_model = run.by_model and (run.model_problem is None or run.model_required)


def _facts(run: BuilderRun, change: KeptFacts, was: ValidatedRequest) -> Facts:
    """The facts of the new request with those of the changes whose texts it has."""
    facts = run.facts
    if change.task is not None and run.request.task == was.task:
        facts = run.gather(run.request.model_copy(update={"task": change.task}))
    return with_texts(facts, _same(change, facts.texts))


def _same(change: KeptFacts, texts: Mapping[str, str]) -> dict[str, str]:
    return {
        location: text
        for location, text in change.rewrites.items()
        if texts.get(location, "") == change.before.get(location)
    }

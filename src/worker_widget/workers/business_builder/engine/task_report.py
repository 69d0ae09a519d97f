"""Reports how the task is understood, and what a reader of the result must know about that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, get_args

from .... import events
from ....events.request_models import Audience, Tone
from ..brief import asked_form, trades
from ..brief.understanding import THRESHOLD, understand
from ..language import detection, typography
from ..language.languages import LANGUAGES
from . import brand_check, prose
from .prose import quoted
from .stage_run import StageRun

TASK_NOT_UNDERSTOOD: Final = "task_not_understood"
LANGUAGE_NOT_WRITTEN: Final = "language_not_written"
NO_PAGE_ASKED: Final = "no_page_asked"
AUDIENCE_NOT_LISTED: Final = "audience_not_listed"
BRAND_REWORDED: Final = "brand_reworded"
BRAND_IN_PLACE_OF_TASK: Final = "brand_in_place_of_task"
BRAND_OF_OTHER_TRADE: Final = "brand_of_other_trade"
TONE_NOT_FOLLOWED: Final = "tone_not_followed"
TECHNOLOGY_NOT_USED: Final = "technology_not_used"
DOCUMENT_NOT_WRITTEN: Final = "document_not_written"

NOT_UNDERSTOOD: Final = "Written without understanding the task: add a brand or a language model."
NOT_UNDERSTOOD_WITH_BOTH: Final = (
    "Written without understanding the task: describe the offer and its customers in a sentence."
)


def report_understanding(stage_run: StageRun) -> None:
    """Emit the understanding of the task, and a warning for what a reader of the result must know."""
    run, brief = stage_run.run, stage_run.facts.brief
    by_model = stage_run.order.by_model and run.model_problem is None
    understood = understand(stage_run.facts, has_brand=run.request.brand is not None, by_model=by_model)
    stage_run.emit(
        events.TaskUnderstood(
            score=understood.score,
            threshold=THRESHOLD,
            reasons=list(understood.reasons),
            facts=[{"kind": kind, "text": text} for kind, text in understood.facts],
        )
    )
    if brief.other_work is not None:
        message = (
            "The task asks for no landing page, and the Business Builder writes nothing else: answer.md says "
            "what to ask for."
        )
        _warn(stage_run, NO_PAGE_ASKED, message)
    elif not understood.is_enough:
        _warn(stage_run, TASK_NOT_UNDERSTOOD, NOT_UNDERSTOOD_WITH_BOTH if by_model else NOT_UNDERSTOOD)
    elif not understood.readable and not by_model:
        message = "The task has no words that can be read: the page is written from the brand alone."
        _warn(stage_run, BRAND_IN_PLACE_OF_TASK, message)
    _report_audiences(stage_run)
    if brief.other_work is None:
        _report_other_trade(stage_run)
    written = stage_run.facts.language
    if brief.language != written.code and brief.language not in LANGUAGES:
        message = (
            f"The task is in {detection.NAMES[brief.language]}, which this worker does not write: its words "
            f"are quoted, and the rest is in {written.name}."
        )
        _warn(stage_run, LANGUAGE_NOT_WRITTEN, message)


def report_rewording(stage_run: StageRun) -> None:
    """Emit a warning for each of the brand's two main statements that the texts quote in other words, or not
    at all."""
    for location in ("brand.value_proposition", "brand.mission"):
        before, after = stage_run.run.facts.text(location), stage_run.facts.text(location)
        if after == before:
            continue
        named = typography.capital(prose.place(location))
        message = f"{named} is not on the page, because a rule forbids it: {quoted(before)}."
        if after:
            message = (
                f"{named} is on the page in other words, because a rule forbids some of its own: "
                f"{quoted(after)} in place of {quoted(before)}."
            )
        _warn(stage_run, BRAND_REWORDED, message)


def _report_other_trade(stage_run: StageRun) -> None:
    brand = stage_run.run.request.brand
    if brand is None:
        return
    own = " ".join((brand.company_name, *brand_check.brand_statements(brand), *brand.audience_pain_points))
    offer = trades.foreign_offer(stage_run.facts.brief, own)
    if offer is not None:
        message = (
            f"The task is about {quoted(offer)}, and the brand is of another trade: the page mixes the two. "
            "Check that the right brand is chosen."
        )
        _warn(stage_run, BRAND_OF_OTHER_TRADE, message)


_FITTING: Final[Mapping[asked_form.AskedTone, frozenset[Tone]]] = {
    "casual": frozenset({"casual"}),
    "formal": frozenset({"formal", "professional", "luxury"}),
    "luxury": frozenset({"luxury"}),
}
"""The tones of a brand in which a page is as the task asks."""


def report_asked_form(stage_run: StageRun) -> None:
    """Emit a warning for each demand of the task on the form of the result that the result does not meet."""
    run = stage_run.run
    brief, tone = run.facts.brief, run.facts.tone
    if brief.other_work is not None:
        return
    by_model = stage_run.order.by_model and run.model_problem is None
    asked = asked_form.asked_tone(brief.task)
    has_brand = stage_run.run.request.brand is not None
    if asked is not None and tone not in _FITTING[asked.tone] and (has_brand or not by_model):
        wanted = typography.listed([quoted(word) for word in asked.words])
        message = (
            f"The task asks for {wanted}; the brand's tone is {tone}, so the page keeps the brand's words."
            if has_brand
            else f"The task asks for {wanted}; without a brand the page has a neutral tone."
        )
        _warn(stage_run, TONE_NOT_FOLLOWED, message)
    technology = asked_form.technology(brief.task)
    if technology is not None:
        message = f"The task asks for a page in {technology}; the page is a single file of HTML and CSS."
        _warn(stage_run, TECHNOLOGY_NOT_USED, message)
    document = asked_form.other_document(brief.task)
    if document is not None:
        message = (
            f"The task asks for a {document}, which the Business Builder does not write: the result is a "
            "landing page with its positioning, messages and launch plan."
        )
        _warn(stage_run, DOCUMENT_NOT_WRITTEN, message)


def _report_audiences(stage_run: StageRun) -> None:
    brand = stage_run.run.request.brand
    if brand is None or not brand.other_audiences:
        return
    named = typography.listed([quoted(text) for text in brand.other_audiences])
    are, them = (
        ("is not a listed audience", "it")
        if len(brand.other_audiences) == 1
        else ("are not listed audiences", "them")
    )
    message = (
        f"{named} {are}: the page uses {them} as words, without the texts that a listed audience has. "
        f"Listed are {typography.listed(get_args(Audience))}."
    )
    _warn(stage_run, AUDIENCE_NOT_LISTED, message)


def _warn(stage_run: StageRun, code: str, message: str) -> None:
    stage_run.emit(events.RunWarning(stage_id=stage_run.stage.id, code=code, message=message))

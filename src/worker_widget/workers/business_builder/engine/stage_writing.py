"""Has a stage's texts written, and checks them against the budget, the rules and the brand's voice.

The checks are the same for every writer. Texts that fail one are not published: the failure goes to the
catalog.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ....events.file_names import file_name
from ....host.worker import RunError
from ..brief.facts import QUOTED_AS_GIVEN
from ..language import typography
from ..policy.rules import Rule, Violation, check
from ..writing import proofreading, text_location
from ..writing.draft import Draft
from ..writing.pen import Pen
from ..writing.writer import StageTexts, WritingRequest
from . import failures
from .failures import Finding, OptionalSections, StageFailure
from .prose import counted, quoted
from .stage_run import StageRun, with_texts

WRITING_SHARE: Final = 0.75
"""The writer's share of a stage's time; the rest is for the checks and for detecting a timeout."""

Compose = Callable[[Pen, frozenset[str]], StageTexts]
"""Composes a stage's texts by rules, with a pen, without the sections that are to be left out."""


async def write(
    stage_run: StageRun,
    compose: Compose,
    optional: Sequence[str],
    *,
    drift_of: str,
    read: Callable[[Sequence[Draft]], str] | None = None,
) -> StageTexts:
    """The stage's texts, checked.

    ``optional`` are sections that can be left out, in this order. ``drift_of`` names the measured text;
    ``read`` extracts it where it is not the prose of the drafts. Raises `StageFailure`, or `RunError` in
    strict mode.
    """
    writing = _StageWriting(stage_run, compose, optional)
    texts = await writing.request_texts()
    limit = stage_run.limit
    stage_run.paid += texts.tokens or 0
    writing.check_budget(texts, limit)
    writing.check_rules(texts)
    prose = read(texts.drafts) if read else "\n".join(draft.text for draft in texts.drafts)
    stage_run.check_drift(prose, of=drift_of)
    writing.review(texts.drafts)
    stage_run.finish_recovery()
    stage_run.counted = _cost(texts) if texts.tokens is None else 0
    if stage_run.run.budget is not None:
        stage_run.log(
            f"Wrote {_cost(texts):,} of the {counted(limit, 'token')} that this stage may write.", "debug"
        )
    return texts


@dataclass(frozen=True)
class _StageWriting:
    stage_run: StageRun
    compose: Compose
    optional: Sequence[str]

    async def request_texts(self) -> StageTexts:
        stage_run, order, facts = self.stage_run, self.stage_run.order, self.stage_run.facts
        stage_run.reset_stream()
        request = WritingRequest(
            stage=stage_run.stage.id,
            aspiration=stage_run.agent.strategy.aspiration,
            name=facts.name,
            language=facts.language,
            tone=facts.tone,
            readers=facts.readers,
            task=facts.task,
            facts=facts.texts,
            earlier=dict(stage_run.run.artifacts),
            rules=stage_run.run.rules,
            limit=stage_run.limit - self._reserve(),
            time_s=WRITING_SHARE * stage_run.time_limit_s,
            attempt=order.attempt,
            plain_words=order.retoned,
            feedback=order.feedback,
            by_rules=lambda: self.composed(order.left_out, {}),
            stream=stage_run.stream,
            log=stage_run.log,
            record_answer=stage_run.run.ledger.answers.append,
        )
        try:
            return await stage_run.writer.write(request)
        except StageFailure as failure:
            stage_run.paid += failure.finding.tokens
            raise

    def _reserve(self) -> int:
        """Tokens of the budget that the rule engine needs in case the language model fails."""
        stage_run = self.stage_run
        by_model = stage_run.writer is stage_run.run.model
        if stage_run.allotted is None or not by_model or stage_run.order.model_required:
            return 0
        return _cost(self.composed(stage_run.order.left_out, {}))

    def check_budget(self, texts: StageTexts, limit: int) -> None:
        """Check the tokens against the stage's share of the budget and its agent's limit."""
        stage_run, run = self.stage_run, self.stage_run.run
        size = _cost(texts)
        allotted = stage_run.allotted is not None and limit < stage_run.agent.strategy.limits.tokens
        if allotted or size > limit:
            stage_run.report_check("token_budget", passed=size <= limit)
        if size <= limit:
            return
        agent = stage_run.agent
        most = counted(limit, "token")
        share = (
            f"its share of the budget is {most}" if allotted else f"the {agent.name} agent may write {most}"
        )
        budget = next((rule for rule in run.rules if rule.policy == "token_budget"), None)
        own = Rule("token_budget", f"{agent.id}.tokens", str(limit), "The agent may not write more", "error")
        stage_run.report_violation(Violation(budget or own, stage_run.stage.id, 0, 0, ""))
        error = f"{stage_run.stage.name} needs {counted(size, 'token')}, and {share}."
        if run.request.strict_mode:
            raise RunError(f"Strict mode: {error}")
        sections = OptionalSections(
            self.optional, lambda out, texts: _cost(self.composed(out, texts)) - limit
        )
        raise StageFailure(Finding(failures.BUDGET_EXCEEDED, error, sections=sections))

    def check_rules(self, texts: StageTexts) -> None:
        found = self._violations(texts.drafts)
        self.stage_run.report_checks(found)
        sections = OptionalSections(
            self.optional, lambda out, texts: len(self._violations(self.composed(out, texts).drafts))
        )
        self.stage_run.stop_at(found, sections)

    def review(self, drafts: Sequence[Draft]) -> None:
        """Where the plan asks for a review, the second-best agent proofreads the texts.

        A sentence may occur twice: a page's description repeats one of the page.
        """
        decision = self.stage_run.decision
        if decision.mode != "reviewed" or not decision.fallbacks:
            return
        problems = [
            problem
            for draft in drafts
            for problem in (
                *proofreading.repeated(draft.prose, most=2),
                *proofreading.open_slots(draft.prose),
            )
        ]
        self.stage_run.report_check("proofreading", passed=not problems)
        reviewer = decision.fallbacks[0].id
        if problems:
            listed = typography.listed([quoted(problem) for problem in problems[:3]])
            message = f"Proofreading found {counted(len(problems), 'problem')}, such as {listed}."
            self.stage_run.log(message, "warning", agent=reviewer)
        else:
            self.stage_run.log("Proofreading by another agent found no problem.", agent=reviewer)

    def composed(self, left_out: frozenset[str], texts: Mapping[str, str]) -> StageTexts:
        """The rule engine's texts, without some sections and with other texts of the facts."""
        return self.compose(self.stage_run.pen(with_texts(self.stage_run.facts, texts)), left_out)

    def _violations(self, drafts: Sequence[Draft]) -> list[Violation]:
        """The violations in the prose, located in the artifacts; disclosures are quoted as given."""
        given = set(self.stage_run.facts.all(QUOTED_AS_GIVEN))
        return [
            Violation(
                found.rule,
                found.location,
                *text_location.locate(draft, text, found.start, found.end),
                found.found,
            )
            for draft in drafts
            for text in draft.prose
            if text not in given
            for found in check(text, self.stage_run.run.rules, file_name(draft.name, draft.type))
        ]


def _cost(texts: StageTexts) -> int:
    if texts.tokens is not None:
        return texts.tokens
    return sum(draft.tokens for draft in texts.drafts)

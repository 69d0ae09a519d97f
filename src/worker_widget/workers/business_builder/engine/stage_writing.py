"""Having a stage's texts written, and holding them to the budget, the rules and the brand's voice.

The checks are the same whoever wrote. What fails one is not shown to anybody: it goes to the failure catalog.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ....events.file_names import file_name
from ....host.worker import RunError
from ..brief.facts import QUOTED_AS_GIVEN
from ..policy.rules import Rule, Violation, check
from ..writing import proofreading, text_location
from ..writing.draft import Draft
from ..writing.pen import Pen
from ..writing.writer import Commission, Written
from . import failures
from .failures import Finding, Scope, StageFailure
from .stage_run import Telling, with_texts

OF_THE_TIME: Final = 0.75
"""How much of a stage's time its writer has; the rest is for the checks, and for noticing that it is late."""

Compose = Callable[[Pen, frozenset[str]], Written]
"""A stage's texts by rules, written with the pen, without the sections that are to be left out."""


async def write(
    telling: Telling,
    compose: Compose,
    optional: Sequence[str],
    *,
    drift_of: str,
    read: Callable[[Sequence[Draft]], str] | None = None,
) -> Written:
    """The stage's texts, checked.

    ``optional`` are sections that can be left out, in this order; ``drift_of`` says in words what is
    measured, ``read`` how it is read where that is not the prose. Raises `StageFailure`, or `RunError` in
    strict mode.
    """
    authoring = _Authoring(telling, compose, optional)
    written = await authoring.commission()
    limit = telling.limit
    telling.paid += written.tokens or 0
    authoring.check_budget(written, limit)
    authoring.check_rules(written)
    text = read(written.drafts) if read else "\n".join(draft.text for draft in written.drafts)
    telling.measure_drift(text, of=drift_of)
    authoring.review(written.drafts)
    telling.settle()
    telling.counted = _cost(written) if written.tokens is None else 0
    if telling.run.budget is not None:
        telling.log(f"{_cost(written)} of {limit} tokens that the stage may write", "debug")
    return written


@dataclass(frozen=True)
class _Authoring:
    telling: Telling
    compose: Compose
    optional: Sequence[str]

    async def commission(self) -> Written:
        telling, order, facts = self.telling, self.telling.order, self.telling.facts
        telling.begin_anew()
        commission = Commission(
            stage=telling.stage.id,
            aspiration=telling.agent.strategy.aspiration,
            name=facts.name,
            language=facts.language,
            tone=facts.tone,
            readers=tuple(text.label for text in facts.audience_texts),
            task=facts.brief.task,
            facts=facts.texts,
            before=dict(telling.run.artifacts),
            rules=telling.run.rules,
            limit=telling.limit - self._kept_back(),
            time_s=OF_THE_TIME * telling.time_limit_s,
            attempt=order.attempt,
            plainly=order.retoned,
            remark=order.remark,
            by_rules=lambda: self.composed(order.left_out, {}),
            tell=telling.tell_more,
            say=telling.log,
            note=telling.run.ledger.answers.append,
        )
        try:
            return await telling.writer.write(commission)
        except StageFailure as failure:
            telling.paid += failure.finding.tokens
            raise

    def _kept_back(self) -> int:
        """Tokens of a budget that a model may not have, so that the rules can still write after it."""
        telling = self.telling
        by_model = telling.writer is telling.run.model
        if telling.allotted is None or not by_model or telling.order.model_required:
            return 0
        return _cost(self.composed(telling.order.left_out, {}))

    def check_budget(self, written: Written, limit: int) -> None:
        """The tokens against the stage's part of the budget, and against what its agent may write."""
        telling, run = self.telling, self.telling.run
        size = _cost(written)
        allotted = telling.allotted is not None and limit < telling.agent.strategy.systems.tokens
        if allotted or size > limit:
            telling.check("token_budget", passed=size <= limit)
        if size <= limit:
            return
        agent = telling.agent.id
        whose = f"of the budget of {run.budget}" if allotted else f"by the strategy of {agent}"
        budget = next((rule for rule in run.rules if rule.policy == "token_budget"), None)
        own = Rule("token_budget", f"{agent}.tokens", str(limit), "The agent may not write more", "error")
        telling.tell_violation(Violation(budget or own, telling.stage.id, 0, 0, ""))
        error = f"{telling.stage.name} needs {size} tokens and may write {limit} {whose}."
        if run.request.strict_mode:
            raise RunError(f"Strict mode: {error}")
        scope = Scope(self.optional, lambda out, texts: _cost(self.composed(out, texts)) - limit)
        raise StageFailure(Finding(failures.BUDGET_EXCEEDED, error, scope=scope))

    def check_rules(self, written: Written) -> None:
        found = self._violations(written.drafts)
        self.telling.tell_checks(found)
        scope = Scope(
            self.optional, lambda out, texts: len(self._violations(self.composed(out, texts).drafts))
        )
        self.telling.refuse(found, scope)

    def review(self, drafts: Sequence[Draft]) -> None:
        """Where the plan asks for it, the runner-up reads what was written.

        A sentence may stand twice: a page's description repeats one of the page.
        """
        decision = self.telling.decision
        if decision.mode != "reviewed" or not decision.fallbacks:
            return
        faults = [
            fault
            for draft in drafts
            for fault in (*proofreading.repeated(draft.prose, most=2), *proofreading.open_slots(draft.prose))
        ]
        self.telling.check("review", passed=not faults)
        reader = decision.fallbacks[0].id
        if faults:
            said = f"Read over, {len(faults)} places to look at: {'; '.join(faults[:3])}"
            self.telling.log(said, "warning", agent=reader)
        else:
            self.telling.log("Read over, nothing to object to", agent=reader)

    def composed(self, left_out: frozenset[str], texts: Mapping[str, str]) -> Written:
        """What the rules write without some sections and with other texts."""
        return self.compose(self.telling.pen(with_texts(self.telling.facts, texts)), left_out)

    def _violations(self, drafts: Sequence[Draft]) -> list[Violation]:
        """Where the prose breaks a rule, placed in its artifact; disclosures are quoted as given."""
        given = set(self.telling.facts.all(QUOTED_AS_GIVEN))
        return [
            Violation(
                found.rule,
                found.location,
                *text_location.place(draft, text, found.start, found.end),
                found.found,
            )
            for draft in drafts
            for text in draft.prose
            if text not in given
            for found in check(text, self.telling.run.rules, file_name(draft.name, draft.type))
        ]


def _cost(written: Written) -> int:
    if written.tokens is not None:
        return written.tokens
    return sum(draft.tokens for draft in written.drafts)

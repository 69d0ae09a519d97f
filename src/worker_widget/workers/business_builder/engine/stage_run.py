"""One stage execution: its inputs, budget, checks and emitted events."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from .... import events
from ....events import Payload
from ....events.file_names import file_name
from ....events.request_models import ForbiddenClaim, Tone
from ....host.worker import RunError
from ..brief.facts import QUOTED_AS_GIVEN, Facts
from ..language import typography
from ..policy import drift
from ..policy.drift import DriftMeasurement
from ..policy.rules import Violation, check
from ..writing.draft import Draft
from ..writing.pen import Pen
from ..writing.writer import LogLevel, TextWriter
from . import chunks, failures, options, plan, recovery
from .agents import Agent
from .builder_run import BuilderRun
from .failures import Finding, OptionalSections, StageFailure
from .pacing import StagePacer
from .plan import STAGES, PlannedStage
from .prose import percent, place, sentence
from .recovery import RecoveryContext, StageOrder
from .routing import Decision
from .sentence_sources import Origin, SentenceTracer, recorded

_MODES = {
    "sequential": "",
    "parallel": " The stage runs at the same time as the others of its wave.",
    "reviewed": " Another agent proofreads the texts.",
}


@dataclass
class StageRun:
    """A stage execution. ``order`` is how the stage is done; recovery changes it and the stage is repeated.

    ``allotted`` is the stage's share of the token budget. ``paid`` are the tokens that a language model
    used, even for texts that were rejected; ``counted`` those of the rule engine's texts that were kept.
    ``before`` are stages of the same wave that publish first, so that artifacts appear in the order of the
    plan. ``original`` are the facts that the order changes, ``published_drafts`` the published drafts by file
    name, ``sentences`` what the stage wrote into the run's record of sentences.
    """

    run: BuilderRun
    stage: PlannedStage
    order: StageOrder
    allotted: int | None
    before: Sequence[StageRun] = ()
    paid: int = 0
    counted: int = 0
    published: asyncio.Event = field(default_factory=asyncio.Event)
    fallbacks: list[Agent] = field(default_factory=list)
    published_drafts: dict[str, Draft] = field(default_factory=dict)
    sentences: dict[str, tuple[str, str]] = field(default_factory=dict)
    _recovering: list[tuple[str, str]] = field(default_factory=list)
    _reported: set[tuple[str, str, str]] = field(default_factory=set)
    _logged: set[str] = field(default_factory=set)
    _traced: dict[str, Origin] = field(default_factory=dict)
    _warned: set[str] = field(default_factory=set)
    _streamed: dict[tuple[str, str], int] = field(default_factory=dict)
    _held: list[tuple[str, str, str]] = field(default_factory=list)
    _facts: tuple[StageOrder, Facts] | None = None
    _pacer: StagePacer = field(default_factory=lambda: StagePacer(0, lambda: 0.0))
    _limit: asyncio.Timeout | None = None
    _started: float = 0.0

    def __post_init__(self) -> None:
        self._given = self.run.facts

    @property
    def decision(self) -> Decision:
        return self.run.decisions[self.stage.id]

    @property
    def agent(self) -> Agent:
        return self.order.agent

    @property
    def tokens(self) -> int:
        return self.paid + self.counted

    @property
    def is_repeated(self) -> bool:
        return self.order.attempt > 1

    @property
    def facts(self) -> Facts:
        """The run's facts with the texts that the order replaces."""
        if self._facts is None or self._facts[0] is not self.order:
            self._facts = (self.order, self._rewritten())
        return self._facts[1]

    @property
    def original(self) -> Facts:
        """The facts before the order's texts replace some of them."""
        if self.order.task is None:
            return self._given
        return self.run.gather(self.run.request.model_copy(update={"task": self.order.task}))

    @property
    def time_limit_s(self) -> float:
        """The request's time limit, or the plan's limit plus the stage's share of the pace."""
        run = self.run
        limit: float | None = options.value(run.request.options, options.STAGE_TIMEOUT)
        if limit is not None:
            return limit
        limit_s = plan.time_limit_s(self.stage, by_model=self.order.by_model)
        return limit_s + run.pace_s * self.stage.pace_share

    @property
    def recovery_context(self) -> RecoveryContext:
        return RecoveryContext(
            self.order,
            self.facts,
            self.run.rules,
            self.run.anchors,
            self.fallbacks,
            reads_task=not self.stage.after,
        )

    def pen(self, facts: Facts | None = None) -> Pen:
        """A new pen, for one document."""
        approach = self.agent.strategy.approach.approach
        facts = facts or self.facts
        tracer = SentenceTracer(facts, self._traced)
        return Pen(facts, self.run.rules, self.run.seed, approach=approach, trace=tracer)

    def emit(self, data: Payload) -> None:
        self.run.emit(data)

    def log(self, message: str, level: LogLevel = "info", *, agent: str | None = None) -> None:
        """Emit a log line; one that is no warning only once, however often the stage is repeated."""
        if level in {"debug", "info"}:
            if message in self._logged:
                return
            self._logged.add(message)
        self.emit(
            events.Log(stage_id=self.stage.id, agent=agent or self.agent.id, message=message, level=level)
        )

    def report_check(self, policy_name: str, passed: bool) -> None:
        self.emit(events.PolicyCheck(stage_id=self.stage.id, policy=policy_name, passed=passed))

    async def pace_to(self, done: float) -> None:
        """Wait for the clock of a paced run, with the share of the work that is ``done`` (0 to 1).

        A pause of the run begins here.
        """
        await self._pacer.reach(done)
        await self.pause_if_asked()

    async def pause_if_asked(self) -> None:
        """Wait while the run is paused; that does not count for the stage's time limit."""
        async with self._unlimited():
            await self.run.checkpoint()

    @asynccontextmanager
    async def limited_by(self, limit: asyncio.Timeout) -> AsyncIterator[None]:
        """``limit`` is the time limit of the work inside."""
        self._limit = limit
        try:
            yield
        finally:
            self._limit = None

    @asynccontextmanager
    async def _unlimited(self) -> AsyncIterator[None]:
        """The time inside does not count for the stage's time limit."""
        limit, now = self._limit, asyncio.get_running_loop().time
        ends = None if limit is None else limit.when()
        if limit is None or ends is None or limit.expired():
            yield
            return
        began = now()
        limit.reschedule(None)
        try:
            yield
        finally:
            limit.reschedule(ends + now() - began)

    def stop_pacing(self) -> None:
        self._pacer = StagePacer(0, self.run.clock)

    # --- start and end ---

    def start(self) -> None:
        """Emit the start of the stage and its routing decision."""
        self._started = self.run.clock()
        self._pacer = StagePacer(self.run.pace_s * self.stage.pace_share, self.run.clock)
        self.emit(
            events.StageStarted(
                stage_id=self.stage.id, stage_index=STAGES.index(self.stage), total_stages=len(STAGES)
            )
        )
        self.report_routing("care")
        self._log_choice()
        if self.stage.by_model and self.writer is not self.run.model:
            why = self.run.model_problem or f"{STAGES[0].name} did without the language model"
            self.log(f"The rules write this stage, because {why}.", "debug")

    def _log_choice(self) -> None:
        decision = self.decision
        score = percent(decision.ranked[0].score)
        self.log(
            f"Chose the {self.agent.name} agent (score {score}). {decision.reason}{_MODES[decision.mode]}",
            "debug",
        )

    def report_routing(self, source: str) -> None:
        decision = self.decision
        score = next(found.score for found in decision.ranked if found.agent is self.agent)
        reason, alternatives = decision.reason, list(decision.alternatives)
        if self.agent is not decision.agent:
            reason, alternatives = self._taken_over()
        self.emit(
            events.RoutingDecision(
                stage_id=self.stage.id,
                selected_agent=self.agent.id,
                score=score,
                reason=reason,
                complexity=decision.complexity,
                confidence=decision.confidence,
                alternatives=alternatives,
                routing_source=source,
            )
        )
        self.run.ledger.decisions.append(
            {
                "stage_id": self.stage.id,
                "selected_agent": self.agent.id,
                "score": score,
                "reason": reason,
                "complexity": decision.complexity,
                "confidence": decision.confidence,
                "alternatives": alternatives,
                "routing_source": source,
                "success_metric": decision.metric,
                "orchestration_mode": decision.mode,
            }
        )

    def _taken_over(self) -> tuple[str, list[dict[str, Any]]]:
        """The reason and the alternatives of a decision after a failure: those before it could not do it."""
        ranked = self.decision.ranked
        at = next(index for index, found in enumerate(ranked) if found.agent is self.agent)
        failed = [
            {"agent": found.agent.id, "score": found.score, "reason": "It could not complete this stage."}
            for found in ranked[:at]
        ]
        later = {found.agent.id for found in ranked[at + 1 :]}
        others = [other for other in self.decision.alternatives if other["agent"] in later]
        before = ranked[at - 1].agent.name
        reason = f"It takes over because the {before} agent could not complete this stage."
        return reason, [*failed, *others]

    def complete(self) -> None:
        duration = self._account("completed")
        self.emit(
            events.StageCompleted(stage_id=self.stage.id, duration_ms=duration, tokens_used=self.tokens)
        )

    def fail(self, error: str) -> None:
        self._account("failed")
        self.emit(events.StageFailed(stage_id=self.stage.id, error=error))

    # --- checks ---

    async def check_inputs(self) -> None:
        """Check the texts that the stage may quote. Raises `StageFailure`, or `RunError` in strict mode."""
        found = await self.violations(self.facts.texts)
        self.report_check("source_texts", passed=not found)
        self.stop_at(found)

    async def violations(self, texts: Mapping[str, str]) -> list[Violation]:
        """The rule violations in texts by location, except in disclosures, which are quoted as given.

        Yields to other tasks after each text: a brand can be long and its patterns slow.
        """
        found: list[Violation] = []
        for location, text in texts.items():
            if not location.startswith(QUOTED_AS_GIVEN):
                found += check(text, self.run.rules, location)
                await asyncio.sleep(0)
        return found

    def report_checks(self, found: Sequence[Violation]) -> None:
        """Emit one check for each policy that searches texts."""
        for name in dict.fromkeys(rule.policy for rule in self.run.rules if rule.find is not None):
            self.report_check(name, passed=not any(violation.rule.policy == name for violation in found))

    def stop_at(self, found: Sequence[Violation], sections: OptionalSections | None = None) -> None:
        """Report violations, errors and the brand's own rules first; raise `StageFailure` for the first kind.

        In strict mode the first violation ends the run with `RunError`.
        """
        ordered = sorted(
            found,
            key=lambda violation: (violation.rule.severity, violation.rule.policy == "advertising_claims"),
        )
        for violation in ordered:
            self.report_violation(violation)
            if self.run.request.strict_mode:
                raise RunError(f"Strict mode: {described(violation)} {_STRICT_ADVICE}")
        if not ordered:
            return
        failure = failures.classify(ordered[0].rule.policy)
        same = [found for found in ordered if failures.classify(found.rule.policy) is failure]
        raise StageFailure(Finding(failure, described(same[0]), violations=tuple(same), sections=sections))

    def report_violation(self, violation: Violation) -> None:
        """Emit a violation once, however often the stage is repeated."""
        rule = violation.rule
        key = (rule.source, violation.location, violation.found)
        if key in self._reported:
            return
        self._reported.add(key)
        self.emit(
            events.PolicyViolation(
                stage_id=self.stage.id,
                reason=rule.reason,
                severity=rule.severity,
                policy=rule.policy,
                violation_type=failures.classify(rule.policy).pattern,
                pattern=rule.pattern,
                location=violation.where,
            )
        )
        self.run.ledger.violations.append(
            {
                "stage": self.stage.id,
                "policy": rule.policy,
                "rule": rule.source,
                "pattern": rule.pattern,
                "location": violation.where,
                "reason": rule.reason,
                "severity": rule.severity,
            }
        )

    def check_drift(self, text: str, *, of: str) -> None:
        """Measure and emit the drift of ``text``, which ``of`` names; raise `StageFailure` if it is too
        far."""
        found = drift.measure(text, self.run.anchors)
        self.run.ledger.drifts[self.stage.id] = found.score
        self.emit(
            events.DriftDetected(
                stage_id=self.stage.id,
                drift_score=found.score,
                threshold=drift.THRESHOLD,
                aligned=found.aligned,
            )
        )
        if not found.aligned and not self.order.accepts_drift:
            error = _drift_described(of, found, self.run.facts.tone)
            strict = self.run.request.strict_mode
            failure = failures.DRIFT_IN_STRICT_MODE if strict else failures.DRIFT_OVER_THRESHOLD
            raise StageFailure(Finding(failure, error, marks=found.marks))
        if self.order.brand_words:
            self._warn(
                "brand_words",
                f"{of} does not sound like the brand, even in plainer words. "
                "The texts therefore use the brand's own words in place of it.",
            )
        elif found.aligned and not self.stage.after:
            amount = f"{percent(found.score)} drift, at most {percent(drift.THRESHOLD)} is allowed"
            self.log(f"{of} sounds like the brand ({amount}).")
        if not found.aligned:
            self._warn(
                "drift",
                f"{of} still does not sound like the brand: {percent(found.score)} drift, at most "
                f"{percent(drift.THRESHOLD)} is allowed. Read the result before you use it.",
            )

    def _warn(self, code: str, message: str) -> None:
        """Emit a warning about the run's result once, however often the stage is repeated."""
        if code not in self._warned:
            self._warned.add(code)
            self.emit(events.RunWarning(stage_id=self.stage.id, code=code, message=message))

    # --- recovery ---

    def report_failure(self, finding: Finding) -> None:
        """Emit a failure, its entry in the catalog, and the suggested actions."""
        failure = finding.failure
        self.emit(
            events.FailureDetected(stage_id=self.stage.id, error=finding.error, pattern=failure.pattern)
        )
        self.emit(
            events.FailureClassified(
                code=failure.code,
                category=failure.category,
                violation_count=finding.count,
                severity=failure.severity,
            )
        )
        suggested = recovery.suggestions(finding, self.recovery_context)
        self.emit(
            events.RecoverySuggestion(failure_code=failure.code, suggestions=suggested, auto_apply=True)
        )

    def start_recovery(self, steps: Iterable[tuple[str, str]]) -> None:
        """Emit the start of each step, given as ``(action, description)``."""
        for action, what in steps:
            self.emit(events.RecoveryStarted(stage_id=self.stage.id, action=action))
            self.log(sentence(what), "warning")
            self._recovering.append((action, what))

    def finish_recovery(self, *, success: bool = True) -> None:
        """Emit the end of the started recovery steps."""
        if self._recovering and success:
            self.log(f"{self.stage.name} was repeated with this change, and it passes now.")
        for action, what in self._recovering:
            self.emit(events.RecoveryCompleted(stage_id=self.stage.id, action=action, success=success))
            self.run.ledger.recoveries.append(
                {"stage": self.stage.id, "recovery": f"{action}: {what}", "success": success}
            )
        self._recovering.clear()

    # --- artifacts ---

    @property
    def limit(self) -> int:
        """The most tokens that the stage may write, by its share of the budget and its agent's limit."""
        most = self.agent.strategy.limits.tokens
        return most if self.allotted is None else min(most, max(0, self.allotted - self.paid))

    async def publish(
        self, drafts: Sequence[Draft], begin: float, end: float, *, streamed: bool = False
    ) -> None:
        """Emit artifacts chunk by chunk, between two shares of the stage's time.

        With ``streamed`` their text was emitted while it was written, and they are only closed.
        """
        async with self._unlimited():  # those have time limits of their own, which pauses prolong
            for other in self.before:
                await other.published.wait()
        if streamed:
            self._flush()
        begin = min(end, max(begin, self._pacer.done))
        cuts = [() if streamed else chunks.cut(draft.content, draft.type) for draft in drafts]
        total = sum(chunk.weight for cut in cuts for chunk in cut) or 1.0
        weighed = 0.0
        for draft, cut in zip(drafts, cuts, strict=True):
            where = {"stage_id": self.stage.id, "artifact_name": draft.name, "artifact_type": draft.type}
            if not streamed:
                self.emit(events.ArtifactStarted(**where))
            offset = 0
            for chunk in cut:
                self.emit(events.ArtifactDelta(**where, offset=offset, text=chunk.text))
                offset += len(chunk.text)
                weighed += chunk.weight
                await self.pace_to(begin + (end - begin) * weighed / total)
            digest = hashlib.sha256(draft.content.encode()).hexdigest()
            self.emit(events.ArtifactCreated(**where, content=draft.content, sha256=digest))
            name = file_name(draft.name, draft.type)
            self.run.artifacts[name] = draft.content
            self.run.drafts[name] = self.published_drafts[name] = draft
            self.run.ledger.engines[name] = self.writer.engine
            self._report_sources(draft, where)
        self.published.set()
        file_names = typography.listed([file_name(draft.name, draft.type) for draft in drafts])
        self.log(f"{typography.capital(self.writer.engine)} wrote {file_names}.", "debug")

    def _report_sources(self, draft: Draft, where: Mapping[str, str]) -> None:
        """Record the sources of a draft's sentences, and emit them for a page or Markdown text."""
        by_model = self.writer is not self.run.rule_engine
        written = dict(self.run.sentences.written)
        sources = recorded(
            self.run.sentences, draft, self.stage.id, self._traced, self.facts, by_model=by_model
        )
        changed = self.run.sentences.written.items() - written.items()
        self.sentences |= dict(changed)
        if sources:
            self.emit(events.ArtifactSources(**where, sources=sources))

    @property
    def writer(self) -> TextWriter:
        """The writer of the stage's texts, by its current order."""
        model = self.run.model
        may = self.stage.by_model and self.agent.may_use("language_model")
        if model is not None and self.order.by_model and may:
            return model
        return self.run.rule_engine

    def stream(self, name: str, kind: str, text: str) -> None:
        """Emit more text of an artifact that is being written, once the earlier stages have published."""
        self._held.append((name, kind, text))
        if all(other.published.is_set() for other in self.before):
            self._flush()

    def _flush(self) -> None:
        for name, kind, text in self._held:
            self._emit_delta(name, kind, text)
        self._held.clear()

    def _emit_delta(self, name: str, kind: str, text: str) -> None:
        where = {"stage_id": self.stage.id, "artifact_name": name, "artifact_type": kind}
        offset = self._streamed.get((name, kind), 0)
        if not offset:
            self.emit(events.ArtifactStarted(**where))
        self.emit(events.ArtifactDelta(**where, offset=offset, text=text))
        self._streamed[name, kind] = offset + len(text)

    def reset_stream(self) -> None:
        """Start the streamed artifacts again from their first character."""
        self._streamed.clear()
        self._held.clear()

    def _rewritten(self) -> Facts:
        facts = self.run.facts
        if self.order.task is not None:
            facts = self.run.gather(self.run.request.model_copy(update={"task": self.order.task}))
        return with_texts(facts, self.order.rewrites)

    def _account(self, status: str) -> float:
        duration = round((self.run.clock() - self._started) * 1000, 3)
        self.run.spent += self.tokens
        self.run.left_out += len(self.order.left_out)
        ledger = self.run.ledger
        ledger.costs[self.stage.id] = {"tokens": self.tokens, "latency_ms": duration, "status": status}
        ledger.trace.append(
            {
                "stage": self.stage.id,
                "status": status,
                "latency_ms": duration,
                "agent_used": self.agent.id,
                "tokens_used": self.tokens,
                "attempts": self.order.attempt,
            }
        )
        return duration


_STRICT_ADVICE: Final = "Change that text or the rule, or run without strict mode, which rewords such a text."
_NO_REASON: Final = ForbiddenClaim.model_fields["reason"].default


def described(violation: Violation) -> str:
    """A violation as a sentence."""
    rule, where = violation.rule, typography.capital(place(violation.location))
    reason = "" if rule.reason == _NO_REASON else f": {rule.reason.rstrip('.')}"
    return f"{where} says “{violation.found}”, which {place(rule.source)} does not allow{reason}."


def with_texts(facts: Facts, texts: Mapping[str, str]) -> Facts:
    """``facts`` with other texts at those of the locations that it has."""
    for location, text in texts.items():
        if location in facts.texts:
            facts = facts.with_text(location, text)
    return facts


_MOST_NAMED: Final = 5


def _drift_described(of: str, found: DriftMeasurement, tone: Tone) -> str:
    """Why a text drifts, in a sentence."""
    reasons = []
    words = tuple(dict.fromkeys(mark.found for mark in found.marks))
    if words:
        listed = typography.listed([f"“{word}”" for word in words[:_MOST_NAMED]])
        reasons.append(f"it has words and signs that do not fit a {tone} tone ({listed})")
    if found.repeated:
        listed = typography.listed([f"“{text}”" for text in found.repeated[:_MOST_NAMED]])
        reasons.append(f"it repeats wording that the brand avoids ({listed})")
    if found.missing:
        have = "none" if found.missing == 1 else f"only {percent(1 - found.missing)}"
        reasons.append(f"it has {have} of the brand's own terms")
    amount = f"{percent(found.score)} drift, at most {percent(drift.THRESHOLD)} is allowed"
    return f"{of} does not sound like the brand ({amount}): {typography.listed(reasons)}."

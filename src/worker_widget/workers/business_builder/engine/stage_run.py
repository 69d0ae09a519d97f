"""One stage of a run under way: what it may use and spend, its checks, and the telling of it.

This is where the effects are: events go out, and the pace is kept. What is said is computed elsewhere.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from .... import events
from ....events import Payload
from ....events.file_names import file_name
from ....host.worker import RunError
from ..brief.facts import QUOTED_AS_GIVEN, Facts
from ..policy import drift
from ..policy.rules import Violation, check
from ..writing.draft import Draft
from ..writing.pen import Pen
from ..writing.writer import Level, Writer
from . import chunks, failures, plan, recovery
from .agents import Agent
from .failures import Finding, Scope, StageFailure
from .pacing import Pacer
from .plan import STAGES, Stage
from .recovery import Order, Situation
from .routing import Decision
from .run_context import Conductor


@dataclass
class Telling:
    """A stage. ``order`` is how it is to be done now; recovery changes it, and the stage is done again.

    ``allotted`` is what the stage may write, in tokens. ``paid`` are the tokens of a writer that costs them,
    whatever came of it, ``counted`` those of what the rules wrote and was kept. ``before`` are stages of the
    same wave that show their artifacts first, so that artifacts come one after another and in the order of
    the plan.
    """

    run: Conductor
    stage: Stage
    order: Order
    allotted: int | None
    before: Sequence[Telling] = ()
    paid: int = 0
    counted: int = 0
    shown: asyncio.Event = field(default_factory=asyncio.Event)
    fallbacks: list[Agent] = field(default_factory=list)
    _recovering: list[tuple[str, str]] = field(default_factory=list)
    _told: set[tuple[str, str, str]] = field(default_factory=set)
    _sent: dict[tuple[str, str], int] = field(default_factory=dict)
    _held: list[tuple[str, str, str]] = field(default_factory=list)
    _material: tuple[Order, Facts] | None = None
    _pacer: Pacer = field(default_factory=lambda: Pacer(0))
    _started: float = 0.0

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
    def again(self) -> bool:
        """Whether the stage is being done once more."""
        return self.order.attempt > 1

    @property
    def facts(self) -> Facts:
        """What the stage may use: the run's facts with what the order replaces in it."""
        if self._material is None or self._material[0] is not self.order:
            self._material = (self.order, self._rewritten())
        return self._material[1]

    @property
    def time_limit_s(self) -> float:
        """What the request says, else the plan's limit besides the time to watch."""
        run = self.run
        if run.request.stage_timeout is not None:
            return run.request.stage_timeout
        limit_s = plan.time_limit_s(self.stage, by_model=self.order.by_model)
        return limit_s + run.pace_s * self.stage.pace_share

    @property
    def situation(self) -> Situation:
        return Situation(
            self.order, self.facts, self.run.rules, self.fallbacks, rereads=self.stage.id == "preflight"
        )

    def pen(self, facts: Facts | None = None) -> Pen:
        """A fresh pen, for one document."""
        approach = self.agent.strategy.how.approach
        return Pen(facts or self.facts, self.run.rules, self.run.seed, approach=approach)

    def say(self, data: Payload) -> None:
        self.run.emit(data)

    def log(self, message: str, level: Level = "info", *, agent: str | None = None) -> None:
        told_by = agent or self.agent.id
        self.say(events.Log(stage_id=self.stage.id, agent=told_by, message=message, level=level))

    def check(self, policy_name: str, passed: bool) -> None:
        self.say(events.PolicyCheck(stage_id=self.stage.id, policy=policy_name, passed=passed))

    async def at(self, done: float) -> None:
        """The stage's work is ``done`` (0 to 1); waits for the clock where the run is paced."""
        await self._pacer.reach(done)

    def unpace(self) -> None:
        self._pacer = Pacer(0)

    # --- the stage's beginning and end ---

    def begin(self) -> None:
        """Tell the start of the stage and who takes it."""
        self._started = time.perf_counter()
        self._pacer = Pacer(self.run.pace_s * self.stage.pace_share)
        self.say(
            events.StageStarted(
                stage_id=self.stage.id, stage_index=STAGES.index(self.stage), total_stages=len(STAGES)
            )
        )
        self.tell_routing("care")
        decision = self.decision
        runner_up = next(iter(decision.alternatives), None)
        before = f", before {runner_up['agent']} ({runner_up['reason']})" if runner_up else ""
        score = decision.ranked[0].score
        self.log(
            f"CARE: success is {decision.metric}; {self.agent.id} with {score:.2f}{before}; {decision.mode}",
            "debug",
        )
        if self.stage.by_model and self.writer is not self.run.model:
            why = self.run.tools["language_model"] or "it was given up in preflight"
            self.log(f"Capability gate: the rules write, no language model ({why})", "debug")

    def tell_routing(self, source: str) -> None:
        decision = self.decision
        alternatives = [other for other in decision.alternatives if other["agent"] != self.agent.id]
        self.say(
            events.RoutingDecision(
                stage_id=self.stage.id,
                selected_agent=self.agent.id,
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
                "complexity": decision.complexity,
                "confidence": decision.confidence,
                "alternatives": alternatives,
                "routing_source": source,
                "success_metric": decision.metric,
                "orchestration_mode": decision.mode,
            }
        )

    def complete(self) -> None:
        duration = self._account("completed")
        self.say(events.StageCompleted(stage_id=self.stage.id, duration_ms=duration, tokens_used=self.tokens))

    def fail(self, error: str) -> None:
        self._account("failed")
        self.say(events.StageFailed(stage_id=self.stage.id, error=error))

    # --- checks ---

    async def check_inputs(self) -> None:
        """Check the texts that the stage may quote, before it does."""
        found = await self.violations(self.facts.texts)
        self.check("inputs", passed=not found)
        self.refuse(found)

    async def violations(self, texts: Mapping[str, str]) -> list[Violation]:
        """Where texts, by their location, break a rule; disclosures are quoted as given.

        Lets others run after each text: a brand can be long and its patterns slow.
        """
        found: list[Violation] = []
        for location, text in texts.items():
            if not location.startswith(QUOTED_AS_GIVEN):
                found += check(text, self.run.rules, location)
                await asyncio.sleep(0)
        return found

    def tell_checks(self, found: Sequence[Violation]) -> None:
        """One check for each policy that looks for something."""
        for name in dict.fromkeys(rule.policy for rule in self.run.rules if rule.find is not None):
            self.check(name, passed=not any(violation.rule.policy == name for violation in found))

    def refuse(self, found: Sequence[Violation], scope: Scope | None = None) -> None:
        """Tell violations, the gravest first, and stop the stage for the first kind of them.

        In strict mode the first violation ends the run.
        """
        ordered = sorted(found, key=lambda violation: violation.rule.severity)
        for violation in ordered:
            self.tell_violation(violation)
            if self.run.request.strict_mode:
                raise RunError(f"Strict mode: {described(violation)}")
        if not ordered:
            return
        failure = failures.classify(ordered[0].rule.policy)
        same = [found for found in ordered if failures.classify(found.rule.policy) is failure]
        raise StageFailure(Finding(failure, described(same[0]), violations=tuple(same), scope=scope))

    def tell_violation(self, violation: Violation) -> None:
        """Each violation once, however often the stage is done again."""
        rule = violation.rule
        key = (rule.source, violation.location, violation.found)
        if key in self._told:
            return
        self._told.add(key)
        self.say(
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

    def measure_drift(self, text: str, *, of: str) -> None:
        """Tell how far ``text`` is from the brand, and stop where it is too far; ``of`` says what it is."""
        found = drift.measure(text, self.run.anchors)
        self.run.ledger.drifts[self.stage.id] = found.score
        self.say(
            events.DriftDetected(
                stage_id=self.stage.id,
                drift_score=found.score,
                threshold=drift.THRESHOLD,
                aligned=found.aligned,
            )
        )
        if not found.aligned:
            error = (
                f"{of} is away from the brand's voice: drift {found.score:.2f}, {drift.THRESHOLD} allowed "
                f"({found.missing:.0%} of its terms missing, register {found.register:.2f}, offending "
                f"{found.offending:.2f})."
            )
            self.log(error, "warning")
            raise StageFailure(Finding(failures.DRIFT_OVER_THRESHOLD, error, marks=found.marks))

    # --- recovery ---

    def tell_failure(self, finding: Finding) -> None:
        """A failure, what the catalog calls it, and what is suggested against it."""
        failure = finding.failure
        self.say(events.FailureDetected(stage_id=self.stage.id, error=finding.error, pattern=failure.pattern))
        self.say(
            events.FailureClassified(
                code=failure.code,
                category=failure.category,
                violation_count=finding.count,
                severity=failure.severity,
            )
        )
        suggested = recovery.suggestions(finding, self.situation)
        self.say(events.RecoverySuggestion(failure_code=failure.code, suggestions=suggested, auto_apply=True))

    def start_recovery(self, steps: Iterable[tuple[str, str]]) -> None:
        """Tell what is done about a failure, as ``(action, what it changes)``; `settle` tells how it went."""
        for action, what in steps:
            self.say(events.RecoveryStarted(stage_id=self.stage.id, action=action))
            self.log(f"{action}: {what}", "warning")
            self._recovering.append((action, what))

    def settle(self, *, success: bool = True) -> None:
        """Tell that what recovery was about is over: mended, or not."""
        for action, what in self._recovering:
            self.say(events.RecoveryCompleted(stage_id=self.stage.id, action=action, success=success))
            self.run.ledger.recoveries.append(
                {"stage": self.stage.id, "recovery": f"{action}: {what}", "success": success}
            )
        self._recovering.clear()

    # --- artifacts ---

    @property
    def limit(self) -> int:
        """The most tokens the stage may write: what is left of its budget, and what its agent may."""
        most = self.agent.strategy.systems.tokens
        return most if self.allotted is None else min(most, max(0, self.allotted - self.paid))

    async def show(self, drafts: Sequence[Draft], begin: float, end: float, *, told: bool = False) -> None:
        """Tell artifacts piece by piece, from ``begin`` to ``end`` of the stage's time.

        Those that were ``told`` while they were written are only closed.
        """
        for other in self.before:
            await other.shown.wait()
        if told:
            self._release()
        begin = min(end, max(begin, self._pacer.done))
        cuts = [() if told else chunks.cut(draft.content, draft.type) for draft in drafts]
        total = sum(piece.weight for cut in cuts for piece in cut) or 1.0
        weighed = 0.0
        for draft, cut in zip(drafts, cuts, strict=True):
            where = {"stage_id": self.stage.id, "artifact_name": draft.name, "artifact_type": draft.type}
            if not told:
                self.say(events.ArtifactStarted(**where))
            offset = 0
            for piece in cut:
                self.say(events.ArtifactDelta(**where, offset=offset, text=piece.text))
                offset += len(piece.text)
                weighed += piece.weight
                await self.at(begin + (end - begin) * weighed / total)
            digest = hashlib.sha256(draft.content.encode()).hexdigest()
            self.say(events.ArtifactCreated(**where, content=draft.content, sha256=digest))
            name = file_name(draft.name, draft.type)
            self.run.artifacts[name] = draft.content
            self.run.drafts[name] = draft
            self.run.ledger.engines[name] = self.writer.engine
        self.shown.set()
        names = " and ".join(file_name(draft.name, draft.type) for draft in drafts)
        self.log(f"{names}: written by {self.writer.engine}", "debug")

    @property
    def writer(self) -> Writer:
        """Who writes the stage's texts now."""
        model = self.run.model
        may = self.stage.by_model and self.agent.may_use("language_model")
        if model is not None and self.order.by_model and may:
            return model
        return self.run.rule_engine

    def tell_more(self, name: str, kind: str, text: str) -> None:
        """Show more text of an artifact while it is being written, as soon as it is its turn."""
        self._held.append((name, kind, text))
        if all(other.shown.is_set() for other in self.before):
            self._release()

    def _release(self) -> None:
        """Show what was held back until it was its turn."""
        for name, kind, text in self._held:
            self._show_more(name, kind, text)
        self._held.clear()

    def _show_more(self, name: str, kind: str, text: str) -> None:
        where = {"stage_id": self.stage.id, "artifact_name": name, "artifact_type": kind}
        offset = self._sent.get((name, kind), 0)
        if not offset:
            self.say(events.ArtifactStarted(**where))
        self.say(events.ArtifactDelta(**where, offset=offset, text=text))
        self._sent[name, kind] = offset + len(text)

    def begin_anew(self) -> None:
        """Artifacts that were told while they were written begin from their start again."""
        self._sent.clear()
        self._held.clear()

    def _rewritten(self) -> Facts:
        known = self.run.facts
        if self.order.task is not None:
            known = self.run.gather(self.run.request.model_copy(update={"task": self.order.task}))
        return with_texts(known, self.order.rewrites)

    def _account(self, status: str) -> float:
        duration = round((time.perf_counter() - self._started) * 1000, 3)
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


def described(violation: Violation) -> str:
    rule, place = violation.rule, violation.location
    if violation.end:
        place += f", characters {violation.start + 1} to {violation.end},"
    return f"{place} says “{violation.found}”, which {rule.source} does not allow: {rule.reason}."


def with_texts(facts: Facts, texts: Mapping[str, str]) -> Facts:
    """``facts`` with other texts at the locations that it has."""
    for location, text in texts.items():
        if location in facts.texts:
            facts = facts.with_text(location, text)
    return facts

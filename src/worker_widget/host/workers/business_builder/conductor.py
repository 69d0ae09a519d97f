"""One run under way: what has been written, spent and repaired so far, and the telling of it.

This is where the effects are: events go out, and the pace is kept. What is said is computed elsewhere.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from .... import events
from ....events import Payload
from ....run.artifacts import file_name
from ...models import RunRequest
from ...worker import Emit, RunError, RunResult
from . import drift, failures, pieces, plan, policy, recovery, routing
from .drift import Anchors
from .failures import Failure
from .look import Look
from .material import QUOTED_AS_GIVEN, Material
from .pacing import Pacer
from .plan import STAGES, Stage
from .policy import Rule, Violation
from .recovery import DoesNotFit, Fitted
from .seed import Seed
from .voice import Pen
from .writing.draft import Draft
from .writing.landing import LandingCopy

Level = Literal["debug", "info", "warning", "error"]
Writing = Callable[[frozenset[str]], Sequence[Draft]]


@dataclass
class Ledger:
    """What a run leaves besides its artifacts, as the run response has it."""

    trace: list[dict[str, Any]] = field(default_factory=list)
    costs: dict[str, dict[str, Any]] = field(default_factory=dict)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    drifts: dict[str, float] = field(default_factory=dict)
    violations: list[dict[str, Any]] = field(default_factory=list)
    recoveries: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Conductor:
    """A run. ``material`` changes when recovery rewrites a text; the rest of the inputs stays.

    ``metric`` is the success metric of its routing, ``left_out`` how many sections a budget cost.
    """

    request: RunRequest
    emit: Emit
    pacer: Pacer
    seed: Seed
    material: Material
    rules: tuple[Rule, ...]
    look: Look
    budget: int | None
    ledger: Ledger = field(default_factory=Ledger)
    artifacts: dict[str, str] = field(default_factory=dict)
    drafts: dict[str, Draft] = field(default_factory=dict)
    copy: LandingCopy | None = None
    left_out: int = 0
    spent: int = 0

    @property
    def metric(self) -> routing.Success:
        return routing.success_metric(self.request)

    @property
    def anchors(self) -> Anchors:
        return drift.anchors(self.request.brand, self.material.tone, self.material.statements)

    @property
    def brand_rules(self) -> int:
        return sum(rule.policy != "advertising" for rule in self.rules)

    def pen(self) -> Pen:
        """A fresh pen, for one document."""
        return Pen(self.material, self.rules, self.seed)

    def result(self) -> RunResult:
        ledger = self.ledger
        return RunResult(
            artifacts=dict(self.artifacts),
            replay_token={
                "plan_id": plan.plan_id(),
                "seed": self.seed.number,
                "version": plan.ENGINE_VERSION,
                "stages": [stage.id for stage in STAGES],
            },
            cost_report={
                "total_tokens": self.spent,
                "budget": self.budget,
                "under_budget": self.budget is None or self.spent <= self.budget,
                "stages": dict(ledger.costs),
                "policy_violations": len(ledger.violations),
                "recoveries": len(ledger.recoveries),
            },
            total_tokens=self.spent,
            policy_violations=tuple(ledger.violations),
            recovery_log=tuple(ledger.recoveries),
            drift_metrics=dict(ledger.drifts),
            execution_trace=tuple(ledger.trace),
            routing_decisions=tuple(ledger.decisions),
        )


@dataclass
class Telling:
    """One stage of a run under way: its agent speaks here."""

    run: Conductor
    stage: Stage
    index: int
    agent: str = ""
    tokens: int = 0
    _started: float = 0.0

    def say(self, data: Payload) -> None:
        self.run.emit(data)

    def log(self, message: str, level: Level = "info") -> None:
        self.say(events.Log(stage_id=self.stage.id, agent=self.agent, message=message, level=level))

    async def at(self, done: float) -> None:
        """The stage's work is ``done`` (0 to 1); waits for the clock where the run is paced."""
        await self.run.pacer.reach(done)

    def begin(self) -> None:
        """Tell the start of the stage and who takes it."""
        self._started = time.perf_counter()
        self.run.pacer.begin(self.stage.pace_share)
        self.say(
            events.StageStarted(stage_id=self.stage.id, stage_index=self.index, total_stages=len(STAGES))
        )
        demand = routing.complexity(self.stage, self.run.material.brief, self.run.brand_rules)
        decision = routing.decide(self.stage, self.run.metric, demand)
        self.agent = decision.agent
        told = events.RoutingDecision(
            stage_id=self.stage.id,
            selected_agent=decision.agent,
            complexity=decision.complexity,
            confidence=decision.confidence,
            alternatives=list(decision.alternatives),
            routing_source="care",
        )
        self.say(told)
        self.run.ledger.decisions.append(
            {
                "stage_id": self.stage.id,
                "selected_agent": decision.agent,
                "complexity": decision.complexity,
                "confidence": decision.confidence,
                "alternatives": list(decision.alternatives),
                "routing_source": "care",
            }
        )

    def complete(self) -> None:
        duration = self._account("completed")
        self.say(events.StageCompleted(stage_id=self.stage.id, duration_ms=duration, tokens_used=self.tokens))

    def fail(self, error: str) -> None:
        self._account("failed")
        self.say(events.StageFailed(stage_id=self.stage.id, error=error))

    def _account(self, status: str) -> float:
        duration = round((time.perf_counter() - self._started) * 1000, 3)
        ledger = self.run.ledger
        ledger.costs[self.stage.id] = {"tokens": self.tokens, "latency_ms": duration, "status": status}
        ledger.trace.append(
            {
                "stage": self.stage.id,
                "status": status,
                "latency_ms": duration,
                "agent_used": self.agent,
                "tokens_used": self.tokens,
            }
        )
        return duration

    def measure_drift(self, text: str, *, of: str) -> None:
        """Tell how far ``text`` is from the brand; ``of`` says in words what it is."""
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
            self.log(
                f"{of} is away from the brand's voice: {found.missing:.0%} of its terms missing, register "
                f"{found.register:.2f}, offending {found.offending:.2f}",
                "warning",
            )

    def check_drafts(self, drafts: Sequence[Draft]) -> None:
        """Check finished texts against every rule; what still breaks one here cannot be repaired."""
        given = set(self.run.material.all(QUOTED_AS_GIVEN))
        found = [
            violation
            for draft in drafts
            for text in draft.prose
            if text not in given
            for violation in policy.check(text, self.run.rules, file_name(draft.name, draft.type))
        ]
        self.tell_checks(found)
        for violation in found:
            self.tell_violation(violation)
        if found:
            rule = found[0].rule
            raise RunError(
                f"{found[0].location} cannot be written without breaking {rule.source} ({rule.reason}). "
                "Loosen that rule, or change the texts of the brand it applies to."
            )

    def tell_checks(self, found: Sequence[Violation]) -> None:
        """One check for each policy that looks for something."""
        names = dict.fromkeys(rule.policy for rule in self.run.rules if rule.find is not None)
        for name in names:
            passed = not any(violation.rule.policy == name for violation in found)
            self.say(events.PolicyCheck(stage_id=self.stage.id, policy=name, passed=passed))

    def tell_violation(self, violation: Violation) -> None:
        rule = violation.rule
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

    def tell_failure(
        self, failure: Failure, error: str, count: int, suggestions: list[dict[str, Any]]
    ) -> None:
        """A failure, what the catalog calls it, and what is suggested against it."""
        self.say(events.FailureDetected(stage_id=self.stage.id, error=error, pattern=failure.pattern))
        self.say(
            events.FailureClassified(
                code=failure.code, category=failure.category, violation_count=count, severity=failure.severity
            )
        )
        self.say(
            events.RecoverySuggestion(failure_code=failure.code, suggestions=suggestions, auto_apply=True)
        )

    def start_recovery(self, action: str) -> None:
        self.say(events.RecoveryStarted(stage_id=self.stage.id, action=action))

    def end_recovery(self, action: str, what: str, *, success: bool) -> None:
        """The end of a recovery; ``what`` says what it changed."""
        self.say(events.RecoveryCompleted(stage_id=self.stage.id, action=action, success=success))
        self.run.ledger.recoveries.append({"stage": self.stage.id, "recovery": f"{action}: {what}"})

    async def write(self, compose: Writing, optional: Sequence[str]) -> Sequence[Draft]:
        """Compose the stage's texts within its allotment, leaving out optional sections where it must."""
        run = self.run
        allotted = plan.allotment(self.stage, run.budget, run.spent)
        drafts = compose(frozenset())
        size = _size(drafts)
        if allotted is not None and size > allotted:
            drafts = await self._reduce(compose, optional, size, allotted)
        self.tokens += _size(drafts)
        run.spent += _size(drafts)
        self.check_drafts(drafts)
        if allotted is not None:
            self.say(
                events.PolicyCheck(
                    stage_id=self.stage.id, policy="token_budget", passed=self.tokens <= allotted
                )
            )
            self.log(
                f"{self.tokens} of {allotted} allotted tokens written; {run.spent} of {run.budget} in all",
                "debug",
            )
        return drafts

    async def _reduce(
        self, compose: Writing, optional: Sequence[str], size: int, allotted: int
    ) -> Sequence[Draft]:
        run = self.run
        error = (
            f"{self.stage.name} needs {size} tokens and may write {allotted} of the budget of {run.budget}"
        )
        self.say(events.PolicyCheck(stage_id=self.stage.id, policy="token_budget", passed=False))
        hint = f"leave out: {', '.join(optional)}, in this order, until it fits"
        suggestion = {
            "violation_type": failures.BUDGET_EXCEEDED.pattern,
            "location": self.stage.id,
            "action": "reduce_scope",
            "priority": 1,
            "replacement_hint": hint,
        }
        self.tell_failure(failures.BUDGET_EXCEEDED, error, 1, [suggestion])
        self.start_recovery("reduce_scope")
        await self.at(0.08)
        try:
            fitted: Fitted[Sequence[Draft]] = recovery.reduce_scope(compose, _size, optional, allotted)
        except DoesNotFit as problem:
            self.end_recovery(
                "reduce_scope", f"{self.stage.id} needs at least {problem.size} tokens", success=False
            )
            raise RunError(
                f"The token budget of {run.budget} is too small: {self.stage.name} may write {allotted} "
                f"tokens and needs {problem.size} at least. Raise the budget or shorten the brand's texts."
            ) from None
        run.left_out += len(fitted.left_out)
        what = f"{self.stage.id} without {', '.join(fitted.left_out)}; {size} tokens became {fitted.size}"
        self.end_recovery("reduce_scope", what, success=True)
        self.log(f"Left out to stay within the budget: {', '.join(fitted.left_out)}", "warning")
        return fitted.result

    async def show(self, drafts: Sequence[Draft], begin: float, end: float) -> None:
        """Tell artifacts piece by piece, from ``begin`` to ``end`` of the stage's time."""
        cuts = [pieces.cut(draft.content, draft.type) for draft in drafts]
        total = sum(piece.weight for cut in cuts for piece in cut) or 1.0
        told = 0.0
        for draft, cut in zip(drafts, cuts, strict=True):
            where = {"stage_id": self.stage.id, "artifact_name": draft.name, "artifact_type": draft.type}
            self.say(events.ArtifactStarted(**where))
            offset = 0
            for piece in cut:
                self.say(events.ArtifactDelta(**where, offset=offset, text=piece.text))
                offset += len(piece.text)
                told += piece.weight
                await self.at(begin + (end - begin) * told / total)
            digest = hashlib.sha256(draft.content.encode()).hexdigest()
            self.say(events.ArtifactCreated(**where, content=draft.content, sha256=digest))
            name = file_name(draft.name, draft.type)
            self.run.artifacts[name] = draft.content
            self.run.drafts[name] = draft


def _size(drafts: Sequence[Draft]) -> int:
    return sum(draft.tokens for draft in drafts)

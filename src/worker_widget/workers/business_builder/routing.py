"""CARE routing: which agent takes a stage, in five steps.

1. *Aspiration.* What success means for the request: risk in strict mode, else cost with a budget, latency for
   a shallow run, accuracy for a deep one, and otherwise all of them in balance.
2. *Domain.* Only agents whose strategy plays in the stage are candidates; every stage has two or more.
3. *Fit of the strategy.* Each candidate gets a score; one that does not write in the tone is out.
4. *Capability gate.* A candidate that may not use a tool of the stage is out, and so is every candidate where
   a tool does not answer its probe (see `probes`). Where a language model is to word the stage, a candidate
   that may not use one is out too. Without one the rules write, and the stage says why.
5. *Orchestration.* How the stage runs: ``parallel`` beside the others of its wave; ``reviewed``, where the
   runner-up reads what was written, with a complexity of 0.6 or more or where success is risk; else
   ``sequential``. Where success is risk nothing runs side by side.

Complexity, 0 to 1:   0.35 stage weight + 0.20 min(1, words of the task / 60)
                      + 0.25 min(1, constraints in the brief / 6) + 0.20 min(1, rules of the brand / 12)

An agent's score:     0.35 share of the needed capabilities it has + 0.35 its strength on the metric
                      + 0.15 (1 at home in the tone, else 0.5) + 0.15 (1 - |complexity - its comfort|)

Confidence is 0.5 plus the margin between the first two that are not out, at most 1; with one alone it is 1.
Equal scores go by name. Limits: strengths are stated in the strategies, not learned from runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from ...events.request_models import Tone, ValidatedRequest
from .agents import AGENTS, Agent
from .brief import Brief
from .plan import STAGES, Stage, waves

Success = Literal["cost", "latency", "accuracy", "risk", "balanced"]
Mode = Literal["sequential", "parallel", "reviewed"]

REVIEW_FROM: Final = 0.6


@dataclass(frozen=True)
class Candidate:
    """An agent that plays in the stage; ``out`` says why it cannot take it, if so."""

    agent: Agent
    score: float
    out: str | None = None


@dataclass(frozen=True)
class Decision:
    """A stage, its agent, and the other candidates, the next best first."""

    stage_id: str
    metric: Success
    complexity: float
    confidence: float
    mode: Mode
    ranked: tuple[Candidate, ...]
    alternatives: tuple[dict[str, Any], ...]

    @property
    def agent(self) -> Agent:
        return self.ranked[0].agent

    @property
    def fallbacks(self) -> tuple[Agent, ...]:
        """Who could take the stage instead, in order."""
        return tuple(candidate.agent for candidate in self.ranked[1:] if candidate.out is None)


class NobodyCan(Exception):
    """No candidate passes the gate; the text says what is missing."""


def success_metric(request: ValidatedRequest) -> Success:
    """What success means for this request."""
    if request.strict_mode:
        return "risk"
    if request.budget is not None or (request.brand is not None and request.brand.budget_tokens is not None):
        return "cost"
    by_depth: dict[str, Success] = {"shallow": "latency", "deep": "accuracy"}
    return by_depth.get(request.depth, "balanced")


def complexity(stage: Stage, brief: Brief, brand_rules: int) -> float:
    """How demanding a stage is for this brief, 0 to 1."""
    words = min(1.0, len(brief.task.split()) / 60)
    constraints = min(1.0, brief.constraints / 6)
    rules = min(1.0, brand_rules / 12)
    return round(0.35 * stage.weight + 0.20 * words + 0.25 * constraints + 0.20 * rules, 4)


def decide(
    stage: Stage,
    metric: Success,
    tone: Tone,
    demand: float,
    tools: Mapping[str, str | None],
    agents: Sequence[Agent] = AGENTS,
    *,
    by_model: bool = False,
) -> Decision:
    """The agent for ``stage``, whose complexity is ``demand``; ``tools`` are what the probes said.

    ``by_model`` says that a language model is to write. Raises `NobodyCan`.
    """
    writer = ("language_model",) if by_model and stage.by_model else ()
    candidates = [
        Candidate(agent, score(agent, stage, metric, tone, demand), _out(agent, stage, tone, tools, writer))
        for agent in agents
        if stage.id in agent.strategy.where.stages
    ]
    ranked = sorted(candidates, key=lambda found: (found.out is not None, -found.score, found.agent.id))
    best, *others = ranked
    if best.out is not None:
        raise NobodyCan(f"No agent can take {stage.name}: {best.agent.id} {best.out}.")
    margin = next((best.score - other.score for other in others if other.out is None), 0.5)
    return Decision(
        stage_id=stage.id,
        metric=metric,
        complexity=demand,
        confidence=round(min(1.0, 0.5 + margin), 4),
        mode=mode(stage, metric, demand),
        ranked=tuple(ranked),
        alternatives=tuple(
            {
                "agent": other.agent.id,
                "score": other.score,
                "reason": other.out or _reason(other.agent, best.agent, stage, metric, tone, demand),
            }
            for other in others
        ),
    )


def score(agent: Agent, stage: Stage, metric: Success, tone: Tone, demand: float) -> float:
    covered = len(agent.strategy.capabilities & set(stage.needs)) / len(stage.needs)
    at_home = 1.0 if tone in agent.strategy.where.home else 0.5
    fitting = 1 - abs(demand - agent.strategy.how.comfort)
    return round(0.35 * covered + 0.35 * _strength(agent, metric) + 0.15 * at_home + 0.15 * fitting, 4)


def mode(stage: Stage, metric: Success, demand: float) -> Mode:
    beside = next(len(wave) for wave in waves(STAGES) if stage in wave)
    if metric != "risk" and beside > 1:
        return "parallel"
    return "reviewed" if stage.writes and (metric == "risk" or demand >= REVIEW_FROM) else "sequential"


def _out(
    agent: Agent, stage: Stage, tone: Tone, tools: Mapping[str, str | None], writer: Sequence[str]
) -> str | None:
    """Why the gate stops ``agent``, if it does; ``writer`` are tools that it has to be allowed at least."""
    if tone not in agent.strategy.where.tones:
        return f"does not write in a {tone} tone"
    for tool in (*stage.tools, *writer):
        said = tool.replace("_", " ")
        if not agent.may_use(tool):
            return f"may not use {said}"
        if tool in stage.tools and tools.get(tool) is not None:
            return f"needs {said}: {tools[tool]}"
    return None


def _strength(agent: Agent, metric: Success) -> float:
    strengths = agent.strategy.how.strengths
    return sum(strengths.values()) / len(strengths) if metric == "balanced" else strengths[metric]


def _reason(agent: Agent, winner: Agent, stage: Stage, metric: Success, tone: Tone, demand: float) -> str:
    """Why ``agent`` lost: the part of its score that cost it most."""
    missing = [
        need.replace("_", " ")
        for need in stage.needs
        if need not in agent.strategy.capabilities and need in winner.strategy.capabilities
    ]
    said = "the balance of metrics" if metric == "balanced" else metric
    home = {who.id: tone in who.strategy.where.home for who in (agent, winner)}
    away = {who.id: abs(demand - who.strategy.how.comfort) for who in (agent, winner)}
    gaps = (
        (0.35 * len(missing) / len(stage.needs), f"lacks {' and '.join(missing)}"),
        (0.35 * (_strength(winner, metric) - _strength(agent, metric)), f"weaker on {said}"),
        (0.075 * (home[winner.id] - home[agent.id]), f"not at home in a {tone} tone"),
        (0.15 * (away[agent.id] - away[winner.id]), "made for another complexity"),
    )
    cost, reason = max(gaps)
    return reason if cost > 0 else "as good, and later by name"

"""CARE routing: which agent takes a stage, computed from the request and the agents' strategies.

The success metric comes from the request: risk in strict mode, else cost with a budget, latency for a
shallow run, accuracy for a deep one, and otherwise all of them in balance.

Complexity, 0 to 1:   0.35 stage weight + 0.20 min(1, words of the task / 60)
                      + 0.25 min(1, constraints in the brief / 6) + 0.20 min(1, rules of the brand / 12)

An agent's score:     0.60 share of the needed capabilities it has + 0.25 its emphasis on the metric
                      + 0.15 (1 - |complexity - the complexity it is made for|)

Confidence is 0.5 plus the margin between the first two scores, at most 1. Only agents whose strategy plays
in the stage are candidates; every stage has at least two. Equal scores go by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ...models import RunRequest
from .agents import AGENTS, Agent, Metric
from .brief import Brief
from .plan import Stage

Success = Literal["cost", "latency", "accuracy", "risk", "balanced"]


@dataclass(frozen=True)
class Decision:
    """A stage, its agent, and why the others lost: each alternative is ``{agent, score, reason}``."""

    stage_id: str
    agent: str
    complexity: float
    confidence: float
    alternatives: tuple[dict[str, Any], ...]


def success_metric(request: RunRequest) -> Success:
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


def decide(stage: Stage, metric: Success, demand: float, agents: Sequence[Agent] = AGENTS) -> Decision:
    """The agent for ``stage``, whose complexity is ``demand``."""
    candidates = [agent for agent in agents if stage.id in agent.plays_in]
    ranked = sorted(
        ((score(agent, stage, metric, demand), agent.id, agent) for agent in candidates), key=_rank
    )
    best_score, _, best = ranked[0]
    alternatives = tuple(
        {"agent": agent.id, "score": points, "reason": _reason(agent, best, stage, metric)}
        for points, _, agent in ranked[1:]
    )
    margin = best_score - ranked[1][0] if len(ranked) > 1 else 0.5
    return Decision(stage.id, best.id, demand, round(min(1.0, 0.5 + margin), 4), alternatives)


def score(agent: Agent, stage: Stage, metric: Success, demand: float) -> float:
    covered = len(agent.capabilities & set(stage.needs)) / len(stage.needs)
    return round(
        0.60 * covered + 0.25 * _strength(agent, metric) + 0.15 * (1 - abs(demand - agent.comfort)), 4
    )


def _rank(entry: tuple[float, str, Agent]) -> tuple[float, str]:
    return -entry[0], entry[1]


def _strength(agent: Agent, metric: Success) -> float:
    if metric == "balanced":
        return sum(agent.emphasis.values()) / len(agent.emphasis)
    chosen: Metric = metric
    return agent.emphasis[chosen]


def _reason(agent: Agent, winner: Agent, stage: Stage, metric: Success) -> str:
    """Why ``agent`` lost, by what weighed most."""
    missing = [need.replace("_", " ") for need in stage.needs if need not in agent.capabilities]
    if missing and len(missing) > sum(need not in winner.capabilities for need in stage.needs):
        return f"lacks {' and '.join(missing)}"
    if _strength(agent, metric) < _strength(winner, metric):
        return f"weaker on {'the balance of metrics' if metric == 'balanced' else metric}"
    return "made for another complexity"

"""CARE routing (M17): chooses the agent of a stage in five steps.

1. *Aspiration.* The success metric of the request: risk in strict mode, else cost with a budget, latency for
   a shallow run, accuracy for a deep run, and otherwise all of them in balance.
2. *Domain.* Only agents whose scope includes the stage are candidates; every stage has two or more.
3. *Fit of the strategy.* Each candidate gets a score; a candidate that does not write in the tone is
   excluded.
4. *Capability gate.* A candidate that may not use a tool of the stage is excluded. Where a language model
   words the stage, so is a candidate that may not use one. Without a model the rule engine writes.
5. *Orchestration.* The mode of the stage: ``parallel`` with the other stages of its wave; ``reviewed`` by the
   second-best agent, with a complexity of 0.6 or more or where the metric is risk; else ``sequential``. Where
   the metric is risk, no stages run in parallel.

Complexity, 0 to 1:   0.35 stage weight + 0.20 min(1, words of the task / 60)
                      + 0.25 min(1, constraints in the brief / 6) + 0.20 min(1, rules of the brand / 12)

An agent's score:     0.35 share of the needed capabilities it has + 0.35 its strength on the metric
                      + 0.15 (1 if it specialises in the tone, else 0.5)
                      + 0.15 (1 - |complexity - its comfort|)

Confidence is 0.5 plus the margin between the two best candidates, at most 1; with a single candidate it is 1.
Equal scores are ordered by name. Limits: strengths are stated in the strategies, not learned from runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal, NamedTuple

from ....events.request_models import Tone, ValidatedRequest
from ..brief.brief import Brief
from ..language import typography
from .agents import AGENTS, Agent
from .plan import STAGES, PlannedStage, waves
from .prose import percent

Success = Literal["cost", "latency", "accuracy", "risk", "balanced"]
Mode = Literal["sequential", "parallel", "reviewed"]

REVIEW_FROM: Final = 0.6

METRICS: Final[Mapping[Success, str]] = {
    "cost": "low cost",
    "latency": "speed",
    "accuracy": "accuracy",
    "risk": "low risk",
    "balanced": "cost, speed, accuracy and risk equally",
}
"""The success metrics in words."""


@dataclass(frozen=True)
class Candidate:
    """An agent whose scope includes the stage; ``excluded`` is the reason why it cannot take it, if so."""

    agent: Agent
    score: float
    excluded: str | None = None


@dataclass(frozen=True)
class Decision:
    """The candidates for a stage, the chosen agent first, then the next best.

    ``reason`` is a sentence: why that agent was chosen. An alternative is ``{agent, score, reason}``.
    """

    stage_id: str
    metric: Success
    complexity: float
    confidence: float
    mode: Mode
    ranked: tuple[Candidate, ...]
    reason: str
    alternatives: tuple[dict[str, Any], ...]

    @property
    def agent(self) -> Agent:
        return self.ranked[0].agent

    @property
    def fallbacks(self) -> tuple[Agent, ...]:
        """The agents that could take the stage instead, in order."""
        return tuple(candidate.agent for candidate in self.ranked[1:] if candidate.excluded is None)


class NoAgentAvailable(Exception):
    """No candidate passes the gate; the text says why."""


def success_metric(request: ValidatedRequest) -> Success:
    if request.strict_mode:
        return "risk"
    if request.budget is not None or (request.brand is not None and request.brand.budget_tokens is not None):
        return "cost"
    by_depth: dict[str, Success] = {"shallow": "latency", "deep": "accuracy"}
    return by_depth.get(request.depth, "balanced")


def complexity(stage: PlannedStage, brief: Brief, brand_rules: int) -> float:
    """The complexity of a stage for this brief, 0 to 1."""
    words = min(1.0, len(brief.task.split()) / 60)
    constraints = min(1.0, brief.constraints / 6)
    rules = min(1.0, brand_rules / 12)
    return round(0.35 * stage.weight + 0.20 * words + 0.25 * constraints + 0.20 * rules, 4)


def decide(
    stage: PlannedStage,
    metric: Success,
    tone: Tone,
    demand: float,
    agents: Sequence[Agent] = AGENTS,
    *,
    by_model: bool = False,
) -> Decision:
    """The agent for ``stage``, whose complexity is ``demand``.

    ``by_model`` says that a language model is to write. Raises `NoAgentAvailable`.
    """
    tools = (*stage.tools, "language_model") if by_model and stage.by_model else stage.tools
    candidates = [
        Candidate(agent, score(agent, stage, metric, tone, demand), _exclusion(agent, tone, tools))
        for agent in agents
        if stage.id in agent.strategy.scope.stages
    ]
    ranked = sorted(candidates, key=lambda found: (found.excluded is not None, -found.score, found.agent.id))
    if not ranked:
        raise NoAgentAvailable(f"No agent can take {stage.name}.")
    best, *others = ranked
    if best.excluded is not None:
        raise NoAgentAvailable(
            f"No agent can take {stage.name}. The closest is the {best.agent.name} agent: {best.excluded}"
        )
    second = next((other for other in others if other.excluded is None), None)
    margin = 0.5 if second is None else best.score - second.score
    compared = partial(_gap, stage=stage, metric=metric, tone=tone, demand=demand)
    return Decision(
        stage_id=stage.id,
        metric=metric,
        complexity=demand,
        confidence=round(min(1.0, 0.5 + margin), 4),
        mode=mode(stage, metric, demand),
        ranked=tuple(ranked),
        reason=_lead(best, second, compared),
        alternatives=tuple(
            {
                "agent": other.agent.id,
                "score": other.score,
                "reason": other.excluded or compared(other.agent, best.agent).lost,
            }
            for other in others
        ),
    )


def score(agent: Agent, stage: PlannedStage, metric: Success, tone: Tone, demand: float) -> float:
    covered = len(agent.strategy.capabilities & set(stage.needs)) / len(stage.needs)
    at_home = 1.0 if tone in agent.strategy.scope.home else 0.5
    fitting = 1 - abs(demand - agent.strategy.approach.comfort)
    return round(0.35 * covered + 0.35 * _strength(agent, metric) + 0.15 * at_home + 0.15 * fitting, 4)


def mode(stage: PlannedStage, metric: Success, demand: float) -> Mode:
    in_wave = next(len(wave) for wave in waves(STAGES) if stage in wave)
    if metric != "risk" and in_wave > 1:
        return "parallel"
    return "reviewed" if stage.writes and (metric == "risk" or demand >= REVIEW_FROM) else "sequential"


def _exclusion(agent: Agent, tone: Tone, tools: Sequence[str]) -> str | None:
    """A sentence: why the gate excludes ``agent`` from a stage that needs ``tools``, if it does."""
    if tone not in agent.strategy.scope.tones:
        return f"It does not write in a {tone} tone."
    missing = next((tool for tool in tools if not agent.may_use(tool)), None)
    return f"It may not use {_TOOLS.get(missing, missing.replace('_', ' '))}." if missing else None


def _strength(agent: Agent, metric: Success) -> float:
    strengths = agent.strategy.approach.strengths
    return sum(strengths.values()) / len(strengths) if metric == "balanced" else strengths[metric]


class _Gap(NamedTuple):
    """The part of the score in which two agents differ most, as a sentence about the one behind and a
    clause about the one ahead; the clause is empty for two that are equal."""

    lost: str
    won: str


def _gap(
    behind: Agent, ahead: Agent, *, stage: PlannedStage, metric: Success, tone: Tone, demand: float
) -> _Gap:
    """Why ``behind`` has a lower score than ``ahead``."""
    missing = [
        need
        for need in stage.needs
        if need not in behind.strategy.capabilities and need in ahead.strategy.capabilities
    ]
    cannot = typography.listed([_CAPABILITIES[need] for need in missing] or [""], "or")
    can = typography.listed([_CAPABILITIES[need] for need in missing] or [""])
    measured = "the four success measures together" if metric == "balanced" else METRICS[metric]
    weak, strong = _strength(behind, metric), _strength(ahead, metric)
    home = {each.id: tone in each.strategy.scope.home for each in (behind, ahead)}
    distance = {each.id: abs(demand - each.strategy.approach.comfort) for each in (behind, ahead)}
    simpler = "simpler" if behind.strategy.approach.comfort < demand else "more complex"
    gaps = (
        (
            0.35 * len(missing) / len(stage.needs),
            f"It cannot {cannot}, which this stage needs.",
            f"it can {can}, which that agent cannot",
        ),
        (
            0.35 * (strong - weak),
            f"It is weaker on {measured} ({percent(weak)} against {percent(strong)}).",
            f"it is stronger on {measured}",
        ),
        (
            0.075 * (home[ahead.id] - home[behind.id]),
            f"It does not specialise in a {tone} tone.",
            f"it specialises in a {tone} tone",
        ),
        (
            0.15 * (distance[behind.id] - distance[ahead.id]),
            f"It is made for {simpler} work than this stage.",
            "it is made for work as complex as this stage",
        ),
    )
    cost, lost, won = max(gaps)
    if cost > 0:
        return _Gap(lost, won)
    return _Gap("It has the same score and comes later by name.", "")


def _lead(best: Candidate, second: Candidate | None, compared: Callable[[Agent, Agent], _Gap]) -> str:
    """Why ``best`` was chosen."""
    if second is None:
        return "No other agent can take this stage."
    won = compared(second.agent, best.agent).won
    if not won or best.score == second.score:
        return f"It has the same score as the {second.agent.name} agent and comes first by name."
    return f"It scores higher than the {second.agent.name} agent because {won}."


_CAPABILITIES: Final = {
    "read_brief": "read briefs",
    "check_policy": "check policies",
    "list_unknowns": "list open questions",
    "position": "position an offer",
    "weigh_messages": "weigh messages",
    "write": "write copy",
    "hold_tone": "keep the tone",
    "lay_out": "lay out a page",
    "compute_contrast": "compute contrast",
    "compare_texts": "compare texts",
    "repair": "repair texts",
    "normalize": "normalise files",
    "package": "package files",
    "account": "account for costs",
}
"""The capabilities in words."""

_TOOLS: Final = {
    "content": "the library of texts",
    "policy_rules": "the policy rules",
    "style_sheets": "the style sheets",
    "contrast": "the contrast checker",
    "page_reader": "the page reader",
    "archive": "the archive",
    "language_model": "a language model",
}
"""The tools in words."""

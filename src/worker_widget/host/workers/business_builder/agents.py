"""The agents and the strategy that binds each: what it is for, where it plays, and what it can do.

In this engine an agent decides nothing else than what its strategy says: it may take the stages it plays
in, with the capabilities it has. `routing` chooses among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Metric = Literal["cost", "latency", "accuracy", "risk"]


@dataclass(frozen=True)
class Agent:
    """One agent.

    ``aspiration`` is what it is for, ``plays_in`` the stages it may take, ``emphasis`` what it is strong on
    (0 to 1 for each success metric), ``comfort`` the complexity (0 to 1) it is made for.
    """

    id: str
    aspiration: str
    plays_in: frozenset[str]
    capabilities: frozenset[str]
    emphasis: Mapping[Metric, float]
    comfort: float


def _agent(
    name: str,
    aspiration: str,
    plays_in: str,
    capabilities: str,
    emphasis: tuple[float, float, float, float],
    comfort: float,
) -> Agent:
    metrics: tuple[Metric, ...] = ("cost", "latency", "accuracy", "risk")
    strengths = dict(zip(metrics, emphasis, strict=True))
    return Agent(
        name, aspiration, frozenset(plays_in.split()), frozenset(capabilities.split()), strengths, comfort
    )


AGENTS: Final = (
    _agent("validator_agent", "Nothing unchecked goes in", "preflight consistency bundle",
           "read_brief check_policy compare_texts account", (0.8, 0.9, 0.6, 0.8), 0.3),
    _agent("researcher_agent", "Know what is not known", "research strategy",
           "read_brief list_unknowns weigh_messages", (0.5, 0.5, 0.9, 0.6), 0.5),
    _agent("strategist_agent", "One clear position", "research strategy copy consistency",
           "read_brief position weigh_messages hold_tone compare_texts", (0.5, 0.4, 0.9, 0.7), 0.6),
    _agent("copywriter_agent", "Words that sound like the brand", "strategy copy ux",
           "write hold_tone weigh_messages lay_out", (0.6, 0.6, 0.8, 0.5), 0.6),
    _agent("ux_agent", "A page anyone can read", "copy ux",
           "lay_out compute_contrast write", (0.6, 0.6, 0.8, 0.7), 0.6),
    _agent("recovery_agent", "Leave it better than found", "consistency recovery",
           "repair normalize check_policy", (0.6, 0.7, 0.7, 0.9), 0.4),
    _agent("governor_agent", "Every run accounted for", "preflight recovery bundle",
           "package account check_policy normalize", (0.9, 0.7, 0.6, 0.9), 0.3),
)  # fmt: skip

"""The agents, and the strategy that limits each.

``aspiration``    its purpose
``scope``         the stages it may take, the tones it may write in, and those it specialises in
``approach``      how its texts begin, its strength on each metric, and the complexity it is made for
``capabilities``  what it can do
``limits``        the tools it may use, and the most tokens it may write in a stage

An agent takes no stage and writes in no tone that its strategy does not name, uses no other tool, and writes
no more tokens. `routing` chooses among the agents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from ....events.request_models import Tone
from ..language.word_lists import word_set
from ..writing.landing_copy import Approach

Metric = Literal["cost", "latency", "accuracy", "risk"]

_ALL_TONES: Final[frozenset[Tone]] = frozenset(get_args(Tone))


@dataclass(frozen=True)
class AgentScope:
    """``home`` are the tones that the agent specialises in."""

    stages: frozenset[str]
    tones: frozenset[Tone]
    home: frozenset[Tone]


@dataclass(frozen=True)
class AgentApproach:
    """``strengths`` has 0 to 1 for each success metric; ``comfort`` is a complexity, 0 to 1."""

    approach: Approach
    strengths: Mapping[Metric, float]
    comfort: float


@dataclass(frozen=True)
class AgentLimits:
    tools: frozenset[str]
    tokens: int


@dataclass(frozen=True)
class AgentStrategy:
    aspiration: str
    scope: AgentScope
    approach: AgentApproach
    capabilities: frozenset[str]
    limits: AgentLimits


@dataclass(frozen=True)
class Agent:
    id: str
    strategy: AgentStrategy

    @property
    def name(self) -> str:
        """The name for people: "Copywriter", "UX"."""
        word = self.id.removesuffix("_agent")
        return word.upper() if len(word) == 2 else word.capitalize()

    def may_use(self, tool: str) -> bool:
        return tool in self.strategy.limits.tools


def _agent(
    name: str,
    aspiration: str,
    stages: str,
    capabilities: str,
    tools: str,
    *,
    tokens: int,
    approach: Approach = "plain",
    strengths: tuple[float, float, float, float],
    comfort: float,
    home: frozenset[Tone] = _ALL_TONES,
    never: frozenset[Tone] = frozenset(),
) -> Agent:
    """``strengths`` are on cost, latency, accuracy and risk; ``never`` are tones it does not write in."""
    metrics: tuple[Metric, ...] = ("cost", "latency", "accuracy", "risk")
    return Agent(
        name,
        AgentStrategy(
            aspiration,
            AgentScope(word_set(stages), _ALL_TONES - never, home - never),
            AgentApproach(approach, dict(zip(metrics, strengths, strict=True)), comfort),
            word_set(capabilities),
            AgentLimits(word_set(tools), tokens),
        ),
    )


AGENTS: Final = (
    _agent("validator_agent", "Nothing unchecked goes in",
           "preflight ux consistency bundle",
           "read_brief check_policy compare_texts compute_contrast account",
           "policy_rules content style_sheets contrast page_reader archive",
           tokens=1_500, strengths=(0.8, 0.9, 0.6, 0.8), comfort=0.3),
    _agent("researcher_agent", "Know what is not known",
           "research strategy", "read_brief list_unknowns weigh_messages",
           "content language_model",
           tokens=3_000, strengths=(0.5, 0.5, 0.9, 0.6), comfort=0.5),
    _agent("strategist_agent", "One clear position",
           "research strategy copy consistency", "read_brief position weigh_messages hold_tone compare_texts",
           "content page_reader language_model",
           tokens=2_500, strengths=(0.9, 0.5, 0.6, 0.9), comfort=0.6,
           home=frozenset({"formal", "professional"})),
    _agent("copywriter_agent", "Words that sound like the brand",
           "strategy copy ux", "write hold_tone weigh_messages lay_out",
           "content style_sheets language_model",
           tokens=3_500, approach="story", strengths=(0.3, 0.4, 0.9, 0.3), comfort=0.6,
           never=frozenset({"formal"})),
    _agent("ux_agent", "A page anyone can read",
           "copy ux", "lay_out compute_contrast write",
           "content style_sheets contrast",
           tokens=2_500, strengths=(0.6, 0.6, 0.8, 0.7), comfort=0.6),
    _agent("recovery_agent", "Leave it better than found",
           "consistency recovery", "repair normalize check_policy",
           "policy_rules page_reader",
           tokens=1_500, strengths=(0.6, 0.7, 0.7, 0.9), comfort=0.4),
    _agent("governor_agent", "Every run accounted for",
           "preflight recovery bundle", "package account check_policy normalize",
           "policy_rules content archive",
           tokens=1_500, strengths=(0.9, 0.7, 0.6, 0.9), comfort=0.3),
)  # fmt: skip

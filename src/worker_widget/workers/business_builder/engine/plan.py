"""The plan of a run: its stages in governance order, who takes each, and what that binds it to.

A plan is data: it is made before anything is written, it can be printed, and the replay token holds it. Its
id is a hash of it, so that two runs with the same id were to do the same things in the same way.

The eight stages stand in governance order. *Safety* comes first: nothing is written from a text that breaks
a rule. The *operational* stages write. *Routing* stages read what was written and send it to its repair. The
*custom* one hands over. A stage begins when those it comes ``after`` are done; stages that wait for the same
ones form a wave and may run side by side.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from ..policy.rules import Governance

ENGINE_VERSION: Final = "4"
"""Goes up whenever the same request would give other bytes, or ask a language model something else."""


@dataclass(frozen=True)
class Stage:
    """One stage.

    ``needs`` are the capabilities an agent should have for it, ``tools`` those without which it cannot be
    done, ``writes`` its artifacts, ``weight`` (0 to 1) its own part of the complexity, ``token_share`` and
    ``pace_share`` its parts of a budget and of the time to watch, ``time_limit_s`` how long it may take
    besides being paced. ``by_model`` says that a language model may word its texts; in the others there is
    nothing to word.
    """

    id: str
    name: str
    governance: Governance
    after: tuple[str, ...]
    needs: tuple[str, ...]
    tools: tuple[str, ...]
    writes: tuple[str, ...]
    weight: float
    token_share: float
    pace_share: float
    time_limit_s: float = 60.0
    by_model: bool = False


STAGES: Final = (
    Stage("preflight", "Preflight Validation", "safety", (), ("read_brief", "check_policy"),
          ("policy_rules", "content"), (), 0.2, 0.0, 0.06),
    Stage("research", "Market Research", "operational", ("preflight",), ("read_brief", "list_unknowns"),
          ("content",), ("market_report.json",), 0.5, 0.18, 0.15, by_model=True),
    Stage("strategy", "Strategy Synthesis", "operational", ("preflight",), ("position", "weigh_messages"),
          ("content",), ("positioning.md", "messaging.json"), 0.7, 0.20, 0.30, by_model=True),
    Stage("copy", "Copy Generation", "operational", ("research", "strategy"),
          ("write", "hold_tone", "weigh_messages"), ("content",), ("landing_copy.json",),
          0.8, 0.36, 0.13, by_model=True),
    Stage("ux", "UX Layout", "operational", ("copy",), ("lay_out", "compute_contrast"), ("style_sheets",),
          ("landing.html",), 0.7, 0.01, 0.33),
    Stage("consistency", "Consistency Check", "routing", ("ux",), ("check_policy", "compare_texts"),
          ("page_reader",), ("brand_guidelines.md",), 0.4, 0.15, 0.08),
    Stage("recovery", "Recovery & Normalization", "routing", ("consistency",), ("repair", "normalize"),
          ("policy_rules",), (), 0.3, 0.0, 0.045),
    Stage("bundle", "Final Packaging", "custom", ("recovery",), ("package", "account"), ("archive",),
          ("launch_plan.md", "manifest.json"), 0.2, 0.10, 0.055),
)  # fmt: skip


MODEL_TIME_LIMIT_S: Final = 240.0
"""How long a stage may take where a language model words it: one on a small machine is slow."""


def time_limit_s(stage: Stage, *, by_model: bool) -> float:
    """How long a stage may take besides being paced, in seconds."""
    return MODEL_TIME_LIMIT_S if by_model and stage.by_model else stage.time_limit_s


@dataclass(frozen=True)
class PlannedStage:
    """A stage with who takes it, how, and within which bounds; ``tokens`` is ``None`` without a bound.

    ``writer`` is who words its texts, "rules" or "model".
    """

    stage: Stage
    agent: str
    approach: str
    mode: str
    writer: str
    tokens: int | None
    time_limit_s: float


@dataclass(frozen=True)
class Plan:
    """``metric`` is what the run's routing takes for success, ``budget`` is in tokens."""

    metric: str
    tone: str
    budget: int | None
    stages: tuple[PlannedStage, ...]

    @property
    def id(self) -> str:
        said = json.dumps([ENGINE_VERSION, self.data()], sort_keys=True)
        return "plan-" + hashlib.sha256(said.encode()).hexdigest()[:16]

    def data(self) -> dict[str, Any]:
        """The plan as JSON values."""
        return {
            "metric": self.metric,
            "tone": self.tone,
            "budget": self.budget,
            "stages": [_stage_data(planned) for planned in self.stages],
        }

    def __str__(self) -> str:
        """The plan as a table.

        A line is a stage: governance, stage, what it comes after, agent, mode, tokens, what it writes.
        """
        header = ("governance", "stage", "after", "agent", "mode", "tokens", "writes")
        rows = [
            (
                planned.stage.governance,
                planned.stage.id,
                ", ".join(planned.stage.after) or "-",
                planned.agent,
                planned.mode,
                "-" if planned.tokens is None else str(planned.tokens),
                ", ".join(planned.stage.writes) or "-",
            )
            for planned in self.stages
        ]
        widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in (header, *rows)
        ]
        return "\n".join(lines)


def waves(stages: Sequence[Stage] = STAGES) -> tuple[tuple[Stage, ...], ...]:
    """The stages in the order of their running; those of one wave may run side by side."""
    found: list[tuple[Stage, ...]] = []
    done: set[str] = set()
    left = list(stages)
    while left:
        ready = tuple(stage for stage in left if done.issuperset(stage.after))
        if not ready:
            raise ValueError(f"Stages that wait for each other: {', '.join(stage.id for stage in left)}")
        found.append(ready)
        done.update(stage.id for stage in ready)
        left = [stage for stage in left if stage not in ready]
    return tuple(found)


def allotments(
    wave: Sequence[Stage], budget: int | None, spent: int, stages: Sequence[Stage] = STAGES
) -> Mapping[str, int | None]:
    """The tokens each stage of a wave may write: its share, among the stages to come, of what is left.

    Taken at the start of the wave, so that it does not matter which of its stages is done first.
    """
    if budget is None:
        return {stage.id: None for stage in wave}
    ahead = sum(stage.token_share for stage in stages[stages.index(wave[0]) :])
    left = max(0, budget - spent)
    return {stage.id: int(left * stage.token_share / ahead) if ahead else left for stage in wave}


def _stage_data(planned: PlannedStage) -> dict[str, Any]:
    said = asdict(planned)
    stage = said.pop("stage")
    return {name: stage[name] for name in ("id", "governance", "after", "needs", "tools", "writes")} | said

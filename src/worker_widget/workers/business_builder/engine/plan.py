"""The plan of a run: its stages in governance order, each with its agent and limits.

A plan is data, made before anything is written. It can be printed, and the replay token contains it. Its id
is a hash of it: two runs with the same id have the same plan.

The order of governance: *safety* comes first, so that nothing is written from a text that breaks a rule;
*operational* stages write; *routing* stages check the texts and repair them; the *custom* stage hands over. A
stage starts when the stages in ``after`` are done. Stages that wait for the same ones form a wave and may run
in parallel.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from ..policy.rules import Governance

ENGINE_VERSION: Final = "6"
"""Raised whenever the same request gives other bytes, or sends another request to a language model."""


@dataclass(frozen=True)
class PlannedStage:
    """A stage.

    ``needs`` are the capabilities that its agent should have, ``tools`` those that it must be allowed to use,
    ``writes`` its artifacts, ``weight`` (0 to 1) its part of the complexity, ``token_share`` and
               ``pace_share`` its shares of the budget and of the pace, ``time_limit_s`` its time limit
               without the pace. ``by_model`` says that a language model may word its texts.
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
    PlannedStage(
        "preflight", "Preflight Validation", "safety", (), ("read_brief", "check_policy"),
        ("policy_rules", "content"), (), 0.2, 0.0, 0.06,
    ),
    PlannedStage(
        "research", "Market Research", "operational", ("preflight",), ("read_brief", "list_unknowns"),
        ("content",), ("market_report.json",), 0.5, 0.18, 0.15, by_model=True,
    ),
    PlannedStage(
        "strategy", "Strategy Synthesis", "operational", ("preflight",), ("position", "weigh_messages"),
        ("content",), ("positioning.md", "messaging.json"), 0.7, 0.20, 0.30, by_model=True,
    ),
    PlannedStage(
        "copy", "Copy Generation", "operational", ("research", "strategy"),
        ("write", "hold_tone", "weigh_messages"), ("content",), ("landing_copy.json",),
        0.8, 0.36, 0.13, by_model=True,
    ),
    PlannedStage(
        "ux", "UX Layout", "operational", ("copy",), ("lay_out", "compute_contrast"), ("style_sheets",),
        ("landing.html",), 0.7, 0.01, 0.33,
    ),
    PlannedStage(
        "consistency", "Consistency Check", "routing", ("ux",), ("check_policy", "compare_texts"),
        ("page_reader",), ("brand_guidelines.md",), 0.4, 0.15, 0.08,
    ),
    PlannedStage(
        "recovery", "Recovery & Normalization", "routing", ("consistency",), ("repair", "normalize"),
        ("policy_rules",), (), 0.3, 0.0, 0.045,
    ),
    PlannedStage(
        "bundle", "Final Packaging", "custom", ("recovery",), ("package", "account"), ("archive",),
        ("launch_plan.md", "manifest.json"), 0.2, 0.10, 0.055,
    ),
)  # fmt: skip


MODEL_TIME_LIMIT_S: Final = 240.0
"""The time limit of a stage that a language model words; a model on a small machine is slow."""


def time_limit_s(stage: PlannedStage, *, by_model: bool) -> float:
    """The time limit of a stage without its pace, in seconds."""
    return MODEL_TIME_LIMIT_S if by_model and stage.by_model else stage.time_limit_s


@dataclass(frozen=True)
class StageAssignment:
    """A stage with its agent and limits; ``tokens`` is ``None`` without a limit.

    ``writer`` is "rules" or "model".
    """

    stage: PlannedStage
    agent: str
    approach: str
    mode: str
    writer: str
    tokens: int | None
    time_limit_s: float


@dataclass(frozen=True)
class Plan:
    """``metric`` is the success metric of the routing; ``budget`` is in tokens."""

    metric: str
    tone: str
    budget: int | None
    stages: tuple[StageAssignment, ...]

    @property
    def id(self) -> str:
        content = json.dumps([ENGINE_VERSION, self.data()], sort_keys=True)
        return "plan-" + hashlib.sha256(content.encode()).hexdigest()[:16]

    def data(self) -> dict[str, Any]:
        """The plan as JSON values."""
        return {
            "metric": self.metric,
            "tone": self.tone,
            "budget": self.budget,
            "stages": [_stage_data(planned) for planned in self.stages],
        }

    def __str__(self) -> str:
        """The plan as a table with a line for each stage."""
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


def waves(stages: Sequence[PlannedStage] = STAGES) -> tuple[tuple[PlannedStage, ...], ...]:
    """The stages in the order in which they run; those of a wave may run in parallel."""
    found: list[tuple[PlannedStage, ...]] = []
    done: set[str] = set()
    left = list(stages)
    while left:
        ready = tuple(stage for stage in left if done.issuperset(stage.after))
        if not ready:
            raise ValueError(f"These stages wait for each other: {', '.join(stage.id for stage in left)}")
        found.append(ready)
        done.update(stage.id for stage in ready)
        left = [stage for stage in left if stage not in ready]
    return tuple(found)


def allotments(
    wave: Sequence[PlannedStage], budget: int | None, spent: int, stages: Sequence[PlannedStage] = STAGES
) -> Mapping[str, int | None]:
    """The tokens that each stage of a wave may write: its share, among the remaining stages, of the rest.

    Computed at the start of the wave, so that the order in which its stages finish does not matter.
    """
    if budget is None:
        return {stage.id: None for stage in wave}
    ahead = sum(stage.token_share for stage in stages[stages.index(wave[0]) :])
    left = max(0, budget - spent)
    return {stage.id: int(left * stage.token_share / ahead) if ahead else left for stage in wave}


def _stage_data(planned: StageAssignment) -> dict[str, Any]:
    values = asdict(planned)
    stage = values.pop("stage")
    return {name: stage[name] for name in ("id", "governance", "after", "needs", "tools", "writes")} | values

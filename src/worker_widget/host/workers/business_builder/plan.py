"""The plan of a run: its stages in order, what each needs, may write and how long it is shown.

A plan is data. Its id is a hash of it, so that two engines with the same id did the same things.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from ....run.stages import DISPLAY_NAMES

ENGINE_VERSION: Final = "1"
"""Goes up whenever the same request would give other bytes."""


@dataclass(frozen=True)
class Stage:
    """One stage.

    ``needs`` are the capabilities an agent should have for it, ``weight`` (0 to 1) is its own part of the
    complexity, ``token_share`` and ``pace_share`` are its parts of a budget and of the time to watch.
    """

    id: str
    needs: tuple[str, ...]
    weight: float
    token_share: float
    pace_share: float

    @property
    def name(self) -> str:
        return DISPLAY_NAMES[self.id]


STAGES: Final = (
    Stage("preflight", ("read_brief", "check_policy"), 0.2, 0.0, 0.06),
    Stage("research", ("read_brief", "list_unknowns"), 0.5, 0.18, 0.13),
    Stage("strategy", ("position", "weigh_messages"), 0.7, 0.20, 0.17),
    Stage("copy", ("write", "hold_tone"), 0.8, 0.36, 0.13),
    Stage("ux", ("lay_out", "compute_contrast"), 0.7, 0.01, 0.33),
    Stage("consistency", ("check_policy", "compare_texts"), 0.4, 0.15, 0.08),
    Stage("recovery", ("repair", "normalize"), 0.3, 0.0, 0.045),
    Stage("bundle", ("package", "account"), 0.2, 0.10, 0.055),
)


def plan_id(stages: Sequence[Stage] = STAGES) -> str:
    """A name for exactly these stages and this engine."""
    said = json.dumps([ENGINE_VERSION, [asdict(stage) for stage in stages]], sort_keys=True)
    return "plan-" + hashlib.sha256(said.encode()).hexdigest()[:16]


def allotment(stage: Stage, budget: int | None, spent: int, stages: Sequence[Stage] = STAGES) -> int | None:
    """The tokens a stage may write: its share, among the stages still to come, of what is left."""
    if budget is None:
        return None
    ahead = sum(other.token_share for other in stages[stages.index(stage) :])
    left = max(0, budget - spent)
    return int(left * stage.token_share / ahead) if ahead else left

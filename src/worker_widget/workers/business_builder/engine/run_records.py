"""The records of a run for its run response, besides the artifacts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class SentenceRecord:
    """The source and the stage of a run's sentences by their key.

    ``rewritten`` has the stage that reworded a text, by its location. With ``brand_words`` the brand's words
    took the place of the task.
    """

    written: dict[str, tuple[str, str]] = field(default_factory=dict)
    rewritten: dict[str, str] = field(default_factory=dict)
    brand_words: bool = False


@dataclass
class Ledger:
    """``engines`` maps file names to the engine that wrote them. ``probes`` are the results of the language
    model's probe, in order. ``answers`` identify its answers, for the replay token."""

    trace: list[dict[str, Any]] = field(default_factory=list)
    costs: dict[str, dict[str, Any]] = field(default_factory=dict)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    drifts: dict[str, float] = field(default_factory=dict)
    violations: list[dict[str, Any]] = field(default_factory=list)
    recoveries: list[dict[str, Any]] = field(default_factory=list)
    engines: dict[str, str] = field(default_factory=dict)
    probes: list[str | None] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)

"""What a run leaves besides its artifacts, as the run response has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Ledger:
    trace: list[dict[str, Any]] = field(default_factory=list)
    costs: dict[str, dict[str, Any]] = field(default_factory=dict)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    drifts: dict[str, float] = field(default_factory=dict)
    violations: list[dict[str, Any]] = field(default_factory=list)
    recoveries: list[dict[str, Any]] = field(default_factory=list)
    engines: dict[str, str] = field(default_factory=dict)
    """Who wrote each artifact, by file name."""
    probes: list[str | None] = field(default_factory=list)
    """What the language model's probe said, each time that it was asked."""
    answers: list[dict[str, Any]] = field(default_factory=list)
    """What identifies each answer of the language model, for the replay token."""

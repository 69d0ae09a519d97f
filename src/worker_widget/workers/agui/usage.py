"""The tokens that an agent reports, for each of its models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

UNNAMED = "model"


@dataclass(frozen=True)
class ModelUsage:
    """The tokens of one model; ``None`` where the agent reports none."""

    model: str | None
    provider: str | None
    input_tokens: int | None
    output_tokens: int | None
    total_tokens: int

    def __add__(self, other: ModelUsage) -> ModelUsage:
        return ModelUsage(
            self.model,
            self.provider,
            _sum(self.input_tokens, other.input_tokens),
            _sum(self.output_tokens, other.output_tokens),
            self.total_tokens + other.total_tokens,
        )

    def report(self) -> dict[str, Any]:
        """The entry of the cost report."""
        entry = {
            "model": self.model,
            "provider": self.provider,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "total_tokens": self.total_tokens,
        }
        return {name: value for name, value in entry.items() if value is not None}


def read_usage(usage: Any) -> list[ModelUsage]:
    """The entries of a run's usage that have a count. The total of an entry without one is the sum.

    Reasoning and cached tokens are parts of the other counts, so they are not added.
    """
    entries = usage if isinstance(usage, list) else [usage]
    models: dict[tuple[str | None, str | None], ModelUsage] = {}
    for entry in entries:
        if isinstance(entry, Mapping):
            read = _model_usage(entry)
            if read is not None:
                key = (read.provider, read.model)
                models[key] = models[key] + read if key in models else read
    return list(models.values())


def _model_usage(entry: Mapping[str, Any]) -> ModelUsage | None:
    given, written = _count(entry.get("inputTokens")), _count(entry.get("outputTokens"))
    total = _count(entry.get("totalTokens"))
    total = _sum(given, written) if total is None else total
    if total is None:
        return None
    return ModelUsage(_name(entry.get("model")), _name(entry.get("provider")), given, written, total)


def _count(value: Any) -> int | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    known = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 53
    return value if known else None


def _name(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _sum(first: int | None, second: int | None) -> int | None:
    return second if first is None else first if second is None else first + second

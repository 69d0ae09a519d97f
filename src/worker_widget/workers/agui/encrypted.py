"""What pydantic-ai says about the result of a tool call, in the "encrypted" value that follows it."""

from __future__ import annotations

from typing import Final

from .json_values import read_json

_OUTCOMES: Final = ("failed", "retried", "interrupted", "denied")


def tool_outcome(encrypted: str) -> str | None:
    """The outcome of a tool call that is no success: failed, retried, interrupted or denied."""
    if '"pydantic_ai"' not in encrypted:
        return None
    try:
        value = read_json(encrypted)
    except ValueError:
        return None
    own = value.get("pydantic_ai") if isinstance(value, dict) else None
    if not isinstance(own, dict):
        return None
    outcome = own.get("outcome")
    if outcome in _OUTCOMES:
        return str(outcome)
    return "retried" if own.get("retry") else None

"""Replay tokens: what identifies a run, and whether it came out the same when it was done again.

All sums are SHA-256 in hex. The sum of a request is taken of its canonical JSON: keys sorted, no
spaces, every default written out, without the options that the artifacts do not depend on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ...events.answers import WorkerOption
from ...events.request_models import Outcome, RunRequest
from .options import affecting_options


@dataclass(frozen=True)
class ReplayOf:
    """What a replay is checked against: the run it repeats, its artifacts' sums by file name, and its end.

    ``token`` is the whole replay token, which holds the worker's own part.
    """

    run_id: str
    artifacts: Mapping[str, str]
    outcome: Outcome = "completed"
    token: Mapping[str, Any] = field(default_factory=dict)


def sum_of(text: str) -> str:
    """Of the text's UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def request_hash(request: RunRequest, declared: Sequence[WorkerOption]) -> str:
    """The hash of a request whose options are complete; ``declared`` are the worker's options.

    A brand's audience counts only where the request names it: a worker may treat the default in another way
    than the same audience when it is named.
    """
    content = request.model_dump(mode="json")
    content["options"] = affecting_options(declared, request.options)
    if request.brand is not None and "target_audience" not in request.brand.model_fields_set:
        del content["brand"]["target_audience"]
    return _canonical_hash(content)


def brand_hash(request: RunRequest) -> str:
    """Of the request's brand; without one, of ``null``."""
    return _canonical_hash(None if request.brand is None else request.brand.model_dump(mode="json"))


def token(
    request: RunRequest,
    declared: Sequence[WorkerOption],
    *,
    run_id: str,
    created_at: str,
    stages: Sequence[str],
    total_tokens: int,
    artifacts: Mapping[str, str],
    outcome: Outcome,
    version: str,
    worker: Mapping[str, Any],
) -> dict[str, Any]:
    """The replay token of a finished run: ``version`` is its engine's, ``worker`` the worker's own part of it
    (its plan and seed), ``artifacts`` the sums by file name."""
    return {
        "plan_id": None,
        "seed": None,
        "stages": list(stages),
        **worker,
        "version": version,
        "outcome": outcome,
        "run_id": run_id,
        "request_context_hash": request_hash(request, declared),
        "brand_context_hash": brand_hash(request),
        "created_at": created_at,
        "total_tokens": total_tokens,
        "artifacts": dict(artifacts),
    }


def verdict(
    of: ReplayOf, actual: Mapping[str, str], outcome: Outcome
) -> tuple[bool, list[dict[str, str | None]]]:
    """Whether a replay ended as the run it repeats and with the same artifacts, and each artifact's two sums;
    ``None`` where one side has none."""
    names = sorted(of.artifacts.keys() | actual.keys())
    sums = [{"name": name, "expected": of.artifacts.get(name), "actual": actual.get(name)} for name in names]
    return outcome == of.outcome and dict(of.artifacts) == dict(actual), sums


def _canonical_hash(value: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()

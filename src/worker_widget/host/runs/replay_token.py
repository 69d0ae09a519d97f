"""Replay tokens: they identify a run, and verify that a replay produces the same artifacts.

All hashes are SHA-256 in hex. The hash of a request is that of its canonical JSON: sorted keys, no spaces,
all defaults included, without the options that the artifacts do not depend on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ...events.answers import WorkerOption
from ...events.request_models import RunOutcome, ValidatedRequest
from .options import affecting_options


@dataclass(frozen=True)
class ReplayOf:
    """The run that a replay repeats: its id, the hashes of its artifacts by file name, and its outcome.

    ``token`` is the complete replay token, including the part of the worker.
    """

    run_id: str
    artifacts: Mapping[str, str]
    outcome: RunOutcome = "completed"
    token: Mapping[str, Any] = field(default_factory=dict)


def text_hash(text: str) -> str:
    """The hash of the UTF-8 bytes of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def request_hash(
    request: ValidatedRequest, declared: Sequence[WorkerOption], *, fork_of: tuple[str, str] | None = None
) -> str:
    """The hash of a request whose options are complete; ``declared`` are the worker's options.

    ``fork_of`` is the run whose first stages are taken over, and the stage from which the request is
    executed.

    A brand's audience counts only where the request names it: a worker may treat the default in another way
    than the same audience when it is named.
    """
    content = request.model_dump(mode="json")
    content["options"] = affecting_options(declared, request.options)
    if request.brand is not None and "target_audience" not in request.brand.model_fields_set:
        del content["brand"]["target_audience"]
    if fork_of is not None:
        content["fork_of"] = fork_of
    return _canonical_hash(content)


def brand_hash(request: ValidatedRequest) -> str:
    """The hash of the brand of a request; of ``null`` if it has none."""
    return _canonical_hash(None if request.brand is None else request.brand.model_dump(mode="json"))


def token(
    request: ValidatedRequest,
    declared: Sequence[WorkerOption],
    *,
    run_id: str,
    created_at: str,
    stages: Sequence[str],
    total_tokens: int,
    artifacts: Mapping[str, str],
    outcome: RunOutcome,
    version: str,
    worker: Mapping[str, Any],
    fork_of: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """The replay token of a finished run.

    ``declared`` are the options of the worker, ``version`` is the version of its engine, ``worker`` its own
    part of the token (plan and seed), ``artifacts`` are the hashes by file name, ``fork_of`` as for
    `request_hash`.
    """
    return {
        "plan_id": None,
        "seed": None,
        "stages": list(stages),
        **worker,
        "version": version,
        "outcome": outcome,
        "run_id": run_id,
        "request_context_hash": request_hash(request, declared, fork_of=fork_of),
        "brand_context_hash": brand_hash(request),
        "created_at": created_at,
        "total_tokens": total_tokens,
        "artifacts": dict(artifacts),
    }


def verdict(
    of: ReplayOf, actual: Mapping[str, str], outcome: RunOutcome
) -> tuple[bool, list[dict[str, str | None]]]:
    """Compare a replay with the run that it repeats.

    Returns whether the outcome and the artifacts are equal, and the two hashes of each artifact; a hash is
    ``None`` if one of the runs does not have that artifact.
    """
    names = sorted(of.artifacts.keys() | actual.keys())
    hashes = [
        {"name": name, "expected": of.artifacts.get(name), "actual": actual.get(name)} for name in names
    ]
    return outcome == of.outcome and dict(of.artifacts) == dict(actual), hashes


def _canonical_hash(value: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()

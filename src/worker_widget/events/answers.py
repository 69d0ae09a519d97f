"""The worker API's answers as typed structs.

A field that a server leaves out or sends with another type has the default declared here. Two generations of
servers are supported. One of them wraps some answers as ``{"success", "data", "meta"}``; which answers are
wrapped differs between its releases, so every answer may be.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from ..errors import Problem
from .lenient_fields import decode_struct
from .run_status import end_status, known_status


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all answers."""


class RunAnswer(Answer, frozen=True, kw_only=True):
    """One run as the server reports it.

    ``status`` is queued, running, waiting (for a person), paused, or that of an ended run; ``artifacts`` maps
    names to contents. ``total_latency_ms`` is in milliseconds, ``created_at`` aware and in UTC.
    """

    run_id: str = ""
    status: str = ""
    success: bool | None = None
    error: str | None = None
    artifacts: dict[str, Any] | None = None
    replay_token: dict[str, Any] | None = None
    cost_report: dict[str, Any] | None = None
    policy_violations: list[Any] = []
    recovery_log: list[Any] = []
    drift_metrics: dict[str, Any] = {}
    execution_trace: list[Any] = []
    routing_decisions: list[Any] = []
    total_tokens_used: int | None = None
    total_latency_ms: float | None = None
    created_at: datetime | None = None
    parent_run_id: str | None = None

    @property
    def over(self) -> bool:
        """Whether the run has ended."""
        return end_status(self.status) is not None


class RunListItem(Answer, frozen=True, kw_only=True):
    """A run in a list of runs; ``success`` is ``None`` until the run has ended."""

    run_id: str = ""
    task: str = ""
    status: str = ""
    success: bool | None = None
    created_at: datetime | None = None
    total_latency_ms: float | None = None

    @property
    def over(self) -> bool:
        """Whether the run has ended."""
        return end_status(self.status) is not None


class RunPage(Answer, frozen=True, kw_only=True):
    """A page of runs, newest first; ``next_cursor`` requests the next page, ``None`` on the last page."""

    runs: list[RunListItem] = []
    next_cursor: str | None = None


class WorkerOption(Answer, frozen=True, kw_only=True):
    """An option of a worker's runs, as the worker declares it and a form offers it.

    ``type`` is "text", "number", "integer", "boolean" or "choice"; a choice lists its ``choices``. A
    ``default`` of ``None`` means that the option may stay empty. ``minimum`` and ``maximum`` are inclusive
    and in ``unit``. Where ``affects_artifacts`` is false, requests that differ in this option alone count as
    the same for a replay.
    """

    name: str = ""
    type: str = "text"
    default: Any = None
    help: str = ""
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    unit: str | None = None
    affects_artifacts: bool = True


class WorkerSecret(Answer, frozen=True, kw_only=True):
    """A secret that a worker takes for a run, such as the key of another server; ``*`` is any name.

    A run without a ``required`` one is refused.
    """

    name: str = ""
    help: str = ""
    required: bool = False


class WorkerInfo(Answer, frozen=True, kw_only=True):
    """A worker that a server lists.

    ``status`` is "available", "beta", "coming_soon" or "unavailable"; ``reason`` is why a worker is
    unavailable. ``moats`` are engine numbers such as M9. A worker without ``secrets`` refuses all of them.
    ``capabilities`` are what it offers for its runs: "fork", "retry" and "pause"; older servers list none.
    """

    id: str = ""
    name: str = ""
    description: str = ""
    status: str = "available"
    moats: tuple[str, ...] = ()
    options: tuple[WorkerOption, ...] = ()
    secrets: tuple[WorkerSecret, ...] = ()
    capabilities: tuple[str, ...] = ()
    reason: str | None = None

    @property
    def runnable(self) -> bool:
        """Whether a run can be started."""
        return self.status in ("available", "beta")


class BrandCheck(Answer, frozen=True, kw_only=True):
    """The server's check of a brand. ``problems`` are the errors, each with the field concerned."""

    valid: bool = False
    problems: list[Problem] = []
    warnings: list[str] = []
    policy_rules_generated: int | None = None
    drift_anchors_count: int | None = None


class ModelHealth(Answer, frozen=True, kw_only=True):
    """The state of a language model: ``status`` is "available" or "unavailable", ``reason`` says why not."""

    name: str = ""
    status: str = "available"
    reason: str | None = None


class Health(Answer, frozen=True, kw_only=True):
    """The state of a server; ``moats`` maps each engine's number to its availability.

    ``language_model`` is the worker's, ``None`` if it has none or the server does not report it.
    """

    status: str = ""
    version: str | None = None
    moats: dict[str, Any] = {}
    language_model: ModelHealth | None = None
    active_runs: int | None = None


A = TypeVar("A", bound=Answer)


def unwrapped(body: Any) -> Any:
    """The answer itself, taken out of its wrapper if it has one."""
    if isinstance(body, dict) and "data" in body and isinstance(body.get("success"), bool):
        return body["data"]
    return body


def read(kind: type[A], body: Mapping[str, Any]) -> A:
    """Decodes ``body`` as ``kind``; fields that do not fit have their defaults."""
    answer = decode_struct(kind, body)[0]
    if isinstance(answer, RunAnswer | RunListItem):
        return msgspec.structs.replace(answer, status=known_status(answer.status))
    return answer


def read_run(body: Mapping[str, Any]) -> RunAnswer:
    """Decodes a run. The answer to a retry has the run's id in ``id``."""
    return read(RunAnswer, body if "run_id" in body else {**body, "run_id": body.get("id")})


def read_list(kind: type[A], items: Any) -> list[A]:
    """Decodes every object in ``items``; other items are left out."""
    return [read(kind, item) for item in items if isinstance(item, dict)] if isinstance(items, list) else []

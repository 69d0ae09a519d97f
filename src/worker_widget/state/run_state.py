"""`RunState`: the state of a run, which is bounded, immutable and recomputable from the log.

It holds counters, the stages, the artifacts' names and sizes, and the newest routing decisions and ledger
rows. Data that grows without bound (log lines, older rows, contents) is read from the store.
"""

from __future__ import annotations

from typing import Any, Final, Literal, TypedDict

import msgspec

from ..events.run_request import RunRequest
from .figures import Figures
from .incident import Incident, IncidentBook, LedgerKind

RunStatus = Literal["queued", "running", "completed", "failed", "cancelled"]
StageStatus = Literal["pending", "running", "completed", "failed", "recovering", "recovered", "cancelled"]
Outcome = Literal["ok", "warning", "error", "info"]
ArtifactStatus = Literal["assembling", "done", "failed"]

ENDED: Final = ("completed", "failed", "cancelled")
TAIL_ROWS: Final = 200
"""A state holds at most this many routing decisions, the newest, as many ledger rows, and incidents."""
MOST_WARNINGS: Final = 50
"""A state holds at most this many warnings, the first; all of them are in the log."""


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One stage. ``duration_ms`` and ``tokens`` are the worker's figures, summed over attempts."""

    stage_id: str
    name: str
    status: StageStatus = "pending"
    attempts: int = 0
    started_us: int | None = None
    ended_us: int | None = None
    duration_ms: float | None = None
    tokens: int | None = None
    agent: str | None = None
    complexity: float | None = None
    drift: float | None = None
    error: str | None = None
    recoveries: int = 0
    violations: int = 0


class Alternative(TypedDict):
    """Another agent that a router considered; ``score`` is 0 to 1."""

    agent: str
    score: float | None
    reason: str | None


class RoutingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One routing decision; ``number`` counts the decisions of the run from 1.

    ``score`` is the selected agent's own, ``confidence`` how clear its lead over the next is, both 0 to 1.
    """

    number: int
    position: int
    time_us: int | None
    stage_id: str | None
    agent: str | None
    score: float | None = None
    reason: str | None = None
    complexity: float | None
    confidence: float | None
    source: str | None
    alternatives: tuple[Alternative, ...] = ()


class LedgerRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the ledger of failures and recovery; ``number`` counts the rows of the run from 1.

    ``engine`` is the number of the engine that reports it (M4 replay, M9 failures, M10 recovery, M18 drift,
    M19 policy). ``detail`` is the content of an expanded row: pairs of label and text. ``incident`` is the
    number of its incident, 0 for a passed check without one.
    """

    number: int
    position: int
    time_us: int | None
    stage_id: str | None
    kind: LedgerKind
    engine: str
    outcome: Outcome
    title: str
    detail: tuple[tuple[str, str], ...] = ()
    incident: int = 0


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """One artifact, identified by its file name; ``version`` counts from 1 how often it was written."""

    file: str
    name: str
    kind: str
    stage_id: str | None
    status: ArtifactStatus
    chars: int = 0
    version: int = 1
    sha256: str | None = None
    has_content: bool = True
    position: int = 0


class WarningRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a reader of the run's result must know. ``code`` names its kind."""

    position: int
    stage_id: str | None
    code: str | None
    message: str


class Understanding(msgspec.Struct, frozen=True, kw_only=True):
    """How much of the task the worker understands, 0 to 1; below ``threshold`` it does not.

    ``facts`` are pairs of kind and text: what the task says and the worker uses.
    """

    score: float | None
    threshold: float | None
    reasons: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many events, lines and rows the whole run has; ``problems`` and ``passed`` are ledger rows.

    ``passed`` counts the checks and measurements that passed and belong to no incident.
    ``debug``, ``warnings`` and ``errors`` are log lines of these levels; the others are information.
    """

    events: int = 0
    logs: int = 0
    debug: int = 0
    warnings: int = 0
    errors: int = 0
    routing: int = 0
    ledger: int = 0
    problems: int = 0
    passed: int = 0
    incidents: int = 0
    unknown: int = 0


class RunState(msgspec.Struct, frozen=True, kw_only=True):
    """A run after the first ``position`` events of its log.

    ``tokens`` is the worker's total if it reported one, else the sum over the stages so far. ``complexity``
    and ``drift`` are the newest figures, 0 to 1. ``incidents`` are the newest, and before those the newest
    problems that remain; ``book`` are those that further events can join. ``verified`` is the verdict of a
    replay. Stages and artifacts are in the order of their first mention. ``request`` is the whole request,
    ``None`` where it is unknown: real servers repeat only a part of it.
    """

    position: int = 0
    run_id: str | None = None
    status: RunStatus = "queued"
    success: bool | None = None
    error: str | None = None
    task: str | None = None
    worker: str | None = None
    budget: int | None = None
    strict_mode: bool | None = None
    has_brand: bool | None = None
    replay_of: str | None = None
    request: RunRequest | None = None
    understanding: Understanding | None = None
    warnings: tuple[WarningRow, ...] = ()
    started_us: int | None = None
    ended_us: int | None = None
    last_us: int | None = None
    latency_ms: float | None = None
    tokens: int = 0
    total_stages: int | None = None
    complexity: float | None = None
    drift: float | None = None
    replay_token: dict[str, Any] | None = None
    cost_report: dict[str, Any] | None = None
    verified: dict[str, Any] | None = None
    stages: tuple[Stage, ...] = ()
    routing: tuple[RoutingRow, ...] = ()
    ledger: tuple[LedgerRow, ...] = ()
    incidents: tuple[Incident, ...] = ()
    book: IncidentBook = IncidentBook()
    artifacts: tuple[Artifact, ...] = ()
    counts: Counts = Counts()
    figures: Figures = Figures()

    @property
    def over(self) -> bool:
        """Whether the run has ended."""
        return self.status in ENDED

    @property
    def known_request(self) -> RunRequest:
        """The request as far as it is known; what is unknown has its default."""
        return self.request or RunRequest(
            task=self.task or "", budget=self.budget, strict_mode=bool(self.strict_mode)
        )

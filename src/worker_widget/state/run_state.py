"""`RunState`: the state of a run, which is bounded, immutable and recomputable from the log.

It holds counters, the stages, the artifacts' names and sizes, and the newest routing decisions and ledger
rows. Data that grows without bound (log lines, older rows, contents) is read from the store.
"""

from __future__ import annotations

from typing import Any, Final, Literal, TypedDict

import msgspec

from ..events.run_request import RunRequest
from ..events.run_status import EndStatus
from .figures import Figures
from .incident import Incident, IncidentBook, LedgerKind
from .sums import Cost

RunStatus = Literal["queued", "running", "waiting", "paused", EndStatus]
StageStatus = Literal["pending", "running", "completed", "failed", "recovering", "recovered", "cancelled"]
Outcome = Literal["ok", "warning", "error", "info"]
ArtifactStatus = Literal["assembling", "done", "failed"]

ENDED: Final = ("completed", "failed", "cancelled", "interrupted")
TAIL_ROWS: Final = 200
"""A state holds at most this many routing decisions, the newest, as many ledger rows, and incidents."""
MOST_STAGES: Final = 250
"""A state holds at most this many stages, apart from those at work and those around them."""
MOST_AT_WORK: Final = 1_000
"""A state holds at most this many stages, of those at work and those around them too."""
MOST_ARTIFACTS: Final = 2_000
"""A state holds at most this many artifacts, the first."""
MOST_INPUTS: Final = 50
"""A state holds at most this many open requests for input, the newest."""
MOST_WARNINGS: Final = 50
"""A state holds at most this many warnings, the first; all of them are in the log."""


class StageProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a stage is done: ``done`` of ``total``, which is ``None`` if unknown, in ``unit``."""

    done: float
    total: float | None = None
    unit: str | None = None


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """One stage; ``number`` counts those of the run from 1, in the order of their first mention.

    Stages form a tree: ``parent_id`` is the stage around it and ``children`` the number of those directly
    inside it. ``kind`` is stage, agent, model, tool, retrieval or reasoning. ``duration_ms``, ``tokens``,
    ``input_tokens``, ``output_tokens`` and ``cost`` are the worker's figures, summed over attempts.
    ``started_at`` and ``ended_at`` are the positions of its last start and end, 0 before them, whose events
    hold its input, output and traceback. ``reused_from`` is the run from which it was taken over, ``None``
    for a stage that this run executes.
    """

    stage_id: str
    name: str
    number: int = 0
    parent_id: str | None = None
    kind: str = "stage"
    children: int = 0
    status: StageStatus = "pending"
    attempts: int = 0
    started_us: int | None = None
    ended_us: int | None = None
    started_at: int = 0
    ended_at: int = 0
    duration_ms: float | None = None
    tokens: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: Cost | None = None
    model: str | None = None
    agent: str | None = None
    progress: StageProgress | None = None
    complexity: float | None = None
    drift: float | None = None
    error: str | None = None
    recoveries: int = 0
    violations: int = 0
    has_input: bool = False
    has_output: bool = False
    has_traceback: bool = False
    reused_from: str | None = None


class InputRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An open request for an answer of a person; see `InputRequested`. ``schema`` is its JSON schema."""

    request_id: str
    stage_id: str | None
    reason: str | None
    message: str | None
    schema: dict[str, Any] | None
    expires_us: int | None
    position: int


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
    """One artifact, identified by its file name; ``version`` counts from 1 how often it was written.

    ``begun`` and ``position`` are the positions of the first and the last event of this version's text. It
    ``has_gap`` if a part of it arrived before the text in front of that part, and is ``scattered`` if text
    arrived since that belongs before its end: then the parts are not in order as they arrived.
    """

    file: str
    name: str
    kind: str
    stage_id: str | None
    status: ArtifactStatus
    chars: int = 0
    version: int = 1
    sha256: str | None = None
    has_content: bool = True
    begun: int = 0
    position: int = 0
    has_gap: bool = False
    scattered: bool = False


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
    ``stages`` counts all stages, ``top_stages`` those at the top of the tree, ``top_done`` those of them that
    are complete.
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
    stages: int = 0
    top_stages: int = 0
    top_done: int = 0


class RunState(msgspec.Struct, frozen=True, kw_only=True):
    """A run after the first ``position`` events of its log.

    ``tokens`` is the worker's total if it reported one, else the sum over the stages so far. ``complexity``
    and ``drift`` are the newest figures, 0 to 1. ``incidents`` are the newest, and before those the newest
    problems that remain; ``book`` are those that further events can join. ``verified`` is the verdict of a
    replay. Stages and artifacts are in the order of their first mention; of many stages, those at work and
    the newest at the top are here, and `EventStore.stages` has all. ``inputs`` are the open requests for an
    answer of a person; while there is one the run is waiting. ``request`` is the whole request,
    ``None`` where it is unknown: real servers repeat only a part of it. ``parent_run_id`` is the run from
    which this one was started again, ``from_stage`` the stage from which it is executed: those before are
    that run's. ``paused_us`` are the µs of its pauses that are over, ``paused_since_us`` the beginning of the
    one that is not. ``artifacts_count`` is how many artifacts the worker reports at its end.
    ``more_artifacts`` is whether the run has more than are here. ``working_left_out`` and
    ``planned_left_out`` are how many stages at the top are at work or planned, but not here.
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
    parent_run_id: str | None = None
    from_stage: str | None = None
    request: RunRequest | None = None
    understanding: Understanding | None = None
    warnings: tuple[WarningRow, ...] = ()
    started_us: int | None = None
    ended_us: int | None = None
    last_us: int | None = None
    paused_us: int = 0
    paused_since_us: int | None = None
    latency_ms: float | None = None
    tokens: int = 0
    total_stages: int | None = None
    complexity: float | None = None
    drift: float | None = None
    replay_token: dict[str, Any] | None = None
    cost_report: dict[str, Any] | None = None
    artifacts_count: int | None = None
    verified: dict[str, Any] | None = None
    stages: tuple[Stage, ...] = ()
    inputs: tuple[InputRequest, ...] = ()
    routing: tuple[RoutingRow, ...] = ()
    ledger: tuple[LedgerRow, ...] = ()
    incidents: tuple[Incident, ...] = ()
    book: IncidentBook = IncidentBook()
    artifacts: tuple[Artifact, ...] = ()
    more_artifacts: bool = False
    working_left_out: int = 0
    planned_left_out: int = 0
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

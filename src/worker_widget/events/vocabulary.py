"""Every event that a worker can send, as a typed struct.

Readers match on the structs::

    match event.data:
        case Log(message=message):
            ...

A field that a server leaves out has the default declared here (``None`` unless stated).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

Count = Annotated[int, Meta(ge=0, le=2**53)]
"""A number of things; JSON readers of other languages have no integer beyond 2**53."""
Milliseconds = Annotated[float, Meta(ge=0, le=1e15)]


class Payload(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The fields of an event, without the envelope. ``stage_id`` is the stage it belongs to."""

    # gc=False: events are many and hold no cycles, so that the garbage collector need not visit them.


class Connected(Payload, frozen=True, kw_only=True):
    """The stream is open. Sent once per connection, outside the run's own events."""

    run_id: str | None = None


class StreamEnd(Payload, frozen=True, kw_only=True):
    """The stream is over. The reason of real servers is ``run_completed`` even after a failure."""

    run_id: str | None = None
    reason: str | None = None


class StagePlan(Payload, frozen=True, kw_only=True):
    """One stage as announced in `RunStarted.stages`."""

    stage_id: str
    name: str | None = None


class RunRequested(Payload, frozen=True, kw_only=True):
    """The request of a run as its client sent it, without keys and secrets; no server sends this.

    Real servers repeat only a part of the request in ``run_started``. The client writes the whole request
    into the log as the run's first event.
    """

    worker: str | None = None
    task: str | None = None
    brand: dict[str, Any] | None = None
    budget: Count | None = None
    strict_mode: bool | None = None
    depth: str | None = None
    options: dict[str, Any] | None = None


class RunStarted(Payload, frozen=True, kw_only=True):
    """The run starts. ``brand``, ``depth`` and ``options`` complete the request that the run carries out.

    ``replay_of`` is the run that is executed again to verify it. A run that was started from another one, its
    ``parent_run_id``, runs from the stage ``from_stage`` on and takes over the stages before.
    """

    task: str | None = None
    has_brand: bool | None = None
    brand: dict[str, Any] | None = None
    budget: Count | None = None
    strict_mode: bool | None = None
    depth: str | None = None
    options: dict[str, Any] | None = None
    worker: str | None = None
    stages: list[StagePlan] | None = None
    replay_of: str | None = None
    parent_run_id: str | None = None
    from_stage: str | None = None


class RunPaused(Payload, frozen=True, kw_only=True):
    """The run pauses on request: nothing happens in it until `RunResumed`, or until it is cancelled."""


class RunResumed(Payload, frozen=True, kw_only=True):
    """A paused run goes on. ``paused_ms`` is how long it was paused."""

    paused_ms: Milliseconds | None = None


class TaskUnderstood(Payload, frozen=True, kw_only=True):
    """How much of the task the worker understands: ``score``, 0 to 1.

    Below ``threshold`` the result is written without understanding the task. ``reasons`` are sentences about
    what is and what is not understood. A fact is ``{kind, text}``: something that the task says and that the
    worker uses, such as a price or a place.
    """

    score: float | None = None
    threshold: float | None = None
    reasons: list[str] = []
    facts: list[Any] = []


class RunWarning(Payload, frozen=True, kw_only=True):
    """Something that a reader of the result must know, although the run goes on. ``code`` names its kind."""

    stage_id: str | None = None
    code: str | None = None
    message: str | None = None


class StageStarted(Payload, frozen=True, kw_only=True):
    """A stage starts. Stages form a tree: ``parent_id`` is the stage around it, ``None`` at the top.

    ``stage_id`` is unique in a run. ``kind`` is stage, agent, model, tool, retrieval or reasoning; ``name``
    is its display name, ``agent`` who works on it, ``input`` any JSON. A stage that is taken over from
    another run is not executed: ``reused_from`` is the id of the run that executed it.
    """

    stage_id: str | None = None
    stage_index: Count | None = None
    total_stages: Count | None = None
    parent_id: str | None = None
    kind: str | None = None
    name: str | None = None
    agent: str | None = None
    input: Any = None
    reused_from: str | None = None


class StageCompleted(Payload, frozen=True, kw_only=True):
    """A stage is complete. ``output`` is any JSON, ``model`` the language model that it used.

    ``input_tokens`` and ``output_tokens`` are parts of ``tokens_used``; where that is missing, it is their
    sum. ``cost`` is ``{amount, currency}`` as the worker reports it.
    """

    stage_id: str | None = None
    duration_ms: Milliseconds | None = None
    tokens_used: Count | None = None
    output: Any = None
    model: str | None = None
    input_tokens: Count | None = None
    output_tokens: Count | None = None
    cost: dict[str, Any] | None = None


class StageFailed(Payload, frozen=True, kw_only=True):
    """A stage failed. ``traceback`` is that of the exception that failed it, if it was one.

    ``failed_in`` is the innermost stage that failed with the same error, where the error came out of it.
    """

    stage_id: str | None = None
    error: str | None = None
    traceback: str | None = None
    failed_in: str | None = None


class Progress(Payload, frozen=True, kw_only=True):
    """The newest counts of a stage: ``done`` of ``total``, which is ``None`` if unknown, in ``unit``."""

    stage_id: str | None = None
    done: float | None = None
    total: float | None = None
    unit: str | None = None


class InputRequested(Payload, frozen=True, kw_only=True):
    """The run waits for an answer of a person.

    ``reason`` is its kind, such as ``tool_call``; ``schema`` is the JSON schema of the answer, ``expires_at``
    the time (ISO 8601) after which no answer is accepted. ``stage_id`` is the stage that waits: where a tool
    call is to be approved, its ``input`` are the arguments.
    """

    request_id: str | None = None
    stage_id: str | None = None
    reason: str | None = None
    message: str | None = None
    schema: dict[str, Any] | None = None
    expires_at: str | None = None


class InputGiven(Payload, frozen=True, kw_only=True):
    """A request for input is closed: ``outcome`` is answered, cancelled or expired.

    ``payload`` is the answer.
    """

    request_id: str | None = None
    payload: Any = None
    outcome: str = "answered"


class Log(Payload, frozen=True, kw_only=True):
    """One log line; ``level`` is debug, info, warning or error."""

    stage_id: str | None = None
    agent: str | None = None
    message: str = ""
    level: str = "info"


class RoutingDecision(Payload, frozen=True, kw_only=True):
    """Which agent takes a stage. ``complexity``, ``confidence`` and ``score`` are 0 to 1.

    ``score`` is the selected agent's own, ``confidence`` how clear its lead over the next is. An alternative
    is an agent's name on real servers, or an object ``{agent, score, reason}``: why it was not selected.
    """

    stage_id: str | None = None
    selected_agent: str | None = None
    score: float | None = None
    reason: str | None = None
    complexity: float | None = None
    confidence: float | None = None
    alternatives: list[Any] = []
    routing_source: str | None = None


class PolicyCheck(Payload, frozen=True, kw_only=True):
    stage_id: str | None = None
    policy: str | None = None
    passed: bool | None = None


class PolicyViolation(Payload, frozen=True, kw_only=True):
    stage_id: str | None = None
    reason: str | None = None
    severity: str | None = None
    policy: str | None = None
    violation_type: str | None = None
    pattern: str | None = None
    location: str | None = None


class DriftDetected(Payload, frozen=True, kw_only=True):
    """A drift measurement, 0 to 1; ``aligned`` is whether it stays within ``threshold``."""

    stage_id: str | None = None
    drift_score: float | None = None
    threshold: float | None = None
    aligned: bool | None = None


class FailureDetected(Payload, frozen=True, kw_only=True):
    stage_id: str | None = None
    error: str | None = None
    pattern: str | None = None


class FailureClassified(Payload, frozen=True, kw_only=True):
    code: str | None = None
    category: str | None = None
    violation_count: Count | None = None
    severity: str | None = None


class RecoverySuggestion(Payload, frozen=True, kw_only=True):
    """A suggestion is ``{violation_type, pattern?, location?, action, priority, replacement_hint}``."""

    failure_code: str | None = None
    suggestions: list[Any] = []
    auto_apply: bool | None = None


class RecoveryStarted(Payload, frozen=True, kw_only=True):
    stage_id: str | None = None
    action: str | None = None


class RecoveryCompleted(Payload, frozen=True, kw_only=True):
    stage_id: str | None = None
    action: str | None = None
    success: bool | None = None


class ArtifactStarted(Payload, frozen=True, kw_only=True):
    stage_id: str | None = None
    artifact_name: str | None = None
    artifact_type: str | None = None


class ArtifactDelta(Payload, frozen=True, kw_only=True):
    """More text of an artifact; ``offset`` counts Unicode code points from its start."""

    stage_id: str | None = None
    artifact_name: str | None = None
    artifact_type: str | None = None
    offset: Count | None = None
    text: str = ""


class ArtifactCreated(Payload, frozen=True, kw_only=True):
    """A finished artifact. ``content`` may be absent; ``sha256`` is of its UTF-8 bytes, in hex."""

    stage_id: str | None = None
    artifact_name: str | None = None
    artifact_type: str | None = None
    content: str | None = None
    sha256: str | None = None


class SentenceSource(msgspec.Struct, frozen=True, kw_only=True):
    """The source of one sentence of an artifact: the code points from ``start`` to before ``end``.

    ``source`` is "brief": it quotes the task, or a rule's sentence is built around words of the task;
    "brand": it quotes the brand, also where a recovery reworded that; "model": a language model wrote it;
    "rule": any other. ``stage_id`` is the stage that wrote it: the copy's for a page, and a recovery's for
    what that reworded.
    """

    start: int
    end: int
    source: str
    stage_id: str | None = None


class ArtifactSources(Payload, frozen=True, kw_only=True):
    """The sources of a finished artifact's sentences, in their order. It follows ``artifact_created``."""

    stage_id: str | None = None
    artifact_name: str | None = None
    artifact_type: str | None = None
    sources: list[SentenceSource] = []


class ReplayVerified(Payload, frozen=True, kw_only=True):
    """The verdict of a replay; an artifact is ``{name, expected, actual}`` with hex SHA-256 sums."""

    identical: bool | None = None
    artifacts: list[Any] = []


class RunCompleted(Payload, frozen=True, kw_only=True):
    success: bool | None = None
    total_tokens: Count | None = None
    total_latency_ms: Milliseconds | None = None
    artifacts_count: Count | None = None
    replay_token: dict[str, Any] | None = None
    cost_report: dict[str, Any] | None = None


class RunFailed(Payload, frozen=True, kw_only=True):
    """The run failed. ``traceback`` is that of the exception that failed it, if it was one."""

    success: bool | None = None
    error: str | None = None
    traceback: str | None = None
    replay_token: dict[str, Any] | None = None


class RunCancelled(Payload, frozen=True, kw_only=True):
    reason: str | None = None


class RunReconciled(Payload, frozen=True, kw_only=True):
    """What the client read about a run besides its stream; no server sends this.

    Real servers can fail a run without a terminal event, and send the replay token only in the run
    answer. The client writes what it read into the log as this event, so that the log remains the only
    truth. ``reason`` is the source and the reason of the request.
    """

    status: str | None = None
    success: bool | None = None
    error: str | None = None
    reason: str | None = None
    total_tokens: Count | None = None
    total_latency_ms: Milliseconds | None = None
    replay_token: dict[str, Any] | None = None
    cost_report: dict[str, Any] | None = None


class UnknownEvent(Payload, frozen=True, kw_only=True):
    """Any other event: ``data`` is its JSON values, or the text of a line that is not JSON."""

    data: Any = None


PAYLOADS: Final[Mapping[str, type[Payload]]] = {
    "connected": Connected,
    "stream_end": StreamEnd,
    "run_requested": RunRequested,
    "run_started": RunStarted,
    "run_paused": RunPaused,
    "run_resumed": RunResumed,
    "task_understood": TaskUnderstood,
    "run_warning": RunWarning,
    "stage_started": StageStarted,
    "stage_completed": StageCompleted,
    "stage_failed": StageFailed,
    "progress": Progress,
    "input_requested": InputRequested,
    "input_given": InputGiven,
    "log": Log,
    "routing_decision": RoutingDecision,
    "policy_check": PolicyCheck,
    "policy_violation": PolicyViolation,
    "drift_detected": DriftDetected,
    "failure_detected": FailureDetected,
    "failure_classified": FailureClassified,
    "recovery_suggestion": RecoverySuggestion,
    "recovery_started": RecoveryStarted,
    "recovery_completed": RecoveryCompleted,
    "artifact_started": ArtifactStarted,
    "artifact_delta": ArtifactDelta,
    "artifact_created": ArtifactCreated,
    "artifact_sources": ArtifactSources,
    "replay_verified": ReplayVerified,
    "run_completed": RunCompleted,
    "run_failed": RunFailed,
    "run_cancelled": RunCancelled,
    "run_reconciled": RunReconciled,
}
"""Every declared type and its payload, in the order in which a run emits them."""

TYPES: Final[Mapping[type[Payload], str]] = {payload: name for name, payload in PAYLOADS.items()}

TERMINAL: Final = (RunCompleted, RunFailed, RunCancelled)
"""After one of these a run is over."""

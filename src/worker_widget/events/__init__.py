"""The vocabulary of runs, shared by clients, the host and its workers.

vocabulary ────── every event as a typed struct; `event` decodes and encodes, `lenient_fields` keeps what fits
sse ───────────── bytes of a stream to frames
run_request ───── a client's run request; `request_models` validate it, `answers` are the server's answers
file_names ────── file names of artifacts; `artifact_bytes` and `artifacts_zip` their bytes
"""

from __future__ import annotations

from .event import Event, decode, encode, make
from .vocabulary import (
    PAYLOADS,
    TERMINAL,
    TYPES,
    ArtifactCreated,
    ArtifactDelta,
    ArtifactStarted,
    Connected,
    DriftDetected,
    FailureClassified,
    FailureDetected,
    Log,
    Payload,
    PolicyCheck,
    PolicyViolation,
    RecoveryCompleted,
    RecoveryStarted,
    RecoverySuggestion,
    ReplayVerified,
    RoutingDecision,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunReconciled,
    RunStarted,
    StageCompleted,
    StageFailed,
    StagePlan,
    StageStarted,
    StreamEnd,
    UnknownEvent,
)

__all__ = [
    "PAYLOADS",
    "TERMINAL",
    "TYPES",
    "ArtifactCreated",
    "ArtifactDelta",
    "ArtifactStarted",
    "Connected",
    "DriftDetected",
    "Event",
    "FailureClassified",
    "FailureDetected",
    "Log",
    "Payload",
    "PolicyCheck",
    "PolicyViolation",
    "RecoveryCompleted",
    "RecoveryStarted",
    "RecoverySuggestion",
    "ReplayVerified",
    "RoutingDecision",
    "RunCancelled",
    "RunCompleted",
    "RunFailed",
    "RunReconciled",
    "RunStarted",
    "StageCompleted",
    "StageFailed",
    "StagePlan",
    "StageStarted",
    "StreamEnd",
    "UnknownEvent",
    "decode",
    "encode",
    "make",
]

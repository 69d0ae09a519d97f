"""The vocabulary: every event a worker can send, as a typed struct, and `decode`.

An event arrives as one line of JSON, ``{"type", "timestamp", "run_id", "data": {...}}``. `decode`
turns its bytes into an `Event` whose ``data`` is one of the payload structs below, so that readers
can match on it::

    match event.data:
        case Log(message=message):
            ...

Servers leave fields out, send them with another type, and invent events. None of that raises:

* a missing field has the default declared here (``None`` unless stated);
* a field of another type than declared has its default, and its value stands in ``Event.malformed``;
* a type that is not declared, or a line that is not an event at all, becomes an `UnknownEvent`.

``Event.raw`` always holds the bytes as they came. The same structs serve the embedded host, which
builds its events with `encode`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from hashlib import blake2b
from typing import Any, Final, Generic, TypeVar, get_type_hints

import msgspec


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """What an event says, without the envelope. ``stage_id`` is the stage it belongs to."""


class Connected(Payload, frozen=True, kw_only=True):
    """The stream is open. Sent once per connection, outside the run's own events."""

    run_id: str | None = None


class StreamEnd(Payload, frozen=True, kw_only=True):
    """The stream is over. Real servers say ``run_completed`` even after a failure."""

    run_id: str | None = None
    reason: str | None = None


class StagePlan(Payload, frozen=True, kw_only=True):
    """One stage as announced in `RunStarted.stages`."""

    stage_id: str
    name: str | None = None


class RunStarted(Payload, frozen=True, kw_only=True):
    task: str | None = None
    has_brand: bool | None = None
    budget: int | None = None
    strict_mode: bool | None = None
    worker: str | None = None
    stages: list[StagePlan] | None = None
    replay_of: str | None = None


class StageStarted(Payload, frozen=True, kw_only=True):
    stage_id: str | None = None
    stage_index: int | None = None
    total_stages: int | None = None


class StageCompleted(Payload, frozen=True, kw_only=True):
    stage_id: str | None = None
    duration_ms: float | None = None
    tokens_used: int | None = None


class StageFailed(Payload, frozen=True, kw_only=True):
    stage_id: str | None = None
    error: str | None = None


class Log(Payload, frozen=True, kw_only=True):
    """One log line; ``level`` is debug, info, warning or error."""

    stage_id: str | None = None
    agent: str | None = None
    message: str = ""
    level: str = "info"


class RoutingDecision(Payload, frozen=True, kw_only=True):
    """Which agent takes a stage. ``complexity`` and ``confidence`` are 0 to 1.

    An alternative is an agent's name on real servers, or an object ``{agent, score, reason}``.
    """

    stage_id: str | None = None
    selected_agent: str | None = None
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
    """A drift measurement, 0 to 1; ``aligned`` says whether it stays within ``threshold``."""

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
    violation_count: int | None = None
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
    offset: int | None = None
    text: str = ""


class ArtifactCreated(Payload, frozen=True, kw_only=True):
    """A finished artifact. ``content`` may be absent; ``sha256`` is of its UTF-8 bytes, in hex."""

    stage_id: str | None = None
    artifact_name: str | None = None
    artifact_type: str | None = None
    content: str | None = None
    sha256: str | None = None


class ReplayVerified(Payload, frozen=True, kw_only=True):
    """The verdict of a replay; an artifact is ``{name, expected, actual}`` with hex SHA-256 sums."""

    identical: bool | None = None
    artifacts: list[Any] = []


class RunCompleted(Payload, frozen=True, kw_only=True):
    success: bool | None = None
    total_tokens: int | None = None
    total_latency_ms: float | None = None
    artifacts_count: int | None = None
    replay_token: dict[str, Any] | None = None
    cost_report: dict[str, Any] | None = None


class RunFailed(Payload, frozen=True, kw_only=True):
    success: bool | None = None
    error: str | None = None
    replay_token: dict[str, Any] | None = None


class RunCancelled(Payload, frozen=True, kw_only=True):
    reason: str | None = None


class RunReconciled(Payload, frozen=True, kw_only=True):
    """What the client learned of a run besides its stream; no server sends this.

    Real servers can fail a run without a terminal event, and tell the replay token only in the run
    answer. The client writes what it was told into the log as this event, so that the log remains
    the only truth. ``reason`` says in words why and from where.
    """

    status: str | None = None
    success: bool | None = None
    error: str | None = None
    reason: str | None = None
    total_tokens: int | None = None
    total_latency_ms: float | None = None
    replay_token: dict[str, Any] | None = None


class UnknownEvent(Payload, frozen=True, kw_only=True):
    """Anything else: ``data`` is what came, as JSON values, or the text of a line that is no JSON."""

    data: Any = None


PAYLOADS: Final[Mapping[str, type[Payload]]] = {
    "connected": Connected,
    "stream_end": StreamEnd,
    "run_started": RunStarted,
    "stage_started": StageStarted,
    "stage_completed": StageCompleted,
    "stage_failed": StageFailed,
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
    "replay_verified": ReplayVerified,
    "run_completed": RunCompleted,
    "run_failed": RunFailed,
    "run_cancelled": RunCancelled,
    "run_reconciled": RunReconciled,
}
"""Every declared type and its payload; in the order a run tells them."""

TYPES: Final[Mapping[type[Payload], str]] = {payload: name for name, payload in PAYLOADS.items()}

TERMINAL: Final = (RunCompleted, RunFailed, RunCancelled)
"""After one of these a run is over."""

_BARE: Final = frozenset({"connected", "stream_end"})
"""The two whose fields stand at the top, without the envelope."""


class Event(msgspec.Struct, frozen=True):
    """One event of a run.

    ``type`` is the wire's name of it, ``time`` when the server made it (aware, UTC; ``None`` where
    the server did not say), ``raw`` the bytes it was decoded from, ``malformed`` the values of
    fields that were not of their declared type, ``id`` what the stream numbered it, if it did.
    """

    type: str
    data: Payload
    raw: bytes
    run_id: str | None = None
    time: datetime | None = None
    malformed: dict[str, Any] = {}
    id: str | None = None

    @property
    def key(self) -> bytes:
        """What tells this event from every other of its run: its id, or else its content.

        16 bytes of BLAKE2b over the content: streams without ids repeat events byte for byte.
        """
        if self.id is not None:
            return b"#" + self.id.encode()
        return blake2b(self.raw, digest_size=16).digest()

    @property
    def time_us(self) -> int | None:
        """Microseconds since 1970-01-01 UTC."""
        return None if self.time is None else round(self.time.timestamp() * 1_000_000)


_P = TypeVar("_P", bound=Payload)


class _Envelope(msgspec.Struct, Generic[_P], frozen=True):
    type: str
    data: _P
    timestamp: datetime | None = None
    run_id: str | None = None


@cache
def _decoder(name: str) -> msgspec.json.Decoder[_Envelope[Any]]:
    payload: Any = PAYLOADS[name]
    return msgspec.json.Decoder(_Envelope[payload])


_decode_any: Final = msgspec.json.Decoder()


def decode(raw: bytes, name: str = "", id: str | None = None) -> Event:
    """The event in ``raw``, the JSON of one event; never raises.

    ``name`` is what the stream called it (the ``event:`` field); where both say, the ``type``
    inside wins. ``id`` is the stream's number of it. Knowing the name, the bytes are read once; else,
    and for anything irregular, twice.
    """
    if name in PAYLOADS and name not in _BARE:
        try:
            envelope = _decoder(name).decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
        else:
            if envelope.type == name:
                time = _aware(envelope.timestamp)
                return Event(name, envelope.data, raw, envelope.run_id, time, {}, id)
    try:
        message = _decode_any.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = raw.decode("utf-8", "replace")
        return Event(name or "unknown", UnknownEvent(data=text), raw, id=id)
    return _irregular(message, name, raw, id)


def _irregular(message: Any, name: str, raw: bytes, id: str | None) -> Event:
    if not isinstance(message, dict):
        return Event(name or "unknown", UnknownEvent(data=message), raw, id=id)
    said = message.get("type")
    kind = said if isinstance(said, str) and said else name or "unknown"
    run_id = message.get("run_id")
    run_id = run_id if isinstance(run_id, str) else None
    body = message if kind in _BARE else message.get("data")
    time = _time(message.get("timestamp"))
    payload = PAYLOADS.get(kind)
    if payload is None or not isinstance(body, dict):
        return Event(kind, UnknownEvent(data=message if body is None else body), raw, run_id, time, {}, id)
    data, malformed = _salvage(payload, body)
    return Event(kind, data, raw, run_id, time, malformed, id)


def encode(data: Payload, *, run_id: str, time: datetime) -> bytes:
    """The JSON of an event as the wire carries it, on one line; fields that are ``None`` are left out."""
    body = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not None}
    message = {
        "type": TYPES[type(data)],
        "timestamp": time.isoformat(timespec="microseconds"),
        "run_id": run_id,
        "data": body,
    }
    return msgspec.json.encode(message)


def make(data: Payload, *, run_id: str, time: datetime) -> Event:
    """An event of our own, as if it had come over the wire."""
    return decode(encode(data, run_id=run_id, time=time), TYPES[type(data)])


@cache
def _fields(payload: type[Payload]) -> Mapping[str, Any]:
    return get_type_hints(payload)


def _salvage(payload: type[Payload], body: Mapping[str, Any]) -> tuple[Payload, dict[str, Any]]:
    """The payload from the fields that fit, and the values of those that do not."""
    fitting: dict[str, Any] = {}
    malformed: dict[str, Any] = {}
    for field, kind in _fields(payload).items():
        if field not in body:
            continue
        value = body[field]
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # JSON has one kind of number: 470.0 is a count too
        try:
            fitting[field] = msgspec.convert(value, kind)
        except msgspec.ValidationError:
            malformed[field] = value
    return payload(**fitting), malformed


def _time(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        return _aware(datetime.fromisoformat(value))
    except ValueError:
        return None


def _aware(time: datetime | None) -> datetime | None:
    """Real servers write UTC; one that leaves the offset out means UTC too."""
    if time is None:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time

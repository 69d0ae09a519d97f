"""Events made of a run answer, for a run whose events its server no longer has. Pure.

The answer holds what the run made and decided, without its log: artifacts, stages with times and tokens,
decisions, drift, violations and recoveries. Equal answers give equal events.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from ...events import (
    ArtifactCreated,
    DriftDetected,
    Event,
    Payload,
    PolicyViolation,
    RecoveryCompleted,
    RoutingDecision,
    RunStarted,
    RunWarning,
    StageCompleted,
    StageFailed,
    StageStarted,
    make,
)
from ...events.answers import RunAnswer
from ...events.lenient_fields import decode_struct, number, words_of
from ...events.run_status import end_status

FROM_SUMMARY: Final = "from_summary"
"""The code of the warning that the run was read from the server's summary."""

_MESSAGE: Final = (
    "This is the server's summary of the run: the server no longer has its events, so there is no log and the"
    " times of stages are estimates."
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_MS: Final = 1e9
_STAGE_NAMES: Final = ("stage_id", "stage", "id", "name")
_TYPES: Final = ("html", "css", "md", "json", "txt", "csv", "svg", "xml", "js", "yaml", "pdf", "png")


def answered_events(answer: RunAnswer) -> list[Event]:
    """The events of a run that ``answer`` describes, without its end."""
    time = answer.created_at or _EPOCH
    events: list[Event] = []

    def add(data: Payload) -> None:
        # Each at a time of its own: events that are equal in every other field stay apart.
        events.append(make(data, run_id=answer.run_id, time=time + timedelta(microseconds=len(events))))

    add(RunStarted())
    add(RunWarning(code=FROM_SUMMARY, message=_MESSAGE))
    for payload, takes_ms in _stages(answer):
        time += timedelta(milliseconds=takes_ms)
        add(payload)
    for payload in (*_rows(answer), *_artifacts(answer)):
        add(payload)
    return events


def _stages(answer: RunAnswer) -> Iterator[tuple[Payload, float]]:
    """The starts and ends of the stages, each with the milliseconds before it."""
    for entry in _objects(answer.execution_trace):
        stage_id = _stage(entry)
        if stage_id is None:
            continue
        latency_ms = number(entry.get("latency_ms"))
        known = latency_ms is not None and 0 <= latency_ms <= _LONGEST_MS
        took_ms = latency_ms if latency_ms is not None and known else 0.0
        agent = entry.get("agent_used")
        yield StageStarted(stage_id=stage_id, agent=agent if isinstance(agent, str) else None), 0.0
        error = entry.get("error")
        if end_status(str(entry.get("status", "completed"))) == "failed":
            yield StageFailed(stage_id=stage_id, error=words_of(error) if error else None), took_ms
            continue
        facts = {**entry, "stage_id": stage_id, "duration_ms": took_ms if known else None}
        completed, _ = decode_struct(StageCompleted, facts)
        yield completed, took_ms


def _rows(answer: RunAnswer) -> Iterator[Payload]:
    for entry in _objects(answer.routing_decisions):
        named = {"selected_agent": entry.get("agent") or entry.get("agent_used"), **entry}
        yield decode_struct(RoutingDecision, {**named, "stage_id": _stage(entry)})[0]
    for stage, score in answer.drift_metrics.items():
        score = score.get("drift_score") if isinstance(score, dict) else score
        yield decode_struct(DriftDetected, {"stage_id": stage, "drift_score": score})[0]
    for violation in answer.policy_violations:
        entry = violation if isinstance(violation, dict) else {"reason": words_of(violation)}
        yield decode_struct(PolicyViolation, {**entry, "stage_id": _stage(entry)})[0]
    for entry in _objects(answer.recovery_log):
        action = entry.get("recovery") or entry.get("action")
        yield RecoveryCompleted(stage_id=_stage(entry), action=words_of(action) if action else None)


def _artifacts(answer: RunAnswer) -> Iterator[Payload]:
    for name, content in (answer.artifacts or {}).items():
        entry = content if isinstance(content, dict) and "content" in content else {"content": content}
        kind = entry.get("artifact_type") or entry.get("type")
        if not isinstance(kind, str):
            name, kind = _kind(name, entry["content"])
        yield decode_struct(
            ArtifactCreated, {"artifact_name": name, "artifact_type": kind, "content": entry["content"]}
        )[0]


def _kind(name: str, content: Any) -> tuple[str, str]:
    """Name and type of an artifact without a type: from its name, else from its content."""
    stem, _, ending = name.replace("_", ".").rpartition(".")
    if ending.lower() in _TYPES and stem:
        return name[: len(stem)], ending.lower()
    return name, _content_kind(content)


def _content_kind(content: Any) -> str:
    if not isinstance(content, str):
        return "json"
    start = content.lstrip()[:200].lower()
    if start.startswith(("<!doctype html", "<html")):
        return "html"
    if start.startswith("<svg"):
        return "svg"
    if start.startswith(("{", "[")):
        try:
            msgspec.json.decode(content)
        except (msgspec.DecodeError, RecursionError):
            return "txt"
        return "json"
    return "md" if start.startswith(("#", "- ", "**")) else "txt"


def _objects(items: list[Any]) -> Iterator[Mapping[str, Any]]:
    return (item for item in items if isinstance(item, dict))


def _stage(entry: Mapping[str, Any]) -> str | None:
    return next((entry[key] for key in _STAGE_NAMES if isinstance(entry.get(key), str)), None)

"""The complete run as JSON: its state, its rows, and every event as the server sent it.

One object. Times are ISO 8601 in UTC, durations milliseconds, sizes code points.

================  =======================================================================
``format``        "worker-widget/run", and ``version`` 1
``exported_at``   when this was written
``run``           ids, worker, task, status, error, times, settings, ``replay_token``
``request``       task, brand, budget, strict mode, depth, options; ``null`` if it is unknown
``metrics``       tokens, latency, counts, ``figures`` of the run, ``cost_report``
``stages``        one object each, with times, duration, tokens, agent and drift
``routing``       every routing decision
``policy``, ``drift``, ``failures``, ``recovery``, ``replay``
                  every ledger row of the kind, with its engine, outcome and incident
``incidents``     every incident: what was found, what was tried, and how it ended
``warnings``      what a reader of the result must know; ``understanding`` of the task
``artifacts``     one object each; ``content`` is the text, ``null`` if there is none
``logs``          every log line
``events``        every event: ``position``, ``id`` if the stream has ids, and ``event``, its
                  JSON, or ``text`` if the server sent no valid JSON; ``run_requested`` is of
                  the client
================  =======================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from ...state.incident import Incident
from ...state.log_line import LoggedEvent
from ...state.run_state import Artifact, LedgerRow, RoutingRow, Stage, WarningRow
from ...state.run_warnings import run_warnings
from ...store.log_table import StoredLine
from .trace import Trace, instant

_KINDS: Final = {
    "policy": "policy",
    "drift": "drift",
    "failures": "failure",
    "recovery": "recovery",
    "replay": "replay",
}


def json_parts(trace: Trace) -> Iterator[str]:
    """The trace as JSON text, in parts."""
    yield "{\n"
    yield '  "format": "worker-widget/run",\n  "version": 1,\n'
    yield f'  "exported_at": {_json(instant(trace.exported_us))},\n'
    yield f'  "run": {_json(_run(trace))},\n'
    yield f'  "request": {_json(trace.state.request)},\n'
    yield f'  "metrics": {_json(_metrics(trace))},\n'
    yield from _list("stages", (_json(_stage(stage)) for stage in trace.state.stages))
    yield from _list("routing", (_json(_routing(row)) for row in trace.routing()))
    for key, kind in _KINDS.items():
        yield from _list(key, (_json(_ledger(row)) for row in trace.ledger() if row.kind == kind))
    yield from _list("incidents", (_json(_incident(trace, item)) for item in trace.incidents()))
    yield from _list("warnings", (_json(_warning(row)) for row in run_warnings(trace.state)))
    yield f'  "understanding": {_json(trace.state.understanding)},\n'
    yield from _list("artifacts", (_json(_artifact(trace, item)) for item in trace.state.artifacts))
    yield from _list("logs", (_json(_log(row)) for row in trace.log()))
    yield from _list("events", (_json(_event(logged)) for logged in trace.events()), end="\n")
    yield "}\n"


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _list(key: str, rows: Iterable[str], end: str = ",\n") -> Iterator[str]:
    """A list with one row on each line."""
    yield f'  "{key}": ['
    before = "\n    "
    for row in rows:
        yield before + row
        before = ",\n    "
    yield "]" if before == "\n    " else "\n  ]"
    yield end


def _run(trace: Trace) -> dict[str, Any]:
    record, state = trace.record, trace.state
    return {
        "run_id": record.run_id,
        "worker": trace.worker,
        "origin": record.origin,
        "task": trace.task,
        "status": state.status,
        "success": state.success,
        "error": state.error,
        "created_at": instant(record.created_us),
        "started_at": instant(state.started_us),
        "ended_at": instant(state.ended_us),
        "budget": state.budget,
        "strict_mode": state.strict_mode,
        "replay_of": state.replay_of,
        "replay_token": state.replay_token,
    }


def _metrics(trace: Trace) -> dict[str, Any]:
    state = trace.state
    return {
        "total_tokens": state.tokens,
        "total_latency_ms": state.latency_ms,
        "complexity": state.complexity,
        "drift": state.drift,
        "events": trace.record.events,
        "log_lines": trace.record.lines,
        "artifacts": len(state.artifacts),
        "figures": msgspec.to_builtins(state.figures),
        "cost_report": state.cost_report,
    }


def _stage(stage: Stage) -> dict[str, Any]:
    return {
        "stage_id": stage.stage_id,
        "name": stage.name,
        "status": stage.status,
        "agent": stage.agent,
        "attempts": stage.attempts,
        "started_at": instant(stage.started_us),
        "ended_at": instant(stage.ended_us),
        "duration_ms": stage.duration_ms,
        "tokens": stage.tokens,
        "complexity": stage.complexity,
        "drift": stage.drift,
        "recoveries": stage.recoveries,
        "violations": stage.violations,
        "error": stage.error,
    }


def _routing(row: RoutingRow) -> dict[str, Any]:
    return {
        "position": row.position,
        "time": instant(row.time_us),
        "stage_id": row.stage_id,
        "agent": row.agent,
        "score": row.score,
        "reason": row.reason,
        "complexity": row.complexity,
        "confidence": row.confidence,
        "source": row.source,
        "alternatives": row.alternatives,
    }


def _ledger(row: LedgerRow) -> dict[str, Any]:
    return {
        "position": row.position,
        "time": instant(row.time_us),
        "stage_id": row.stage_id,
        "engine": row.engine,
        "outcome": row.outcome,
        "title": row.title,
        "detail": [{"label": label, "text": text} for label, text in row.detail],
        "incident": row.incident,
    }


def _incident(trace: Trace, item: Incident) -> dict[str, Any]:
    return {
        "number": item.number,
        "title": trace.title(item),
        "stage_id": item.stage_id,
        "kind": item.kind,
        "outcome": item.outcome,
        "severity": item.severity,
        "found": item.found,
        "tried": item.tried,
        "before": item.before,
        "after": item.after,
        "location": item.location,
        "code": item.code,
        "recoveries": item.recoveries,
        "started_at": instant(item.started_us),
        "ended_at": instant(item.ended_us),
        "duration_ms": item.duration_ms,
        "events": item.events,
        "position": item.position,
        "last": item.last,
    }


def _warning(row: WarningRow) -> dict[str, Any]:
    return {"code": row.code, "stage_id": row.stage_id, "message": row.message, "position": row.position}


def _artifact(trace: Trace, item: Artifact) -> dict[str, Any]:
    return {
        "file": item.file,
        "type": item.kind,
        "stage_id": item.stage_id,
        "status": item.status,
        "chars": item.chars,
        "version": item.version,
        "sha256": item.sha256,
        "content": trace.text(item.file),
    }


def _log(row: StoredLine) -> dict[str, Any]:
    return {
        "line": row.line,
        "position": row.position,
        "time": instant(row.time_us),
        "level": row.level,
        "stage_id": row.stage_id,
        "agent": row.agent,
        "message": row.message,
    }


def _event(logged: LoggedEvent) -> dict[str, Any]:
    exported: dict[str, Any] = {"position": logged.position}
    if logged.event.id is not None:
        exported["id"] = logged.event.id
    raw = logged.event.raw
    try:
        raw.decode()
        msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        exported["text"] = raw.decode("utf-8", "replace")
    else:
        exported["event"] = msgspec.Raw(raw)
    return exported

"""The complete run as JSON: its state, its rows, and every event as the server sent it.

One object. Times are ISO 8601 in UTC, durations milliseconds, sizes code points.

================  =======================================================================
``format``        "worker-widget/run", and ``version`` 2
``exported_at``   when this was written
``run``           ids, worker, task, status, error, times, settings, ``replay_token``
``request``       task, brand, budget, strict mode, depth, options; ``null`` if it is unknown
``metrics``       tokens, latency, counts, ``figures`` of the run, ``cost_report``
``stages``        one object each, with its ``parent_id``, kind, times, figures, input and
                  output, in the order of the tree
``routing``       every routing decision
``policy``, ``drift``, ``failures``, ``recovery``, ``replay``
                  every ledger row of the kind, with its engine, outcome and incident
``incidents``     every incident: what was found, what was tried, and how it ended
``warnings``      what a reader of the result must know; ``understanding`` of the task
``artifacts``     one object each; ``content`` is the text, ``null`` if there is none
``logs``          every log line
``events``        every event, one on each line: ``position``, ``id`` if the stream has ids,
                  ``type`` if only the stream says it, ``hash`` (see `EventChain`), and
                  ``event``, its JSON byte for byte; ``text`` is what is no JSON, or JSON of
                  several lines, ``base64`` what is no UTF-8; ``run_requested`` is of the client
``integrity``     the number of events and ``head``, the last hash of their chain; the hash of
                  the ``file`` before this line and the beginning of that of each of its
                  ``sections``; ``signature`` if it was signed (see `Signature`)
================  =======================================================================

`worker_widget.load_run` reads it, ``worker-widget verify`` finds what was changed in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from ...events.event_chain import EventChain
from ...state.incident import Incident, LedgerKind
from ...state.run_state import Artifact, LedgerRow, RoutingRow, Stage, WarningRow
from ...state.run_warnings import run_warnings
from ...state.stage_content import StageContent
from ...store.log_table import StoredLine
from .event_row import RowEvent, row_text
from .seal import Seal
from .trace import Trace, instant

FORMAT: Final = "worker-widget/run"
VERSION: Final = 2
"""Version 1 had no hashes, and of events that were no JSON only a readable text."""

_KINDS: Final[dict[str, LedgerKind]] = {
    "policy": "policy",
    "drift": "drift",
    "failures": "failure",
    "recovery": "recovery",
    "replay": "replay",
}


def json_parts(trace: Trace) -> Iterator[str]:
    """The trace as JSON text, in parts."""
    seal = Seal()
    for key, parts in _sections(trace, seal.chain):
        yield from seal.sealed(key, parts)
    yield seal.signed_line(trace.signer) + "}\n"


def _sections(trace: Trace, chain: EventChain) -> Iterator[tuple[str, Iterable[str]]]:
    """The keys of the object with their text, except the seal."""
    yield "format", ["{\n" + f'  "format": {_json(FORMAT)},\n']
    facts = {
        "version": VERSION,
        "exported_at": instant(trace.exported_us),
        "run": _run(trace),
        "request": trace.state.request,
        "metrics": _metrics(trace),
    }
    for key, value in facts.items():
        yield key, [_member(key, value)]
    rows = {
        "stages": _stages(trace),
        "routing": (_json(_routing(row)) for row in trace.routing()),
        **{key: _ledger_rows(trace, kind) for key, kind in _KINDS.items()},
        "incidents": (_json(_incident(trace, item)) for item in trace.incidents()),
        "warnings": (_json(_warning(row)) for row in run_warnings(trace.state)),
    }
    for key, texts in rows.items():
        yield key, _list(key, texts)
    yield "understanding", [_member("understanding", trace.state.understanding)]
    yield "artifacts", _list("artifacts", (_json(_artifact(trace, item)) for item in trace.state.artifacts))
    yield "logs", _list("logs", (_json(_log(row)) for row in trace.log()))
    rows_of_events = (RowEvent(raw, id, type, at) for at, id, raw, type in trace.raw_events())
    yield "events", _list("events", (row_text(row, chain) for row in rows_of_events))


def _member(key: str, value: Any) -> str:
    return f'  "{key}": {_json(value)},\n'


def _ledger_rows(trace: Trace, kind: LedgerKind) -> Iterator[str]:
    return (_json(_ledger(row)) for row in trace.ledger(kind))


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _list(key: str, rows: Iterable[str]) -> Iterator[str]:
    """A list with one row on each line."""
    yield f'  "{key}": ['
    before = "\n    "
    for row in rows:
        yield before + row
        before = ",\n    "
    yield "],\n" if before == "\n    " else "\n  ],\n"


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
        "parent_run_id": state.parent_run_id,
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


def _stages(trace: Trace) -> Iterator[str]:
    contents = trace.stage_contents()
    for stage, depth in trace.stages():
        yield _json(_stage(stage, depth, contents.get(stage.stage_id, StageContent())))


def _stage(stage: Stage, depth: int, content: StageContent) -> dict[str, Any]:
    return {
        "stage_id": stage.stage_id,
        "parent_id": stage.parent_id,
        "depth": depth,
        "kind": stage.kind,
        "name": stage.name,
        "status": stage.status,
        "agent": stage.agent,
        "model": stage.model,
        "attempts": stage.attempts,
        "started_at": instant(stage.started_us),
        "ended_at": instant(stage.ended_us),
        "duration_ms": stage.duration_ms,
        "tokens": stage.tokens,
        "input_tokens": stage.input_tokens,
        "output_tokens": stage.output_tokens,
        "cost": stage.cost,
        "progress": stage.progress,
        "complexity": stage.complexity,
        "drift": stage.drift,
        "recoveries": stage.recoveries,
        "violations": stage.violations,
        "error": stage.error,
        "input": content.input,
        "output": content.output,
        "traceback": content.traceback,
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

"""The run as plain text: its figures, then sections for stages, routing, incidents, artifacts and log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

from ...state.display_names import agent_name, display_name
from ...state.error_words import error_words
from ...state.incident import Incident
from ...state.request_facts import request_facts
from ...state.run_state import LedgerRow, RoutingRow, RunState
from ...state.run_warnings import run_warnings
from ...state.stages import TreeRow
from ...state.verdict import verdict
from .trace import Trace, instant
from .words import VISIBLE, duration, one_line

_WIDTH: Final = 100
_TIME_CHARS: Final = 15
_STAGES: Final = ("Stage", "Status", "Agent", "Started", "Duration", "Tokens", "Drift")
_ROUTING: Final = (
    *("Time", "Stage", "Agent", "Score", "Confidence", "Complexity", "Source"),
    *("Not selected", "Reason"),
)
_ARTIFACTS: Final = ("File", "Stage", "Status", "Characters", "SHA-256")


def txt_parts(trace: Trace) -> Iterator[str]:
    """The trace as plain text, in parts."""
    for line in _lines(trace):
        yield line.rstrip().translate(VISIBLE) + "\n"


def _lines(trace: Trace) -> Iterator[str]:
    state = trace.state
    stages = list(trace.stages())
    names = {row.stage.stage_id: row.stage.name for row in stages}
    yield "WORKER RUN TRACE"
    yield "=" * _WIDTH
    yield from _facts(_head(trace))
    yield from _request(trace.state)
    yield from _understanding(state)
    yield from _heading("Stages", len(stages))
    yield from _table(_STAGES, lambda: map(_stage, stages), right=(4, 5, 6))
    for stage, _ in stages:
        if stage.error:
            yield from _indented(f"  {stage.name}: ", error_words(stage.error))
    yield from _heading("Routing", state.counts.routing)
    yield from _table(_ROUTING, lambda: _decisions(trace, names), right=(3, 4, 5))
    yield from _heading("Failures and recovery", state.counts.incidents)
    for incident in trace.incidents():
        yield from _incident(trace, incident)
    if state.counts.passed:
        yield f"{_checks(state.counts.passed)} passed"
    yield from _heading("Ledger", state.counts.ledger)
    for row in trace.ledger():
        yield from _ledger(row, names)
    yield from _heading("Artifacts", len(state.artifacts))
    yield from _table(
        _ARTIFACTS,
        lambda: (
            (item.file, _stage_name(item.stage_id, names), item.status, f"{item.chars:,}", item.sha256 or "")
            for item in state.artifacts
        ),
        right=(3,),
    )
    yield from _heading("Log", trace.record.lines)
    stage_chars = max(map(len, names.values()), default=0)
    agent_chars = max((len(agent_name(stage.agent or "")) for stage, _ in stages), default=0)
    for line in trace.log():
        name, agent = _stage_name(line.stage_id, names), agent_name(line.agent or "")
        yield from _indented(
            f"{_time(line.time_us):{_TIME_CHARS}}  {line.level.upper():7}  "
            f"{name:{stage_chars}}  {agent:{agent_chars}}  ",
            line.message,
        )


def _head(trace: Trace) -> dict[str, str | None]:
    record, state = trace.record, trace.state
    ended = verdict(state)
    return {
        "Run": record.run_id,
        "Worker": trace.worker,
        "Served by": record.origin,
        "Task": trace.task,
        "Status": ended.summary if ended else state.status,
        "Reason": ended.reason if ended else None,
        "Started": instant(state.started_us),
        "Ended": instant(state.ended_us),
        "Duration": duration(state.latency_ms),
        "Tokens": f"{state.tokens:,}",
        "Events": f"{record.events:,}",
        "Again from": state.replay_of,
        "Started from": state.parent_run_id,
        "Exported": instant(trace.exported_us),
    }


def _request(state: RunState) -> Iterator[str]:
    yield ""
    yield "REQUEST"
    yield "-" * _WIDTH
    for label, text in request_facts(state):
        yield from _indented(f"{label:12}", text)


def _facts(facts: dict[str, str | None]) -> Iterator[str]:
    for label, text in facts.items():
        if text:
            yield from _indented(f"{label:11}", text)


def _understanding(state: RunState) -> Iterator[str]:
    """The warnings, and how the task was understood."""
    warnings, understood = run_warnings(state), state.understanding
    if warnings:
        yield from _heading("Warnings", len(warnings))
        for warning in warnings:
            yield from _indented("", warning.message)
    if understood is not None:
        score = "not measured" if understood.score is None else f"{understood.score:.0%}"
        least = "" if understood.threshold is None else f", at least {understood.threshold:.0%} is enough"
        yield ""
        yield f"Understanding of the task: {score}{least}"
        for reason in understood.reasons:
            yield from _indented("  ", reason)
        for kind, text in understood.facts:
            yield from _indented(f"  {kind}: ", text)


def _heading(title: str, count: int) -> Iterator[str]:
    yield ""
    yield f"{title.upper()} ({count:,})"
    yield "-" * _WIDTH
    if not count:
        yield "none"


def _stage(row: TreeRow) -> tuple[str, ...]:
    stage, depth = row
    return (
        "› " * depth + stage.name,
        stage.status + (f" (attempt {stage.attempts})" if stage.attempts > 1 else ""),
        agent_name(stage.agent or ""),
        _time(stage.started_us),
        duration(stage.duration_ms) or "",
        "" if stage.tokens is None else f"{stage.tokens:,}",
        _share(stage.drift),
    )


def _decisions(trace: Trace, names: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    for row in trace.routing():
        yield from _routing(row, names)


def _stage_name(stage_id: str | None, names: Mapping[str, str]) -> str:
    return "" if stage_id is None else names.get(stage_id) or display_name(stage_id)


def _routing(row: RoutingRow, names: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """A decision, and a line for each further candidate."""
    others = [
        (f"{agent_name(item['agent'])} {_share(item['score'])}".rstrip(), item["reason"] or "")
        for item in row.alternatives
    ]
    first, *more = others or [("", "")]
    yield (
        _time(row.time_us),
        _stage_name(row.stage_id, names),
        agent_name(row.agent or ""),
        _share(row.score),
        _share(row.confidence),
        _share(row.complexity),
        row.source or "",
        *first,
    )
    for other in more:
        yield (*[""] * 7, *other)


def _incident(trace: Trace, incident: Incident) -> Iterator[str]:
    lead = f"{_time(incident.started_us):{_TIME_CHARS}}  "
    yield from _indented(lead, trace.title(incident))
    facts = {
        "location": incident.location,
        "before": incident.before,
        "after": incident.after,
        "code": incident.code,
        "took": duration(incident.duration_ms),
    }
    for label, text in facts.items():
        if text:
            yield from _indented(" " * len(lead) + f"{label}: ", text)


def _checks(count: int) -> str:
    return f"{count:,} check{'' if count == 1 else 's'}"


def _ledger(row: LedgerRow, names: Mapping[str, str]) -> Iterator[str]:
    time, name = _time(row.time_us), _stage_name(row.stage_id, names)
    lead = f"{time:{_TIME_CHARS}}  {row.engine:3}  {row.outcome.upper():7}  {name:11}  "
    yield from _indented(lead, row.title)
    for label, text in row.detail:
        yield from _indented(" " * len(lead) + f"{label}: ", text)


def _table(
    head: Sequence[str], rows: Callable[[], Iterable[Sequence[str]]], right: Sequence[int]
) -> Iterator[str]:
    """A table with aligned columns, those in ``right`` to the right; nothing without rows.

    ``rows`` is called twice, for the widths and for the lines, so that the rows need not be in memory.
    """
    widths = [0] * len(head)
    for row in rows():
        widths = [max(width, len(one_line(cell))) for width, cell in zip(widths, row, strict=True)]
    if not any(widths):
        return
    widths = [max(width, len(title)) for width, title in zip(widths, head, strict=True)]
    for row in chain([head], rows()):
        yield "  ".join(
            cell.rjust(width) if at in right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(map(one_line, row), widths, strict=True))
        )


def _indented(lead: str, text: str) -> Iterator[str]:
    """``text`` after ``lead``; its further lines are indented under its first."""
    first, *more = text.splitlines() or [""]
    yield lead + first
    for line in more:
        yield " " * len(lead) + line


def _time(time_us: int | None) -> str:
    """The time of day, to the microsecond."""
    text = instant(time_us)
    return "" if text is None else text[11:26]


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"

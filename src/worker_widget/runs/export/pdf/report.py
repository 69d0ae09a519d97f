"""What the report says, as JSON that ``report.typ`` lays out: texts, figures and numbers, and no markup.

Every part has a limit, so that the report of any run is made in seconds; what is left out is counted in it.
The time of the export is not in it: two exports of a run are the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, TypeVar

from ....artifacts.outline import outline
from ....events import InputGiven, InputRequested
from ....events.artifact_bytes import BINARY
from ....state.display_names import agent_name, display_name
from ....state.error_words import error_words
from ....state.incident import Incident
from ....state.incident_title import RESULTS
from ....state.request_facts import in_words, request_facts
from ....state.run_state import Artifact, RoutingRow, RunState, Stage
from ....state.run_warnings import run_warnings
from ....state.stages import TreeRow
from ....state.verdict import verdict
from ....store.line_filter import EVERY_LINE
from ....store.log_table import StoredLine
from ....version import __version__
from ..trace import Trace, instant
from ..words import duration, one_line

MOST_LINES: Final = 500
"""The most log lines in a report: the first and the last half of them."""

_MOST_ROWS: Final = 200
_MOST_BARS: Final = 40
_MOST_ARTIFACTS: Final = 60
_MOST_OUTLINES: Final = 20
_MOST_HEADINGS: Final = 30
_MOST_CHARS: Final = 1_000
_MOST_TASK_CHARS: Final = 6_000
_MOST_ALT_STAGES: Final = 20
_MOST_OUTLINED_CHARS: Final = 1_000_000
_MOST_TITLE_CHARS: Final = 24
_SHORT_ID_CHARS: Final = 8
_TICKS: Final = 6

_NO_INCIDENTS: Final = {
    "completed": "Nothing failed, and no rule was broken.",
    "failed": "No failure was reported but that of the run.",
    "cancelled": "No failure was reported before the run was cancelled.",
    "interrupted": "No failure was reported before the run was interrupted.",
}

T = TypeVar("T")


def report(trace: Trace) -> dict[str, Any]:
    """The content of the report."""
    state = trace.state
    stages = list(trace.stages())
    names = {row.stage.stage_id: row.stage.name for row in stages}
    return {
        "title": f"Report on run {_short(one_line(trace.record.run_id))}",
        "worker": display_name(trace.worker),
        "run": _cut(trace.record.run_id, 100),
        "moment": _moment(trace),
        "verdict": _verdict(state),
        "task": _lines(trace.task or "", _MOST_TASK_CHARS),
        "written": f"worker-widget {__version__}",
        "facts": [[label, _cut(text, 300)] for label, text in _facts(trace) if text],
        "figures": [[label, text] for label, text in _figures(trace) if text],
        "warnings": _capped((_cut(row.message) for row in run_warnings(state)), len(run_warnings(state))),
        "understanding": _understanding(state),
        "timeline": _timeline(state, stages),
        "stages": _capped(map(_stage, stages), len(stages)),
        "decisions": _capped(
            (_decision(row, names, state.started_us) for row in trace.routing()), state.counts.routing
        ),
        "answers": _answers(trace),
        "incidents": _capped((_incident(trace, item) for item in trace.incidents()), state.counts.incidents),
        "no-incidents": _NO_INCIDENTS.get(state.status, "No failure was reported so far."),
        "checks": _checks(state),
        "artifacts": _artifacts(trace, names),
        "request": [[label, _lines(text, 4_000)] for label, text in request_facts(state)],
        "log": _log(trace, names),
    }


def _cut(text: str, most: int = _MOST_CHARS) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _short(run_id: str) -> str:
    """The id of a run, or the beginning of a long one."""
    return run_id if len(run_id) <= _MOST_TITLE_CHARS else run_id[:_SHORT_ID_CHARS]


def _lines(text: str, most: int) -> list[str]:
    return [line for line in _cut(text, most).splitlines() if line.strip()]


def _capped(rows: Iterable[T], count: int, most: int = _MOST_ROWS) -> dict[str, Any]:
    """The first rows, and how many are left out."""
    shown = list(islice(rows, most))
    return {"rows": shown, "count": f"{count:,}", "more": _number(count - len(shown))}


def _number(count: int) -> str:
    return f"{count:,}" if count > 0 else ""


def _moment(trace: Trace) -> list[int]:
    """The date of the report in UTC: the end of the run, or the newest event of one that goes on."""
    state, record = trace.state, trace.record
    time_us = state.ended_us or state.last_us or state.started_us or record.created_us
    text = instant(time_us) or ""
    return [int(text[a:b]) for a, b in ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19))]


def _verdict(state: RunState) -> dict[str, Any]:
    ended = verdict(state)
    if ended is None:
        return {
            "tone": "neutral",
            "summary": f"{state.status.capitalize()}: the run has not ended",
            "reason": [],
        }
    return {
        "tone": ended.tone,
        "summary": _cut(ended.summary, 300),
        "reason": _lines(ended.reason or "", 2_000),
    }


def _facts(trace: Trace) -> Iterator[tuple[str, str | None]]:
    record, state = trace.record, trace.state
    yield "Run", record.run_id
    yield "Worker", trace.worker
    yield "Served by", record.origin
    yield "Started", _date(state.started_us)
    yield "Ended", _date(state.ended_us)
    yield "Again from", state.replay_of
    yield "Started from", state.parent_run_id
    yield "Events", f"{record.events:,}"
    yield "Written by", f"worker-widget {__version__}"


def _figures(trace: Trace) -> Iterator[tuple[str, str | None]]:
    state, figures = trace.state, trace.state.figures
    counts, cost = state.counts, state.figures.cost
    yield "Duration", duration(state.latency_ms)
    yield "Tokens", f"{state.tokens:,}" if state.tokens else None
    yield "Cost", None if cost is None else f"{cost.amount:,.4g} {cost.currency or ''}".rstrip()
    yield "Stages", f"{counts.top_done:,} of {counts.top_stages:,}" if counts.top_stages else None
    yield "Artifacts", f"{len(state.artifacts):,}" if state.artifacts else None
    passed = f"{figures.policies_passed:,} of {figures.policies:,} passed"
    yield "Policy checks", passed if figures.policies else None
    yield "Recovered", f"{figures.recovered:,} of {figures.recoveries:,}" if figures.recoveries else None
    yield "Not recovered", f"{figures.unrecovered:,}" if figures.unrecovered else None
    yield "Mean drift", None if figures.mean_drift is None else f"{figures.mean_drift:.0%}"
    yield "Mean complexity", None if figures.mean_complexity is None else f"{figures.mean_complexity:.0%}"


def _understanding(state: RunState) -> dict[str, Any] | None:
    understood = state.understanding
    if understood is None:
        return None
    score = "not measured" if understood.score is None else f"{understood.score:.0%}"
    least = "" if understood.threshold is None else f", at least {understood.threshold:.0%} is enough"
    facts = [[kind, _cut(text, 300)] for kind, text in understood.facts]
    return {
        "score": score + least,
        "reasons": [_cut(text, 500) for text in understood.reasons[:_MOST_ROWS]],
        "facts": facts[:_MOST_ROWS],
    }


def _timeline(state: RunState, stages: Sequence[TreeRow]) -> dict[str, Any]:
    """The bars of the first stages: all of them, or of a larger tree those at the top."""
    timed = [row for row in stages if row.stage.started_us is not None]
    at_top = [row for row in timed if row.depth == 0]
    shown = (timed if len(timed) <= _MOST_BARS else at_top)[:_MOST_BARS]
    if not shown:
        return {"bars": [], "ticks": [], "alt": "", "more": ""}
    starts = [row.stage.started_us or 0 for row in shown]
    begin = min(starts) if state.started_us is None else min(state.started_us, *starts)
    ends = [row.stage.ended_us or 0 for row in shown]
    end = max(state.ended_us or state.last_us or 0, *ends, begin + 1)
    bars = [_bar(row, begin, end) for row in shown]
    words = [f"{bar['name']} from {bar['from']} to {bar['to']}, {bar['status']}" for bar in bars]
    more = "" if len(words) <= _MOST_ALT_STAGES else f"; and {len(words) - _MOST_ALT_STAGES} more"
    stages_shown = f"{len(shown)} stage{'' if len(shown) == 1 else 's'}"
    return {
        "bars": bars,
        "ticks": _ticks((end - begin) / 1_000_000),
        "alt": f"Timeline of {stages_shown}. {'; '.join(words[:_MOST_ALT_STAGES])}{more}.",
        "more": _number(len(timed) - len(shown)),
    }


def _bar(row: TreeRow, begin: int, end: int) -> dict[str, Any]:
    stage, depth = row
    start_us = stage.started_us or begin
    end_us = max(stage.ended_us or end, start_us)
    return {
        "name": _cut(stage.name, 60),
        "depth": min(depth, 6),
        "status": stage.status,
        "start": (start_us - begin) / (end - begin),
        "end": (end_us - begin) / (end - begin),
        "from": _seconds(start_us - begin),
        "to": _seconds(end_us - begin),
        "took": _took(stage) or _seconds(end_us - start_us),
    }


def _ticks(seconds: float) -> list[list[Any]]:
    """Marks of the axis at round times: each its place, 0 to 1, and its text."""
    step = 1e-6
    while True:
        for factor in (1, 2, 5):
            if seconds / (step * factor) <= _TICKS:
                width = step * factor
                count = int(seconds / width + 1e-9)
                return [[number * width / seconds, f"{number * width:g} s"] for number in range(count + 1)]
        step *= 10


def _stage(row: TreeRow) -> dict[str, Any]:
    stage, depth = row
    again = f" (attempt {stage.attempts})" if stage.attempts > 1 else ""
    taken = "" if stage.reused_from is None else f" (of run {stage.reused_from[:_SHORT_ID_CHARS]})"
    return {
        "name": _cut(stage.name, 100),
        "depth": min(depth, 6),
        "status": stage.status,
        "attempts": again + taken,
        "error": _cut(error_words(stage.error), 500) if stage.error else "",
        "agent": _cut(agent_name(stage.agent or ""), 60),
        "took": _took(stage),
        "tokens": "" if stage.tokens is None else f"{stage.tokens:,}",
        "drift": _share(stage.drift),
    }


def _decision(row: RoutingRow, names: Mapping[str, str], started_us: int | None) -> dict[str, Any]:
    others = [
        f"{agent_name(item['agent'])} {_share(item['score'])}".rstrip()
        + (f" ({item['reason']})" if item["reason"] else "")
        for item in row.alternatives
    ]
    return {
        "time": _since(row.time_us, started_us),
        "stage": _cut(_stage_name(row.stage_id, names), 60),
        "agent": _cut(agent_name(row.agent or ""), 60),
        "score": _share(row.score),
        "confidence": _share(row.confidence),
        "complexity": _share(row.complexity),
        "reason": _cut(row.reason or "", 400),
        "others": _cut(", ".join(others), 600),
    }


def _answers(trace: Trace) -> dict[str, Any]:
    """What the run asked of a person, and the answers."""
    asked: dict[str, dict[str, Any]] = {}
    kinds = ("input_requested", "input_given")
    for logged in trace.store.iterate(trace.record.run_id, only=kinds):
        data = logged.event.data
        if isinstance(data, InputRequested):
            question = _cut(data.message or data.reason or "An answer", 600)
            asked[data.request_id or ""] = {"question": question, "answer": "", "outcome": "open"}
        elif isinstance(data, InputGiven):
            row = asked.setdefault(data.request_id or "", {"question": "An answer", "answer": ""})
            row["outcome"] = data.outcome
            row["answer"] = "" if data.payload is None else _cut(in_words(data.payload), 600)
    return _capped(asked.values(), len(asked))


def _incident(trace: Trace, incident: Incident) -> dict[str, Any]:
    remains = incident.unrecovered
    tones = {"recovered": "ok", "passed": "ok", "reported": "warning"}
    facts = {
        "Location": incident.location,
        "Before": incident.before,
        "After": incident.after,
        "Code": incident.code,
        "Took": duration(incident.duration_ms) if incident.duration_ms else None,
    }
    return {
        "title": _cut(trace.title(incident), 600),
        "result": RESULTS.get(incident.outcome, incident.outcome),
        "tone": "error" if remains else tones.get(incident.outcome, "neutral"),
        "time": _since(incident.started_us, trace.state.started_us),
        "facts": [[label, _cut(text, 600)] for label, text in facts.items() if text],
    }


def _checks(state: RunState) -> str:
    passed = state.counts.passed
    return f"{passed:,} check{'' if passed == 1 else 's'} passed." if passed else ""


def _artifacts(trace: Trace, names: Mapping[str, str]) -> dict[str, Any]:
    artifacts = trace.state.artifacts
    rows = [
        _artifact(trace, item, names, with_outline=number < _MOST_OUTLINES)
        for number, item in enumerate(artifacts[:_MOST_ARTIFACTS])
    ]
    return _capped(rows, len(artifacts))


def _artifact(
    trace: Trace, artifact: Artifact, names: Mapping[str, str], *, with_outline: bool
) -> dict[str, Any]:
    readable = artifact.has_content and artifact.kind not in BINARY
    found = []
    if with_outline and readable and artifact.chars <= _MOST_OUTLINED_CHARS:
        found = outline(trace.text(artifact.file) or "", artifact.kind)
    return {
        "file": _cut(artifact.file, 120),
        "stage": _cut(_stage_name(artifact.stage_id, names), 60),
        "status": artifact.status,
        "chars": f"{artifact.chars:,}",
        "sha256": artifact.sha256 or "",
        "keys": artifact.kind == "json",
        "outline": [[item.level, _cut(item.text, 160)] for item in found[:_MOST_HEADINGS]],
        "more": _number(len(found) - _MOST_HEADINGS),
    }


def _log(trace: Trace, names: Mapping[str, str]) -> dict[str, Any]:
    """The log, or of a longer one its first and last lines."""
    run_id, total = trace.record.run_id, trace.record.lines
    half = MOST_LINES // 2

    def lines(start: int, count: int) -> list[dict[str, Any]]:
        window = trace.store.log_window(run_id, EVERY_LINE, start, count)
        return [_line(row, names, trace.state.started_us) for row in window.rows]

    if total <= MOST_LINES:
        return {"first": lines(0, MOST_LINES), "last": [], "count": f"{total:,}", "more": ""}
    return {
        "first": lines(0, half),
        "last": lines(total - half, half),
        "count": f"{total:,}",
        "more": _number(total - 2 * half),
    }


def _line(row: StoredLine, names: Mapping[str, str], started_us: int | None) -> dict[str, Any]:
    return {
        "time": _since(row.time_us, started_us),
        "level": row.level,
        "stage": _cut(_stage_name(row.stage_id, names), 40),
        "message": _lines(row.message, 600) or [""],
    }


def _took(stage: Stage) -> str:
    """The duration that the worker reports, or the time between start and end."""
    if stage.duration_ms is None and stage.started_us is not None and stage.ended_us is not None:
        return duration((stage.ended_us - stage.started_us) / 1_000) or ""
    return duration(stage.duration_ms) or ""


def _stage_name(stage_id: str | None, names: Mapping[str, str]) -> str:
    return "" if stage_id is None else names.get(stage_id) or display_name(stage_id)


def _date(time_us: int | None) -> str | None:
    text = instant(time_us)
    return None if text is None else f"{text[:10]} {text[11:23]} UTC"


def _since(time_us: int | None, started_us: int | None) -> str:
    """A time as seconds since the start of the run."""
    if time_us is None:
        return ""
    return f"{(time_us - started_us) / 1_000_000:.3f}" if started_us is not None else (instant(time_us) or "")


def _seconds(us: int) -> str:
    return f"{us / 1_000_000:.2f} s"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"

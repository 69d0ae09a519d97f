"""A summary of the run in Markdown, to be pasted into an issue: at most 60,000 characters for any run.

Everything that a worker wrote is in code spans and code blocks; see `markdown_text`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from ...state.display_names import agent_name
from ...state.error_words import error_words
from ...state.run_warnings import run_warnings
from ...state.stages import TreeRow
from ...state.verdict import verdict
from ...store.line_filter import LineFilter
from ...version import __version__
from .markdown_text import block, code
from .trace import Trace, instant
from .words import duration

MOST_CHARS: Final = 60_000
"""The most characters of a summary; GitHub takes 65,536 in an issue."""

_MOST_ROWS: Final = 40
_MOST_INCIDENTS: Final = 20
_MOST_LINES: Final = 30
_HASH_CHARS: Final = 12
_TROUBLE: Final = LineFilter(levels=frozenset({"warning", "error"}))
_STAGES: Final = ("Stage", "Status", "Agent", "Duration", "Tokens")
_ARTIFACTS: Final = ("Artifact", "Status", "Characters", "SHA-256")


def md_parts(trace: Trace) -> Iterator[str]:
    """The summary, in parts."""
    for line in _lines(trace):
        yield line + "\n"


def _lines(trace: Trace) -> Iterator[str]:
    state = trace.state
    yield f"### Worker run {code(trace.record.run_id, 64)}: {state.status}"
    yield ""
    yield from _table(("", ""), ((label, text) for label, text in _facts(trace) if text))
    warnings = run_warnings(state)
    yield from _list("Warnings", len(warnings), (code(row.message) for row in warnings))
    incidents = (code(trace.title(item), 300) for item in trace.incidents())
    yield from _list("Problems", state.counts.incidents, incidents, _MOST_INCIDENTS)
    yield from _heading("Stages", trace.stage_count)
    yield from _table(_STAGES, map(_stage, islice(trace.stages(), _MOST_ROWS)), (3, 4))
    yield from _more(trace.stage_count, _MOST_ROWS)
    yield from _heading("Artifacts", len(state.artifacts))
    yield from _table(
        _ARTIFACTS,
        (
            (code(item.file), item.status, f"{item.chars:,}", code((item.sha256 or "")[:_HASH_CHARS]))
            for item in state.artifacts[:_MOST_ROWS]
        ),
        (2,),
    )
    yield from _more(len(state.artifacts), _MOST_ROWS)
    yield from _log(trace)


def _facts(trace: Trace) -> Iterator[tuple[str, str | None]]:
    state, ended = trace.state, verdict(trace.state)
    yield "Result", code(ended.summary) if ended else None
    yield "Reason", code(ended.reason, 600) if ended and ended.reason else None
    yield "Worker", code(trace.worker)
    yield "Task", code(trace.task or "", 600)
    yield "Started", instant(state.started_us)
    yield "Duration", duration(state.latency_ms)
    yield "Tokens", f"{state.tokens:,}" if state.tokens else None
    yield "Again from", code(state.replay_of or "", 64)
    yield "Started from", code(state.parent_run_id or "", 64)
    yield "Events", f"{trace.record.events:,}"
    yield "Written by", f"worker-widget {__version__}, {instant(trace.exported_us)}"


def _stage(row: TreeRow) -> tuple[str, ...]:
    stage, depth = row
    error = f": {code(error_words(stage.error), 120)}" if stage.error else ""
    return (
        "› " * min(depth, 8) + code(stage.name, 80),
        stage.status + (f" (attempt {stage.attempts})" if stage.attempts > 1 else "") + error,
        code(agent_name(stage.agent or ""), 80),
        duration(stage.duration_ms) or "",
        "" if stage.tokens is None else f"{stage.tokens:,}",
    )


def _log(trace: Trace) -> Iterator[str]:
    """The last warnings and errors of the log."""
    run_id = trace.record.run_id
    total = trace.store.log_total(run_id, _TROUBLE)
    if not total:
        return
    window = trace.store.log_window(run_id, _TROUBLE, max(total - _MOST_LINES, 0), _MOST_LINES)
    of = "" if total <= _MOST_LINES else f" (the last {_MOST_LINES} of {total:,})"
    yield ""
    yield "<details>"
    yield f"<summary>Warnings and errors in the log{of}</summary>"
    yield ""
    yield block(
        f"{(instant(row.time_us) or '')[11:23]:12}  {row.level.upper():7}  {row.message}"
        for row in window.rows
    )
    yield ""
    yield "</details>"


def _heading(title: str, count: int) -> Iterator[str]:
    if count:
        yield ""
        yield f"#### {title} ({count:,})"
        yield ""


def _list(title: str, count: int, texts: Iterable[str], most: int = _MOST_ROWS) -> Iterator[str]:
    yield from _heading(title, count)
    for text in islice(texts, most):
        yield f"- {text}"
    yield from _more(count, most)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> Iterator[str]:
    first = True
    for row in rows:
        if first:
            yield f"| {' | '.join(head)} |"
            yield "|" + "".join(" --: |" if at in right else " --- |" for at in range(len(head)))
            first = False
        yield f"| {' | '.join(row)} |"


def _more(count: int, most: int) -> Iterator[str]:
    if count > most:
        yield ""
        yield f"… and {count - most:,} more"

"""The receipt of a run: a line, "Completed · 10.1 s · 8 artifacts · run 3d30", that unfolds to a report.

It is HTML without scripts and links, and reads the same without its styles and classes, so that every host
that shows a saved notebook has it, also where widgets are not supported and HTML is sanitised. All texts are
escaped, and it has a limit. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from itertools import islice
from typing import Final, TypedDict

from ...runs.run_summary import duration_words, without_formulas
from ...state.display_names import agent_name, display_name
from ...state.error_words import error_words
from ...state.incident_title import incident_title, stage_name
from ...state.run_state import RunState, Stage
from ...state.run_warnings import run_warnings
from ...state.verdict import verdict

NO_RUN: Final = "No run yet"
MOST_CHARS: Final = 24_000
"""The most characters of a receipt. Rows that would exceed it are left out."""

_MOST_ROWS: Final = 40
_MOST_DECISIONS: Final = 16
_FIGURES: Final = ("Duration", "Tokens", "Characters")
_ID_CHARS: Final = 4
_NOT_SHOWN: Final = str.maketrans(dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), " "))
_DIRECTION: Final = str.maketrans(
    dict.fromkeys((0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\ufffd")
)
"""Characters that turn the direction of the text after them around."""


Receipt = TypedDict("Receipt", {"text/plain": str, "text/html": str})
"""The receipt as a notebook's output: the line, and the line with the report."""


def receipt(worker: str, run: RunState) -> Receipt:
    """The receipt of a run in its current state; the report is in it when the run has ended."""
    line = _line(run)
    html = _text(line)
    if run.over:
        html = f"<details><summary>{html}</summary>{_bounded(_report(worker, run))}</details>"
    return {"text/plain": line, "text/html": without_formulas(f'<div style="padding:4px 0">{html}</div>')}


def _line(run: RunState) -> str:
    """The run in a line."""
    if run.run_id is None:
        return NO_RUN
    parts = [_status(run)]
    if run.over:
        if run.started_us is not None and run.ended_us is not None:
            parts.append(duration_words(run.ended_us - run.started_us))
        if run.artifacts:
            parts.append(f"{len(run.artifacts):,} artifact{'s' * (len(run.artifacts) != 1)}")
    elif run.started_us is not None:
        parts.append(f"since {_time(run.started_us)}")
    return " · ".join((*parts, f"run {_cut(run.run_id, _ID_CHARS, '')}"))


def _status(run: RunState) -> str:
    ended = verdict(run)
    if ended is not None:
        return _cut(ended.summary, 120)
    return "Waiting for an answer" if run.status == "waiting" else run.status.capitalize()


def _report(worker: str, run: RunState) -> Iterator[str]:
    """The report, in parts that are whole elements."""
    ended = verdict(run)
    if ended is not None and ended.reason:
        yield f"<p>{_text(ended.reason, 2_000)}</p>"
    for warning in islice(run_warnings(run), _MOST_ROWS):
        yield f"<p><b>Warning:</b> {_text(warning.message, 1_000)}</p>"
    facts = (f"<b>{label}:</b> {_text(text, 2_000)}" for label, text in _facts(worker, run))
    yield f"<p>{'<br>'.join(facts)}</p>"
    yield from _section(
        "Stages",
        ("Stage", "Status", "Agent", "Duration", "Tokens"),
        [
            (
                stage.name,
                _stage_status(stage, run),
                agent_name(stage.agent or ""),
                "" if stage.duration_ms is None else duration_words(round(stage.duration_ms * 1_000)),
                "" if stage.tokens is None else f"{stage.tokens:,}",
            )
            for stage in run.stages
        ],
        run.counts.stages,
    )
    if run.incidents:
        titles = (incident_title(item, stage_name(run, item.stage_id)) for item in run.incidents[:_MOST_ROWS])
        rows = "".join(f"<li>{_text(title, 600)}</li>" for title in titles)
        yield f"<p><b>Problems and recoveries</b></p><ul>{rows}</ul>{_more(run.counts.incidents)}"
    yield from _section(
        "Artifacts",
        ("File", "Status", "Characters", "SHA-256"),
        [(item.file, item.status, f"{item.chars:,}", (item.sha256 or "")[:12]) for item in run.artifacts],
        len(run.artifacts),
    )
    yield from _section(
        "Decisions",
        ("Stage", "Agent", "Reason"),
        [
            (stage_name(run, row.stage_id) or "", agent_name(row.agent or ""), row.reason or "")
            for row in run.routing[:_MOST_DECISIONS]
        ],
        run.counts.routing,
    )


def _stage_status(stage: Stage, run: RunState) -> str:
    """The status of a stage with its error, unless that is the reason of the run, which stands above."""
    ended, error = verdict(run), error_words(stage.error) if stage.error else None
    status = stage.status if stage.reused_from is None else f"taken from run {stage.reused_from[:_ID_CHARS]}"
    return status if error is None or (ended and ended.reason == error) else f"{status}: {error}"


def _facts(worker: str, run: RunState) -> Iterator[tuple[str, str]]:
    facts = {
        "Task": run.task or "",
        "Worker": display_name(run.worker or worker),
        "Run": run.run_id or "",
        "Again from": run.replay_of or "",
        "Started from": run.parent_run_id or "",
        "Started": "" if run.started_us is None else _time(run.started_us),
        "Ended": "" if run.ended_us is None else _time(run.ended_us),
        "Tokens": f"{run.tokens:,}" if run.tokens else "",
        "Log lines": f"{run.counts.logs:,}" if run.counts.logs else "",
    }
    return ((label, text) for label, text in facts.items() if text)


def _section(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], count: int) -> Iterator[str]:
    if not rows:
        return
    titles = "".join(_cell("th", title, title) for title in head)
    body = "".join(
        f"<tr>{''.join(_cell('td', title, cell) for title, cell in zip(head, row, strict=True))}</tr>"
        for row in rows[:_MOST_ROWS]
    )
    table = f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"
    yield f"<p><b>{title}</b></p>{table}{_more(count, min(len(rows), _MOST_ROWS))}"


def _cell(tag: str, column: str, text: str) -> str:
    """A cell; notebooks align those without a style to the right, as figures are."""
    style = "" if column in _FIGURES else ' style="text-align:left"'
    return f"<{tag}{style}>{_text(text)}</{tag}>"


def _more(count: int, shown: int = _MOST_ROWS) -> str:
    return f"<p>{count - shown:,} more</p>" if count > shown else ""


def _bounded(parts: Iterable[str]) -> str:
    """The parts that fit into the limit."""
    shown, chars = [], 0
    for part in parts:
        chars += len(part)
        if chars > MOST_CHARS:
            shown.append("<p>More does not fit here; the history and the exports have everything.</p>")
            break
        shown.append(part)
    return "".join(shown)


def _text(text: str, most: int = 200) -> str:
    """A text as HTML, cut after ``most`` characters."""
    plain = _cut(text, most).translate(_NOT_SHOWN).translate(_DIRECTION)
    return escape(plain.encode("utf-8", "replace").decode())


def _cut(text: str, most: int, mark: str = "…") -> str:
    return text if len(text) <= most else text[: most - len(mark)] + mark


def _time(time_us: int) -> str:
    return datetime.fromtimestamp(time_us / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

"""The page of a report around its data: the policy that forbids requests, the summary, and the viewer."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import sha256
from html import escape
from importlib.resources import files
from itertools import islice
from typing import Final

from ...errors import WorkerWidgetError
from ...state.display_names import agent_name
from ...state.incident_words import clipped
from ...state.run_warnings import run_warnings
from ...state.verdict import verdict
from ...version import __version__
from ..export.trace import Trace, instant
from ..export.words import duration

_MOST_ROWS: Final = 60
_STYLE: Final = (
    "body{margin:0;font:14px/1.5 system-ui,sans-serif}#summary{max-width:60em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse;margin:1em 0}td,th{text-align:left;vertical-align:top;"
    "padding:.2em .8em .2em 0;overflow-wrap:anywhere}th{font-weight:600}"
    "h1{font-size:1.4em;overflow-wrap:anywhere}h2{font-size:1.1em}"
    ".sr{position:absolute;clip-path:inset(50%);white-space:nowrap}"
    "#comparison{margin:8px 8px 0;border:1px solid #8886;border-radius:6px;padding:4px 10px}"
    "#comparison summary{cursor:pointer;font-weight:600}#comparison .differs td:first-child{font-weight:600}"
    "#comparison iframe{width:100%;height:32em;border:1px solid #8886}"
)


def viewer() -> tuple[str, str]:
    """The viewer's script, and the hash of the one script that runs inside the frame of an artifact.

    Raises `WorkerWidgetError` if the package was not built.
    """
    file = files("worker_widget") / "static" / "report.js"
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise WorkerWidgetError(
            "The report's viewer is missing (static/report.js). Install the package again, or build it with"
            " `npm ci && npm run build` in js/."
        ) from error
    first, _, code = text.partition("\n")
    return code.strip(), first.removeprefix("//").strip()


def head(title: str, script: str, frame_hash: str) -> str:
    """The beginning of the page: only ``script`` runs in it, and in its frames that of ``frame_hash``."""
    # The documents in frames have "about:srcdoc" as their base, so that links inside them work.
    own = b64encode(sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{own}' '{frame_hash}'; style-src 'unsafe-inline'; "
        "img-src data:; font-src data:; worker-src blob:; form-action 'none'; base-uri about:"
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="viewport" content="width=device-width">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f'<meta name="generator" content="worker-widget {__version__}">\n'
        f"<title>{_line(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
    )


def summary(traces: Iterable[Trace], left_out: Iterable[str]) -> str:
    """What a reader sees where no script runs."""
    parts = [part for trace in traces for part in _run(trace)]
    omitted = [f"<li>{_line(words)}</li>" for words in left_out]
    if omitted:
        parts.append(f"<h2>Left out of this file</h2>\n<ul>{''.join(omitted)}</ul>")
    parts.append(
        "<noscript><p>The console with the log, the artifacts and the moments of the run is in this file,"
        " too: it needs a browser that runs scripts.</p></noscript>"
    )
    return '<main id="summary">\n' + "\n".join(parts) + "\n</main>\n"


def script_element(script: str) -> str:
    """The viewer in the page."""
    if "</script" in script.lower() or "<!--" in script:
        raise WorkerWidgetError("The report's viewer cannot be written into a page: build it again.")
    return f"<script>{script}</script>\n"


def _run(trace: Trace) -> Iterator[str]:
    state, ended = trace.state, verdict(trace.state)
    yield f"<h1>{_line(clipped(trace.task or trace.record.run_id))}</h1>"
    facts = (
        ("Result", ended.summary if ended else state.status.capitalize()),
        ("Reason", ended.reason if ended else None),
        ("Run", trace.record.run_id),
        ("Worker", trace.worker),
        ("Started", instant(state.started_us)),
        ("Duration", duration(state.latency_ms)),
        ("Tokens", f"{state.tokens:,}" if state.tokens else None),
        ("Again from", state.replay_of),
        ("Events", f"{trace.record.events:,}"),
        ("Log lines", f"{trace.record.lines:,}"),
        ("Written by", f"worker-widget {__version__}, {instant(trace.exported_us)}"),
    )
    yield _table((), ((label, text) for label, text in facts if text))
    warnings = run_warnings(state)
    yield from _section("Warnings", ("Warning",), ((row.message,) for row in warnings), len(warnings))
    problems = ((trace.title(item),) for item in trace.incidents())
    yield from _section("Problems", ("Problem",), problems, state.counts.incidents)
    stages = (
        (
            "› " * min(depth, 8) + row.name,
            row.status,
            agent_name(row.agent or ""),
            duration(row.duration_ms) or "",
        )
        for row, depth in trace.stages()
    )
    yield from _section("Stages", ("Stage", "Status", "Agent", "Duration"), stages, trace.stage_count)
    artifacts = ((row.file, row.status, f"{row.chars:,} characters") for row in state.artifacts)
    yield from _section("Artifacts", ("Artifact", "Status", "Size"), artifacts, len(state.artifacts))


def _section(
    title: str, heads: tuple[str, ...], rows: Iterable[tuple[str, ...]], total: int
) -> Iterator[str]:
    if not total:
        return
    yield f"<h2>{title}</h2>"
    yield _table(heads, islice(rows, _MOST_ROWS))
    if total > _MOST_ROWS:
        yield f"<p>and {total - _MOST_ROWS:,} more</p>"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    top = "".join(f"<th>{name}</th>" for name in heads)
    body = "".join("<tr>" + "".join(f"<td>{_line(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>{f'<thead><tr>{top}</tr></thead>' if top else ''}<tbody>{body}</tbody></table>"


def _line(text: str) -> str:
    """A text as markup on one line: a line of the file is a part of its own."""
    return escape(" ".join(text.split()), quote=True)

"""``worker-widget show``: one run: how it stands, what it asks for, and what it made."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any

from ..runs.run_summary import duration_words
from ..state.run_state import RunState
from ..state.terminal_text import harmless
from .reporting import Report, reported
from .rows import local_time, shown_row
from .run_access import followed, named_run
from .run_options import EPILOG, add_json, add_offline, add_run, add_server

_LABEL_CHARS = 11


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the command."""
    parser.description = "One run: its status, figures, open requests for an answer, warnings and artifacts."
    parser.epilog = EPILOG
    add_run(parser)
    add_server(parser, worker="the worker of a run that the history does not have")
    add_offline(parser)
    add_json(parser)
    parser.set_defaults(execute=reported(_show, "show"))


def _show(options: argparse.Namespace, report: Report) -> int:
    named = named_run(options, offline=options.offline)
    with followed(named, report) as (following, status):
        state = following.state
        row = shown_row(named.run_id, following.store.run(named.run_id), state)
    report.row(row)
    for line in _lines(row, state):
        report.line(line)
    return status


def _lines(row: dict[str, Any], state: RunState) -> Iterator[str]:
    facts = {
        "Run": row["run_id"],
        "Task": row["task"],
        "Worker": row["worker"],
        "Served by": row["origin"],
        "Status": row["verdict"] or row["status"],
        "Reason": row["reason"],
        "Started": local_time(state.started_us, "%Y-%m-%d %H:%M:%S"),
        "Duration": None if row["duration_ms"] is None else duration_words(round(row["duration_ms"] * 1000)),
        "Stages": f"{row['stages_done']:,} of {row['stages_total']:,}" if row["stages_total"] else None,
        "Tokens": f"{row['tokens']:,}" if row["tokens"] else None,
        "Log lines": f"{row['log_lines']:,}",
        "Position": str(row["position"]),
        "Tags": ("★ " if row["starred"] else "") + ", ".join(row["tags"]),
        "Note": row["note"],
    }
    for label, text in facts.items():
        if text:
            yield f"{label:{_LABEL_CHARS}}{harmless(text)}"
    for request in row["inputs"]:
        yield ""
        request_id = harmless(request["request_id"])
        yield f"Waiting for an answer to {request_id}: {harmless(request['message'] or '?')}"
        if request["schema"] is not None:
            yield f"  an answer that meets {harmless(json.dumps(request['schema'], ensure_ascii=False))}"
        yield f"  worker-widget answer {harmless(row['run_id'])} {request_id} JSON"
    if row["warnings"]:
        yield ""
        yield "Warnings"
        yield from (f"  {harmless(warning['message'])}" for warning in row["warnings"])
    if row["artifacts"]:
        yield ""
        yield "Artifacts"
        for item in row["artifacts"]:
            yield f"  {harmless(item['file'])}  {item['status']}  {item['chars']:,} characters"

"""A notebook with the analysis of the run, to be executed and continued.

It reads the run from the history, or loads its JSON that is beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from ...events.file_names import safe_names
from .file_name import file_name
from .markdown_text import code
from .trace import Trace, instant

_CELLS: Final = (
    (
        "stages",
        "## Stages\n\nThe slowest first.",
        "stages = history.stages(RUN)\n"
        'columns = ["name", "status", "agent", "duration", "tokens", "drift", "error"]\n'
        'stages.sort_values("duration", ascending=False)[columns].head(20)',
    ),
    (
        "timeline",
        "## Timeline\n\nCharts need `pip install 'worker-widget[plot]'`.",
        "history.plot.timeline(RUN)",
    ),
    (
        "trouble",
        "## What went wrong\n\nWhat was found, what was tried, and how it ended.",
        'history.incidents(RUN)[["title", "outcome", "severity", "started_at", "duration"]]',
    ),
    ("log", "Warnings and errors of the log.", 'history.logs(RUN, level=["warning", "error"]).tail(50)'),
    (
        "routing",
        "## Decisions\n\nWhich agent was chosen, how clearly, and why.",
        'history.routing(RUN)[["stage_id", "agent", "score", "confidence", "complexity", "reason"]]',
    ),
    ("drift", "## Drift", "history.drift(RUN)"),
    (
        "agents",
        "## Tokens and time of each agent",
        'stages.groupby("agent", observed=True).agg({"tokens": "sum", "duration": "sum", "name": "count"})',
    ),
    ("artifacts", "## Artifacts", "history.artifacts(RUN)"),
    ("console", "## Watch it again", "WorkerConsole(replay=RUN)"),
)
"""The id, the text and the code of each pair of cells."""


def ipynb_parts(trace: Trace) -> Iterator[str]:
    """The notebook as JSON, in one part: it is as large for every run."""
    cells = [_markdown("about", _about(trace)), _code("load", _load(trace))]
    for name, text, source in _CELLS:
        cells += (_markdown(f"{name}-text", text), _code(name, source))
    notebook = {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    yield msgspec.json.format(msgspec.json.encode(notebook), indent=1).decode() + "\n"


def _about(trace: Trace) -> str:
    lines = [
        f"# Run {code(trace.record.run_id, 64)}",
        f"{code(trace.worker)} · {trace.state.status} · {instant(trace.state.started_us) or 'not started'}",
    ]
    if trace.task:
        lines.append(f"Task: {code(trace.task, 600)}")
    lines.append(
        "The run is read from the history of this computer. To hand the notebook over, put"
        f" {code(file_name(trace.record, 'json'))} beside it: Export, JSON."
    )
    return "\n\n".join(lines)


def _load(trace: Trace) -> str:
    run_id = trace.record.run_id
    names = [file_name(trace.record, "json"), f"{safe_names([run_id])[run_id]}.json"]
    return "\n".join(
        (
            "from pathlib import Path",
            "",
            "from worker_widget import RunHistory, RunUnknown, WorkerConsole, load_run",
            "",
            f"RUN = {run_id!r}",
            f"FILES = [Path(name) for name in {names!r}]",
            "",
            "history = RunHistory()",
            "try:",
            "    overview = history.runs(RUN)",
            "except RunUnknown:",
            "    load_run(next(filter(Path.exists, FILES), FILES[0]))",
            "    overview = history.runs(RUN)",
            "overview.T",
        )
    )


def _markdown(name: str, text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": text}


def _code(name: str, source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": {},
        "outputs": [],
        "source": source,
    }

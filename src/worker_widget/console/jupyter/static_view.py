"""Static HTML in place of the console where widgets are not supported, such as in nbconvert and mail."""

from __future__ import annotations

from html import escape

from ...state.run_state import RunState


def static_html(worker: str, run: RunState) -> str:
    """Makes HTML with the run's status and stages; all texts are escaped.

    Its first line is plain text, because JupyterLab shows that line unchanged for a collapsed output.
    """
    name = escape(worker)
    if run.run_id is None:
        return f"Worker console for {name}. Run this cell in Jupyter to see it live."
    rows = "".join(
        f"<tr><td>{escape(stage.name)}</td><td>{escape(stage.status)}</td>"
        f"<td>{'' if stage.duration_ms is None else f'{stage.duration_ms / 1000:.2f} s'}</td></tr>"
        for stage in run.stages
    )
    reason = f" {escape(run.error)}" if run.error else ""
    return (
        f"Worker console for {name}: run {escape(run.status)}.{reason} "
        f"{len(run.artifacts)} artifacts, {run.tokens} tokens.\n<table>{rows}</table>"
    )

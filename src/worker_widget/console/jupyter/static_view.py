"""Static HTML in place of the console where widgets are not supported, such as in nbconvert and mail."""

from __future__ import annotations

from html import escape

from ...state.run_state import RunState
from ...state.run_warnings import run_warnings
from ...state.verdict import verdict


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
    ended = verdict(run)
    summary = escape(ended.summary if ended else run.status.capitalize())
    reason = f": {escape(ended.reason.removesuffix('.'))}." if ended and ended.reason else "."
    warnings = "".join(f"<p>{escape(warning.message)}</p>" for warning in run_warnings(run))
    return (
        f"Worker console for {name}. {summary}{reason} "
        f"{len(run.artifacts)} artifacts, {run.tokens} tokens.\n{warnings}<table>{rows}</table>"
    )

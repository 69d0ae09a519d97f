"""A run in two lines of HTML, as a notebook shows it."""

from __future__ import annotations

from html import escape
from typing import Final

from ..state.run_state import RunState

_TASK_CHARS: Final = 500
_REASON_CHARS: Final = 4_000
_METHODS = "stages() logs() routing() policy() drift() failures() recoveries() incidents() events() artifacts"


def run_html(run_id: str, state: RunState) -> str:
    """The run's status, task and figures, and what has more of it."""
    figures = " · ".join(escape(figure) for figure in _figures(state))
    methods = " ".join(f"<code>.{escape(method)}</code>" for method in _METHODS.split())
    reason = f"<div>{escape(_short(state.error, _REASON_CHARS))}</div>" if state.error else ""
    return without_formulas(
        f'<div title="{escape(run_id)}"><b>{escape(state.status)}</b> · {figures}</div>{reason}'
        f"<div><small>{methods}</small></div>"
    )


def without_formulas(html: str) -> str:
    """The HTML without typesetting: notebooks take text between two dollar signs for a formula."""
    return f'<div class="tex2jax_ignore mathjax_ignore">{html}</div>'


def duration_words(us: int) -> str:
    """A duration as the console shows it.

    >>> [duration_words(us) for us in (400, 213_000, 2_500_000, 123_000_000, 3_723_000_000)]
    ['<1 ms', '213 ms', '2.5 s', '2:03 min', '1:02:03 h']
    """
    if us < 1_000_000:
        return "<1 ms" if us < 1_000 else f"{round(us / 1_000)} ms"
    if us < 59_950_000:
        return f"{us / 1_000_000:.1f} s"
    minutes, seconds = divmod(round(us / 1_000_000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,}:{minutes:02}:{seconds:02} h" if hours else f"{minutes}:{seconds:02} min"


def _figures(state: RunState) -> list[str]:
    counts = state.counts
    found = [_short(state.task or "", _TASK_CHARS), _short(state.worker or "", _TASK_CHARS)]
    if state.started_us is not None and state.ended_us is not None:
        found.append(duration_words(state.ended_us - state.started_us))
    if counts.top_stages:
        found.append(f"{counts.top_done:,} of {counts.top_stages:,} stages")
    found += [
        f"{number:,} {name}{'s' * (number != 1)}"
        for number, name in (
            (state.tokens, "token"),
            (len(state.artifacts), "artifact"),
            (state.figures.unrecovered, "problem"),
            (counts.logs, "log line"),
        )
        if number
    ]
    return [figure for figure in found if figure]


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"

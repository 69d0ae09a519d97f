"""The charts: each from frames to one `HistoryChart`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import altair as alt

from . import summaries
from .chart import BLUE, COLOURS, GREY, LINE, ORANGE, STATUS_COLOURS, TEXT, HistoryChart, history_chart
from .summaries import Record, Summary

if TYPE_CHECKING:
    import pandas as pd


def durations_chart(stages: pd.DataFrame) -> HistoryChart:
    """The spread of the durations of each stage: shortest to longest, the middle half, and the median."""
    summary, unit = summaries.durations(stages)
    if not summary.values:
        return _empty("Duration of stages", "No stage has ended.")
    title = f"Duration ({unit.symbol})"
    base = _base(
        summary.values,
        y=_bars("stage", (value["stage"] for value in summary.values)),
        tooltip=[
            alt.Tooltip("stage:N", title="stage"),
            alt.Tooltip("count:Q", title="runs of it"),
            *(
                alt.Tooltip(f"{key}:Q", title=f"{key} ({unit.symbol})")
                for key in ("shortest", "median", "longest")
            ),
        ],
    )
    return history_chart(
        base.mark_rule(color=LINE).encode(x=alt.X("shortest:Q", title=title), x2="longest:Q"),
        base.mark_bar(color=BLUE, size=10).encode(x=alt.X("lower:Q"), x2="upper:Q"),
        base.mark_tick(color=ORANGE, thickness=3, size=14).encode(x=alt.X("median:Q")),
        title=_title("Duration of stages: all, the middle half, and the median", summary),
        rows=len(summary.values),
    )


def drift_chart(checks: pd.DataFrame) -> HistoryChart:
    """Drift scores over time, with the thresholds that the workers allowed."""
    summary, thresholds = summaries.drift(checks)
    if not summary.values:
        return _empty("Drift", "No run reported drift.")
    base = _base(
        summary.values,
        x=alt.X("time:T", title=None),
        tooltip=[
            alt.Tooltip("time:T", title="time", format="%Y-%m-%d %H:%M:%S"),
            alt.Tooltip("score:Q", title="score"),
            alt.Tooltip("state:N", title="state"),
            alt.Tooltip("count:Q", title="measurements"),
        ],
    )
    score = alt.Y("score:Q", title="Drift score", scale=alt.Scale(zero=True))
    states = ["aligned", "drifted", "not judged"]
    marks = base.mark_point(filled=True, size=50, opacity=0.9).encode(
        y=score,
        color=alt.Color("state:N", scale=alt.Scale(domain=states, range=[BLUE, ORANGE, GREY])),
        shape=alt.Shape("state:N", scale=alt.Scale(domain=states, range=["circle", "triangle-up", "square"])),
    )
    layers = [marks]
    title = "Drift over time"
    if summary.total > summaries.MOST_POINTS:
        title += f": mean and highest of {summary.total:,} measurements"
        layers.insert(0, base.mark_rule(color=LINE).encode(y=score, y2="highest:Q"))
    if thresholds:
        limits = _base([{"threshold": limit} for limit in thresholds], tooltip=["threshold:Q"])
        layers.append(limits.mark_rule(color=ORANGE, strokeDash=[6, 4]).encode(y="threshold:Q"))
    return history_chart(*layers, title=title)


def failures_chart(found: pd.DataFrame, stages: pd.DataFrame) -> HistoryChart:
    """The number of failures of each stage, by category. ``stages`` name the stages."""
    summary = summaries.failures(found, stages)
    if not summary.values:
        return _empty("Failures", "No run reported a failure.")
    kinds = sorted({value["category"] for value in summary.values}, key=_other_last)
    return history_chart(
        _stacked(summary.values, "failures", "category", kinds, "Failures"),
        title=_title("Failures of stages, by category", summary),
        rows=summary.shown,
    )


def tokens_chart(stages: pd.DataFrame) -> HistoryChart:
    """The tokens of each stage, divided into input and output where the worker says so."""
    summary = summaries.tokens(stages)
    if not summary.values:
        return _empty("Tokens", "No stage reported tokens.")
    order = [part for part in _PARTS if any(value["part"] == part for value in summary.values)]
    return history_chart(
        _stacked(summary.values, "tokens", "part", order, "Tokens"),
        title=_title("Tokens of stages", summary),
        rows=summary.shown,
    )


def timeline_chart(stages: pd.DataFrame, run_id: str) -> HistoryChart:
    """The stages of a run over time, in the order of their tree."""
    summary, unit = summaries.timeline(stages)
    if not summary.values:
        return _empty(f"Run {run_id}", "No stage of the run has started.")
    statuses = sorted({value["status"] for value in summary.values})
    scale = alt.Scale(domain=statuses, range=[STATUS_COLOURS.get(status, GREY) for status in statuses])
    base = _base(
        summary.values,
        y=_bars("row", (value["row"] for value in summary.values)),
        x=alt.X("from:Q", title=f"Time since the start ({unit.symbol})"),
        x2="to:Q",
        color=alt.Color("status:N", scale=scale),
        stroke=alt.Stroke("status:N", scale=scale, legend=None),  # a stage without duration is a line
        tooltip=[
            alt.Tooltip("stage:N", title="stage"),
            alt.Tooltip("agent:N", title="agent"),
            alt.Tooltip("status:N", title="status"),
            alt.Tooltip("duration:Q", title=f"duration ({unit.symbol})"),
        ],
    )
    return history_chart(
        base.mark_bar(size=11),
        title=_title(f"Run {run_id}", summary, which="the longest"),
        rows=len(summary.values),
    )


# ---------------------------------------------------------------------------------------------------

_PARTS = ("input", "output", "not divided")


def _base(values: Sequence[Record], **encodings: Any) -> Any:
    return alt.Chart(alt.InlineData(values=list(values))).encode(**encodings)


def _bars(field: str, order: Iterable[str]) -> alt.Y:
    """An axis with one bar for each name, in this order."""
    return alt.Y(f"{field}:N", title=None, sort=list(dict.fromkeys(order)))


def _stacked(values: Sequence[Record], number: str, part: str, parts: Sequence[str], title: str) -> Any:
    order = [value["stage"] for value in sorted(values, key=lambda value: -value["total"])]
    scale = alt.Scale(domain=list(parts), range=list(COLOURS[: len(parts)]))
    values = [{**value, "order": parts.index(value[part])} for value in values]
    return (
        _base(
            values,
            y=_bars("stage", order),
            x=alt.X(f"{number}:Q", title=title, stack="zero"),
            color=alt.Color(f"{part}:N", scale=scale),
            order=alt.Order("order:Q"),
            tooltip=["stage:N", f"{part}:N", alt.Tooltip(f"{number}:Q", format=",")],
        )
        .mark_bar(size=11)
        .encode()
    )


def _other_last(kind: str) -> tuple[bool, str]:
    return kind == summaries.OTHER, kind


def _title(text: str, summary: Summary, which: str = "the highest") -> str:
    if summary.shown == summary.total:
        return text
    return f"{text} ({which} {summary.shown} of {summary.total:,} stages)"


def _empty(title: str, why: str) -> HistoryChart:
    text = _base([{"text": why}], text="text:N").mark_text(color=TEXT, align="center", fontSize=13)
    return history_chart(text, title=title)

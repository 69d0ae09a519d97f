"""What the charts show, computed from frames: bounded lists of plain values. Pure; Altair is not imported."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

MOST_STAGES: Final = 30
"""The most stages, by name, that a chart over many runs shows."""
MOST_BARS: Final = 60
"""The most stages of a run that a timeline shows."""
MOST_POINTS: Final = 400
"""The most measurements of drift that are shown singly; more are summed up in spans of time."""
MOST_SPANS: Final = 200
MOST_CATEGORIES: Final = 6
"""The most categories of failures with a colour of their own; the others are "other"."""
MOST_THRESHOLDS: Final = 3
MOST_CHARS: Final = 60
"""The longest label; a longer name is cut."""

OTHER: Final = "other"
UNNAMED: Final = "(no stage)"
UNCATEGORISED: Final = "(no category)"

Record = dict[str, Any]


class Unit(NamedTuple):
    """A unit of time: its symbol and its length in seconds."""

    symbol: str
    seconds: float


class Summary(NamedTuple):
    """The values of a chart, and how many of how many things they show."""

    values: list[Record]
    shown: int
    total: int


def unit_for(seconds: float) -> Unit:
    """The unit in which a duration is a short number."""
    if seconds < 1:
        return Unit("ms", 0.001)
    if seconds < 180:
        return Unit("s", 1)
    return Unit("min", 60) if seconds < 10_800 else Unit("h", 3_600)


def durations(stages: pd.DataFrame) -> tuple[Summary, Unit]:
    """The spread of the durations of each stage, by name; the stages with the longest median first."""
    rows = pd.DataFrame({"stage": _names(stages), "seconds": _seconds(stages["duration"])})
    rows = rows.dropna(subset="seconds")
    spread = (
        rows.groupby("stage", sort=True)["seconds"].quantile(np.array(list(_QUANTILES.values()))).unstack()
    )
    spread = spread.reindex(columns=list(_QUANTILES.values())).set_axis(list(_QUANTILES), axis="columns")
    counts = rows.groupby("stage").size()
    top = spread.sort_values("median", ascending=False, kind="stable").head(MOST_STAGES)
    unit = unit_for(float(top["longest"].max()) if len(top) else 1)
    values = [
        {
            "stage": stage,
            "count": int(counts[stage]),
            **dict(zip(_QUANTILES, _scaled(row, unit), strict=True)),
        }
        for stage, row in zip(top.index.tolist(), top.to_numpy(float), strict=True)
    ]
    return Summary(values, len(values), len(spread)), unit


def drift(checks: pd.DataFrame) -> tuple[Summary, list[float]]:
    """The drift scores over time, and the thresholds that occur most.

    More than `MOST_POINTS` measurements become spans of time of equal length, each with its mean and highest
    score.
    """
    rows = pd.DataFrame(
        {
            "time": checks["timestamp"],
            "score": checks["score"].astype("Float64"),
            "state": _alignment(checks["aligned"]),
        }
    ).dropna(subset=["time", "score"])
    thresholds = checks["threshold"].dropna().astype(float)
    common = sorted(thresholds.value_counts().index[:MOST_THRESHOLDS].tolist())
    if len(rows) <= MOST_POINTS:
        values = [
            {"time": time.isoformat(), "score": _number(score), "state": state, "count": 1}
            for time, score, state in zip(rows["time"], rows["score"], rows["state"], strict=True)
        ]
        return Summary(values, len(values), len(rows)), common
    first, last = rows["time"].min(), rows["time"].max()
    width = max((last - first) / MOST_SPANS, pd.Timedelta(microseconds=1))
    number = ((rows["time"] - first) / width).astype(int).clip(upper=MOST_SPANS - 1)
    values = []
    for place, span in rows.groupby(number, sort=True):
        start = first + width * int(place)
        drifted = (span["state"] == "drifted").any()
        values.append(
            {
                "time": (start + width / 2).isoformat(),
                "score": _number(span["score"].mean()),
                "highest": _number(span["score"].max()),
                "state": "drifted" if drifted else "aligned",
                "count": len(span),
            }
        )
    return Summary(values, len(rows), len(rows)), common


def failures(found: pd.DataFrame, stages: pd.DataFrame) -> Summary:
    """The failures of each stage by category; the stages with most failures first."""
    names = _named(found, stages)
    kinds = found["category"].astype("string").fillna(found["code"].astype("string"))
    kinds = kinds.fillna(UNCATEGORISED).map(_short)
    known = kinds.value_counts().index[:MOST_CATEGORIES]
    kinds = kinds.where(kinds.isin(known), OTHER)
    counts = pd.DataFrame({"stage": names, "category": kinds}).value_counts(sort=False).reset_index()
    totals = counts.groupby("stage")["count"].sum().sort_values(ascending=False, kind="stable")
    top = totals.index[:MOST_STAGES].tolist()
    values = [
        {"stage": stage, "category": kind, "failures": int(count), "total": int(totals[stage])}
        for stage, kind, count in counts[["stage", "category", "count"]].to_numpy(object).tolist()
        if stage in top
    ]
    return Summary(values, len(top), len(totals))


def tokens(stages: pd.DataFrame) -> Summary:
    """The tokens of each stage, by name: input, output, and those that the worker does not divide."""
    rows = pd.DataFrame({name: stages[name].astype("Float64") for name in _TOKENS})
    rows["stage"] = _names(stages)
    rows["known"] = rows["input_tokens"].fillna(0) + rows["output_tokens"].fillna(0)
    rows["tokens"] = rows["tokens"].fillna(rows["known"])
    sums = rows.fillna({"input_tokens": 0, "output_tokens": 0}).groupby("stage").sum()
    sums = sums[sums["tokens"] > 0].sort_values("tokens", ascending=False, kind="stable")
    values = []
    for stage, row in sums.head(MOST_STAGES).iterrows():
        parts = {
            "input": row["input_tokens"],
            "output": row["output_tokens"],
            "not divided": max(row["tokens"] - row["known"], 0),
        }
        values += [
            {"stage": stage, "part": part, "tokens": int(count), "total": int(row["tokens"])}
            for part, count in parts.items()
            if count
        ]
    return Summary(values, min(len(sums), MOST_STAGES), len(sums))


def timeline(stages: pd.DataFrame) -> tuple[Summary, Unit]:
    """The stages of a run as spans from its start, in the order of their tree.

    Of more than `MOST_BARS` stages, the longest are kept. A stage that is at work ends at the newest known
    time of the run.
    """
    rows = stages[stages["started_at"].notna()].reset_index(drop=True)
    if rows.empty:
        return Summary([], 0, 0), unit_for(1)
    start = rows["started_at"].min()
    newest = pd.concat([rows["started_at"], rows["finished_at"]]).max()
    ends = rows["finished_at"].fillna(newest)
    spans = pd.DataFrame(
        {
            "stage": _names(rows),
            "status": rows["status"].astype("string").fillna("unknown"),
            "agent": rows["agent"].astype("string").fillna("").map(_short),
            "depth": rows["depth"].fillna(0).astype(int),
            "from": (rows["started_at"] - start).dt.total_seconds(),
            "to": (ends - start).dt.total_seconds(),
        }
    )
    kept = spans.loc[(spans["to"] - spans["from"]).nlargest(MOST_BARS).sort_index().index]
    unit = unit_for(float(kept["to"].max()))
    values = []
    seen: Counter[str] = Counter()
    for stage, status, agent, depth, begin, end in kept.to_numpy(object).tolist():
        values.append(
            {
                # Rows with one name are told apart by characters without width.
                "row": "› " * min(depth, 6) + stage + "\u200b" * seen[stage],
                "stage": stage,
                "status": status,
                "agent": agent,
                "from": _rounded(begin, unit),
                "to": _rounded(end, unit),
                "duration": _rounded(end - begin, unit),
            }
        )
        seen[stage] += 1
    return Summary(values, len(kept), len(rows)), unit


# ---------------------------------------------------------------------------------------------------

_QUANTILES: Final = {"shortest": 0.0, "lower": 0.25, "median": 0.5, "upper": 0.75, "longest": 1.0}
_TOKENS: Final = ("tokens", "input_tokens", "output_tokens")


def _names(stages: pd.DataFrame) -> pd.Series[str]:
    names = stages["name"].astype("string").fillna(stages["stage_id"].astype("string"))
    return names.fillna(UNNAMED).map(_short)


def _named(rows: pd.DataFrame, stages: pd.DataFrame) -> pd.Series[str]:
    """The names of the stages that rows belong to."""
    keys = ["run_id", "stage_id"]
    known = pd.DataFrame({key: stages[key].astype("string") for key in keys}).assign(stage=_names(stages))
    known = known.drop_duplicates(keys)
    ids = pd.DataFrame({key: rows[key].astype("string") for key in keys})
    names = ids.merge(known, how="left", on=keys)["stage"]
    names.index = rows.index
    return names.fillna(ids["stage_id"]).fillna(UNNAMED).map(_short)


def _short(name: str) -> str:
    name = " ".join(name.split())
    return name if len(name) <= MOST_CHARS else name[: MOST_CHARS - 1] + "…"


def _alignment(aligned: pd.Series[Any]) -> pd.Series[str]:
    words = {True: "aligned", False: "drifted"}
    return aligned.map(words, na_action="ignore").astype("string").fillna("not judged")


def _seconds(durations: pd.Series[Any]) -> Any:
    return durations.dt.total_seconds()


def _scaled(seconds: Any, unit: Unit) -> list[float]:
    return [_rounded(value, unit) for value in seconds]


def _rounded(seconds: Any, unit: Unit) -> float:
    return float(f"{float(seconds) / unit.seconds:.4g}")


def _number(value: Any) -> float:
    return float(f"{float(value):.4g}")

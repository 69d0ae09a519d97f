"""Charts of the history: few values for any number of runs, and colours for light and dark backgrounds."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.recorded import NAMES, events, recording
from worker_widget import PackageMissing, RunHistory, RunUnknown
from worker_widget.runs.plots import summaries
from worker_widget.state.reduce import reduce_all
from worker_widget.store.event_store import EventStore
from worker_widget.store.run_records import summary

alt = pytest.importorskip("altair")

from worker_widget.runs.plots import chart, charts  # noqa: E402 - they import Altair

START = pd.Timestamp("2026-11-22T07:00:00Z")
FAILED = "failure_strategy"
DONE = "valid_professional"
MOST_BYTES = 60_000


@pytest.fixture(scope="module")
def history() -> Iterator[RunHistory]:
    memory = EventStore.memory()
    for number, name in enumerate(NAMES):
        memory.begin(name, worker="w", origin="o", time_us=number)
        memory.summarise(name, **summary(reduce_all(memory.append(name, events(recording(name))))))
    yield RunHistory(memory)
    memory.close()


def stages(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """A frame of stages with these values, one after the other."""
    columns = ("run_id", "stage_id", "name", "depth", "status", "agent", "started_at", "finished_at")
    columns = (*columns, "duration", "tokens", "input_tokens", "output_tokens")
    frame = pd.DataFrame([{**dict.fromkeys(columns), **row} for row in rows], columns=list(columns))
    times = dict.fromkeys(("started_at", "finished_at"), "datetime64[us, UTC]")
    numbers = dict.fromkeys(("depth", "tokens", "input_tokens", "output_tokens"), "Int64")
    texts = dict.fromkeys(("run_id", "stage_id", "name", "status", "agent"), "string")
    return frame.astype({**times, **numbers, **texts, "duration": "timedelta64[us]"})


def measured(count: int) -> pd.DataFrame:
    """A frame of drift with this number of measurements, a minute apart."""
    random = np.random.default_rng(count)
    return pd.DataFrame(
        {
            "timestamp": [START + pd.Timedelta(minutes=n) for n in range(count)],
            "score": pd.array(random.random(count), dtype="Float64"),
            "threshold": pd.array([0.3] * count, dtype="Float64"),
            "aligned": pd.array([n % 3 == 0 or None for n in range(count)], dtype="boolean"),
        }
    ).astype({"timestamp": "datetime64[us, UTC]"})


def values_of(made: Any) -> list[dict[str, Any]]:
    """The values of all layers of a chart's Vega-Lite."""
    spec = made.to_dict()
    found = [value for values in spec.get("datasets", {}).values() for value in values]
    for layer in [spec, *spec["layer"]]:
        found += layer.get("data", {}).get("values", [])
    return found


def test_each_chart_of_recorded_runs_is_valid_vega_lite_without_network(history: RunHistory) -> None:
    plot = history.plot
    for made in (plot.durations(), plot.drift(), plot.failures(), plot.tokens(), plot.timeline(DONE)):
        spec = made.to_dict()  # Altair checks it against the schema of Vega-Lite
        assert isinstance(made, alt.LayerChart)
        assert spec["background"] == "transparent"
        assert "url" not in json.dumps(spec["layer"])
        assert 0 < len(values_of(made)) <= summaries.MOST_POINTS + summaries.MOST_THRESHOLDS
    assert {value["stage"] for value in values_of(plot.failures(runs=FAILED))} <= set(
        history.stages(FAILED)["name"]
    )
    assert len(values_of(plot.timeline(DONE))) == history.stages(DONE)["started_at"].notna().sum()
    with pytest.raises(RunUnknown):
        plot.timeline("nobody")


def test_filters_choose_what_a_chart_shows(history: RunHistory) -> None:
    every, one = history.plot.durations(), history.plot.durations(runs=DONE)
    assert sum(value["count"] for value in values_of(every)) > sum(value["count"] for value in values_of(one))
    assert "No stage has ended." in str(history.plot.durations(worker="nobody").to_dict())
    with pytest.raises(ValueError, match="yesterday"):
        history.plot.drift(since="yesterday")


def test_the_spread_of_durations_is_that_of_each_stage() -> None:
    lasting = [1.0, 2.0, 3.0, 4.0, 5.0]
    rows = [{"name": "Write", "duration": pd.Timedelta(seconds=seconds)} for seconds in lasting]
    rows += [{"name": "Read", "duration": pd.Timedelta(seconds=9)}, {"name": "Wait", "duration": None}]
    found, unit = summaries.durations(stages(rows))
    assert unit.symbol == "s"
    assert [value["stage"] for value in found.values] == ["Read", "Write"]
    assert found.values[1] == {
        "stage": "Write",
        "count": 5,
        "shortest": 1,
        "lower": 2,
        "median": 3,
        "upper": 4,
        "longest": 5,
    }


@pytest.mark.parametrize(
    ("seconds", "symbol"), [(0.02, "ms"), (0.99, "ms"), (1, "s"), (179, "s"), (600, "min"), (50_000, "h")]
)
def test_durations_are_short_numbers_in_a_fitting_unit(seconds: float, symbol: str) -> None:
    found, unit = summaries.durations(stages([{"name": "a", "duration": pd.Timedelta(seconds=seconds)}]))
    assert unit.symbol == symbol
    assert 1 <= found.values[0]["longest"] < 1_000


def test_any_number_of_rows_becomes_few_values() -> None:
    rows = [
        {
            "run_id": f"r{n % 99}",
            "stage_id": f"s{n}",
            "name": f"Stage {n} " + "x" * 200,
            "depth": n % 9,
            "status": "completed",
            "started_at": START,
            "finished_at": START + pd.Timedelta(seconds=n),
            "duration": pd.Timedelta(seconds=n),
            "tokens": n,
            "input_tokens": n // 2,
            "output_tokens": 1,
        }
        for n in range(3_000)
    ]
    many = stages(rows)
    failed = pd.DataFrame(
        {
            "run_id": many["run_id"],
            "stage_id": many["stage_id"],
            "code": "X",
            "category": pd.array([f"kind {n % 40}" for n in range(3_000)], dtype="string"),
        }
    )
    for made in (
        charts.durations_chart(many),
        charts.drift_chart(measured(20_000)),
        charts.failures_chart(failed, many),
        charts.tokens_chart(many),
        charts.timeline_chart(many, "r1"),
    ):
        assert len(json.dumps(made.to_dict())) <= MOST_BYTES
        assert 0 < len(values_of(made)) <= summaries.MOST_POINTS
    assert "of 3,000 stages" in str(charts.durations_chart(many).to_dict()["title"])


def test_many_measurements_are_summed_up_without_losing_the_highest() -> None:
    few, many = measured(summaries.MOST_POINTS), measured(5_000)
    assert len(summaries.drift(few)[0].values) == len(few)
    found, thresholds = summaries.drift(many)
    assert sum(value["count"] for value in found.values) == len(many)
    assert max(value["highest"] for value in found.values) == pytest.approx(many["score"].max(), rel=1e-3)
    assert thresholds == [0.3]
    at_once = measured(5_000).assign(timestamp=START)
    assert [value["count"] for value in summaries.drift(at_once)[0].values] == [5_000]


def test_tokens_that_are_not_divided_are_shown_as_such() -> None:
    rows = [
        {"name": "a", "tokens": 100, "input_tokens": 60, "output_tokens": 30},
        {"name": "b", "tokens": 5},
        {"name": "c", "input_tokens": 2, "output_tokens": 1},
        {"name": "d"},
    ]
    found = summaries.tokens(stages(rows))
    assert [(value["stage"], value["part"], value["tokens"]) for value in found.values] == [
        ("a", "input", 60),
        ("a", "output", 30),
        ("a", "not divided", 10),
        ("b", "not divided", 5),
        ("c", "input", 2),
        ("c", "output", 1),
    ]


def test_a_timeline_has_each_stage_in_its_place_also_those_at_work_and_of_one_name() -> None:
    second = pd.Timedelta(seconds=1)
    rows = [
        {
            "name": "Plan",
            "started_at": START,
            "finished_at": START + 4 * second,
            "depth": 0,
            "status": "failed",
        },
        {"name": "Draft", "started_at": START + second, "finished_at": START + 2 * second, "depth": 1},
        {"name": "Draft", "started_at": START + 3 * second, "depth": 1, "status": "running"},
        {"name": "Later", "status": "pending"},
    ]
    found, unit = summaries.timeline(stages(rows))
    assert unit.symbol == "s"
    assert [(value["stage"], value["from"], value["to"]) for value in found.values] == [
        ("Plan", 0, 4),
        ("Draft", 1, 2),
        ("Draft", 3, 4),
    ]
    assert len({value["row"] for value in found.values}) == 3
    assert found.values[1]["row"].startswith("› Draft")


def test_colours_are_readable_on_light_and_dark_backgrounds() -> None:
    for colour in {*chart.COLOURS, *chart.STATUS_COLOURS.values(), chart.LINE}:
        for background in ("#ffffff", "#111111"):
            assert contrast(colour, background) >= 3, (colour, background)
    config = charts.tokens_chart(stages([{"name": "a", "tokens": 1}])).to_dict()["config"]
    for part in ("title", "axis", "legend"):
        texts = {value for key, value in config[part].items() if key in ("color", "labelColor", "titleColor")}
        assert texts == {"currentColor"}


def test_a_chart_is_drawn_by_the_notebook_itself_unless_a_renderer_was_chosen() -> None:
    made = charts.drift_chart(measured(3))
    data, metadata = made._repr_mimebundle_()
    (kind,) = [key for key in data if "vegalite" in key]
    assert "text/html" not in data
    assert metadata[kind]["embed_options"]["renderer"] == "svg"
    assert made.properties(width=90)._repr_mimebundle_()[0][kind]["width"] == 90
    with alt.renderers.enable("json"):
        chosen = made._repr_mimebundle_()
    assert "application/json" in (chosen[0] if isinstance(chosen, tuple) else chosen)


def test_a_missing_altair_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "altair", None)
    for name in [name for name in sys.modules if name.startswith("worker_widget.runs.plots.chart")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr("worker_widget.runs.plots.charts")
    with pytest.raises(PackageMissing, match=r"pip install 'worker-widget\[plot\]'"):
        RunHistory(EventStore.memory()).plot.tokens()


def contrast(colour: str, other: str) -> float:
    """The contrast of two colours by WCAG."""
    lighter, darker = sorted((luminance(colour), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

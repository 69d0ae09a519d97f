"""The figures of a run are what counting and averaging all of its events gives."""

from __future__ import annotations

import math
from statistics import fmean

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker_widget.events import (
    DriftDetected,
    Log,
    Payload,
    PolicyCheck,
    RoutingDecision,
)
from worker_widget.state.figures import Figures, with_event

SCORES = st.none() | st.floats(0, 1)
RESULTS = st.sampled_from([True, False, None])
EVENTS = st.lists(
    st.one_of(
        st.builds(PolicyCheck, passed=RESULTS),
        st.builds(DriftDetected, stage_id=st.sampled_from(["ux", "copy", None]), drift_score=SCORES),
        st.builds(RoutingDecision, complexity=SCORES),
        st.builds(Log),
    )
)


def figures_of(*events: Payload) -> Figures:
    figures = Figures()
    for data in events:
        figures = with_event(figures, data)
    return figures


@given(EVENTS)
def test_sums_and_means_are_those_of_all_events(events: list[Payload]) -> None:
    figures = figures_of(*events)
    results = [data.passed for data in events if isinstance(data, PolicyCheck) and data.passed is not None]
    assert (figures.policies, figures.policies_passed) == (len(results), sum(results))
    drifts = [
        (data.drift_score, data.stage_id)
        for data in events
        if isinstance(data, DriftDetected) and data.drift_score is not None
    ]
    if drifts:
        assert figures.mean_drift == pytest.approx(fmean(score for score, _ in drifts))
        assert (figures.highest_drift, figures.highest_drift_stage) == max(drifts, key=lambda drift: drift[0])
    else:
        assert (figures.mean_drift, figures.highest_drift) == (None, None)
    complexities = [
        data.complexity
        for data in events
        if isinstance(data, RoutingDecision) and data.complexity is not None
    ]
    assert figures.complexities == len(complexities)
    assert figures.mean_complexity == (pytest.approx(fmean(complexities)) if complexities else None)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_means_of_any_numbers_are_numbers(scores: list[float]) -> None:
    figures = figures_of(*(DriftDetected(drift_score=score) for score in scores))
    assert figures.mean_drift is not None
    assert math.isfinite(figures.mean_drift)
    assert msgspec.json.decode(msgspec.json.encode(figures), type=Figures) == figures

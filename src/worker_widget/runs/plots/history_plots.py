"""`HistoryPlots`: the charts of a history."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, TypedDict, Unpack

from ...errors import PackageMissing
from ..frames.filters import Moment, OneOrMore, RunsArgument, RunWithId

if TYPE_CHECKING:
    from ..frames.history_frames import HistoryFrames
    from .chart import HistoryChart


class ChartFilters(TypedDict, total=False):
    """Which rows a chart shows: the filters of the frames that it is made of."""

    runs: RunsArgument
    worker: OneOrMore
    status: OneOrMore
    tag: OneOrMore
    starred: bool | None
    note: str | None
    since: Moment
    until: Moment
    stage: OneOrMore


class HistoryPlots:
    """Charts of the runs in the history: `RunHistory.plot`.

    They need Altair (``pip install 'worker-widget[plot]'``) and raise `PackageMissing` without it. They are
    readable on light and dark backgrounds, load nothing from the network, and hold at most a few hundred
    values for any number of runs. Each is an Altair chart, to be changed with Altair's methods.

    The filters are those of the frames: ``runs``, ``worker``, ``status``, ``tag``, ``starred``, ``note``,
    ``since``, ``until`` and ``stage``.
    """

    def __init__(self, history: HistoryFrames) -> None:
        self._history = history

    def __repr__(self) -> str:
        return "HistoryPlots(durations, drift, failures, tokens, timeline)"

    def durations(self, **filters: Unpack[ChartFilters]) -> HistoryChart:
        """How long stages take: the shortest and the longest, the middle half, and the median of each."""
        charts = _charts()
        chart: HistoryChart = charts.durations_chart(self._history.stages(**filters))
        return chart

    def drift(self, **filters: Unpack[ChartFilters]) -> HistoryChart:
        """The drift measurements over time, with the thresholds; many are summed up in spans of time."""
        charts = _charts()
        chart: HistoryChart = charts.drift_chart(self._history.drift(**filters))
        return chart

    def failures(self, **filters: Unpack[ChartFilters]) -> HistoryChart:
        """The number of failures of each stage, by category."""
        charts = _charts()
        found = self._history.failures(**filters)
        named = found["run_id"].astype("string").dropna().unique().tolist()
        chart: HistoryChart = charts.failures_chart(found, self._history.stages(named))
        return chart

    def tokens(self, **filters: Unpack[ChartFilters]) -> HistoryChart:
        """The tokens of each stage, divided into input and output where the worker divides them."""
        charts = _charts()
        chart: HistoryChart = charts.tokens_chart(self._history.stages(**filters))
        return chart

    def timeline(self, run: str | RunWithId) -> HistoryChart:
        """The stages of a run over time. Raises `RunUnknown` for a run that is not in the history."""
        charts = _charts()
        run_id = run if isinstance(run, str) else run.run_id
        chart: HistoryChart = charts.timeline_chart(self._history.stages(run_id), run_id)
        return chart


def _charts() -> ModuleType:
    try:
        from . import charts
    except ImportError as error:
        raise PackageMissing(
            "Charts need Altair, which is not installed. Install it with: pip install 'worker-widget[plot]'"
        ) from error
    return charts

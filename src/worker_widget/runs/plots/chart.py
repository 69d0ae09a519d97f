"""`HistoryChart`: an Altair chart for light and dark backgrounds, which JupyterLab draws itself."""

from __future__ import annotations

from typing import Any, Final

import altair as alt

TEXT: Final = "currentColor"
"""The colour of the text around the chart: Lab's themes set it, and an SVG follows when they change."""
LINE: Final = "#7f7f7f"
BLUE: Final = "#3d85d9"
ORANGE: Final = "#d9690f"
GREEN: Final = "#2f9e57"
RED: Final = "#e0455a"
PURPLE: Final = "#9b6ad6"
TEAL: Final = "#1597a5"
GREY: Final = LINE

COLOURS: Final = (BLUE, ORANGE, PURPLE, TEAL, RED, GREEN, GREY)
"""The colours of marks: each has a contrast of at least 3 on white and on JupyterLab's dark background."""

STATUS_COLOURS: Final = {
    "completed": GREEN,
    "running": BLUE,
    "failed": RED,
    "recovered": TEAL,
    "recovering": ORANGE,
    "cancelled": GREY,
    "interrupted": ORANGE,
    "pending": GREY,
}

_MIME_TYPE: Final = "application/vnd.vegalite.v5+json"
_SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v5.json"
_DEFAULT_RENDERERS: Final = ("default", "html")
_WIDTH: Final = 480


class HistoryChart(alt.LayerChart):
    """A chart of runs: an Altair chart, to be changed with Altair's own methods.

    It is shown by the notebook's own Vega-Lite, so that no script is loaded from the network. A renderer that
    was chosen with ``altair.renderers.enable`` is used instead.
    """

    def _repr_mimebundle_(self, *args: Any, **kwargs: Any) -> Any:
        if alt.renderers.active not in _DEFAULT_RENDERERS:
            return super()._repr_mimebundle_(*args, **kwargs)
        spec = {**self.to_dict(), "$schema": _SCHEMA}
        data = {_MIME_TYPE: spec, "text/plain": repr(self)}
        return data, {_MIME_TYPE: {"embed_options": {"renderer": "svg", "actions": False}}}

    def __repr__(self) -> str:
        title = getattr(self, "title", None)
        return f"<HistoryChart {title!r}>"


def history_chart(*layers: Any, title: str, rows: int | None = None) -> HistoryChart:
    """Lays charts over each other in one look. ``rows`` is the number of bars of a horizontal chart."""
    height: Any = 240 if rows is None else {"step": 18}
    config = {
        "font": "system-ui, sans-serif",
        "view": {"stroke": None},
        "title": {"color": TEXT, "anchor": "start", "fontSize": 13},
        "axis": {
            "labelColor": TEXT,
            "titleColor": TEXT,
            "domainColor": LINE,
            "tickColor": LINE,
            "gridColor": LINE,
            "gridOpacity": 0.25,
            "labelLimit": 260,
            "titleFontWeight": "normal",
        },
        "axisY": {"grid": rows is None},
        "legend": {"labelColor": TEXT, "titleColor": TEXT, "orient": "top", "title": None},
        "text": {"color": TEXT},
    }
    return HistoryChart(
        layer=list(layers), title=title, width=_WIDTH, height=height, background="transparent", config=config
    )

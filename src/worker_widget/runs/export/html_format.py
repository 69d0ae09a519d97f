"""The report of the run: one HTML file that is the console on it; see `worker_widget.runs.report`."""

from __future__ import annotations

from collections.abc import Iterator

from .trace import Trace


def html_parts(trace: Trace) -> Iterator[str]:
    """The report, in parts."""
    from ..report.report import report_parts

    return report_parts([trace], signer=trace.signer)

"""``worker-widget pause``: requests a pause of a run."""

from __future__ import annotations

import argparse

from .exit_status import OK
from .reporting import Report, reported
from .run_access import named_source
from .run_options import EPILOG, add_json, add_run, add_server


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the command."""
    parser.description = (
        "Pause a run at its next step, until worker-widget resume. For a run that has ended, and for one"
        " whose worker does not offer it, the status is 6."
    )
    parser.epilog = EPILOG
    add_run(parser)
    add_server(parser, worker="the worker of a run that the history does not have")
    add_json(parser)
    parser.set_defaults(execute=reported(_pause, "pause"))


def _pause(options: argparse.Namespace, report: Report) -> int:
    from .. import background

    named, source = named_source(options, "paused")
    background.call(source.pause)
    report.row({"run_id": named.run_id, "pausing": True}, "The run pauses at its next step.")
    return OK

"""``worker-widget resume``: lets a paused run go on."""

from __future__ import annotations

import argparse

from .exit_status import OK
from .reporting import Report, reported
from .run_access import named_source
from .run_options import EPILOG, add_json, add_run, add_server


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the command."""
    parser.description = "Let a paused run go on. For a run that is not paused the status is 6."
    parser.epilog = EPILOG
    add_run(parser)
    add_server(parser, worker="the worker of a run that the history does not have")
    add_json(parser)
    parser.set_defaults(execute=reported(_resume, "resume"))


def _resume(options: argparse.Namespace, report: Report) -> int:
    from .. import background

    named, source = named_source(options, "resumed")
    background.call(source.resume)
    report.row({"run_id": named.run_id, "resuming": True}, "The run goes on.")
    return OK

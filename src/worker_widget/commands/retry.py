"""``worker-widget retry``: runs the request of an ended run again, from a stage on."""

from __future__ import annotations

import argparse

from .again import add_wait, report_new_run
from .reporting import Report, reported
from .run_access import ended_run, named_run
from .run_options import EPILOG, add_json, add_run, add_server


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the command."""
    parser.description = (
        "Run the request of an ended run again, as a new run. One that failed or was cancelled goes on at its"
        " first stage that is not complete, if its worker offers that; the stages before are taken over."
    )
    parser.epilog = EPILOG
    add_run(parser)
    parser.add_argument(
        "--stage", metavar="STAGE", help="the first stage that is executed, by its id or name"
    )
    add_wait(parser)
    add_server(parser, worker="the worker of a run that the history does not have")
    add_json(parser)
    parser.set_defaults(execute=reported(_retry, "retry"))


def _retry(options: argparse.Namespace, report: Report) -> int:
    run = ended_run(named_run(options), options, "retried")
    return report_new_run(run, run.retry(options.stage), options, report)

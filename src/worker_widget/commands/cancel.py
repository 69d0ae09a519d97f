"""``worker-widget cancel``: requests a worker to cancel a run."""

from __future__ import annotations

import argparse
import time

from ..errors import RunTimeout
from .exit_status import OK
from .reporting import Report, reported
from .run_access import NamedRun, followed, named_source
from .run_options import EPILOG, add_json, add_run, add_server, seconds


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the command."""
    parser.description = "Request the worker of a run to cancel it. For a run that has ended the status is 6."
    parser.epilog = EPILOG
    add_run(parser)
    parser.add_argument("--wait", action="store_true", help="wait until the run has ended")
    parser.add_argument("--timeout", type=seconds, metavar="S", help="with --wait: at most so long")
    add_server(parser, worker="the worker of a run that the history does not have")
    add_json(parser)
    parser.set_defaults(execute=reported(_cancel, "cancel"))


def _cancel(options: argparse.Namespace, report: Report) -> int:
    from .. import background

    named, source = named_source(options, "cancelled")
    background.call(source.cancel)
    status = "cancelling"
    if options.wait:
        status = _ended(named, report, options.timeout)
    words = "The worker was asked to cancel the run." if not options.wait else f"The run has ended: {status}."
    report.row({"run_id": named.run_id, "cancelling": True, "status": status}, words)
    return OK


def _ended(named: NamedRun, report: Report, timeout: float | None) -> str:
    deadline = None if timeout is None else time.monotonic() + timeout
    with followed(named, report, strict=True) as (following, _):
        while not following.over:
            if deadline is not None and time.monotonic() >= deadline:
                raise RunTimeout(f"Run {named.run_id} has not ended {timeout:g} s after it was cancelled.")
            following.wait()
        return following.state.status

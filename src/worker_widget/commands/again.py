"""What the commands share that start a run from another one."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from .exit_status import OK, RUN_FAILED
from .reporting import Report
from .run_options import seconds

if TYPE_CHECKING:
    from ..runs.run import Run


def add_wait(parser: argparse.ArgumentParser) -> None:
    """Adds the options to wait for the end of the new run."""
    parser.add_argument("--wait", action="store_true", help="wait until the new run has ended")
    parser.add_argument("--timeout", type=seconds, metavar="S", help="with --wait: at most so long")


def report_new_run(parent: Run, run: Run, options: argparse.Namespace, report: Report) -> int:
    """Reports the run that was started from ``parent``, with ``--wait`` once it has ended.

    Returns the exit status.
    """
    if options.wait:
        run.wait(options.timeout)
    status = run.status
    row = {"run_id": run.run_id, "parent_run_id": parent.run_id, "status": status}
    ended = f" It has ended: {status}." if options.wait else ""
    report.row(row, f"Run {run.run_id} was started.{ended}")
    return RUN_FAILED if options.wait and not run.success else OK

"""``worker-widget new``: the package of a new worker."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the command."""
    parser.description = "Write a small package with a worker, a test and a README, to be installed with pip."
    parser.add_argument("name", metavar="NAME", help="the worker's id, such as my-worker")
    parser.add_argument(
        "--directory", type=Path, metavar="DIR", help="write into this new directory (default: NAME)"
    )
    parser.set_defaults(execute=_new)


def _new(options: argparse.Namespace) -> int:
    from ..worker_template.new_worker import CannotCreate, create

    try:
        directory = create(options.name, options.directory)
    except CannotCreate as error:
        print(f"worker-widget new: {error}", file=sys.stderr)
        return 1
    print(f"{directory} has the worker. Install it: pip install -e {shlex.quote(str(directory))}")
    return 0

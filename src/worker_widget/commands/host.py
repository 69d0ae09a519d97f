"""``worker-widget host``: the embedded worker host in a terminal."""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial

from ..host.process import host_process


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the command."""
    parser.description = "Run the embedded worker host on 127.0.0.1. Your notebooks find it automatically."
    host_process.add_options(parser)
    parser.add_argument(
        "--worker",
        action="append",
        metavar="MODULE:NAME",
        help="serve this function instead of the installed workers, such as my_module:digest; repeatable",
    )
    parser.set_defaults(execute=partial(_host, parser))


def _host(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    workers = None
    if options.worker:
        from ..host.function_worker import workers_named

        sys.path.insert(0, os.getcwd())
        try:
            workers = workers_named(options.worker)
        except ValueError as error:
            parser.error(f"--worker: {error}")
    return host_process.run(
        options.port, options.idle_minutes, detach=False, open_streams=options.open_streams, workers=workers
    )

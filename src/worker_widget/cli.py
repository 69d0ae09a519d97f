"""The command line: ``worker-widget host``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from .host.process import host_process


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit status. ``arguments`` defaults to ``sys.argv[1:]``."""
    parser = argparse.ArgumentParser(
        prog="worker-widget", description="Execution console for AI workers in a notebook cell."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    host = commands.add_parser(
        "host",
        help="run the embedded worker host here until Ctrl+C",
        description="Run the embedded worker host on 127.0.0.1. Your notebooks find it automatically.",
    )
    host_process.add_options(host)
    options = parser.parse_args(arguments)
    return host_process.run(
        options.port, options.idle_minutes, detach=False, open_streams=options.open_streams
    )


if __name__ == "__main__":
    sys.exit(main())

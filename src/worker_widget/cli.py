"""The command line ``worker-widget``. A command's module is imported when the command is called."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

from .version import __version__

COMMANDS: Final = (
    *("runs", "show", "tail", "export", "verify", "cancel", "answer", "pause"),
    *("resume", "retry", "fork"),
    *("history", "host", "new"),
)
"""Each is a module in ``commands`` with a function ``add``, which adds the command's arguments."""


class _SheetParser(argparse.ArgumentParser):
    """The parser whose help is the sheet of commands."""

    def format_help(self) -> str:
        from .commands.sheet import SHEET

        return SHEET


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit status. ``arguments`` defaults to ``sys.argv[1:]``."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    name = given[0] if given and given[0] in COMMANDS else None
    if name is None:
        sheet = _SheetParser(prog="worker-widget", allow_abbrev=False, usage="worker-widget COMMAND ...")
        sheet.add_argument("--version", action="version", version=f"worker-widget {__version__}")
        sheet.add_argument("command", choices=COMMANDS, metavar="COMMAND")
        sheet.parse_args(given[:1])
    parser = argparse.ArgumentParser(prog=f"worker-widget {name}", allow_abbrev=False)
    import_module(f".commands.{name}", __package__).add(parser)
    options = parser.parse_args(given[1:])
    status: int = options.execute(options)
    return status


if __name__ == "__main__":
    sys.exit(main())

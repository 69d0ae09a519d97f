"""The arguments that the commands about runs share."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, Final, NoReturn

EPILOG: Final = "The exit statuses are in worker-widget --help, the keys of the JSON in docs/command-line.md."
_KEY_OPTIONS: Final = ("--key", "--api-key", "--token")


class _RefusedKey(argparse.Action):
    """An option for a key, which every user of the computer could read in the list of processes."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> NoReturn:
        parser.error(
            "a key is never an argument: other users see it in the list of processes, and shells keep it."
            " Set WORKER_API_KEY, or store it in the keyring: keyring set worker-widget https://..."
        )


def add_run(parser: argparse.ArgumentParser) -> None:
    """Adds the argument that names a run."""
    parser.add_argument("run", metavar="RUN", help='id of a run, its unique beginning, or "last"')


def add_json(parser: argparse.ArgumentParser) -> None:
    """Adds the choice of the output."""
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")


def add_server(parser: argparse.ArgumentParser, *, worker: str) -> None:
    """Adds the arguments that name a server; ``worker`` is the help of the option for a worker."""
    parser.add_argument(
        "--url",
        metavar="URL",
        help="the worker API server (default: that of the run, else WORKER_URL, else the embedded host);"
        " its key comes from WORKER_API_KEY or the keyring, never from an argument",
    )
    parser.add_argument("--worker", metavar="ID", help=worker)
    for option in _KEY_OPTIONS:
        parser.add_argument(option, action=_RefusedKey, nargs="?", help=argparse.SUPPRESS)


def add_offline(parser: argparse.ArgumentParser) -> None:
    """Adds the option to ask no server."""
    parser.add_argument(
        "--offline", action="store_true", help="only what the history of this computer has; ask no server"
    )


def seconds(text: str) -> float:
    """The value of an option in seconds. Raises ``argparse.ArgumentTypeError``."""
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError("give a number of seconds, 0 or more")
    return value


def moment(text: str) -> str:
    """The value of an option that is a time, as it is. Raises ``argparse.ArgumentTypeError``."""
    from ..runs.frames.filters import microseconds

    try:
        microseconds("time", text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def whole_number(text: str) -> int:
    """The value of an option that counts. Raises ``argparse.ArgumentTypeError``."""
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise argparse.ArgumentTypeError("give a whole number, 0 or more")
    return int(text)

"""``worker-widget verify``: checks whether an exported run was changed."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from ..state.terminal_text import harmless
from .exit_status import OK
from .reporting import Report, reported
from .run_options import add_json

CHANGED: Final = 1
CANNOT_CHECK: Final = 2


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the command."""
    parser.description = (
        "Check the JSON or the report of a run, which have a hash for each event and for the file."
        " The exit status is 0 for an intact file, 1 for a changed or wrongly signed one, 2 for one"
        " that cannot be checked."
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--head", metavar="HASH", help="the head hash that the file had, noted elsewhere")
    parser.add_argument("--key", metavar="PUBFILE", help="the public key that must have signed the file")
    add_json(parser)
    parser.set_defaults(execute=reported(_verify, "verify"))


def _verify(options: argparse.Namespace, report: Report) -> int:
    from ..errors import PackageMissing, RunFileError, SigningKeyError
    from ..runs.verifying import verify

    try:
        found = verify(options.file, head=options.head, key=options.key)
    except (RunFileError, SigningKeyError, PackageMissing, OSError) as error:
        report.problem(error, "verify", CANNOT_CHECK)
        return CANNOT_CHECK
    words = "\n".join(map(harmless, str(found).splitlines()))
    if found.accepted or report.json:
        report.row({**found._asdict(), "path": str(found.path)}, words)
    else:
        report.note(words)
    return OK if found.accepted else CHANGED

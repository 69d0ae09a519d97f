"""``worker-widget export``: writes the trace of a run to a file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final, get_args

from ..runs.export import ExportFormat, check_format, export_file_name
from ..runs.export.exporter import Exporter
from ..runs.export.run_export import RunExport
from ..runs.export.signature import signer
from ..runs.history import RunHistory
from ..state.terminal_text import harmless
from .reporting import Report, output, reported
from .run_access import followed, named_run
from .run_options import EPILOG, add_json, add_offline, add_run, add_server

_STDOUT: Final = "-"


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the command."""
    parser.description = (
        "Write the trace of a run to a file, in the current directory unless --output says otherwise. Of a"
        " run that goes on, what there is so far."
    )
    parser.epilog = EPILOG
    add_run(parser)
    parser.add_argument("--format", choices=get_args(ExportFormat), default="json", help="default: json")
    parser.add_argument(
        "-o", "--output", metavar="PATH", help="a file or a directory; - writes to the standard output"
    )
    parser.add_argument(
        "--sign", metavar="KEYFILE", help="an ed25519 private key, which signs a json or html export"
    )
    parser.add_argument(
        "--most-bytes",
        type=int,
        metavar="N",
        help="the most bytes of an html export, default: 50000000; it lists what was left out",
    )
    add_server(parser, worker="the worker of a run that the history does not have")
    add_offline(parser)
    add_json(parser)
    parser.set_defaults(execute=reported(_export, "export"))


def _export(options: argparse.Namespace, report: Report) -> int:
    named = named_run(options, offline=options.offline)
    with followed(named, report) as (following, status):
        store = following.store
    if options.output == _STDOUT:
        check_format(options.format, signed=options.sign is not None)
        key = None if options.sign is None else signer(options.sign)
        runs = ((store, named.run_id),)
        with Exporter(runs) as exporter:
            for part in exporter.pieces(RunExport(runs, options.format), signer=key):
                _write(part)
        return status
    path = Path(options.output or ".").expanduser()
    if path.is_dir():
        path /= export_file_name(store, named.run_id, options.format)
    written = RunHistory(store).export(
        named.run_id, options.format, path, sign=options.sign, most_bytes=options.most_bytes
    )
    row = {
        "run_id": named.run_id,
        "format": options.format,
        "path": str(written),
        "bytes": written.stat().st_size,
    }
    report.row(row, harmless(str(written)))
    return status


def _write(part: bytes) -> None:
    """Writes a part as it is, or for a terminal without what acts on it."""
    with output() as stream:
        if stream.isatty():
            text = part.decode("utf-8", "replace")
            stream.write("\n".join(map(harmless, text.split("\n"))))
        else:
            stream.flush()
            stream.buffer.write(part)

"""``worker-widget fork``: runs an ended run again from a stage on, with changes of its request."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..errors import RequestRefused
from .again import add_wait, report_new_run
from .reporting import Report, reported
from .run_access import ended_run, named_run
from .run_options import EPILOG, add_json, add_run, add_server


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the command."""
    parser.description = (
        "Run an ended run again from a stage on, with another task, brand or option. The stages before are"
        " taken over byte for byte. What is not given is as in that run."
    )
    parser.epilog = EPILOG
    add_run(parser)
    parser.add_argument("stage", metavar="STAGE", help="the first stage that is executed, by its id or name")
    parser.add_argument("--task", help="another task")
    parser.add_argument(
        "--brand", metavar="BRAND", help="another brand: a JSON file, or the name of a saved brand"
    )
    parser.add_argument(
        "--option",
        metavar="NAME=JSON",
        type=_option,
        action="append",
        default=[],
        help="another value of an option of the worker, such as pace=0; can be repeated",
    )
    add_wait(parser)
    add_server(parser, worker="the worker of a run that the history does not have")
    add_json(parser)
    parser.set_defaults(execute=reported(_fork, "fork"))


def _fork(options: argparse.Namespace, report: Report) -> int:
    changes: dict[str, Any] = dict(options.option)
    if options.task is not None:
        changes["task"] = options.task
    if options.brand is not None:
        changes["brand"] = _brand(options.brand)
    run = ended_run(named_run(options), options, "forked")
    return report_new_run(run, run.fork(options.stage, **changes), options, report)


def _brand(named: str) -> Any:
    """The brand in a JSON file, or the name of a saved one."""
    path = Path(named)
    if path.suffix.lower() != ".json" and not path.is_file():
        return named
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RequestRefused(f"The brand in {path} cannot be read: {error}.") from None


def _option(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not name.isidentifier() or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=JSON, such as pace=0")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value

"""``worker-widget answer``: answers a request of a run for input of a person."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from ..errors import RequestRefused
from .exit_status import OK
from .reporting import Report, reported
from .run_access import followed, named_source
from .run_options import EPILOG, add_json, add_run, add_server


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the command."""
    parser.description = (
        "Answer an open request of a run that waits for a person. worker-widget show RUN lists them, each"
        " with the JSON schema of its answer."
    )
    parser.epilog = EPILOG
    add_run(parser)
    parser.add_argument("request", metavar="REQUEST", help="the id of the request")
    parser.add_argument(
        "payload",
        metavar="JSON",
        type=_payload,
        help="""the answer: true, '"text"' or '{"city": "Bern"}'; - reads it from the standard input""",
    )
    add_server(parser, worker="the worker of a run that the history does not have")
    add_json(parser)
    parser.set_defaults(execute=reported(_answer, "answer"))


def _answer(options: argparse.Namespace, report: Report) -> int:
    from .. import background

    named, source = named_source(options, "answered")
    with followed(named, report, strict=True) as (following, _):
        open_ids = [request.request_id for request in following.state.inputs]
        if options.request not in open_ids:
            raise RequestRefused(_not_open(named.run_id, options.request, open_ids, following.state.status))
        background.call(lambda: source.answer(options.request, options.payload))
    row = {"run_id": named.run_id, "request_id": options.request, "accepted": True}
    report.row(row, "The answer was accepted.")
    return OK


def _not_open(run_id: str, request_id: str, open_ids: list[str], status: str) -> str:
    listed = "It has no open request." if not open_ids else f"Open are: {', '.join(open_ids)}."
    return f"Run {run_id} ({status}) waits for no answer to {request_id!r}. {listed}"


def _payload(text: str) -> Any:
    try:
        return json.loads(sys.stdin.read() if text == "-" else text, parse_constant=_no_constant)
    except RecursionError:
        raise argparse.ArgumentTypeError("the answer is nested too deeply") from None
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"the answer is no JSON: {error}. A text needs its own quotes, as '\"text\"'"
        ) from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"JSON has no {name}")

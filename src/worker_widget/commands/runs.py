"""``worker-widget runs``: the newest runs, those of the history and those that only the server has."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from ..errors import WorkerWidgetError
from ..runs.run_choice import RunQuery, chosen_runs
from ..state.run_state import ENDED
from ..state.terminal_text import fitted, harmless
from ..store.run_records import RunRecord
from .exit_status import OK, status_of
from .reporting import Report, reported
from .rows import blank_row, instant, listed_row, local_time
from .run_access import client, history, listed_runs, server_answers
from .run_options import EPILOG, add_json, add_offline, add_server, moment, whole_number

if TYPE_CHECKING:
    from ..events.answers import RunListItem

_SHOWN: Final = 20
_ID_CHARS: Final = 8
_STATUSES: Final = (
    "queued",
    "running",
    "waiting",
    "paused",
    "interrupted",
    "completed",
    "failed",
    "cancelled",
)
_COLUMNS: Final = (("RUN", _ID_CHARS), ("STATUS", 11), ("CREATED", 16), ("DURATION", 9), ("WORKER", 16))


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the command."""
    parser.description = (
        "The newest runs, newest first: those of the history of this computer, and those that the server"
        " lists, if WORKER_URL or --url names one or the embedded host runs."
    )
    parser.epilog = EPILOG
    parser.add_argument("-n", "--limit", type=whole_number, default=_SHOWN, help="at most so many (20)")
    parser.add_argument(
        "--status",
        choices=_STATUSES,
        metavar="STATUS",
        action="append",
        help=f"runs with this status: {', '.join(_STATUSES)}; repeatable",
    )
    parser.add_argument("--tag", action="append", default=[], help="runs with this tag; repeatable")
    parser.add_argument("--starred", action="store_true", help="runs with a star")
    parser.add_argument("--text", help="runs whose task or note has this text")
    parser.add_argument(
        "--since", type=moment, metavar="TIME", help="created at or after, such as 2026-11-22 (UTC)"
    )
    parser.add_argument(
        "--before", metavar="RUN", help="runs older than this one of the history: the next page of a list"
    )
    add_server(parser, worker="runs of this worker")
    add_offline(parser)
    add_json(parser)
    parser.set_defaults(execute=reported(_runs, "runs"))


def _runs(options: argparse.Namespace, report: Report) -> int:
    query = RunQuery.of(
        statuses=options.status,
        worker=options.worker,
        tags=options.tag,
        starred=options.starred,
        text=options.text,
        since=options.since,
    )
    store = history()
    records = list(chosen_runs(store, query, options.limit, before=options.before))
    rows = {record.run_id: listed_row(record) for record in records}
    status = OK
    if options.before is None and not options.offline:
        try:
            for worker, item in _listed(options):
                known = store.run(item.run_id)
                if known is not None and known.status in ENDED:
                    continue
                row = _server_row(worker, item, rows.get(item.run_id) or _known_row(known))
                rows.pop(item.run_id, None)
                if query.accepts(row):
                    rows[item.run_id] = row
        except WorkerWidgetError as error:
            status = status_of(error)
            report.problem(error, "runs", status)
    newest = sorted(rows.values(), key=lambda row: row["created_at"] or "", reverse=True)
    _print(report, newest[: options.limit])
    return status


def _listed(options: argparse.Namespace) -> list[tuple[str, RunListItem]]:
    from .. import background

    if options.url is None and not server_answers():
        return []
    server = client(options.worker, options.url)
    return background.call(lambda: listed_runs(server, options.worker, max(1, min(options.limit, 100))))


def _known_row(record: RunRecord | None) -> dict[str, Any] | None:
    return None if record is None else listed_row(record)


def _server_row(worker: str, item: RunListItem, known: dict[str, Any] | None) -> dict[str, Any]:
    created = None if item.created_at is None else round(item.created_at.timestamp() * 1_000_000)
    row = known or blank_row()
    return {
        **row,
        "run_id": item.run_id,
        "worker": worker,
        "task": item.task or row["task"],
        "status": item.status,
        "success": item.success,
        "created_at": row["created_at"] if known else instant(created),
        "duration_ms": row["duration_ms"] if item.total_latency_ms is None else item.total_latency_ms,
    }


def _print(report: Report, rows: Iterable[dict[str, Any]]) -> None:
    columns = shutil.get_terminal_size((120, 24)).columns
    first = True
    for row in rows:
        if first:
            report.line("  ".join(fitted(title, size) for title, size in _COLUMNS) + "  TASK")
            first = False
        report.row(row, _words(row, columns))
    if first:
        report.line("No runs.")


def _words(row: dict[str, Any], columns: int) -> str:
    return "  ".join(_cells(row, columns))


def _cells(row: dict[str, Any], columns: int) -> Iterator[str]:
    from ..runs.run_summary import duration_words

    took = row["duration_ms"]
    values = (
        row["run_id"],
        row["status"],
        local_time(_us(row["created_at"]), "%Y-%m-%d %H:%M"),
        "" if took is None else duration_words(round(took * 1000)),
        row["worker"],
    )
    used = 0
    for (_, size), value in zip(_COLUMNS, values, strict=True):
        text = harmless(value)
        yield text[:_ID_CHARS] if size == _ID_CHARS else fitted(text, size)
        used += size + 2
    star = "★ " if row["starred"] else ""
    yield fitted(star + harmless(row["task"] or ""), max(20, columns - used)).rstrip()


def _us(instant: str | None) -> int | None:
    from ..events.event import instant_us

    return instant_us(instant)

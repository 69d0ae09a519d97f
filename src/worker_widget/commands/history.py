"""``worker-widget history``: the size of the history, deleting old runs, exports, and compaction.

The exit status is 0, or 1 for an error, which is one line on stderr; 2 for wrong arguments.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

from ..errors import WorkerWidgetError
from ..retention import Retention, configured, count, days, size

if TYPE_CHECKING:
    from ..host.runs.store import RunStore
    from ..store.event_store import EventStore

_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB")


def add(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of the command."""
    parser.description = (
        "The runs that consoles and clients of this user have followed, in WORKER_WIDGET_HOME."
    )
    parts = parser.add_subparsers(required=True, metavar="COMMAND")

    shown = parts.add_parser("size", help="the sizes of the history and of the embedded host's runs")
    shown.set_defaults(execute=_reported(_size))

    pruned = parts.add_parser(
        "prune",
        help="delete runs beyond limits",
        description="Deletes the oldest runs beyond the limits, by default those of WORKER_KEEP_RUNS,"
        " WORKER_KEEP_DAYS and WORKER_KEEP_SIZE, and what was in the trash for a week. The newest run and"
        " starred runs stay, and so does a run that has not ended: while it waits for a person, while its"
        " process is there, or until it has had no event for a week. The runs of the embedded host are"
        " pruned, too.",
    )
    pruned.add_argument("--runs", type=_argument(count), metavar="N", help="keep the newest N runs")
    pruned.add_argument("--days", type=_argument(days), metavar="N", help="keep the runs of the last N days")
    pruned.add_argument("--size", type=_argument(size), metavar="SIZE", help="keep at most so much, as 2GB")
    pruned.add_argument("--trash", action="store_true", help="empty the whole trash, also of the last week")
    pruned.add_argument("--dry-run", action="store_true", help="only say what would be deleted")
    pruned.set_defaults(execute=_reported(_prune))

    from ..runs.export import ExportFormat

    exported = parts.add_parser("export", help="write the traces of runs into a directory")
    exported.add_argument("directory", type=Path, metavar="DIRECTORY")
    exported.add_argument("runs", nargs="*", metavar="RUN", help="ids of runs (default: all)")
    exported.add_argument("--format", choices=get_args(ExportFormat), default="json")
    exported.set_defaults(execute=_reported(_export))

    compacted = parts.add_parser("vacuum", help="empty the trash and write the file anew without gaps")
    compacted.set_defaults(execute=_reported(_vacuum))

    for part in (shown, pruned, exported, compacted):
        part.add_argument("--json", action="store_true", help="print the result as JSON")


def _argument(read: Callable[[str], float]) -> Callable[[str], float]:
    def checked(text: str) -> float:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return checked


def _reported(
    command: Callable[[argparse.Namespace], tuple[dict[str, Any], str]],
) -> Callable[[argparse.Namespace], int]:
    """A command that prints its result, as JSON or in words, and its errors."""

    def run(options: argparse.Namespace) -> int:
        from ..host.runs.store import UnusableStore

        try:
            result, words = command(options)
        except (WorkerWidgetError, UnusableStore, OSError, ValueError) as error:
            print(f"worker-widget history: {error}", file=sys.stderr)
            return 1
        except sqlite3.Error as error:
            print(
                f"worker-widget history: The embedded host's runs cannot be used: {error}. Try again, or stop"
                " the host first.",
                file=sys.stderr,
            )
            return 1
        print(json.dumps(result, indent=2) if options.json else words)
        return 0

    return run


def _size(options: argparse.Namespace) -> tuple[dict[str, Any], str]:
    limits = configured()
    with closing(_store()) as store:
        records = store.runs()
        result: dict[str, Any] = {
            "path": str(store.path),
            "bytes": store.size(),
            "used_bytes": store.used_bytes(),
            "runs": len(records),
            "starred": sum(record.starred for record in records),
            "trashed": len(store.runs(trashed=True)),
            "events": sum(record.events for record in records),
        }
    host = _host_store()
    if host is not None:
        with closing(host):
            result["host_bytes"] = host.used_bytes()
    result["limits"] = {"runs": limits.runs, "days": limits.days, "size": limits.size}
    lines = [
        f"{result['path']}: {in_units(result['bytes'])}, of it {in_units(result['used_bytes'])} in use",
        f"{_number(result['runs'], 'run')} with {_number(result['events'], 'event')},"
        f" {result['starred']:,} starred;"
        f" {result['trashed']:,} in the trash",
    ]
    if host is not None:
        lines.append(f"The embedded host's runs: {in_units(result['host_bytes'])}")
    lines.append(f"Kept: {_limits(limits)}")
    return result, "\n".join(lines)


def _prune(options: argparse.Namespace) -> tuple[dict[str, Any], str]:
    from ..store.pruning import TRASH_DAYS, beyond, prune

    given = Retention(options.runs, options.days, options.size)
    limits = given or configured()
    with closing(_store()) as store:
        act = beyond if options.dry_run else prune
        pruned = act(store, limits, trash_days=0 if options.trash else TRASH_DAYS)
    host_runs, host_bytes = _prune_host(limits, dry_run=options.dry_run)
    result = {
        "dry_run": options.dry_run,
        "runs": list(pruned.runs),
        "bytes": pruned.bytes,
        "host_runs": host_runs,
        "host_bytes": host_bytes,
    }
    verb = "Would delete" if options.dry_run else "Deleted"
    runs = _number(len(pruned.runs), "run")
    words = f"{verb} {runs} with {in_units(pruned.bytes)}. Kept: {_limits(limits)}."
    if host_runs:
        runs = _number(len(host_runs), "run")
        words += f"\n{verb} {runs} of the embedded host with {in_units(host_bytes)}."
    if not limits:
        words += "\nNo limit is set: use --runs, --days or --size, or the variables WORKER_KEEP_..."
    return result, words


def _prune_host(limits: Retention, *, dry_run: bool) -> tuple[list[str], int]:
    """Prunes the embedded host's runs; returns their ids and bytes."""
    from time import time_ns

    host = _host_store() if limits else None
    if host is None:
        return [], 0
    with closing(host):
        found = host.beyond(limits, time_ns() // 1000)
        if not dry_run:
            for number, _ in found:
                host.delete(number)
            while host.reclaim_space():
                pass
    return [run.run_id for _, run in found], sum(run.bytes for _, run in found)


def _export(options: argparse.Namespace) -> tuple[dict[str, Any], str]:
    from ..runs.history import RunHistory

    with closing(_store()) as store:
        history = RunHistory(store)
        wanted = options.runs or [record.run_id for record in store.runs()]
        paths = [str(path) for path in history.export(wanted, options.format, options.directory)]
    return {"files": paths}, f"Wrote {_number(len(paths), 'file')} to {options.directory}."


def _vacuum(options: argparse.Namespace) -> tuple[dict[str, Any], str]:
    from ..store.pruning import prune

    with closing(_store()) as store:
        before = store.size()
        emptied = prune(store, Retention(), trash_days=0).runs
        store.vacuum()
        after = store.size()
    host = _host_store()
    if host is not None:
        with closing(host):
            host.vacuum()
    words = f"{in_units(before)} became {in_units(after)}."
    if emptied:
        words += f" {_number(len(emptied), 'run')} in the trash deleted."
    return {"before": before, "after": after, "runs": list(emptied)}, words


def _store() -> EventStore:
    from ..store.event_store import EventStore

    return EventStore.open()


def _host_store() -> RunStore | None:
    """The embedded host's runs; ``None`` if there was no host yet."""
    from ..host.runs.store import RunStore
    from ..settings import host_home

    path = host_home() / "host.db"
    return RunStore.open(path) if path.exists() else None


def _limits(limits: Retention) -> str:
    parts = (
        None if limits.runs is None else "the newest " + _few(limits.runs, "run"),
        None if limits.days is None else "the last " + _few(limits.days, "day"),
        None if limits.size is None else f"at most {in_units(limits.size)}",
    )
    return ", ".join(filter(None, parts)) or "all runs"


def _number(count: int, word: str) -> str:
    """A number of things: "1 run" or "1,234 runs"."""
    return f"{count:,} {word}{'s' * (count != 1)}"


def _few(count: float, word: str) -> str:
    """A number of the last things: "run" or "1,234 runs"."""
    if count == 1:
        return word
    return f"{count:,} {word}s" if isinstance(count, int) else f"{count:,g} {word}s"


def in_units(number: int) -> str:
    """A number of bytes as a person reads it.

    >>> in_units(999), in_units(12_345_678)
    ('999 bytes', '12.3 MB')
    """
    power = min((len(str(number)) - 1) // 3, len(_UNITS) - 1)
    return f"{number / 1000**power:.{1 if power else 0}f} {_UNITS[power]}"

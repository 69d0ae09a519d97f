"""Finds the run that a command names, and the server that it is followed from."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .. import settings
from ..errors import RequestRefused, RunUnknown, WorkerWidgetError
from ..runs.finding import LAST, find_run, is_id, several_runs
from ..runs.servers import url_of_run
from ..sources.local.functions_here import LABEL
from ..state.run_state import ENDED
from ..store.event_store import EventStore
from ..store.run_records import RunRecord
from ..store.shared import shared_store
from .reporting import Report

if TYPE_CHECKING:
    from ..events.answers import RunListItem
    from ..runs.client import WorkerClient
    from ..runs.following import Following
    from ..runs.run import Run
    from ..sources.run_source import RunSource

_LISTED_RUNS: Final = 100


@dataclass(frozen=True)
class NamedRun:
    """A run: its record, if the history has it, and a client of its server, if that must be asked."""

    run_id: str
    store: EventStore
    record: RunRecord | None
    client: WorkerClient | None


def history() -> EventStore:
    """The history, in which the runs of processes that are gone have ended."""
    from ..runs.ended_kernels import settle_ended

    store = shared_store()
    settle_ended(store)
    return store


def named_run(options: argparse.Namespace, *, offline: bool = False) -> NamedRun:
    """The run that ``options.run`` names: in the history, else on the server. Raises `RunUnknown`.

    A run that has ended in the history needs no server.
    """
    store = history()
    record = find_run(store, options.run)
    if record is not None:
        settled = offline or record.status in ENDED or record.origin == LABEL
        return NamedRun(record.run_id, store, record, None if settled else _client_of(record, options))
    if options.run == LAST:
        raise RunUnknown("The history of this computer has no run.")
    if offline or not is_id(options.run):
        raise RunUnknown(f"The history of this computer has no run {options.run!r}.")
    run_id, worker = _on_server(options)
    return NamedRun(run_id, store, None, client(worker, options.url))


def require_server(named: NamedRun, verb: str) -> WorkerClient:
    """The client of a run's server. Raises `RequestRefused` for one that has ended or is a kernel's."""
    record = named.record
    if record is not None and record.status in ENDED:
        raise RequestRefused(f"Run {named.run_id} has ended ({record.status}): it cannot be {verb}.")
    if named.client is None:
        raise RequestRefused(
            f"Run {named.run_id} is the code of a kernel, which no other process reaches: it can only be"
            f" {verb} in its notebook."
        )
    return named.client


def named_source(options: argparse.Namespace, verb: str) -> tuple[NamedRun, RunSource]:
    """The run that ``options.run`` names, and its server's side of it, which can be requested to act.

    Raises `RunUnknown`, and `RequestRefused` as `require_server` does.
    """
    named = named_run(options)
    server = require_server(named, verb)
    return named, server.api.run_source(named.run_id, worker=server.worker)


def ended_run(named: NamedRun, options: argparse.Namespace, verb: str) -> Run:
    """The run, for another one that is started from it: its server refuses that while it goes on."""
    record = named.record
    if record is not None and record.origin == LABEL:
        raise RequestRefused(
            f"Run {named.run_id} is the code of a kernel, which no other process reaches: it cannot be"
            f" {verb}."
        )
    server = named.client
    if server is None and record is not None:
        server = _client_of(record, options)
    if server is None:
        raise RunUnknown(f"The history of this computer has no run {named.run_id!r}.")
    return server.get(named.run_id)


@contextmanager
def followed(named: NamedRun, report: Report, *, strict: bool = False) -> Iterator[tuple[Following, int]]:
    """The run with what its server has so far, and the exit status.

    An error of a server is a note, if the history has the run, and its status is returned; with ``strict`` it
    is raised.
    """
    from ..runs.following import Following
    from .exit_status import OK, status_of

    run = None
    status = OK
    if named.client is not None:
        try:
            run = named.client.get(named.run_id)
        except WorkerWidgetError as error:
            if strict or named.record is None:
                raise
            status = _noted(error, report, status_of(error))
    with Following(named.store, named.run_id, run) as following:
        try:
            following.catch_up()
        except WorkerWidgetError as error:
            if strict or named.record is None:
                raise
            status = _noted(error, report, status_of(error))
        yield following, status


def _noted(error: WorkerWidgetError, report: Report, status: int) -> int:
    report.note(f"The history is not up to date: {error}")
    return status


def client(worker: str | None, url: str | None) -> WorkerClient:
    """A client of a server."""
    from ..runs.client import WorkerClient
    from ..runs.servers import DEFAULT_WORKER

    return WorkerClient(worker or DEFAULT_WORKER, url=url)


def server_answers() -> bool:
    """Whether there is a server to ask without starting one: that of WORKER_URL, or a running host."""
    if settings.variable(settings.URL):
        return True
    from ..sources.worker_api.embedded import host_runs

    return host_runs()


async def listed_runs(
    server: WorkerClient, worker: str | None, limit: int = _LISTED_RUNS
) -> list[tuple[str, RunListItem]]:
    """The newest runs that a server lists, each with its worker."""
    workers = [worker] if worker else [row.id for row in await server.api.workers() if row.runnable]
    pages = await asyncio.gather(*(server.api.runs(limit, worker=name) for name in workers))
    return [
        (name, item) for name, page in zip(workers, pages, strict=True) for item in page.runs if item.run_id
    ]


def _client_of(record: RunRecord, options: argparse.Namespace) -> WorkerClient:
    """A client of the server of a run in the history: never another one, which would get the key."""
    worker = options.worker or record.worker or None
    return client(worker, url_of_run(record, options.url))


def _on_server(options: argparse.Namespace) -> tuple[str, str]:
    """The id and the worker of a run that only the server has."""
    from .. import background

    server = client(options.worker, options.url)
    listed = background.call(lambda: listed_runs(server, options.worker))
    found = {item.run_id: name for name, item in listed if item.run_id.startswith(options.run)}
    if options.run in found:
        return options.run, found[options.run]
    if len(found) > 1:
        raise several_runs(options.run, list(found))
    if found:
        return next(iter(found.items()))
    if options.worker is not None:  # it may be older than those that are listed
        background.call(lambda: server.api.ensure_known(options.run, worker=options.worker))
        return options.run, options.worker
    raise RunUnknown(
        f"No run {options.run!r} is in the history, nor among the newest of {server.origin}. Of an older one"
        " give the whole id and --worker."
    )

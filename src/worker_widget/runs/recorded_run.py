"""A run of a history as a `Run`, without a server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import background
from ..errors import WorkerWidgetError
from ..store.event_store import EventStore
from . import local_runs
from .client import WorkerClient
from .live_run import LiveRun
from .run import Run
from .servers import DEFAULT_WORKER
from .unreachable_source import UnreachableSource


def recorded_run(store: EventStore, run_id: str) -> Run:
    """A run as it is in the history; of this kernel also one that goes on. Raises `RunUnknown`."""
    record = store.known_run(run_id)
    here = local_runs.followed(run_id)
    if here is not None and here.store is store:
        return Run(here, starter=_Starter())
    advice = f"WorkerClient().get({run_id!r}) follows it on its server."
    source = UnreachableSource(run_id, "is a recording", advice)
    live = LiveRun(run_id, source=source, store=store, worker=record.worker)
    background.call(live.recall)
    if not live.state.over:
        live.failure = WorkerWidgetError(f"Run {run_id} had not ended when it was recorded. {advice}")
    background.call(live.stop)
    return Run(live, starter=_Starter())


class _Starter:
    """Starts runs from recordings at the server of this computer. Meets `RunStarter`."""

    def replay(self, run: Run, secrets: Mapping[str, str]) -> Run:
        return _client(run)._replay(run, secrets)

    def retry(self, run: Run, from_stage: str | None, secrets: Mapping[str, str]) -> Run:
        return _client(run)._retry(run, from_stage, secrets)

    def fork(self, run: Run, from_stage: str, changes: Mapping[str, Any], secrets: Mapping[str, str]) -> Run:
        return _client(run)._fork(run, from_stage, changes, secrets)


def _client(run: Run) -> WorkerClient:
    return WorkerClient(run.state.worker or DEFAULT_WORKER)

"""The workers that are installed: every entry point of the group ``worker_widget.workers``."""

from __future__ import annotations

import logging
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from ...events.answers import WorkerInfo
from ..worker import Worker, WorkerContext

GROUP: Final = "worker_widget.workers"

_STATUS_ORDER: Final = ("available", "beta", "coming_soon", "unavailable")

_log = logging.getLogger(__name__)


def installed_workers(context: WorkerContext) -> dict[str, Worker | WorkerInfo]:
    """Every installed worker by id: available ones first, then by name; made anew by each call.

    A worker that cannot be imported or made is listed as ``unavailable`` with the reason. Where two have the
    same id, the first in the order of `importlib.metadata.entry_points` is kept.
    """
    workers: dict[str, Worker | WorkerInfo] = {}
    for entry in entry_points(group=GROUP):
        worker = _load(entry, context)
        worker_id = _info(worker).id
        if worker_id in workers:
            _log.warning("Worker %r is installed twice; %s is left out", worker_id, entry.value)
            continue
        workers[worker_id] = worker
    return dict(sorted(workers.items(), key=lambda item: _rank(_info(item[1]))))


def _load(entry: EntryPoint, context: WorkerContext) -> Worker | WorkerInfo:
    try:
        worker: Worker | WorkerInfo = entry.load()(context)
        info = _info(worker)
        if not isinstance(info, WorkerInfo):
            raise TypeError(f"its info is {info!r}, not a WorkerInfo")
        if info.id != entry.name:
            raise ValueError(f"its id is {info.id!r}, which must be the name of its entry point")
    except (Exception, SystemExit) as error:
        _log.exception("Worker %r (%s) cannot be loaded", entry.name, entry.value)
        return WorkerInfo(
            id=entry.name,
            name=entry.name.replace("-", " ").replace("_", " ").title(),
            description=f"Installed as {entry.value}.",
            status="unavailable",
            reason=f"{entry.value} cannot be loaded ({type(error).__name__}: {error})",
        )
    return worker


def _info(worker: Worker | WorkerInfo) -> WorkerInfo:
    return worker if isinstance(worker, WorkerInfo) else worker.info


def _rank(info: WorkerInfo) -> tuple[int, str]:
    rank = _STATUS_ORDER.index(info.status) if info.status in _STATUS_ORDER else len(_STATUS_ORDER)
    return (rank, info.name)

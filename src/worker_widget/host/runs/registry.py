"""The workers this host serves, by id."""

from __future__ import annotations

from collections.abc import Mapping

from ...events.answers import WorkerInfo
from ..worker import Worker
from .refusals import WorkerNotFound, WorkerNotRunnable


class Registry:
    """A worker that cannot be run yet is there as its `WorkerInfo` alone."""

    def __init__(self, workers: Mapping[str, Worker | WorkerInfo]) -> None:
        self._workers = dict(workers)

    def infos(self) -> list[WorkerInfo]:
        return [self.info(worker_id) for worker_id in self._workers]

    def info(self, worker_id: str) -> WorkerInfo:
        """Raises `WorkerNotFound`."""
        worker = self.find(worker_id)
        return worker if isinstance(worker, WorkerInfo) else worker.info

    def worker(self, worker_id: str) -> Worker:
        """Raises `WorkerNotFound` or `WorkerNotRunnable`."""
        worker = self.find(worker_id)
        if isinstance(worker, WorkerInfo):
            raise WorkerNotRunnable(worker)
        return worker

    def find(self, worker_id: str) -> Worker | WorkerInfo:
        """The worker, or the information about one that cannot be run. Raises `WorkerNotFound`."""
        try:
            return self._workers[worker_id]
        except KeyError:
            raise WorkerNotFound(worker_id, list(self._workers)) from None

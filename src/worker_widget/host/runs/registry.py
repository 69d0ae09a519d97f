"""The workers this host serves, by id, for each language model that clients have named."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from ...events.answers import WorkerInfo
from ...settings import LanguageModelVariables
from ..worker import Worker
from .refusals import WorkerNotFound, WorkerNotRunnable

Workers = Mapping[str, Worker | WorkerInfo]

MODELS: Final = 16

_model: ContextVar[str] = ContextVar("language model", default="")


class Registry:
    """A worker that cannot be run yet is there as its `WorkerInfo` alone.

    ``workers`` are those of the language model that the host was started with. ``made`` makes those of
    another one; without it all models have the same workers. The last `MODELS` models are kept, in memory
    only. Which of them a request is about is `using` its mark.
    """

    def __init__(
        self, workers: Workers, made: Callable[[LanguageModelVariables], Workers] | None = None
    ) -> None:
        self._workers = dict(workers)
        self._made = made
        self._of_models: dict[str, Workers] = {}
        self._marks: dict[LanguageModelVariables, str] = {}
        self._unlisted: dict[str, WorkerInfo] = {}

    def add_model(self, model: LanguageModelVariables) -> str:
        """Serve the workers with this language model, too; returns the mark that requests for them name.

        The mark does not reveal the variables, which may hold a key.
        """
        if model in self._marks:
            mark = self._marks.pop(model)
        else:
            mark = secrets.token_urlsafe(16)
            self._of_models[mark] = {} if self._made is None else self._made(model)
        self._marks[model] = mark  # the newest is the last
        while len(self._marks) > MODELS:
            del self._of_models[self._marks.pop(next(iter(self._marks)))]
        return mark

    def has_model(self, mark: str) -> bool:
        return mark in self._of_models

    @property
    def model(self) -> str:
        """The mark that is used now; "" for the host's own language model."""
        return _model.get()

    @staticmethod
    @contextmanager
    def using(mark: str) -> Iterator[None]:
        """Within the block, the workers are those of the language model with this mark, else the host's."""
        token = _model.set(mark)
        try:
            yield
        finally:
            _model.reset(token)

    def know(self, info: WorkerInfo) -> None:
        """Answers requests about a worker that cannot be run, without listing it."""
        self._unlisted[info.id] = info

    def add(self, info: WorkerInfo) -> None:
        """Lists a worker that cannot be run, unless there is one of its id."""
        self._workers.setdefault(info.id, info)

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
        of_model = self._of_models.get(_model.get(), {})
        worker = of_model.get(worker_id) or self._workers.get(worker_id) or self._unlisted.get(worker_id)
        if worker is None:
            raise WorkerNotFound(worker_id, list(self._workers))
        return worker

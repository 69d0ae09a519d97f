"""`WorkerClient` starts and reads runs without a widget. Every method blocks until the server's answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .. import background
from ..errors import RequestRefused
from ..events.run_request import Depth, RunRequest
from ..sources.worker_api.client import AsyncWorkerClient
from ..sources.worker_api.endpoint_settings import endpoint_from
from ..store.event_store import EventStore
from ..store.shared import shared_store
from .history import RunHistory
from .live_run import LiveRun
from .run import Run
from .saved_brands import brand_of

if TYPE_CHECKING:
    import pandas as pd

    from ..events.answers import Health, WorkerInfo


class WorkerClient:
    """A client for the runs of one server.

    ``url`` defaults to ``WORKER_URL``, and without that to the embedded host, which is started at the first
    request. ``api_key`` defaults to ``WORKER_API_KEY``, then to the keyring. ``worker`` is the default worker
    of `run`.
    """

    def __init__(
        self, url: str | None = None, api_key: str | None = None, *, worker: str = "business-builder"
    ) -> None:
        source = endpoint_from(url, api_key, worker)
        self.worker = worker
        self.origin = source.label
        self.api = AsyncWorkerClient(source, worker)
        self.store: EventStore = shared_store()

    def __repr__(self) -> str:
        return f"WorkerClient({self.origin!r}, worker={self.worker!r})"

    @property
    def history(self) -> RunHistory:
        """The runs that were followed on this computer."""
        return RunHistory(self.store)

    def run(
        self,
        task: str,
        brand: Mapping[str, Any] | str | None = None,
        *,
        budget: int | None = None,
        strict_mode: bool = False,
        depth: Depth = "auto",
        worker: str | None = None,
        **options: Any,
    ) -> Run:
        """Starts a run and returns it at once; `Run.wait` waits for its end.

        Arguments and errors are those of `WorkerConsole.run`.
        """
        named = worker or self.worker
        request = RunRequest(
            task=task,
            brand=brand_of(brand),
            budget=budget,
            strict_mode=strict_mode,
            depth=depth,
            options=options,
        )
        answer = background.call(self.api.start(request, worker=named))
        return self._follow(answer.run_id, worker=named, request=request)

    def get(self, run_id: str) -> Run:
        """Gets a run by its id: from the history if it has ended there, else from the server.

        Raises `RunUnknown` if it is in neither.
        """
        record = self.store.run(run_id)
        worker = record.worker if record is not None and record.worker else self.worker
        live = LiveRun(run_id, client=self.api, store=self.store, worker=worker)
        background.call(live.recall())
        if live.state.over:
            background.call(live.stop())
            return Run(live, start_replay=self._replay)
        if live.state.started_us is None:
            background.call(self.api.ensure_known(run_id, worker=worker))
        return self._follow(run_id, worker=worker)

    def runs(self, limit: int = 20, status: str | None = None) -> pd.DataFrame:
        """The newest runs on the server, one row each. `RunHistory.runs` has the runs followed from here."""
        from . import dataframes

        page = background.call(self.api.runs(limit=limit, status=status))
        return dataframes.listed_runs_frame(page.runs)

    def workers(self) -> list[WorkerInfo]:
        """The workers the server offers."""
        return background.call(self.api.workers())

    def health(self) -> Health:
        """The state of the server."""
        return background.call(self.api.health())

    def close(self) -> None:
        """Closes the connections to the server. A later request opens new ones."""
        background.clean_up(self.api.aclose())

    def _follow(
        self, run_id: str, *, worker: str, task: str | None = None, request: RunRequest | None = None
    ) -> Run:
        live = LiveRun(run_id, client=self.api, store=self.store, worker=worker)
        background.call(live.begin(origin=self.origin, task=task, request=request))
        run = Run(live, start_replay=self._replay)
        background.call_soon(live.start)
        return run

    def _replay(self, run: Run) -> Run:
        token = run.replay_token
        if token is None:
            raise RequestRefused(
                "This run cannot be run again: it has no replay token, because it was stopped or its worker"
                " gives none."
            )
        worker = run.state.worker or self.worker
        answer = background.call(self.api.replay(token, worker=worker))
        return self._follow(answer.run_id, worker=worker, task=run.state.task, request=run.request)

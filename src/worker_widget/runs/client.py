"""`WorkerClient` starts and reads runs without a widget. Every method blocks until the server's answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from .. import background
from ..errors import RequestRefused
from ..events.run_request import Depth, RunRequest
from ..sources.local.functions_here import functions_here
from ..sources.worker_server import WorkerServer
from ..store.event_store import EventStore
from ..store.shared import available_store, renewed_store
from . import followed_runs, local_runs
from .agui_agent import AGUI, AguiAgent, no_agent
from .frames.filters import microseconds
from .history import RunHistory
from .live_run import LiveRun
from .pruning_soon import prune_soon
from .request_arguments import check_texts, checked_request, wrong_argument
from .request_changes import changed
from .run import Run
from .run_elsewhere import follow_elsewhere, goes_on_elsewhere
from .saved_brands import brand_of
from .servers import DEFAULT_WORKER, local_workers, server_at

if TYPE_CHECKING:
    import pandas as pd

    from ..events.answers import Health, WorkerInfo
    from ..host.worker import Worker
    from ..recording.function import RecordedFunction
    from .syncing import Synced


class WorkerClient:
    """A client for the runs of one server.

    ``worker`` is the default worker of `run`: an id, or a function of this process, made a worker by
    ``@worker``, or an object with the host's worker protocol, which need no server. ``url`` defaults to
    ``WORKER_URL``, and without that to the embedded host, which is started at the first request. ``api_key``
    defaults to ``WORKER_API_KEY``, then to the keyring.

    ``agui`` is the address of an AG-UI agent, which the host calls as its worker "agui", with ``headers``,
    such as ``{"Authorization": "Bearer ..."}``. The address is recorded with each run, the headers are kept
    in memory only. The runs are one conversation, until `new_conversation`.

    Raises `RequestRefused` for an invalid argument. No connection is made.
    """

    def __init__(
        self,
        worker: str | RecordedFunction[..., Any] | Worker = DEFAULT_WORKER,
        *,
        url: str | None = None,
        api_key: str | None = None,
        agui: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        check_texts(url=url, api_key=api_key, agui=agui)
        if not isinstance(worker, str) and not hasattr(worker, "info"):
            raise wrong_argument("worker", worker, "the id of a worker, or a function made one by @worker")
        self.agent = AguiAgent.of(agui, headers)
        self.api: WorkerServer
        if self.agent is not None:
            given = worker if isinstance(worker, str) else worker.info.id
            worker = self.agent.worker(given, DEFAULT_WORKER)
        if not isinstance(worker, str):
            self.worker = worker.info.id
            functions_here[self.worker] = worker
            self.api = local_workers(self.worker)
        else:
            self.worker = worker
            self.api = server_at(self.worker, url, api_key)
        self.origin = self.api.label
        self.store: EventStore = available_store()
        prune_soon(self.store)

    @classmethod
    def of_kernel(cls) -> Self:
        """A client for the runs of this kernel, whatever functions it has."""
        client = cls.__new__(cls)
        client.agent, client.worker = None, ""
        client.api = local_workers("")
        client.origin, client.store = client.api.label, available_store()
        return client

    def __repr__(self) -> str:
        agent = "" if self.agent is None else f", agui={self.agent.origin!r}"
        return f"WorkerClient({self.worker!r}, url={self.origin!r}{agent})"

    @property
    def history(self) -> RunHistory:
        """The runs that were followed on this computer."""
        self.store = renewed_store(self.store)
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
        secrets: Mapping[str, str] | None = None,
        **options: Any,
    ) -> Run:
        """Starts a run and returns it at once; `Run.wait` waits for its end.

        Arguments and errors are those of `WorkerConsole.run`.
        """
        named = worker or self.worker
        if self.agent is not None and named == AGUI:
            options = self.agent.options(options)
        check_texts(worker=worker)
        request = checked_request(
            task=task,
            brand=brand_of(brand),
            budget=budget,
            strict_mode=strict_mode,
            depth=depth,
            options=options,
        )
        hidden = {**self._secrets(named, options), **(secrets or {})}
        answer = background.call(lambda: self.api.start(request, worker=named, secrets=hidden))
        return self._follow(answer.run_id, worker=named, request=request)

    def get(self, run_id: str) -> Run:
        """Gets a run by its id: from the history if it has ended there, else from the server.

        A run that goes on in another kernel is followed as that kernel writes it, and is stopped there.
        Raises `RunUnknown` if it is in neither.
        """
        record = self.store.run(run_id)
        worker = record.worker if record is not None and record.worker else self.worker
        live = local_runs.followed(run_id)
        if live is not None:
            return Run(live, starter=_Starter(self))
        shared = self._shared(run_id)
        if shared is not None:
            return shared
        if goes_on_elsewhere(record):
            return self._run_of_held(background.call(lambda: follow_elsewhere(self.store, run_id, worker)))
        live = self._live(run_id, worker)
        background.call(live.recall)
        if live.state.over:
            background.call(live.stop)
            return Run(live, starter=_Starter(self))
        if live.state.started_us is None:
            background.call(lambda: self.api.ensure_known(run_id, worker=worker))
        return self._follow(run_id, worker=worker)

    def runs(self, limit: int = 20, status: str | None = None) -> pd.DataFrame:
        """The newest runs on the server, one row each. `RunHistory.runs` has the runs followed from here.

        ==========  ===================  ===============================
        run_id      category
        task        string
        status      category
        success     boolean              missing until the run has ended
        created_at  datetime64[us, UTC]
        duration    timedelta64[us]
        ==========  ===================  ===============================
        """
        from .frames.listed_runs import listed_runs_frame

        page = background.call(lambda: self.api.runs(limit=limit, status=status))
        return listed_runs_frame(page.runs)

    def sync(
        self, *, worker: str | None = None, limit: int | None = None, since: datetime | str | None = None
    ) -> Synced:
        """Brings the ended runs of this server into the history; see `RunHistory.sync`.

        Runs of this process are in the history already.
        """
        from ..sources.worker_api.client import AsyncWorkerClient
        from .syncing import Synced, sync

        if not isinstance(self.api, AsyncWorkerClient):
            return Synced()
        since_us = None if since is None else microseconds("since", since)
        return sync(self.api, self.store, worker=worker, limit=limit, since_us=since_us)

    def workers(self) -> list[WorkerInfo]:
        """The workers the server offers."""
        return background.call(self.api.workers)

    def health(self) -> Health:
        """The state of the server."""
        return background.call(self.api.health)

    def new_conversation(self) -> None:
        """The next run begins a new conversation with the AG-UI agent.

        Raises `RequestRefused` for a client without one.
        """
        if self.agent is None:
            raise no_agent()
        self.agent.new_conversation()

    def close(self) -> None:
        """Closes the connections to the server. A later request opens new ones."""
        background.clean_up(self.api.aclose)

    def _live(self, run_id: str, worker: str) -> LiveRun:
        source = self.api.run_source(run_id, worker=worker)
        return LiveRun(run_id, source=source, store=self.store, worker=worker)

    def _follow(
        self, run_id: str, *, worker: str, task: str | None = None, request: RunRequest | None = None
    ) -> Run:
        self.store = renewed_store(self.store)
        known = local_runs.followed(run_id)
        if known is not None:
            background.call(lambda: local_runs.begun(run_id))
            return Run(known, starter=_Starter(self))
        return self._run_of_held(
            background.call(lambda: self._followed(run_id, worker=worker, task=task, request=request))
        )

    async def _followed(
        self, run_id: str, *, worker: str, task: str | None, request: RunRequest | None
    ) -> LiveRun:
        """The run, which is followed from now on if it was not; the caller must release it."""
        async with followed_runs.opening(self.store, self.origin, run_id):
            live = followed_runs.followed(self.store, self.origin, run_id)
            if live is None:
                live = self._live(run_id, worker)
                await live.begin(origin=self.origin, task=task, request=request)
                followed_runs.follow(live, self.origin, self.store)
            live.hold()
            return live

    def _shared(self, run_id: str) -> Run | None:
        """A run that another console or client of this process follows already."""
        live = background.call(lambda: followed_runs.hold(self.store, self.origin, run_id))
        return None if live is None else self._run_of_held(live)

    def _run_of_held(self, live: LiveRun) -> Run:
        run = Run(live, starter=_Starter(self))
        background.submit(live.release)  # the `Run` holds it by now
        return run

    def _secrets(self, worker: str, options: Mapping[str, Any]) -> Mapping[str, str]:
        return {} if self.agent is None else self.agent.secrets(worker, options)

    def _replay(self, run: Run, secrets: Mapping[str, str]) -> Run:
        token = run.replay_token
        if token is None:
            raise RequestRefused(
                "This run cannot be run again: it has no replay token, because it was stopped or its worker"
                " gives none."
            )
        worker, hidden = self._again(run, secrets)
        answer = background.call(lambda: self.api.replay(token, worker=worker, secrets=hidden))
        return self._follow(answer.run_id, worker=worker, task=run.state.task, request=run.request)

    def _retry(self, run: Run, from_stage: str | None, secrets: Mapping[str, str]) -> Run:
        worker, hidden = self._again(run, secrets)
        retry = partial(self.api.retry, from_stage=from_stage, worker=worker, secrets=hidden)
        answer = background.call(lambda: retry(run.run_id))
        return self._follow(answer.run_id, worker=worker, task=run.state.task, request=run.request)

    def _fork(self, run: Run, from_stage: str, changes: Mapping[str, Any], secrets: Mapping[str, str]) -> Run:
        worker, hidden = self._again(run, secrets)
        fork = partial(self.api.fork, run.run_id, from_stage, changes, worker=worker, secrets=hidden)
        answer = background.call(lambda: fork())
        request = None if run.request is None else changed(run.request, changes)
        return self._follow(answer.run_id, worker=worker, task=run.state.task, request=request)

    def _again(self, run: Run, secrets: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
        """The worker of a run that is started again, and its secrets."""
        worker = run.state.worker or self.worker
        return worker, {**self._secrets(worker, run.state.known_request.options), **secrets}


class _Starter:
    """Meets `RunStarter`."""

    def __init__(self, client: WorkerClient) -> None:
        self.replay, self.retry, self.fork = client._replay, client._retry, client._fork

"""The console's controller: the form, the worker list, the run on screen, and the actions on them.

Runs on the background loop; nothing else changes what is shown. Actions raise the package's errors.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum, auto
from typing import Any, Final

import msgspec

from ..errors import (
    HostUnreachable,
    KeyRefused,
    RequestRefused,
    RunUnknown,
    UnknownWorker,
    WorkerUnavailable,
    WorkerWidgetError,
)
from ..events.run_request import RunRequest
from ..runs.live_run import LiveRun
from ..sources.worker_api import follow
from ..sources.worker_api.client import AsyncWorkerClient
from ..store.event_store import EventStore
from . import history
from .brand_json import brand_text, parse_brand
from .wire import EMBEDDED, FormState, HistoryRow, Link, Shown, WireError, WireProblem

_NOT_RUNNABLE = ("coming_soon", "unavailable")


class FromForm(Enum):
    """Stands for the form's value, as the default of an argument."""

    FROM_FORM = auto()

    def __repr__(self) -> str:
        return "<the form's>"


FROM_FORM: Final = FromForm.FROM_FORM


class ConsoleController:
    """Holds the form, the worker list and the run of a console. ``changed`` is called after every change."""

    def __init__(
        self,
        client: AsyncWorkerClient,
        store: EventStore,
        *,
        origin: str,
        worker: str,
        task: str,
        brand: str,
        changed: Callable[[], None],
    ) -> None:
        self.client = client
        self.store = store
        self.live: LiveRun | None = None
        self._form = FormState(worker=worker, origin=origin, task=task, brand=brand)
        self._start_link: Link | None = None
        self._starting = False
        self._recording = False
        self._taken: tuple[RunRequest, bool] | None = None
        self._own_worker = worker
        self._unready: WireError | None = None  # why no run can be started, while that is so
        self._unlisten: Callable[[], None] = _nothing
        self._followed: set[LiveRun] = set()
        self._opening = asyncio.Lock()  # a run that is opened twice at once is followed once
        self._changed = changed

    @property
    def shown(self) -> Shown:
        """All that the console shows now."""
        live = self.live
        if live is None:
            return Shown(form=self._form, link=self._start_link or Link())
        form = self._form
        error = live.failure or live.history_error
        if error is not None:
            form = msgspec.structs.replace(form, notice=wire_error(error))
        return Shown(
            form=form,
            link=self._start_link or self._link(live),
            run_id=live.run_id,
            run=live.state,
            recording=self._recording,
            skew_us=live.skew_us or 0,
        )

    async def connect(self) -> None:
        """Finds the server and lists its workers; an error is shown as the notice."""
        origin = self._form.origin
        if origin == EMBEDDED:
            link = Link(phase="starting", message="Starting the embedded host, or finding the one that runs")
        else:
            link = Link(phase="connecting", message=f"Connecting to {origin}")
        self._show_start(link)
        try:
            await self.refresh_workers()
            if not self._lists(self._form.worker):
                if not self._lists(self._own_worker):
                    raise self._unknown(self._form.worker)
                self._set(worker=self._own_worker)  # the form's was that of a run of another server
        except WorkerWidgetError as error:
            self._unready = wire_error(error)
        else:
            self._unready = None
        finally:
            self._set(notice=self._unready)
            self._show_start(None)

    async def refresh_workers(self) -> None:
        """Reads the list of workers again. Without a worker the first that can run is chosen."""
        listed = await self.client.workers()
        first = next((row.id for row in listed if row.runnable), "")
        self._set(workers=tuple(listed), worker=self._form.worker or first)

    def select_worker(self, worker: str) -> None:
        """Chooses the worker for the next run. Raises `UnknownWorker` or `WorkerUnavailable`."""
        self._require_runnable(worker)
        self._set(worker=worker, notice=None)

    def declared_options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Those of ``options`` that the form's worker declares; they can be of the worker before."""
        for row in self._form.workers:
            if row.id == self._form.worker:
                names = {option.name for option in row.options}
                return {name: value for name, value in options.items() if name in names}
        return dict(options)

    async def start(self, request: RunRequest, *, worker: str, brand: str) -> LiveRun:
        """Starts a run and shows it; ``brand`` is the request's brand as the form's text.

        Raises the package's errors; the run on screen then stays. A server that cannot be reached and a
        refused key are shown as the notice, too.
        """
        with self._start("a run"):
            if not self._form.workers:
                await self.refresh_workers()
            worker = worker or self._form.worker
            self._require_runnable(worker)
            answer = await self.client.start(request, worker=worker)
            self._fill_form(request, worker=worker, brand=brand)
            async with self._opening:
                return await self._follow(answer.run_id, worker=worker, request=request)

    async def stop(self) -> None:
        """Cancels the run on screen; its end arrives over the stream."""
        if self.live is not None and not self.live.state.over:
            await self.live.cancel()

    def leave_run(self) -> None:
        """Shows the form instead of the run, with its request; the run continues, and its events are written
        to the history."""
        failure = None if self.live is None else self.live.failure
        if isinstance(failure, HostUnreachable | KeyRefused):
            self._unready = wire_error(failure)
        self._leave()
        self._set(notice=self._unready)

    async def replay(self) -> LiveRun:
        """Executes the run on screen again from its token. Raises `RequestRefused` if it has none."""
        live = self.live
        if live is None or live.state.replay_token is None:
            raise RequestRefused(
                "This run cannot be run again: it has no replay token, because it was stopped or its worker"
                " gives none."
            )
        with self._start("the same run again"):
            answer = await self.client.replay(live.state.replay_token, worker=live.worker)
            async with self._opening:
                state = live.state
                return await self._follow(
                    answer.run_id, worker=live.worker, task=state.task, request=state.request
                )

    async def open_run(self, run_id: str, *, recording: bool = False) -> LiveRun:
        """Shows a run by its id: from the history if it has ended there, else from the server.

        With ``recording`` only the history is read. Raises `RunUnknown`.
        """
        async with self._opening:
            return await self._open(run_id, recording=recording)

    async def reopen_run(self, run_id: str) -> None:
        """Shows a run as `open_run` does, unless another is on screen or being started."""
        async with self._opening:
            if self.live is None and not self._starting:
                await self._open(run_id, recording=False)

    async def recent_runs(self) -> tuple[list[HistoryRow], int]:
        """The newest runs, those in the history and those that only the server has, and the number of runs in
        the history. Raises `HistoryError`.
        """
        worker = self._form.worker
        recorded = await asyncio.to_thread(history.recorded_rows, self.store)
        total = await asyncio.to_thread(self.store.run_count)
        try:
            listed = (await self.client.runs(limit=history.RECENT_RUNS, worker=worker)).runs
        except WorkerWidgetError:
            listed = []  # the history of this computer can be read without the server
        return history.merged_rows(recorded, [(worker, item) for item in listed]), total

    async def close(self) -> None:
        """Stops following runs without other holders, and closes the connections when all have ended."""
        self._leave()
        followed, self._followed = self._followed, set()
        for live in followed:
            await live.release()
        for live in followed:
            await asyncio.wrap_future(live.over)
        await self.client.aclose()

    async def attempt(self, action: Awaitable[Any]) -> None:
        """Awaits ``action`` and shows its error as the notice, for actions without a caller that waits."""
        try:
            await action
        except WorkerWidgetError as error:
            self._set(notice=wire_error(error))

    async def _open(self, run_id: str, *, recording: bool) -> LiveRun:
        followed = self._show_followed(run_id)
        if followed is not None:
            return followed
        record = await asyncio.to_thread(self.store.run, run_id)
        worker = record.worker if record is not None and record.worker else self._form.worker
        live = LiveRun(run_id, client=self.client, store=self.store, worker=worker)
        await live.recall()
        if live.state.over:
            self._show(live, recording=True)
            live.over.set_result(None)
            return live
        if recording:
            raise RunUnknown(
                f"No finished run {run_id!r} is in the history of this computer. "
                "WorkerConsole(run_id=...) follows a run on the server."
            )
        if live.state.started_us is None:
            await self.client.ensure_known(run_id, worker=worker)
        return await self._follow(run_id, worker=worker, task=live.state.task)

    def _show_followed(self, run_id: str) -> LiveRun | None:
        live = next((live for live in self._followed if live.run_id == run_id), None)
        if live is not None:
            self._show(live, recording=False)
        return live

    async def _follow(
        self, run_id: str, *, worker: str, task: str | None = None, request: RunRequest | None = None
    ) -> LiveRun:
        followed = self._show_followed(run_id)  # another front end may have opened it
        if followed is not None:
            return followed
        live = LiveRun(run_id, client=self.client, store=self.store, worker=worker)
        await live.begin(origin=self._form.origin, task=task, request=request)
        live.hold()
        self._followed.add(live)
        live.over.add_done_callback(lambda _: self._followed.discard(live))
        self._show(live, recording=False)
        live.start()
        return live

    def _show(self, live: LiveRun, *, recording: bool) -> None:
        self._leave()
        self.live, self._recording, self._taken = live, recording, None
        self._unlisten = live.listen(self._run_changed)
        self._take_over(live)
        self._set(notice=None)

    def _run_changed(self) -> None:
        if self.live is not None:
            self._take_over(self.live)
        self._changed()

    def _take_over(self, live: LiveRun) -> None:
        """The form takes over the request of the run on screen: never a part of it beside another run's.

        What is unknown of it is cleared.
        """
        if not live.state.position:
            return
        request = live.state.known_request
        brand_unknown = live.state.request is None and live.state.has_brand is True
        if (request, brand_unknown) == self._taken:
            return
        self._taken = request, brand_unknown
        worker = live.state.worker or live.worker
        offered = self._form.workers
        if offered and all(row.id != worker or row.status in _NOT_RUNNABLE for row in offered):
            worker = self._form.worker
        brand = self._same_brand(request) or brand_text(request.brand)
        self._fill_form(request, worker=worker, brand=brand, brand_unknown=brand_unknown)

    def _same_brand(self, request: RunRequest) -> str:
        """The form's text of the brand, as it was typed, if it is the brand of ``request``."""
        same = request.brand is not None and parse_brand(self._form.brand) == dict(request.brand)
        return self._form.brand if same else ""

    def _fill_form(
        self, request: RunRequest, *, worker: str, brand: str, brand_unknown: bool = False
    ) -> None:
        self._set(
            worker=worker,
            task=request.task,
            brand=brand,
            brand_unknown=brand_unknown,
            strict_mode=request.strict_mode,
            depth=request.depth,
            budget=request.budget,
            options=request.options,
        )

    def _leave(self) -> None:
        self._unlisten()
        self._unlisten = _nothing
        self.live, self._recording = None, False
        self._changed()

    def _lists(self, worker: str) -> bool:
        return any(row.id == worker for row in self._form.workers)

    def _require_runnable(self, worker: str) -> None:
        for row in self._form.workers:
            if row.id == worker:
                if row.status == "coming_soon":
                    raise WorkerUnavailable(f"{row.name} is coming soon and cannot be run yet.")
                if row.status == "unavailable":
                    raise WorkerUnavailable(f"{row.name} cannot be run: {row.reason or 'it is unavailable'}.")
                return
        raise self._unknown(worker)

    def _unknown(self, worker: str) -> WorkerWidgetError:
        known = ", ".join(row.id for row in self._form.workers) or "none"
        return UnknownWorker(f"There is no worker {worker!r} at the {self._form.origin}. Known: {known}.")

    def _set(self, **changes: Any) -> None:
        self._form = msgspec.structs.replace(self._form, **changes)
        self._changed()

    @contextmanager
    def _start(self, what: str) -> Iterator[None]:
        """Shows that a run is being started. Raises `RequestRefused` if another run is being started."""
        if self._starting:
            raise RequestRefused(
                "A run is being started already. Wait until it is on screen, then stop or leave it."
            )
        self._starting = True
        server = "embedded host" if self._form.origin == EMBEDDED else f"server {self._form.origin}"
        self._show_start(Link(phase="connecting", message=f"Asking the {server} for {what}"))
        try:
            yield
        except (HostUnreachable, KeyRefused) as error:
            self._unready = wire_error(error)
            self._set(notice=self._unready)
            raise
        else:
            self._unready = None
        finally:
            self._starting = False
            self._show_start(None)

    def _show_start(self, link: Link | None) -> None:
        self._start_link = link
        self._changed()

    def _link(self, live: LiveRun) -> Link:
        if live.over.done():
            return Link(phase="ended")
        if live.link is None:
            return Link(phase="connecting")
        return wire_link(live.link)


def _nothing() -> None:
    pass


def wire_link(link: follow.StreamLink) -> Link:
    """The state of the stream as the browser gets it."""
    retry_us = None
    if link.retry_in_s is not None:
        retry_us = time.time_ns() // 1000 + round(link.retry_in_s * 1_000_000)
    return Link(phase=link.phase, message=link.message, attempt=link.attempt, retry_us=retry_us)


def wire_error(error: WorkerWidgetError) -> WireError:
    """The error as the browser gets it."""
    problems = error.problems if isinstance(error, RequestRefused) else ()
    named = tuple(WireProblem(problem.field, problem.message) for problem in problems)
    return WireError(error.code, str(error), named)

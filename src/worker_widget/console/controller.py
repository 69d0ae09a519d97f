"""The console's controller: the form, the worker list, the run on screen, and the actions on them.

Runs on the background loop; nothing else changes what is shown. Actions raise the package's errors.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import Enum, auto
from typing import Any, Final

import msgspec

from ..errors import (
    HistoryError,
    HostUnreachable,
    KeyRefused,
    RequestRefused,
    RunUnknown,
    UnknownWorker,
    WorkerUnavailable,
    WorkerWidgetError,
)
from ..events.answers import WorkerInfo
from ..events.run_request import RunRequest
from ..runs import followed_runs, local_runs
from ..runs.agui_agent import AGUI, AguiAgent
from ..runs.live_run import LiveRun
from ..runs.outage import explained
from ..runs.request_changes import changed
from ..runs.run_elsewhere import follow_elsewhere, goes_on_elsewhere
from ..sources.local.functions_here import LABEL
from ..sources.run_source import StreamLink
from ..sources.worker_server import WorkerServer
from ..state.display_names import display_name
from ..store.event_store import EventStore
from ..store.shared import renewed_store
from .brand_json import brand_text, parse_brand
from .run_selection import RunSelection
from .time_travel import TimeTravel
from .wire import EMBEDDED, FormState, Link, Selection, Shown, WireError, WireProblem

_NOT_RUNNABLE = ("coming_soon", "unavailable")
_STARTED_BY_CODE = "Only its own code starts it"


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
        client: WorkerServer,
        store: EventStore,
        *,
        origin: str,
        worker: str,
        task: str,
        brand: str,
        changed: Callable[[], None],
        agent: AguiAgent | None = None,
    ) -> None:
        self.client = client
        self.store = store
        self.live: LiveRun | None = None
        self.travel: TimeTravel | None = None
        """Which moment of `live` is shown; there is one whenever there is a run."""
        self.selection: Selection | None = None
        self.agent = agent
        options = {} if agent is None else {"url": agent.url}
        self._form = FormState(worker=worker, origin=origin, task=task, brand=brand, options=options)
        self._start_link: Link | None = None
        self._starting = False
        self._recording = False
        self._taken: tuple[RunRequest, bool] | None = None
        self._own_worker = worker
        self._watched: datetime | None = None  # when the run started that was shown because it started
        self._run_worker: WorkerInfo | None = (
            None  # that of the run on screen, if no run of it can be started
        )
        self._unready: WireError | None = None  # why no run can be started, while that is so
        self._unlisten: Callable[[], None] = _nothing
        self._followed: set[LiveRun] = set()
        self._streamed: set[LiveRun] = set()  # those of them that come over the connections of this console
        self._opening = asyncio.Lock()  # a run that is opened twice at once is followed once
        self._changed = changed

    @property
    def shown(self) -> Shown:
        """All that the console shows now."""
        newest, travel = self.newest, self.travel
        past = None if travel is None else travel.past
        if travel is None or past is None:
            return newest
        return msgspec.structs.replace(newest, run=travel.state, past=past)

    @property
    def newest(self) -> Shown:
        """All that the console shows at the newest moment of the run, whichever moment is shown now."""
        live = self.live
        if live is None:
            form = self._form
            if form.notice is None and self.store.unavailable is not None:
                form = msgspec.structs.replace(form, notice=wire_error(explained(self.store.unavailable)))
            link = self._start_link or Link(message=self.client.news or None)
            return Shown(form=form, link=link, selection=self.selection)
        form = self._form
        if self._run_worker is not None:
            others = tuple(row for row in form.workers if row.id != self._run_worker.id)
            workers = (*others, self._run_worker)
            form = msgspec.structs.replace(form, worker=self._run_worker.id, workers=workers)
        error = live.failure or live.history_error
        if error is not None:
            form = msgspec.structs.replace(form, notice=wire_error(error))
        return Shown(
            form=form,
            link=self._start_link or self._link(live),
            run_id=live.run_id,
            run=live.state,
            selection=self.selection,
            recording=self._recording,
            skew_us=live.skew_us or 0,
        )

    @property
    def selected_stage(self) -> str | None:
        """The id of the selected stage."""
        return None if self.selection is None else self.selection.stage_id

    @property
    def selected(self) -> RunSelection:
        """The selected stage and range."""
        part = None if self.travel is None else self.travel.range
        if part is None:
            return RunSelection(self.selected_stage)
        return RunSelection(self.selected_stage, part.after + 1, part.upto)

    @property
    def next_worker(self) -> str:
        """The worker of the next run, also while the form shows another one: that of the run on screen."""
        return self._form.worker

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
            nothing_yet = origin == LABEL and not self._form.workers  # a kernel can have no function
            if not nothing_yet and not self._lists(self._form.worker):
                if not self._lists(self._own_worker):
                    raise self._unknown(self._form.worker)
                self._set(worker=self._own_worker)  # the form's was that of a run of another server
        except WorkerWidgetError as error:
            self._unready = wire_error(error)
        else:
            self._unready = None
        finally:
            if self.live is not None:
                self._show_worker_of(self.live)
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
        self._run_worker = None
        self._set(worker=worker, notice=None)

    def declared_options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Those of ``options`` that the form's worker declares; they can be of the worker before."""
        for row in self._form.workers:
            if row.id == self._form.worker:
                names = {option.name for option in row.options}
                return {name: value for name, value in options.items() if name in names}
        return dict(options)

    @property
    def default_options(self) -> dict[str, None]:
        """The options that the form's worker declares, each with its default."""
        rows = (row for row in self._form.workers if row.id == self._form.worker)
        return {option.name: None for row in rows for option in row.options}

    def agent_options(self, worker: str) -> dict[str, Any]:
        """The options that lead a run of ``worker`` to the console's AG-UI agent; empty without one."""
        return self.agent.options({}) if self.agent is not None and worker == AGUI else {}

    async def start(
        self, request: RunRequest, *, worker: str, brand: str, secrets: Mapping[str, str] | None = None
    ) -> LiveRun:
        """Starts a run and shows it; ``brand`` is the request's brand as the form's text.

        ``secrets`` are sent besides the headers of the AG-UI agent, and kept nowhere.

        Raises the package's errors; the run on screen then stays. A server that cannot be reached and a
        refused key are shown as the notice, too.
        """
        with self._start("a run"):
            if not self._form.workers:
                await self.refresh_workers()
            worker = worker or self._form.worker
            self._require_runnable(worker)
            hidden = {**self._secrets(worker, request), **(secrets or {})}
            answer = await self.client.start(request, worker=worker, secrets=hidden)
            self._fill_form(request, worker=worker, brand=brand)
            async with self._opening:
                return await self._follow(answer.run_id, worker=worker, request=request)

    async def stop(self) -> None:
        """Cancels the run on screen; its end arrives over the stream."""
        if self.live is not None and not self.live.state.over:
            await self.live.cancel()

    async def pause(self) -> LiveRun:
        """Requests a pause of the run on screen. Raises `RequestRefused` if it cannot pause."""
        live = self._on_screen("paused")
        await live.pause()
        return live

    async def resume(self) -> None:
        """Lets the paused run on screen go on. Raises `RequestRefused` if it is not paused."""
        await self._on_screen("resumed").resume()

    async def reconnect(self) -> None:
        """Reconnects to the run on screen at once; an attempt that is under way is ended."""
        self._on_screen("reconnected").reconnect()

    async def answer(self, request_id: str, payload: Any) -> None:
        """Answers a request for input of the run on screen.

        Raises `RequestRefused` if the request is not open or the answer does not meet its schema.
        """
        live = self.live
        for request in live.inputs if live is not None else ():
            if live is not None and request.request_id == request_id:
                return await live.answer(request_id, payload)
        raise RequestRefused("This request is not open any more: it was answered, or it has expired.")

    def select(self, stage_id: str | None, client: str | None = None) -> None:
        """Selects a stage of the run on screen, or none; ``client`` is the front end where that was done.

        Raises `RequestRefused` if no run is on screen.
        """
        if self.live is None:
            raise RequestRefused("Nothing can be selected: no run is on screen.")
        if stage_id != self.selected_stage:
            self._selected(stage_id, client)
            self._changed()

    def leave_run(self) -> None:
        """Shows the form instead of the run, with its request; the run continues, and its events are written
        to the history."""
        failure = None if self.live is None else self.live.failure
        if isinstance(failure, HostUnreachable | KeyRefused):
            self._unready = wire_error(failure)
        self._leave()
        self._set(notice=self._unready)

    async def replay(self, secrets: Mapping[str, str] | None = None) -> LiveRun:
        """Executes the run on screen again from its token, with ``secrets`` as in `start`.

        Raises `RequestRefused` if it has none.
        """
        live = self.live
        if live is None or live.state.replay_token is None:
            raise RequestRefused(
                "This run cannot be run again: it has no replay token, because it was stopped or its worker"
                " gives none."
            )
        with self._start("the same run again"):
            hidden = {**self._secrets(live.worker, live.state.known_request), **(secrets or {})}
            answer = await self.client.replay(live.state.replay_token, worker=live.worker, secrets=hidden)
            async with self._opening:
                state = live.state
                return await self._follow(
                    answer.run_id, worker=live.worker, task=state.task, request=state.request
                )

    async def retry(self, from_stage: str | None = None, secrets: Mapping[str, str] | None = None) -> LiveRun:
        """Runs the request of the run on screen again, from a stage on; see `AsyncWorkerClient.retry`."""
        live = self._on_screen("run again")
        with self._start("the same run again"):
            hidden = {**self._secrets(live.worker, live.state.known_request), **(secrets or {})}
            answer = await self.client.retry(
                live.run_id, from_stage=from_stage, worker=live.worker, secrets=hidden
            )
            return await self._follow_from(live, answer.run_id, live.state.request)

    async def fork(
        self,
        from_stage: str,
        changes: Mapping[str, Any],
        *,
        brand: str | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> LiveRun:
        """Runs the run on screen again from a stage on, with changes of its request by field.

        ``brand`` is the new brand as the form's text. Raises as `start`.
        """
        live = self._on_screen("run again from a stage on")
        request = changed(live.state.known_request, changes)
        with self._start("a run that takes over stages"):
            hidden = {**self._secrets(live.worker, request), **(secrets or {})}
            answer = await self.client.fork(
                live.run_id, from_stage, changes, worker=live.worker, secrets=hidden
            )
            if brand is not None:
                self._set(brand=brand)
            return await self._follow_from(live, answer.run_id, request)

    async def _follow_from(self, live: LiveRun, run_id: str, request: RunRequest | None) -> LiveRun:
        async with self._opening:
            return await self._follow(run_id, worker=live.worker, task=live.state.task, request=request)

    def _on_screen(self, done: str) -> LiveRun:
        if self.live is None:
            raise RequestRefused(f"Nothing can be {done}: no run is on screen.")
        return self.live

    async def open_run(self, run_id: str, *, recording: bool = False) -> LiveRun:
        """Shows a run by its id: from the history if it has ended there, else from the server.

        With ``recording`` only the history is read. Raises `RunUnknown`.
        """
        async with self._opening:
            return await self._open(run_id, recording=recording)

    async def open_recording(self, run: LiveRun | str) -> None:
        """Shows a run that has ended as it was recorded: by its id, or one of another history.

        Raises `RunUnknown`.
        """
        if isinstance(run, str) or run.store is self.store:
            await self.open_run(run if isinstance(run, str) else run.run_id, recording=True)
            return
        if not run.state.over:
            raise RunUnknown(f"The run {run.run_id!r} is not finished, so there is no recording of it.")
        async with self._opening:
            self._show(run, recording=True)

    async def reopen_run(self, run_id: str) -> None:
        """Shows a run as `open_run` does, unless another is on screen or being started."""
        async with self._opening:
            if self.live is None and not self._starting:
                await self._open(run_id, recording=False)

    async def close(self) -> None:
        """Stops following runs without other holders, and closes the connections when none needs them."""
        self._leave()
        followed, self._followed = self._followed, set()
        for live in followed:
            await live.release()
        for live in tuple(self._streamed):
            await asyncio.wrap_future(live.over)
        await self.client.aclose()

    async def attempt(self, action: Awaitable[Any]) -> None:
        """Awaits ``action`` and shows its error as the notice, for actions without a caller that waits."""
        try:
            await action
        except WorkerWidgetError as error:
            self._set(notice=wire_error(error))

    async def _open(self, run_id: str, *, recording: bool) -> LiveRun:
        followed = await self._show_followed(run_id)
        if followed is not None:
            return followed
        record = None
        try:
            record = await asyncio.to_thread(self.store.run, run_id)
        except HistoryError:  # the server can have the run
            if recording:
                raise
        worker = record.worker if record is not None and record.worker else self._form.worker
        if goes_on_elsewhere(record) and not recording:
            live = await follow_elsewhere(self.store, run_id, worker)
            self._hold(live)
            await live.release()
            return live
        live = self._live(run_id, worker)
        try:
            await live.recall()
        except HistoryError:
            if recording:
                raise
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

    def _live(self, run_id: str, worker: str) -> LiveRun:
        source = self.client.run_source(run_id, worker=worker)
        return LiveRun(run_id, source=source, store=self.store, worker=worker)

    def _secrets(self, worker: str, request: RunRequest) -> Mapping[str, str]:
        return {} if self.agent is None else self.agent.secrets(worker, request.options)

    def show_watched(self, entry: local_runs.FollowedRun) -> None:
        """Shows a run that started in this kernel, unless one is on screen that goes on, or being started.

        Of runs that follow each other closely the last is shown, in whatever order they are announced.
        """
        busy = self._starting or (self.live is not None and local_runs.in_progress(self.live))
        if not busy and (self._watched is None or self._watched <= entry.run.started):
            self._watched = entry.run.started
            self._hold(entry.live)

    async def _show_followed(self, run_id: str) -> LiveRun | None:
        """Shows a run that this process follows already: in this console, as its own, or for another one."""
        live = next((live for live in self._followed if live.run_id == run_id), None)
        if live is not None:
            self._show(live, recording=False)
            return live
        live = local_runs.followed(run_id)
        if live is not None:
            await local_runs.begun(run_id)
        else:
            live = followed_runs.followed(self.store, self._form.origin, run_id)
        if live is not None:
            self._hold(live)
        return live

    async def _follow(
        self, run_id: str, *, worker: str, task: str | None = None, request: RunRequest | None = None
    ) -> LiveRun:
        origin = self._form.origin
        self.store = await asyncio.to_thread(renewed_store, self.store)
        async with followed_runs.opening(self.store, origin, run_id):
            # Another front end or another console may have opened it.
            followed = await self._show_followed(run_id)
            if followed is not None:
                return followed
            live = self._live(run_id, worker)
            await live.begin(origin=origin, task=task, request=request)
            self._hold(live)
            self._streamed.add(live)
            live.over.add_done_callback(lambda _: self._streamed.discard(live))
            followed_runs.follow(live, origin, self.store)
            return live

    def _hold(self, live: LiveRun) -> None:
        """Shows a run that is being followed, and keeps it followed."""
        live.hold()
        self._followed.add(live)
        live.over.add_done_callback(lambda _: self._followed.discard(live))
        self._show(live, recording=False)

    def _show(self, live: LiveRun, *, recording: bool) -> None:
        self._leave()
        self.live, self._recording, self._taken = live, recording, None
        self.travel = TimeTravel(live, self._changed)
        if self.selection is not None:
            self._selected(None, None)
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
        self._show_worker_of(live)
        worker = live.state.worker or live.worker
        if self._run_worker is not None:
            worker = self._form.worker
        brand = self._same_brand(request) or brand_text(request.brand)
        self._fill_form(request, worker=worker, brand=brand, brand_unknown=brand_unknown)

    def _show_worker_of(self, live: LiveRun) -> None:
        """Shows the worker of the run on screen as it is, also if no run of it can be started here.

        The form's worker is then that for the next run.
        """
        worker, origin = live.state.worker or live.worker, self._form.origin
        offered = {row.id: row for row in self._form.workers}
        row = offered.get(worker)
        if row is None and (offered or origin == LABEL):
            server = server_words(origin)
            reason = (
                _STARTED_BY_CODE if origin == LABEL else f"{server[:1].upper()}{server[1:]} does not list it"
            )
            row = WorkerInfo(id=worker, name=display_name(worker), status="unavailable", reason=reason)
        self._run_worker = row if row is not None and row.status in _NOT_RUNNABLE else None

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
        if self.travel is not None:
            self.travel.close()
        self.live, self.travel, self._recording, self._run_worker = None, None, False, None
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
        where = server_words(self._form.origin)
        return UnknownWorker(f"There is no worker {worker!r} at {where}. Known: {known}.")

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
        self._show_start(
            Link(phase="connecting", message=f"Asking {server_words(self._form.origin)} for {what}")
        )
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

    def _selected(self, stage_id: str | None, client: str | None) -> None:
        number = 1 if self.selection is None else self.selection.number + 1
        self.selection = Selection(number=number, stage_id=stage_id, client=client)

    def _show_start(self, link: Link | None) -> None:
        self._start_link = link
        self._changed()

    def _link(self, live: LiveRun) -> Link:
        if live.over.done():
            return Link(phase="ended")
        if live.link is None:
            return Link(phase="connecting")
        return wire_link(live.link, live.link_us + (live.skew_us or 0))


def server_words(origin: str) -> str:
    """What runs the workers of a console, within a sentence."""
    if origin == LABEL:
        return origin
    return f"the {origin}" if origin == EMBEDDED else f"the server {origin}"


def _nothing() -> None:
    pass


def wire_link(link: StreamLink, since_us: int) -> Link:
    """The state of the stream as the browser gets it, since ``since_us`` by the worker's clock."""
    retry_us = None if link.retry_in_s is None else since_us + round(link.retry_in_s * 1_000_000)
    return Link(phase=link.phase, message=link.message, attempt=link.attempt, retry_us=retry_us)


def wire_error(error: WorkerWidgetError) -> WireError:
    """The error as the browser gets it."""
    problems = error.problems if isinstance(error, RequestRefused) else ()
    named = tuple(WireProblem(problem.field, problem.message) for problem in problems)
    return WireError(error.code, str(error), named)

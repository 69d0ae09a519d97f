"""What a console does and shows besides the run itself: the form, the worker list, the actions.

Lives on the background loop; the one writer of what is shown. Actions raise the package's errors.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec

from ..errors import (
    HostUnreachable,
    KeyRefused,
    Problem,
    RequestRefused,
    RunUnknown,
    UnknownWorker,
    WorkerUnavailable,
    WorkerWidgetError,
)
from ..events.run_request import RunRequest
from ..runs.live import LiveRun
from ..sources.worker_api import follow
from ..sources.worker_api.client import AsyncWorkerClient
from ..state.run_state import ENDED
from ..store.event_store import EventStore
from .wire import DeskView, Link, Shown, WireError, WireProblem, WorkerRow

Brand = Mapping[str, Any]

RECENT_RUNS = 10


class Desk:
    """One console's form, worker list and run. ``changed`` is called after every change."""

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
        self._view = DeskView(worker=worker, origin=origin, task=task, brand=brand)
        self._starting: Link | None = None
        self._asked = False
        self._recording = False
        self._unlisten: Callable[[], None] = _nothing
        self._followed: set[LiveRun] = set()
        self._in_turn = asyncio.Lock()  # else a run that is opened twice at once is followed twice
        self._changed = changed

    @property
    def shown(self) -> Shown:
        """All that the console shows now."""
        live = self.live
        if live is None:
            return Shown(desk=self._view, link=self._starting or Link())
        view = self._view
        trouble = live.failure or live.trouble
        if trouble is not None:
            view = msgspec.structs.replace(view, notice=wire_error(trouble))
        return Shown(
            desk=view,
            link=self._starting or self._link(live),
            run_id=live.run_id,
            run=live.state,
            recording=self._recording,
            skew_us=live.skew_us or 0,
        )

    async def open_shop(self) -> None:
        """Find the worker's host and list what it offers; what is wrong becomes the notice."""
        self._show_start(Link(phase="starting", message=f"Connecting to the {self._view.origin}"))
        try:
            await self.refresh_workers()
            if not any(row.id == self._view.worker for row in self._view.workers):
                raise self._unknown(self._view.worker)
        except WorkerWidgetError as error:
            self._set(notice=wire_error(error))
        else:
            self._set(notice=None)
        finally:
            self._show_start(None)

    async def refresh_workers(self) -> None:
        """Ask again which workers there are."""
        listed = await self.client.workers()
        rows = tuple(
            WorkerRow(
                id=item.id,
                name=item.name,
                description=item.description,
                status=item.status,
                moats=item.moats,
                options=item.options,
                reason=item.reason,
            )
            for item in listed
        )
        self._set(workers=rows)

    def select(self, worker: str) -> None:
        """Choose the worker for the next run. Raises `UnknownWorker` or `WorkerUnavailable`."""
        self._require(worker)
        self._set(worker=worker, notice=None)

    async def start(self, request: RunRequest, *, worker: str, brand: str) -> LiveRun:
        """Start a run and show it; ``brand`` is the request's brand as the form's text.

        Raises the package's errors; then the run on screen stays. That the worker cannot be asked at all
        becomes the notice as well.
        """
        with self._asking("a run"):
            if not self._view.workers:
                await self.refresh_workers()
            self._require(worker)
            answer = await self.client.start(request, worker=worker)
            self._set(worker=worker, task=request.task, brand=brand, options=request.options)
            async with self._in_turn:
                return await self._follow(answer.run_id, worker=worker, task=request.task)

    async def stop(self) -> None:
        """Ask for the run on screen to be cancelled; its end comes over the stream."""
        if self.live is not None and not self.live.state.over:
            await self.live.cancel()

    def new(self) -> None:
        """Leave the run and offer the form again; the run goes on, and on into the history."""
        self._leave()
        self._set(notice=None)

    async def replay(self) -> LiveRun:
        """Execute the run on screen again from its token. Raises `RequestRefused` where it has none."""
        live = self.live
        if live is None or live.state.replay_token is None:
            raise RequestRefused("This run has no replay token: it was stopped, or its worker gives none.")
        with self._asking("a replay"):
            answer = await self.client.replay(live.state.replay_token, worker=live.worker)
            async with self._in_turn:
                return await self._follow(answer.run_id, worker=live.worker, task=live.state.task)

    async def open_run(self, run_id: str, *, recording: bool = False) -> LiveRun:
        """Show a run by its id: from the history if it is over there, else from the server.

        With ``recording`` only the history is asked. Raises `RunUnknown`.
        """
        async with self._in_turn:
            return await self._open(run_id, recording=recording)

    async def recent_runs(self) -> list[dict[str, Any]]:
        """The last ten runs, newest first: those of the history and those only the server knows."""
        worker = self._view.worker
        records = self.store.runs(limit=RECENT_RUNS)
        begun = self.store.beginnings([record.run_id for record in records])
        rows = {
            record.run_id: {
                "run_id": record.run_id,
                "worker": record.worker,
                "task": record.task,
                "status": record.status,
                "success": record.success,
                "started_us": record.started_us or record.created_us,
                "latency_ms": record.latency_ms,
            }
            for record in records
        }
        try:
            listed = (await self.client.runs(limit=RECENT_RUNS, worker=worker)).runs
        except WorkerWidgetError:
            listed = []  # the history of this computer is there without the server
        for item in listed:
            known = rows.get(item.run_id)
            if known is None or known["status"] not in ENDED:
                rows[item.run_id] = {
                    "run_id": item.run_id,
                    "worker": worker,
                    "task": item.task,
                    "status": item.status,
                    "success": item.success,
                    "started_us": _microseconds(item.created_at) or (known or {}).get("started_us"),
                    "latency_ms": item.total_latency_ms,
                }
        for run_id, row in rows.items():
            told = begun.get(run_id)
            row["replay_of"] = told.replay_of if told else None
            row["strict_mode"] = told.strict_mode if told else None
        newest = sorted(rows.values(), key=lambda row: row["started_us"] or 0, reverse=True)
        return newest[:RECENT_RUNS]

    async def close(self) -> None:
        """Let go of everything. Runs that nobody else holds are no longer followed; the connections
        are closed when the others are over."""
        self._leave()
        followed, self._followed = self._followed, set()
        for live in followed:
            await live.release()
        for live in followed:
            await asyncio.wrap_future(live.over)
        await self.client.aclose()

    async def tell(self, action: Any) -> None:
        """Await ``action``; what it raises becomes the notice, for actions that nobody waits for."""
        try:
            await action
        except WorkerWidgetError as error:
            self._set(notice=wire_error(error))

    async def _open(self, run_id: str, *, recording: bool) -> LiveRun:
        followed = self._show_followed(run_id)
        if followed is not None:
            return followed
        record = self.store.run(run_id)
        worker = record.worker if record is not None and record.worker else self._view.worker
        live = LiveRun(run_id, client=self.client, store=self.store, worker=worker)
        await live.recall()
        if live.state.over:
            self._set(task=live.state.task or self._view.task)
            self._show(live, recording=True)
            live.over.set_result(None)
            return live
        if recording:
            raise RunUnknown(
                f"No finished run {run_id!r} is in the history of this computer. "
                "WorkerConsole(run_id=...) follows a run on the server."
            )
        if not live.state.position:
            await self.client.ensure_known(run_id, worker=worker)
        return await self._follow(run_id, worker=worker, task=live.state.task)

    def _show_followed(self, run_id: str) -> LiveRun | None:
        live = next((live for live in self._followed if live.run_id == run_id), None)
        if live is not None:
            self._show(live, recording=False)
        return live

    async def _follow(self, run_id: str, *, worker: str, task: str | None) -> LiveRun:
        followed = self._show_followed(run_id)  # another view may have opened it as soon as it was there
        if followed is not None:
            return followed
        live = LiveRun(run_id, client=self.client, store=self.store, worker=worker)
        await live.begin(origin=self._view.origin, task=task)
        live.hold()
        self._followed.add(live)
        live.over.add_done_callback(lambda _: self._followed.discard(live))
        self._show(live, recording=False)
        live.start()
        return live

    def _show(self, live: LiveRun, *, recording: bool) -> None:
        self._leave()
        self.live, self._recording = live, recording
        self._unlisten = live.listen(self._changed)
        self._set(notice=None)

    def _leave(self) -> None:
        self._unlisten()
        self._unlisten = _nothing
        self.live, self._recording = None, False
        self._changed()

    def _require(self, worker: str) -> None:
        for row in self._view.workers:
            if row.id == worker:
                if row.status == "coming_soon":
                    raise WorkerUnavailable(f"{row.name} is coming soon and cannot be run yet.")
                if row.status == "unavailable":
                    raise WorkerUnavailable(f"{row.name} cannot be run: {row.reason or 'it is unavailable'}.")
                return
        raise self._unknown(worker)

    def _unknown(self, worker: str) -> WorkerWidgetError:
        known = ", ".join(row.id for row in self._view.workers) or "none"
        return UnknownWorker(f"There is no worker {worker!r} at the {self._view.origin}. Known: {known}.")

    def _set(self, **changes: Any) -> None:
        self._view = msgspec.structs.replace(self._view, **changes)
        self._changed()

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        """While the worker is asked for a run, it is not asked for another: only one could be shown."""
        if self._asked:
            raise RequestRefused(
                "A run is being started already. Wait until it is on screen, then stop or leave it."
            )
        self._asked = True
        self._show_start(Link(phase="starting", message=f"Asking the {self._view.origin} for {what}"))
        try:
            yield
        except (HostUnreachable, KeyRefused) as error:
            self._set(notice=wire_error(error))
            raise
        finally:
            self._asked = False
            self._show_start(None)

    def _show_start(self, link: Link | None) -> None:
        self._starting = link
        self._changed()

    def _link(self, live: LiveRun) -> Link:
        if live.over.done():
            return Link(phase="ended")
        said = live.link
        if said is None:
            return Link(phase="connecting")
        return wire_link(said)


def _nothing() -> None:
    pass


def _microseconds(time: datetime | None) -> int | None:
    return None if time is None else round(time.timestamp() * 1_000_000)


def wire_link(said: follow.StreamLink) -> Link:
    retry_us = None
    if said.retry_in_s is not None:
        retry_us = time.time_ns() // 1000 + round(said.retry_in_s * 1_000_000)
    return Link(phase=said.phase, message=said.message, attempt=said.attempt, retry_us=retry_us)


def wire_error(error: WorkerWidgetError) -> WireError:
    """The error as the browser gets it."""
    problems = error.problems if isinstance(error, RequestRefused) else ()
    named = tuple(WireProblem(problem.field, problem.message) for problem in problems)
    return WireError(error.code, str(error), named)


def parse_brand(text: str) -> Brand | None:
    """The brand in ``text``, ``None`` for blank. Raises `RequestRefused` that names line and column."""
    if not text.strip():
        return None
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        message = f"is not JSON: {error.msg} at {where}"
        raise RequestRefused(f"The brand {message}.", [Problem("brand", message)]) from error
    if not isinstance(value, dict):
        message = 'must be a JSON object, such as {"company_name": ...}'
        raise RequestRefused(f"The brand {message}.", [Problem("brand", message)])
    return value


def brand_text(brand: Mapping[str, Any] | None) -> str:
    """The brand as the form's JSON text, "" for none. Raises `RequestRefused` for what is no JSON."""
    if brand is None:
        return ""
    try:
        return json.dumps(dict(brand), indent=2, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        message = f"cannot be written as JSON: {error}"
        raise RequestRefused(f"The brand {message}.", [Problem("brand", message)]) from error

"""The working parts of one console on the background loop, and the entry for messages of browsers.

Knows of the widget only three functions: one sends a message, one sets one of the few traits, and one shows
the receipt of a run below the console.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec

from ..errors import WorkerWidgetError
from ..runs.client import WorkerClient
from ..runs.live_run import LiveRun
from ..runs.local_runs import on_run
from ..runs.positions import Position, position_of
from ..state.run_state import ENDED, RunState
from ..store.event_store import EventStore
from ..store.run_records import RunRecord
from .channel.channel import Channel, Send
from .controller import ConsoleController
from .home import HomeFollower
from .jupyter import saved
from .requests.dispatch import Requests
from .run_selection import RunSelection
from .wire import Ack, Hello, Request, Shown, ShownRange, ShownReceipt, from_browser

_log = logging.getLogger(__name__)

Publish = Callable[[str, Any], None]
"""Sets one trait: its name and its value."""

ShowReceipt = Callable[[RunState], ShownReceipt | None]
"""Shows the receipt of a run, and returns it; ``None`` when the widget is gone. It can wait for the output of
a cell, and is not called on the loop."""


class ConsoleSession:
    """Controller, channel and requests of one console. Everything here runs on the background loop."""

    def __init__(
        self,
        client: WorkerClient,
        *,
        worker: str,
        task: str,
        brand: str,
        send: Send,
        publish: Publish,
        show_receipt: ShowReceipt,
    ) -> None:
        self._publish = publish
        self._receipt = _ReceiptUpdates(show_receipt, publish)
        self._published: dict[str, str] = {}
        self._saved_position: int | None = None
        self._saving: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._unwatch: Callable[[], None] | None = None
        self._observers: list[Callable[[RunSelection], object]] = []
        self._observed = RunSelection()
        self._moment: tuple[int, ShownRange | None] | None = None
        self._cell: str | None = None
        self._kept: str | None = None
        self._writing: set[asyncio.Task[None]] = set()
        self._write_order = asyncio.Lock()
        self.controller = ConsoleController(
            client.api,
            client.store,
            origin=client.origin,
            worker=worker,
            task=task,
            brand=brand,
            changed=self._changed,
            agent=client.agent,
        )
        self.home = HomeFollower(
            self.controller, lambda: self.channel.home_watched, lambda: self.channel.changed()
        )
        self.channel = Channel(send, self._shown, self._store)
        self._requests = Requests(self.controller, self.channel)

    def watch(self) -> None:
        """Shows each run that starts in this kernel, unless another one is on screen that goes on."""
        self._unwatch = on_run(self.controller.show_watched)

    async def open(
        self,
        run_id: str | None,
        replay: LiveRun | str | None,
        cell: str | None = None,
        at: Position | None = None,
    ) -> None:
        """Connects to the server and shows a run, if one is named; `close` ends it.

        Without a run id, the run that was on screen in ``cell`` before is shown again, also one that has
        ended: for that the server is not needed.
        """
        task = asyncio.current_task()
        if task is not None:
            self._keep(task)
        if replay is not None:
            await self.controller.attempt(self._open_recording(replay, at))
            return
        self._cell = cell
        before = None if cell is None or run_id is not None else await self._shown_before(cell)
        ended = before is not None and before.status in ENDED
        if before is not None and ended:
            self._kept = before.run_id
            await self.controller.attempt(self.controller.reopen_run(before.run_id))
        await self.controller.connect()
        if run_id is not None:
            await self.controller.attempt(self.controller.open_run(run_id))
        elif cell is not None and not ended and self.controller.shown.form.notice is None:
            # Read again: the cell's console before can have written it only now, as it was closed.
            before = await self._shown_before(cell)
            if before is not None:
                await self.controller.attempt(self.controller.reopen_run(before.run_id))

    def observe_selection(self, observer: Callable[[RunSelection], object]) -> None:
        """Calls ``observer`` with each selection from now on."""
        self._observers.append(observer)

    def unobserve_selection(self, observer: Callable[[RunSelection], object]) -> None:
        """Calls ``observer`` no more."""
        with suppress(ValueError):
            self._observers.remove(observer)

    def receive(self, content: Any) -> None:
        """Handles a message of a browser. An invalid message is only logged."""
        try:
            message = from_browser(content)
        except msgspec.ValidationError as error:
            _log.warning("A message of the browser is not one of the wire: %s", error)
            return
        if isinstance(message, Hello):
            self.channel.hello(message)
        elif isinstance(message, Ack):
            self.channel.ack(message)
        else:
            self._keep(asyncio.create_task(self._answer(message), name=f"answer {message.name}"))
        self.home.wake()

    async def wait_until_saved(self) -> None:
        """Waits for what is being saved with the notebook: the finished run and its receipt."""
        saving = {*self._receipt.updates, *([] if self._saving is None else [self._saving])}
        if saving:
            await asyncio.wait(saving)

    async def close(self) -> None:
        """Stops everything this console does; runs go on where they run."""
        if self._unwatch is not None:
            self._unwatch()
        self.channel.close()
        self._cell = None  # the next console of the cell shows the run
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *self._writing, self.home.close(), return_exceptions=True)
        await self.controller.close()

    async def _open_recording(self, run: LiveRun | str, at: Position | None) -> None:
        await self.controller.open_recording(run)
        live, travel = self.controller.live, self.controller.travel
        if at is not None and live is not None and travel is not None:
            await travel.seek(await asyncio.to_thread(position_of, live.store, live.run_id, at))

    async def _answer(self, request: Request) -> None:
        await self._requests.answer(request)
        self.home.wake()  # the request can be the one that watches the home page

    def _shown(self) -> Shown:
        shown, home = self.controller.shown, self.home
        return msgspec.structs.replace(shown, home=home.page, seen_us=home.seen_us)

    def _keep(self, task: asyncio.Task[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _store(self) -> EventStore:
        live = self.controller.live
        return self.controller.store if live is None else live.store

    def _changed(self) -> None:
        shown = self.controller.newest
        if self._published.get("status") != _status(shown) or self._moment_was_sought():
            self.channel.hurry()
        else:
            self.channel.changed()
        self._publish_changed("worker", shown.form.worker)
        # The status first: a new run id must never be combined with the status of the run before.
        self._publish_changed("status", _status(shown))
        self._publish_changed("run_id", shown.run_id or "")
        self._keep_shown(shown)
        self._report_selection(self.controller.selected)
        self._receipt.show(shown)
        if shown.run.over and self._saved_position != shown.run.position:
            self._saved_position = shown.run.position
            self._save(shown)

    def _moment_was_sought(self) -> bool:
        """Whether another moment of the run is shown than before, and not because the run is played."""
        travel = self.controller.travel
        past = None if travel is None else travel.past
        moment = None if past is None else (past.position, past.range)
        before, self._moment = self._moment, moment
        return moment != before and (past is None or past.speed is None)

    def _report_selection(self, selection: RunSelection) -> None:
        if selection == self._observed:
            return
        self._observed = selection
        for observer in tuple(self._observers):
            try:
                observer(selection)
            except Exception:
                _log.exception("An observer of the selection failed")

    def _save(self, shown: Shown) -> None:
        """Sets the trait ``saved`` to the finished run; a later state of it takes the place of an earlier."""
        if self._saving is not None:
            self._saving.cancel()
        self._saving = asyncio.create_task(self._write_saved(shown, self._store()), name="save the run")
        self._keep(self._saving)

    async def _write_saved(self, shown: Shown, store: EventStore) -> None:
        try:
            state = await asyncio.to_thread(saved.saved, shown, store)
        except WorkerWidgetError:
            _log.exception("The finished run could not be saved with the notebook")
        else:
            self._publish("saved", state)

    async def _shown_before(self, cell: str) -> RunRecord | None:
        """The run that was on screen in this cell before."""
        try:
            return await asyncio.to_thread(self.controller.store.shown_run, cell)
        except WorkerWidgetError:
            return None  # a history that fails raises when it is written

    def _keep_shown(self, shown: Shown) -> None:
        """Writes down which run is on screen in the cell: none if it was left or cannot be followed."""
        if self._cell is None:
            return
        lost = not shown.run.over and shown.link.phase == "ended" and shown.form.notice is not None
        kept = None if lost else shown.run_id
        if self._kept != kept:
            self._kept = kept
            task = asyncio.create_task(self._write_shown(self._cell, kept), name="keep the run of a cell")
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)

    async def _write_shown(self, cell: str, run_id: str | None) -> None:
        try:
            async with self._write_order:
                await asyncio.to_thread(self.controller.store.set_shown_run, cell, run_id)
        except WorkerWidgetError as error:
            _log.warning("Which run this cell shows could not be written: %s", error)

    def _publish_changed(self, name: str, value: str) -> None:
        if self._published.get(name) != value:
            self._published[name] = value
            self._publish(name, value)


def _status(shown: Shown) -> str:
    return "idle" if shown.run_id is None else shown.run.status


class _ReceiptUpdates:
    """Shows the newest receipt, one update after the other: at each change of status, and of an ended run."""

    def __init__(self, show: ShowReceipt, publish: Publish) -> None:
        self._show = show
        self._publish = publish
        self._run = RunState()
        self._order = asyncio.Lock()
        self.updates: set[asyncio.Task[None]] = set()

    def show(self, shown: Shown) -> None:
        """Shows the receipt of a run, if something in it changed; that of a run that was left stays."""
        run = msgspec.structs.replace(shown.run, run_id=shown.run_id)
        if shown.run_id is None or _in_receipt(run) == _in_receipt(self._run):
            return
        self._run = run
        task = asyncio.create_task(self._update(), name="show the receipt")
        self.updates.add(task)
        task.add_done_callback(self.updates.discard)

    async def _update(self) -> None:
        async with self._order:
            try:
                shown = await asyncio.to_thread(self._show, self._run)
                # After the update of the output: a front end that has taken that has nothing to do.
                if shown is not None:
                    self._publish("receipt", shown)
            except Exception:
                _log.exception("The receipt of the run could not be shown below the console")


def _in_receipt(run: RunState) -> tuple[object, ...]:
    """What the receipt depends on."""
    return (run.run_id, run.status, run.started_us, run.position if run.over else 0)

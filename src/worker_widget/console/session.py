"""The working parts of one console on the background loop, and the entry for messages of browsers.

Knows of the widget only two functions: one sends a message, the other sets one of the few traits.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import msgspec

from ..errors import WorkerWidgetError
from ..runs.client import WorkerClient
from ..state.run_state import ENDED
from ..store.event_store import EventStore, RunRecord
from .channel.channel import Channel, Send
from .controller import ConsoleController
from .home import HomeFollower
from .jupyter import saved
from .requests.dispatch import Requests
from .wire import Ack, Hello, Request, Shown, from_browser

_log = logging.getLogger(__name__)

Publish = Callable[[str, Any], None]
"""Sets one trait: its name and its value."""


class ConsoleSession:
    """Controller, channel and requests of one console. Everything here runs on the background loop."""

    def __init__(
        self, client: WorkerClient, *, worker: str, task: str, brand: str, send: Send, publish: Publish
    ) -> None:
        self._publish = publish
        self._published: dict[str, str] = {}
        self._saved_position: int | None = None
        self._saving: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
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
        )
        self.home = HomeFollower(
            self.controller, lambda: self.channel.home_watched, lambda: self.channel.changed()
        )
        self.channel = Channel(send, self._shown, self._store)
        self._requests = Requests(self.controller, self.channel)

    async def open(self, run_id: str | None, replay: str | None, cell: str | None = None) -> None:
        """Connects to the server and shows a run, if one is named; `close` ends it.

        Without a run id, the run that was on screen in ``cell`` before is shown again, also one that has
        ended: for that the server is not needed.
        """
        task = asyncio.current_task()
        if task is not None:
            self._keep(task)
        if replay is not None:
            await self.controller.attempt(self.controller.open_run(replay, recording=True))
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

    async def close(self) -> None:
        """Stops everything this console does; runs go on where they run."""
        self.channel.close()
        self._cell = None  # the next console of the cell shows the run
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *self._writing, self.home.close(), return_exceptions=True)
        await self.controller.close()

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
        self.channel.changed()
        shown = self.controller.shown
        self._publish_changed("worker", shown.form.worker)
        # The status first: a new run id must never be combined with the status of the run before.
        self._publish_changed("status", _status(shown))
        self._publish_changed("run_id", shown.run_id or "")
        self._keep_shown(shown)
        if shown.run.over and self._saved_position != shown.run.position:
            self._saved_position = shown.run.position
            self._save(shown)

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

"""One console's working parts on the background loop, and the way in for what the browser says.

Holds nothing of the widget but two functions: one that sends a message, one that is told the few
facts that are kept as traits.
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
from ..store.event_store import EventStore
from .channel.channel import Channel, Send
from .controller import Desk
from .jupyter import saved
from .requests.dispatch import Requests
from .wire import Ack, Hello, Shown, from_browser

_log = logging.getLogger(__name__)

Publish = Callable[[str, Any], None]
"""Sets one trait: its name and its value."""


class ConsoleSession:
    """Desk, channel and requests of one console. Everything here runs on the background loop."""

    def __init__(
        self, client: WorkerClient, *, worker: str, task: str, brand: str, send: Send, publish: Publish
    ) -> None:
        self._publish = publish
        self._told: dict[str, Any] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._cell: str | None = None
        self._writing: set[asyncio.Task[None]] = set()
        self._in_turn = asyncio.Lock()
        self.desk = Desk(
            client.api,
            client.store,
            origin=client.origin,
            worker=worker,
            task=task,
            brand=brand,
            changed=self._changed,
        )
        self.channel = Channel(send, lambda: self.desk.shown, self._store)
        self._requests = Requests(self.desk, self.channel)

    async def open(self, run_id: str | None, replay: str | None, cell: str | None = None) -> None:
        """Find the host and its workers, and show the run that was asked for; `close` ends it.

        Without one, it is the run that ``cell`` followed and that is not over.
        """
        task = asyncio.current_task()
        if task is not None:
            self._keep(task)
        if replay is not None:
            await self.desk.tell(self.desk.open_run(replay, recording=True))
            return
        await self.desk.open_shop()
        self._cell = cell
        if run_id is None:
            run_id = self._followed_before()
        if run_id is not None:
            await self.desk.tell(self.desk.open_run(run_id))

    def hear(self, content: Any) -> None:
        """Take one message of a browser; nothing it says can raise here."""
        try:
            message = from_browser(content)
        except msgspec.ValidationError as error:
            _log.warning("A message of the browser was not understood: %s", error)
            return
        if isinstance(message, Hello):
            self.channel.hello(message)
        elif isinstance(message, Ack):
            self.channel.ack(message)
        else:
            self._keep(asyncio.create_task(self._requests.answer(message), name=f"answer {message.name}"))

    async def close(self) -> None:
        """Stop everything this console does; runs go on where they run."""
        self.channel.close()
        self._cell = None  # what it follows goes on, for the console that the cell makes next
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *self._writing, return_exceptions=True)
        await self.desk.close()

    def _keep(self, task: asyncio.Task[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _store(self) -> EventStore:
        live = self.desk.live
        return self.desk.store if live is None else live.store

    def _changed(self) -> None:
        self.channel.changed()
        shown = self.desk.shown
        self._tell("worker", shown.desk.worker)
        self._tell("status", _status(shown))  # first: nobody is to see another run's end beside a new id
        self._tell("run_id", shown.run_id or "")
        self._remember(shown)
        if shown.run.over and self._told.get("saved") != shown.run.position:
            self._told["saved"] = shown.run.position
            try:
                self._publish("saved", saved.saved(shown, self._store()))
            except WorkerWidgetError:
                _log.exception("The finished run could not be saved with the notebook")

    def _followed_before(self) -> str | None:
        """The run that this cell followed when it was run before, where it is one of this console's."""
        shown = self.desk.shown
        if self._cell is None or shown.run_id is not None or shown.desk.notice is not None:
            return None
        try:
            record = self.desk.store.followed_in(self._cell)
        except WorkerWidgetError:
            return None  # a history that fails says so when it is written
        if record is None or record.status in ENDED:
            return None
        same = (record.worker, record.origin) == (shown.desk.worker, shown.desk.origin)
        return record.run_id if same else None

    def _remember(self, shown: Shown) -> None:
        """Which run the cell follows: none any more, once that is over or cannot be followed.

        A kernel that ends only lets go of it.
        """
        if self._cell is None or shown.link.phase == "starting":
            return
        ended = shown.run.over or (shown.link.phase == "ended" and shown.desk.notice is not None)
        followed = None if ended or shown.recording else shown.run_id
        if self._told.get("followed") != followed:
            self._told["followed"] = followed
            task = asyncio.create_task(
                self._write_followed(self._cell, followed), name="keep what a cell follows"
            )
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)

    async def _write_followed(self, cell: str, run_id: str | None) -> None:
        try:
            async with self._in_turn:
                await asyncio.to_thread(self.desk.store.follow_in, cell, run_id)
        except WorkerWidgetError as error:
            _log.warning("Which run this cell follows could not be kept: %s", error)

    def _tell(self, name: str, value: str) -> None:
        if self._told.get(name) != value:
            self._told[name] = value
            self._publish(name, value)


def _status(shown: Shown) -> str:
    return "idle" if shown.run_id is None else shown.run.status

"""A channel without a console around it: events go in, messages come out."""

from __future__ import annotations

from typing import Any

import msgspec

from worker_widget.console.channel import Channel
from worker_widget.console.wire import DeskView, Link, Shown
from worker_widget.events import Event
from worker_widget.history.store import EventStore
from worker_widget.run.reduce import reduce_all

RUN = "6dd8b5a6-01ea-40a3-bb26-c4ea072f1975"


class ShownRun:
    """A run in a store in memory, a channel that shows it, and all that this sent."""

    def __init__(self) -> None:
        self.store = EventStore.memory()
        self.store.begin(RUN, worker="w", origin="o", time_us=0)
        self.shown = Shown(desk=DeskView(worker="w"))
        self.sent: list[dict[str, Any]] = []
        self.buffers: list[list[bytes]] = []
        self.channel = Channel(self._send, lambda: self.shown, lambda: self.store)

    def _send(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        self.sent.append(msgspec.json.decode(msgspec.json.encode(message)))

    def tell(self, batch: list[Event]) -> None:
        logged = self.store.append(RUN, batch, after=self.shown.run.position)
        run = reduce_all(logged, self.shown.run)
        self.shown = msgspec.structs.replace(self.shown, run_id=RUN, run=run, link=Link(phase="live"))
        self.channel.changed()

    def frames(self) -> list[dict[str, Any]]:
        return [message for message in self.sent if message["kind"] == "frame"]

"""A channel without a console around it: events go in, messages come out, views take them."""

from __future__ import annotations

from typing import Any

import msgspec

from tests.manual_clock import ManualClock
from worker_widget.console import wire
from worker_widget.console.channel.channel import Channel
from worker_widget.console.wire import Ack, FormState, FromBrowser, Hello, Link, Request, Shown, Watch
from worker_widget.events import Event
from worker_widget.state.incident import Incident
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_state import TAIL_ROWS
from worker_widget.store.event_store import EventStore

RUN = "6dd8b5a6-01ea-40a3-bb26-c4ea072f1975"

_WHOLE = ("form", "link", "run", "past", "request", "asked", "understanding", "warnings", "inputs")
_KEYS = {"stages": "stage_id", "artifacts": "file"}


class ShownRun:
    """A run in a store in memory, a channel that shows it, and all that this sent."""

    def __init__(self) -> None:
        self.store = EventStore.memory()
        self.store.begin(RUN, worker="w", origin="o", time_us=0)
        self.shown = Shown(form=FormState(worker="w"))
        self.sent: list[dict[str, Any]] = []
        self.buffers: list[list[bytes]] = []
        self.clock = ManualClock()
        self.failing = False
        self.channel = Channel(self._send, lambda: self.shown, lambda: self.store, self.clock)

    def _send(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        if self.failing:
            raise OSError("the comm is gone")
        self.sent.append(msgspec.json.decode(msgspec.json.encode(message)))

    def tell(self, batch: list[Event]) -> None:
        logged = self.store.append(RUN, batch, after=self.shown.run.position)
        run = reduce_all(logged, self.shown.run)
        self.shown = msgspec.structs.replace(self.shown, run_id=RUN, run=run, link=Link(phase="live"))
        self.channel.changed()

    def hear(self, message: FromBrowser) -> None:
        """What a console does with what a view says."""
        if isinstance(message, Hello):
            self.channel.hello(message)
        elif isinstance(message, Ack):
            self.channel.ack(message)
        elif message.name == "watch":
            self.channel.watch(message.client, msgspec.convert(message.args, Watch))
            self.channel.answer(wire.reply(message, {}), [])
        elif message.name == "visible":
            self.channel.visible(message.client, message.args["visible"])
            self.channel.answer(wire.reply(message, {}), [])

    def frames(self) -> list[dict[str, Any]]:
        return [message for message in self.sent if message["kind"] == "frame"]


class Browser:
    """Takes what the kernel sends as the console's own channel and store do.

    Its messages are in ``outbox``. Time does not pass here: `pulse` is when it looks after what is
    overdue.
    """

    def __init__(self, client: str = "v1", watch: Watch | None = None) -> None:
        self.client = client
        self.watched = watch or Watch()
        self.state: dict[str, Any] = {}
        self.seq = -1
        self.log: dict[int, dict[str, Any]] = {}
        self.total = 0
        self.search: dict[str, Any] | None = None
        self.text: dict[str, str] = {}
        self.done: set[str] = set()
        self.missed = False
        self.visible = True
        self.outbox: list[FromBrowser] = []
        self._requests = 0
        self._untaken: int | None = None

    def take(self, message: dict[str, Any]) -> None:
        kind = message["kind"]
        if kind == "snapshot" and message["client"] in (None, self.client):
            self.state, self.seq = message["state"], message["seq"]
            self.log.clear()
            self.text.clear()
            self._news(message["subscribers"])
            if self.client in message["subscribers"]:
                self.missed = False
            else:
                self.hello()
            self.outbox.append(Ack(client=self.client, seq=self.seq))
        elif kind == "heartbeat" and message["seq"] > self.seq:
            self.hello()
        elif kind == "frame":
            if self.seq < 0 or message["seq"] > self.seq + 1:
                self.hello()
            if self.seq >= 0 and message["seq"] > self.seq:
                self.seq = message["seq"]
                self._patch(message["patch"])
                self._news(message["patch"].get("subscribers", {}))
                self.outbox.append(Ack(client=self.client, seq=self.seq))
        elif kind == "reply" and (message["client"], message["id"]) == (self.client, self._untaken):
            self._untaken = None

    def hello(self) -> None:
        if not self.missed:
            self.missed = True
            self._say_hello()

    def watch(self, watch: Watch) -> None:
        """Show something else: rows that are under way may be under the filter before."""
        self.watched = watch
        self.log.clear()
        self.total, self.search = 0, None
        self._untaken = self._ask("watch", msgspec.to_builtins(watch))

    def show(self, visible: bool) -> None:
        if visible == self.visible:
            return
        self.visible = visible
        if visible:
            self.missed = False
            self.hello()
        else:
            self._ask("visible", {"visible": False})

    def pulse(self) -> None:
        """Ask again for what did not come; a snapshot has whatever a request asked for, too."""
        if self._untaken is not None:
            self._untaken = None
            self.missed = True
        if self.missed:
            self._say_hello()

    def _say_hello(self) -> None:
        self.outbox.append(
            Hello(client=self.client, have=max(self.seq, 0), visible=self.visible, watch=self.watched)
        )

    def _ask(self, name: str, args: dict[str, Any]) -> int:
        self._requests += 1
        self.outbox.append(Request(client=self.client, id=self._requests, name=name, args=args))
        return self._requests

    def _patch(self, patch: dict[str, Any]) -> None:
        for part in _WHOLE:
            if part in patch:
                self.state[part] = patch[part]
        for part, key in _KEYS.items():
            gone = patch.get("stages_gone", ()) if part == "stages" else ()
            rows = {row[key]: row for row in self.state[part] if row[key] not in gone}
            rows |= {row[key]: row for row in patch.get(part, [])}
            self.state[part] = list(rows.values())
        for part in ("routing", "ledger"):
            if part in patch:
                known = {row["number"]: row for row in (*self.state[part]["rows"], *patch[part]["rows"])}
                rows = list(known.values())[-TAIL_ROWS:]
                self.state[part] = {"total": patch[part]["total"], "rows": rows}
        if "incidents" in patch:
            known = {
                row["number"]: row for row in (*self.state["incidents"]["rows"], *patch["incidents"]["rows"])
            }
            rows = [known[number] for number in sorted(known)]
            while len(rows) > TAIL_ROWS:
                done = [n for n, row in enumerate(rows) if not msgspec.convert(row, Incident).unrecovered]
                del rows[done[0] if done else 0]
            self.state["incidents"] = {"total": patch["incidents"]["total"], "rows": rows}

    def _news(self, views: dict[str, Any]) -> None:
        news = views.get(self.client, {})
        if "log" in news and self._untaken is None:
            self.total = news["log"]["total"]
            self.log |= {row["index"]: row for row in news["log"]["rows"]}
        if "search" in news and self._untaken is None:
            self.search = news["search"]
        if "artifact" in news:
            part = news["artifact"]
            self.text[part["file"]] = self.text.get(part["file"], "")[: part["offset"]] + part["text"]
            if part["done"]:
                self.done.add(part["file"])

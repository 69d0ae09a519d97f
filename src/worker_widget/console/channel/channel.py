"""The kernel's end of the channel: sends what is shown as paced frames, to all subscribers at once.

Frames are numbered. Each carries what changed since the frame before, for every subscriber, and what is new
in each subscriber's own window: the log rows under its filter and the text of its artifact. A subscriber that
missed a frame sends hello and gets a snapshot. Nothing here waits for a subscriber.

Runs on the background loop. ``send`` may be called from no other thread.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ...errors import HistoryError, RunUnknown
from ...state.run_state import Artifact
from ...steady_clock import steady_us
from ...store.event_store import EventStore
from .. import wire
from ..wire import Ack, Hello, Shown, SubscriberNews, Watch
from . import snapshot
from .artifact_cursor import ArtifactCursor
from .clock import Clock, Timer
from .pacing import HEARTBEAT_S, Pacer
from .subscriber import Subscriber

_log = logging.getLogger(__name__)

Send = Callable[[Mapping[str, Any], list[bytes]], None]

MOST_SUBSCRIBERS = 16
"""A browser does not report that it left, so the subscribers whose last message is oldest are dropped."""
AFTERGLOW_S = 10.0
"""Heartbeats go on for this long after the end of a run, since the last frame can get lost too."""

HOME_SILENT_S = 180.0
"""After this long without a message of its front ends, the home page is no longer kept up to date."""


class Channel:
    """Sends what ``shown()`` returns to every subscriber, and takes their messages.

    ``clock`` is the event loop's time unless another is given.
    """

    def __init__(
        self,
        send: Send,
        shown: Callable[[], Shown],
        store: Callable[[], EventStore],
        clock: Clock | None = None,
    ) -> None:
        self._send = send
        self._shown = shown
        self._store = store
        self._clock: Clock = clock or asyncio.get_running_loop()
        self._sent = shown()
        self._seq = 0
        self._pacer = Pacer()
        self._subscribers: dict[str, Subscriber] = {}
        self._unknown = Subscriber(Watch())
        self._frame_timer: Timer | None = None
        self._heart_timer: Timer | None = None
        self._beat_until = 0.0
        self._incomplete = False  # something could not be read or sent: a heartbeat tries again
        self._closed = False

    @property
    def home_watched(self) -> bool:
        """Whether a visible front end watches the home page and sent a message in the last minutes."""
        oldest = self._clock.time() - HOME_SILENT_S
        return any(part.watch.home and part.received_at > oldest for part in self._audience().values())

    @property
    def seq(self) -> int:
        """The number of the last frame."""
        return self._seq

    def changed(self) -> None:
        """Sends a frame as soon as the pace allows, because something that is shown changed."""
        if self._closed:
            return
        self._keep_beating()
        if self._frame_timer is None and self._watched():
            wait = self._pacer.wait(self._clock.time())
            self._frame_timer = self._clock.call_later(wait, self._tick)

    def hurry(self) -> None:
        """Sends the next frame without a wait: a person waits for it, or for the end of the run."""
        self.changed()
        if self._frame_timer is not None:
            self._frame_timer.cancel()
            self._frame_timer = self._clock.call_later(0.0, self._tick)

    def flush(self) -> None:
        """Sends what changed at once, independently of the pace.

        What could not be sent because of an exception is sent with a later frame.
        """
        if self._frame_timer is not None:
            self._frame_timer.cancel()
            self._frame_timer = None
        if self._closed:
            return
        now = self._shown()
        self._incomplete = False
        try:
            self._send_changes(now)
        except Exception:
            self._incomplete = True
            raise

    def _send_changes(self, now: Shown) -> None:
        sent = self._sent
        other = (now.run_id, now.after) != (sent.run_id, sent.after)
        back = now.past is None and sent.past is not None  # from a moment that was sent with few of its rows
        if other or back or now.run.position < sent.run.position:
            self._send_anew(now)
            return
        patch = snapshot.patch(self._sent, now)
        size = _bytes(patch)
        news = {client: part for client, part in self._news(now).items() if part}
        if news:
            patch["subscribers"] = news
            size += sum(_bytes({**part, "artifact": None}) for part in news.values())
        if patch:
            try:
                events = now.run.position - sent.run.position
                self._emit(wire.frame(self._seq + 1, patch), size, events)
            except Exception:
                for subscriber in self._audience().values():
                    subscriber.restart()
                raise
            self._seq += 1
        self._sent = now
        if any(part.artifact is not None and part.artifact.behind for part in self._audience().values()):
            self.changed()

    def hello(self, message: Hello) -> None:
        """Subscribes a front end, or sends a snapshot to one that missed a frame."""
        self.flush()
        subscriber = Subscriber(message.watch, visible=message.visible, now=self._clock.time())
        self._drop(message.client)
        self._subscribers[message.client] = subscriber
        while len(self._subscribers) > MOST_SUBSCRIBERS:
            self._drop(next(iter(self._subscribers)))
        self._snapshot(message.client)

    def ack(self, message: Ack) -> None:
        """Takes the number of the last frame that was drawn; it can only slow the pace down."""
        subscriber = self._received(message.client)
        if subscriber is not None and subscriber.visible:
            self._pacer.acknowledged(message.client, self._seq - message.seq, self._clock.time())

    def watch(self, client: str, watch: Watch) -> None:
        """Replaces what a subscriber watches."""
        subscriber = self._received(client)
        if subscriber is None:  # it was dropped: this subscribes it again
            self.hello(Hello(client=client, watch=watch))
            return
        subscriber.set_watch(watch)
        self._scan_rest(subscriber, self._sent)
        self.hurry()

    def visible(self, client: str, visible: bool) -> None:
        """Pauses a subscriber that became invisible, or sends a snapshot to one that became visible."""
        subscriber = self._received(client)
        if subscriber is None:
            return
        if visible:
            self.flush()
            subscriber.visible = True
            self._snapshot(client)
        else:
            subscriber.visible = False
            subscriber.log.close()
            self._pacer.forget(client)

    def answer(self, message: Mapping[str, Any], buffers: list[bytes]) -> None:
        """Sends a reply; replies are not paced."""
        if not self._closed:
            self._send(message, buffers)

    def close(self) -> None:
        """Sends nothing more."""
        self._closed = True
        for timer in (self._frame_timer, self._heart_timer):
            if timer is not None:
                timer.cancel()
        self._frame_timer = self._heart_timer = None
        for subscriber in (*self._subscribers.values(), self._unknown):
            subscriber.log.close()

    def _tick(self) -> None:
        """Sends the frame that is due, unless all subscribers have become invisible."""
        self._frame_timer = None
        if self._watched():
            self.flush()

    def _drop(self, client: str) -> None:
        subscriber = self._subscribers.pop(client, None)
        if subscriber is not None:
            subscriber.log.close()
            self._pacer.forget(client)

    def _received(self, client: str) -> Subscriber | None:
        """The subscriber that sent a message, which is now the newest; ``None`` for an unknown one."""
        subscriber = self._subscribers.pop(client, None)
        if subscriber is None:
            return None
        self._subscribers[client] = subscriber
        now = self._clock.time()
        if subscriber.gone(now, self._last_received()):
            subscriber.restart()
            subscriber.received(now)
            self.changed()
        subscriber.received(now)
        return subscriber

    def _watched(self) -> bool:
        return not self._subscribers or bool(self._audience())

    def _last_received(self) -> float:
        return max((subscriber.received_at for subscriber in self._subscribers.values()), default=0.0)

    def _send_anew(self, now: Shown) -> None:
        """Sends a snapshot to all: of another run, or of another moment or range of the same."""
        for subscriber in (*self._subscribers.values(), self._unknown):
            subscriber.forget()
        self._emit(wire.snapshot(self._seq + 1, snapshot.state(now), self._news(now), self._now_us(now)))
        self._seq += 1
        self._sent = now

    def _snapshot(self, client: str) -> None:
        subscriber = self._subscribers[client]
        subscriber.restart()
        news = {client: self._subscriber_news(subscriber, self._sent)}
        state = snapshot.state(self._sent)
        self._emit(wire.snapshot(self._seq, state, news, self._now_us(self._sent), client))
        self.changed()

    def _audience(self) -> dict[str, Subscriber]:
        """The visible subscribers that are still there, or a substitute if none has sent hello."""
        if not self._subscribers:
            return {wire.EVERY_SUBSCRIBER: self._unknown}
        now, last_received = self._clock.time(), self._last_received()
        return {
            client: subscriber
            for client, subscriber in self._subscribers.items()
            if subscriber.visible and not subscriber.gone(now, last_received)
        }

    def _news(self, shown: Shown) -> dict[str, SubscriberNews]:
        """What is new for each subscriber, `{}` where nothing is.

        A snapshot contains the names of its subscribers, which confirms to each that its hello arrived.
        """
        return {client: self._subscriber_news(part, shown) for client, part in self._audience().items()}

    def _subscriber_news(self, subscriber: Subscriber, shown: Shown) -> SubscriberNews:
        try:
            return self._read_news(subscriber, shown)
        except Exception as error:
            # The frame is sent without this part; the next heartbeat tries to send all of it.
            expected = isinstance(error, HistoryError | RunUnknown)
            _log.warning("The history could not be read for a frame: %s", error, exc_info=not expected)
            subscriber.restart()
            self._incomplete |= not isinstance(error, RunUnknown)  # a deleted run does not come back
            return {}

    def _read_news(self, subscriber: Subscriber, shown: Shown) -> SubscriberNews:
        if shown.run_id is None:
            return {}
        store, upto = self._store(), shown.upto
        news = subscriber.log.advance(store, shown.run_id, upto, shown.after)
        if subscriber.log.behind:
            self._scan_rest(subscriber, shown)
        artifact = self._watched_artifact(subscriber, shown)
        if artifact is not None:
            if subscriber.artifact is None or not subscriber.artifact.on(artifact):
                subscriber.artifact = ArtifactCursor(artifact, subscriber.watch.artifact)
            text = subscriber.artifact.advance(artifact, store, shown.run_id, upto)
            if text is not None:
                news["artifact"] = text
        return news

    def _scan_rest(self, subscriber: Subscriber, shown: Shown) -> None:
        if shown.run_id is not None and subscriber.visible and not self._closed:
            subscriber.log.scan_rest(self._store(), shown.run_id, self.changed, shown.upto, shown.after)

    def _watched_artifact(self, subscriber: Subscriber, shown: Shown) -> Artifact | None:
        """The artifact that a subscriber watches; the newest if no subscriber has sent hello.

        Of a moment that was sought also the newest, where the browser will show that: it need not ask for it.
        """
        artifacts = [item for item in shown.run.artifacts if item.has_content]
        wanted = subscriber.watch.artifact
        was_sought = shown.past is not None and shown.past.speed is None and not shown.run.over
        if subscriber is self._unknown or (was_sought and wanted is not None and wanted.newest):
            return max(artifacts, key=lambda item: item.position, default=None)
        if wanted is None:
            return None
        return next((item for item in artifacts if item.file == wanted.file), None)

    def _now_us(self, shown: Shown) -> int:
        """The time by the worker's clock, for figures that tick."""
        return steady_us() + shown.skew_us

    def _emit(self, message: Mapping[str, Any], size: int = 0, events: int = 0) -> None:
        if self._closed:
            return
        now = self._clock.time()
        self._pacer.sent(now, size, events)
        if message.get("client") is None:
            for subscriber in self._audience().values():
                subscriber.sent(now)
        self._send(message, [])

    def _keep_beating(self) -> None:
        self._beat_until = self._clock.time() + AFTERGLOW_S
        if self._heart_timer is None:
            self._heart_timer = self._clock.call_later(HEARTBEAT_S, self._beat)

    def _beat(self) -> None:
        self._heart_timer = None
        live = self._shown().link.phase not in ("idle", "ended")
        if self._closed or not (live or self._incomplete or self._clock.time() < self._beat_until):
            return
        self._heart_timer = self._clock.call_later(HEARTBEAT_S, self._beat)
        if self._incomplete and self._watched():
            self.flush()
        if self._subscribers:
            self._send(wire.heartbeat(self._seq, self._now_us(self._sent)), [])
        else:
            # A front end whose hello is delayed by a busy cell shows the run, too.
            self._unknown.restart()
            state = snapshot.state(self._sent)
            self._emit(wire.snapshot(self._seq, state, self._news(self._sent), self._now_us(self._sent)))


def _bytes(message: Mapping[str, Any]) -> int:
    return len(msgspec.json.encode(message))

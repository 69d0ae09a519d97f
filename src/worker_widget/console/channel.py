"""The kernel's end of the channel: what is shown goes out as paced frames, to all views at once.

Frames are numbered. Each carries what changed since the one before, for all views, and the news of
each view's own window: the log rows under its filter and the text of its artifact. A view that missed
a frame says hello and gets a snapshot. Nothing here waits for a view, and none is needed.

Lives on the background loop. ``send`` may be called from no other thread.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

from ..errors import HistoryError
from ..history.store import EventStore
from ..run.state import Artifact
from . import view, wire
from .artifact_cursor import ArtifactCursor
from .log_window import log_news
from .pacing import HEARTBEAT_S, Pacer
from .wire import Ack, Hello, Shown, Watch

_log = logging.getLogger(__name__)

Send = Callable[[dict[str, Any], list[bytes]], None]

MOST_VIEWERS = 16
"""Python never learns that a browser left; the views that were silent longest are forgotten."""
AFTERGLOW_S = 10.0
"""Heartbeats go on for this long after the end, since the last frame can get lost too."""


class Viewer:
    """One view of the console, as far as it was heard."""

    def __init__(self, watch: Watch, *, visible: bool = True) -> None:
        self.watch = watch
        self.visible = visible
        self.log_total: int | None = None
        self.cursor: ArtifactCursor | None = None

    def watches(self, watch: Watch) -> None:
        """The view tells what it shows now: it gets that whole with the next frame, since it may have
        passed over what came for what it showed before."""
        self.log_total, self.cursor = None, None
        self.watch = watch


class Channel:
    """Sends what ``shown()`` returns to every view, and hears what they say back."""

    def __init__(self, send: Send, shown: Callable[[], Shown], store: Callable[[], EventStore]) -> None:
        self._send = send
        self._shown = shown
        self._store = store
        self._sent = shown()
        self._seq = 0
        self._pacer = Pacer()
        self._viewers: dict[str, Viewer] = {}
        self._unheard = Viewer(Watch())
        self._frame_timer: asyncio.TimerHandle | None = None
        self._heart_timer: asyncio.TimerHandle | None = None
        self._beat_until = 0.0
        self._closed = False

    @property
    def seq(self) -> int:
        """The number of the last frame."""
        return self._seq

    def changed(self) -> None:
        """Something that is shown changed: a frame follows as soon as the pace allows."""
        if self._closed:
            return
        self._keep_beating()
        if self._frame_timer is None and self._watched():
            loop = asyncio.get_running_loop()
            wait = self._pacer.wait(self._seq, loop.time())
            self._frame_timer = loop.call_later(wait, self.flush)

    def flush(self) -> None:
        """Send what changed, now; otherwise the pace decides."""
        if self._frame_timer is not None:
            self._frame_timer.cancel()
            self._frame_timer = None
        if self._closed:
            return
        now = self._shown()
        if now.run_id != self._sent.run_id:
            self._other_run(now)
            return
        patch = view.patch(self._sent, now)
        self._sent = now
        views = self._news(whole=False)
        if views:
            patch["views"] = views
        if not patch:
            return
        self._seq += 1
        self._emit(wire.frame(self._seq, patch))
        if any(viewer.cursor is not None and viewer.cursor.behind for viewer in self._audience().values()):
            self.changed()

    def hello(self, message: Hello) -> None:
        """A view introduces itself, or asks for the whole after it missed something."""
        self.flush()
        viewer = Viewer(message.watch, visible=message.visible)
        self._viewers.pop(message.client, None)
        self._viewers[message.client] = viewer
        while len(self._viewers) > MOST_VIEWERS:
            silent = next(iter(self._viewers))
            del self._viewers[silent]
            self._pacer.forget(silent)
        self._snapshot(message.client)

    def ack(self, message: Ack) -> None:
        """A view has drawn up to a frame; this can only slow the pace down."""
        viewer = self._heard(message.client)
        if viewer is not None and viewer.visible:
            self._pacer.acknowledged(message.client, message.seq, asyncio.get_running_loop().time())

    def watch(self, client: str, watch: Watch) -> None:
        """A view watches something else now."""
        viewer = self._heard(client)
        if viewer is not None:
            viewer.watches(watch)
            self.changed()

    def visible(self, client: str, visible: bool) -> None:
        """A view went out of sight, or came back: then it gets the whole at once."""
        viewer = self._heard(client)
        if viewer is None:
            return
        viewer.visible = visible
        if visible:
            self.flush()
            self._snapshot(client)
        else:
            self._pacer.forget(client)

    def answer(self, message: dict[str, Any], buffers: list[bytes]) -> None:
        """Send a reply; replies are not paced."""
        if not self._closed:
            self._send(message, buffers)

    def close(self) -> None:
        """Send nothing more."""
        self._closed = True
        for timer in (self._frame_timer, self._heart_timer):
            if timer is not None:
                timer.cancel()
        self._frame_timer = self._heart_timer = None

    def _heard(self, client: str) -> Viewer | None:
        viewer = self._viewers.pop(client, None)
        if viewer is not None:
            self._viewers[client] = viewer
        return viewer

    def _watched(self) -> bool:
        return not self._viewers or any(viewer.visible for viewer in self._viewers.values())

    def _other_run(self, now: Shown) -> None:
        self._sent = now
        self._seq += 1
        for viewer in self._audience().values():
            viewer.watch = Watch(log=viewer.watch.log)
            viewer.cursor = None
        self._emit(wire.snapshot(self._seq, view.state(now), self._news(whole=True), self._now_us()))

    def _snapshot(self, client: str) -> None:
        viewer = self._viewers[client]
        viewer.log_total, viewer.cursor = None, None
        views = {client: self._viewer_news(viewer)}
        self._emit(wire.snapshot(self._seq, view.state(self._sent), views, self._now_us(), client))
        self.changed()

    def _audience(self) -> dict[str, Viewer]:
        return self._viewers or {wire.EVERY_VIEW: self._unheard}

    def _news(self, *, whole: bool) -> dict[str, Any]:
        news: dict[str, Any] = {}
        for client, viewer in self._audience().items():
            if whole:
                viewer.log_total = None
            if viewer.visible:
                told = self._viewer_news(viewer)
                if told:
                    news[client] = told
        return news

    def _viewer_news(self, viewer: Viewer) -> dict[str, Any]:
        try:
            return self._read_news(viewer)
        except HistoryError as error:
            # What else is new goes out all the same; the rows and the text come whole with a later frame.
            _log.warning("The history could not be read for a frame: %s", error)
            viewer.log_total, viewer.cursor = None, None
            return {}

    def _read_news(self, viewer: Viewer) -> dict[str, Any]:
        news: dict[str, Any] = {}
        run_id = self._sent.run_id
        if run_id is None:
            return news
        store = self._store()
        log = log_news(store, run_id, viewer.watch.log, viewer.log_total)
        if log is not None:
            viewer.log_total = log["total"]
            news["log"] = log
        artifact = self._watched_artifact(viewer)
        if artifact is not None:
            if viewer.cursor is None or not viewer.cursor.on(artifact):
                viewer.cursor = ArtifactCursor(artifact, viewer.watch.artifact)
            text = viewer.cursor.advance(artifact, store, run_id)
            if text is not None:
                news["artifact"] = text
        return news

    def _watched_artifact(self, viewer: Viewer) -> Artifact | None:
        """The artifact that a view watches; one that was never heard follows the worker."""
        artifacts = [item for item in self._sent.run.artifacts if item.has_content]
        if viewer is self._unheard:
            return max(artifacts, key=lambda item: item.position, default=None)
        wanted = viewer.watch.artifact
        if wanted is None:
            return None
        return next((item for item in artifacts if item.file == wanted.file), None)

    def _now_us(self) -> int:
        """What the worker's clock says now, for figures that tick."""
        return time.time_ns() // 1000 + self._sent.skew_us

    def _emit(self, message: dict[str, Any]) -> None:
        self._pacer.sent(asyncio.get_running_loop().time())
        self._send(message, [])

    def _keep_beating(self) -> None:
        loop = asyncio.get_running_loop()
        self._beat_until = loop.time() + AFTERGLOW_S
        if self._heart_timer is None:
            self._heart_timer = loop.call_later(HEARTBEAT_S, self._beat)

    def _beat(self) -> None:
        self._heart_timer = None
        loop = asyncio.get_running_loop()
        live = self._shown().link.phase not in ("idle", "ended")
        if self._closed or not (live or loop.time() < self._beat_until):
            return
        self._heart_timer = loop.call_later(HEARTBEAT_S, self._beat)
        if self._viewers:
            self._send(wire.heartbeat(self._seq, self._now_us()), [])
        else:
            # Whoever looks on could not say hello (a busy cell holds it back): show it all the same.
            self._unheard.log_total, self._unheard.cursor = None, None
            news = self._news(whole=True)
            self._emit(wire.snapshot(self._seq, view.state(self._sent), news, self._now_us()))

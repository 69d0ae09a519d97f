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

import msgspec

from ...errors import HistoryError, RunUnknown
from ...state.run_state import Artifact
from ...store.event_store import EventStore
from .. import wire
from ..wire import Ack, Hello, Shown, Watch
from . import snapshot
from .artifact_cursor import ArtifactCursor
from .pacing import HEARTBEAT_S, Pacer
from .subscriber import Viewer

_log = logging.getLogger(__name__)

Send = Callable[[dict[str, Any], list[bytes]], None]

MOST_VIEWERS = 16
"""Python never learns that a browser left; the views that were silent longest are forgotten."""
AFTERGLOW_S = 10.0
"""Heartbeats go on for this long after the end, since the last frame can get lost too."""


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
            self._frame_timer = loop.call_later(wait, self._tick)

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
        patch = snapshot.patch(self._sent, now)
        self._sent = now
        size = _bytes(patch)
        views = {client: part for client, part in self._news().items() if part}
        if views:
            patch["views"] = views
            size += sum(_bytes({**part, "artifact": None}) for part in views.values())
        if not patch:
            return
        self._seq += 1
        self._emit(wire.frame(self._seq, patch), size)
        if any(part.artifact is not None and part.artifact.behind for part in self._audience().values()):
            self.changed()

    def hello(self, message: Hello) -> None:
        """A view introduces itself, or asks for the whole after it missed something."""
        self.flush()
        viewer = Viewer(message.watch, visible=message.visible, now=asyncio.get_running_loop().time())
        self._forget(message.client)
        self._viewers[message.client] = viewer
        while len(self._viewers) > MOST_VIEWERS:
            self._forget(next(iter(self._viewers)))
        self._snapshot(message.client)

    def ack(self, message: Ack) -> None:
        """A view has drawn up to a frame; this can only slow the pace down."""
        viewer = self._heard(message.client)
        if viewer is not None and viewer.visible:
            self._pacer.acknowledged(message.client, message.seq, asyncio.get_running_loop().time())

    def watch(self, client: str, watch: Watch) -> None:
        """A view watches something else now."""
        viewer = self._heard(client)
        if viewer is None:  # it was forgotten: this is as good as a hello
            self.hello(Hello(client=client, watch=watch))
            return
        viewer.watches(watch)
        self._look_further(viewer)
        self.changed()

    def visible(self, client: str, visible: bool) -> None:
        """A view went out of sight, or came back: then it gets the whole at once."""
        viewer = self._heard(client)
        if viewer is None:
            return
        if visible:
            self.flush()
            viewer.visible = True
            self._snapshot(client)
        else:
            viewer.visible = False
            viewer.log.close()
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
        for viewer in (*self._viewers.values(), self._unheard):
            viewer.log.close()

    def _tick(self) -> None:
        """The pace allows a frame: send it, unless all have gone out of sight meanwhile."""
        self._frame_timer = None
        if self._watched():
            self.flush()

    def _forget(self, client: str) -> None:
        viewer = self._viewers.pop(client, None)
        if viewer is not None:
            viewer.log.close()
            self._pacer.forget(client)

    def _heard(self, client: str) -> Viewer | None:
        viewer = self._viewers.pop(client, None)
        if viewer is None:
            return None
        self._viewers[client] = viewer
        now = asyncio.get_running_loop().time()
        if viewer.gone(now, self._last_heard()):
            viewer.begin()
            viewer.speaks(now)
            self.changed()
        viewer.speaks(now)
        return viewer

    def _watched(self) -> bool:
        return not self._viewers or bool(self._audience())

    def _last_heard(self) -> float:
        return max((viewer.heard for viewer in self._viewers.values()), default=0.0)

    def _other_run(self, now: Shown) -> None:
        self._sent = now
        self._seq += 1
        for viewer in (*self._viewers.values(), self._unheard):
            viewer.another_run()
        self._emit(wire.snapshot(self._seq, snapshot.state(now), self._news(), self._now_us()))

    def _snapshot(self, client: str) -> None:
        viewer = self._viewers[client]
        viewer.begin()
        views = {client: self._viewer_news(viewer)}
        self._emit(wire.snapshot(self._seq, snapshot.state(self._sent), views, self._now_us(), client))
        self.changed()

    def _audience(self) -> dict[str, Viewer]:
        """Who looks on: the views in sight that are still there, or whoever could not say hello."""
        if not self._viewers:
            return {wire.EVERY_VIEW: self._unheard}
        now, last_heard = asyncio.get_running_loop().time(), self._last_heard()
        return {
            client: viewer
            for client, viewer in self._viewers.items()
            if viewer.visible and not viewer.gone(now, last_heard)
        }

    def _news(self) -> dict[str, Any]:
        """Each view's news, `{}` where it has none. That a snapshot holds its part tells a view that it
        was heard."""
        return {client: self._viewer_news(viewer) for client, viewer in self._audience().items()}

    def _viewer_news(self, viewer: Viewer) -> dict[str, Any]:
        try:
            return self._read_news(viewer)
        except (HistoryError, RunUnknown) as error:
            # What else is new goes out all the same; the rows and the text come whole with a later frame.
            _log.warning("The history could not be read for a frame: %s", error)
            viewer.begin()
            return {}

    def _read_news(self, viewer: Viewer) -> dict[str, Any]:
        run_id = self._sent.run_id
        if run_id is None:
            return {}
        store = self._store()
        news = viewer.log.advance(store, run_id)
        if viewer.log.behind:
            self._look_further(viewer)
        artifact = self._watched_artifact(viewer)
        if artifact is not None:
            if viewer.artifact is None or not viewer.artifact.on(artifact):
                viewer.artifact = ArtifactCursor(artifact, viewer.watch.artifact)
            text = viewer.artifact.advance(artifact, store, run_id)
            if text is not None:
                news["artifact"] = text
        return news

    def _look_further(self, viewer: Viewer) -> None:
        if self._sent.run_id is not None and viewer.visible and not self._closed:
            viewer.log.look_further(self._store(), self._sent.run_id, self.changed)

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

    def _emit(self, message: dict[str, Any], size: int = 0) -> None:
        if self._closed:
            return
        now = asyncio.get_running_loop().time()
        self._pacer.sent(now, size)
        if message.get("client") is None:
            for viewer in self._audience().values():
                viewer.told(now)
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
            self._unheard.begin()
            self._emit(wire.snapshot(self._seq, snapshot.state(self._sent), self._news(), self._now_us()))


def _bytes(told: dict[str, Any]) -> int:
    return len(msgspec.json.encode(told))

"""A mounted front end that receives frames: what it watches and how much of that it has."""

from __future__ import annotations

from typing import Final

from ..wire import Watch, WatchedArtifact
from .artifact_cursor import ArtifactCursor
from .log_cursor import LogCursor

SILENT_S: Final = 10.0
"""A subscriber without acknowledgement for this long has gone, if messages of others arrived since."""


class Subscriber:
    """What a front end watches, how much of it was sent, and when it sent its last message.

    Times are those of the channel's clock, in seconds.
    """

    def __init__(self, watch: Watch, *, visible: bool = True, now: float = 0.0) -> None:
        self.watch = watch
        self.visible = visible
        self.received_at = now
        self.log = LogCursor(watch.log)
        self.artifact: ArtifactCursor | None = None
        self._unanswered_since: float | None = None

    def set_watch(self, watch: Watch) -> None:
        """Replaces what the front end watches; all of it is sent again."""
        self.watch = watch
        self.restart()

    def forget(self) -> None:
        """Forgets what was sent: another run is shown, or an earlier moment of it."""
        artifact = self.watch.artifact
        same_file = None if artifact is None else WatchedArtifact(file=artifact.file, newest=artifact.newest)
        self.set_watch(Watch(log=self.watch.log, artifact=same_file, home=self.watch.home))

    def restart(self) -> None:
        """Sends everything watched again: the front end may have missed what was sent before."""
        self.log.close()
        self.log, self.artifact = LogCursor(self.watch.log), None

    def received(self, now: float) -> None:
        """A message of the front end arrived."""
        self.received_at, self._unanswered_since = now, None

    def sent(self, now: float) -> None:
        """A message was sent that the front end acknowledges."""
        if self._unanswered_since is None:
            self._unanswered_since = now

    def gone(self, now: float, last_received: float) -> bool:
        """Whether the front end is no longer there. Browsers do not report that, and a busy cell delays all.

        ``last_received`` is when the newest message of any front end arrived.
        """
        since = self._unanswered_since
        return since is not None and now - since > SILENT_S and last_received > since

"""One view of the console, as far as the kernel has heard of it."""

from __future__ import annotations

from typing import Final

from ..wire import Watch, WatchedArtifact
from .artifact_cursor import ArtifactCursor
from .log_cursor import LogCursor

SILENT_S: Final = 10.0
"""A view that acknowledged nothing for so long has gone, if others were heard meanwhile."""


class Viewer:
    """What a view watches, how far it has that, and when it was heard. Times are the loop's, in seconds."""

    def __init__(self, watch: Watch, *, visible: bool = True, now: float = 0.0) -> None:
        self.watch = watch
        self.visible = visible
        self.heard = now
        self.log = LogCursor(watch.log)
        self.artifact: ArtifactCursor | None = None
        self._unanswered: float | None = None

    def watches(self, watch: Watch) -> None:
        """The view tells what it shows now, and gets that whole."""
        self.watch = watch
        self.begin()

    def another_run(self) -> None:
        """Another run is shown: nothing of what the view has belongs to it."""
        artifact = self.watch.artifact
        same_file = None if artifact is None else WatchedArtifact(file=artifact.file)
        self.watches(Watch(log=self.watch.log, artifact=same_file))

    def begin(self) -> None:
        """Have it all to come: the view may have passed over, or not been sent, what came before."""
        self.log.close()
        self.log, self.artifact = LogCursor(self.watch.log), None

    def speaks(self, now: float) -> None:
        self.heard, self._unanswered = now, None

    def told(self, now: float) -> None:
        """Something was sent that it will acknowledge."""
        if self._unanswered is None:
            self._unanswered = now

    def gone(self, now: float, last_heard: float) -> bool:
        """Whether nobody is there any more. No browser ever says so, and a busy cell silences all.

        ``last_heard`` is when any view was heard last.
        """
        since = self._unanswered
        return since is not None and now - since > SILENT_S and last_heard > since

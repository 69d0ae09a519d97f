"""How far one view has the text of one artifact, and what comes next."""

from __future__ import annotations

from typing import Any

from ..history.store import EventStore
from ..run.state import Artifact
from .wire import WatchedArtifact

MOST_CHARS = 256 * 1024
"""After this much text one frame takes no further event of the artifact; the next frame goes on."""


class ArtifactCursor:
    """Walks one version of one artifact through the log, from what the view has of it."""

    def __init__(self, artifact: Artifact, watched: WatchedArtifact | None) -> None:
        same = watched is not None and (watched.file, watched.version) == (artifact.file, artifact.version)
        self.file = artifact.file
        self.version = artifact.version
        self.behind = False
        self._had = watched.have if watched is not None and same else 0
        self._position = 0
        self._end = 0

    def on(self, artifact: Artifact) -> bool:
        """Whether this still walks what ``artifact`` is now."""
        return (self.file, self.version) == (artifact.file, artifact.version)

    def advance(self, artifact: Artifact, store: EventStore, run_id: str) -> dict[str, Any] | None:
        """The next piece as the wire carries it, or ``None`` where there is no more now."""
        if artifact.position <= self._position:
            return None
        start, pieces, taken, done = self._end, [""], 0, False
        for chunk in store.artifact_chunks(run_id, self.file, self._position, enough=MOST_CHARS):
            self._position = chunk.position
            if chunk.reset:
                start, pieces, self._end = 0, [""], 0
            known = 0 if chunk.offset is None else max(0, self._end - chunk.offset)
            fresh = chunk.text[known:]
            pieces.append(fresh)
            self._end += len(fresh)
            taken += len(fresh)
            done = chunk.done
        self.behind = taken >= MOST_CHARS
        text = "".join(pieces)
        if start < self._had <= self._end:
            text, start = text[self._had - start :], self._had
        self._had = 0
        if not text and not done and start > 0:
            return None
        return {"file": self.file, "version": self.version, "offset": start, "text": text, "done": done}

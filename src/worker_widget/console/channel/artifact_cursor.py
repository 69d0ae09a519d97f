"""`ArtifactCursor` reads the text of an artifact that a subscriber does not have yet."""

from __future__ import annotations

from typing import Final

from ...state.run_state import Artifact
from ...store.event_store import EventStore
from ..wire import ArtifactNews, WatchedArtifact

MOST_CHARS: Final = 256 * 1024
"""After this many characters a frame takes no further event of the artifact; the next frame continues."""

MOST_SENT: Final = 4_000_000
"""After this many characters the channel sends no more of an artifact; a subscriber requests the rest."""


class ArtifactCursor:
    """Reads one version of an artifact from the log, from the end of the text that the subscriber has.

    ``behind`` is whether text remains for the next frame.
    """

    def __init__(self, artifact: Artifact, watched: WatchedArtifact | None) -> None:
        same = watched is not None and (watched.file, watched.version) == (artifact.file, artifact.version)
        self.file = artifact.file
        self.version = artifact.version
        self.behind = False
        self._had = watched.have if watched is not None and same else 0
        self._position = 0
        self._end = 0
        self._cut = False

    def on(self, artifact: Artifact) -> bool:
        """Whether this reads the current version of ``artifact``."""
        return (self.file, self.version) == (artifact.file, artifact.version)

    def advance(
        self, artifact: Artifact, store: EventStore, run_id: str, upto: int | None = None
    ) -> ArtifactNews | None:
        """The next part of the text in the first ``upto`` events, or all; ``None`` if there is none now."""
        if self._cut or artifact.position <= self._position:
            return None
        if artifact.scattered:
            return self._whole(artifact, store.artifact_text(run_id, self.file, upto=upto) or "")
        start, pieces, taken, done = self._end, [""], 0, False
        stop_chars = max(0, self._had - self._end) + MOST_CHARS
        chunks = store.artifact_chunks(
            run_id, self.file, self._position, begun=artifact.begun, stop_chars=stop_chars, upto=upto
        )
        for chunk in chunks:
            self._position = chunk.position
            if chunk.reset:
                if self._end:
                    self._had = 0  # what the subscriber has of it is another text
                start, pieces, self._end = 0, [""], 0
            fresh = chunk.text_after(self._end)
            self._cut = self._end + len(fresh) > MOST_SENT
            pieces.append(fresh[: MOST_SENT - self._end])
            self._end = min(self._end + len(fresh), MOST_SENT)
            taken += len(fresh)
            done = chunk.done and not self._cut
            if self._cut:
                break
        self.behind = taken >= stop_chars and not self._cut
        text = "".join(pieces)
        if start < self._had <= self._end:
            text, start = text[self._had - start :], self._had
        self._had = 0
        if not text and not done and not self._cut and start > 0:
            return None
        return self._news(start, text, done)

    def _whole(self, artifact: Artifact, text: str) -> ArtifactNews:
        """The text from its beginning, since the parts of it did not arrive in order."""
        self._position, self._had, self.behind = artifact.position, 0, False
        self._cut = len(text) > MOST_SENT
        self._end = min(len(text), MOST_SENT)
        return self._news(0, text[:MOST_SENT], artifact.status == "done" and not self._cut)

    def _news(self, offset: int, text: str, done: bool) -> ArtifactNews:
        news: ArtifactNews = {
            "file": self.file,
            "version": self.version,
            "offset": offset,
            "text": text,
            "done": done,
        }
        if self._cut:
            news["cut"] = True
        return news

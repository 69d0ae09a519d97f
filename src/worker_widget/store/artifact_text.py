"""The text of an artifact, assembled from its events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from ..events import ArtifactCreated, ArtifactDelta, ArtifactSources, ArtifactStarted
from ..events.vocabulary import SentenceSource
from ..state.log_line import LoggedEvent
from ..state.reduce import reduce
from ..state.run_state import Artifact, RunState


class Chunk(msgspec.Struct, frozen=True):
    """A part of an artifact's text, from the event at ``position``.

    ``offset`` counts code points from the start of the text; ``None`` means after the text so far. ``reset``:
    the artifact starts again with this text. ``done``: it is complete with this text.
    """

    position: int
    offset: int | None
    text: str
    reset: bool = False
    done: bool = False

    def text_after(self, chars: int) -> str:
        """The part of the text that follows the first ``chars`` code points of the artifact."""
        known = 0 if self.offset is None else max(0, chars - self.offset)
        return self.text[known:]


def assemble(pieces: Iterable[tuple[int | None, str]]) -> str:
    """Joins pieces with offsets into one text.

    Each piece adds what goes beyond the text before it. The pieces are taken as they arrived, or by their
    offsets if they are scattered (`Artifact.scattered`) and all have one. Pieces around a gap are joined.
    """
    ordered = list(pieces)
    if _scattered(ordered) and all(offset is not None for offset, _ in ordered):
        ordered.sort(key=lambda piece: piece[0] or 0)
    parts: list[str] = []
    chars = 0
    for offset, text in ordered:
        fresh = text if offset is None or offset >= chars else text[chars - offset :]
        parts.append(fresh)
        chars += len(fresh)
    return "".join(parts)


def _scattered(pieces: Iterable[tuple[int | None, str]]) -> bool:
    end, has_gap = 0, False
    for offset, text in pieces:
        start = end if offset is None else offset
        if has_gap and start < end:
            return True
        has_gap |= start > end
        end = max(end, start + len(text))
    return False


def chunk(logged: LoggedEvent, newest_first: Iterable[LoggedEvent]) -> Chunk:
    """The text that one event of an artifact adds.

    ``newest_first`` are the events before it, the last first; they are read only if needed.
    """
    position = logged.position
    data = logged.event.data
    if isinstance(data, ArtifactDelta):
        return Chunk(position, data.offset, data.text)
    if not isinstance(data, ArtifactCreated):
        return Chunk(position, 0, "", reset=True)
    if data.content is None:
        return Chunk(position, None, "", done=True)
    text = newest_text(newest_first) or ""
    if data.content.startswith(text):
        return Chunk(position, len(text), data.content[len(text) :], done=True)
    return Chunk(position, 0, data.content, reset=True, done=True)


def newest_text(newest_first: Iterable[LoggedEvent]) -> str | None:
    """The text of an artifact's newest version, as far as it has arrived; ``None`` if it has no text.

    ``newest_first`` are the artifact's events, the last first; only as many as needed are read.
    """
    pieces: list[tuple[int | None, str]] = []
    started = False
    for logged in newest_first:
        data = logged.event.data
        if isinstance(data, ArtifactDelta):
            pieces.append((data.offset, data.text))
        elif isinstance(data, ArtifactStarted):
            started = True
            break
        elif isinstance(data, ArtifactCreated) and data.content is not None:
            return data.content
    return assemble(reversed(pieces)) if started or pieces else None


def versions(in_order: Iterable[LoggedEvent]) -> list[Artifact]:
    """The last state of each version of an artifact, oldest first, from all its events."""
    newest: dict[int, Artifact] = {}
    for artifact, _ in _with_artifact(in_order):
        newest[artifact.version] = artifact
    return list(newest.values())


def version_text(in_order: Iterable[LoggedEvent], version: int) -> str | None:
    """The text of one version of an artifact, from all its events; ``None`` if it has no text."""
    events: list[LoggedEvent] = []
    for artifact, logged in _with_artifact(in_order):
        if artifact.version > version:
            break
        if artifact.version == version:
            events.append(logged)
    return newest_text(reversed(events))


def newest_sources(newest_first: Iterable[LoggedEvent]) -> list[SentenceSource]:
    """The sources of the sentences of an artifact's newest version; none if the worker sent none for it.

    ``newest_first`` are the artifact's events with its sources, the last first; only one is read.
    """
    for logged in newest_first:
        data = logged.event.data
        return list(data.sources) if isinstance(data, ArtifactSources) else []
    return []


def version_sources(in_order: Iterable[LoggedEvent], version: int) -> list[SentenceSource]:
    """The same of one version, from all events of the artifact with its sources."""
    state = RunState()
    found: list[SentenceSource] = []
    for logged in in_order:
        if not isinstance(logged.event.data, ArtifactSources):
            state = reduce(state, logged)
        elif state.artifacts and state.artifacts[0].version == version:
            found = list(logged.event.data.sources)
    return found


def _with_artifact(in_order: Iterable[LoggedEvent]) -> Iterator[tuple[Artifact, LoggedEvent]]:
    """Each event with the artifact after it, by `reduce`, so that versions are counted by one rule."""
    state = RunState()
    for logged in in_order:
        state = reduce(state, logged)
        yield state.artifacts[0], logged

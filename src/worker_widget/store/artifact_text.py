"""The text of an artifact, put together from the events that tell it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from ..events import ArtifactCreated, ArtifactDelta, ArtifactStarted
from ..state.log_line import LoggedEvent
from ..state.reduce import reduce
from ..state.run_state import Artifact, RunState


class Chunk(msgspec.Struct, frozen=True):
    """More of an artifact's text, told by the event at ``position``.

    ``offset`` counts code points from the start of the text; ``None`` means behind what came before.
    With ``reset`` the artifact begins anew, with this text; with ``done`` it is complete.
    """

    position: int
    offset: int | None
    text: str
    reset: bool = False
    done: bool = False

    def behind(self, chars: int) -> str:
        """What of the text is new to a reader who has ``chars`` of it."""
        known = 0 if self.offset is None else max(0, chars - self.offset)
        return self.text[known:]


def assemble(pieces: Iterable[tuple[int | None, str]]) -> str:
    """One text from pieces and their offsets.

    Where two pieces overlap the one that begins first is kept; where one is missing, those around it
    are joined.
    """
    ordered = list(pieces)
    offsets = [offset for offset, _ in ordered if offset is not None]
    if len(offsets) == len(ordered):
        ordered.sort(key=lambda piece: piece[0] or 0)
    parts: list[str] = []
    chars = 0
    for offset, text in ordered:
        fresh = text if offset is None or offset >= chars else text[chars - offset :]
        parts.append(fresh)
        chars += len(fresh)
    return "".join(parts)


def chunk(logged: LoggedEvent, newest_first: Iterable[LoggedEvent]) -> Chunk:
    """What one event of an artifact adds to its text.

    ``newest_first`` are the events before it, the last one first; they are read only if it takes that.
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
    """An artifact's text as its events tell it, read from the last event backwards.

    It is the whole content if the newest version is complete, else what of it has come; ``None`` if
    no text ever came. No more events are read than that takes.
    """
    pieces: list[tuple[int | None, str]] = []
    begun = False
    for logged in newest_first:
        data = logged.event.data
        if isinstance(data, ArtifactDelta):
            pieces.append((data.offset, data.text))
        elif isinstance(data, ArtifactStarted):
            begun = True
            break
        elif isinstance(data, ArtifactCreated) and data.content is not None:
            return data.content
    return assemble(reversed(pieces)) if begun or pieces else None


def versions(in_order: Iterable[LoggedEvent]) -> list[Artifact]:
    """Each version of an artifact as it was at its last, the oldest first, from all its events."""
    newest: dict[int, Artifact] = {}
    for artifact, _ in _with_artifact(in_order):
        newest[artifact.version] = artifact
    return list(newest.values())


def version_text(in_order: Iterable[LoggedEvent], version: int) -> str | None:
    """The text of one version of an artifact, from all its events; ``None`` if there is none."""
    told: list[LoggedEvent] = []
    for artifact, logged in _with_artifact(in_order):
        if artifact.version > version:
            break
        if artifact.version == version:
            told.append(logged)
    return newest_text(reversed(told))


def _with_artifact(in_order: Iterable[LoggedEvent]) -> Iterator[tuple[Artifact, LoggedEvent]]:
    """What `reduce` makes of the artifact, event by event: there is one rule for what a version is."""
    state = RunState()
    for logged in in_order:
        state = reduce(state, logged)
        yield state.artifacts[0], logged

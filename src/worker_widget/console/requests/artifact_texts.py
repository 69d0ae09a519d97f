"""`ArtifactTexts` caches the texts of the artifacts that were read last, for requests of single pages."""

from __future__ import annotations

import asyncio
from typing import Final, NamedTuple

from ...artifacts.text_rows import TextRows
from ...errors import RunUnknown
from ...state.run_state import Artifact
from ...store.event_store import EventStore
from .handlers import ShownRun

MOST_CACHED: Final = 4
MOST_CACHED_CHARS: Final = 100_000_000
"""If the cached texts are longer together, the least recently used are removed, except the last one."""


class _Cached(NamedTuple):
    """A text after the event at ``position``.

    ``newest``: it was read as the newest version, which may be a later version than the one requested.
    """

    store: EventStore
    position: int
    newest: bool
    lines: TextRows


_Key = tuple[str, str, int]


class ArtifactTexts:
    """Reads versions of artifacts in a thread, and caches the last few."""

    def __init__(self) -> None:
        self._cached: dict[_Key, _Cached] = {}
        self._reading = asyncio.Lock()

    async def lines(self, shown: ShownRun, artifact: Artifact, version: int | None) -> TextRows:
        """The text of a version in rows, by default of the newest, as far as it has arrived.

        ``artifact`` is the artifact as it is shown.

        Raises `RunUnknown` if there is no text.
        """
        number = artifact.version if version is None else version
        key = (shown.run_id, artifact.file, number)
        async with self._reading:
            cached = self._cached.pop(key, None)
            if cached is not None and cached.store is not shown.store:
                cached = None
            read = await asyncio.to_thread(_read, shown, artifact, number, cached)
            self._cached[key] = read
            self._forget()
        return read.lines

    def _forget(self) -> None:
        while len(self._cached) > 1 and (
            len(self._cached) > MOST_CACHED
            or sum(len(cached.lines.text) for cached in self._cached.values()) > MOST_CACHED_CHARS
        ):
            del self._cached[next(iter(self._cached))]


def _read(shown: ShownRun, artifact: Artifact, number: int, cached: _Cached | None) -> _Cached:
    run_id, store, upto, _ = shown
    newest = number == artifact.version
    if cached is not None and cached.newest and not newest:
        cached = None  # the store may have been ahead of the state that named this version
    if cached is not None and newest and upto is not None and cached.position != artifact.position:
        cached = None  # an earlier moment is shown
    if cached is not None and (not newest or cached.position >= artifact.position):
        return cached
    if newest and artifact.status == "assembling":
        return _extended(shown, artifact, cached)
    text = store.artifact_text(run_id, artifact.file, None if newest else number, upto=upto)
    if text is None:
        which = "" if newest else f" in version {number}"
        raise RunUnknown(f"This run has no content for {artifact.file!r}{which}.")
    return _Cached(store, artifact.position, newest, TextRows(text))


def _extended(shown: ShownRun, artifact: Artifact, cached: _Cached | None) -> _Cached:
    """Appends the text that arrived since the cached text was read, or reads all if it is not in order."""
    if artifact.scattered:
        whole = shown.store.artifact_text(shown.run_id, artifact.file, upto=shown.upto) or ""
        return _Cached(shown.store, artifact.position, True, TextRows(whole))
    before = cached.lines if cached is not None else None
    position = cached.position if cached is not None else 0
    parts = [before.text if before is not None else ""]
    chars = len(parts[0])
    chunks = shown.store.artifact_chunks(
        shown.run_id, artifact.file, position, begun=artifact.begun, upto=shown.upto
    )
    for chunk in chunks:
        position = chunk.position
        if chunk.reset:
            parts, chars, before = [], 0, None
        fresh = chunk.text_after(chars)
        parts.append(fresh)
        chars += len(fresh)
    return _Cached(shown.store, position, True, TextRows("".join(parts), before))

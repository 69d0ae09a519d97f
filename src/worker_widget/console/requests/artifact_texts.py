"""The texts of the artifacts that were asked for last, so that each page of one does not read it anew."""

from __future__ import annotations

import asyncio
from typing import Final, NamedTuple

from ...artifacts.text_rows import TextRows
from ...errors import RunUnknown
from ...state.run_state import Artifact
from ...store.event_store import EventStore

MOST_KEPT: Final = 4
MOST_KEPT_CHARS: Final = 100_000_000
"""Older texts go when all together are longer; the last one asked for stays."""


class _Kept(NamedTuple):
    """``newest`` says that it was read as what there was last, which may have been a later version."""

    store: EventStore
    position: int
    newest: bool
    lines: TextRows


_Key = tuple[str, str, int]


class ArtifactTexts:
    """Reads artifacts off the loop, and keeps the last few, each in one version."""

    def __init__(self) -> None:
        self._kept: dict[_Key, _Kept] = {}
        self._reading = asyncio.Lock()

    async def lines(
        self, store: EventStore, run_id: str, artifact: Artifact, version: int | None
    ) -> TextRows:
        """The text in rows, of one version or of the newest, as far as it has come.

        Raises `RunUnknown` where there is none.
        """
        number = artifact.version if version is None else version
        key = (run_id, artifact.file, number)
        async with self._reading:
            kept = self._kept.pop(key, None)
            if kept is not None and kept.store is not store:
                kept = None
            read = await asyncio.to_thread(_read, store, run_id, artifact, number, kept)
            self._kept[key] = read
            self._forget()
        return read.lines

    def _forget(self) -> None:
        while len(self._kept) > 1 and (
            len(self._kept) > MOST_KEPT
            or sum(len(kept.lines.text) for kept in self._kept.values()) > MOST_KEPT_CHARS
        ):
            del self._kept[next(iter(self._kept))]


def _read(store: EventStore, run_id: str, artifact: Artifact, number: int, kept: _Kept | None) -> _Kept:
    newest = number == artifact.version
    if kept is not None and kept.newest and not newest:
        kept = None  # the store may have been ahead of the state that named this version
    if kept is not None and (not newest or kept.position >= artifact.position):
        return kept
    if newest and artifact.status == "assembling":
        return _grown(store, run_id, artifact.file, kept)
    text = store.artifact_text(run_id, artifact.file, None if newest else number)
    if text is None:
        which = "" if newest else f" in version {number}"
        raise RunUnknown(f"This run has no content for {artifact.file!r}{which}.")
    return _Kept(store, artifact.position, newest, TextRows(text))


def _grown(store: EventStore, run_id: str, file: str, kept: _Kept | None) -> _Kept:
    """What came since it was read last goes behind what is known."""
    before = kept.lines if kept is not None else None
    position = kept.position if kept is not None else 0
    parts = [before.text if before is not None else ""]
    chars = len(parts[0])
    for chunk in store.artifact_chunks(run_id, file, position):
        position = chunk.position
        if chunk.reset:
            parts, chars, before = [], 0, None
        fresh = chunk.text_after(chars)
        parts.append(fresh)
        chars += len(fresh)
    return _Kept(store, position, True, TextRows("".join(parts), before))

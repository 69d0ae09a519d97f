"""The artifacts of a report: what each event wrote, and the documents that a person sees of the last text."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from ...artifacts.diff.difference import difference
from ...artifacts.render import QUICK, highlight_source, render
from ...artifacts.sentence_marks import marked_source, whole_sentences
from ...state.run_state import Artifact
from ...store.artifact_text import Chunk
from ...store.event_store import EventStore
from .parts import Budget, PartKind, element

_AT_ONCE: Final = 1_000_000
"""A part has about so many characters of an artifact."""
_MOST_RENDERED: Final = 150_000
"""A longer text is shown as it is, so that an export does not take long."""
_MOST_SECONDS: Final = 15.0
"""After this long, further artifacts of a run are not rendered."""
_MOST_VERSIONS: Final = 4
"""The newest versions of an artifact are compared with each other."""


class ArtifactParts:
    """Makes the parts of the artifacts of one run."""

    def __init__(self, store: EventStore, run_id: str, run: int, budget: Budget) -> None:
        self._store = store
        self._run_id = run_id
        self._run = run
        self._budget = budget
        self._until = time.monotonic() + _MOST_SECONDS
        self._numbers: dict[PartKind, int] = {}
        self.lost: list[str] = []

    def parts(self, artifact: Artifact) -> Iterator[str]:
        """The parts of one artifact."""
        if not artifact.has_content:
            return
        texts = list(self._texts(artifact))
        yield from (text for text in texts if text is not None)
        if None in texts:
            self.lost.append(f"A part of the text of {artifact.file} ({artifact.chars:,} characters)")
            return
        if artifact.chars <= _MOST_RENDERED and time.monotonic() < self._until:
            text = self._store.artifact_text(self._run_id, artifact.file)
            if text is not None:
                yield from self._documents(artifact, text)

    def _texts(self, artifact: Artifact) -> Iterator[str | None]:
        file, after = artifact.file, 0
        while chunks := self._store.artifact_chunks(self._run_id, file, after, stop_chars=_AT_ONCE):
            yield self._text(file, chunks)
            if chunks[-1].position <= after:
                break
            after = chunks[-1].position
        if artifact.scattered:
            text = self._store.artifact_text(self._run_id, file) or ""
            whole = Chunk(artifact.position, 0, text, reset=True, done=artifact.status == "done")
            yield self._text(file, [whole])

    def _text(self, file: str, chunks: Sequence[Chunk]) -> str | None:
        rows = [[item.position, item.offset, item.reset, item.done, item.text] for item in chunks]
        return self._part("artifact", {"file": file, "rows": rows})

    def _part(self, kind: PartKind, content: Any) -> str | None:
        number = self._numbers.get(kind, 0)
        self._numbers[kind] = number + 1
        text = element(kind, self._run, number, msgspec.json.encode(content))
        return text if self._budget.takes(kind, text) else None

    def _documents(self, artifact: Artifact, text: str) -> Iterator[str]:
        documents: dict[str, Any] = {"source": _rendered(highlight_source(text, artifact.kind, dark=False))}
        if artifact.kind != "html":
            whole = artifact.status == "done"
            documents["preview"] = _rendered(
                render(text, artifact.kind, dark=False, whole=whole, limits=QUICK)
            )
        found = self._store.artifact_sources(self._run_id, artifact.file)
        sentences = whole_sentences(found, len(text))
        if sentences:
            marked = [{"source": part.source, "stage_id": part.stage_id} for part in sentences]
            html = marked_source(text, sentences, dark=False)
            documents["sources"] = {"html": html, "note": None, "sentences": marked}
        part = self._part(
            "document",
            {
                "file": artifact.file,
                "version": artifact.version,
                "shapes": documents,
                "differences": self._differences(artifact),
            },
        )
        if part is None:
            self.lost.append(f"The formatted views of {artifact.file}")
        else:
            yield part

    def _differences(self, artifact: Artifact) -> dict[str, Any]:
        newest = artifact.version
        versions = range(max(1, newest - _MOST_VERSIONS + 1), newest + 1)
        if len(versions) < 2:
            return {}
        texts = {
            number: self._store.artifact_text(self._run_id, artifact.file, number) or ""
            for number in versions
        }
        found = {}
        for a in versions:
            for b in range(a + 1, newest + 1):
                titles = [f"{artifact.file} · version {number} · this run" for number in (a, b)]
                found[f"{a} {b}"] = compared(texts[a], texts[b], *titles)
        return found


def compared(a: str, b: str, title_a: str, title_b: str) -> dict[str, Any]:
    """Two texts side by side as a document."""
    found = difference(a, b, title_a=title_a, title_b=title_b)
    html = found.html(dark=False)
    return {"html": html, "changes": found.changes, "note": found.note, "same": found.same}


def _rendered(document: Any) -> dict[str, Any]:
    return {"html": document.html, "note": document.note}

"""Documents that an agent changes: its state and its activities. Each becomes a JSON artifact.

A document has at most one version a second, in the time of the events, and its last state in any case.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any, Final

from ...events import ArtifactCreated, Log, Payload
from ...host.worker import RunError
from .artifact_names import ArtifactNames
from .json_values import formatted

PAUSE_MS: Final = 1_000
_TYPE: Final = "json"
_NOT_INSTALLED: Final = (
    "The agent changes its state by JSON Patch, for which the package jsonpatch is missing. Install it with"
    ' pip install "worker-widget[agui]" and run again.'
)


@dataclass(slots=True)
class _Document:
    """``whole`` is false after a change that did not apply, until the next snapshot."""

    name: str
    value: Any
    whole: bool = True
    changed: bool = False
    written: str | None = None
    written_ms: float = float("-inf")
    stage_id: str | None = None


class Documents:
    """The documents of a run by their keys; their events go into ``out``.

    ``due_ms`` is the time of the next version that is put off, infinite if there is none.
    """

    def __init__(self, names: ArtifactNames, out: list[Payload]) -> None:
        self._names = names
        self._out = out
        self._documents: dict[str, _Document] = {}
        self.due_ms = float("inf")

    def __contains__(self, key: str) -> bool:
        return key in self._documents

    def value(self, key: str) -> Any:
        """The newest value of a document; ``None`` if it is unknown."""
        document = self._documents.get(key)
        return document.value if document is not None and document.whole else None

    def begin(self, key: str, stem: str, value: Any) -> None:
        """A document of which the value is known to both sides; it becomes an artifact when it changes."""
        if key not in self._documents:
            self._documents[key] = _Document(self._names.free(stem, _TYPE), value)

    def set(self, key: str, stem: str, value: Any, time: float, stage_id: str | None) -> None:
        """Replaces a document."""
        self.begin(key, stem, None)
        document = self._documents[key]
        document.value, document.whole = value, True
        self._change(document, time, stage_id)

    def patch(self, key: str, stem: str, operations: Any, time: float, stage_id: str | None) -> None:
        """Changes a document by the operations of RFC 6902. Changes that do not apply are a warning.

        Raises:
            RunError: The package for it is not installed.
        """
        self.begin(key, stem, {})
        document = self._documents[key]
        if not document.whole:
            return
        library = _library()
        try:
            # In place, because it is a copy of nobody's, and is dropped if a change does not apply.
            document.value = library.apply_patch(document.value, operations, in_place=True)
        except Exception as error:  # the library raises what its operands raise
            document.whole = False
            file = f"{document.name}.{_TYPE}"
            message = f"A change of {file} does not apply ({error}); it is outdated until the next snapshot."
            self._out.append(Log(stage_id=stage_id, message=message, level="warning"))
            return
        self._change(document, time, stage_id)

    def _change(self, document: _Document, time: float, stage_id: str | None) -> None:
        document.changed = True
        document.stage_id = stage_id
        due = document.written_ms + PAUSE_MS
        # A clock that was set back must not put versions off for long.
        if time >= due or time < document.written_ms - PAUSE_MS:
            self._write(document, time)
        else:
            self.due_ms = min(self.due_ms, due)

    def write(self, time: float, *, all: bool = False) -> None:
        """Writes the versions that were put off and are due, or ``all``."""
        self.due_ms = float("inf")
        for document in self._documents.values():
            if document.changed:
                due = document.written_ms + PAUSE_MS
                if all or time >= due:
                    self._write(document, time)
                else:
                    self.due_ms = min(self.due_ms, due)

    def _write(self, document: _Document, time: float) -> None:
        document.changed = False
        content = formatted(document.value)
        empty = document.written is None and document.value in (None, {}, [])
        if content == document.written or empty:
            return
        document.written, document.written_ms = content, time
        self._out.append(
            ArtifactCreated(
                stage_id=document.stage_id,
                artifact_name=document.name,
                artifact_type=_TYPE,
                content=content,
            )
        )


def _library() -> Any:
    try:
        return importlib.import_module("jsonpatch")
    except ImportError:
        raise RunError(_NOT_INSTALLED) from None

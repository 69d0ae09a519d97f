"""`artifact`: a file that a run writes, shown while it is written."""

from __future__ import annotations

import base64
import codecs
import hashlib
from types import TracebackType
from typing import Any, Final, Self

from ..events import ArtifactCreated, ArtifactDelta, ArtifactStarted
from ..events.artifact_bytes import BINARY
from .place import here, outside
from .recording import LONG_TEXT, Recording

MOST_DELTA: Final = 64 * 1024
"""The most characters of one event; a longer text becomes several."""


class ArtifactWriter:
    """Writes one artifact of a recording, from any thread but one at a time.

    Pictures, archives and PDFs are bytes; anything else is text, and bytes of it are UTF-8.
    """

    def __init__(
        self, recording: Recording | None, name: str, kind: str | None = None, stage_id: str | None = None
    ) -> None:
        """``recording`` is ``None`` outside a run: then nothing is kept. ``kind`` defaults to the ending."""
        ending = name.rpartition(".")[2].lower() if "." in name else "txt"
        self.name = name
        self.kind = (kind or ending).lstrip(".").lower()
        self._recording = recording
        self._stage_id = stage_id
        self._offset = 0
        self._hash = hashlib.sha256()
        self._rest = b""
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._open = True
        if recording is not None:
            recording.add(ArtifactStarted(stage_id=stage_id, artifact_name=name, artifact_type=self.kind))

    def write(self, text: str | bytes) -> int:
        """Adds ``text`` at the end and returns its length."""
        if not self._open:
            raise ValueError(f"The artifact {self.name} is finished: write inside its with block.")
        if self._recording is None:
            return len(text)
        if isinstance(text, str):
            self._add(text)
        elif self.kind in BINARY:
            whole = self._rest + bytes(text)
            end = len(whole) - len(whole) % 3
            self._rest = whole[end:]
            self._add(base64.b64encode(whole[:end]).decode())
        else:
            self._add(self._utf8.decode(bytes(text)))
        return len(text)

    def close(self, *, complete: bool = True) -> None:
        """Finishes the artifact; without ``complete`` it stays as far as it was written."""
        if not self._open:
            return
        self._open = False
        if self._recording is None:
            return
        self._add(base64.b64encode(self._rest).decode() if self._rest else self._utf8.decode(b"", True))
        if complete:
            self._recording.created(
                ArtifactCreated(
                    stage_id=self._stage_id,
                    artifact_name=self.name,
                    artifact_type=self.kind,
                    sha256=self._hash.hexdigest(),
                )
            )

    def _add(self, text: str) -> None:
        recording = self._recording
        if recording is None:
            return
        for start in range(0, len(text), MOST_DELTA):
            part = text[start : start + MOST_DELTA]
            try:
                encoded = part.encode()
            except UnicodeEncodeError:  # half a surrogate pair
                encoded = part.encode("utf-8", "replace")
                part = encoded.decode()
            delta = ArtifactDelta(
                stage_id=self._stage_id,
                artifact_name=self.name,
                artifact_type=self.kind,
                offset=self._offset,
                text=part,
            )
            self._hash.update(encoded)
            self._offset += len(part)
            if len(part) > LONG_TEXT:
                recording.add_long(delta, len(part))
            else:
                recording.add(delta)


class ArtifactBlock:
    """The ``with`` block of one artifact."""

    __slots__ = ("_name", "_type", "_writer")

    def __init__(self, name: str, type: str | None) -> None:
        self._name = name
        self._type = type

    def __enter__(self) -> Self:
        place = here()
        if place is None:
            outside()
            self._writer = ArtifactWriter(None, self._name, self._type)
            return self
        if place.recording.attention:
            place.recording.check()
        self._writer = ArtifactWriter(place.recording, self._name, self._type, place.stage_id)
        return self

    def write(self, text: str | bytes) -> int:
        """Adds text, or bytes, at the end."""
        recording = self._writer._recording
        if recording is not None and recording.attention:
            recording.check()
        return self._writer.write(text)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close(complete=error is None or isinstance(error, GeneratorExit))


def artifact(name: str, type: str | None = None) -> ArtifactBlock:
    """A file that the run writes::

        with artifact("digest.md") as out:
            for piece in pieces:
                out.write(piece)

    It is shown while it is written, and finished at the end of the block; after an exception it stays as far
    as it was written. ``type`` is the ending of the file's name, by default that of ``name``. Text is
    ``str``; pictures, archives and PDFs are ``bytes``. Outside a run nothing is kept.
    """
    return ArtifactBlock(name, type)


def write_artifact(recording: Recording, name: str, content: str | bytes, stage_id: Any = None) -> None:
    """Writes a whole artifact."""
    writer = ArtifactWriter(recording, name, None, stage_id)
    writer.write(content)
    writer.close()

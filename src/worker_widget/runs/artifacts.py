"""A run's artifacts as Python objects, to read, show and save them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..events.artifact_bytes import file_bytes
from ..events.file_names import safe_names
from ..state.run_state import Artifact
from ..state.terminal_text import harmless
from .frames.engines import FrameEngine
from .live_run import LiveRun
from .saving import save_files

if TYPE_CHECKING:
    import pandas as pd


class Artifacts(Mapping[str, "ArtifactFile"]):
    """A run's artifacts by file name, in the order of their first mention.

    Called, it returns them as a frame: ``run.artifacts()``; see `RunHistory.artifacts`.
    """

    def __init__(self, live: LiveRun) -> None:
        self._live = live

    def __getitem__(self, file: str) -> ArtifactFile:
        for artifact in self._live.state.artifacts:
            if artifact.file == file:
                return ArtifactFile(self._live, artifact)
        known = ", ".join(map(harmless, self)) or "none yet"
        raise KeyError(f"no artifact {file!r}; there are: {known}")

    def __iter__(self) -> Iterator[str]:
        return (artifact.file for artifact in self._live.state.artifacts)

    def __len__(self) -> int:
        return len(self._live.state.artifacts)

    def __repr__(self) -> str:
        return f"Artifacts({', '.join(map(harmless, self))})"

    def __call__(self, *, content: bool = False, engine: FrameEngine = "pandas", **filters: Any) -> Any:
        """The artifacts as a frame, one row each; with ``content`` also their texts."""
        from .frames.reading import frame_in_engine

        live = self._live
        return frame_in_engine(live.store, "artifacts", engine, content=content, runs=live.run_id, **filters)

    def _repr_html_(self) -> str:
        from ..artifacts.summary_table import artifacts_html

        return artifacts_html(self._live.state.artifacts)

    def bundle(self) -> bytes:
        """All artifacts as a zip archive; equal artifacts give equal bytes."""
        from ..events.artifacts_zip import bundle

        return bundle({file: item.text for file, item in self.items()})

    def save_all(self, directory: str | Path, *, overwrite: bool = False) -> list[Path]:
        """Writes all artifacts into ``directory`` and returns the files' paths, in the artifacts' order.

        A missing directory is made. A name that is not safe is changed: nothing is written outside of
        ``directory``, and no two artifacts get the same file. Without ``overwrite``, raises `FilesExist`
        before anything is written if a file exists; if one is made by another process during the call, after
        all other files are written. Raises ``OSError`` if a file cannot be written.
        """
        names = safe_names(self)
        folder = Path(directory).expanduser()
        files = {folder / names[file]: partial(_content, item) for file, item in self.items()}
        return save_files(files, overwrite=overwrite)


class ArtifactFile:
    """One artifact: the newest version, or the version that `version` or `versions` returned.

    Its properties are those at the time it was made; ``text`` reads the current text.
    """

    def __init__(self, live: LiveRun, artifact: Artifact, number: int | None = None) -> None:
        self._live = live
        self._artifact = artifact
        self._number = number

    def __repr__(self) -> str:
        version = "" if self._number is None else f", version {self._number}"
        return f"ArtifactFile({self.file!r}{version}, {self.chars} chars, {self.status})"

    def _repr_html_(self) -> str:
        from ..artifacts.notebook_output import artifact_html

        return artifact_html(self.text, self.kind, self.file, whole=self.status != "assembling")

    @property
    def file(self) -> str:
        """The file name."""
        return self._artifact.file

    @property
    def run_id(self) -> str:
        """The id of the artifact's run."""
        return self._live.run_id

    @property
    def number(self) -> int:
        """The number of the version, from 1."""
        return self._artifact.version

    @property
    def kind(self) -> str:
        """The type that the worker sent, in lower case, such as html or md."""
        return self._artifact.kind

    @property
    def status(self) -> str:
        """The artifact's status: assembling, done or failed."""
        return self._artifact.status

    @property
    def stage_id(self) -> str | None:
        """The stage that made it."""
        return self._artifact.stage_id

    @property
    def chars(self) -> int:
        """The length in Unicode code points."""
        return self._artifact.chars

    @property
    def text(self) -> str:
        """The content that the worker sent, "" if it sent none. A picture or archive is base64."""
        return self._live.store.artifact_text(self._live.run_id, self.file, self._number) or ""

    @property
    def bytes(self) -> bytes:
        """The content of the file: decoded base64 for a picture, zip or PDF, else ``text`` in UTF-8."""
        return _content(self)

    @property
    def sha256(self) -> str:
        """The SHA-256 sum of ``text`` in UTF-8, in hex, as in events and replay tokens."""
        return sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()

    def sources(self) -> pd.DataFrame:
        """The sentences in their order, each with where it comes from; empty if the worker sent none.

        The columns are those of `RunHistory.sources`.
        """
        from .frames.pandas_frames import pandas_frame
        from .frames.python_rows import sentence_rows
        from .frames.reading import frame_of
        from .frames.schema import FRAMES

        found = self._live.store.artifact_sources(self._live.run_id, self.file, self._number)
        rows = sentence_rows(self.run_id, self.file, self.text, found)
        return pandas_frame(frame_of(FRAMES["sources"], rows))

    @property
    def versions(self) -> tuple[ArtifactFile, ...]:
        """All versions so far, oldest first. A version is added when the artifact is written again."""
        artifacts = self._live.store.artifact_versions(self._live.run_id, self.file)
        return tuple(ArtifactFile(self._live, artifact, artifact.version) for artifact in artifacts)

    def version(self, number: int) -> ArtifactFile:
        """The version with this number, from 1. Raises ``LookupError`` if there is none."""
        versions = self.versions
        for version in versions:
            if version._number == number:
                return version
        raise LookupError(f"{self.file} has no version {number}; there are 1 to {len(versions)}.")

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Writes ``bytes`` to a file and returns its path.

        If ``path`` is a directory, or ends like one (``"out/"``), the file gets the artifact's name there,
        changed if it is not safe. Raises `FilesExist` if the file exists, unless ``overwrite`` is true.
        """
        target = Path(path).expanduser()
        if target.is_dir() or str(path).endswith(("/", os.sep)):
            target = target / safe_names([self.file])[self.file]
        (saved,) = save_files({target: partial(_content, self)}, overwrite=overwrite)
        return saved


def _content(artifact: ArtifactFile) -> bytes:
    return file_bytes(artifact.file, artifact.text)

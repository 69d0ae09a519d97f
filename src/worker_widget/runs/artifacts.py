"""A run's artifacts in Python: read, shown and saved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path

from ..events.binary import file_bytes
from ..events.file_names import safe_names
from ..state.run_state import Artifact
from .live import LiveRun
from .saving import save_files


class Artifacts(Mapping[str, "ArtifactFile"]):
    """A run's artifacts by file name, in the order of their first mention."""

    def __init__(self, live: LiveRun) -> None:
        self._live = live

    def __getitem__(self, file: str) -> ArtifactFile:
        for artifact in self._live.state.artifacts:
            if artifact.file == file:
                return ArtifactFile(self._live, artifact)
        known = ", ".join(self) or "none yet"
        raise KeyError(f"no artifact {file!r}; there are: {known}")

    def __iter__(self) -> Iterator[str]:
        return (artifact.file for artifact in self._live.state.artifacts)

    def __len__(self) -> int:
        return len(self._live.state.artifacts)

    def __repr__(self) -> str:
        return f"Artifacts({', '.join(self)})"

    def _repr_html_(self) -> str:
        from ..artifacts.summary_table import artifacts_html

        return artifacts_html(self._live.state.artifacts)

    def bundle(self) -> bytes:
        """All artifacts as a zip archive; the same artifacts give the same bytes."""
        from ..events.bundle import bundle

        return bundle({file: item.text for file, item in self.items()})

    def save_all(self, directory: str | Path, *, overwrite: bool = False) -> list[Path]:
        """Write every artifact into ``directory``, made if missing; the files, in the artifacts' order.

        A name that is not safe to write is changed: nothing is ever written outside of ``directory``,
        and no two artifacts become one file. Raises `FilesExist`, before anything is written, where
        files are in the way and ``overwrite`` is not asked for (and where one appears only meanwhile, when
        all the others are written); ``OSError`` where one cannot be written.
        """
        names = safe_names(self)
        folder = Path(directory)
        files = {folder / names[file]: partial(_content, item) for file, item in self.items()}
        return save_files(files, overwrite=overwrite)


class ArtifactFile:
    """One artifact as it was when it was asked for; ``text`` reads what there is of it now.

    It is the newest version unless it came from `version`.
    """

    def __init__(self, live: LiveRun, artifact: Artifact, number: int | None = None) -> None:
        self._live = live
        self._artifact = artifact
        self._number = number

    def __repr__(self) -> str:
        said = "" if self._number is None else f", version {self._number}"
        return f"ArtifactFile({self.file!r}{said}, {self.chars} chars, {self.status})"

    def _repr_html_(self) -> str:
        from ..artifacts.sandbox import artifact_html

        return artifact_html(self.text, self.kind, self.file, whole=self.status != "assembling")

    @property
    def file(self) -> str:
        """The file name."""
        return self._artifact.file

    @property
    def run_id(self) -> str:
        """The run that it is of."""
        return self._live.run_id

    @property
    def number(self) -> int:
        """Which version it is, from 1."""
        return self._artifact.version

    @property
    def kind(self) -> str:
        """Its type as the worker told it, in lower case, such as html or md."""
        return self._artifact.kind

    @property
    def status(self) -> str:
        """assembling, done or failed."""
        return self._artifact.status

    @property
    def stage_id(self) -> str | None:
        """The stage that made it."""
        return self._artifact.stage_id

    @property
    def chars(self) -> int:
        """Its length in Unicode code points."""
        return self._artifact.chars

    @property
    def text(self) -> str:
        """The content as the worker told it; "" where it told none. A picture or archive is base64."""
        return self._live.store.artifact_text(self._live.run_id, self.file, self._number) or ""

    @property
    def bytes(self) -> bytes:
        """The content of its file: what base64 stands for where it is a picture, zip or PDF, else UTF-8."""
        return _content(self)

    @property
    def sha256(self) -> str:
        """The SHA-256 sum of ``text`` in UTF-8, in hex: what workers and replays tell."""
        return sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def versions(self) -> tuple[ArtifactFile, ...]:
        """Every version so far, the oldest first: a new one begins each time it is written anew."""
        told = self._live.store.artifact_versions(self._live.run_id, self.file)
        return tuple(ArtifactFile(self._live, artifact, artifact.version) for artifact in told)

    def version(self, number: int) -> ArtifactFile:
        """One version, counted from 1. Raises ``LookupError`` where there is none of that number."""
        told = self.versions
        for version in told:
            if version._number == number:
                return version
        raise LookupError(f"{self.file} has no version {number}; there are 1 to {len(told)}.")

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Write ``bytes`` to ``path`` (into it under its own name made safe, if that is a directory).

        Raises `FilesExist` where a file is in the way and ``overwrite`` is not asked for.
        """
        target = Path(path)
        if target.is_dir():
            target = target / safe_names([self.file])[self.file]
        (saved,) = save_files({target: partial(_content, self)}, overwrite=overwrite)
        return saved


def _content(artifact: ArtifactFile) -> bytes:
    return file_bytes(artifact.file, artifact.text)

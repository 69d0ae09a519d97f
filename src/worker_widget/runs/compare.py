"""Compares two runs, or two artifacts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, overload

from ..artifacts.diff.difference import Difference, difference
from ..state.reduce import reduce_all
from ..state.run_state import Artifact, RunState, Stage
from ..store.event_store import EventStore
from ..store.shared import shared_store
from .artifacts import ArtifactFile
from .run import Run

if TYPE_CHECKING:
    import pandas as pd

_STAGE_COLUMNS: Final = {
    "stage_id": "string",
    "name": "string",
    "status_a": "string",
    "status_b": "string",
    "duration_ms_a": "Float64",
    "duration_ms_b": "Float64",
    "tokens_a": "Int64",
    "tokens_b": "Int64",
}
_Row = tuple[str, str, int | None, int | None, int, int, int, float, str | None, str | None]
PairStatus = Literal["same", "changed", "added", "removed"]
"""An artifact that is "added" is only in the second run, one that is "removed" only in the first."""

_COLUMNS: Final = {
    "file": "string",
    "status": "string",
    "chars_a": "Int64",
    "chars_b": "Int64",
    "words_added": "Int64",
    "words_removed": "Int64",
    "words_changed": "Int64",
    "similarity": "Float64",
    "sha256_a": "string",
    "sha256_b": "string",
}


class ArtifactPair(NamedTuple):
    """One artifact in two runs, ``None`` for a run that does not have it, and the SHA-256 of its texts."""

    file: str
    status: PairStatus
    a: Artifact | None
    b: Artifact | None
    sha256_a: str | None
    sha256_b: str | None


class StagePair(NamedTuple):
    """One stage in two runs; ``None`` for a run that does not have it."""

    stage_id: str
    name: str
    a: Stage | None
    b: Stage | None


@overload
def compare(a: Run | str, b: Run | str) -> Comparison: ...
@overload
def compare(a: ArtifactFile, b: ArtifactFile) -> Difference: ...
def compare(a: Run | str | ArtifactFile, b: Run | str | ArtifactFile) -> Comparison | Difference:
    """Compares two runs, or two artifacts.

    A run is a `Run` or the id of a run in this computer's history; raises `RunUnknown` for another id. Two
    artifacts may be of the same run or of different runs, in any versions. Raises ``TypeError`` for a run and
    an artifact.
    """
    if isinstance(a, ArtifactFile) and isinstance(b, ArtifactFile):
        return difference(a.text, b.text, title_a=_title(a), title_b=_title(b))
    if isinstance(a, ArtifactFile) or isinstance(b, ArtifactFile):
        raise TypeError("compare takes two runs or two artifacts, not one of each; see run.artifacts.")
    return Comparison(_side(a), _side(b))


class _Side:
    """One of the two runs: its state, and a function that reads the text of an artifact."""

    def __init__(self, run_id: str, state: RunState, text: Callable[[str], str]) -> None:
        self.run_id = run_id
        self.state = state
        self.text = text
        self.artifacts = {item.file: item for item in state.artifacts}

    @property
    def title(self) -> str:
        return f"run {self.run_id[:8]}"


def _side(run: Run | str) -> _Side:
    if isinstance(run, Run):
        artifacts = run.artifacts
        return _Side(run.run_id, run.state, lambda file: artifacts[file].text)
    return _recorded_side(shared_store(), run)


def _recorded_side(store: EventStore, run_id: str) -> _Side:
    state = reduce_all(store.iterate(run_id, without=("log",)))
    return _Side(run_id, state, lambda file: store.artifact_text(run_id, file) or "")


def compare_recorded(store: EventStore, a: str, b: str) -> Comparison:
    """Compares two runs of a history by their ids. Raises `RunUnknown`, and `HistoryError`."""
    return Comparison(_recorded_side(store, a), _recorded_side(store, b))


class Comparison(Mapping[str, Difference]):
    """The comparison of two runs: a mapping from the file names of their artifacts to their differences.

    ``comparison["landing.html"]`` is the `Difference` of that artifact; an artifact of only one run is
    compared with an empty text. The list of artifacts is from the time of the comparison. The texts are read
    and a difference is computed at the first access.
    """

    def __init__(self, a: _Side, b: _Side) -> None:
        self._a = a
        self._b = b
        self._files = list(dict.fromkeys((*a.artifacts, *b.artifacts)))
        self._differences: dict[str, Difference] = {}

    def __repr__(self) -> str:
        return f"Comparison({self._a.run_id!r}, {self._b.run_id!r}, {len(self)} artifacts)"

    def _repr_html_(self) -> str:
        from ..artifacts.summary_table import table_html

        head = (
            *("Artifact", "Status", "Characters before", "Characters after"),
            *("Words added", "Words removed", "Words changed", "Alike"),
        )
        rows = []
        for file, status, *figures, similarity, _, _ in self._rows():
            cells = ("" if figure is None else f"{figure:,}" for figure in figures)
            rows.append((file, status, *cells, f"{math.floor(100 * similarity)} %"))
        title = f"{self._a.title} and {self._b.title}"
        return table_html(head, rows, title, figures={2, 3, 4, 5, 6, 7})

    def __getitem__(self, file: str) -> Difference:
        if file not in self._files:
            known = ", ".join(self._files) or "none"
            raise KeyError(f"neither run has an artifact {file!r}; there are: {known}")
        if file not in self._differences:
            a, b = (side.text(file) if file in side.artifacts else "" for side in (self._a, self._b))
            titles = (f"{file} · {side.title}" for side in (self._a, self._b))
            self._differences[file] = difference(a, b, title_a=next(titles), title_b=next(titles))
        return self._differences[file]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def frame(self) -> pd.DataFrame:
        """The artifacts of both runs, one row each.

        =============  =======  ======================================================================
        file           string
        status         string   same, changed, added (only in the second run) or removed
        chars_a        Int64    length in the first run, in code points; NA if not in that run
        chars_b        Int64    length in the second run
        words_added    Int64    see `Difference`, also for the next three
        words_removed  Int64
        words_changed  Int64
        similarity     Float64  0 to 1
        sha256_a       string   of the text in UTF-8, in hex; NA if not in the first run
        sha256_b       string
        =============  =======  ======================================================================
        """
        import pandas as pd

        return pd.DataFrame(self._rows(), columns=list(_COLUMNS)).astype(_COLUMNS)

    def stages(self) -> pd.DataFrame:
        """The stages of both runs, one row each.

        =============  =======  ====================================
        stage_id       string
        name           string
        status_a       string   status in the first run
        status_b       string   status in the second run
        duration_ms_a  Float64  likewise
        duration_ms_b  Float64
        tokens_a       Int64    likewise
        tokens_b       Int64
        =============  =======  ====================================
        """
        import pandas as pd

        rows = []
        for stage_id, stage_name, *sides in self.stage_pairs():
            fields = (_field(side, name) for name in ("status", "duration_ms", "tokens") for side in sides)
            rows.append((stage_id, stage_name, *fields))
        return pd.DataFrame(rows, columns=list(_STAGE_COLUMNS)).astype(_STAGE_COLUMNS)

    @property
    def states(self) -> tuple[RunState, RunState]:
        """The states of both runs."""
        return self._a.state, self._b.state

    def stage_pairs(self) -> list[StagePair]:
        """The stages of both runs, in the order of the second run, then those of only the first."""
        a, b = ({stage.stage_id: stage for stage in side.state.stages} for side in (self._a, self._b))
        return [StagePair(key, known.name, a.get(key), b.get(key)) for key, known in {**b, **a}.items()]

    def artifact_pairs(self) -> list[ArtifactPair]:
        """The artifacts of both runs. No difference is computed."""
        pairs = []
        for file in self:
            a, b = self._a.artifacts.get(file), self._b.artifacts.get(file)
            sum_a, sum_b = self._sum(self._a, a), self._sum(self._b, b)
            both: PairStatus = "same" if sum_a == sum_b else "changed"
            status: PairStatus = "removed" if b is None else "added" if a is None else both
            pairs.append(ArtifactPair(file, status, a, b, sum_a, sum_b))
        return pairs

    def _rows(self) -> list[_Row]:
        """The rows of `frame`."""
        rows: list[_Row] = []
        for file, status, a, b, sum_a, sum_b in self.artifact_pairs():
            found = self[file]
            chars = (None if a is None else a.chars, None if b is None else b.chars)
            words = (found.words_added, found.words_removed, found.words_changed)
            rows.append((file, status, *chars, *words, found.similarity, sum_a, sum_b))
        return rows

    def _sum(self, side: _Side, artifact: Artifact | None) -> str | None:
        if artifact is None or artifact.sha256:
            return artifact.sha256 if artifact else None
        return sha256(side.text(artifact.file).encode("utf-8", "surrogatepass")).hexdigest()


def _field(stage: Stage | None, field: str) -> object:
    return None if stage is None else getattr(stage, field)


def _title(artifact: ArtifactFile) -> str:
    return f"{artifact.file} · version {artifact.number} · run {artifact.run_id[:8]}"

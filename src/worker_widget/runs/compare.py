"""Compares two runs, or two artifacts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, overload

from ..artifacts.diff.difference import Difference, difference
from ..state.incident import Incident
from ..state.run_state import Artifact, RoutingRow, RunState, Stage
from ..store.event_store import EventStore
from ..store.shared import shared_store
from .artifacts import ArtifactFile
from .run import Run
from .run_pairs import (
    ArtifactPair,
    DecisionPair,
    IncidentPair,
    PairStatus,
    StagePair,
    in_pairs,
    pair_name,
)

if TYPE_CHECKING:
    import pandas as pd

_INT64: Final = 1 << 63
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

_FRAME_COLUMNS: Final = {
    "section": "string",
    "item": "string",
    "a": "string",
    "b": "string",
    "differs": "boolean",
}
_ARTIFACT_COLUMNS: Final = {
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
    """One of the two runs: its state, and what is read of it when it is compared."""

    def __init__(self, store: EventStore, run_id: str, state: RunState, text: Callable[[str], str]) -> None:
        self.run_id = run_id
        self.state = state
        self.text = text
        self.artifacts = {item.file: item for item in state.artifacts}
        self.store = store

    def stages(self) -> Iterator[Stage]:
        return self.store.stages(self.run_id)

    def decisions(self) -> Iterator[RoutingRow]:
        return self.store.routing_rows(self.run_id)

    def incidents(self) -> Iterator[Incident]:
        return self.store.incidents(self.run_id)

    @property
    def title(self) -> str:
        return f"run {self.run_id[:8]}"


def _side(run: Run | str) -> _Side:
    if isinstance(run, Run):
        artifacts = run.artifacts
        return _Side(run.store, run.run_id, run.state, lambda file: artifacts[file].text)
    return _recorded_side(shared_store(), run)


def _recorded_side(store: EventStore, run_id: str) -> _Side:
    state = store.state(run_id)
    return _Side(store, run_id, state, lambda file: store.artifact_text(run_id, file) or "")


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
            rows.append((file, status, *cells, f"{math.floor(100 * similarity)}%"))
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
        """Everything that is compared, one row for each item.

        =======  =======  =====================================================================
        section  string   run, stages, decisions, ledger or artifacts
        item     string   a figure of the run such as ``tokens``; a stage and its figure such as
                          ``copy.duration_ms``; a stage for decisions; a stage and the kind of an
                          incident such as ``copy.policy`` for the ledger, where the second of a
                          kind ends in ``.2``; the file name of an artifact
        a        string   the first run's: a figure, the agent of a decision, what an incident
                          was and how it ended, the SHA-256 of an artifact; NA for what it has not
        b        string   the second run's
        differs  boolean
        =======  =======  =====================================================================

        `stages` and `artifacts` have more columns of these, with figures as numbers.
        """
        import pandas as pd

        from .comparison_rows import comparison_rows

        rows = comparison_rows(
            self.states,
            self.stage_pairs(),
            self.decision_pairs(),
            self.incident_pairs(),
            self.artifact_pairs(),
        )
        return pd.DataFrame(rows, columns=list(_FRAME_COLUMNS)).astype(_FRAME_COLUMNS)

    def export(
        self,
        format: Literal["html"],
        path: str | Path,
        *,
        sign: str | Path | None = None,
        most_bytes: int | None = None,
    ) -> Path:
        """Writes the report of both runs with their comparison as one HTML file; see `RunHistory.export`.

        Raises ``ValueError`` for another format, `SigningKeyError`, and ``OSError``.
        """
        from .exporting import export_report

        if format != "html":
            raise ValueError(f"A comparison is exported as html, not as {format!r}.")
        runs = [(side.store, side.run_id) for side in (self._a, self._b)]
        return export_report(runs, Path(path).expanduser(), sign=sign, most_bytes=most_bytes, compared=self)

    def artifacts(self) -> pd.DataFrame:
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

        return pd.DataFrame(self._rows(), columns=list(_ARTIFACT_COLUMNS)).astype(_ARTIFACT_COLUMNS)

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
    def run_ids(self) -> tuple[str, str]:
        """The ids of both runs."""
        return self._a.run_id, self._b.run_id

    @property
    def states(self) -> tuple[RunState, RunState]:
        """The states of both runs."""
        return self._a.state, self._b.state

    def stage_pairs(self) -> list[StagePair]:
        """The stages of both runs, in the order of the second run, then those of only the first."""
        a, b = ({stage.stage_id: stage for stage in side.stages()} for side in (self._a, self._b))
        return [StagePair(key, known.name, a.get(key), b.get(key)) for key, known in {**b, **a}.items()]

    def decision_pairs(self) -> list[DecisionPair]:
        """The routing decisions of both runs: the n-th of a stage in each."""
        pairs = in_pairs(self._a.decisions(), self._b.decisions(), lambda row: (row.stage_id,))
        return [DecisionPair(pair_name(*key), key[0], a, b) for key, a, b in pairs]

    def incident_pairs(self) -> list[IncidentPair]:
        """The incidents of both runs: the n-th of a stage and kind in each."""
        pairs = in_pairs(self._a.incidents(), self._b.incidents(), lambda row: (row.stage_id, row.kind))
        return [IncidentPair(pair_name(*key), key[0], a, b) for key, a, b in pairs]

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
        """The rows of `artifacts`."""
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
    found: object = None if stage is None else getattr(stage, field)
    # A server may send any number; one that no column holds is missing.
    return None if isinstance(found, int) and not -_INT64 <= found < _INT64 else found


def _title(artifact: ArtifactFile) -> str:
    return f"{artifact.file} · version {artifact.number} · run {artifact.run_id[:8]}"

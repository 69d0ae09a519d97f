"""The rows of two runs side by side: each row of the first beside the row of the second in the same place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple, Protocol, TypeVar

from ..artifacts.diff.difference import Difference
from ..state.incident import Incident
from ..state.run_state import Artifact, RoutingRow, RunState, Stage

_Row = TypeVar("_Row")
_Place = tuple[str | None, ...]


PairStatus = Literal["same", "changed", "added", "removed"]
"""An artifact that is "added" is only in the second run, one that is "removed" only in the first."""


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


class DecisionPair(NamedTuple):
    """A routing decision in two runs; ``None`` for a run that does not have it."""

    name: str
    stage_id: str | None
    a: RoutingRow | None
    b: RoutingRow | None


class IncidentPair(NamedTuple):
    """An incident in two runs; ``None`` for a run that does not have it."""

    name: str
    stage_id: str | None
    a: Incident | None
    b: Incident | None


def in_pairs(
    a: Iterable[_Row], b: Iterable[_Row], place: Callable[[_Row], _Place]
) -> list[tuple[tuple[str | None, ...], _Row | None, _Row | None]]:
    """The rows of two runs by their key: their place, and which of the rows in it they are ("1", "2").

    They are in the order of the second run, followed by those that only the first has.
    """
    first, second = _by_key(a, place), _by_key(b, place)
    return [(key, first.get(key), second.get(key)) for key in {**second, **first}]


def pair_name(*key: str | None) -> str:
    """The name of a pair by its key: ``copy.policy`` or ``copy.policy.2``; ``run`` without a stage."""
    *place, number = key
    parts = [part or "run" for part in place]
    return ".".join(parts if number == "1" else [*parts, str(number)])


def _by_key(rows: Iterable[_Row], place: Callable[[_Row], _Place]) -> dict[tuple[str | None, ...], _Row]:
    seen: Counter[_Place] = Counter()
    keyed = {}
    for row in rows:
        where = place(row)
        seen[where] += 1
        keyed[(*where, str(seen[where]))] = row
    return keyed


class PairedRuns(Protocol):
    """Two runs side by side, as `Comparison` has them: what a table of both needs."""

    @property
    def run_ids(self) -> tuple[str, str]: ...

    @property
    def states(self) -> tuple[RunState, RunState]: ...

    def stage_pairs(self) -> list[StagePair]: ...

    def decision_pairs(self) -> list[DecisionPair]: ...

    def incident_pairs(self) -> list[IncidentPair]: ...

    def artifact_pairs(self) -> list[ArtifactPair]: ...

    def __getitem__(self, file: str) -> Difference: ...

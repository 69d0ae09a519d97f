"""What stands on the time axis of a run: stages, failures, violations, recoveries, artifacts, requests for
input, pauses. It is read from the columns of the blocks; no event is decoded.

Marks of a kind that are too many are merged: those in the same part of the duration become one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from sqlite3 import Connection
from typing import Any, Final, NamedTuple, TypeAlias, get_args

import numpy as np

from ..events import (
    Event,
    FailureDetected,
    Payload,
    PolicyViolation,
    RecoveryStarted,
    RunFailed,
    StageFailed,
)
from ..state.log_line import LEVELS, LoggedEvent
from ..state.routing_and_ledger import ledger_row
from ..state.run_state import Stage
from . import blocks_table, log_table, stages_table
from .blocks.block import Tables
from .blocks.columns import Column, ColumnKind, numbers, texts, words
from .blocks_table import BlockReader, BlockSpan
from .time_axis import ArtifactChanges, AxisKind, AxisMark, AxisMarks

MOST_OF_KIND: Final = 60
MOST_ARTIFACTS: Final = 20
SLICES: Final = 100
_MOST_STAGES: Final = 500
"""In a run with more stages those at the top alone have marks."""

Positions: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"

_TYPES: Final[dict[AxisKind, tuple[str, ...]]] = {
    "failure": ("stage_failed", "run_failed", "failure_detected"),
    "violation": ("policy_violation",),
    "recovery": ("recovery_started",),
    "artifact": ("artifact_created",),
    "input": ("input_requested",),
    "pause": ("run_paused",),
    "resume": ("run_resumed",),
}
_OF_STAGES: Final[dict[AxisKind, str]] = {"stage": "stages begin", "stage_end": "stages end"}


class _Found(NamedTuple):
    """Marks of a kind before they are merged; ``label`` returns the text and the stage of some of them."""

    kind: AxisKind
    positions: Positions
    label: Callable[[Sequence[int]], dict[int, tuple[str, str | None]]]


class _Part(NamedTuple):
    """A block with what its columns say: the events of each kind, and those of each artifact."""

    span: BlockSpan
    of_kind: dict[AxisKind, Positions]
    of_artifact: dict[str, tuple[Positions, Positions]]


def marks(
    db: Connection, reader: BlockReader, run: int, stages: int, divided: Callable[[int], Sequence[int]]
) -> AxisMarks:
    """The marks of a run that has so many stages, without their times.

    ``divided`` returns the positions that divide its duration into so many parts of the same length.
    """
    parts: list[_Part] = []
    events = 0
    for span in blocks_table.spans(db, run):
        events = span.end - 1
        with blocks_table.skipping_damage():
            parts.append(_part(db, reader, span))
    found = list(_stages(db, run, stages, events))
    for kind in get_args(AxisKind):
        positions = [part.of_kind[kind] for part in parts if kind in part.of_kind]
        if positions:
            found.append(_Found(kind, np.concatenate(positions), _labels(db, reader, run, kind, parts)))
    made = [mark for item in found for mark in _merged(item, events, divided)]
    made.sort(key=lambda mark: mark.position)
    return AxisMarks(events, made, _changes(parts, events, divided))


def _part(db: Connection, reader: BlockReader, span: BlockSpan) -> _Part:
    table = reader.columns(db, span)["events"]
    types = _codes(table["type"])
    named = table["type"].words or []
    of_kind: dict[AxisKind, Positions] = {}
    for kind, wanted in _TYPES.items():
        codes = [code for code, word in enumerate(named, 1) if word in wanted]
        if codes:
            of_kind[kind] = np.flatnonzero(np.isin(types, codes)) + span.position
    if span.lines and "log" in named:
        lines = reader.line_columns(db, span)["lines"]
        levels = np.frombuffer(lines["level"].content, "u1")
        positions = _codes(lines["position"])[levels == LEVELS.index("error")].astype(np.int64)
        positions = positions[types[positions - span.position] == named.index("log") + 1]
        if len(positions):
            of_kind["error"] = positions
    of_artifact: dict[str, tuple[Positions, Positions]] = {}
    files = table["artifact"].words or []
    if files:
        codes_of_files, lengths = _codes(table["artifact"]), _codes(table["length"])
        for code, file in enumerate(files, 1):
            indexes = np.flatnonzero(codes_of_files == code)
            of_artifact[file] = indexes + span.position, lengths[indexes].astype(np.int64)
    return _Part(span, of_kind, of_artifact)


def _codes(column: Column) -> Any:
    return np.frombuffer(column.content, "<u4")


def _stages(db: Connection, run: int, count: int, events: int) -> Iterator[_Found]:
    if count > _MOST_STAGES:
        rows = stages_table.window(db, run, None, 0, count).rows
    else:
        rows = stages_table.stages(db, run, 0)
    yield from _places("stage", [(stage.started_at, stage) for stage in rows], events)
    yield from _places("stage_end", [(stage.ended_at, stage) for stage in rows], events)


def _places(kind: AxisKind, places: Iterable[tuple[int, Stage]], events: int) -> Iterator[_Found]:
    known: dict[int, tuple[str, str | None]] = {
        at: (stage.name, stage.stage_id) for at, stage in places if 0 < at <= events
    }

    def labels(positions: Sequence[int]) -> dict[int, tuple[str, str | None]]:
        return {at: known[at] for at in positions}

    if known:
        yield _Found(kind, np.array(sorted(known), np.int64), labels)


def _merged(found: _Found, events: int, divided: Callable[[int], Sequence[int]]) -> Iterator[AxisMark]:
    positions = found.positions
    groups: list[tuple[int, int]] = [(at, at + 1) for at in range(min(len(positions), MOST_OF_KIND))]
    if len(positions) > MOST_OF_KIND:
        edges = np.searchsorted(positions, [*divided(MOST_OF_KIND), events], "right")
        groups = [(start, end) for start, end in pairwise([0, *edges.tolist()]) if end > start]
    single = [int(positions[start]) for start, end in groups if end - start == 1]
    labels = found.label(single) if single else {}
    for start, end in groups:
        first, last = int(positions[start]), int(positions[end - 1])
        count = end - start
        label, stage_id = labels.get(first, ("", None))
        if count > 1 and found.kind in _OF_STAGES:
            label = f"{count:,} {_OF_STAGES[found.kind]}"
        yield AxisMark(
            position=first,
            time_us=None,
            kind=found.kind,
            label=label,
            stage_id=stage_id,
            count=count,
            last=last,
        )


def _changes(
    parts: Iterable[_Part], events: int, divided: Callable[[int], Sequence[int]]
) -> list[ArtifactChanges]:
    """The changes of the artifacts of which most was written, in the order of their first events."""
    written: dict[str, list[tuple[Positions, Positions]]] = {}
    for part in parts:
        for file, place in part.of_artifact.items():
            written.setdefault(file, []).append(place)
    sizes = {file: sum(int(lengths.sum()) for _, lengths in places) for file, places in written.items()}
    largest = set(sorted(sizes, key=lambda file: -sizes[file])[:MOST_ARTIFACTS])
    if not largest:
        return []
    edges = [*divided(SLICES), events]
    changes: list[ArtifactChanges] = []
    for file, places in written.items():
        if file in largest:
            positions = np.concatenate([at for at, _ in places])
            sums = np.concatenate([[0], np.cumsum(np.concatenate([lengths for _, lengths in places]))])
            ends = np.unique(np.searchsorted(positions, edges, "right"))
            ends = ends[ends > 0]
            added = np.diff(sums[ends], prepend=0)
            changes.append(ArtifactChanges(file, positions[ends - 1].tolist(), added.tolist()))
    return changes


# --- labels ----------------------------------------------------------------------------------------


def _labels(
    db: Connection, reader: BlockReader, run: int, kind: AxisKind, parts: Sequence[_Part]
) -> Callable[[Sequence[int]], dict[int, tuple[str, str | None]]]:
    def labels(positions: Sequence[int]) -> dict[int, tuple[str, str | None]]:
        if kind in ("error", "input", "pause", "resume"):
            return _line_labels(db, reader, run, positions)
        found: dict[int, tuple[str, str | None]] = {}
        for part in parts:
            inside = [at for at in positions if part.span.position <= at < part.span.end]
            if inside:
                with blocks_table.skipping_damage():
                    found |= _block_labels(db, reader, part.span, kind, inside)
        return found

    return labels


def _line_labels(
    db: Connection, reader: BlockReader, run: int, positions: Sequence[int]
) -> dict[int, tuple[str, str | None]]:
    lines = [log_table.lines_upto(db, reader, run, at) for at in positions]
    rows = log_table.read_lines(db, reader, run, [line for line in lines if line])
    return {row.position: (row.message, row.stage_id) for row in rows}


def _block_labels(
    db: Connection, reader: BlockReader, span: BlockSpan, kind: AxisKind, positions: Sequence[int]
) -> dict[int, tuple[str, str | None]]:
    table = reader.columns(db, span)["events"]
    stages = words(table["stage_id"])
    if kind == "artifact":
        files = words(table["artifact"])
        return {at: (files[at - span.position] or "", stages[at - span.position]) for at in positions}
    types = words(table["type"])
    payloads = _PAYLOADS[kind](
        reader.row_tables(db, span), dict(zip(range(span.position, span.end), types, strict=True))
    )
    found: dict[int, tuple[str, str | None]] = {}
    for at in positions:
        data = payloads.get(at)
        row = data and ledger_row(LoggedEvent(at, Event("", data, b"")), 0)
        found[at] = (row.title if row else "", stages[at - span.position])
    return found


def _violations(tables: Tables, types: dict[int, str | None]) -> dict[int, Payload]:
    table = tables["policy"]
    rows = zip(
        numbers(ColumnKind.POSITION, table["position"]),
        words(table["policy"]),
        words(table["violation_type"]),
        texts(table["reason"]),
        strict=True,
    )
    return {
        at: PolicyViolation(policy=policy, violation_type=kind, reason=reason)
        for at, policy, kind, reason in rows
    }


def _failures(tables: Tables, types: dict[int, str | None]) -> dict[int, Payload]:
    table = tables["failures"]
    found: dict[int, Payload] = {}
    positions = numbers(ColumnKind.POSITION, table["position"])
    for at, code, error in zip(positions, words(table["code"]), texts(table["error"]), strict=True):
        match types[at]:
            case "stage_failed":
                found[at] = StageFailed(error=error)
            case "run_failed":
                found[at] = RunFailed(error=error)
            case _:
                found[at] = FailureDetected(pattern=code, error=error)
    return found


def _recoveries(tables: Tables, types: dict[int, str | None]) -> dict[int, Payload]:
    table = tables["recoveries"]
    rows = zip(numbers(ColumnKind.POSITION, table["position"]), words(table["action"]), strict=True)
    return {at: RecoveryStarted(action=action) for at, action in rows}


_PAYLOADS: Final[dict[str, Callable[[Tables, dict[int, str | None]], dict[int, Payload]]]] = {
    "violation": _violations,
    "failure": _failures,
    "recovery": _recoveries,
}

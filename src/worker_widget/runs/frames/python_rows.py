"""Frames whose rows are made from objects: stages, artifacts, ledger, incidents, warnings and sources."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
import numpy as np

from ...events import ArtifactCreated, ArtifactSources
from ...events.file_names import file_name
from ...events.vocabulary import SentenceSource
from ...state.display_names import display_name
from ...state.incident import Incident
from ...state.incident_title import incident_title
from ...state.log_line import LoggedEvent
from ...state.reduce import reduce
from ...state.routing_and_ledger import ledger_row
from ...state.run_state import RunState, Stage
from ...state.run_warnings import run_warnings
from ...state.stage_content import CONTENT_TYPES, StageContent, stage_contents
from ...state.stages import tree
from ...store.blocks.columns import ColumnKind, numbers, words
from ...store.blocks_table import DamagedBlock
from ...store.event_store import EventStore
from ...store.run_blocks import BlockQuery, RunKey, StoredBlock
from .columns import milliseconds

Rows: TypeAlias = "dict[str, list[Any]]"
"""The columns of a frame as lists of Python values, by name."""

_ARTIFACTS: Final = ("artifact_started", "artifact_delta", "artifact_created")
_ENDS: Final = ("run_completed", "run_failed", "run_cancelled", "run_reconciled")


class Reading(NamedTuple):
    """What the rows of a frame are read from. ``read`` reads the blocks of runs, except damaged ones."""

    store: EventStore
    keys: Sequence[RunKey]
    wanted: Collection[str]
    read: Callable[[Sequence[RunKey], BlockQuery, Callable[[StoredBlock], Any]], Iterator[tuple[RunKey, Any]]]


# --- stages ----------------------------------------------------------------------------------------


def stage_rows(reading: Reading) -> Rows:
    """The stages of each run in the order of their tree."""
    runs = list(reading.store.stages_of(reading.keys))
    rows = [(key.run_id, stage, depth) for key, stages in runs for stage, depth in tree(stages)]
    stages = [stage for _, stage, _ in rows]
    confidences = _confidences(reading, [key for key, _ in runs])
    contents = _contents(reading, runs) if {"input", "output", "traceback"} & set(reading.wanted) else {}
    known = [contents.get((run_id, stage.stage_id), _NO_CONTENT) for run_id, stage, _ in rows]
    return {
        "run_id": [run_id for run_id, _, _ in rows],
        **{name: [getattr(stage, field) for stage in stages] for name, field in _STAGE_FIELDS.items()},
        "depth": [depth for _, _, depth in rows],
        "duration": milliseconds(stage.duration_ms for stage in stages),
        "cost": [stage.cost and stage.cost.amount for stage in stages],
        "currency": [stage.cost and stage.cost.currency for stage in stages],
        "confidence": [confidences.get((run_id, stage.stage_id)) for run_id, stage, _ in rows],
        "recovered": [stage.status == "recovered" for stage in stages],
        "done": [stage.progress and stage.progress.done for stage in stages],
        "total": [stage.progress and stage.progress.total for stage in stages],
        "unit": [stage.progress and stage.progress.unit for stage in stages],
        "input": [_json_text(content.input) for content in known],
        "output": [_json_text(content.output) for content in known],
        "traceback": [content.traceback for content in known],
    }


_STAGE_FIELDS: Final = {
    "started_at": "started_us",
    "finished_at": "ended_us",
    "position": "number",
    **{
        name: name
        for name in (
            *("stage_id", "parent_id", "kind", "name", "status", "agent", "model", "tokens"),
            *("input_tokens", "output_tokens", "drift", "complexity", "attempts", "error"),
            *("recoveries", "violations", "reused_from"),
        )
    },
}
_NO_CONTENT: Final = StageContent()


def _confidences(reading: Reading, keys: Sequence[RunKey]) -> dict[tuple[str, str | None], float | None]:
    """The confidence of the last routing decision of each stage, by run and stage."""

    def read(block: StoredBlock) -> list[tuple[str | None, float]]:
        table = block.row_tables()["routing"]
        stages = words(block.columns()["events"]["stage_id"])
        positions = numbers(ColumnKind.POSITION, table["position"])
        first = block.span.position
        confidences = numbers(ColumnKind.NUMBER, table["confidence"])
        return [(stages[at - first], value) for at, value in zip(positions, confidences, strict=True)]

    found: dict[tuple[str, str | None], float | None] = {}
    for key, decisions in reading.read(keys, BlockQuery("routing > 0"), read):
        for stage_id, value in decisions:
            found[key.run_id, stage_id] = None if np.isnan(value) else value
    return found


def _contents(
    reading: Reading, runs: Iterable[tuple[RunKey, list[Stage]]]
) -> dict[tuple[str, str], StageContent]:
    """The contents of stages that have some, by run and stage."""
    keys = [
        key
        for key, stages in runs
        if any(stage.has_input or stage.has_output or stage.has_traceback for stage in stages)
    ]
    return {
        (key.run_id, stage_id): content
        for key, events in _events_of_runs(reading, keys, CONTENT_TYPES)
        for stage_id, content in stage_contents(events).items()
    }


def _json_text(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


def _events_of_runs(
    reading: Reading, keys: Sequence[RunKey], types: Collection[str]
) -> Iterator[tuple[RunKey, list[LoggedEvent]]]:
    """The events of these types of each run that has some."""
    run: RunKey | None = None
    events: list[LoggedEvent] = []
    for key, part in reading.read(keys, BlockQuery(), lambda block: block.events(types)):
        if key != run:
            if run is not None and events:
                yield run, events
            run, events = key, []
        events += part
    if run is not None and events:
        yield run, events


# --- artifacts -------------------------------------------------------------------------------------


def artifact_rows(reading: Reading) -> Rows:
    """The artifacts of each run in the order of their first mention."""
    rows = []
    for key, events in _events_of_runs(reading, reading.keys, (*_ARTIFACTS, *_ENDS)):
        state = RunState()
        created: dict[str, int | None] = {}
        for logged in events:
            state = reduce(state, logged)
            if isinstance(logged.event.data, ArtifactCreated):
                data = logged.event.data
                created[file_name(data.artifact_name, data.artifact_type)] = logged.event.time_us
        rows += [(key.run_id, item, created.get(item.file)) for item in state.artifacts]
    return {
        "run_id": [run_id for run_id, _, _ in rows],
        "name": [item.file for _, item, _ in rows],
        "type": [item.kind for _, item, _ in rows],
        "created_at": [time_us if item.status == "done" else None for _, item, time_us in rows],
        **{
            name: [getattr(item, name) for _, item, _ in rows]
            for name in ("stage_id", "chars", "sha256", "version", "status")
        },
        "content": [
            _text(reading, run_id, item.file) if "content" in reading.wanted else None
            for run_id, item, _ in rows
        ],
    }


def _text(reading: Reading, run_id: str, file: str) -> str | None:
    """The text of an artifact; ``None`` if it has none, or is in a damaged block."""
    try:
        return reading.store.artifact_text(run_id, file)
    except DamagedBlock:
        return None


def source_rows(reading: Reading) -> Rows:
    """The sentences of the artifacts of each run."""
    rows: Rows = defaultdict(list)
    for key, events in _events_of_runs(reading, reading.keys, ("artifact_sources",)):
        data = [logged.event.data for logged in events]
        files = [
            file_name(item.artifact_name, item.artifact_type)
            for item in data
            if isinstance(item, ArtifactSources)
        ]
        for file in dict.fromkeys(files):
            text = _text(reading, key.run_id, file)
            sources = [] if text is None else reading.store.artifact_sources(key.run_id, file)
            for name, values in sentence_rows(key.run_id, file, text or "", sources).items():
                rows[name] += values
    return rows


def sentence_rows(run_id: str, file: str, text: str, sources: Sequence[SentenceSource]) -> Rows:
    """The sentences of an artifact's text."""
    return {
        "run_id": [run_id] * len(sources),
        "name": [file] * len(sources),
        "sentence": [text[part.start : part.end] for part in sources],
        "start": [part.start for part in sources],
        "end": [part.end for part in sources],
        "source": [part.source for part in sources],
        "stage_id": [part.stage_id for part in sources],
    }


# --- failures and recovery -------------------------------------------------------------------------


def ledger_rows_of(reading: Reading) -> Rows:
    """The rows of the ledger of each run."""
    return next(ledger_parts(reading, None))


def ledger_parts(reading: Reading, most: int | None) -> Iterator[Rows]:
    """The same in parts of about ``most`` rows, at least one part; ``None`` is one part of any size."""

    def read(block: StoredBlock) -> list[Any]:
        table = block.row_tables()["ledger"]
        positions = numbers(ColumnKind.POSITION, table["position"])
        numbered = zip(
            block.events_at(positions), numbers(ColumnKind.INTEGER, table["incident"]), strict=True
        )
        return [
            ledger_row(logged, number, incident)
            for number, (logged, incident) in enumerate(numbered, block.span.first_ledger + 1)
        ]

    found: list[tuple[str, Any]] = []
    for key, rows in reading.read(reading.keys, BlockQuery("ledger > 0"), read):
        found += [(key.run_id, row) for row in rows]
        if most is not None and len(found) >= most:
            yield _ledger_columns(found)
            found = []
    yield _ledger_columns(found)


def _ledger_columns(found: list[tuple[str, Any]]) -> Rows:
    return {
        "run_id": [run_id for run_id, _ in found],
        "seq": [row.position for _, row in found],
        "timestamp": [row.time_us for _, row in found],
        "detail": ["\n".join(f"{label}: {text}" for label, text in row.detail) or None for _, row in found],
        **{
            name: [getattr(row, name) for _, row in found]
            for name in ("stage_id", "number", "kind", "engine", "outcome", "title", "incident")
        },
    }


def incident_rows(reading: Reading) -> Rows:
    """The incidents of each run."""
    runs = list(reading.store.incidents_of(reading.keys))
    stages = reading.store.stages_of([key for key, _ in runs])
    names = {(key.run_id, stage.stage_id): stage.name for key, listed in stages for stage in listed}
    return _incident_columns(
        [(key.run_id, item, _name(names, key.run_id, item)) for key, items in runs for item in items]
    )


def incident_parts(reading: Reading, most: int) -> Iterator[Rows]:
    """The same in parts of about ``most`` rows, at least one part."""
    found: list[tuple[str, Incident, str | None]] = []
    for key in reading.keys:
        names: dict[tuple[str, str], str] | None = None
        for item in reading.store.incidents(key.run_id):
            if names is None:
                names = {
                    (key.run_id, stage.stage_id): stage.name for stage in reading.store.stages(key.run_id)
                }
            found.append((key.run_id, item, _name(names, key.run_id, item)))
            if len(found) >= most:
                yield _incident_columns(found)
                found = []
    yield _incident_columns(found)


def _name(names: Mapping[tuple[str, str], str], run_id: str, item: Incident) -> str | None:
    if item.stage_id is None:
        return None
    return names.get((run_id, item.stage_id), display_name(item.stage_id))


def _incident_columns(found: list[tuple[str, Incident, str | None]]) -> Rows:
    return {
        "run_id": [run_id for run_id, _, _ in found],
        "stage": [stage for _, _, stage in found],
        "title": [incident_title(item, stage) for _, item, stage in found],
        "tried": [", ".join(item.tried) or None for _, item, _ in found],
        "started_at": [item.started_us for _, item, _ in found],
        "finished_at": [item.ended_us for _, item, _ in found],
        "duration": milliseconds(item.duration_ms for _, item, _ in found),
        "seq": [item.position for _, item, _ in found],
        "last_seq": [item.last for _, item, _ in found],
        **{
            name: [getattr(item, name) for _, item, _ in found]
            for name in (
                *("number", "stage_id", "kind", "outcome", "severity", "found", "before", "after"),
                *("location", "code", "recoveries", "events"),
            )
        },
    }


def warning_rows(reading: Reading) -> Rows:
    """The warnings about the result of each run."""
    rows: Rows = {name: [] for name in ("run_id", "seq", "timestamp", "stage_id", "code", "message")}
    for key, events in _events_of_runs(reading, reading.keys, ("run_warning", "task_understood")):
        state = RunState()
        for logged in events:
            state = reduce(state, logged)
        times = {logged.position: logged.event.time_us for logged in events}
        for row in run_warnings(state):
            values = (key.run_id, row.position, times.get(row.position), row.stage_id, row.code, row.message)
            for column, value in zip(rows.values(), values, strict=True):
                column.append(value)
    return rows


PYTHON_ROWS: Final[dict[str, Callable[[Reading], Rows]]] = {
    "stages": stage_rows,
    "artifacts": artifact_rows,
    "sources": source_rows,
    "ledger": ledger_rows_of,
    "incidents": incident_rows,
    "warnings": warning_rows,
}
"""How the rows of each of these frames are made."""

PYTHON_PARTS: Final[dict[str, Callable[[Reading, int], Iterator[Rows]]]] = {
    "ledger": ledger_parts,
    "incidents": incident_parts,
}
"""How the rows of those are made in parts of which a run can have any number."""

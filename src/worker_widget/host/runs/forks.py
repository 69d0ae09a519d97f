"""Forks: a run takes over the first stages of another run, its parent, and is executed from a stage on.

A stage is taken over as its artifacts, byte for byte, its warnings and its output. Its log, routing, checks
and recoveries are those of the run that executed it, and stay there. It takes no time and no tokens.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from ...events import (
    ArtifactCreated,
    ArtifactSources,
    Log,
    Payload,
    RunWarning,
    StageCompleted,
    StageStarted,
    TaskUnderstood,
    decode,
)
from ...events.file_names import file_name
from ..worker import ForkedRun, TakenStage, ValidatedRequest, Worker
from .refusals import CannotTakeOver, StageUnknown
from .replay_token import text_hash
from .store import StoredEvent

SHORT_ID = 8
"""So many characters of a run's id name it in a log line."""

_OfStage: TypeAlias = StageStarted | StageCompleted | ArtifactCreated | ArtifactSources | RunWarning
_READ_TYPES = frozenset(
    ("stage_started", "stage_completed", "artifact_created", "artifact_sources", "run_warning",
     "task_understood")
)  # fmt: skip


@dataclass(frozen=True)
class Fork:
    """A fork that was checked: ``events`` are those of the stages taken over, ``kept`` what the worker kept
    of them, as it was stored.
    """

    parent_run_id: str
    from_stage: str
    events: tuple[Payload, ...]
    kept: Mapping[str, bytes]
    of_worker: ForkedRun


class Kept(msgspec.Struct, frozen=True):
    """What a worker of this version kept of a stage."""

    version: str
    state: Any = None


def kept(version: str, state: Any) -> bytes:
    """What a worker keeps of a stage, as it is stored. Raises ``TypeError`` for what is no JSON."""
    return msgspec.json.encode(Kept(version, state))


def _kept(stored: bytes) -> Kept:
    return msgspec.json.decode(stored, type=Kept)


@dataclass
class _Executed:
    """A stage in the events of a run. ``run_id`` is the run that executed it."""

    run_id: str
    completed: StageCompleted | None = None
    artifacts: dict[str, ArtifactCreated] = field(default_factory=dict)
    sources: dict[str, ArtifactSources] = field(default_factory=dict)
    warnings: list[RunWarning] = field(default_factory=list)


@dataclass(frozen=True)
class Executed:
    """The stages of a run that has ended, as far as a fork needs them."""

    run_id: str
    stages: Mapping[str, _Executed]
    understood: TaskUnderstood | None

    def completed(self, stage_id: str) -> bool:
        stage = self.stages.get(stage_id)
        return stage is not None and stage.completed is not None


async def executed(run_id: str, batches: AsyncIterator[Sequence[StoredEvent]]) -> Executed:
    """Read the stages of a run from its events."""
    stages: dict[str, _Executed] = {}
    understood: TaskUnderstood | None = None
    async for batch in batches:
        for stored in batch:
            if stored.type not in _READ_TYPES:
                continue
            data = decode(stored.raw, stored.type).data
            if isinstance(data, TaskUnderstood):
                understood = data
            elif isinstance(data, _OfStage) and data.stage_id is not None:
                _note(stages, run_id, data.stage_id, data)
    return Executed(run_id, stages, understood)


def _note(stages: dict[str, _Executed], run_id: str, stage_id: str, data: _OfStage) -> None:
    if isinstance(data, StageStarted):
        stages[stage_id] = _Executed(data.reused_from or run_id)
        return
    stage = stages.setdefault(stage_id, _Executed(run_id))
    if isinstance(data, StageCompleted):
        stage.completed = data
    elif isinstance(data, ArtifactCreated):
        stage.artifacts[file_name(data.artifact_name, data.artifact_type)] = data
    elif isinstance(data, ArtifactSources):
        stage.sources[file_name(data.artifact_name, data.artifact_type)] = data
    else:
        stage.warnings.append(data)


def stages_before(worker: Worker, from_stage: str) -> list[tuple[str, str]]:
    """Id and name of each stage that a run from ``from_stage`` on takes over. Raises `StageUnknown`."""
    stages = list(worker.stages())
    ids = [stage_id for stage_id, _ in stages]
    if from_stage not in ids:
        raise StageUnknown(from_stage, ids)
    return stages[: ids.index(from_stage)]


def failed_stage(worker: Worker, parent: Executed, kept: Mapping[str, bytes]) -> str | None:
    """The stage from which a run that did not complete can go on; ``None`` if there is no such stage."""
    for stage_id, _ in worker.stages():
        of_version = stage_id in kept and _kept(kept[stage_id]).version == worker.version
        if not of_version or not parent.completed(stage_id):
            return stage_id
    return None


def fork(
    worker: Worker,
    parent: Executed,
    kept: Mapping[str, bytes],
    from_stage: str,
    *,
    was: ValidatedRequest,
    request: ValidatedRequest,
) -> Fork | None:
    """The fork of a run that had the request ``was``, for the new ``request``.

    ``None`` from the first stage on: that takes over nothing. Raises `StageUnknown`, or `CannotTakeOver` for
    a stage that did not complete, was not kept, or has an artifact of another hash than when it was made.
    """
    before = stages_before(worker, from_stage)
    if not before:
        return None
    taken = [_taken(worker, parent, kept, stage_id, name) for stage_id, name in before]
    events: list[Payload] = []
    if parent.understood is not None and was.task == request.task:
        events.append(parent.understood)
    for index, stage in enumerate(taken):
        events += _events(parent.stages[stage.stage_id], stage, index, len(worker.stages()))
    return Fork(
        parent.run_id,
        from_stage,
        tuple(events),
        {stage_id: kept[stage_id] for stage_id, _ in before},
        ForkedRun(parent.run_id, from_stage, was, tuple(taken)),
    )


def _taken(
    worker: Worker, parent: Executed, kept: Mapping[str, bytes], stage_id: str, name: str
) -> TakenStage:
    start = f"{name} cannot be taken over from run {parent.run_id[:SHORT_ID]}: "
    instead = f" Start from {name}, or from a stage before it."
    if not parent.completed(stage_id):
        raise CannotTakeOver(f"{start}it did not complete there.{instead}")
    if stage_id not in kept:
        raise CannotTakeOver(f"{start}that run kept nothing of it.{instead}")
    found = _kept(kept[stage_id])
    if found.version != worker.version:
        raise CannotTakeOver(
            f"{start}it was executed by engine version {found.version[:40]}, and this host has version"
            f" {worker.version}. Start the request anew."
        )
    stage = parent.stages[stage_id]
    texts: dict[str, str] = {}
    for file, artifact in stage.artifacts.items():
        text = artifact.content
        if text is None or (artifact.sha256 is not None and text_hash(text) != artifact.sha256):
            raise CannotTakeOver(
                f"{start}the text of {file} is not the one that was made there: its SHA-256 is"
                f" {'missing' if text is None else text_hash(text)[:12]} and not"
                f" {(artifact.sha256 or 'recorded')[:12]}.{instead}"
            )
        texts[file] = text
    return TakenStage(stage_id, stage.run_id, texts, found.state)


def _events(stage: _Executed, taken: TakenStage, index: int, total: int) -> Iterator[Payload]:
    stage_id, run_id = taken.stage_id, taken.run_id
    yield StageStarted(stage_id=stage_id, stage_index=index, total_stages=total, reused_from=run_id)
    yield from stage.warnings
    for file, artifact in stage.artifacts.items():
        yield artifact
        if file in stage.sources:
            yield stage.sources[file]
    sums = ", ".join(f"{file} {text_hash(text)[:12]}" for file, text in taken.artifacts.items())
    verified = f", byte for byte, verified by SHA-256: {sums}" if sums else ""
    yield Log(stage_id=stage_id, level="info", message=f"Taken from run {run_id[:SHORT_ID]}{verified}.")
    output = None if stage.completed is None else stage.completed.output
    yield StageCompleted(stage_id=stage_id, duration_ms=0, tokens_used=0, output=output)

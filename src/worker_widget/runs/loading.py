"""`load_run`: a run from the JSON that was exported, into the history or into memory."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ..errors import RunDiffers
from ..events import Event, decode
from ..events.event_chain import EventChain
from ..state.reduce import reduce_all
from ..state.run_state import RunState
from ..store import keyframes
from ..store.blocks_table import DamageWarning
from ..store.event_store import EventStore
from ..store.run_records import summary
from ..store.shared import shared_store
from .progress_line import CallProgress
from .recorded_run import recorded_run
from .run import Run
from .run_file import FileEvent, RunFile
from .users_level import users_level

_AT_ONCE: Final = 2_000
_AT_ONCE_BYTES: Final = 8 * 1024 * 1024


def load_run(path: str | Path, *, in_memory: bool = False) -> Run:
    """Loads a run that ``run.export("json", path)`` wrote, and returns it as a `Run`.

    The run comes into the history, with the file's name in its source: it is then listed, framed, compared,
    and watched again with ``WorkerConsole(replay=run)``, as any run. A run that is there stays as it is; if
    the file has more of its events, they are added. With ``in_memory`` the history is not touched, and the
    run lives as long as the returned object.

    The whole file is checked before anything is stored, and is never in memory as a whole; a call that was
    interrupted is continued by the next. What is no event any more is kept as it is, with a
    ``DamageWarning``, and so are events that were changed after the export. Raises `RunFileError` for a file
    that is cut, of another program or of a newer version, `RunDiffers` if the history has other events of
    this run, `HistoryError`, and ``OSError`` if the file cannot be read.
    """
    file = RunFile(Path(path).expanduser())
    store = EventStore.memory() if in_memory else shared_store()
    with CallProgress(f"Loading {file.path.name}", file.size * 2) as progress:
        known, count = _checked(file, store, progress)
        _store(file, store, known, count, progress)
    return recorded_run(store, file.run_id)


def _checked(file: RunFile, store: EventStore, progress: CallProgress) -> tuple[int, int]:
    """Reads the file to its end and compares it with the history; how many events are there, and in all."""
    stored = iter(()) if store.run(file.run_id) is None else store.raw_events(file.run_id)
    chain = EventChain()
    known, number, damaged, changed = 0, 0, [], ""
    for number, (row, offset) in enumerate(file.events(), 1):
        progress.at(offset)
        if row.damaged:
            damaged.append(offset)
        if not changed and chain.add(row.label.encode("utf-8", "surrogatepass"), row.raw) != (row.mark or ""):
            changed = f"event {number:,} ({file.place(offset)})"
        there = next(stored, None)
        if there is not None and there.raw != row.raw:
            raise RunDiffers(
                f"The history has a run {file.run_id} that differs from {file.path} at event {number:,}"
                f" ({file.place(offset)}). Nothing was changed. load_run({str(file.path)!r}, in_memory=True)"
                " loads the file beside it; RunHistory().delete(...) deletes the run in the history."
            )
        known += there is not None
    if damaged:
        count = "1 event is" if len(damaged) == 1 else f"{len(damaged):,} events are"
        where = file.place(damaged[0])
        warning = f"{file.path}: {count} damaged, the first at {where}. What is left is kept as it is."
        warnings.warn(warning, DamageWarning, stacklevel=users_level())
    elif changed and file.version > 1:
        warning = f"{file.path} was changed after its export, at {changed}. It is loaded as it is."
        warnings.warn(warning, DamageWarning, stacklevel=users_level())
    return known, number


def _store(file: RunFile, store: EventStore, known: int, count: int, progress: CallProgress) -> None:
    """Adds the events after the first ``known`` to the run in the history."""
    run_id, worker = file.run_id, file.text("worker") or ""
    if store.run(run_id) is None:
        now_us = time.time_ns() // 1000
        store.begin(run_id, worker=worker, origin=_source(file), task=file.text("task"), time_us=now_us)
    else:
        store.restore(run_id)
    if known == count:
        return
    state = store.state(run_id) if known else RunState()
    keyframe = state.position
    for events in _batches(file.events(), known, progress):
        state = reduce_all(store.append(run_id, events), state)
        if state.position - keyframe >= keyframes.KEYFRAME_EVENTS and store.keep_keyframe(run_id, state):
            keyframe = state.position
    if state.position > known:
        store.summarise(run_id, **summary(state))
        if state.over:
            store.keep_state(run_id, state)


def _batches(events: Iterator[FileEvent], known: int, progress: CallProgress) -> Iterator[list[Event]]:
    batch: list[Event] = []
    size = 0
    for number, (row, offset) in enumerate(events, 1):
        if number <= known:
            continue
        batch.append(decode(row.raw, row.type or "", row.id))
        size += len(row.raw)
        if len(batch) == _AT_ONCE or size > _AT_ONCE_BYTES:
            progress.at(progress.total // 2 + offset)
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _source(file: RunFile) -> str:
    """Where the run comes from: the file, and where that has it from."""
    before = file.text("origin")
    return f"{file.path.name} (from {before})" if before else file.path.name

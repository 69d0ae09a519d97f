"""Runs of watched frameworks, recorded without a history."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from worker_widget.events import (
    ArtifactDelta,
    Payload,
    StageCompleted,
    StageFailed,
    StageStarted,
)
from worker_widget.events.run_request import RunRequest
from worker_widget.recording.recording import Recording
from worker_widget.sources.frameworks import watching
from worker_widget.sources.frameworks.surroundings import Surroundings
from worker_widget.sources.local.local_run import LocalRun
from worker_widget.state.reduce import reduce_all
from worker_widget.state.run_state import RunState
from worker_widget.store.event_store import EventStore

P = TypeVar("P", bound=Payload)


@dataclass
class WatchedRuns:
    """The runs so far, in the order in which they opened."""

    runs: list[LocalRun] = field(default_factory=list)

    def open(self, name: str, *, worker: str, task: str) -> LocalRun:
        run = LocalRun(Recording(str(uuid.uuid4())), worker, RunRequest(task=task))
        self.runs.append(run)
        return run

    @property
    def one(self) -> LocalRun:
        assert len(self.runs) == 1, self.runs
        return self.runs[0]

    def events(self, run: LocalRun | None = None) -> list[Payload]:
        return [item.data for item in (run or self.one).recording._queue]

    def of(self, kind: type[P], run: LocalRun | None = None) -> list[P]:
        return [data for data in self.events(run) if isinstance(data, kind)]

    def state(self, run: LocalRun | None = None) -> RunState:
        """The state of a run whose events went through the log."""
        run = run or self.one
        store = EventStore.memory()
        store.begin(run.run_id, worker=run.worker, origin="", task="", time_us=1)
        logged = store.append(run.run_id, [run._event(item) for item in run.recording._queue])
        return reduce_all(logged)

    def tree(self, run: LocalRun | None = None) -> list[str]:
        """Each stage as ``kind name``, indented, in the order of their starts."""
        started = {data.stage_id: data for data in self.of(StageStarted, run) if data.kind}

        def depth(data: StageStarted) -> int:
            around = started.get(data.parent_id)
            return 0 if around is None else depth(around) + 1

        return [f"{'  ' * depth(data)}{data.kind} {data.name}" for data in started.values()]

    def texts(self, run: LocalRun | None = None) -> dict[str, str]:
        texts: dict[str, str] = {}
        for data in self.of(ArtifactDelta, run):
            name = data.artifact_name or ""
            assert data.offset == len(texts.get(name, "")), "a delta continues where the one before ended"
            texts[name] = texts.get(name, "") + data.text
        return texts

    def tokens(self, run: LocalRun | None = None) -> list[tuple[str | None, int | None, int | None]]:
        return [
            (data.model, data.input_tokens, data.output_tokens)
            for data in self.of(StageCompleted, run)
            if data.model
        ]

    def failures(self, run: LocalRun | None = None) -> dict[str | None, str | None]:
        """The error of each stage that failed, by its name."""
        names = {data.stage_id: data.name for data in self.of(StageStarted, run) if data.name}
        return {names[data.stage_id]: data.error for data in self.of(StageFailed, run)}

    def open_stages(self, run: LocalRun | None = None) -> set[str | None]:
        """The stages that have not ended."""
        ended = {data.stage_id for data in self.events(run) if isinstance(data, StageCompleted | StageFailed)}
        return {data.stage_id for data in self.of(StageStarted, run)} - ended


@contextmanager
def recorded(monkeypatch: Any) -> Iterator[WatchedRuns]:
    """What is watched in the block is recorded here; afterwards nothing is watched."""
    runs = WatchedRuns()
    monkeypatch.setattr(watching, "_surroundings", Surroundings(runs.open))
    watching.unwatch()
    try:
        yield runs
    finally:
        watching.unwatch()


def with_own_loop(function: Callable[..., Any], *args: Any) -> Any:
    """Calls what runs an event loop in a thread, and closes the loop, which the frameworks leave open."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return function(*args)
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def plain(value: Any) -> Any:
    """The value of an event's JSON."""
    return msgspec.json.decode(msgspec.json.encode(value))

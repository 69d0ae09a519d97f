"""Where the events of a framework run go: a run of its own, or a stage of the run around it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol
from weakref import WeakKeyDictionary

from ...events import ArtifactCreated, Payload, StageCompleted
from ...recording.place import here
from ...recording.recording import Recording
from ..local.local_run import LocalRun
from .names import Names

_names: WeakKeyDictionary[Recording, Names] = WeakKeyDictionary()


class Destination(Protocol):
    """Takes the events of one framework run, from any thread.

    ``around`` is the stage that the framework run is inside, and ``own`` whether the run is its own: then it
    ends with it.
    """

    @property
    def own(self) -> bool: ...

    @property
    def around(self) -> str | None: ...

    @property
    def names(self) -> Names: ...

    @property
    def recording(self) -> Recording: ...

    def add(self, data: Payload) -> None: ...

    def end(self, error: BaseException | str | None) -> None:
        """The framework run is over: complete, or failed with ``error``."""
        ...


class Inside:
    """A framework run inside another run of this process: its stages belong to that."""

    own = False

    def __init__(self, recording: Recording, around: str | None) -> None:
        self.recording = recording
        self.around = around
        self.names = _names.setdefault(recording, Names())
        self.add = adder(recording)

    def end(self, error: BaseException | str | None) -> None:
        """Nothing: the run around it goes on."""


class OwnRun:
    """A framework run that is a run of the history."""

    own = True
    around = None

    def __init__(self, run: LocalRun) -> None:
        self._run = run
        self.recording = run.recording
        self.names = _names.setdefault(run.recording, Names())
        self.add = adder(run.recording)

    def end(self, error: BaseException | str | None) -> None:
        if error is None:
            self._run.complete()
        elif isinstance(error, str):
            self._run.fail(error)
        elif isinstance(error, asyncio.CancelledError):
            self._run.cancelled("The task of the run was cancelled.")
        else:
            self._run.end_after(error)


class OpenRun(Protocol):
    """Opens a run of the history."""

    def __call__(self, name: str, *, worker: str, task: str) -> LocalRun: ...


def open_destination(open_run: OpenRun, name: str, worker: str, task: str) -> Destination:
    """A run of its own, or inside the run that the calling code is in."""
    place = here()
    if place is not None and not place.recording.closed:
        return Inside(place.recording, place.stage_id)
    return OwnRun(open_run(name, worker=worker, task=task or name))


def adder(recording: Recording) -> Callable[[Payload], None]:
    """Adds events to a recording, which counts tokens and artifacts by itself."""

    def add(data: Payload) -> None:
        if type(data) is StageCompleted:
            recording.complete_stage(
                data.stage_id or "",
                output=data.output,
                model=data.model,
                input_tokens=data.input_tokens,
                output_tokens=data.output_tokens,
            )
        elif type(data) is ArtifactCreated:
            recording.created(data)
        else:
            recording.add(data)

    return add

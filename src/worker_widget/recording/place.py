"""Where in a run the running code is: the run and the innermost stage, in a context variable.

Tasks, ``gather`` and ``asyncio.to_thread`` inherit it. Two things need care. A stage that a generator opens
stays in the variable while the generator is suspended: such a place counts only while the generator's frame
runs, or in tasks and threads that started from it. And a place can be closed in another context than the one
it was opened in: a closed place counts as the one around it.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import sys
import threading
import warnings
from contextvars import ContextVar
from types import FrameType
from typing import Any, Final, NamedTuple

from .recording import Recording, open_recordings

_GENERATOR: Final = inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR
_DRIVERS: Final = (
    contextlib._GeneratorContextManager.__enter__.__code__,
    contextlib._AsyncGeneratorContextManager.__aenter__.__code__,
)
"""A generator that these drive surrounds a ``with`` block: its stage counts while it is suspended."""

_MOST_SITES: Final = 1_000


class LeftStage(NamedTuple):
    """A stage that ended without a result: its loop was left, or its task was cancelled."""

    stage_id: str
    duration_ms: float
    cancelled: bool


class Place:
    """A run, and the innermost open stage in it. ``around`` is the place outside.

    ``left`` are the stages in it that ended without a result, until it shows what that means: a loop was left
    by ``break`` or by an exception that arrives here next, or a task was cancelled, alone or with the run.
    """

    __slots__ = ("agent", "around", "frame", "left", "open", "plain", "recording", "stage_id", "strand")

    def __init__(
        self,
        recording: Recording,
        stage_id: str | None = None,
        agent: str | None = None,
        around: Place | None = None,
        frame: FrameType | None = None,
    ) -> None:
        self.recording = recording
        self.stage_id = stage_id
        self.agent = agent
        self.around = around
        self.frame = frame
        self.strand = None if frame is None else _strand()
        self.open = True
        self.plain = frame is None
        self.left: list[LeftStage] | None = None

    def leave(self, stage: LeftStage) -> None:
        """Notes that a stage in this place ended without a result."""
        if self.left is None:
            self.left = []
        self.left.append(stage)

    def settle(self, error: BaseException | None = None) -> None:
        """Ends the stages that were left, with the exception that leaves this place, if one does."""
        left, self.left = self.left, None
        for stage in left or ():
            if not stage.cancelled:
                end_stage(self.recording, stage.stage_id, error, stage.duration_ms)
            elif not isinstance(error, asyncio.CancelledError):
                self.recording.fail_stage(stage.stage_id, "Cancelled")
            elif self.around is not None and self.around.recording is self.recording:
                self.around.leave(stage)

    def close(self) -> None:
        """Ends the place; in contexts that still hold it, the one around it counts."""
        self.open = self.plain = False
        self.frame = None


def end_stage(
    recording: Recording,
    stage_id: str,
    error: BaseException | None,
    duration_ms: float | None,
    **result: Any,
) -> None:
    """Ends a stage that an exception left, or none.

    What ends the whole run leaves the stage to the end of the run: an interrupt, an exit, a cancelled task. A
    generator that is closed early is complete.
    """
    if error is None or isinstance(error, GeneratorExit):
        recording.complete_stage(stage_id, duration_ms=duration_ms, **result)
    elif isinstance(error, Exception | BaseExceptionGroup):
        recording.fail_stage(stage_id, error)


here_var: Final[ContextVar[Place | None]] = ContextVar("worker_widget_place", default=None)


def here() -> Place | None:
    """The place of the running code; ``None`` outside any run."""
    place = here_var.get()
    while place is not None and not place.plain:
        if place.open and _counts(place):
            return place
        place = place.around
    return place


def go_back(place: Place, before: Place | None, error: BaseException | None) -> None:
    """Ends ``place`` in the context: ``before`` counts again.

    Stages inside that are still open end with it: their loop was left, and a traceback holds its iterator.
    """
    inside: list[Place] = []
    current = here_var.get()
    while current is not None and current is not place:
        inside.append(current)
        current = current.around
    place.close()
    if current is None:
        return  # it was opened in another context
    for orphan in inside:
        if orphan.plain and orphan.recording is place.recording:
            orphan.close()
            end_stage(orphan.recording, orphan.stage_id or "", error, None)
    here_var.set(before)


def generator_frame(frame: FrameType) -> FrameType | None:
    """The frame, if it is that of a generator that yields to its consumer; ``None`` for any other."""
    if not frame.f_code.co_flags & _GENERATOR:
        return None
    driver = frame.f_back
    return None if driver is not None and driver.f_code in _DRIVERS else frame


def _counts(place: Place) -> bool:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame is place.frame:
            return True
        frame = frame.f_back
    return place.strand != _strand()


def _strand() -> tuple[int, int]:
    """The running thread and task."""
    task = None
    if asyncio._get_running_loop() is not None:
        task = asyncio.current_task()
    return threading.get_ident(), id(task)


_warned: set[tuple[str, int]] = set()


def outside() -> None:
    """Called by what finds no run. In a thread, while a run goes on, a warning says how to carry the run.

    Python does not pass context variables to bare threads and executors. Once per line of code.
    """
    if not open_recordings or threading.current_thread() is threading.main_thread():
        return
    if asyncio._get_running_loop() is not None:  # a server's loop, which is no part of a run
        return
    frame = sys._getframe(2)
    site = (frame.f_code.co_filename, frame.f_lineno)
    if site in _warned or len(_warned) >= _MOST_SITES:
        return
    _warned.add(site)
    warnings.warn(
        "This call is in a thread that belongs to no run, so it is not recorded. Threads and executors do not"
        " inherit the run: start the thread's function as contextvars.copy_context().run(function, ...), or"
        " use asyncio.to_thread.",
        RuntimeWarning,
        stacklevel=3,
    )

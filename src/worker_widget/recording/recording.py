"""`Recording`: the events of one run, on their way from the code that makes them to what keeps them.

Any thread adds; one event loop takes, in batches. To add costs a few hundred nanoseconds and never touches a
disk or a socket. Where the taker is slower than the code, the code waits: at most `MOST_EVENTS` events and
`MOST_CHARS` characters of long texts are in memory.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple

from ..events import ArtifactCreated, InputGiven, Payload, StageCompleted, StageFailed, StageStarted
from ..steady_clock import SteadyClock
from .cancelled import Cancelled
from .failure_text import error_line, traceback_text
from .json_value import json_value

MOST_EVENTS: Final = 10_000
MOST_CHARS: Final = 16 * 1024 * 1024
LONG_TEXT: Final = 4_096
"""Texts that are longer count towards `MOST_CHARS`."""

_BATCH: Final = 500
_PACE_S: Final = 0.01
_MOST_NAMES: Final = 10_000
_MOST_LINKED: Final = 20


class Recorded(NamedTuple):
    """An event and the time at which it was added, in ns since the epoch."""

    time_ns: int
    data: Payload


class FailedIn(NamedTuple):
    """The innermost stage that an error failed. ``wrapped``: that was by another exception, its cause."""

    stage_id: str
    name: str
    wrapped: bool


class _Opened(NamedTuple):
    """The name of an open stage, and the stage around it."""

    name: str
    around: str | None


class OpenQuestion(NamedTuple):
    """A request for input that waits: what takes the answer, and the JSON schema that it must meet."""

    take: Callable[[Any], None]
    schema: Mapping[str, Any]


class Recording:
    """The events of one run in this process, and the open stages they belong to.

    This is what framework hooks use: every method may be called from any thread, needs no context variable,
    and raises nothing that the person's code would have to know, but `check`. After `close` nothing is added
    any more.

    A stage is opened with `start_stage`, which returns its id, under the id of the stage around it, and ends
    with `complete_stage` or `fail_stage`. What the calls `log`, `stage` and so on do is written in terms of
    this class.
    """

    def __init__(self, run_id: str, *, with_locals: bool = False, stages: tuple[str, ...] = ()) -> None:
        self.run_id = run_id
        self.clock = SteadyClock()
        """The clock of the run's events."""
        self.tokens = 0
        self.artifacts: set[str] = set()
        self.on_stop: Callable[[], None] | None = None
        """Called once when the run is stopped, on the thread that stops it."""
        self.stopping = False
        self.closed = False
        self.asked: dict[str, OpenQuestion] = {}
        """The open requests for input, by request id."""
        self.attention = False
        """Whether `check` has something to do: the only thing that the calls of a running run look at."""
        self._with_locals = with_locals
        self._planned = set(stages)
        self._names: set[str] = set()
        self._open: dict[str, _Opened] = {}
        self._number = 0
        self._lock = threading.Lock()
        self._queue: deque[Recorded] = deque()
        self._later: deque[tuple[int, Callable[[], None]]] = deque()
        self._long_chars = 0
        self._room = threading.Condition(self._lock)
        self._waiting = 0
        self._wake: Callable[[], None] | None = None
        self._taker: int | None = None
        self._raise_stop = False
        self._late: list[StageFailed] = []
        open_recordings.add(self)

    def __repr__(self) -> str:
        return f"Recording({self.run_id!r})"

    # --- events ----------------------------------------------------------------------------------

    def add(self, data: Payload) -> None:
        """Adds an event, now. After the end of the run it is dropped."""
        if self.closed:
            return
        self._queue.append(Recorded(self.clock.ns(), data))
        self._wake_taker()
        if len(self._queue) > MOST_EVENTS:
            self._wait_for_room()

    def add_long(self, data: Payload, chars: int) -> None:
        """Adds an event with a text of ``chars`` characters, more than `LONG_TEXT`."""
        with self._lock:
            self._long_chars += chars
        self.add(data)
        if self._long_chars > MOST_CHARS:
            self._wait_for_room()

    def add_later(self, due_ns: int, add: Callable[[], None]) -> None:
        """Has the taker call ``add`` when ``time.monotonic_ns()`` is ``due_ns``, if the run is open then."""
        if self.closed:
            return
        self._later.append((due_ns, add))
        self._wake_taker()

    def _wake_taker(self) -> None:
        wake = self._wake
        if wake is not None:
            self._wake = None
            wake()

    def check(self) -> None:
        """Raises `Cancelled` if the run was stopped: once for a stop, and always once the run has ended."""
        if self.closed:
            if self.stopping:
                raise Cancelled("The run was stopped and has ended.")
        elif self._raise_stop:
            self._raise_stop = False
            self.attention = False
            raise Cancelled("The run was stopped.")

    def stop(self, *, raises: bool) -> None:
        """Asks the code to end; ``raises`` makes its next call raise `Cancelled`."""
        with self._lock:
            if self.closed:
                return
            first, self.stopping = not self.stopping, True
            self._raise_stop = self.attention = raises
        if raises:
            self._withdraw_all()
        if first and self.on_stop is not None:
            self.on_stop()

    def answer(self, request_id: str, payload: Any) -> bool:
        """Gives the answer to an open request for input; whether there was one."""
        with self._lock:
            question = self.asked.pop(request_id, None)
        if question is None:
            return False
        self.add(InputGiven(request_id=request_id, payload=json_value(payload)))
        question.take(payload)
        return True

    def withdraw(self, request_id: str, outcome: str) -> bool:
        """Closes an open request without an answer: ``outcome`` is cancelled or expired."""
        with self._lock:
            if self.asked.pop(request_id, None) is None:
                return False
        self.add(InputGiven(request_id=request_id, outcome=outcome))
        return True

    def _withdraw_all(self) -> None:
        for request_id, question in list(self.asked.items()):
            if self.withdraw(request_id, "cancelled"):
                question.take(WITHDRAWN)

    def close(self, last: Payload | None = None) -> None:
        """Ends the recording with its terminal event. Only the first call has an effect."""
        self._withdraw_all()
        for data in self._late:
            self.add(data)
        with self._lock:
            if self.closed:
                return
            if last is not None:
                self._queue.append(Recorded(self.clock.ns(), last))
            self.closed = self.attention = True
            wake, self._wake = self._wake, None
            self._room.notify_all()
        open_recordings.discard(self)
        if wake is not None:
            wake()

    def abandon(self) -> None:
        """Ends the recording and drops what was not taken: nobody takes it any more."""
        self.close()
        self._queue.clear()
        self._later.clear()

    # --- stages ----------------------------------------------------------------------------------

    def start_stage(
        self,
        name: str,
        *,
        parent_id: str | None = None,
        kind: str = "stage",
        agent: str | None = None,
        input: Any = None,
    ) -> str:
        """Opens a stage under the stage ``parent_id`` and returns its id.

        ``kind`` is stage, agent, model, tool, retrieval or reasoning. ``input`` is any value; it is read now.
        """
        stage_id = self._stage_id(name)
        self._open[stage_id] = _Opened(name, parent_id)
        self.add(
            StageStarted(
                stage_id=stage_id,
                parent_id=parent_id,
                kind=kind,
                name=name,
                agent=agent,
                input=None if input is None else json_value(input),
            )
        )
        return stage_id

    def complete_stage(
        self,
        stage_id: str,
        *,
        duration_ms: float | None = None,
        output: Any = None,
        model: str | None = None,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        cost: Mapping[str, Any] | None = None,
    ) -> None:
        """Ends a stage. ``output`` is any value; ``cost`` is ``{amount, currency}``."""
        self._open.pop(stage_id, None)
        tokens = (input_tokens or 0) + (output_tokens or 0)
        if tokens:
            with self._lock:
                self.tokens += tokens
        self.add(
            StageCompleted(
                stage_id=stage_id,
                duration_ms=duration_ms,
                output=None if output is None else json_value(output),
                model=model,
                input_tokens=input_tokens,
                output_tokens=output_tokens,
                cost=None if cost is None else dict(cost),
            )
        )

    def fail_stage(self, stage_id: str, error: BaseException | str) -> None:
        """Ends a stage with an error.

        The text and the traceback of an exception are in the innermost stage that it failed; those around it
        name that stage.
        """
        name, around = self._open.pop(stage_id, _Opened(stage_id, None))
        if isinstance(error, str):
            self.add(StageFailed(stage_id=stage_id, error=error))
            return
        try:
            inner = self.failed_in(error, stage_id)
            line = error_line(error) if inner is None or inner.wrapped else f"Failed in {inner.name}"
            traceback = self.traceback_of(error)
            failed_in = None if inner is None else inner.stage_id
            self.passes(error, failed_in or stage_id, name if inner is None else inner.name, around)
            self.add(StageFailed(stage_id=stage_id, error=line, traceback=traceback, failed_in=failed_in))
        except RecursionError:  # the code is too deep in calls to write its own traceback
            self._late.append(StageFailed(stage_id=stage_id, error="RecursionError"))

    def traceback_of(self, error: BaseException, *, again: bool = False) -> str | None:
        """The traceback of an exception at the first call for it, then ``None``: it is in the log already.

        ``again`` gives it in any case.
        """
        mark = _mark(error)
        if mark is None or mark.run_id != self.run_id:
            self.passes(error, "", "", None)
        elif not again:
            return None
        return traceback_text(error, with_locals=self._with_locals)

    def passes(self, error: BaseException, failed_in: str, name: str, around: str | None) -> None:
        """Notes that an exception failed the stage ``failed_in`` first, and next reaches that ``around``."""
        with suppress(AttributeError):
            error.__dict__[_RECORDED] = _Mark(self.run_id, failed_in, name, around)

    def failed_in(self, error: BaseException, *reached: str | None) -> FailedIn | None:
        """The innermost stage that an exception failed before it came to one of the stages ``reached``.

        The exception can also be raised from the one that failed it, or group it.
        """
        linked = [error]
        for item in linked:
            mark = _mark(item)
            known = mark is not None and mark.run_id == self.run_id and mark.failed_in != ""
            if mark is not None and known and mark.around in reached:
                return FailedIn(mark.failed_in, mark.name, item is not error)
            grouped = item.exceptions if isinstance(item, BaseExceptionGroup) else ()
            causes = [cause for cause in (item.__cause__, *grouped) if cause is not None]
            linked += causes[: max(0, _MOST_LINKED - len(linked))]
        return None

    def created(self, artifact: ArtifactCreated) -> None:
        """Adds a finished artifact."""
        with self._lock:
            self.artifacts.add(artifact.artifact_name or "")
        self.add(artifact)

    def _stage_id(self, name: str) -> str:
        """The name itself where that is free, else with a number. Planned stages have theirs."""
        with self._lock:
            if name not in self._names and len(self._names) < _MOST_NAMES:
                self._names.add(name)
                return name
            while True:
                self._number += 1
                stage_id = f"{name}-{self._number + 1}"
                if stage_id not in self._names and stage_id not in self._planned:
                    if len(self._names) < _MOST_NAMES:
                        self._names.add(stage_id)
                    return stage_id

    # --- taking ----------------------------------------------------------------------------------

    async def batches(self) -> AsyncGenerator[list[Recorded], None]:
        """Yields what was added, in order, until the recording is closed and empty.

        One taker at a time; a later one goes on where the one before ended.
        """
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        self._taker = threading.get_ident()

        def wake() -> None:
            try:
                loop.call_soon_threadsafe(ready.set)
            except RuntimeError:  # the loop has ended, and with it what keeps the events
                self.abandon()

        try:
            while True:
                wait_s = self._add_due()
                batch = self._take()
                if batch:
                    yield batch
                    if not self.closed and len(self._queue) < _BATCH:
                        await asyncio.sleep(_PACE_S)
                    continue
                if self.closed:
                    if not self._queue:
                        return
                    continue
                ready.clear()
                self._wake = wake
                if not self._queue and not self.closed and (wait_s is not None or not self._later):
                    with suppress(TimeoutError):
                        await asyncio.wait_for(ready.wait(), wait_s)
        finally:
            self._wake = None
            self._taker = None

    def _add_due(self) -> float | None:
        """Calls what is due of `add_later`; returns the seconds until the next is, if there is a next."""
        while self._later and not self.closed:
            due_ns, add = self._later[0]
            wait_ns = due_ns - time.monotonic_ns()
            if wait_ns > 0:
                return wait_ns / 1e9
            self._later.popleft()
            add()
        return None

    def _take(self) -> list[Recorded]:
        queue = self._queue
        batch = [queue.popleft() for _ in range(min(len(queue), _BATCH))]
        with self._lock:
            if self._long_chars:
                self._long_chars -= sum(_long_chars(item.data) for item in batch)
            if self._waiting:
                self._room.notify_all()
        return batch

    def _wait_for_room(self) -> None:
        """Waits while too much is in memory; not on the thread that takes it."""
        if threading.get_ident() == self._taker:
            return
        with self._room:
            self._waiting += 1
            try:
                self._room.wait_for(
                    lambda: (
                        self.closed
                        or (len(self._queue) <= MOST_EVENTS // 2 and self._long_chars <= MOST_CHARS // 2)
                    )
                )
            finally:
                self._waiting -= 1


WITHDRAWN: Final = object()
"""In place of an answer to a request for input: the run is stopped or has ended."""

_RECORDED: Final = "__worker_widget_run__"


class _Mark(NamedTuple):
    """On an exception: the run and the innermost stage that it failed, and the stage that it reaches next."""

    run_id: str
    failed_in: str
    name: str
    around: str | None


def _mark(error: BaseException) -> _Mark | None:
    mark = getattr(error, "__dict__", {}).get(_RECORDED)
    return mark if isinstance(mark, _Mark) else None


open_recordings: Final[set[Recording]] = set()
"""The runs that are being recorded in this process."""


def _long_chars(data: Payload) -> int:
    text = getattr(data, "text", None) or getattr(data, "message", None)
    return len(text) if isinstance(text, str) and len(text) > LONG_TEXT else 0


def _forget_in_child() -> None:
    """A forked child records nothing: what takes the events is in its parent."""
    for recording in list(open_recordings):
        recording._lock = threading.Lock()
        recording._room = threading.Condition(recording._lock)
        recording._wake = None
        recording._queue.clear()
        recording._later.clear()
        recording.closed = True
    open_recordings.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)

"""Graphs that wait for a person: `interrupt()` as requests for input, and what resumes them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from ....events import InputGiven, InputRequested
from ....recording.json_value import json_value
from ....recording.recording import WITHDRAWN, OpenQuestion
from ..framework_run import FrameworkRun
from .translate import answers_of, question_of

MOST_WAITING: Final = 100
"""The most graphs that wait at a time; the one that waits longest is given up for a further one."""

_BY_CODE: Final = (
    " Resume it in your code: graph.invoke(Command(resume=...), config), with the thread_id {thread_id!r}."
    " A graph from watch(graph) can be answered here."
)

Resume = Callable[[dict[str, Any]], None]
"""Resumes a graph with the answers to its questions, by their ids."""


class WaitingRun:
    """A run whose graph waits. ``asked`` are the ids of its open questions."""

    def __init__(self, run: FrameworkRun, thread_id: str, resume: Resume | None) -> None:
        self.run = run
        self.thread_id = thread_id
        self.asked: list[str] = []
        self._resume = resume
        self._answers: dict[str, Any] = {}
        self._lock = threading.Lock()

    def ask(self, interrupt_id: str, span_id: Any, value: Any, schema: Any) -> None:
        """Shows a question, once."""
        with self._lock:
            if interrupt_id in self.asked:
                return
            self.asked.append(interrupt_id)
        self.run.stop_with(self.give_up)
        question = question_of(value, schema)
        how = "" if self._resume else _BY_CODE.format(thread_id=self.thread_id)
        if self._resume is not None:
            self._recording.asked[interrupt_id] = OpenQuestion(
                partial(self._answered, interrupt_id), question.schema or {}
            )
        self.run.add(
            InputRequested(
                request_id=interrupt_id,
                stage_id=self.run.trace.stage_id(span_id),
                reason="interrupt",
                message=f"{question.message}{how}",
                schema=question.schema if question.schema is None else json_value(question.schema),
            )
        )
        if question.message != value:
            self.run.log(span_id, f"Asked with: {value!r}")

    def resumed(self, resume: Any) -> None:
        """The person's code resumes the graph, with this answer."""
        with self._lock:
            open_now = [interrupt_id for interrupt_id in self.asked if interrupt_id not in self._answers]
            self.asked = []
        self.run.stop_with_task()
        for interrupt_id, payload in answers_of(resume, open_now).items():
            self._recording.asked.pop(interrupt_id, None)
            self.run.add(InputGiven(request_id=interrupt_id, payload=json_value(payload)))

    def give_up(self) -> None:
        """Nobody resumes the graph any more."""
        for interrupt_id in self.asked:
            self._recording.asked.pop(interrupt_id, None)
            self.run.add(InputGiven(request_id=interrupt_id, outcome="cancelled"))
        self.run.close(asyncio.CancelledError())

    @property
    def _recording(self) -> Any:
        return self.run.destination.recording

    def _answered(self, interrupt_id: str, payload: Any) -> None:
        if payload is WITHDRAWN:
            self.run.close(asyncio.CancelledError())
            return
        with self._lock:
            self._answers[interrupt_id] = payload
            complete = all(asked in self._answers for asked in self.asked)
        if complete and self._resume is not None:
            self._resume(dict(self._answers))


class Waiting:
    """The runs that wait, by the thread of their graph, and what can resume each."""

    def __init__(self) -> None:
        self._runs: dict[str, WaitingRun] = {}
        self._resumers: dict[str, Resume] = {}

    def can_resume(self, thread_id: str, resume: Resume) -> None:
        """Graphs of this thread are resumed by ``resume``."""
        self._resumers[thread_id] = resume
        while len(self._resumers) > MOST_WAITING:
            self._resumers.pop(next(iter(self._resumers)))

    def of(self, run: FrameworkRun, thread_id: str) -> WaitingRun:
        """The run as one that waits."""
        known = self._runs.get(thread_id)
        if known is not None and known.run is run:
            return known
        if known is not None:
            known.give_up()
        waiting = self._runs[thread_id] = WaitingRun(run, thread_id, self._resumers.get(thread_id))
        while len(self._runs) > MOST_WAITING:
            self._runs.pop(next(iter(self._runs))).give_up()
        return waiting

    def take(self, thread_id: str | None) -> WaitingRun | None:
        """The run that waits in this thread, which waits no longer."""
        waiting = None if thread_id is None else self._runs.pop(thread_id, None)
        return None if waiting is None or waiting.run.over else waiting

    def is_waiting(self, run: FrameworkRun) -> bool:
        """Whether the run waits for an answer."""
        return any(waiting.run is run and waiting.asked for waiting in list(self._runs.values()))

    def give_up(self) -> None:
        """Ends all runs that wait."""
        runs, self._runs = self._runs, {}
        self._resumers.clear()
        for waiting in runs.values():
            waiting.give_up()

"""`LocalRun`: one run in this process."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec

from ...errors import Problem, RequestRefused
from ...events import (
    TYPES,
    ArtifactDelta,
    Event,
    Log,
    Payload,
    Progress,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunStarted,
    decode,
    encode_at,
)
from ...events.run_request import RunRequest
from ...events.vocabulary import StagePlan
from ...recording.cancelled import Cancelled
from ...recording.failure_text import error_line
from ...recording.json_value import shown
from ...recording.recording import Recorded, Recording
from ..run_source import EventBatch, StreamLink
from .joined_deltas import joined
from .runs_here import RunsHere, forget_in_child

STOPPED: Final = "The run was stopped."

_AS_ADDED: Final = (Log, ArtifactDelta, Progress)
"""Events whose fields are of their types already: they need no decoding."""


class LocalRun:
    """One run in this process: opened by `open`, ended by `complete`, `fail` or `cancelled`.

    Everything here may be called from any thread, and needs no context variable. Framework hooks use it as
    it is::

        run = LocalRun.open("My agent", task="Weather in Basel?")
        agent = run.recording.start_stage("agent", kind="agent")
        tool = run.recording.start_stage("search", parent_id=agent, kind="tool", input={"q": "Basel"})
        run.recording.complete_stage(tool, output="12 °C")
        answer = ArtifactWriter(run.recording, "answer.md", stage_id=agent)   # recording/artifact.py
        answer.write("It is ")
        answer.write("12 °C.")
        answer.close()
        add_line(run.recording, "Done", "info", agent, None)                  # recording/lines.py
        run.recording.complete_stage(agent, input_tokens=12, output_tokens=40, model="m-1")
        run.complete()

    `Recording.add` takes any other event of the vocabulary. A run that is open is followed into the history
    by itself (``runs.local_runs``), whether or not a console shows it. ``on_stop`` of the recording is called
    when a person stops the run; what ends the framework's work is the hook's business.

    As a `RunSource` it gives its events to one follower, once.
    """

    def __init__(self, recording: Recording, worker: str, request: RunRequest) -> None:
        self.recording = recording
        self.worker = worker
        self.request = request
        self.started = recording.clock.now()
        self.call_stop: Callable[[], None] | None = None
        """What a stop calls instead of making the run's next call raise `Cancelled`."""
        self._number = 0

    @classmethod
    def open(
        cls,
        name: str,
        *,
        worker: str | None = None,
        task: str | None = None,
        request: RunRequest | None = None,
        stages: Sequence[str] = (),
        with_locals: bool = False,
    ) -> LocalRun:
        """Opens a run: it is in the history and on the consoles that watch.

        ``worker`` is the id of its worker, by default ``name``; ``request`` is what it was started with, by
        default the ``task``, which is the name without one. ``stages`` are its planned stages.
        """
        asked = _storable(request or RunRequest(task=task or name))
        recording = Recording(str(uuid.uuid4()), with_locals=with_locals, stages=tuple(stages))
        run = cls(recording, worker or name, asked)
        recording.add(
            RunStarted(
                task=asked.task,
                has_brand=asked.brand is not None,
                budget=asked.budget,
                strict_mode=asked.strict_mode,
                worker=run.worker,
                stages=[StagePlan(stage_id=stage, name=stage) for stage in stages] or None,
            )
        )
        runs_here.opened(run)
        return run

    @property
    def run_id(self) -> str:
        return self.recording.run_id

    def __repr__(self) -> str:
        return f"LocalRun({self.run_id!r})"

    # --- the end ---------------------------------------------------------------------------------

    def complete(self) -> None:
        """Ends the run as completed."""
        recording = self.recording
        self._end(
            RunCompleted(
                success=True,
                total_tokens=recording.tokens,
                total_latency_ms=(recording.clock.now() - self.started) / timedelta(milliseconds=1),
                artifacts_count=len(recording.artifacts),
            )
        )

    def fail(self, error: BaseException | str) -> None:
        """Ends the run as failed, with the traceback of the exception if no stage of the run has it."""
        if isinstance(error, str):
            self._end(RunFailed(success=False, error=error))
        else:
            traceback = self.recording.traceback_of(error, again=True)
            self._end(RunFailed(success=False, error=error_line(error), traceback=traceback))

    def cancelled(self, reason: str = STOPPED) -> None:
        """Ends the run as cancelled."""
        self._end(RunCancelled(reason=reason))

    def end_after(self, error: BaseException | None) -> None:
        """Ends the run after its code: completed, or as the exception says that left it."""
        if error is None:
            self.complete()
        elif self.recording.stopping and isinstance(error, Cancelled | asyncio.CancelledError):
            self.cancelled()
        elif isinstance(error, Exception | BaseExceptionGroup):
            self.fail(error)
        else:
            self.cancelled(_interruption(error))

    def _end(self, event: Payload) -> None:
        self.recording.close(event)
        runs_here.ended(self)

    # --- the source ------------------------------------------------------------------------------

    async def events(self, after: str | None = None) -> AsyncGenerator[EventBatch | StreamLink, None]:
        """Yields the events that nobody has taken yet."""
        yield StreamLink("live")
        batches = self.recording.batches()
        try:
            async for batch in batches:
                yield EventBatch([self._event(item) for item in joined(batch)])
        finally:
            await batches.aclose()
        yield StreamLink("ended")

    async def cancel(self) -> None:
        """Stops the run: its code ends at its next call, or its task is cancelled."""
        if self.call_stop is not None:
            self.call_stop()
        else:
            self.recording.stop(raises=True)

    async def pause(self) -> None:
        """Raises `RequestRefused`: no code of this process is paused."""
        raise RequestRefused("A run of this kernel cannot be paused: nothing can hold its code and keep it.")

    async def resume(self) -> None:
        """Raises `RequestRefused`: the run is not paused."""
        raise RequestRefused("The run is not paused.")

    async def answer(self, request_id: str, payload: Any) -> None:
        """Answers an open request for input.

        Raises `RequestRefused` if it is closed, or with the fields that do not meet its schema.
        """
        from ...events.json_schema import schema_problems  # most runs ask nothing

        question = self.recording.asked.get(request_id)
        problems = [] if question is None else schema_problems(question.schema, payload)
        if problems:
            fields = [Problem(".".join(["payload", *problem.path]), problem.message) for problem in problems]
            words = "; ".join(f"{field.field} {field.message}" for field in fields)
            raise RequestRefused(f"This is no answer to the question: {words}.", fields)
        if not self.recording.answer(request_id, payload):
            raise RequestRefused("This request for input is closed: it was answered, or has expired.")

    def _event(self, item: Recorded) -> Event:
        time_us = item.time_ns // 1000
        self._number += 1
        number, data, kind = str(self._number), item.data, TYPES[type(item.data)]
        try:
            try:
                raw = encode_at(data, run_id=self.run_id, time_us=time_us)
            except UnicodeEncodeError:  # half a surrogate pair
                data = _encodable(data)
                raw = encode_at(data, run_id=self.run_id, time_us=time_us)
        except Exception as error:  # a hook can put anything into an event
            data = Log(level="warning", message=f"An event ({kind}) cannot be stored: {error_line(error)}")
            kind = "log"
            raw = encode_at(data, run_id=self.run_id, time_us=time_us)
        if isinstance(data, _AS_ADDED):
            return Event(kind, data, raw, self.run_id, time_us, {}, number)
        return decode(raw, kind, number)


runs_here: Final[RunsHere[LocalRun]] = forget_in_child(RunsHere())


def _encodable(data: Payload) -> Payload:
    texts = {name: value for name, value in msgspec.structs.asdict(data).items() if isinstance(value, str)}
    return msgspec.structs.replace(data, **{name: _text(value) for name, value in texts.items()})


def _storable(request: RunRequest) -> RunRequest:
    """``request`` with the ``repr`` of each value that JSON cannot represent, and the text without halves of
    surrogate pairs."""
    if _is_json(request):
        return request
    return msgspec.structs.replace(
        request,
        task=_text(request.task),
        brand=None if request.brand is None else _plain(request.brand),
        options=_plain(request.options),
    )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {_text(str(name)): value if _is_json(value) else shown(value) for name, value in values.items()}


def _is_json(value: Any) -> bool:
    try:
        msgspec.json.encode(value)
    except Exception:  # of any object in it: a circle, half a surrogate pair
        return False
    return True


def _text(value: str) -> str:
    return value.encode("utf-8", "replace").decode()


def _interruption(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "The cell was interrupted."
    if isinstance(error, SystemExit):
        return f"The program exits ({error.code!r})."
    if isinstance(error, GeneratorExit):
        return "The generator around the run was closed."
    return "The task of the run was cancelled."

"""`FunctionWorker`: a function as a worker of the host."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import msgspec

from ..events import (
    ArtifactCreated,
    ArtifactDelta,
    ArtifactStarted,
    InputGiven,
    InputRequested,
    Log,
    Payload,
)
from ..events.file_names import file_name
from ..recording.call import CallResult, FunctionCall
from ..recording.failure_text import error_line
from ..recording.function import RecordedFunction
from ..recording.recording import Recording
from ..recording.result import write_result
from .worker import Brand, BrandReport, RunContext, RunError, RunResult, ValidatedRequest

STOP_WITHIN_S: Final = 0.8
"""Seconds that a stopped function has to end, less than the host waits for its worker."""


class FunctionWorker:
    """Runs one function, as a console's kernel does, each run in a thread of its own. Meets `Worker`."""

    version = "1"

    def __init__(self, function: RecordedFunction[..., Any]) -> None:
        self.info = function.info
        self._function = function

    def check_brand(self, brand: Brand) -> BrandReport:
        return BrandReport()

    def stages(self) -> tuple[tuple[str, str], ...]:
        return tuple((stage, stage) for stage in self._function.stages)

    async def execute(self, request: ValidatedRequest, run: RunContext) -> RunResult:
        function = self._function
        missing = function.required(request.options)
        if missing:
            raise RunError(
                f"The option {missing[0]!r} of {function.info.name} has no default: give it a value."
            )
        brand = None if request.brand is None else request.brand.model_dump(exclude_unset=True)
        recording = Recording(run.run_id, with_locals=function.locals, stages=function.stages)
        call = FunctionCall(
            recording,
            function.call(request.task, brand, request.options),
            name=function.info.id,
            capture=function.capture,
        )
        call.result.add_done_callback(lambda done: _finish(recording, done.result()))
        forwarding = _Forwarding(recording, run)
        call.start()
        try:
            await forwarding.until_closed()
        except asyncio.CancelledError:
            call.stop()
            await asyncio.wait({asyncio.wrap_future(call.result)}, timeout=STOP_WITHIN_S)
            recording.abandon()
            raise
        finally:
            forwarding.end()
        result = call.result.result()
        if result.error is not None:
            raise RunError(error_line(result.error)) from result.error
        return RunResult(artifacts=forwarding.artifacts, total_tokens=recording.tokens)


class _Forwarding:
    """Passes the events of a recording on to the host."""

    def __init__(self, recording: Recording, run: RunContext) -> None:
        self.artifacts: dict[str, str] = {}
        self._recording = recording
        self._run = run
        self._texts: dict[str | None, list[str]] = {}
        self._questions: dict[str, asyncio.Task[None]] = {}

    async def until_closed(self) -> None:
        async for batch in self._recording.batches():
            for item in batch:
                self._forward(item.data)

    def end(self) -> None:
        for task in self._questions.values():
            task.cancel()

    def _forward(self, data: Payload) -> None:
        if isinstance(data, InputRequested):
            self._ask(data)
        elif isinstance(data, InputGiven):
            question = self._questions.pop(data.request_id or "", None)
            if question is not None:
                question.cancel()  # the function does not wait any longer
        else:
            self._run.emit(self._with_text(data))

    def _with_text(self, data: Payload) -> Payload:
        """A finished artifact gets its text, which the host stores."""
        if isinstance(data, ArtifactStarted):
            self._texts[data.artifact_name] = []
        elif isinstance(data, ArtifactDelta):
            self._texts[data.artifact_name].append(data.text)
        elif isinstance(data, ArtifactCreated):
            text = "".join(self._texts.pop(data.artifact_name, ()))
            self.artifacts[file_name(data.artifact_name, data.artifact_type)] = text
            return msgspec.structs.replace(data, content=text)
        return data

    def _ask(self, data: InputRequested) -> None:
        request_id = data.request_id or ""

        async def answered() -> None:
            schema: Any = msgspec.json.decode(msgspec.json.encode(data.schema))
            try:
                payload = await self._run.ask(
                    data.message or "",
                    schema=schema,
                    stage_id=data.stage_id,
                    reason=data.reason or "question",
                    expires_at=None if data.expires_at is None else datetime.fromisoformat(data.expires_at),
                    request_id=request_id,
                )
            except RunError:  # it expired, or the run is stopped: the function notices by itself
                return
            self._questions.pop(request_id, None)
            self._recording.answer(request_id, payload)

        self._questions[request_id] = asyncio.create_task(answered(), name=f"ask {request_id}")


def _finish(recording: Recording, result: CallResult) -> None:
    """Adds what a run's end adds, and closes the recording. On the thread of the call."""
    if result.error is None:
        write_result(recording, result.value)
    else:
        traceback = recording.traceback_of(result.error)
        if traceback is not None:
            recording.add(Log(level="error", message=traceback))
    recording.close()


def workers_named(names: list[str]) -> Callable[[], dict[str, Any]]:
    """The workers of ``module:name`` texts: functions, decorated or not, or objects that meet `Worker`.

    Raises ``ValueError`` for a text that names none.
    """
    workers: dict[str, Any] = {}
    for name in names:
        found = _named(name)
        worker = FunctionWorker(found) if isinstance(found, RecordedFunction) else found
        if not hasattr(worker, "execute"):
            worker = FunctionWorker(RecordedFunction(found))
        workers[worker.info.id] = worker
    return lambda: workers


def _named(name: str) -> Any:
    from importlib import import_module

    module, _, attribute = name.partition(":")
    if not module or not attribute:
        raise ValueError(f"{name!r} is not of the form module:function, such as my_module:digest.")
    try:
        found: Any = import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except (Exception, SystemExit) as error:
        raise ValueError(f"{name} cannot be loaded ({type(error).__name__}: {error}).") from error
    if not callable(found) and not hasattr(found, "execute"):
        raise ValueError(f"{name} is neither a function nor a worker.")
    return found

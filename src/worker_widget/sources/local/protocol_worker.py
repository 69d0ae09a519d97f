"""`start_worker`: a worker of the host's protocol, run in this process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from ...errors import Problem, RequestRefused
from ...events import ArtifactCreated, Payload
from ...events.run_request import RunRequest
from ...host.runs.options import complete_options
from ...host.runs.refusals import OptionsRefused
from ...host.worker import InputExpired, RunError, RunResult, Worker
from ...recording.ask import ask
from ...recording.call import CallResult, FunctionCall
from ...recording.recording import Recording
from .local_run import LocalRun


def start_worker(
    worker: Worker, request: RunRequest, secrets: Mapping[str, str]
) -> tuple[LocalRun, FunctionCall]:
    """Starts a run of a worker in a thread and an event loop of its own. Raises `RequestRefused`."""
    from pydantic import ValidationError  # importing pydantic is slow

    from ...events.request_models import ValidatedRequest

    try:
        options = complete_options(worker.info.options, request.options)
        validated = ValidatedRequest.model_validate({**request.body(), "options": options})
    except OptionsRefused as error:
        raise _refused([(".".join(item["loc"][1:]), item["msg"]) for item in error.detail]) from None
    except ValidationError as error:
        raise _refused([(".".join(map(str, item["loc"])), item["msg"]) for item in error.errors()]) from None
    stages = [stage_id for stage_id, _ in worker.stages()]
    run = LocalRun.open(worker.info.name, worker=worker.info.id, request=request, stages=stages)
    context = LocalRunContext(run.recording, secrets)
    call = FunctionCall(run.recording, lambda: worker.execute(validated, context), name=worker.info.id)

    def ended(done: Any) -> None:
        result: CallResult = done.result()
        if isinstance(result.value, RunResult):
            run.recording.tokens = max(run.recording.tokens, result.value.total_tokens)
        if isinstance(result.error, RunError):
            run.fail(str(result.error))
        else:
            run.end_after(result.error)

    call.result.add_done_callback(ended)
    return run, call


@dataclass(frozen=True)
class LocalRunContext:
    """What a worker gets of its run, as from the host. Meets `RunContext`."""

    recording: Recording
    secrets: Mapping[str, str] = field(repr=False)
    replay_of: Mapping[str, Any] | None = None
    fork: None = None
    started: float = field(default_factory=perf_counter)

    @property
    def active_s(self) -> float:
        return perf_counter() - self.started

    async def checkpoint(self) -> None:
        """Returns at once: a run of this process is not paused."""

    def keep(self, stage_id: str, state: Any = None) -> None:
        """Does nothing: no run takes over stages of a run of this process."""

    @property
    def run_id(self) -> str:
        return self.recording.run_id

    def emit(self, data: Payload) -> None:
        if isinstance(data, ArtifactCreated):
            self.recording.created(data)
        else:
            self.recording.add(data)

    async def ask(
        self,
        message: str,
        *,
        schema: Mapping[str, Any] | None = None,
        stage_id: str | None = None,
        reason: str = "input_required",
        expires_at: datetime | None = None,
        request_id: str | None = None,
    ) -> Any:
        left = None
        if expires_at is not None:
            aware = expires_at if expires_at.tzinfo else expires_at.replace(tzinfo=UTC)
            left = (aware - datetime.now(UTC)).total_seconds()
        try:
            return await ask(message, schema, left)
        except TimeoutError as error:
            raise InputExpired(str(error)) from None


def _refused(problems: list[tuple[str, str]]) -> RequestRefused:
    words = "; ".join(f"{name} {message}" for name, message in problems)
    return RequestRefused(f"The worker cannot be run so: {words}.", [Problem(*one) for one in problems])

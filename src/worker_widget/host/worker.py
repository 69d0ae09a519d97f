"""The protocol between the host and its workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from ..events import Payload
from ..events.answers import ModelHealth, WorkerInfo, WorkerOption, WorkerSecret
from ..events.request_models import Brand, ValidatedRequest
from ..settings import LanguageModelVariables

__all__ = [
    "Brand",
    "BrandReport",
    "CannotReplay",
    "Emit",
    "ForkedRun",
    "InputCancelled",
    "InputExpired",
    "LanguageModelVariables",
    "ModelHealth",
    "RunContext",
    "RunError",
    "RunResult",
    "TakenStage",
    "UsesLanguageModel",
    "ValidatedRequest",
    "Worker",
    "WorkerContext",
    "WorkerFactory",
    "WorkerInfo",
    "WorkerOption",
    "WorkerSecret",
]


class Emit(Protocol):
    """Emits an event. The host adds time and number, stores it and streams it, in the order of the calls."""

    def __call__(self, data: Payload) -> None: ...


@dataclass(frozen=True)
class BrandReport:
    """The worker's findings about a validated brand."""

    warnings: tuple[str, ...] = ()
    policy_rules_generated: int = 0
    drift_anchors_count: int = 0


@dataclass(frozen=True)
class RunResult:
    """The result of a run: the fields of the run response that the worker supplies.

    ``artifacts`` maps file names to their complete text. The host adds status, times and ids.
    """

    artifacts: Mapping[str, str] = field(default_factory=dict)
    replay_token: Mapping[str, Any] | None = None
    cost_report: Mapping[str, Any] | None = None
    total_tokens: int = 0
    policy_violations: tuple[Mapping[str, Any], ...] = ()
    recovery_log: tuple[Mapping[str, Any], ...] = ()
    drift_metrics: Mapping[str, float] = field(default_factory=dict)
    execution_trace: tuple[Mapping[str, Any], ...] = ()
    routing_decisions: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class TakenStage:
    """A stage that a run takes over from the run ``run_id``, which executed it.

    ``artifacts`` maps the file names of its artifacts to their texts, whose hashes the host has verified.
    ``state`` is what the worker kept of it with `RunContext.keep`.
    """

    stage_id: str
    run_id: str
    artifacts: Mapping[str, str]
    state: Any = None


@dataclass(frozen=True)
class ForkedRun:
    """What a run takes over: the ``stages`` of the run ``run_id`` before ``from_stage``, in order.

    ``request`` is that run's request; the new one can have another task, brand or option.
    """

    run_id: str
    from_stage: str
    request: ValidatedRequest
    stages: tuple[TakenStage, ...]


class RunError(Exception):
    """Fails the run. The message becomes the ``error`` of ``run_failed``.

    ``partial`` is the result so far. The run response of the failed run contains it.
    """

    def __init__(self, message: str, partial: RunResult | None = None) -> None:
        super().__init__(message)
        self.partial = partial


class CannotReplay(RunError):
    """The replay is impossible. The message names what is missing."""


class InputExpired(RunError):
    """Nobody answered a request for input in time."""


class InputCancelled(RunError):
    """A request for input was withdrawn, because its run is stopped."""


class RunContext(Protocol):
    """One run, as the host gives it to its worker.

    ``replay_of`` is the replay token of the run that this run repeats, as the client sent it. ``secrets`` are
    the values that the client sent for this run alone, such as the key of another server, by name; the worker
    declares them in its `WorkerInfo`. The host keeps them in memory only, and a worker must not put them into
    events, artifacts, logs or what it keeps of a stage.

    ``fork`` is what the run takes over, for a worker that offers "fork" or "retry"; ``None`` for a run from
    its first stage on. ``active_s`` are the seconds since the start of the run, without its pauses.
    """

    @property
    def run_id(self) -> str: ...

    @property
    def replay_of(self) -> Mapping[str, Any] | None: ...

    @property
    def secrets(self) -> Mapping[str, str]: ...

    @property
    def fork(self) -> ForkedRun | None: ...

    @property
    def active_s(self) -> float: ...

    async def checkpoint(self) -> None:
        """A place where the run can pause, for a worker that offers "pause".

        Returns at once, unless a pause was requested: then it emits ``run_paused`` and waits until the run is
        resumed. A run pauses nowhere else, so call it between all steps. A cancelled run raises
        ``CancelledError`` here.
        """
        ...

    def keep(self, stage_id: str, state: Any = None) -> None:
        """Keeps a completed stage for runs that take it over, with ``state``: any JSON values.

        For a worker that offers "fork" or "retry", which gets it back in `TakenStage`. The host stores the
        artifacts itself. A stage that is not kept cannot be taken over.
        """
        ...

    def emit(self, data: Payload) -> None:
        """Emits an event; see `Emit`."""
        ...

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
        """Asks a person and waits for the answer: emits ``input_requested``, then ``input_given``.

        Args:
            message: What is asked.
            schema: The JSON schema of the answer. The host accepts no answer that does not meet it.
            stage_id: The stage that waits. Where a tool call is to be approved, its ``input`` are the
                arguments.
            reason: The kind of request, such as "tool_call" or "confirmation".
            expires_at: When the request ends without an answer; a time without a zone is UTC. By default it
                waits until the run is stopped.
            request_id: The id of the request. It must not be the id of an open request of this run. By
                default the host makes one.

        Returns:
            The answer, any JSON value.

        Raises:
            InputExpired: Nobody answered in time.
            InputCancelled: The run is stopped.
            RunError: The run has no event stream, so nobody can see the request.
        """
        ...


class Worker(Protocol):
    """A worker: stateless between runs, so that one instance serves many at once.

    ``version`` is that of its engine: it changes whenever the same request would give other bytes.

    ``capabilities`` of ``info`` are what it offers besides: "pause" if it calls `RunContext.checkpoint`;
    "fork" and "retry" if it keeps its stages with `RunContext.keep` and heeds `RunContext.fork`. Such a run
    begins with ``from_stage``: the host has emitted the events of the stages before.
    """

    info: WorkerInfo
    version: str

    def check_brand(self, brand: Brand) -> BrandReport: ...

    async def execute(self, request: ValidatedRequest, run: RunContext) -> RunResult:
        """Executes the run and emits all events except ``run_started`` and the terminal event, which the
        host emits. A cancelled run raises ``CancelledError`` here.

        The bytes of the artifacts depend only on the request and on the data that the worker put into the
        replay token, so that the host can verify a replay.

        Raises:
            RunError: The run fails.
            CannotReplay: The run of the token cannot be repeated.
        """
        ...

    def stages(self) -> tuple[tuple[str, str], ...]:
        """Id and display name of each stage, in order."""
        ...


@runtime_checkable
class UsesLanguageModel(Protocol):
    """A worker that can use a language model. Optional: `Worker` does not require it."""

    async def model_health(self) -> ModelHealth | None:
        """The state of the configured model, asked now; ``None`` if none is configured. Must not raise."""
        ...


@dataclass(frozen=True)
class WorkerContext:
    """The arguments of a worker factory.

    ``home`` is a directory that the worker may write to, ``language_model`` the ``WORKER_LLM_*`` variables.
    """

    home: Path
    language_model: LanguageModelVariables = field(default_factory=LanguageModelVariables)


WorkerFactory = Callable[[WorkerContext], Worker | WorkerInfo]
"""The object of an entry point of the group ``worker_widget.workers``.

It creates a worker, or describes a worker that cannot run.
"""

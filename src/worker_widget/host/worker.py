"""The protocol between the host and its workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from ..events import Payload
from ..events.answers import ModelHealth, WorkerInfo, WorkerOption
from ..events.request_models import Brand, ValidatedRequest
from ..settings import LanguageModelVariables

__all__ = [
    "Brand",
    "BrandReport",
    "CannotReplay",
    "Emit",
    "LanguageModelVariables",
    "ModelHealth",
    "RunError",
    "RunResult",
    "UsesLanguageModel",
    "ValidatedRequest",
    "Worker",
    "WorkerContext",
    "WorkerFactory",
    "WorkerInfo",
    "WorkerOption",
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


class RunError(Exception):
    """Fails the run. The message becomes the ``error`` of ``run_failed``.

    ``partial`` is the result so far. The run response of the failed run contains it.
    """

    def __init__(self, message: str, partial: RunResult | None = None) -> None:
        super().__init__(message)
        self.partial = partial


class CannotReplay(RunError):
    """The replay is impossible. The message names what is missing."""


class Worker(Protocol):
    """A worker: stateless between runs, so that one instance serves many at once.

    ``version`` is that of its engine: it changes whenever the same request would give other bytes.
    """

    info: WorkerInfo
    version: str

    def check_brand(self, brand: Brand) -> BrandReport: ...

    async def execute(
        self,
        request: ValidatedRequest,
        emit: Emit,
        *,
        run_id: str,
        replay_of: Mapping[str, Any] | None = None,
    ) -> RunResult:
        """Executes the run and emits all events except ``run_started`` and the terminal event, which the
        host emits. A cancelled run raises ``CancelledError`` here.

        The bytes of the artifacts depend only on the request and on the data that the worker put into the
        replay token, so that the host can verify a replay. ``replay_of`` is the token of the run that this
        run repeats, as the client sent it.

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

"""What the host asks of a worker, and what it gives one. The host knows no worker past this."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ..events import Payload
from ..events.answers import WorkerInfo, WorkerOption
from ..events.request_models import Brand, ValidatedRequest
from ..settings import LanguageModelVariables

__all__ = [
    "Brand",
    "BrandReport",
    "CannotReplay",
    "Emit",
    "LanguageModelVariables",
    "RunError",
    "RunResult",
    "ValidatedRequest",
    "Worker",
    "WorkerContext",
    "WorkerFactory",
    "WorkerInfo",
    "WorkerOption",
]


class Emit(Protocol):
    """Tell one event. The host stamps, numbers, stores and streams it, in the order of the calls."""

    def __call__(self, data: Payload) -> None: ...


@dataclass(frozen=True)
class BrandReport:
    """What a worker makes of a brand that passed the request model."""

    warnings: tuple[str, ...] = ()
    policy_rules_generated: int = 0
    drift_anchors_count: int = 0


@dataclass(frozen=True)
class RunResult:
    """What a finished run leaves: the fields of the run response that only the worker knows.

    ``artifacts`` maps file names to their whole text. The host adds status, times and ids.
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
    """A run that cannot go on. Its text is the ``error`` of ``run_failed``, for a person to read.

    ``partial`` is what there was by then; the run response of the failed run has it.
    """

    def __init__(self, message: str, partial: RunResult | None = None) -> None:
        super().__init__(message)
        self.partial = partial


class CannotReplay(RunError):
    """A replay that cannot be done, so that nothing can be verified. Its text says what is missing."""


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
        """Do the run, telling everything but its start and end (the host tells ``run_started`` and
        the terminal event). Raise `RunError` where it fails; being cancelled is ``CancelledError``.

        The artifacts' bytes depend on the request alone, and where something else has a part in them, on
        what the worker put into the replay token, so that the host can verify a replay. ``replay_of`` is the
        token of the run that this one repeats, as a client gave it; raise `CannotReplay` where that cannot
        be done.
        """
        ...

    def stages(self) -> tuple[tuple[str, str], ...]:
        """Id and display name of each stage, in order."""
        ...


@dataclass(frozen=True)
class WorkerContext:
    """What the host hands to a worker when it makes it.

    ``home`` is a directory that the worker may write to, ``language_model`` the ``WORKER_LLM_*`` variables.
    """

    home: Path
    language_model: LanguageModelVariables = field(default_factory=LanguageModelVariables)


WorkerFactory = Callable[[WorkerContext], Worker | WorkerInfo]
"""An entry point of the group ``worker_widget.workers``: makes a worker, or describes one that cannot run."""

"""The run context that a worker gets from the host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ...events import Payload
from ..worker import Emit, ForkedRun
from .inputs import Inputs
from .pauses import Pauses


@dataclass(frozen=True)
class HostRunContext:
    """Implements `RunContext`."""

    run_id: str
    replay_of: Mapping[str, Any] | None
    secrets: Mapping[str, str] = field(repr=False)
    sink: Emit
    inputs: Inputs
    pauses: Pauses
    fork: ForkedRun | None
    keeper: Callable[[str, Any], None]

    @property
    def active_s(self) -> float:
        return self.pauses.active_s

    async def checkpoint(self) -> None:
        await self.pauses.checkpoint()

    def keep(self, stage_id: str, state: Any = None) -> None:
        self.keeper(stage_id, state)

    def emit(self, data: Payload) -> None:
        self.sink(data)

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
        return await self.inputs.ask(
            message,
            schema=schema,
            stage_id=stage_id,
            reason=reason,
            expires_at=expires_at,
            request_id=request_id,
        )

"""A run without a host, to call a worker directly."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from worker_widget.host.worker import Emit, ForkedRun, InputCancelled


@dataclass(frozen=True)
class BareRun:
    """Implements `worker_widget.host.worker.RunContext`. Nobody is there to be asked."""

    sink: Emit
    run_id: str = "bare"
    replay_of: Mapping[str, Any] | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    fork: ForkedRun | None = None
    kept: dict[str, Any] = field(default_factory=dict)

    @property
    def active_s(self) -> float:
        return asyncio.get_running_loop().time()

    async def checkpoint(self) -> None:
        pass

    def keep(self, stage_id: str, state: Any = None) -> None:
        self.kept[stage_id] = state

    def emit(self, data: Any) -> None:
        self.sink(data)

    async def ask(self, message: str, **_: Any) -> Any:
        raise InputCancelled(f"Nobody answers {message!r} here.")

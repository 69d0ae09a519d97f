"""One agent of pydantic-ai, watched."""

from __future__ import annotations

from typing import Any

from pydantic_ai.agent import WrapperAgent

from ..guard import Guard
from ..surroundings import Surroundings
from .capability import WatchCapability


class WatchedAgent(WrapperAgent[Any, Any]):
    """An agent with the interface of the one it wraps, each run of which is watched."""

    def __init__(self, wrapped: Any, surroundings: Surroundings) -> None:
        super().__init__(wrapped)
        self._surroundings = surroundings
        self._guard = Guard("pydantic-ai")

    def iter(self, *args: Any, capabilities: Any = None, **kwargs: Any) -> Any:
        watching = WatchCapability(self._surroundings, self._guard)
        return self.wrapped.iter(*args, capabilities=[*(capabilities or ()), watching], **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.wrapped, name)

"""What `watch` calls for pydantic-ai."""

from __future__ import annotations

from typing import Any

from ..surroundings import Surroundings
from .agent import WatchedAgent
from .hook import PydanticAiHook


class PydanticAiFramework:
    """pydantic-ai, as `watch` uses a framework."""

    unseen: tuple[str, ...] = ()

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._hook = PydanticAiHook(surroundings)
        self.watch_all = self._hook.watch_all
        self.remove = self._hook.remove

    def watch(self, agent: Any) -> Any:
        """The agent, watched."""
        return agent if isinstance(agent, WatchedAgent) else WatchedAgent(agent, self._surroundings)


create = PydanticAiFramework

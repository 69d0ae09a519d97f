"""What `watch` calls for the OpenAI Agents SDK."""

from __future__ import annotations

from typing import Any

from ..surroundings import Surroundings
from .hook import OpenAiAgentsHook


class OpenAiAgentsFramework:
    """The OpenAI Agents SDK, as `watch` uses a framework."""

    unseen: tuple[str, ...] = ()

    def __init__(self, surroundings: Surroundings) -> None:
        self._hook = OpenAiAgentsHook(surroundings)
        self.watch_all = self._hook.watch_all
        self.remove = self._hook.remove

    def watch(self, agent: Any) -> Any:
        """The agent itself: the runner knows it. A runner stands for all agents."""
        if isinstance(agent, type):
            self._hook.watch_all()
        else:
            self._hook.watch(agent)
        return agent


create = OpenAiAgentsFramework

"""What `watch` calls for LangChain and LangGraph."""

from __future__ import annotations

from typing import Any

from ..surroundings import Surroundings
from .graph import WatchedRunnable
from .handler import SEES_TOKENS, LangChainHook


class LangChainFramework:
    """LangChain and LangGraph, as `watch` uses a framework."""

    unseen = () if SEES_TOKENS else ("text as it is written (it comes at the end of each model call)",)

    def __init__(self, surroundings: Surroundings) -> None:
        self._hook = LangChainHook(surroundings)
        self.watch_all = self._hook.watch_all
        self.remove = self._hook.remove

    def watch(self, agent: Any) -> Any:
        """The graph or chain, watched."""
        return agent if isinstance(agent, WatchedRunnable) else WatchedRunnable(agent, self._hook.handler)


create = LangChainFramework

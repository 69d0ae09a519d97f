"""pydantic-ai's hook: every run of an agent gets the capability."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any

from pydantic_ai import Agent

from ..framework_run import Spot
from ..guard import Guard
from ..surroundings import Surroundings
from .capability import WatchCapability, spot_var


class PydanticAiHook:
    """Wraps ``Agent.iter``, which every way to run an agent goes through.

    Instrumentation by OpenTelemetry stays free for others, and would not see text as it is written.
    """

    def __init__(self, surroundings: Surroundings) -> None:
        if "capabilities" not in inspect.signature(Agent.iter).parameters:
            raise TypeError("Agent.iter takes no capabilities")
        self._surroundings = surroundings
        self._original: Callable[..., Any] = Agent.iter
        self._wrapped: Any = None
        surroundings.add(spot)

    def watch_all(self) -> None:
        """Every run of every agent is watched."""
        if self._wrapped is None:
            self._wrapped = with_capability(self._original, self._surroundings, Guard("pydantic-ai"))
            setattr(Agent, "iter", self._wrapped)  # noqa: B010

    def remove(self) -> None:
        """Takes the hook out. Runs that are open are watched to their end."""
        if self._wrapped is not None:
            self._wrapped.__dict__["watching"] = False
            if Agent.iter is self._wrapped:
                setattr(Agent, "iter", self._original)  # noqa: B010
        self._surroundings.remove(spot)


def spot() -> Spot | None:
    """The tool call around the running code."""
    return spot_var.get()


def with_capability(original: Callable[..., Any], surroundings: Surroundings, guard: Guard) -> Any:
    """``iter`` of an agent with one capability more. It does nothing once its ``watching`` is false."""

    @wraps(original)
    def iter(self: Any, *args: Any, capabilities: Any = None, **kwargs: Any) -> Any:
        if not iter.__dict__["watching"] or _has_one(capabilities):
            return original(self, *args, capabilities=capabilities, **kwargs)
        ours = [*(capabilities or ()), WatchCapability(surroundings, guard)]
        return original(self, *args, capabilities=ours, **kwargs)

    iter.__dict__["watching"] = True
    return iter


def _has_one(capabilities: Any) -> bool:
    return any(isinstance(capability, WatchCapability) for capability in capabilities or ())

"""The engines of a worker by number, with their states as a server reports them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ..errors import WorkerWidgetError
from ..events.answers import Health, WorkerInfo
from ..state.engine_names import ENGINE_NAMES
from .wire import Engine, EngineStatus

_NUMBER: Final = re.compile(r"m\d+", re.IGNORECASE)


def engines_of(worker: WorkerInfo, health: Health | WorkerWidgetError | None) -> tuple[Engine, ...]:
    """The engines of a worker, each with its state: planned for a worker that cannot run yet.

    ``health`` is the server's last answer about the worker or its error, ``None`` before both.
    """
    reported = states(health.moats) if isinstance(health, Health) else {}
    return tuple(_engine(number, worker, reported.get(number), health) for number in worker.moats)


def states(moats: Mapping[str, Any]) -> dict[str, tuple[EngineStatus, str | None]]:
    """The state and the reason of each engine. Servers name an engine by its number, such as "M18", or by a
    name that begins with it, such as "m18_drift".
    """
    found = {}
    for name, value in moats.items():
        number = _NUMBER.match(name)
        if number is not None:
            found[number[0].upper()] = _state(value)
    return found


def _engine(
    number: str,
    worker: WorkerInfo,
    reported: tuple[EngineStatus, str | None] | None,
    health: Health | WorkerWidgetError | None,
) -> Engine:
    name = ENGINE_NAMES.get(number, "")
    if not worker.runnable:
        return Engine(number=number, name=name, status="planned")
    if reported is not None:
        return Engine(number=number, name=name, status=reported[0], reason=reported[1])
    if isinstance(health, WorkerWidgetError):
        reason = "the health of the worker could not be read"
    else:
        reason = "the server has not answered yet" if health is None else "the server does not report it"
    return Engine(number=number, name=name, status="unknown", reason=reason)


def _state(value: Any) -> tuple[EngineStatus, str | None]:
    """The state in a server's value: a word, a truth value, a reason, or an object with status and reason."""
    if isinstance(value, Mapping):
        reason = next(
            (value[key] for key in ("reason", "detail", "error", "message") if value.get(key)), None
        )
        return _state(value.get("status"))[0], None if reason is None else str(reason)
    if value in ("available", "healthy", "ok", True):
        return "available", None
    if value in ("unavailable", False, None):
        return "unavailable", None
    return "unavailable", str(value)

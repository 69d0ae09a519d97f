"""The open runs of this process."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class HasRunId(Protocol):
    @property
    def run_id(self) -> str: ...


R = TypeVar("R", bound=HasRunId)


class RunsHere(Generic[R]):
    """Open runs by id, and who wants to know when one opens."""

    def __init__(self) -> None:
        self._runs: dict[str, R] = {}
        self._listeners: list[Callable[[R], None]] = []
        self._lock = threading.Lock()

    def opened(self, run: R) -> None:
        """Adds a run and calls the listeners on this thread."""
        with self._lock:
            self._runs[run.run_id] = run
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener(run)

    def ended(self, run: R) -> None:
        with self._lock:
            self._runs.pop(run.run_id, None)

    def get(self, run_id: str) -> R | None:
        return self._runs.get(run_id)

    def all(self) -> list[R]:
        """The open runs, oldest first."""
        with self._lock:
            return list(self._runs.values())

    def listen(self, listener: Callable[[R], None]) -> Callable[[], None]:
        """Calls ``listener`` with every run that opens, on the thread that opens it; returns its end."""
        with self._lock:
            self._listeners.append(listener)

        def end() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return end

    def forget(self) -> None:
        """Forgets the runs of the parent process."""
        self._lock = threading.Lock()
        self._runs.clear()


def forget_in_child(runs: RunsHere[R]) -> RunsHere[R]:
    """Empties ``runs`` in a forked child, and returns it."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=runs.forget)
    return runs

"""Keeps an error of a hook away from the run that is watched."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger("worker_widget.watch")


class Guard:
    """Calls hooks of one framework. The first error is logged; after `MOST_ERRORS` nothing is called."""

    MOST_ERRORS = 20

    def __init__(self, framework: str) -> None:
        self._framework = framework
        self._errors = 0

    def __call__(self, hook: Callable[P, T]) -> Callable[P, T | None]:
        """``hook`` as a function that raises no `Exception`: after one it returns ``None``."""

        @wraps(hook)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> T | None:
            if self._errors > self.MOST_ERRORS:
                return None
            try:
                return hook(*args, **kwargs)
            except Exception:
                self.report()
                return None

        return guarded

    def report(self) -> None:
        """Logs the exception that is being handled, if it is the first."""
        self._errors += 1
        if self._errors == 1:
            _log.exception(
                "Watching %s failed. The run goes on; what the console shows of it is incomplete. "
                "Further errors of this kind are not logged.",
                self._framework,
            )

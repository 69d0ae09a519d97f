"""The exit statuses of the commands about runs."""

from __future__ import annotations

from typing import Final

OK: Final = 0
ERROR: Final = 1
USAGE: Final = 2
RUN_FAILED: Final = 3
NOT_FOUND: Final = 4
UNREACHABLE: Final = 5
REFUSED: Final = 6
NOT_ENDED: Final = 7
UNWRITABLE: Final = 8
INTERRUPTED: Final = 130
CLOSED_PIPE: Final = 141
TERMINATED: Final = 143

_NO_ROUTE: Final = (404, 405)


def status_of(error: Exception) -> int:
    """The exit status for an error."""
    from ..errors import (
        HostUnreachable,
        KeyRefused,
        RequestRefused,
        RunTimeout,
        RunUnknown,
        ServerError,
        UnknownWorker,
    )

    if isinstance(error, ServerError):
        return REFUSED if error.status in _NO_ROUTE else UNREACHABLE
    if isinstance(error, RunUnknown | UnknownWorker):
        return NOT_FOUND
    if isinstance(error, HostUnreachable):
        return UNREACHABLE
    if isinstance(error, RequestRefused | KeyRefused):
        return REFUSED
    return NOT_ENDED if isinstance(error, RunTimeout) else ERROR

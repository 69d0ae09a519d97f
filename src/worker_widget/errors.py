"""Everything that can go wrong, as one hierarchy.

    WorkerWidgetError
    ├── RequestRefused          the worker would not take what was asked (also a ValueError)
    │   └── UnknownWorker, WorkerUnavailable
    ├── RunUnknown              no such run, here or there (also a LookupError)
    ├── KeyRefused              the key is missing or wrong (also a PermissionError)
    ├── HostUnreachable         nothing answers at the address (also a ConnectionError)
    │   └── HostNotStarted      the embedded host could not be started
    ├── ServerError             the server answered, but not as the worker API says
    ├── FilesExist              saving would overwrite files (also a FileExistsError)
    ├── HistoryError            the local history cannot be opened or written
    └── RunTimeout              a run was not over in the time given (also a TimeoutError)

Every message says what was wrong, where, and what to do. None of them ever holds a key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


class WorkerWidgetError(Exception):
    """Base of all errors of this package. ``code`` is a stable word for it, for programs."""

    code = "error"


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field of a request: ``field`` is its path, such as ``brand.tone.primary``."""

    field: str
    message: str


class RequestRefused(WorkerWidgetError, ValueError):
    """The worker would not take the request. ``problems`` names each field."""

    code = "request_refused"

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class UnknownWorker(RequestRefused):
    """No worker of that id is served there."""

    code = "unknown_worker"


class WorkerUnavailable(RequestRefused):
    """The worker is listed but cannot be run yet."""

    code = "worker_unavailable"


class RunUnknown(WorkerWidgetError, LookupError):
    """No such run, in the local history or on the server."""

    code = "run_unknown"


class KeyRefused(WorkerWidgetError, PermissionError):
    """The server wants a key, or another one."""

    code = "key_refused"


class HostUnreachable(WorkerWidgetError, ConnectionError):
    """Nothing answers at the worker's address."""

    code = "host_unreachable"


class HostNotStarted(HostUnreachable):
    """The embedded host could not be started."""

    code = "host_not_started"


class ServerError(WorkerWidgetError):
    """The server answered, but not as the worker API says. ``status`` is the HTTP status, if any."""

    code = "server_error"

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class FilesExist(WorkerWidgetError, FileExistsError):
    """Saving would overwrite files, and nobody asked for that. ``paths`` are they, left as they were."""

    code = "files_exist"

    def __init__(self, message: str, paths: Sequence[Path]) -> None:
        super().__init__(message)
        self.paths = tuple(paths)


class HistoryError(WorkerWidgetError):
    """The local history cannot be opened or written."""

    code = "history"


class RunTimeout(WorkerWidgetError, TimeoutError):
    """The run was not over in the time given; it goes on."""

    code = "run_timeout"

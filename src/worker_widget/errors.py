"""The exceptions of this package.

    WorkerWidgetError
    ├── RequestRefused          the server refused the request (also a ValueError)
    │   └── UnknownWorker, WorkerUnavailable
    ├── RunUnknown              no such run in the history or on the server (also a LookupError)
    ├── KeyRefused              the key is missing or wrong (also a PermissionError)
    ├── HostUnreachable         no server answers at the address (also a ConnectionError)
    │   └── HostNotStarted      the embedded host could not be started
    ├── ServerError             the answer does not follow the worker API
    ├── RunFileError            a file holds no run that can be loaded (also a ValueError)
    ├── RunDiffers              the history has other events of the same run
    ├── FilesExist              saving would overwrite files (also a FileExistsError)
    ├── HistoryError            the local history cannot be opened or written
    ├── PackageMissing          an optional package is not installed (also an ImportError)
    ├── SigningKeyError         a file holds no key that can sign or verify (also a ValueError)
    ├── PositionUnknown         a text or value says no position in a run (also a ValueError)
    ├── SqlError                an SQL statement is refused, or is wrong (also a ValueError)
    └── RunTimeout              a run did not end within the timeout (also a TimeoutError)

Every message says what was wrong, where, and what to do. No message contains a key. A notebook cell shows the
message and the user's own lines; ``%tb`` in the next cell shows every frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import cell_traceback


class WorkerWidgetError(Exception):
    """Base class of all errors of this package. ``code`` is a stable identifier of the class."""

    code = "error"

    def _render_traceback_(self) -> list[str]:
        """IPython's hook: a cell shows the message without the frames of this package."""
        return cell_traceback.lines(self)


@dataclass(frozen=True)
class Problem:
    """A problem with one field of a request. ``field`` is its path, such as ``brand.tone.primary``."""

    field: str
    message: str


class RequestRefused(WorkerWidgetError, ValueError):
    """The server refused the request. ``problems`` has an entry for each invalid field."""

    code = "request_refused"

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class UnknownWorker(RequestRefused):
    """The server has no worker with that id."""

    code = "unknown_worker"


class WorkerUnavailable(RequestRefused):
    """The server lists the worker but cannot run it."""

    code = "worker_unavailable"


class RunUnknown(WorkerWidgetError, LookupError):
    """Neither the local history nor the server has the run."""

    code = "run_unknown"


class KeyRefused(WorkerWidgetError, PermissionError):
    """The server requires a key, or refused the one that was sent."""

    code = "key_refused"


class HostUnreachable(WorkerWidgetError, ConnectionError):
    """No server answers at the address of the worker."""

    code = "host_unreachable"


class HostNotStarted(HostUnreachable):
    """The embedded host could not be started."""

    code = "host_not_started"


class ServerError(WorkerWidgetError):
    """The answer of the server does not follow the worker API.

    ``status`` is the HTTP status, if any, and ``retry_after_s`` when the server wants to be asked again.
    """

    code = "server_error"

    def __init__(self, message: str, status: int | None = None, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s


class RunFileError(WorkerWidgetError, ValueError):
    """A file cannot be loaded as a run: it is damaged, of another program, or of a newer version."""

    code = "run_file"


class RunDiffers(WorkerWidgetError):
    """The history has a run with the same id and other events. Nothing was changed."""

    code = "run_differs"


class FilesExist(WorkerWidgetError, FileExistsError):
    """Saving would overwrite the files in ``paths``. No file was changed."""

    code = "files_exist"

    def __init__(self, message: str, paths: Sequence[Path]) -> None:
        super().__init__(message)
        self.paths = tuple(paths)


class HistoryError(WorkerWidgetError):
    """The local history cannot be opened or written."""

    code = "history"


class PackageMissing(WorkerWidgetError, ImportError):
    """An optional package is needed; the message names it and how to install it."""

    code = "package_missing"


class SigningKeyError(WorkerWidgetError, ValueError):
    """A file holds no ed25519 key, or one with a passphrase."""

    code = "signing_key"


class PositionUnknown(WorkerWidgetError, ValueError):
    """A text or value says no position in a run; the message says what does."""

    code = "position_unknown"


class SqlError(WorkerWidgetError, ValueError):
    """An SQL statement over runs is refused, because it does more than read, or it is wrong."""

    code = "sql"


class RunTimeout(WorkerWidgetError, TimeoutError):
    """The run did not end within the timeout. The run continues."""

    code = "run_timeout"

"""A live, five-pane execution console for AI workers, in a Jupyter notebook cell.

    from worker_widget import WorkerConsole
    WorkerConsole(worker="business-builder")

Everything public is here; it is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .version import __version__ as __version__

if TYPE_CHECKING:
    from .artifacts.diff.difference import Difference
    from .console.studio import WorkerStudio
    from .console.widget import WorkerConsole
    from .errors import (
        FilesExist,
        HistoryError,
        HostNotStarted,
        HostUnreachable,
        KeyRefused,
        PackageMissing,
        PositionUnknown,
        Problem,
        RequestRefused,
        RunDiffers,
        RunFileError,
        RunTimeout,
        RunUnknown,
        ServerError,
        SigningKeyError,
        SqlError,
        UnknownWorker,
        WorkerUnavailable,
        WorkerWidgetError,
    )
    from .events.run_request import RunRequest
    from .recording.artifact import artifact
    from .recording.ask import ask, ask_and_wait
    from .recording.cancelled import Cancelled
    from .recording.lines import log, route, warning
    from .recording.stage import stage
    from .recording.track import track
    from .runs.artifacts import ArtifactFile, Artifacts
    from .runs.client import WorkerClient
    from .runs.compare import Comparison, compare
    from .runs.functions import WorkerFunction, run, worker
    from .runs.history import RunHistory
    from .runs.loading import load_run
    from .runs.run import Run
    from .runs.saved_brands import SavedBrands
    from .runs.span_processor import WorkerSpanProcessor
    from .runs.watching import unwatch, watch

_MODULES = {
    "ArtifactFile": "runs.artifacts",
    "Artifacts": "runs.artifacts",
    "Cancelled": "recording.cancelled",
    "Comparison": "runs.compare",
    "Difference": "artifacts.diff.difference",
    "FilesExist": "errors",
    "HistoryError": "errors",
    "HostNotStarted": "errors",
    "HostUnreachable": "errors",
    "KeyRefused": "errors",
    "PackageMissing": "errors",
    "PositionUnknown": "errors",
    "Problem": "errors",
    "RequestRefused": "errors",
    "Run": "runs.run",
    "RunDiffers": "errors",
    "RunFileError": "errors",
    "RunHistory": "runs.history",
    "RunRequest": "events.run_request",
    "RunTimeout": "errors",
    "RunUnknown": "errors",
    "SavedBrands": "runs.saved_brands",
    "ServerError": "errors",
    "SigningKeyError": "errors",
    "SqlError": "errors",
    "UnknownWorker": "errors",
    "WorkerClient": "runs.client",
    "WorkerConsole": "console.widget",
    "WorkerFunction": "runs.functions",
    "WorkerSpanProcessor": "runs.span_processor",
    "WorkerStudio": "console.studio",
    "WorkerUnavailable": "errors",
    "WorkerWidgetError": "errors",
    "artifact": "recording.artifact",
    "ask": "recording.ask",
    "ask_and_wait": "recording.ask",
    "compare": "runs.compare",
    "load_run": "runs.loading",
    "log": "recording.lines",
    "route": "recording.lines",
    "run": "runs.functions",
    "stage": "recording.stage",
    "track": "recording.track",
    "unwatch": "runs.watching",
    "warning": "recording.lines",
    "watch": "runs.watching",
    "worker": "runs.functions",
}

__all__ = [
    "ArtifactFile",
    "Artifacts",
    "Cancelled",
    "Comparison",
    "Difference",
    "FilesExist",
    "HistoryError",
    "HostNotStarted",
    "HostUnreachable",
    "KeyRefused",
    "PackageMissing",
    "PositionUnknown",
    "Problem",
    "RequestRefused",
    "Run",
    "RunDiffers",
    "RunFileError",
    "RunHistory",
    "RunRequest",
    "RunTimeout",
    "RunUnknown",
    "SavedBrands",
    "ServerError",
    "SigningKeyError",
    "SqlError",
    "UnknownWorker",
    "WorkerClient",
    "WorkerConsole",
    "WorkerFunction",
    "WorkerSpanProcessor",
    "WorkerStudio",
    "WorkerUnavailable",
    "WorkerWidgetError",
    "artifact",
    "ask",
    "ask_and_wait",
    "compare",
    "load_run",
    "log",
    "route",
    "run",
    "stage",
    "track",
    "unwatch",
    "warning",
    "watch",
    "worker",
]


def __getattr__(name: str) -> Any:
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{module}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])


def load_ipython_extension(shell: Any) -> None:
    """Adds the magics to IPython; called by ``%load_ext worker_widget``.

    They are ``%%worker``, ``%worker_runs``, ``%worker_open`` and ``%%worker_sql``.
    """
    import_module(".console.magics.registration", __name__).add_magics(shell)

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
        Problem,
        RequestRefused,
        RunTimeout,
        RunUnknown,
        ServerError,
        UnknownWorker,
        WorkerUnavailable,
        WorkerWidgetError,
    )
    from .events.run_request import RunRequest
    from .runs.artifacts import ArtifactFile, Artifacts
    from .runs.client import WorkerClient
    from .runs.compare import Comparison, compare
    from .runs.history import RunHistory
    from .runs.run import Run
    from .runs.saved_brands import SavedBrands

_MODULES = {
    "ArtifactFile": "runs.artifacts",
    "Artifacts": "runs.artifacts",
    "Comparison": "runs.compare",
    "Difference": "artifacts.diff.difference",
    "FilesExist": "errors",
    "HistoryError": "errors",
    "HostNotStarted": "errors",
    "HostUnreachable": "errors",
    "KeyRefused": "errors",
    "Problem": "errors",
    "RequestRefused": "errors",
    "Run": "runs.run",
    "RunHistory": "runs.history",
    "RunRequest": "events.run_request",
    "RunTimeout": "errors",
    "RunUnknown": "errors",
    "SavedBrands": "runs.saved_brands",
    "ServerError": "errors",
    "UnknownWorker": "errors",
    "WorkerClient": "runs.client",
    "WorkerConsole": "console.widget",
    "WorkerStudio": "console.studio",
    "WorkerUnavailable": "errors",
    "WorkerWidgetError": "errors",
    "compare": "runs.compare",
}

__all__ = [
    "ArtifactFile",
    "Artifacts",
    "Comparison",
    "Difference",
    "FilesExist",
    "HistoryError",
    "HostNotStarted",
    "HostUnreachable",
    "KeyRefused",
    "Problem",
    "RequestRefused",
    "Run",
    "RunHistory",
    "RunRequest",
    "RunTimeout",
    "RunUnknown",
    "SavedBrands",
    "ServerError",
    "UnknownWorker",
    "WorkerClient",
    "WorkerConsole",
    "WorkerStudio",
    "WorkerUnavailable",
    "WorkerWidgetError",
    "compare",
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

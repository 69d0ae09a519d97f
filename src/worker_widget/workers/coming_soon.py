"""Workers that are announced and cannot be run yet."""

from __future__ import annotations

from ..host.worker import WorkerContext, WorkerInfo


def code_debugger(context: WorkerContext) -> WorkerInfo:
    """The entry point ``code-debugger``."""
    return WorkerInfo(
        id="code-debugger",
        name="Code Debugger",
        description="Finds the cause of a failing program and proposes a fix.",
        status="coming_soon",
        moats=("M9", "M10", "M17", "M19"),
    )


def repo_fixer(context: WorkerContext) -> WorkerInfo:
    """The entry point ``repo-fixer``."""
    return WorkerInfo(
        id="repo-fixer",
        name="Repo Fixer",
        description="Repairs a repository across its files and checks that its tests pass.",
        status="coming_soon",
        moats=("M9", "M10", "M17", "M18", "M19"),
    )

"""The workers that come with this package."""

from __future__ import annotations

import os

from ..events.request_models import WorkerInfo
from ..home import home
from .worker import Worker

CODE_DEBUGGER = WorkerInfo(
    id="code-debugger",
    name="Code Debugger",
    description="Finds the cause of a failing program and proposes a fix.",
    status="coming_soon",
    moats=("M9", "M10", "M17", "M19"),
)
REPO_FIXER = WorkerInfo(
    id="repo-fixer",
    name="Repo Fixer",
    description="Repairs a repository across its files and checks that its tests pass.",
    status="coming_soon",
    moats=("M9", "M10", "M17", "M18", "M19"),
)


def workers() -> dict[str, Worker | WorkerInfo]:
    """Every worker by id, in the order a person sees them; made anew by each call.

    The language model that the environment names, if any, writes for them; its answers are recorded in
    ``answers.db`` in the home directory.
    """
    from ..workers.business_builder import BusinessBuilder
    from ..workers.business_builder.language_model import Recordings, configured

    recordings = Recordings(home() / "answers.db")
    builder = BusinessBuilder(configured(os.environ, recordings), recordings)
    return {
        builder.info.id: builder,
        CODE_DEBUGGER.id: CODE_DEBUGGER,
        REPO_FIXER.id: REPO_FIXER,
    }

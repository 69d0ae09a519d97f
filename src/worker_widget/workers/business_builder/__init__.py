"""The Business Builder: a deterministic worker by rules and texts of its own."""

from __future__ import annotations

from ...host.worker import WorkerContext
from .language_model import Recordings, configured
from .worker import BusinessBuilder

__all__ = ["BusinessBuilder", "create"]


def create(context: WorkerContext) -> BusinessBuilder:
    """The entry point ``business-builder``.

    The language model that the context names, if any, writes the texts. Its answers
    are recorded in ``answers.db`` in the home directory.
    """
    recordings = Recordings(context.home / "answers.db")
    return BusinessBuilder(configured(context.language_model, recordings), recordings)

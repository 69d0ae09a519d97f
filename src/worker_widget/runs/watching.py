"""`watch` and `unwatch`, with the history that the watched runs are written to."""

from __future__ import annotations

from ..sources.frameworks.watching import unwatch, watch
from . import local_runs as local_runs  # it follows the runs of this process into the history

__all__ = ["unwatch", "watch"]

"""Which version of the package this host is."""

from __future__ import annotations

from functools import cache
from importlib import metadata


@cache
def version() -> str:
    """The version as installed; ``0+source`` where the package is run from its source tree."""
    try:
        return metadata.version("worker-widget")
    except metadata.PackageNotFoundError:
        return "0+source"

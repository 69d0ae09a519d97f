"""Packages that frames use when they are installed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ...errors import PackageMissing


def needed(name: str, user: str) -> Any:
    """A package that ``user`` needs. Raises `PackageMissing`."""
    try:
        return import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise PackageMissing(
            f"{user} needs the package {package}, which is not installed. "
            f"Install it with: pip install {package}"
        ) from error

"""The browser's side as text: the console itself, and the parts that it asks for when they are needed.

A saved notebook carries the console once for every widget in it, so what is of use only with a kernel
is not in there but comes from the kernel.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ...errors import WorkerWidgetError

STATIC: Final = Path(__file__).parents[2] / "static"


def text(name: str = "widget") -> str:
    """The module ``name``. Raises `WorkerWidgetError` where the package was not built."""
    path = STATIC / f"{name}.js"
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise WorkerWidgetError(
            f"The console's front end is missing at {path}. Install the package again, "
            "or build it with `npm ci && npm run build` in js/."
        ) from error

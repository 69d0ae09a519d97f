"""The bundles of the front end as text: ``widget`` and ``live``.

A saved notebook contains ``widget`` once for every widget in it, so the code that needs a kernel is a bundle
of its own, which the browser requests from the kernel.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from ..errors import WorkerWidgetError

STATIC: Final = Path(__file__).parents[1] / "static"

Bundle = Literal["widget", "live"]


def text(name: Bundle = "widget") -> str:
    """The module ``name``. Raises `WorkerWidgetError` where the package was not built."""
    path = STATIC / f"{name}.js"
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise WorkerWidgetError(
            f"The console's front end is missing at {path}. Install the package again, "
            "or build it with `npm ci && npm run build` in js/."
        ) from error

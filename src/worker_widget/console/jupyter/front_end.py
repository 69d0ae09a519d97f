"""The bundles of the front end as text: ``widget``, ``live``, ``travel``, ``pages`` and ``extras``.

A saved notebook contains ``widget`` once for every widget in it, so the code that needs a kernel is apart:
the browser requests ``live`` from it at once, then ``travel``, and ``pages`` and ``extras`` when a person
first opens something of those.
"""

from __future__ import annotations

import threading
import time
import weakref
from pathlib import Path
from typing import Final, Literal

from traitlets import HasTraits

from ...errors import WorkerWidgetError

STATIC: Final = Path(__file__).parents[2] / "static"

Bundle = Literal["widget", "live", "pages", "extras", "travel"]

_POLL_S: Final = 0.3


def text(name: Bundle = "widget") -> str:
    """Reads the bundle ``name``. Raises `WorkerWidgetError` if the package was not built."""
    path = STATIC / f"{name}.js"
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise WorkerWidgetError(
            f"The console's front end is missing at {path}. Install the package again, "
            "or build it with `npm ci && npm run build` in js/."
        ) from error


def reload_on_change(console: weakref.ref[HasTraits]) -> None:
    """Sets ``_esm`` after every change of ``widget.js``, which reloads the console. For development, with
    ANYWIDGET_HMR=1. A path as ``_esm`` would keep the console in memory.
    """
    threading.Thread(target=_poll, args=(console, text()), daemon=True, name="front end reload").start()


def _poll(console: weakref.ref[HasTraits], shown: str) -> None:
    while True:
        time.sleep(_POLL_S)
        target = console()
        if target is None:
            return
        try:
            current = text()
        except WorkerWidgetError:
            continue
        # An empty file is being written.
        if current and current != shown:
            shown = current
            target.set_trait("_esm", current)
        del target

"""Which console belongs to which notebook cell: running a cell again closes the ones it made before.

ipywidgets keeps every widget until it is closed, and with it everything the widget holds. Whoever
runs a cell again does not think of closing the console that the output just lost.
"""

from __future__ import annotations

import os
import weakref
from typing import Final, Protocol

_NOTEBOOK: Final = "JPY_SESSION_NAME"
"""Where jupyter_server tells a kernel which notebook it is for."""


class Closable(Protocol):
    def close(self) -> None: ...


class Execution:
    """One execution of one cell, as the front end told it with the request.

    ``place`` names the cell across kernels: its notebook, where the server told that, and its id.
    """

    def __init__(self, cell_id: str, msg_id: str) -> None:
        self.cell_id = cell_id
        self.msg_id = msg_id
        self.place = f"{os.environ.get(_NOTEBOOK, '')}#{cell_id}"


class Cells:
    """The open consoles of one kernel by the cell that made them."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[str, list[weakref.ref[Closable]]]] = {}

    def enter(self, console: Closable, execution: Execution | None) -> None:
        """``console`` was made by ``execution``: what earlier ones of the same cell made is closed."""
        if execution is None:
            return
        msg_id, consoles = self._made.get(execution.cell_id, ("", []))
        if msg_id != execution.msg_id:
            for known in consoles:
                old = known()
                if old is not None:
                    old.close()
            consoles = []
        self._made[execution.cell_id] = (execution.msg_id, [*consoles, weakref.ref(console)])


def current_execution() -> Execution | None:
    """What runs now; ``None`` outside a kernel, and where the front end tells no cell."""
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    shell = get_ipython()
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return None
    parent = kernel.get_parent() or {}
    cell_id = (parent.get("metadata") or {}).get("cellId")
    msg_id = (parent.get("header") or {}).get("msg_id")
    if not isinstance(cell_id, str) or not isinstance(msg_id, str):
        return None
    return Execution(cell_id, msg_id)

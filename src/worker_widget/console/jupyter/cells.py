"""`Cells` closes the consoles of a notebook cell when the cell is run again.

ipywidgets keeps every widget, and everything it refers to, until the widget is closed. A user who runs a cell
again does not close the console that the cell's output has lost.
"""

from __future__ import annotations

import os
import weakref
from hashlib import sha256
from typing import Final, Protocol

from .shell import shell

_NOTEBOOK: Final = "JPY_SESSION_NAME"
"""The environment variable with the path of the kernel's notebook, set by jupyter_server."""


class Closable(Protocol):
    def close(self) -> None: ...


class Execution:
    """One execution of one cell, identified by the metadata of the execution request.

    `key` identifies the cell across kernels.
    """

    def __init__(self, cell_id: str, msg_id: str) -> None:
        self.cell_id = cell_id
        self.msg_id = msg_id

    def key(self, *arguments: str) -> str:
        """Identifies a console of this cell: by the notebook's path, if known, the cell's id, and what the
        console was made with, so that an edited cell is another one."""
        digest = sha256("\0".join(arguments).encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return f"{os.environ.get(_NOTEBOOK, '')}#{self.cell_id}#{digest}"


class Cells:
    """The open consoles of one kernel by the cell that made them."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[str, list[weakref.ref[Closable]]]] = {}

    def enter(self, console: Closable, execution: Execution | None) -> None:
        """Registers a console that ``execution`` made, and closes those of earlier executions of the cell."""
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
    """The current execution; ``None`` outside a kernel, and for a front end that sends no cell id."""
    kernel = getattr(shell(), "kernel", None)
    if kernel is None:
        return None
    parent = kernel.get_parent() or {}
    cell_id = (parent.get("metadata") or {}).get("cellId")
    msg_id = (parent.get("header") or {}).get("msg_id")
    if not isinstance(cell_id, str) or not isinstance(msg_id, str):
        return None
    return Execution(cell_id, msg_id)

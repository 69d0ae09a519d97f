"""Two work-arounds for a widget's comm. Each does nothing in kernels that do not need it.

`unbound`: ipykernel 7.4 stores the subshell that last published on a comm and passes browser messages to that
subshell (``comm._reply_subshell_id``). After a publish from a cell, or from a thread that inherits the cell's
parent, every button waits until the cell has finished. Without the stored subshell a message is handled by
the subshell that it names, while the cell runs.

`quiet`: ``comm.base_comm.BaseComm.handle_msg`` triggers IPython's ``pre_execute`` and ``post_execute`` for
every incoming message. Output that waits for these events, such as matplotlib's figures, then appears in the
wrong cell or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def unbound(comm: Any) -> Iterator[None]:
    """A context in which a publish does not bind the comm to the current subshell."""
    try:
        yield
    finally:
        unbind(comm)


def unbind(comm: Any) -> None:
    """Removes the stored subshell from ``comm``."""
    if comm is not None:
        getattr(comm, "__dict__", {}).pop("_reply_subshell_id", None)


def quiet(comm: Any) -> None:
    """Passes incoming messages directly to the widget, without IPython's events."""
    if not hasattr(comm, "_msg_callback") or not hasattr(comm, "handle_msg"):
        return

    def handle_msg(msg: Any) -> None:
        callback = comm._msg_callback
        if callback is not None:
            callback(msg)

    comm.handle_msg = handle_msg

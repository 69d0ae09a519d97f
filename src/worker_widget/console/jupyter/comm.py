"""Two corrections of how kernels treat a widget's comm. Each is guarded: elsewhere it does nothing.

`unbound`: ipykernel 7.4 remembers the shell that last published on a comm and hands browser messages
to that one (``comm._reply_subshell_id``). A publish from a cell, or from a thread that falls back on
the cell's parent, so makes every button wait until the cell is done. Without that memory a message
goes to the subshell it names, and is handled while the cell runs.

`quiet`: ``comm.base_comm.BaseComm.handle_msg`` fires IPython's ``pre_execute`` and ``post_execute``
for every incoming message. What waits for these, such as matplotlib's figures, then appears in the
wrong cell, or nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def unbound(comm: Any) -> Iterator[None]:
    """Publish inside this: the comm is not tied to the shell that happens to run a cell."""
    try:
        yield
    finally:
        unbind(comm)


def unbind(comm: Any) -> None:
    """Forget which shell published last on ``comm``."""
    if comm is not None:
        getattr(comm, "__dict__", {}).pop("_reply_subshell_id", None)


def quiet(comm: Any) -> None:
    """Hand incoming messages straight to the widget."""
    if not hasattr(comm, "_msg_callback") or not hasattr(comm, "handle_msg"):
        return

    def handle_msg(msg: Any) -> None:
        callback = comm._msg_callback
        if callback is not None:
            callback(msg)

    comm.handle_msg = handle_msg

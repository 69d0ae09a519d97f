"""The output below a console in its notebook cell: the receipt of its run, which is saved with the notebook.

It is an output of its own, updated by its display id. An update of the console's own output would draw the
whole console anew, and it would lose what is open, selected and scrolled. The receipt is one line from the
beginning, so that nothing moves when the run ends.

JupyterLab forgets the display ids when its page is loaded anew. So the output is marked in its metadata,
which the notebook keeps, and the front end of the console finds it by that (``js/src/state/receipt.ts``).
"""

from __future__ import annotations

import threading
from contextvars import Context
from functools import partial
from uuid import uuid4

from ..wire import ShownReceipt
from .receipt import Receipt
from .shell import shell


class ReceiptOutput:
    """The receipt of one console, which each display of the console shows. Can be used in any thread."""

    def __init__(self, first: Receipt) -> None:
        self._receipt = first
        self._display_id = uuid4().hex
        self._displayed = False
        self._lock = threading.Lock()

    @property
    def shown(self) -> ShownReceipt:
        """The receipt as the console's front end writes it, where an update does not arrive."""
        return {"id": self._display_id, "data": self._receipt}

    def display(self) -> None:
        """Shows the receipt as an output of the current cell."""
        with self._lock:
            self._displayed = True
            _publish(self._receipt, self._display_id, update=False)

    def update(self, receipt: Receipt) -> None:
        """Replaces the receipt, where it is displayed."""
        with self._lock:
            if receipt == self._receipt:
                return
            self._receipt = receipt
            if self._displayed:
                # Not in the context of this thread, which can be that of a cell that has ended.
                Context().run(partial(_publish, receipt, self._display_id, update=True))


def in_kernel() -> bool:
    """Whether outputs of this process can be updated by their display id."""
    return getattr(shell(), "kernel", None) is not None


def _publish(receipt: Receipt, display_id: str, *, update: bool) -> None:
    ipython = shell()
    if ipython is not None:
        mark = {"worker_widget": {"receipt": display_id}}
        ipython.display_pub.publish(dict(receipt), mark, transient={"display_id": display_id}, update=update)

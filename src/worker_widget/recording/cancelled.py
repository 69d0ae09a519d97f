"""`Cancelled`: how a run that is stopped ends the code inside it."""

from __future__ import annotations


class Cancelled(BaseException):
    """The run is stopped.

    Raised by `stage`, `log`, `track` and the other calls inside a run after somebody stopped it. It is no
    ``Exception``, so that ``except Exception`` does not keep a stopped function going.
    """

"""A lock that its process holds until it ends: there is one host per home."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self


class LockHeld(Exception):
    """Another process holds the lock."""


class HostLock:
    """An exclusive ``flock`` on a file that is never removed. The system releases the lock when the
    process ends for any reason, so it is never stale.

    Raises `LockHeld`, or ``OSError`` where the file cannot be made or locked.
    """

    def __init__(self, path: Path) -> None:
        self._file: int | None = None
        file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(file)
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                raise LockHeld from None
            raise
        self._file = file

    def release(self) -> None:
        """Release the lock before the process ends."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

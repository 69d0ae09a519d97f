"""Hosts that another host has replaced: each finishes the runs that it has, and then ends.

A retired host writes ``retired-PID.json`` and holds a lock on that file until it ends for any reason, so a
file without a lock is left of a host that has ended, whatever process has its id now.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

_FILES: Final = "retired-*.json"


@dataclass(frozen=True)
class RetiredHost:
    """Where a retired host answers to its successor, and the ids of the runs that it had when it retired.

    The token is not in the repr, so that no log gets it.
    """

    pid: int
    port: int
    token: str = field(repr=False)
    runs: tuple[str, ...]


def announce(directory: Path, host: RetiredHost) -> int:
    """Write the file of this process's retired host; returns the open file, whose lock it must keep.

    Raises ``OSError``.
    """
    path = directory / f"retired-{host.pid}.json"
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        os.write(file, msgspec.json.encode(host))
        draft.replace(path)
    except BaseException:
        os.close(file)
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
    return file


def living(directory: Path) -> list[RetiredHost]:
    """The retired hosts of this home that have not ended. Removes the files of those that have."""
    found = []
    for path in directory.glob(_FILES):
        with contextlib.suppress(OSError), path.open("rb") as file:
            if _is_locked(file.fileno()):
                with contextlib.suppress(msgspec.MsgspecError):
                    found.append(msgspec.json.decode(file.read(), type=RetiredHost))
            else:
                path.unlink()
    return found


def _is_locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


class RetiredHosts:
    """The runs that retired hosts still execute, by id. ``living`` reads which of these hosts there are."""

    def __init__(self, living: Callable[[], list[RetiredHost]]) -> None:
        self._living = living
        self._by_run: dict[str, RetiredHost] = {}
        self.refresh()

    def __bool__(self) -> bool:
        return bool(self._by_run)

    def of(self, run_id: str) -> RetiredHost | None:
        """The host that executes the run, or has executed it and not ended yet."""
        return self._by_run.get(run_id)

    @property
    def runs(self) -> frozenset[str]:
        return frozenset(self._by_run)

    def refresh(self) -> frozenset[str]:
        """Look again which hosts there are; returns the runs of those that have ended since the last time."""
        before = self.runs
        self._by_run = {run: host for host in self._living() for run in host.runs}
        return before - self.runs

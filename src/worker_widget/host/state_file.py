"""``host.json``: how a client of the same user finds the running host and its token."""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import msgspec


@dataclass(frozen=True)
class HostState:
    """``started_at`` is ISO 8601 in UTC. The token is not in the repr, so that no log gets it.

    ``language_model`` is the mark (see `variables`) of the variables that it was started with.
    """

    pid: int
    port: int
    token: str = field(repr=False)
    version: str
    started_at: str
    language_model: str = ""


def read(path: Path) -> HostState | None:
    """The state in the file; ``None`` where there is none that makes sense."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=HostState)
    except (OSError, msgspec.MsgspecError):
        return None


def write(path: Path, state: HostState) -> None:
    """Put the file there whole, for its owner only; a reader sees the old one or the new one."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(msgspec.json.encode(state))
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise


def remove(path: Path, state: HostState) -> None:
    """Remove the file if it still says this."""
    if read(path) == state:
        path.unlink(missing_ok=True)

"""``host.json``: how a client of the same user finds the running host and its token."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ...settings import LanguageModelVariables


@dataclass(frozen=True)
class HostState:
    """``started_at`` is ISO 8601 in UTC. The token is not in the repr, so that no log gets it.

    ``language_model`` is the `language_model_mark` of the variables that it was started with. ``by_hand``: a
    person started it in a terminal, and no other host may replace it.
    """

    pid: int
    port: int
    token: str = field(repr=False)
    version: str
    started_at: str
    language_model: str = ""
    by_hand: bool = False


def read(path: Path) -> HostState | None:
    """The state in the file; ``None`` if the file is missing or invalid."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=HostState)
    except (OSError, msgspec.MsgspecError):
        return None


def write(path: Path, state: HostState) -> None:
    """Writes the file atomically with mode 0600."""
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
    """Removes the file if it still holds ``state``."""
    if read(path) == state:
        path.unlink(missing_ok=True)


def language_model_mark(model: LanguageModelVariables, token: str) -> str:
    """HMAC-SHA256 of the language model's variables under the host's token, in hex.

    The variables may hold a key. A client with the host's token can compare the mark with its own variables;
    the mark does not reveal them.
    """
    content = "\0".join((*model.values, *(("unencrypted",) if model.unencrypted else ())))
    return hmac.new(token.encode(), content.encode(), hashlib.sha256).hexdigest()

"""The conversations with agents on disk, so that a next task continues one: one file for each thread."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any, Final

import msgspec

from .conversation import Conversation

MOST: Final = 200
"""The conversations that are kept; the oldest are deleted first."""


class Threads:
    """Loads and saves conversations by the agent's URL and the id of the thread. Blocks on the disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def load(self, url: str, thread_id: str) -> Conversation:
        """The conversation so far; a new one if none is stored or the file cannot be read."""
        try:
            stored: Any = msgspec.json.decode(self._path(url, thread_id).read_bytes())
        except (OSError, msgspec.DecodeError):
            return Conversation()
        messages = stored.get("messages") if isinstance(stored, dict) else None
        if not isinstance(messages, list):
            return Conversation()
        return Conversation([item for item in messages if isinstance(item, dict)], stored.get("state"))

    def save(self, url: str, thread_id: str, conversation: Conversation) -> None:
        """Stores a conversation. Raises ``OSError``."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        content = msgspec.json.encode({"messages": conversation.messages, "state": conversation.state})
        handle, name = tempfile.mkstemp(dir=self._folder, suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            os.replace(name, self._path(url, thread_id))
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise
        self._prune()

    def _prune(self) -> None:
        def age(path: Path) -> float:
            with contextlib.suppress(OSError):
                return path.stat().st_mtime
            return 0.0

        files = sorted(self._folder.glob("*.json"), key=age, reverse=True)
        for path in files[MOST:]:
            path.unlink(missing_ok=True)

    def _path(self, url: str, thread_id: str) -> Path:
        digest = hashlib.sha256(f"{url}\0{thread_id}".encode("utf-8", "replace")).hexdigest()
        return self._folder / f"{digest[:40]}.json"

"""The recorded answers of language models, so that a run can be replayed exactly and at no cost.

An answer is found by two checksums: that of the request (model, messages and parameters) and its own, because
a request can have different answers. The store is one SQLite file of bounded size: the answers that were
written or read longest ago are deleted first.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 64 << 20
"""The most bytes of all answers together."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS answers (
    request TEXT NOT NULL,
    answer TEXT NOT NULL,
    content BLOB NOT NULL,
    used INTEGER NOT NULL,
    PRIMARY KEY (request, answer)
);
CREATE INDEX IF NOT EXISTS answers_by_use ON answers (used);
"""


class Recordings:
    """The store; its file is created by the first write.

    The methods block and may be called from any thread. They raise ``sqlite3.Error`` where the file cannot be
    used.
    """

    def __init__(self, path: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self._path = path
        self._most_bytes = most_bytes
        self._lock = threading.Lock()

    def keep(self, request: str, answer: str, content: bytes) -> None:
        """Keep an answer by its two checksums, unless it is larger than the bound."""
        with self._lock, _Connection(self._path) as db:
            db.executescript(_SCHEMA)
            db.execute(
                "INSERT OR REPLACE INTO answers SELECT ?, ?, ?, coalesce(max(used), 0) + 1 FROM answers",
                (request, answer, content),
            )
            db.execute(
                "DELETE FROM answers WHERE rowid IN (SELECT rowid FROM (SELECT rowid, sum(length(content))"
                " OVER (ORDER BY used DESC) AS size FROM answers) WHERE size > ?)",
                (self._most_bytes,),
            )

    def find(self, request: str, answer: str) -> bytes | None:
        """The answer, ``None`` where it is not recorded."""
        if not self._path.exists():
            return None
        with self._lock, _Connection(self._path) as db:
            db.executescript(_SCHEMA)
            named = "WHERE request = ? AND answer = ?"
            found = db.execute(f"SELECT content FROM answers {named}", (request, answer)).fetchone()
            db.execute(
                f"UPDATE answers SET used = (SELECT max(used) + 1 FROM answers) {named}", (request, answer)
            )
        return None if found is None else bytes(found[0])

    def missing(self, answers: Iterable[tuple[str, str]]) -> int:
        """The number of ``answers`` that are not recorded."""
        return sum(self.find(request, answer) is None for request, answer in answers)


class _Connection:
    """A connection for a single operation."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, timeout=5)

    def __enter__(self) -> sqlite3.Connection:
        return self._db

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._db.commit()
        finally:
            self._db.close()

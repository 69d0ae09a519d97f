"""The run store: every run and every event of it, in one SQLite file.

Write-ahead logging with ``synchronous=NORMAL``: what is committed survives the end of this process,
however it ends. The methods block; the host calls them from one thread, see `store_thread`.

A row of ``events`` holds the events of one run that one transaction wrote, a line each, so few events
while a run is slow and many while it is fast. ``sqlite3`` gives up the interpreter lock once per row, and
waits milliseconds to get it back while a worker computes: row by row, a busy worker would starve its
own readers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Self

SCHEMA_VERSION = 1

_SCHEMA = """
CREATE TABLE runs (
    number INTEGER PRIMARY KEY,
    run_id TEXT NOT NULL UNIQUE,
    worker TEXT NOT NULL,
    task TEXT NOT NULL,
    request TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    status TEXT NOT NULL DEFAULT 'queued',
    success INTEGER,
    error TEXT,
    total_tokens INTEGER NOT NULL DEFAULT 0,
    total_latency_ms REAL,
    detail BLOB
);
CREATE INDEX runs_of_worker ON runs (worker, number);
CREATE INDEX runs_by_request ON runs (worker, request_hash);
CREATE TABLE events (
    run INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    lines BLOB NOT NULL,
    PRIMARY KEY (run, last_seq)
);
"""

_SUMMARY = "number, run_id, task, status, success, created_us, total_latency_ms"

ROW_EVENTS = 512
ROW_BYTES = 256 << 10
READ_ROWS = 128
READ_BYTES = 1 << 20


class UnusableStore(Exception):
    """The file is there but cannot serve as the run store; the message says why and what to do."""


class StoredEvent(NamedTuple):
    """One event of a run: ``seq`` counts from 1, ``raw`` is its JSON on one line."""

    seq: int
    type: str
    raw: bytes


@dataclass(frozen=True)
class NewRun:
    """``number`` orders the runs by creation; ``request`` is the request as JSON, as it was put."""

    number: int
    run_id: str
    worker: str
    task: str
    request: str
    request_hash: str
    created_us: int


@dataclass(frozen=True)
class RunSummary:
    """A run as a listing shows it. ``success`` is ``None`` until the run is over."""

    number: int
    run_id: str
    task: str
    status: str
    success: bool | None
    created_us: int
    total_latency_ms: float | None


@dataclass(frozen=True)
class StoredRun(RunSummary):
    """All of a run. ``detail`` is the JSON of what only its worker knows, ``None`` until it is over."""

    worker: str
    request: str
    error: str | None
    total_tokens: int
    detail: bytes | None


@dataclass(frozen=True)
class RunEnd:
    """How a run ended."""

    number: int
    status: str
    success: bool
    error: str | None = None
    total_tokens: int = 0
    total_latency_ms: float | None = None
    detail: bytes | None = None


@dataclass
class Batch:
    """What one transaction writes. ``events`` are those of each run (by number), without a gap."""

    events: dict[int, list[StoredEvent]] = field(default_factory=dict)
    started: list[int] = field(default_factory=list)
    ended: list[RunEnd] = field(default_factory=list)


class RunStore:
    """One connection; not for several threads at once, but not bound to one either."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the store, making it if missing.

        Raises `UnusableStore` where the file is no run store or one of a later version.
        """
        try:
            connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=5)
            try:
                _prepare(connection, path)
            except BaseException:
                connection.close()
                raise
        except sqlite3.Error as error:
            raise UnusableStore(
                f"{path} cannot be used as the run store ({error}). Make it writable, or move it away to"
                " start anew."
            ) from error
        return cls(connection)

    def close(self) -> None:
        self._db.close()

    def last_number(self) -> int:
        (number,) = self._db.execute("SELECT coalesce(max(number), 0) FROM runs").fetchone()
        return int(number)

    def add(self, run: NewRun) -> None:
        self._db.execute(
            "INSERT INTO runs (number, run_id, worker, task, request, request_hash, created_us)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (run.number, run.run_id, run.worker, run.task, run.request, run.request_hash, run.created_us),
        )

    def write(self, batch: Batch) -> None:
        """Write all of it, or nothing."""
        with self._transaction():
            self._db.executemany(
                "INSERT INTO events (run, last_seq, lines) VALUES (?, ?, ?)",
                ((number, *row) for number, events in batch.events.items() for row in _rows(events)),
            )
            self._db.executemany(
                "UPDATE runs SET status = 'running' WHERE number = ?", ((number,) for number in batch.started)
            )
            self._db.executemany(
                "UPDATE runs SET status = ?, success = ?, error = ?, total_tokens = ?,"
                " total_latency_ms = ?, detail = ? WHERE number = ?",
                (
                    (e.status, e.success, e.error, e.total_tokens, e.total_latency_ms, e.detail, e.number)
                    for e in batch.ended
                ),
            )

    def last_seq(self, number: int) -> int:
        """The sequence number of the run's last event, 0 where it has none."""
        query = "SELECT coalesce(max(last_seq), 0) FROM events WHERE run = ?"
        (seq,) = self._db.execute(query, (number,)).fetchone()
        return int(seq)

    def events(self, number: int, after: int) -> list[StoredEvent]:
        """The run's next events after ``after``: those of at most `READ_ROWS` rows, and no more rows
        than it takes to reach `READ_BYTES`, so that a reader's memory stays bounded. Empty at the end."""
        found: list[StoredEvent] = []
        size = 0
        cursor = self._db.execute(
            "SELECT last_seq, lines FROM events WHERE run = ? AND last_seq > ? ORDER BY last_seq LIMIT ?",
            (number, after, READ_ROWS),
        )
        for last_seq, lines in cursor:
            found += _events(last_seq, lines, after)
            size += len(lines)
            if size >= READ_BYTES:
                break
        cursor.close()
        return found

    def run(self, worker: str, run_id: str) -> StoredRun | None:
        return self._one("worker = ? AND run_id = ?", (worker, run_id))

    def run_of_request(self, worker: str, request_hash: str, run_id: str | None) -> StoredRun | None:
        """A run of that very request: ``run_id`` where it is one, else the first that was."""
        return self._one(
            "worker = ? AND request_hash = ? ORDER BY run_id = ? DESC, number LIMIT 1",
            (worker, request_hash, run_id or ""),
        )

    def runs(
        self,
        worker: str,
        *,
        limit: int,
        before: int | None = None,
        status: str | None = None,
        since_us: int | None = None,
    ) -> list[RunSummary]:
        """Runs of a worker, newest first: those numbered below ``before``, made at or after ``since_us``."""
        where = ["worker = ?"]
        parameters: list[str | int] = [worker]
        filters = (("number < ?", before), ("status = ?", status), ("created_us >= ?", since_us))
        for condition, value in filters:
            if value is not None:
                where.append(condition)
                parameters.append(value)
        rows = self._db.execute(
            f"SELECT {_SUMMARY} FROM runs WHERE {' AND '.join(where)} ORDER BY number DESC LIMIT ?",
            (*parameters, limit),
        )
        return [
            RunSummary(number, run_id, task, status, _flag(success), created_us, latency)
            for number, run_id, task, status, success, created_us, latency in rows.fetchall()
        ]

    def unfinished(self) -> list[tuple[int, str]]:
        """Number and id of every run that is queued or running."""
        return self._db.execute(
            "SELECT number, run_id FROM runs WHERE status IN ('queued', 'running') ORDER BY number"
        ).fetchall()

    def delete(self, number: int) -> None:
        with self._transaction():
            self._db.execute("DELETE FROM runs WHERE number = ?", (number,))
            self._db.execute("DELETE FROM events WHERE run = ?", (number,))

    def _one(self, condition: str, parameters: tuple[str, ...]) -> StoredRun | None:
        row = self._db.execute(
            f"SELECT {_SUMMARY}, worker, request, error, total_tokens, detail FROM runs WHERE {condition}",
            parameters,
        ).fetchone()
        if row is None:
            return None
        number, run_id, task, status, success, *rest = row
        return StoredRun(number, run_id, task, status, _flag(success), *rest)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute(f"PRAGMA journal_size_limit = {16 << 20}")
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version == 0:
        db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
    elif version != SCHEMA_VERSION:
        raise UnusableStore(
            f"{path} was written by another version of worker-widget (its layout is {version}, this one"
            f" reads {SCHEMA_VERSION}). Move it away to start anew, or use that version."
        )


def _rows(events: list[StoredEvent]) -> Iterator[tuple[int, bytes]]:
    """The events as rows of at most `ROW_EVENTS`, and of about `ROW_BYTES` where one is not larger."""
    lines: list[bytes] = []
    size = 0
    for event in events:
        line = b"%s %s" % (event.type.encode(), event.raw)
        lines.append(line)
        size += len(line)
        if len(lines) == ROW_EVENTS or size >= ROW_BYTES:
            yield event.seq, b"\n".join(lines)
            lines, size = [], 0
    if lines:
        yield events[-1].seq, b"\n".join(lines)


def _events(last_seq: int, lines: bytes, after: int) -> Iterator[StoredEvent]:
    """The events of a row that come after ``after``."""
    split = lines.split(b"\n")
    first = last_seq - len(split) + 1
    for seq in range(max(first, after + 1), last_seq + 1):
        kind, _, raw = split[seq - first].partition(b" ")
        yield StoredEvent(seq, kind.decode(), raw)


def _flag(value: int | None) -> bool | None:
    return None if value is None else bool(value)

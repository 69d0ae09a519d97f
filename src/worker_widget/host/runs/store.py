"""The run store: all runs and their events, in one SQLite file.

Write-ahead logging with ``synchronous=NORMAL``: committed data survives a crash of this process. The methods
block; the host calls them on one thread, see `store_thread`.

A row of ``events`` contains the events of one run in one transaction, one line per event. ``sqlite3``
releases the interpreter lock once per row and waits milliseconds to get it back while a worker computes.
With one event per row a busy worker would delay the readers of its own run.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, Self

import msgspec

from ...network_files import network_file_system
from ...retention import KeptRun, Retention, surplus

SCHEMA_VERSION = 1

ActiveStatus = Literal["running", "waiting", "paused"]
"""The status of a run that its worker executes; "waiting" is for the answer of a person."""

_ACTIVE = "('queued', 'running', 'waiting', 'paused')"

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

_LATER_TABLES = """
CREATE TABLE IF NOT EXISTS forks (
    run INTEGER PRIMARY KEY,
    parent_run_id TEXT NOT NULL,
    from_stage TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS kept_stages (
    run INTEGER NOT NULL,
    stage_id TEXT NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (run, stage_id)
);
"""
"""Tables that a store of the same version may lack; versions without them leave them alone."""

_SUMMARY = "number, run_id, task, status, success, created_us, total_latency_ms"

ROW_EVENTS = 512
ROW_BYTES = 256 << 10
READ_ROWS = 128
READ_BYTES = 64 << 10
PAGES_AT_ONCE = 1_000


class UnusableStore(Exception):
    """The file cannot be used as the run store. The message gives the reason and what to do."""


class StoredEvent(msgspec.Struct, frozen=True, gc=False):
    """One event of a run: ``seq`` counts from 1, ``raw`` is its JSON on one line."""

    seq: int
    type: str
    raw: bytes


class KeptStage(NamedTuple):
    """What the worker kept of a stage for a run that takes it over, as JSON."""

    stage_id: str
    state: bytes


@dataclass(frozen=True)
class NewRun:
    """A run to add. ``number`` orders runs by creation; ``request`` is the request as JSON.

    A run that takes over the first stages of another, its ``parent_run_id``, runs from ``from_stage`` on.
    """

    number: int
    run_id: str
    worker: str
    task: str
    request: str
    request_hash: str
    created_us: int
    parent_run_id: str | None = None
    from_stage: str | None = None


@dataclass(frozen=True)
class StoredRunSummary:
    """The columns of a run in a list of runs. ``success`` is ``None`` until the run is over."""

    number: int
    run_id: str
    task: str
    status: str
    success: bool | None
    created_us: int
    total_latency_ms: float | None


@dataclass(frozen=True)
class StoredRun(StoredRunSummary):
    """All columns of a run. ``detail`` is the worker's part of the run response as JSON, ``None`` until
    the run is over. ``parent_run_id`` and ``from_stage`` are those of `NewRun`.
    """

    worker: str
    request: str
    error: str | None
    total_tokens: int
    detail: bytes | None
    parent_run_id: str | None = None
    from_stage: str | None = None


@dataclass(frozen=True)
class RunEnd:
    """The final columns of a run."""

    number: int
    status: str
    success: bool
    error: str | None = None
    total_tokens: int = 0
    total_latency_ms: float | None = None
    detail: bytes | None = None


@dataclass
class Batch:
    """The content of one transaction. ``events`` has the events of each run number, without gaps,
    ``status`` the new status, and ``kept`` what workers keep of stages.
    """

    events: dict[int, list[StoredEvent]] = field(default_factory=dict)
    status: dict[int, ActiveStatus] = field(default_factory=dict)
    kept: list[tuple[int, KeptStage]] = field(default_factory=list)
    ended: list[RunEnd] = field(default_factory=list)


class RunStore:
    """The run store on one connection. Any thread can use it, but only one at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the store; creates it if it is missing.

        Raises `UnusableStore` if the file is not a run store, or has another schema version.
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
                " start with an empty store."
            ) from error
        return cls(connection)

    def close(self) -> None:
        self._db.close()

    def last_number(self) -> int:
        """The largest run number, 0 for an empty store."""
        (number,) = self._db.execute("SELECT coalesce(max(number), 0) FROM runs").fetchone()
        return int(number)

    def add(self, run: NewRun) -> None:
        with self._transaction():
            self._db.execute(
                "INSERT INTO runs (number, run_id, worker, task, request, request_hash, created_us)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (run.number, run.run_id, run.worker, run.task, run.request, run.request_hash, run.created_us),
            )
            if run.parent_run_id is not None:
                self._db.execute(
                    "INSERT INTO forks (run, parent_run_id, from_stage) VALUES (?, ?, ?)",
                    (run.number, run.parent_run_id, run.from_stage or ""),
                )

    def write(self, batch: Batch) -> None:
        """Write a batch in one transaction."""
        with self._transaction():
            self._db.executemany(
                "INSERT INTO events (run, last_seq, lines) VALUES (?, ?, ?)",
                ((number, *row) for number, events in batch.events.items() for row in _rows(events)),
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO kept_stages (run, stage_id, state) VALUES (?, ?, ?)",
                ((number, *stage) for number, stage in batch.kept),
            )
            self._db.executemany(
                "UPDATE runs SET status = ? WHERE number = ?",
                ((status, number) for number, status in batch.status.items()),
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
        """The sequence number of the last event of a run, 0 if it has none."""
        query = "SELECT coalesce(max(last_seq), 0) FROM events WHERE run = ?"
        (seq,) = self._db.execute(query, (number,)).fetchone()
        return int(seq)

    def events(self, number: int, after: int) -> list[StoredEvent]:
        """The next events of a run after sequence number ``after``; empty at the end.

        Reads at most `READ_ROWS` rows, and stops once they have `READ_BYTES`, which bounds the memory of a
        reader.
        """
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

    def kept_stages(self, number: int) -> dict[str, bytes]:
        """What the worker kept of the stages of a run, by stage."""
        query = "SELECT stage_id, state FROM kept_stages WHERE run = ?"
        return dict(self._db.execute(query, (number,)).fetchall())

    def run(self, worker: str, run_id: str) -> StoredRun | None:
        return self._one("worker = ? AND run_id = ?", (worker, run_id))

    def run_of_request(self, worker: str, request_hash: str, run_id: str | None) -> StoredRun | None:
        """A run of the request with this hash: ``run_id`` if it is one of them, otherwise the first."""
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
    ) -> list[StoredRunSummary]:
        """Runs of a worker, newest first, numbered below ``before`` and created at or after ``since_us``."""
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
            StoredRunSummary(number, run_id, task, status, _flag(success), created_us, latency)
            for number, run_id, task, status, success, created_us, latency in rows.fetchall()
        ]

    def unfinished(self) -> list[tuple[int, str]]:
        """The number and id of every run that has not ended."""
        return self._db.execute(
            f"SELECT number, run_id FROM runs WHERE status IN {_ACTIVE} ORDER BY number"
        ).fetchall()

    def delete(self, number: int) -> None:
        """Delete a run and its events."""
        with self._transaction():
            self._db.execute("DELETE FROM runs WHERE number = ?", (number,))
            for table in ("events", "forks", "kept_stages"):
                self._db.execute(f"DELETE FROM {table} WHERE run = ?", (number,))

    def beyond(self, retention: Retention, now_us: int) -> list[tuple[int, KeptRun]]:
        """The ended runs beyond the limits with their numbers, oldest first."""
        rows = self._db.execute(
            f"SELECT number, run_id, created_us, status IN {_ACTIVE},"
            " ifnull((SELECT sum(length(lines)) FROM events WHERE run = number), 0)"
            " + ifnull((SELECT sum(length(state)) FROM kept_stages WHERE run = number), 0)"
            " + length(request) + ifnull(length(detail), 0) FROM runs ORDER BY number DESC"
        ).fetchall()
        runs = [
            KeptRun(run_id, created_us, size, active == 1) for _, run_id, created_us, active, size in rows
        ]
        numbers = {run_id: number for number, run_id, *_ in rows}
        found = surplus(runs, retention, self.used_bytes(), now_us)
        return [(numbers[run.run_id], run) for run in found]

    def used_bytes(self) -> int:
        """The bytes of the file that are in use."""
        pages, free, size = (
            self._db.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def reclaim_space(self) -> bool:
        """Give some free pages back to the disk; returns whether there are more.

        A store that was made before this was possible keeps them for later runs.
        """
        free = self._free_pages()
        self._db.executescript(f"PRAGMA incremental_vacuum({PAGES_AT_ONCE})")
        return 0 < self._free_pages() < free

    def vacuum(self) -> None:
        """Write the file anew without gaps."""
        self._db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        self._db.execute("VACUUM")

    def _free_pages(self) -> int:
        (free,) = self._db.execute("PRAGMA freelist_count").fetchone()
        return int(free)

    def _one(self, condition: str, parameters: tuple[str, ...]) -> StoredRun | None:
        row = self._db.execute(
            f"SELECT {_SUMMARY}, worker, request, error, total_tokens, detail, parent_run_id,"
            " nullif(from_stage, '')"
            f" FROM runs LEFT JOIN forks ON run = number WHERE {condition}",
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
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")  # of a new file
    if network_file_system(path) is None:
        db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute(f"PRAGMA journal_size_limit = {16 << 20}")
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version == 0:
        db.executescript(f"BEGIN; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
    elif version != SCHEMA_VERSION:
        raise UnusableStore(
            f"{path} was written by another version of worker-widget (schema version {version}, this one"
            f" reads {SCHEMA_VERSION}). Move it away to start with an empty store, or use that version."
        )
    db.executescript(_LATER_TABLES)


def _rows(events: list[StoredEvent]) -> Iterator[tuple[int, bytes]]:
    """The events as rows: at most `ROW_EVENTS` each, and about `ROW_BYTES` unless one event is larger."""
    lines: list[bytes] = []
    size = 0
    names = {name: name.encode() + b" " for name in {event.type for event in events}}
    for event in events:
        line = names[event.type] + event.raw
        lines.append(line)
        size += len(line)
        if len(lines) == ROW_EVENTS or size >= ROW_BYTES:
            yield event.seq, b"\n".join(lines)
            lines, size = [], 0
    if lines:
        yield events[-1].seq, b"\n".join(lines)


def _events(last_seq: int, lines: bytes, after: int) -> Iterator[StoredEvent]:
    """The events of a row after sequence number ``after``."""
    split = lines.split(b"\n")
    first = last_seq - len(split) + 1
    for seq in range(max(first, after + 1), last_seq + 1):
        kind, _, raw = split[seq - first].partition(b" ")
        yield StoredEvent(seq, kind.decode(), raw)


def _flag(value: int | None) -> bool | None:
    return None if value is None else bool(value)

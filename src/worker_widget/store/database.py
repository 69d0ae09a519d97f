"""The SQLite database of the event log: its schema, its connections and its errors.

The file is in WAL mode, so any number of processes can read while one writes. Within a process all writes use
one connection with a lock, and each reader borrows a connection of its own; both may be used from any thread.

Statements read or write many rows at once, and the results of queries are aggregated into one row: `sqlite3`
releases the interpreter's lock for each row, and while a cell is busy it takes up to 5 ms to acquire it
again.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from ..errors import HistoryError

SCHEMA_VERSION: Final = 4
BUSY_SECONDS: Final = 10.0
"""How long a process waits for the writes of another."""

ROW_BITS: Final = 32
"""A row key of a table with rows of runs is ``run << ROW_BITS | number``:
the key of the run, and the number of the row among those of the run in its table (from 1). So the rows of a
run are one range of row keys, and no further index is needed."""

NUMBER_MASK: Final = (1 << ROW_BITS) - 1
"""The bits of a row key that hold the row's number."""

ROWS_AT_ONCE: Final = 256
"""The most rows that one statement inserts or compares."""

_APPLICATION_ID: Final = 0x77776864
_PAGES_AT_ONCE: Final = 2_000
_WAL_BYTES: Final = 16 * 1024 * 1024

_SCHEMA: Final = (
    """CREATE TABLE runs (
        run          INTEGER PRIMARY KEY AUTOINCREMENT,
        run_id       TEXT NOT NULL UNIQUE,
        worker       TEXT NOT NULL,
        origin       TEXT NOT NULL,
        task         TEXT,
        status       TEXT NOT NULL DEFAULT 'queued',
        success      INTEGER,
        error        TEXT,
        started_us   INTEGER,
        ended_us     INTEGER,
        tokens       INTEGER,
        latency_ms   REAL,
        replay_token TEXT,
        created_us   INTEGER NOT NULL,
        updated_us   INTEGER NOT NULL,
        events       INTEGER NOT NULL DEFAULT 0,
        lines        INTEGER NOT NULL DEFAULT 0,
        routing      INTEGER NOT NULL DEFAULT 0,
        ledger       INTEGER NOT NULL DEFAULT 0,
        last_id      TEXT,
        book         BLOB
    )""",
    "CREATE INDEX runs_by_creation ON runs (created_us)",
    """CREATE TABLE events (
        row_key  INTEGER PRIMARY KEY,
        type     TEXT NOT NULL,
        time_us  INTEGER,
        artifact TEXT,
        event_id TEXT,
        raw      BLOB NOT NULL
    )""",
    "CREATE INDEX events_by_artifact ON events (artifact, row_key) WHERE artifact IS NOT NULL",
    """CREATE TABLE keys (
        run  INTEGER NOT NULL,
        near INTEGER NOT NULL,
        key  BLOB NOT NULL,
        PRIMARY KEY (run, near, key)
    ) WITHOUT ROWID""",
    "CREATE TABLE deleted (run INTEGER PRIMARY KEY)",
    "CREATE TABLE cells (cell TEXT PRIMARY KEY, run_id TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE log (
        row_key   INTEGER PRIMARY KEY,
        event_key INTEGER NOT NULL,
        level     INTEGER NOT NULL,
        stage_id  TEXT,
        agent     TEXT,
        message   TEXT NOT NULL,
        styled    TEXT
    )""",
    """CREATE TABLE routing (
        row_key   INTEGER PRIMARY KEY,
        event_key INTEGER NOT NULL,
        stage_id  TEXT
    )""",
    """CREATE TABLE ledger (
        row_key   INTEGER PRIMARY KEY,
        event_key INTEGER NOT NULL,
        incident  INTEGER NOT NULL,
        stage_id  TEXT
    )""",
    """CREATE TABLE incidents (
        row_key  INTEGER PRIMARY KEY,
        unfixed  INTEGER NOT NULL,
        stage_id TEXT,
        body     BLOB NOT NULL
    )""",
)
"""``row_key`` orders the rows of a table by run; see `ROW_BITS`. ``event_key`` is the row key of the event
from which a row is derived: routing decisions and ledger rows are made from their events again when they are
read. ``styled`` is the original message of a line, if that has control sequences. ``incident`` is the number
of a row's incident; ``body`` is an incident as JSON, and ``book`` are those that further events can join.

``keys`` holds the key of every event, to recognise repeated events. ``near`` (an event's number in the
stream, or its time) stores the keys of neighbouring events side by side; without it each new key would change
another page of the file. ``cells`` holds which run a notebook's cell shows. ``deleted`` holds the runs some
of whose rows remain to be deleted."""


class Database:
    """The connections to one history, in a file or in memory. Made by `open` or `memory`."""

    def __init__(self, writer: sqlite3.Connection, path: Path | None) -> None:
        self.path = path
        self._writer = writer
        self._writing = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        # At exit too: Python warns of each connection that is not closed.
        self._finalizer = weakref.finalize(self, _close_connections, writer, self._idle, os.getpid())

    @classmethod
    def open(cls, path: Path) -> Database:
        """Opens the file at ``path``; a new file is readable by its owner only. Raises `HistoryError`."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise HistoryError(
                f"The history at {path} cannot be opened: {error.strerror or error}. {_ELSEWHERE}"
            ) from error
        with _explained_errors(path):
            writer = _connect(path)
            try:
                _prepare(writer, path)
            except BaseException:
                writer.close()
                raise
        return cls(writer, path)

    @classmethod
    def memory(cls) -> Database:
        """Makes a database in memory, deleted by `close`. It has one connection for reads and writes."""
        writer = _connect(None)
        _create(writer)
        return cls(writer, None)

    @property
    def closed(self) -> bool:
        """Whether `close` was called, or the process is ending."""
        return self._closed or not self._finalizer.alive

    @property
    def location(self) -> str:
        """The location of the database, for messages."""
        return "in memory" if self.path is None else f"at {self.path}"

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """The write connection, in a transaction that an exception in the block rolls back."""
        with self._writing, _explained_errors(self.path):
            self._check_open()
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection for reading, which is the block's own until its end."""
        with _explained_errors(self.path):
            if self.path is None:
                with self._writing:
                    self._check_open()
                    yield self._writer
                return
            reader = self._reader(self.path)
            try:
                yield reader
            finally:
                self._idle.append(reader)
                if self._closed:
                    self._close_idle()

    def size(self) -> int:
        """The size in bytes, including the write-ahead log."""
        if self.path is None:
            with self.read() as db:
                (pages,) = db.execute("PRAGMA page_count").fetchone()
                (page,) = db.execute("PRAGMA page_size").fetchone()
            return int(pages * page)
        return sum(map(_bytes, database_files(self.path)))

    def reclaim_space(self) -> None:
        """Frees the disk space of deleted rows, some pages at a time."""
        if self.path is None:
            return
        before = -1
        while (free := self._run_script(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})")) != before:
            before = free
        self._run_script("PRAGMA wal_checkpoint(TRUNCATE)")

    def _run_script(self, statement: str) -> int:
        """Executes a statement to its end and returns the number of free pages.

        ``execute()`` would stop at the first step of a statement that returns no rows.
        """
        with self._writing, _explained_errors(self.path):
            self._check_open()
            self._writer.executescript(statement)
            (free,) = self._writer.execute("PRAGMA freelist_count").fetchone()
            return int(free)

    def close(self) -> None:
        """Closes all connections. May be called twice; any other method then raises `HistoryError`."""
        with self._writing:
            self._closed = True
            self._writer.close()
            self._close_idle()

    def _reader(self, path: Path) -> sqlite3.Connection:
        self._check_open()
        try:
            return self._idle.pop()
        except IndexError:
            reader = _connect(path)
            reader.execute("PRAGMA query_only = ON")
            return reader

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _check_open(self) -> None:
        if self.closed:
            raise HistoryError(f"The history {self.location} has been closed. Open it again to use it.")


def _close_connections(writer: sqlite3.Connection, idle: list[sqlite3.Connection], process: int) -> None:
    if os.getpid() == process:  # a forked child must not close the connections of its parent
        for connection in (writer, *idle):
            connection.close()


def key_range(run: int) -> tuple[int, int]:
    """The range of a run's row keys: the lowest, which no row has, and the highest."""
    return run << ROW_BITS, (run << ROW_BITS) | NUMBER_MASK


def database_files(path: Path) -> tuple[Path, ...]:
    """The database file and the two files that SQLite keeps beside it while it is open."""
    return path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def set_aside(path: Path, now: datetime) -> Path:
    """Renames a damaged database and the files beside it, and returns the new path.

    Nothing is deleted. Raises `HistoryError` if a file cannot be renamed.
    """
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    try:
        for old, new in zip(database_files(path), database_files(aside), strict=True):
            if old.exists():
                old.rename(new)
    except OSError as error:
        raise HistoryError(
            f"The history at {path} cannot be set aside: {error.strerror or error}. "
            "Close the notebooks that use it and try again."
        ) from error
    return aside


def insert(db: sqlite3.Connection, table: str, columns: int, values: list[Any], verb: str = "INSERT") -> int:
    """Inserts rows into ``table`` and returns their number.

    ``values`` holds the values of all rows in sequence: of at most `ROWS_AT_ONCE` rows. The first value of a
    row is not ``None``.
    """
    if not values:
        return 0
    rows, parameters = values_table(columns, values)
    statement = f"{verb} INTO {table} SELECT * FROM {rows} WHERE column1 IS NOT NULL"
    return db.execute(statement, parameters).rowcount


def values_table(columns: int, values: list[Any]) -> tuple[str, list[Any]]:
    """The SQL of a table with these rows, whose columns are column1, column2 and so on, and its parameters.

    Rows of ``None`` are added up to a power of two, so that SQLite prepares only a few different statements.
    """
    size = 1 << (len(values) // columns - 1).bit_length()
    return _rows_sql(columns, size), values + [None] * (size * columns - len(values))


@cache
def _rows_sql(columns: int, size: int) -> str:
    row = "(" + ",".join("?" * columns) + ")"
    return "(VALUES " + ",".join([row] * size) + ")"


def _connect(path: Path | None) -> sqlite3.Connection:
    where = ":memory:" if path is None else path.absolute().as_uri() + "?mode=rw"
    db = sqlite3.connect(where, BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=True)
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
    return db


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    """Creates the schema in a new file. Raises `HistoryError` for another schema or application."""
    if not _is_new(db):
        (application,) = db.execute("PRAGMA application_id").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if application != _APPLICATION_ID:
            raise HistoryError(f"{path} is a database, but not a history of worker-widget. {_ELSEWHERE}")
        if version > SCHEMA_VERSION:
            raise HistoryError(
                f"The history at {path} was written by a newer worker-widget (schema {version}; "
                f"this version reads {SCHEMA_VERSION}). Upgrade worker-widget. {_ELSEWHERE}"
            )
        if version < SCHEMA_VERSION:
            raise HistoryError(
                f"The history at {path} was written by an older worker-widget (schema {version}; "
                f"this version reads {SCHEMA_VERSION}). {_SET_ASIDE} {_ELSEWHERE}"
            )
        return
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    db.execute("PRAGMA journal_mode = WAL")
    _create(db)


def _is_new(db: sqlite3.Connection) -> bool:
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return not tables


def _create(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    if _is_new(db):  # another process may have created the schema meanwhile
        for statement in _SCHEMA:
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    db.execute("COMMIT")


_ELSEWHERE: Final = "Or set WORKER_WIDGET_HOME to another directory, to start a history there."
_SET_ASIDE: Final = (
    "worker_widget.store.event_store.EventStore.set_aside() "
    "renames it (nothing is deleted), so that a new history is started."
)
_DAMAGED: Final = f"The file was not changed. {_SET_ASIDE}"
_ADVICE: Final = {
    sqlite3.SQLITE_BUSY: "Another process is writing to it. Try again.",
    sqlite3.SQLITE_LOCKED: "Another process is writing to it. Try again.",
    sqlite3.SQLITE_FULL: "The disk is full. Free some space, then try again.",
    sqlite3.SQLITE_IOERR: "Check whether the disk is full or disconnected, then try again.",
    sqlite3.SQLITE_READONLY: "Make the file and its directory writable. " + _ELSEWHERE,
    sqlite3.SQLITE_PERM: "Make the file and its directory writable. " + _ELSEWHERE,
    sqlite3.SQLITE_CANTOPEN: "Make the file and its directory writable. " + _ELSEWHERE,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}


@contextmanager
def _explained_errors(path: Path | None) -> Iterator[None]:
    """Converts SQLite's errors to a `HistoryError` whose message names the fix."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        where = "in memory" if path is None else f"at {path}"
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        advice = _ADVICE.get(
            code,
            "Try again; if it fails again, EventStore.set_aside() starts a new history.",
        )
        raise HistoryError(f"The history {where} cannot be used: {error}. {advice}") from error

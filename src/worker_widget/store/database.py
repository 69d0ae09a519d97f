"""The SQLite file under the event log: its schema, its connections, and what can go wrong with it.

The file is in WAL mode, so any number of processes read while one writes. Within a process all
writing goes through one connection behind a lock, and each reader borrows a connection of its own;
both may be used from any thread.

Statements here take many rows at once. `sqlite3` lets go of the interpreter's lock for every row that
it is handed or hands out, and beside a busy cell each time costs up to 5 ms to get it back.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from ..errors import HistoryError

SCHEMA_VERSION: Final = 2
BUSY_SECONDS: Final = 10.0
"""How long one process waits for another that is writing."""

PLACE_BITS: Final = 32
"""Rows of ``events``, ``log``, ``routing`` and ``ledger`` lie in the order of their ``place``: the
number of their run above these bits, their own number within it below. So the rows of a run are one
stretch of the table, found by arithmetic, and no index has to be kept for them."""

NUMBER: Final = (1 << PLACE_BITS) - 1
"""The bits of a place that are its own number."""

ROWS_AT_ONCE: Final = 256
"""The most rows that one statement takes."""

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
        last_id      TEXT
    )""",
    "CREATE INDEX runs_by_creation ON runs (created_us)",
    """CREATE TABLE events (
        place    INTEGER PRIMARY KEY,
        type     TEXT NOT NULL,
        time_us  INTEGER,
        artifact TEXT,
        event_id TEXT,
        raw      BLOB NOT NULL
    )""",
    "CREATE INDEX events_by_artifact ON events (artifact, place) WHERE artifact IS NOT NULL",
    """CREATE TABLE keys (
        run  INTEGER NOT NULL,
        near INTEGER NOT NULL,
        key  BLOB NOT NULL,
        PRIMARY KEY (run, near, key)
    ) WITHOUT ROWID""",
    "CREATE TABLE deleted (run INTEGER PRIMARY KEY)",
    "CREATE TABLE cells (cell TEXT PRIMARY KEY, run_id TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE log (
        place    INTEGER PRIMARY KEY,
        event    INTEGER NOT NULL,
        level    INTEGER NOT NULL,
        stage_id TEXT,
        agent    TEXT,
        message  TEXT NOT NULL,
        styled   TEXT
    )""",
    """CREATE TABLE routing (
        place    INTEGER PRIMARY KEY,
        event    INTEGER NOT NULL,
        stage_id TEXT
    )""",
    """CREATE TABLE ledger (
        place    INTEGER PRIMARY KEY,
        event    INTEGER NOT NULL,
        kind     TEXT NOT NULL,
        problem  INTEGER NOT NULL,
        stage_id TEXT
    )""",
)
"""``keys`` knows every event by its key. ``near`` puts the keys of neighbours side by side (it is the
event's number, or its time), without which each new key would touch another page of the file.
``log.event`` is the place of the event that the line stands for, and so in ``routing`` and ``ledger``,
whose rows are made of their events anew. ``log.styled`` is a message as it came, where that has control
sequences. ``deleted`` holds the runs whose rows are not all gone yet."""


class Database:
    """One history file, or one in memory. Use `open` or `memory`."""

    def __init__(self, writer: sqlite3.Connection, path: Path | None) -> None:
        self.path = path
        self._writer = writer
        self._writing = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._closed = False

    @classmethod
    def open(cls, path: Path) -> Database:
        """The file at ``path``, made if missing, for its owner only. Raises `HistoryError`."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise HistoryError(
                f"The history at {path} cannot be opened: {error.strerror or error}. {_ELSEWHERE}"
            ) from error
        with _explained(path):
            writer = _connect(path)
            try:
                _prepare(writer, path)
            except BaseException:
                writer.close()
                raise
        return cls(writer, path)

    @classmethod
    def memory(cls) -> Database:
        """A private one that is gone when it is closed. Its readers take turns with its writer."""
        writer = _connect(None)
        _create(writer)
        return cls(writer, None)

    @property
    def where(self) -> str:
        """Where it lies, in words."""
        return "in memory" if self.path is None else f"at {self.path}"

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """The writer, inside a transaction: kept at the end of the block, undone by an exception."""
        with self._writing, _explained(self.path):
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
        """A connection for reading, lent for the length of the block."""
        with _explained(self.path):
            if self.path is None:
                with self._writing:
                    self._check_open()
                    yield self._writer
                return
            reader = self._lend(self.path)
            try:
                yield reader
            finally:
                self._idle.append(reader)
                if self._closed:
                    self._close_idle()

    def size(self) -> int:
        """Bytes taken, the part that is still in the write-ahead log included."""
        if self.path is None:
            with self.read() as db:
                (pages,) = db.execute("PRAGMA page_count").fetchone()
                (page,) = db.execute("PRAGMA page_size").fetchone()
            return int(pages * page)
        return sum(map(_bytes, parts(self.path)))

    def give_back(self) -> None:
        """Return the room of deleted rows to the disk, some pages at a time."""
        if self.path is None:
            return
        before = -1
        while (free := self._run_script(f"PRAGMA incremental_vacuum({_PAGES_AT_ONCE})")) != before:
            before = free
        self._run_script("PRAGMA wal_checkpoint(TRUNCATE)")

    def _run_script(self, statement: str) -> int:
        """Run a statement to its end, which execute() does not if it has no rows; the pages left free."""
        with self._writing, _explained(self.path):
            self._check_open()
            self._writer.executescript(statement)
            (free,) = self._writer.execute("PRAGMA freelist_count").fetchone()
            return int(free)

    def close(self) -> None:
        """Close all connections. Twice is fine; anything else afterwards raises `HistoryError`."""
        with self._writing:
            self._closed = True
            self._writer.close()
            self._close_idle()

    def _lend(self, path: Path) -> sqlite3.Connection:
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
        if self._closed:
            raise HistoryError(f"The history {self.where} has been closed. Open it again to use it.")


def stretch(run: int) -> tuple[int, int]:
    """The first place of a run, which no row has, and the last."""
    return run << PLACE_BITS, (run << PLACE_BITS) | NUMBER


def parts(path: Path) -> tuple[Path, ...]:
    """The history file and the two that SQLite keeps beside it while it is in use."""
    return path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def set_aside(path: Path, now: datetime) -> Path:
    """Rename a damaged history, with the files beside it, and say where it is now.

    Nothing is deleted. Raises `HistoryError` if it cannot be renamed.
    """
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    try:
        for old, new in zip(parts(path), parts(aside), strict=True):
            if old.exists():
                old.rename(new)
    except OSError as error:
        raise HistoryError(
            f"The history at {path} cannot be set aside: {error.strerror or error}. "
            "Close the notebooks that use it and try again."
        ) from error
    return aside


def insert(db: sqlite3.Connection, table: str, columns: int, values: list[Any], verb: str = "INSERT") -> int:
    """Put rows into ``table``; how many went in.

    ``values`` holds the rows end to end: at most `ROWS_AT_ONCE`, none of which begins with ``None``.
    """
    if not values:
        return 0
    rows, parameters = table_of(columns, values)
    statement = f"{verb} INTO {table} SELECT * FROM {rows} WHERE column1 IS NOT NULL"
    return db.execute(statement, parameters).rowcount


def table_of(columns: int, values: list[Any]) -> tuple[str, list[Any]]:
    """Rows as a table in SQL, with columns column1, column2 and so on, and its parameters.

    The number of rows is made up to a power of two with rows of ``None``, so that SQLite has only a
    few statements to prepare.
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
    """Make the schema in a new file; refuse one that is not ours, or that we do not know yet."""
    if not _is_new(db):
        (application,) = db.execute("PRAGMA application_id").fetchone()
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if application != _APPLICATION_ID:
            raise HistoryError(f"{path} is a database, but not a history of worker-widget. {_ELSEWHERE}")
        if version > SCHEMA_VERSION:
            raise HistoryError(
                f"The history at {path} was written by a newer worker-widget (schema {version}; "
                f"this one knows {SCHEMA_VERSION}). Upgrade worker-widget. {_ELSEWHERE}"
            )
        if version < SCHEMA_VERSION:
            raise HistoryError(
                f"The history at {path} was written by an older worker-widget (schema {version}; "
                f"this one knows {SCHEMA_VERSION} only). {_SET_ASIDE} {_ELSEWHERE}"
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
    if _is_new(db):  # another process may have been quicker
        for statement in _SCHEMA:
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    db.execute("COMMIT")


_ELSEWHERE: Final = "Or set WORKER_WIDGET_HOME to another directory, to begin a history there."
_SET_ASIDE: Final = (
    "worker_widget.store.event_store.EventStore.set_aside() "
    "renames it (nothing is deleted), and a new one begins."
)
_DAMAGED: Final = f"What can be read of it stays as it is. {_SET_ASIDE}"
_ADVICE: Final = {
    sqlite3.SQLITE_BUSY: "Another process has been writing to it all the while. Try again.",
    sqlite3.SQLITE_LOCKED: "Another process has been writing to it all the while. Try again.",
    sqlite3.SQLITE_FULL: "The disk is full. Make room, then try again.",
    sqlite3.SQLITE_IOERR: "Look whether the disk is full or gone, then try again.",
    sqlite3.SQLITE_READONLY: "Make the file and its directory writable. " + _ELSEWHERE,
    sqlite3.SQLITE_PERM: "Make the file and its directory writable. " + _ELSEWHERE,
    sqlite3.SQLITE_CANTOPEN: "Make the file and its directory writable. " + _ELSEWHERE,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}


@contextmanager
def _explained(path: Path | None) -> Iterator[None]:
    """Turn SQLite's errors into a `HistoryError` that says what to do."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        where = "in memory" if path is None else f"at {path}"
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        advice = _ADVICE.get(
            code,
            "Try again; if it stays so, EventStore.set_aside() begins a new one.",
        )
        raise HistoryError(f"The history {where} cannot be used: {error}. {advice}") from error

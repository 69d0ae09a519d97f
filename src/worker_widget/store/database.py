"""The SQLite database of the event log: its schema, its connections and its errors.

The file is in WAL mode, so any number of processes can read while one writes; on a network file system it has
a rollback journal, and readers and the writer take turns. Within a process all writes use one connection with
a lock, and each reader borrows a connection of its own; both may be used from any thread.

Statements read or write many rows at once, and the results of queries are aggregated into one row: `sqlite3`
releases the interpreter's lock for each row, and while a cell is busy it takes up to 5 ms to acquire it
again.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from ..errors import HistoryError
from ..network_files import network_file_system
from ..state.run_state import ENDED

SCHEMA_VERSION: Final = 12
_CONVERTED_VERSION: Final = 6
"""The schema that is converted when a history is opened."""
BUSY_SECONDS: Final = 10.0
"""How long a process waits for the writes of another."""

_LOCKED_S: Final = 15.0
"""For so long after a wait that was in vain, other writes do not wait."""
_LAST_WRITE_S: Final = 5.0
"""How long the end of a process waits for a write of another thread."""

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

_BLOCKS: Final = """CREATE TABLE blocks (
    row_key       INTEGER PRIMARY KEY,
    events        INTEGER NOT NULL,
    sealed        INTEGER NOT NULL,
    bytes         INTEGER NOT NULL,
    first_line    INTEGER NOT NULL,
    lines         INTEGER NOT NULL,
    first_routing INTEGER NOT NULL,
    routing       INTEGER NOT NULL,
    first_ledger  INTEGER NOT NULL,
    ledger        INTEGER NOT NULL,
    passed        INTEGER NOT NULL,
    min_us        INTEGER,
    max_us        INTEGER,
    min_id        INTEGER,
    max_id        INTEGER,
    odd           INTEGER NOT NULL,
    checks        BLOB NOT NULL,
    messages      BLOB NOT NULL,
    line_columns  BLOB NOT NULL,
    columns       BLOB NOT NULL,
    row_tables    BLOB NOT NULL,
    raw           BLOB NOT NULL
)"""

_KEYFRAMES: Final = """CREATE TABLE keyframes (
    row_key  INTEGER PRIMARY KEY,
    form     INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    state    BLOB NOT NULL
)"""
_STAGE_PLACES: Final = ("first INTEGER", "changed INTEGER", "parent_at INTEGER")
_ADOPTED: Final = "CREATE INDEX stages_adopted ON stages (row_key) WHERE parent_at > first"
_PLACE_STAGES: Final = (
    *(f"ALTER TABLE stages ADD COLUMN {column}" for column in _STAGE_PLACES),
    _ADOPTED,
    "CREATE TABLE unplaced (run INTEGER PRIMARY KEY)",
    "INSERT INTO unplaced SELECT run FROM runs WHERE stages > 0",
)
_BY_OUTCOME: Final = "CREATE INDEX incidents_by_outcome ON incidents (unrecovered, row_key)"
_PARENT: Final = "parent_run_id   TEXT"
_UPGRADES: Final = {
    7: (_KEYFRAMES,),
    8: _PLACE_STAGES,
    9: (_BY_OUTCOME,),
    10: (f"ALTER TABLE runs ADD COLUMN {_PARENT}",),
    11: (),
}
"""The statements that make the next schema of a former one. The last one has what blocks that are not sealed
do not have in a former one: compressed bytes of events."""

_ADDED: Final = (
    "input_tokens    INTEGER",
    "output_tokens   INTEGER",
    "cost            REAL",
    "stages_done     INTEGER NOT NULL DEFAULT 0",
    "stages_total    INTEGER NOT NULL DEFAULT 0",
    "artifacts       INTEGER NOT NULL DEFAULT 0",
    "violations      INTEGER NOT NULL DEFAULT 0",
    "failures        INTEGER NOT NULL DEFAULT 0",
    "recoveries      INTEGER NOT NULL DEFAULT 0",
    "max_drift       REAL",
    "mean_complexity REAL",
    "replay_of       TEXT",
    "strict_mode     INTEGER",
    "depth           TEXT",
    "budget          INTEGER",
    "has_brand       INTEGER",
    "starred         INTEGER NOT NULL DEFAULT 0",
    "tags            TEXT",
    "note            TEXT",
    "state           BLOB",
    "trashed_us      INTEGER",
    _PARENT,
)
"""The columns of the table of runs that the former schema did not have, besides ``newest_us`` and
``newest_id``."""

_RUN_INDEXES: Final = (
    "CREATE INDEX runs_by_creation ON runs (trashed_us, created_us)",
    f"CREATE INDEX runs_owned ON runs (owner) WHERE owner IS NOT NULL AND status NOT IN {ENDED}",
)
_SCHEMA: Final = (
    f"""CREATE TABLE runs (
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
        newest_us    INTEGER,
        newest_id    INTEGER,
        book         BLOB,
        stages       INTEGER NOT NULL DEFAULT 0,
        ending       BLOB,
        owner        TEXT,
        {", ".join(_ADDED)}
    )""",
    *_RUN_INDEXES,
    _BLOCKS,
    _KEYFRAMES,
    "CREATE TABLE deleted (run INTEGER PRIMARY KEY)",
    "CREATE TABLE cells (cell TEXT PRIMARY KEY, run_id TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE incidents (
        row_key  INTEGER PRIMARY KEY,
        unrecovered  INTEGER NOT NULL,
        stage_id TEXT,
        body     BLOB NOT NULL
    )""",
    _BY_OUTCOME,
    f"""CREATE TABLE stages (
        row_key   INTEGER PRIMARY KEY,
        stage_id  TEXT NOT NULL,
        parent_id TEXT,
        working   INTEGER NOT NULL,
        body      BLOB NOT NULL,
        {", ".join(_STAGE_PLACES)}
    )""",
    "CREATE INDEX stages_by_id ON stages (stage_id, row_key)",
    "CREATE INDEX stages_by_parent ON stages (parent_id, row_key)",
    _ADOPTED,
)
"""``row_key`` orders the rows of a table by run; see `ROW_BITS`. The number of a block is the position of its
first event; see `worker_widget.store.blocks_table`. ``body`` is an incident or a stage as JSON, ``book`` are
the incidents that further events can join, ``ending`` is how and when the run ended, and ``owner`` the
process that a run lives in, if it is no server. ``tags`` is a JSON array, and ``trashed_us`` when the run was
moved to the trash. ``working`` is 1 for a stage that is at work; the event at ``first`` mentions it first,
that at ``changed`` changed it last, and that at ``parent_at`` named the stage around it. ``newest_us``
and ``newest_id`` are the latest time and the largest number in the stream of a run's events: later ones are
new.

The number of a keyframe is the position of its state; see `worker_widget.store.keyframes`.

``cells`` holds which run a notebook's cell shows. ``deleted`` holds the runs some of whose rows remain to be
deleted."""


class Database:
    """The connections to one history, in a file or in memory. Made by `open` or `memory`."""

    def __init__(self, writer: sqlite3.Connection, path: Path | None) -> None:
        self.path = path
        self._file = None if path is None else _identity(path)
        self._beside = () if path is None else tuple(map(_identity, database_files(path)[1:]))
        self._waited_at = float("-inf")
        self._writer = writer
        self._writing = threading.Lock()
        self.reads_in_turn = path is None
        """Whether the writer is what reads, so that a reader must not wait for another."""
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        # At exit too: Python warns of each connection that is not closed.
        self._finalizer = weakref.finalize(
            self, _close_connections, writer, self._writing, self._idle, os.getpid()
        )

    @classmethod
    def open(cls, path: Path) -> Database:
        """Opens the file at ``path``; a new file is readable by its owner only. Raises `HistoryError`."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _locked(path.parent):
                _move_leftovers(path)
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise HistoryError(
                f"The history at {path} cannot be opened: {error.strerror or error}. {_ELSEWHERE}"
            ) from error
        with _explained_errors(path):
            writer = _connect(path)
            try:
                if network_file_system(path) is not None:
                    _leave_log_mode(writer, path)
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

    @property
    def replaced(self) -> bool:
        """Whether another file is at the path than the one that was opened, or none.

        The open one can still be read, but what is written to it is lost.
        """
        return self.path is not None and _identity(self.path) != self._file

    def leave(self) -> None:
        """Renames the files beside a database that was replaced, so that the new one does not read them.

        SQLite would apply the log of the old one to it. Nothing is deleted.
        """
        if self.path is not None and self.replaced:
            files = zip(database_files(self.path)[1:], self._beside, strict=True)
            with suppress(OSError):
                _rename_left(
                    [path for path, known in files if known is not None and _identity(path) == known]
                )

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """The write connection, in a transaction that an exception in the block rolls back."""
        with self._writing, _explained_errors(self.path):
            self._check_writable()
            self._begin()
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    @contextmanager
    def write_if_free(self) -> Iterator[sqlite3.Connection | None]:
        """The same as `write`, or ``None`` if another thread or process is writing."""
        if not self._writing.acquire(blocking=False):
            yield None
            return
        try:
            with _explained_errors(self.path):
                self._check_writable()
                if not self._began():
                    yield None
                    return
                try:
                    yield self._writer
                    self._writer.execute("COMMIT")
                except BaseException:
                    if self._writer.in_transaction:
                        self._writer.execute("ROLLBACK")
                    raise
        finally:
            self._writing.release()

    def _begin(self) -> None:
        """Begins a transaction. Raises ``sqlite3.OperationalError`` if another process writes for long."""
        if time.monotonic() - self._waited_at < _LOCKED_S:
            self._begin_now()
            return
        try:
            self._writer.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if _is_busy(error):
                self._waited_at = time.monotonic()
            raise

    def _began(self) -> bool:
        """Begins a transaction, unless another process is writing."""
        try:
            self._begin_now()
        except sqlite3.OperationalError as error:
            if not _is_busy(error):
                raise
            return False
        return True

    def _begin_now(self) -> None:
        """Begins a transaction without a wait. Raises ``sqlite3.OperationalError``."""
        self._writer.execute("PRAGMA busy_timeout = 0")
        try:
            self._writer.execute("BEGIN IMMEDIATE")
        finally:
            self._writer.execute(f"PRAGMA busy_timeout = {round(1_000 * BUSY_SECONDS)}")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A connection for reading, which is the block's own until its end.

        All its statements see the same state of the file.
        """
        with _explained_errors(self.path):
            reader = None if self.path is None else self._reader(self.path)
            if reader is None:
                with self._writing:
                    self._check_open()
                    yield self._writer
                return
            try:
                reader.execute("BEGIN")
                yield reader
            finally:
                if reader.in_transaction:
                    reader.execute("ROLLBACK")
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

    def used_bytes(self) -> int:
        """The bytes of the pages that are in use."""
        with self.read() as db:
            (pages,) = db.execute("PRAGMA page_count").fetchone()
            (free,) = db.execute("PRAGMA freelist_count").fetchone()
            (page,) = db.execute("PRAGMA page_size").fetchone()
        return int((pages - free) * page)

    def vacuum(self) -> None:
        """Writes the file anew without gaps."""
        self._run_script("VACUUM")
        self._run_script("PRAGMA wal_checkpoint(TRUNCATE)")

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
            self._check_writable()
            self._writer.executescript(statement)
            (free,) = self._writer.execute("PRAGMA freelist_count").fetchone()
            return int(free)

    def close(self) -> None:
        """Closes all connections. May be called twice; any other method then raises `HistoryError`."""
        with self._writing:
            self._closed = True
            self._writer.close()
            self._close_idle()

    def _reader(self, path: Path) -> sqlite3.Connection | None:
        """A connection for reading; ``None`` if only the writer can read, which knows the tables from before.

        That is so where the part of the file that describes them is damaged.
        """
        self._check_open()
        with suppress(IndexError):
            return self._idle.pop()
        try:
            reader = _connect(path)
            reader.execute("PRAGMA query_only = ON")
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CORRUPT:
                self.reads_in_turn = True
                return None
            raise
        return reader

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _check_open(self) -> None:
        if self.closed:
            raise HistoryError(f"The history {self.location} has been closed. Open it again to use it.")

    def _check_writable(self) -> None:
        self._check_open()
        if self.replaced:
            raise HistoryError(
                f"The history {self.location} was moved, deleted or replaced while it was in use. Put it"
                " back, or go on with the one that is there, or is made there."
            )


def _close_connections(
    writer: sqlite3.Connection, writing: threading.Lock, idle: list[sqlite3.Connection], process: int
) -> None:
    if os.getpid() != process:  # a forked child must not close the connections of its parent
        return
    # At exit another thread can still write: SQLite crashes if its connection is closed meanwhile.
    if writing.acquire(timeout=_LAST_WRITE_S):
        try:
            writer.close()
        finally:
            writing.release()
    while idle:
        idle.pop().close()


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """Excludes other processes from making a database; without effect where files cannot be locked."""
    try:
        from fcntl import LOCK_EX, flock
    except ImportError:  # Windows
        yield
        return
    opened = os.open(directory, os.O_RDONLY)
    try:
        with suppress(OSError):
            flock(opened, LOCK_EX)
        yield
    finally:
        os.close(opened)


def _move_leftovers(path: Path) -> None:
    """Renames the log and index of a database that is no more, or is empty.

    SQLite would delete the log, and the index can be in use by the processes that have the old one open.
    """
    if _bytes(path) == 0:
        _rename_left([file for file in database_files(path)[1:] if file.exists()])


def _rename_left(files: list[Path]) -> None:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    for file in files:
        file.rename(file.with_name(f"{file.name}.left-{stamp}"))


def _is_busy(error: sqlite3.OperationalError) -> bool:
    """Whether another process is writing."""
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another one that is at the same path later; ``None`` if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


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
        if version == _CONVERTED_VERSION:
            _begin_conversion(db)
        elif version in _UPGRADES:
            _upgrade(db)
        elif version < SCHEMA_VERSION:
            raise HistoryError(
                f"The history at {path} was written by an older worker-widget (schema {version}; "
                f"this version reads {SCHEMA_VERSION}). {_SET_ASIDE} {_ELSEWHERE}"
            )
        return
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    _choose_journal(db, path)
    _create(db)


def _choose_journal(db: sqlite3.Connection, path: Path) -> None:
    """The write-ahead log, or the rollback journal where the file system has no memory to share."""
    if network_file_system(path) is not None:
        return
    try:
        db.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF not in {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PROTOCOL}:
            raise
        db.execute("PRAGMA journal_mode = DELETE")


def _leave_log_mode(db: sqlite3.Connection, path: Path) -> None:
    """Gives a file with a write-ahead log the rollback journal, as one that was moved to a network."""
    with path.open("rb") as file:
        file.seek(_FORMAT_OFFSET)
        if file.read(1) != _WITH_LOG:
            return
    db.execute("PRAGMA locking_mode = EXCLUSIVE")  # reads the log without shared memory
    db.execute("PRAGMA journal_mode = DELETE")
    db.execute("PRAGMA locking_mode = NORMAL")
    db.execute("SELECT count(*) FROM sqlite_master").fetchone()  # releases the lock


_FORMAT_OFFSET: Final = 18
_WITH_LOG: Final = b"\x02"
"""The byte of a database's header that says how it is written."""


def _begin_conversion(db: sqlite3.Connection) -> None:
    """Adds the tables of this schema to those of the former; see `worker_widget.store.conversion`."""
    db.execute("BEGIN IMMEDIATE")
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version == _CONVERTED_VERSION:  # another process may have begun meanwhile
        for statement in (_BLOCKS, _KEYFRAMES, *_PLACE_STAGES, _BY_OUTCOME):
            db.execute(statement)
        for column in ("newest_us INTEGER", "newest_id INTEGER", *_ADDED):
            db.execute(f"ALTER TABLE runs ADD COLUMN {column}")
        db.execute("DROP INDEX runs_by_creation")
        for index in _RUN_INDEXES:
            db.execute(index)
        db.execute(
            """CREATE TABLE unconverted (
                run      INTEGER PRIMARY KEY,
                position INTEGER NOT NULL DEFAULT 0,
                lines    INTEGER NOT NULL DEFAULT 0,
                routing  INTEGER NOT NULL DEFAULT 0,
                ledger   INTEGER NOT NULL DEFAULT 0,
                state    BLOB
            )"""
        )
        db.execute("INSERT INTO unconverted (run) SELECT run FROM runs")
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    db.execute("COMMIT")


def _upgrade(db: sqlite3.Connection) -> None:
    db.execute("BEGIN IMMEDIATE")
    (version,) = db.execute("PRAGMA user_version").fetchone()
    while version in _UPGRADES:  # another process may have done it meanwhile
        for statement in _UPGRADES[version]:
            db.execute(statement)
        version += 1
    db.execute(f"PRAGMA user_version = {version}")
    db.execute("COMMIT")


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

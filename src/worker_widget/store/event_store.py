"""The event log: every event of every run, on disk, once, in the order of arrival.

All that is known of a run comes out of here, whether it is live or long over. Raw bytes stay as they
came. An `EventStore` may be used from any thread, and any number of processes may use the same file
at once, also for the same run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection
from typing import Any, Final, TypedDict, Unpack
from urllib.parse import urlsplit, urlunsplit

import msgspec

from ..errors import HistoryError, RunUnknown
from ..events import Event, RunStarted, decode
from ..settings import home
from ..state.log_line import LoggedEvent
from ..state.run_state import Artifact, RunState
from . import database, events_table, log_table, routing_and_ledger
from .artifact_text import Chunk, chunk, newest_text, version_text, versions
from .database import NUMBER, PLACE_BITS, Database, stretch
from .log_index import EVERY_LINE, Facets, LineFilter, LogIndex, LogProgress, LogWindow, NextLine, StoredLine
from .routing_and_ledger import LedgerFilter, LedgerWindow, RoutingWindow

READ_EVENTS: Final = 1_000
"""How many events `EventStore.read` gives at once unless it is told."""

_INT64: Final = 1 << 63
_ROWS_AT_ONCE: Final = 4_096
_BEGINNING: Final = 8
"""Among how many first events a run's beginning is looked for: it is the first, unless some went missing."""


class RunSummary(TypedDict, total=False):
    """What a run's row tells without reading its log. Times are µs since the epoch, UTC."""

    task: str | None
    status: str
    success: bool | None
    error: str | None
    started_us: int | None
    ended_us: int | None
    tokens: int | None
    latency_ms: float | None
    replay_token: dict[str, Any] | None


class RunRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the history.

    ``created_us`` is when it was first heard of here, ``updated_us`` when its row last changed, both
    in µs since the epoch, UTC. ``events`` and ``lines`` count what its logs hold; ``last_id`` is what
    the stream numbered the last event, if it numbers them.
    """

    run_id: str
    worker: str
    origin: str
    task: str | None
    status: str
    success: bool | None
    error: str | None
    started_us: int | None
    ended_us: int | None
    tokens: int | None
    latency_ms: float | None
    replay_token: dict[str, Any] | None
    created_us: int
    updated_us: int
    events: int
    lines: int
    last_id: str | None


class EventStore:
    """The history of this user's runs. Make one with `open` or `memory`.

    Every method raises `HistoryError` where the file fails, and `RunUnknown` for a run that is not
    in it, unless it says otherwise.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._index = LogIndex(db)

    @classmethod
    def open(cls, path: Path | None = None) -> EventStore:
        """The history at ``path``, made if missing; by default ``history.db`` in `home()`."""
        return cls(Database.open(default_path() if path is None else path))

    @classmethod
    def memory(cls) -> EventStore:
        """A private history that is gone when it is closed."""
        return cls(Database.memory())

    @staticmethod
    def set_aside(path: Path | None = None) -> Path:
        """Rename a damaged history so that a new one can begin; where it is now. Nothing is deleted."""
        return database.set_aside(default_path() if path is None else path, datetime.now(UTC))

    @property
    def path(self) -> Path | None:
        """The file, or ``None`` for a history in memory."""
        return self._db.path

    def __repr__(self) -> str:
        return f"<EventStore {self._db.where}>"

    def close(self) -> None:
        """Let go of the file. Twice is fine; any other use afterwards raises `HistoryError`."""
        self._db.close()

    def size(self) -> int:
        """Bytes that the history takes on disk or in memory."""
        return self._db.size()

    # --- runs ----------------------------------------------------------------------------------

    def begin(self, run_id: str, *, worker: str, origin: str, task: str | None = None, time_us: int) -> None:
        """Make room for a run, ``time_us`` being when it was first heard of.

        A run that is known keeps its log and its time; only where it is served is told anew. Of an
        address with a user, a password or a query in it, those are not kept.
        """
        with self._db.write() as db:
            db.execute(
                """INSERT INTO runs (run_id, worker, origin, task, created_us, updated_us)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?5)
                   ON CONFLICT (run_id) DO UPDATE SET
                       worker = ?2, origin = ?3, task = coalesce(task, ?4)""",
                (run_id, worker, _address(origin), task, time_us),
            )

    def summarise(self, run_id: str, **columns: Unpack[RunSummary]) -> None:
        """Write what is known of a run into its row; columns that are not named stay."""
        if not columns:
            return
        values: dict[str, Any] = {**columns, "updated_us": events_table.now_us()}
        if values.get("replay_token") is not None:
            values["replay_token"] = msgspec.json.encode(values["replay_token"]).decode()
        if "tokens" in values:
            values["tokens"] = _int64(values["tokens"])
        assignments = ", ".join(f"{column} = :{column}" for column in values)
        with self._db.write() as db:
            done = db.execute(
                f"UPDATE runs SET {assignments} WHERE run_id = :run_id", {**values, "run_id": run_id}
            )
            if not done.rowcount:
                raise self._unknown(run_id)

    def run(self, run_id: str) -> RunRecord | None:
        """One run, or ``None`` if it is not known here."""
        with self._db.read() as db:
            row = db.execute(f"SELECT {_RECORD} FROM runs WHERE run_id = ?", (run_id,)).fetchone()
        return None if row is None else _record(row)

    def known_run(self, run_id: str) -> RunRecord:
        """One run. Raises `RunUnknown`."""
        record = self.run(run_id)
        if record is None:
            raise self._unknown(run_id)
        return record

    def runs(
        self,
        limit: int | None = None,
        *,
        status: str | Collection[str] | None = None,
        since_us: int | None = None,
        worker: str | None = None,
        before: str | None = None,
    ) -> list[RunRecord]:
        """Runs, the newest first.

        ``status`` is one or several; ``since_us`` and later is when they were created; ``before`` is
        the run id after which to go on, to read page by page.
        """
        conditions = ["TRUE"]
        values: list[Any] = []
        if status is not None:
            wanted = [status] if isinstance(status, str) else list(status)
            conditions.append(f"status IN ({','.join('?' * len(wanted))})")
            values += wanted
        if since_us is not None:
            conditions.append("created_us >= ?")
            values.append(since_us)
        if worker is not None:
            conditions.append("worker = ?")
            values.append(worker)
        if before is not None:
            conditions.append("(created_us, run) < (SELECT created_us, run FROM runs WHERE run_id = ?)")
            values.append(before)
        values.append(-1 if limit is None else limit)
        with self._db.read() as db:
            rows = db.execute(
                f"""SELECT {_RECORD} FROM runs WHERE {" AND ".join(conditions)}
                    ORDER BY created_us DESC, run DESC LIMIT ?""",
                values,
            ).fetchall()
        return [_record(row) for row in rows]

    def beginnings(self, run_ids: Collection[str]) -> dict[str, RunStarted]:
        """What runs were begun with, by run id; without those whose log does not say so at its start."""
        marks = ",".join("?" * len(run_ids))
        with self._db.read() as db:
            rows = db.execute(
                f"""SELECT run_id, type, raw FROM runs JOIN events
                        ON place BETWEEN (run << {PLACE_BITS}) + 1 AND (run << {PLACE_BITS}) + {_BEGINNING}
                    WHERE run_id IN ({marks}) AND type = 'run_started' ORDER BY place""",
                list(run_ids),
            ).fetchall()
        told = ((run_id, decode(raw, kind).data) for run_id, kind, raw in rows)
        return {run_id: data for run_id, data in told if isinstance(data, RunStarted)}

    def follow_in(self, cell: str, run_id: str | None) -> None:
        """Remember which run a notebook's cell follows, ``None`` for none any more."""
        with self._db.write() as db:
            if run_id is None:
                db.execute("DELETE FROM cells WHERE cell = ?", (cell,))
            else:
                db.execute("INSERT OR REPLACE INTO cells VALUES (?, ?)", (cell, run_id))

    def followed_in(self, cell: str) -> RunRecord | None:
        """The run that a notebook's cell follows, or followed when its kernel ended."""
        with self._db.read() as db:
            row = db.execute(
                f"SELECT {_RECORD} FROM runs JOIN cells USING (run_id) WHERE cell = ?", (cell,)
            ).fetchone()
        return None if row is None else _record(row)

    def delete(self, run_id: str) -> None:
        """Forget a run and give its room on the disk back.

        It is unknown at once. Its rows go a few thousand at a time, so that others can write between;
        if that is interrupted, the next deletion goes on with it.
        """
        with self._db.write() as db:
            run = self._head(db, run_id).run
            db.execute("DELETE FROM runs WHERE run = ?", (run,))
            db.execute("INSERT INTO deleted VALUES (?)", (run,))
        with self._db.read() as db:
            unfinished = db.execute("SELECT run FROM deleted").fetchall()
        for (run,) in unfinished:
            for statement in events_table.DELETIONS:
                while self._delete_some(statement, run):
                    pass
            with self._db.write() as db:
                db.execute("DELETE FROM deleted WHERE run = ?", (run,))
        self._db.give_back()

    # --- events --------------------------------------------------------------------------------

    def append(self, run_id: str, events: Sequence[Event], *, after: int | None = None) -> list[LoggedEvent]:
        """Put the events that are new at the end of a run's log; those, at their positions.

        An event whose `Event.key` the log holds is left out. With ``after`` the answer is all that
        follows that position: someone who names the last event they know misses none, even while
        another process writes the same run. All or nothing is written.
        """
        batch: dict[bytes, Event] = {}
        for event in events:
            batch.setdefault(event.key, event)
        try:
            return self._append(run_id, batch, after, look_up=False)
        except events_table.Repeated:
            return self._append(run_id, batch, after, look_up=True)

    def read(self, run_id: str, after: int = 0, limit: int = READ_EVENTS) -> list[LoggedEvent]:
        """Up to ``limit`` events that follow position ``after``, in order."""
        with self._db.read() as db:
            return events_table.read(db, self._head(db, run_id).run, after, limit)

    def iterate(self, run_id: str, *, without: Collection[str] = ()) -> Iterator[LoggedEvent]:
        """All events of a run, in order, except the types in ``without``; few are held at once."""
        with self._db.read() as db:
            run = self._head(db, run_id).run
        position = 0
        while True:
            with self._db.read() as db:
                events = events_table.read(db, run, position, READ_EVENTS, without)
            yield from events
            if len(events) < READ_EVENTS:
                return
            position = events[-1].position

    def last_id(self, run_id: str) -> str | None:
        """What the stream numbered the last event, to resume behind it; ``None`` if nothing."""
        record = self.run(run_id)
        return None if record is None else record.last_id

    # --- the log -------------------------------------------------------------------------------

    def log_total(self, run_id: str, only: LineFilter = EVERY_LINE) -> int:
        """How many log lines match. A pattern that cannot be used raises `PatternError`, here and below."""
        return self.log_scan(run_id, only).count

    def log_scan(self, run_id: str, only: LineFilter, seconds: float | None = None) -> LogProgress:
        """Look further through the log, for about ``seconds``, and say how far that is.

        Lines are looked at once, from the first to the last. 0 means no further. ``None`` means to the
        end, and then a pattern that cannot be used raises `PatternError`; else the answer tells of it.
        """
        head = self._log_head(run_id)
        return self._index.scan(head.run, only, head.lines, seconds)

    def log_window(
        self, run_id: str, only: LineFilter, start: int, count: int, seconds: float | None = None
    ) -> LogWindow:
        """``count`` matching log lines from the ``start``-th on (from 0), as far as there are.

        With ``seconds`` it may be that the log is looked through only in part; see `log_scan`.
        """
        head = self._log_head(run_id)
        return self._index.window(head.run, only, head.lines, start, count, seconds)

    def log_index(self, run_id: str, only: LineFilter, n: int) -> int:
        """How many matching log lines stand before the ``n``-th of the log.

        That is the index (from 0) of the first one that does not.
        """
        head = self._log_head(run_id)
        return self._index.before(head.run, only, head.lines, n, None)

    def log_number(self, run_id: str, position: int) -> int:
        """The number (from 1) of the first log line at or after the event at ``position``."""
        with self._db.read() as db:
            head = self._head(db, run_id)
            return log_table.before_position(db, head.run, head.lines, position) + 1

    def log_number_at(self, run_id: str, time_us: int) -> int:
        """The number (from 1) of the first log line at or after a time, in µs since the epoch.

        Where times go back and forth, it is a line at which they pass that one.
        """
        with self._db.read() as db:
            head = self._head(db, run_id)
            return log_table.before_time(db, head.run, head.lines, time_us) + 1

    def log_next(self, run_id: str, only: LineFilter, want: LineFilter, start: int, way: int) -> NextLine:
        """The line nearest to the ``start``-th matching one (from 0) that ``want`` lets through too.

        It comes after that with ``way`` 1, before it with -1; past the last it goes on at the first. -1
        as ``start`` means before all lines, their number behind them.
        """
        head = self._log_head(run_id)
        return self._index.next(head.run, only, want, head.lines, start, way)

    def log_facets(self, run_id: str, seconds: float | None = None) -> Facets:
        """Which agents and stages the log tells of, and how many lines each has.

        With ``seconds`` it goes on counting for about so long; ``None`` means to the end.
        """
        head = self._log_head(run_id)
        return self._index.facets(head.run, head.lines, seconds)

    def log_rows(self, run_id: str, only: LineFilter = EVERY_LINE) -> Iterator[StoredLine]:
        """All matching log lines, in order; few are held at once."""
        start = 0
        while True:
            window = self.log_window(run_id, only, start, _ROWS_AT_ONCE)
            yield from window.rows
            start += len(window.rows)
            if start >= window.total:
                return

    # --- routing and ledger ------------------------------------------------------------------------

    def routing_window(self, run_id: str, stage_id: str | None, start: int, count: int) -> RoutingWindow:
        """``count`` routing decisions, all or of one stage, from the ``start``-th on (from 0)."""
        with self._db.read() as db:
            return routing_and_ledger.routing_window(db, self._head(db, run_id).run, stage_id, start, count)

    def ledger_window(
        self, run_id: str, stage_id: str | None, kind: LedgerFilter, start: int, count: int
    ) -> LedgerWindow:
        """``count`` rows of failures and recovery from the ``start``-th on (from 0)."""
        with self._db.read() as db:
            return routing_and_ledger.ledger_window(
                db, self._head(db, run_id).run, stage_id, kind, start, count
            )

    # --- artifacts -----------------------------------------------------------------------------

    def artifact_text(self, run_id: str, file: str, version: int | None = None) -> str | None:
        """The text of an artifact, by its file name; ``None`` if none came.

        It is that of one ``version`` (from 1), by default the newest, as far as it has come.
        """
        with self._db.read() as db:
            run = self._head(db, run_id).run
            if version is not None:
                return version_text(events_table.artifact_events(db, run, file, 0), version)
            return newest_text(events_table.artifact_events_back(db, run, file, NUMBER + 1))

    def artifact_versions(self, run_id: str, file: str) -> list[Artifact]:
        """Every version of an artifact as it was at its last, the oldest first; none if it is not known."""
        with self._db.read() as db:
            run = self._head(db, run_id).run
            return versions(events_table.artifact_events(db, run, file, 0))

    def artifact_chunks(
        self, run_id: str, file: str, after: int = 0, *, enough: int | None = None
    ) -> list[Chunk]:
        """What the events that follow position ``after`` add to an artifact's text.

        With ``enough`` it stops behind the chunk that brings that many characters. Go on from the last
        chunk's position: all reads of a run together then cost what its text is long.
        """
        chunks: list[Chunk] = []
        chars = 0
        with self._db.read() as db:
            run = self._head(db, run_id).run
            for logged in events_table.artifact_events(db, run, file, after):
                before = events_table.artifact_events_back(db, run, file, logged.position)
                added = chunk(logged, before)
                chunks.append(added)
                chars += len(added.text)
                if enough is not None and chars >= enough:
                    break
        return chunks

    # -------------------------------------------------------------------------------------------

    def _append(
        self, run_id: str, batch: dict[bytes, Event], after: int | None, *, look_up: bool
    ) -> list[LoggedEvent]:
        with self._db.write() as db:
            head = self._head(db, run_id)
            if look_up:
                batch = events_table.new_ones(db, head.run, batch)
            logged = events_table.insert(db, head, batch) if batch else []
            if after is not None and after < head.events:
                return events_table.read(db, head.run, after, head.events - after) + logged
            return logged

    def _delete_some(self, statement: str, run: int) -> int:
        first, last = stretch(run)
        with self._db.write() as db:
            return db.execute(statement, {"run": run, "first": first, "last": last}).rowcount

    def _head(self, db: Connection, run_id: str) -> events_table.Head:
        row = db.execute(
            "SELECT run, events, lines, routing, ledger, last_id FROM runs WHERE run_id = ?", (run_id,)
        ).fetchone()
        if row is None:
            raise self._unknown(run_id)
        return events_table.Head(*row)

    def _log_head(self, run_id: str) -> events_table.Head:
        with self._db.read() as db:
            return self._head(db, run_id)

    def _unknown(self, run_id: str) -> RunUnknown:
        return RunUnknown(
            f"There is no run {run_id!r} in the history {self._db.where}. "
            "Look for its id among the runs of the history."
        )


_RECORD: Final = ", ".join(RunRecord.__struct_fields__)


def default_path() -> Path:
    """``history.db`` in `home()`. Raises `HistoryError` where that cannot be made."""
    try:
        return home() / "history.db"
    except OSError as error:
        raise HistoryError(
            f"The directory for the history cannot be made: {error}. "
            "Set WORKER_WIDGET_HOME to a directory that you may write to."
        ) from error


def _address(origin: str) -> str:
    """An address without what could be a secret in it; other words as they are."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return ""
    if not parts.netloc:
        return origin
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def _record(row: tuple[Any, ...]) -> RunRecord:
    values = dict(zip(RunRecord.__struct_fields__, row, strict=True))
    values["success"] = None if values["success"] is None else bool(values["success"])
    token = values["replay_token"]
    values["replay_token"] = None if token is None else msgspec.json.decode(token)
    return RunRecord(**values)


def _int64(value: int | None) -> int | None:
    """A count as SQLite can hold it; a server may say any number."""
    return None if value is None else max(-_INT64, min(value, _INT64 - 1))


def summary(state: RunState) -> RunSummary:
    """What `EventStore.summarise` is to write for a run in this state."""
    return {
        "task": state.task,
        "status": state.status,
        "success": state.success,
        "error": state.error,
        "started_us": state.started_us,
        "ended_us": state.ended_us,
        "tokens": state.tokens,
        "latency_ms": state.latency_ms,
        "replay_token": state.replay_token,
    }

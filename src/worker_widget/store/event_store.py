"""`EventStore`: the event log on disk. It holds every event of every run once, in the order of arrival.

Everything about a run is read from here, during the run and after it. The raw bytes of events are kept
unchanged. An `EventStore` may be used from any thread, and several processes may use the same file at the
same time, also for the same run.
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
from ..events import Event, decode
from ..events.vocabulary import SentenceSource
from ..settings import home
from ..state.log_line import LoggedEvent
from ..state.reduce import reduce
from ..state.run_state import Artifact, RunState
from . import database, events_table, log_table, routing_and_ledger
from .artifact_text import (
    Chunk,
    chunk,
    newest_sources,
    newest_text,
    version_sources,
    version_text,
    versions,
)
from .database import NUMBER_MASK, ROW_BITS, ROWS_AT_ONCE, Database, key_range
from .line_filter import EVERY_LINE, LineFilter
from .log_index import Facets, LogIndex, LogProgress, LogWindow, NextLine
from .log_table import StoredLine
from .routing_and_ledger import IncidentWindow, LedgerWindow, RoutingWindow

READ_EVENTS: Final = 1_000
"""The default of the most events that `EventStore.read` returns."""

_INT64: Final = 1 << 63
_ROWS_AT_ONCE: Final = 4_096
_FIRST_EVENTS: Final = 8
"""The request of a run is searched for among so many first events: it is the first, unless events are
missing."""


class RunSummary(TypedDict, total=False):
    """The columns of a run that are derived from its log. Times are µs since the epoch, UTC."""

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

    ``created_us`` is when it was added to the history, ``updated_us`` when its record last changed, both in
    µs since the epoch, UTC. ``events`` and ``lines`` are the numbers of its events and log lines. ``last_id``
    is the stream's id of the last event, ``None`` if the stream has no ids.
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
    """The history of this user's runs, opened by `open` or `memory`.

    Every method raises `HistoryError` if the file cannot be used, and `RunUnknown` for a run that is not in
    the history, unless its docstring states another result.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._index = LogIndex(db)

    @classmethod
    def open(cls, path: Path | None = None) -> EventStore:
        """Opens the history at ``path`` (by default ``history.db`` in `home()`), or makes a new one."""
        return cls(Database.open(default_path() if path is None else path))

    @classmethod
    def memory(cls) -> EventStore:
        """Makes a history in memory, which `close` deletes."""
        return cls(Database.memory())

    @staticmethod
    def set_aside(path: Path | None = None) -> Path:
        """Renames a damaged history and returns its new path, so that a new history can be made.

        Nothing is deleted.
        """
        return database.set_aside(default_path() if path is None else path, datetime.now(UTC))

    @property
    def path(self) -> Path | None:
        """The file's path, or ``None`` for a history in memory."""
        return self._db.path

    @property
    def closed(self) -> bool:
        """Whether the history has been closed: by `close`, or because the process is ending."""
        return self._db.closed

    def __repr__(self) -> str:
        return f"<EventStore {self._db.location}>"

    def close(self) -> None:
        """Closes the file. May be called twice; any other method then raises `HistoryError`."""
        self._db.close()

    def size(self) -> int:
        """The size of the history in bytes."""
        return self._db.size()

    # --- runs ----------------------------------------------------------------------------------

    def begin(self, run_id: str, *, worker: str, origin: str, task: str | None = None, time_us: int) -> None:
        """Adds a run that was created at ``time_us``.

        A run that is in the history keeps its log and its time, and gets the new ``worker`` and ``origin``.
        The user, password and query of an address in ``origin`` are not stored.
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
        """Sets columns of a run's record; columns that are not named stay unchanged."""
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
        """The record of a run, or ``None`` if it is not in the history."""
        with self._db.read() as db:
            row = db.execute(f"SELECT {_RECORD} FROM runs WHERE run_id = ?", (run_id,)).fetchone()
        return None if row is None else _record(row)

    def known_run(self, run_id: str) -> RunRecord:
        """The record of a run. Raises `RunUnknown`."""
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
        """The records of runs, newest first.

        ``status`` is one status or several. ``since_us`` is the earliest time of creation. ``before`` is the
        last run id of the page before, to read the next page.
        """
        conditions = ["TRUE"]
        values: list[Any] = []
        if status is not None:
            statuses = [status] if isinstance(status, str) else list(status)
            conditions.append(f"status IN ({','.join('?' * len(statuses))})")
            values += statuses
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

    def run_count(self) -> int:
        """The number of runs in the history."""
        with self._db.read() as db:
            (count,) = db.execute("SELECT count(*) FROM runs").fetchone()
        return int(count)

    def opening_states(self, run_ids: Sequence[str]) -> dict[str, RunState]:
        """The states of runs, by run id, after the events with their request: ``run_requested`` and
        ``run_started``. A run whose log starts without them is left out."""
        states: dict[str, RunState] = {}
        for start in range(0, len(run_ids), ROWS_AT_ONCE):
            part = run_ids[start : start + ROWS_AT_ONCE]
            with self._db.read() as db:
                rows = db.execute(
                    f"""SELECT run_id, row_key, type, raw FROM runs JOIN events
                            ON row_key BETWEEN (run << {ROW_BITS}) + 1
                                AND (run << {ROW_BITS}) + {_FIRST_EVENTS}
                        WHERE run_id IN ({",".join("?" * len(part))})
                            AND type IN ('run_requested', 'run_started') ORDER BY row_key""",
                    part,
                ).fetchall()
            for run_id, key, kind, raw in rows:
                logged = LoggedEvent(key & NUMBER_MASK, decode(raw, kind))
                states[run_id] = reduce(states.get(run_id, RunState()), logged)
        return states

    def set_shown_run(self, cell: str, run_id: str | None) -> None:
        """Stores which run a notebook's cell shows, ``None`` for none."""
        with self._db.write() as db:
            if run_id is None:
                db.execute("DELETE FROM cells WHERE cell = ?", (cell,))
            else:
                db.execute("INSERT OR REPLACE INTO cells VALUES (?, ?)", (cell, run_id))

    def shown_run(self, cell: str) -> RunRecord | None:
        """The run that a notebook's cell shows, or showed when its kernel ended."""
        with self._db.read() as db:
            row = db.execute(
                f"SELECT {_RECORD} FROM runs JOIN cells USING (run_id) WHERE cell = ?", (cell,)
            ).fetchone()
        return None if row is None else _record(row)

    def delete(self, run_id: str) -> None:
        """Deletes a run and frees its disk space.

        The run is unknown at once. Its rows are deleted a few thousand at a time, so that other writes can
        happen in between. The next call continues an interrupted deletion.
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
        self._db.reclaim_space()

    # --- events --------------------------------------------------------------------------------

    def append(self, run_id: str, events: Sequence[Event], *, after: int | None = None) -> list[LoggedEvent]:
        """Appends new events to a run's log and returns them with their positions.

        An event whose `Event.key` is in the log is left out. With ``after``, all events after that position
        are returned, so that a caller that passes the last position it knows misses no event of another
        process that writes the same run. Either all events are written or none.
        """
        batch: dict[bytes, Event] = {}
        for event in events:
            batch.setdefault(event.key, event)
        try:
            return self._append(run_id, batch, after, check_keys=False)
        except events_table.RepeatedEvents:
            return self._append(run_id, batch, after, check_keys=True)

    def read(self, run_id: str, after: int = 0, limit: int = READ_EVENTS) -> list[LoggedEvent]:
        """Reads up to ``limit`` events after position ``after``, in order."""
        with self._db.read() as db:
            return events_table.read(db, self._head(db, run_id).run, after, limit)

    def iterate(self, run_id: str, *, without: Collection[str] = ()) -> Iterator[LoggedEvent]:
        """Iterates over the events of a run, in order, except the types in ``without``.

        At most `READ_EVENTS` are in memory at the same time.
        """
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
        """The stream's id of the last event, to resume after it; ``None`` if it has none."""
        record = self.run(run_id)
        return None if record is None else record.last_id

    # --- the log -------------------------------------------------------------------------------

    # ``line`` is a line's number in the run's log (from 1), ``index`` its place among the lines that pass a
    # filter (from 0). A method that scans the whole log raises `PatternError` for a pattern that is invalid
    # or takes too long.

    def log_total(self, run_id: str, filter: LineFilter = EVERY_LINE) -> int:
        """The number of log lines that pass the filter."""
        return self.log_scan(run_id, filter).count

    def log_scan(self, run_id: str, filter: LineFilter, seconds: float | None = None) -> LogProgress:
        """Scans the log under a filter for about ``seconds`` and returns the progress.

        The scan continues where an earlier one ended. 0 means not at all; ``None`` means to the end. With
        ``seconds``, an error in a pattern is part of the progress instead of an exception.
        """
        head = self._log_head(run_id)
        return self._index.scan(head.run, filter, head.lines, seconds)

    def log_window(
        self, run_id: str, filter: LineFilter, start: int, count: int, seconds: float | None = None
    ) -> LogWindow:
        """Reads up to ``count`` log lines that pass the filter, from index ``start`` on.

        With ``seconds`` only a part of the log may be scanned; see `log_scan`.
        """
        head = self._log_head(run_id)
        return self._index.window(head.run, filter, head.lines, start, count, seconds)

    def log_index(self, run_id: str, filter: LineFilter, line: int) -> int:
        """The index of the first log line at or after ``line`` that passes the filter.

        It is the number of passing lines before ``line``, also if none follows.
        """
        head = self._log_head(run_id)
        return self._index.matches_before(head.run, filter, head.lines, line, None)

    def log_line_at_position(self, run_id: str, position: int) -> int:
        """The number of the first log line at or after the event at ``position``."""
        with self._db.read() as db:
            head = self._head(db, run_id)
            return log_table.lines_before_position(db, head.run, head.lines, position) + 1

    def log_line_at_time(self, run_id: str, time_us: int) -> int:
        """The number of the first log line at or after a time, in µs since the epoch.

        If the times of the lines go back and forth, it is one of the lines at which they pass that time.
        """
        with self._db.read() as db:
            head = self._head(db, run_id)
            return log_table.lines_before_time(db, head.run, head.lines, time_us) + 1

    def log_next(
        self, run_id: str, filter: LineFilter, wanted: LineFilter, start: int, direction: int
    ) -> NextLine:
        """Finds the line nearest to index ``start`` under ``filter`` that also passes ``wanted``.

        It follows ``start`` for ``direction`` 1 and precedes it for -1; after the last line the search
        continues at the first, and the reverse. A ``start`` of -1 is before the first line, and the total
        number of lines is after the last.
        """
        head = self._log_head(run_id)
        return self._index.next(head.run, filter, wanted, head.lines, start, direction)

    def log_facets(self, run_id: str, seconds: float | None = None) -> Facets:
        """Counts the log lines by agent and by stage, for about ``seconds``; ``None`` means to the end."""
        head = self._log_head(run_id)
        return self._index.facets(head.run, head.lines, seconds)

    def log_rows(self, run_id: str, filter: LineFilter = EVERY_LINE) -> Iterator[StoredLine]:
        """Iterates over the log lines that pass the filter, in order; at most 4,096 are in memory."""
        start = 0
        while True:
            window = self.log_window(run_id, filter, start, _ROWS_AT_ONCE)
            yield from window.rows
            start += len(window.rows)
            if start >= window.total:
                return

    # --- routing and ledger ------------------------------------------------------------------------

    def routing_window(self, run_id: str, stage_id: str | None, start: int, count: int) -> RoutingWindow:
        """Reads up to ``count`` routing decisions, of all stages or one, from index ``start`` on (from 0)."""
        with self._db.read() as db:
            return routing_and_ledger.routing_window(db, self._head(db, run_id).run, stage_id, start, count)

    def ledger_window(
        self, run_id: str, incident: int, stage_id: str | None, start: int, count: int
    ) -> LedgerWindow:
        """Reads up to ``count`` ledger rows of an incident, from index ``start`` on (from 0).

        The number 0 stands for the checks that passed, those of all stages or of one.
        """
        with self._db.read() as db:
            run = self._head(db, run_id).run
            return routing_and_ledger.ledger_window(db, run, incident, stage_id, start, count)

    def incident_window(self, run_id: str, stage_id: str | None, start: int, count: int) -> IncidentWindow:
        """Reads up to ``count`` incidents, of all stages or one, from index ``start`` on (from 0).

        Problems that remain come first; of these and of the others the newest comes first.
        """
        with self._db.read() as db:
            run = self._head(db, run_id).run
            return routing_and_ledger.incident_window(db, run, stage_id, start, count)

    # --- artifacts -----------------------------------------------------------------------------

    def artifact_text(self, run_id: str, file: str, version: int | None = None) -> str | None:
        """The text of an artifact, by its file name; ``None`` if it has no text.

        ``version`` counts from 1; the default is the newest version, as far as it has arrived.
        """
        with self._db.read() as db:
            run = self._head(db, run_id).run
            if version is not None:
                return version_text(events_table.artifact_events(db, run, file, 0), version)
            return newest_text(events_table.artifact_events_back(db, run, file, NUMBER_MASK + 1))

    def artifact_sources(self, run_id: str, file: str, version: int | None = None) -> list[SentenceSource]:
        """The sources of an artifact's sentences, in their order; empty if the worker sent none.

        ``version`` counts from 1; the default is the newest version.
        """
        with self._db.read() as db:
            run = self._head(db, run_id).run
            if version is not None:
                return version_sources(events_table.artifact_events(db, run, file, 0, sources=True), version)
            back = events_table.artifact_events_back(db, run, file, NUMBER_MASK + 1, sources=True)
            return newest_sources(back)

    def artifact_versions(self, run_id: str, file: str) -> list[Artifact]:
        """The last state of each version of an artifact, oldest first; empty for an unknown artifact."""
        with self._db.read() as db:
            run = self._head(db, run_id).run
            return versions(events_table.artifact_events(db, run, file, 0))

    def artifact_chunks(
        self, run_id: str, file: str, after: int = 0, *, stop_chars: int | None = None
    ) -> list[Chunk]:
        """The text that the events after position ``after`` add to an artifact.

        With ``stop_chars``, the last chunk is the one with which all chunks have that many characters. The
        last chunk's position is ``after`` for the next call, so that each event is read once.
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
                if stop_chars is not None and chars >= stop_chars:
                    break
        return chunks

    # -------------------------------------------------------------------------------------------

    def _append(
        self, run_id: str, batch: dict[bytes, Event], after: int | None, *, check_keys: bool
    ) -> list[LoggedEvent]:
        with self._db.write() as db:
            head = self._head(db, run_id)
            if check_keys:
                batch = events_table.without_repeated(db, head.run, batch)
            logged = events_table.insert(db, head, batch) if batch else []
            if after is not None and after < head.events:
                return events_table.read(db, head.run, after, head.events - after) + logged
            return logged

    def _delete_some(self, statement: str, run: int) -> int:
        first, last = key_range(run)
        with self._db.write() as db:
            return db.execute(statement, {"run": run, "first": first, "last": last}).rowcount

    def _head(self, db: Connection, run_id: str) -> events_table.Head:
        row = db.execute(
            "SELECT run, events, lines, routing, ledger, last_id, book FROM runs WHERE run_id = ?", (run_id,)
        ).fetchone()
        if row is None:
            raise self._unknown(run_id)
        return events_table.Head(*row)

    def _log_head(self, run_id: str) -> events_table.Head:
        with self._db.read() as db:
            return self._head(db, run_id)

    def _unknown(self, run_id: str) -> RunUnknown:
        return RunUnknown(
            f"There is no run {run_id!r} in the history {self._db.location}. "
            "See the history's list of runs for their ids."
        )


_RECORD: Final = ", ".join(RunRecord.__struct_fields__)


def default_path() -> Path:
    """The path of ``history.db`` in `home()`. Raises `HistoryError` if the directory cannot be made."""
    try:
        return home() / "history.db"
    except OSError as error:
        raise HistoryError(
            f"The directory for the history cannot be made: {error}. "
            "Set WORKER_WIDGET_HOME to a writable directory."
        ) from error


def _address(origin: str) -> str:
    """An address without user, password and query, which may be secret; other text unchanged."""
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
    """A number limited to the range of SQLite's integers; a server may send any number."""
    return None if value is None else max(-_INT64, min(value, _INT64 - 1))


def summary(state: RunState) -> RunSummary:
    """The arguments of `EventStore.summarise` for a run in this state."""
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

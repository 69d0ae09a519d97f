"""`EventStore`: the event log on disk. It holds every event of every run once, in the order of arrival.

Everything about a run is read from here, during the run and after it. The raw bytes of events are kept
unchanged. An `EventStore` may be used from any thread, and several processes may use the same file at the
same time, also for the same run.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from typing import Any, Final, Literal, NamedTuple, TypeVar, Unpack
from urllib.parse import urlsplit, urlunsplit

import msgspec

from ..errors import HistoryError, RunUnknown
from ..events import TERMINAL, Event, RunReconciled
from ..events.vocabulary import SentenceSource
from ..retention import KeptRun
from ..settings import home
from ..state.figures import Figures, with_event
from ..state.incident import Incident
from ..state.log_line import LoggedEvent
from ..state.range_state import RangeParts, range_state
from ..state.reduce import reduce_all
from ..state.routing_and_ledger import LEDGER_TYPES, routing_row
from ..state.run_state import ENDED, Artifact, LedgerRow, RoutingRow, RunState, Stage
from . import (
    blocks_table,
    database,
    events_table,
    log_table,
    past_stages,
    range_stages,
    routing_and_ledger,
    run_blocks,
    run_list,
    run_records,
    stages_table,
)
from .artifact_text import (
    Chunk,
    chunk,
    newest_sources,
    newest_text,
    version_sources,
    version_text,
    versions,
)
from .blocks_table import SEARCHED_BYTES, WINDOW_BYTES, BlockReader
from .conversion import convert
from .database import NUMBER_MASK, Database, key_range
from .events_table import EventBytes
from .line_filter import EVERY_LINE, LineFilter
from .log_index import Facets, LogIndex, LogProgress, LogWindow, NextLine
from .log_search import LogSearch
from .log_table import StoredLine
from .past_stages import PastRun
from .routing_and_ledger import IncidentWindow, LedgerWindow, RoutingWindow
from .run_blocks import BlockQuery, BlockResult, RunKey, StoredBlock
from .run_list import RunFacets, RunFilter, RunWindow
from .run_records import RunChoice, RunRecord, RunSummary
from .run_search import RunSearches, RunsFound
from .stages_table import StageWindow
from .states import StateProgress, StateReader
from .time_axis import AxisMarks, KeptResults, TimeAxes, TimeAxis

T = TypeVar("T")


class _Log(NamedTuple):
    """The first ``lines`` lines of a run's log; ``upto`` is the last position before the next. The first
    ``skip`` of them are left out."""

    run: int
    lines: int
    upto: int | None
    skip: int


READ_EVENTS: Final = 1_000
"""The default of the most events that `EventStore.read` returns."""

_INTERRUPTED_US: Final = 7 * 24 * 60 * 60 * 1_000_000
_ROWS_AT_ONCE: Final = 4_096
_ENDS: Final = frozenset({*TERMINAL, RunReconciled})
"""The payloads that end a run, or can."""


class EventStore:
    """The history of this user's runs, opened by `open` or `memory`.

    Every method raises `HistoryError` if the file cannot be used, and `RunUnknown` for a run that is not in
    the history, unless its docstring states another result.
    """

    def __init__(self, db: Database, unavailable: HistoryError | None = None) -> None:
        self._db = db
        self.unavailable = unavailable
        """Why this store in memory is used and not the file; ``None`` for any other."""
        searched = BlockReader(SEARCHED_BYTES)
        self._blocks = BlockReader(WINDOW_BYTES, searched)
        self._index = LogIndex(db, self._blocks, searched)
        self._searches = RunSearches(db)
        self._states = StateReader(db, self._blocks, self._head)
        # It reads every block of a run: what a person looks at must stay in memory instead.
        self._times = TimeAxes(db, BlockReader(most_bytes=0))
        self._axes = KeptResults[TimeAxis]()
        self._marks: KeptResults[AxisMarks] = KeptResults()

    @classmethod
    def open(cls, path: Path | None = None) -> EventStore:
        """Opens the history at ``path`` (by default ``history.db`` in `home()`), or makes a new one.

        A history of the former schema is converted first; that continues where it was interrupted.
        """
        db = Database.open(default_path() if path is None else path)
        try:
            convert(db)
        except BaseException:
            db.close()
            raise
        return cls(db)

    @classmethod
    def memory(cls, unavailable: HistoryError | None = None) -> EventStore:
        """Makes a history in memory, which `close` deletes."""
        return cls(Database.memory(), unavailable)

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

    @property
    def replaced(self) -> bool:
        """Whether the file was moved, deleted or replaced; then it can be read, and no more be written."""
        return self._db.replaced

    def leave(self) -> None:
        """Lets another history take the place of a replaced one: see `Database.leave`."""
        self._db.leave()

    def __repr__(self) -> str:
        return f"<EventStore {self._db.location}>"

    def close(self) -> None:
        """Closes the file. May be called twice; any other method then raises `HistoryError`."""
        self._db.close()

    def size(self) -> int:
        """The size of the history in bytes."""
        return self._db.size()

    def used_bytes(self) -> int:
        """The bytes that the runs need: the size without what is free in the file."""
        return self._db.used_bytes()

    def vacuum(self) -> None:
        """Writes the file anew without gaps. It needs as much free disk space as the history has bytes, and
        no other process may be writing."""
        self._db.vacuum()

    # --- runs ----------------------------------------------------------------------------------

    def begin(self, run_id: str, *, worker: str, origin: str, task: str | None = None, time_us: int) -> None:
        """Adds a run that was created at ``time_us``.

        A run that is in the history keeps its log and its time, gets the new ``worker`` and ``origin``, and
        is taken out of the trash.
        The user, password and query of an address in ``origin`` are not stored.
        """
        with self._db.write() as db:
            db.execute(
                """INSERT INTO runs (run_id, worker, origin, task, created_us, updated_us)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?5)
                   ON CONFLICT (run_id) DO UPDATE SET
                       worker = ?2, origin = ?3, task = coalesce(task, ?4), trashed_us = NULL""",
                (run_id, worker, _address(origin), task, time_us),
            )

    def set_owner(self, run_id: str, process: str) -> None:
        """Stores the process that a run lives in, and ends with."""
        with self._db.write() as db:
            db.execute("UPDATE runs SET owner = ? WHERE run_id = ?", (process, run_id))

    def owned_runs(self) -> list[tuple[str, str]]:
        """The runs that have not ended and live in a process, each with it."""
        with self._db.read() as db:
            return db.execute(
                f"""SELECT run_id, owner FROM runs
                   WHERE owner IS NOT NULL AND status NOT IN {ENDED}"""
            ).fetchall()

    def summarise(self, run_id: str, **columns: Unpack[RunSummary]) -> None:
        """Sets columns of a run's record; columns that are not named stay unchanged.

        The record of a run that has ended does not change to a status before its end: several processes can
        follow the same run, and one of them is behind.
        """
        if not columns:
            return
        behind = columns.get("status", "completed") not in ENDED
        condition = f"status NOT IN {ENDED}" if behind else "TRUE"
        self._set(run_id, {**columns, "updated_us": events_table.now_us()}, condition)

    def set_tags(self, run_id: str, tags: Iterable[str]) -> None:
        """Sets the tags of a run: each once, in this order, without the blanks around it.

        Raises ``ValueError`` for an empty or too long tag, and for too many tags.
        """
        names = run_records.checked_tags(tags)
        run_records.check_number_of_tags(run_id, names)
        self._set(run_id, {"tags": run_records.stored_tags(names)})

    def change_tags(self, run_id: str, *, add: Iterable[str] = (), remove: Iterable[str] = ()) -> None:
        """Adds and removes tags of a run, in one transaction; its other tags stay.

        Raises ``ValueError`` as `set_tags` does; tags to remove that it does not have are ignored.
        """
        added = run_records.checked_tags(add)
        removed = set(run_records.named_tags(remove))
        with self._db.write() as db:
            row = db.execute("SELECT tags FROM runs WHERE run_id = ?", (run_id,)).fetchone()
            if row is None:
                raise self._unknown(run_id)
            kept = [tag for tag in run_records.tags_of(row[0]) if tag not in removed]
            names = tuple(dict.fromkeys((*kept, *added)))
            run_records.check_number_of_tags(run_id, names)
            db.execute("UPDATE runs SET tags = ? WHERE run_id = ?", (run_records.stored_tags(names), run_id))

    def set_starred(self, run_id: str, starred: bool) -> None:
        """Sets whether a run is starred: it then stays when old runs are deleted."""
        self._set(run_id, {"starred": starred})

    def set_note(self, run_id: str, note: str | None) -> None:
        """Sets the note of a run; ``None`` or an empty text removes it. Raises ``TypeError`` for no text."""
        if note is not None and not isinstance(note, str):
            raise TypeError(f"The note {note!r} is no text.")
        self._set(run_id, {"note": note or None})

    def trash(self, run_id: str) -> None:
        """Moves a run to the trash: lists no longer have it, until `restore` or the next `begin` of it.

        `run` still has it, and what follows it continues. `worker_widget.store.pruning` deletes it for good
        a week later.
        """
        self._set(run_id, {"trashed_us": events_table.now_us()})

    def restore(self, run_id: str) -> None:
        """Takes a run out of the trash."""
        self._set(run_id, {"trashed_us": None})

    def run(self, run_id: str) -> RunRecord | None:
        """The record of a run, or ``None`` if it is not in the history."""
        with self._db.read() as db:
            row = db.execute(f"SELECT {run_records.COLUMNS} FROM runs WHERE run_id = ?", (run_id,)).fetchone()
        return None if row is None else run_records.record(row)

    def known_run(self, run_id: str) -> RunRecord:
        """The record of a run. Raises `RunUnknown`."""
        record = self.run(run_id)
        if record is None:
            raise self._unknown(run_id)
        return record

    def runs_beginning(self, beginning: str, limit: int) -> list[RunRecord]:
        """The newest runs whose id begins with a text; those in the trash only by their whole id."""
        last = f"{beginning}{chr(sys.maxunicode)}"
        with self._db.read() as db:
            rows = db.execute(
                f"""SELECT {run_records.COLUMNS} FROM runs
                    WHERE run_id >= ?1 AND run_id < ?2 AND (trashed_us IS NULL OR run_id = ?1)
                    ORDER BY run_id = ?1 DESC, created_us DESC, run DESC LIMIT ?3""",
                (beginning, last, limit),
            ).fetchall()
        return list(map(run_records.record, rows))

    def runs(
        self,
        limit: int | None = None,
        *,
        status: str | Collection[str] | None = None,
        since_us: int | None = None,
        worker: str | None = None,
        before: str | None = None,
        until_us: int | None = None,
        starred: bool | None = None,
        tags: Collection[str] = (),
        trashed: bool = False,
    ) -> list[RunRecord]:
        """The records of runs, newest first.

        ``status`` is one status or several. ``since_us`` and ``until_us`` are the earliest and the latest
        time of creation. ``tags`` are those that a run must have, all of them. ``trashed`` selects the runs
        in the trash instead of the others. ``before`` is the last run id of the page before, to read the next
        page.
        """
        conditions = ["trashed_us IS NOT NULL" if trashed else "trashed_us IS NULL"]
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
        if until_us is not None:
            conditions.append("created_us <= ?")
            values.append(until_us)
        if starred is not None:
            conditions.append("starred = ?")
            values.append(starred)
        for tag in dict.fromkeys(tags):
            conditions.append("EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)")
            values.append(tag)
        if before is not None:
            conditions.append("(created_us, run) < (SELECT created_us, run FROM runs WHERE run_id = ?)")
            values.append(before)
        values.append(-1 if limit is None else limit)
        with self._db.read() as db:
            rows = db.execute(
                f"""SELECT {run_records.COLUMNS} FROM runs WHERE {" AND ".join(conditions)}
                    ORDER BY created_us DESC, run DESC LIMIT ?""",
                values,
            ).fetchall()
        return list(map(run_records.record, rows))

    def run_window(
        self, filter: RunFilter, start: int, count: int, *, quiet_us: int, logs: Collection[str] = ()
    ) -> RunWindow:
        """Reads up to ``count`` runs under the filter, newest first, from index ``start`` on (from 0).

        ``quiet_us`` is the time since when a running run has been written, else it counts as interrupted.
        ``logs`` are the ids of the runs whose logs have the filter's text.
        """
        with self._db.read() as db:
            return run_list.window(db, filter, start, count, quiet_us=quiet_us, logs=logs)

    def runs_since(self, time_us: int) -> int:
        """The number of runs that were created after a time, in µs since the epoch."""
        with self._db.read() as db:
            (count,) = db.execute(
                "SELECT count(*) FROM runs WHERE trashed_us IS NULL AND created_us > ?", (time_us,)
            ).fetchone()
        return int(count)

    def run_facets(self) -> RunFacets:
        """Counts the runs by worker and by tag."""
        with self._db.read() as db:
            return run_list.facets(db)

    def run_count(self) -> int:
        """The number of runs in the history, without those in the trash."""
        with self._db.read() as db:
            (count,) = db.execute("SELECT count(*) FROM runs WHERE trashed_us IS NULL").fetchone()
        return int(count)

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
                f"""SELECT {run_records.COLUMNS} FROM runs JOIN cells USING (run_id)
                    WHERE cell = ? AND trashed_us IS NULL""",
                (cell,),
            ).fetchone()
        return None if row is None else run_records.record(row)

    def delete(self, run_id: str) -> None:
        """Deletes a run and frees its disk space.

        The run is unknown at once. Its rows are deleted a few thousand at a time, so that other writes can
        happen in between. The next call continues an interrupted deletion.
        """
        self._delete(run_id)
        self._db.reclaim_space()

    def delete_surplus(self, run_ids: Iterable[str], between: Callable[[], None] = lambda: None) -> None:
        """Deletes runs as `delete` does, and calls ``between`` after each.

        Unknown runs, and those that were restored or starred meanwhile, are left out.
        """
        for run_id in run_ids:
            with suppress(RunUnknown):
                self._delete(run_id, "trashed_us IS NOT NULL OR NOT ifnull(starred, 0)")
            between()
        self._db.reclaim_space()

    def _delete(self, run_id: str, condition: str = "TRUE") -> None:
        """Deletes a run if it meets an SQL condition."""
        with self._db.write() as db:
            run = self._head(db, run_id).run
            if not db.execute(f"DELETE FROM runs WHERE run = ? AND ({condition})", (run,)).rowcount:
                return
            db.execute("INSERT INTO deleted VALUES (?)", (run,))
        with self._db.read() as db:
            unfinished = db.execute("SELECT run FROM deleted").fetchall()
        for (run,) in unfinished:
            for statement in events_table.DELETIONS:
                while self._delete_some(statement, run):
                    pass
            with self._db.write() as db:
                db.execute("DELETE FROM deleted WHERE run = ?", (run,))

    def stored_runs(self, now_us: int) -> list[KeptRun]:
        """The runs that are not in the trash with their bytes, newest first.

        Those stay that are starred, wait for a person, live in a process and have not ended, or have not
        ended and got an event in the last week.
        """
        quiet_us = now_us - _INTERRUPTED_US
        return self._stored_runs(
            f"""starred OR status IN ('waiting', 'paused')
                OR (status NOT IN {ENDED} AND (owner IS NOT NULL OR updated_us > ?))""",
            (quiet_us,),
            "trashed_us IS NULL",
        )

    def event_bytes(self, run_id: str) -> int:
        """The bytes of all events of a run as they arrived."""
        with self._db.read() as db:
            return blocks_table.event_bytes(db, self._head(db, run_id).run)

    def trashed_runs(self, before_us: int) -> list[KeptRun]:
        """The runs that were moved to the trash before a time, with their bytes."""
        return self._stored_runs("0", (), "trashed_us < ?", (before_us,))

    def _stored_runs(
        self, stays: str, stays_values: tuple[Any, ...], condition: str, values: tuple[Any, ...] = ()
    ) -> list[KeptRun]:
        with self._db.read() as db:
            rows = db.execute(
                f"""SELECT run_id, created_us, {events_table.BYTES_OF_RUN}, {stays} FROM runs
                    WHERE {condition} ORDER BY created_us DESC, run DESC""",
                (*stays_values, *values),
            ).fetchall()
        return [KeptRun(key, created_us, size, stays == 1) for key, created_us, size, stays in rows]

    # --- events --------------------------------------------------------------------------------

    def append(self, run_id: str, events: Sequence[Event], *, after: int | None = None) -> list[LoggedEvent]:
        """Appends new events to a run's log and returns them with their positions.

        An event whose id, or without an id whose bytes, are in the log is left out; one that is a further
        copy (`Event.copy`), if so many are. With ``after``, all
        events after that position are returned, so that a caller that passes the last position it knows
        misses no event of another process that writes the same run. Either all events are written or none.

        An event that ends the run ends its record with it: this process can be killed before `summarise`.
        """
        distinct = events_table.distinct(events)
        with self._db.write() as db:
            head = self._head(db, run_id)
            fresh = events_table.without_repeated(db, self._blocks, head, distinct)
            logged = events_table.insert(db, head, fresh, events_table.now_us()) if fresh else []
            for end in logged:
                if type(end.event.data) in _ENDS:
                    _end_record(db, run_id, reduce_all([end]))
            if after is not None and after < head.events:
                count = head.events - after
                return events_table.read(db, self._blocks, head.run, after, count) + logged
            return logged

    def read(self, run_id: str, after: int = 0, limit: int = READ_EVENTS) -> list[LoggedEvent]:
        """Reads up to ``limit`` events after position ``after``, in order."""
        with self._db.read() as db:
            return events_table.read(db, self._blocks, self._head(db, run_id).run, after, limit)

    def state(self, run_id: str, known: RunState | None = None) -> RunState:
        """The state of a run after all its events: of an ended run the kept one, with later events.

        ``known`` is a state of the run after some of its events, if there is one already.
        """
        if known is not None and known.position:
            return reduce_all(self.iterate(run_id, after=known.position), known)
        with self._db.read() as db:
            (kept,) = db.execute("SELECT state FROM runs WHERE run_id = ?", (run_id,)).fetchone() or (None,)
        state = RunState()
        if kept is not None:
            with suppress(msgspec.MsgspecError):  # an older version wrote another form
                state = msgspec.json.decode(kept, type=RunState)
        return reduce_all(self.iterate(run_id, after=state.position), state)

    def keep_state(self, run_id: str, state: RunState) -> None:
        """Keeps the state of an ended run, so that it is read without its events."""
        self._set(run_id, {"state": msgspec.json.encode(state)})

    def state_at(self, run_id: str, position: int) -> RunState:
        """The state of a run after its first ``position`` events, or after all if there are fewer.

        It is made from the nearest keyframe before, and the events after that. Where those are many, as in a
        long run without keyframes, `prepare_state` makes keyframes a little at a time before.
        """
        return self._states.at(run_id, position)

    def range_state(self, run_id: str, after: int, upto: int) -> RunState:
        """The state of a run after its first ``upto`` events, with the rows, counts and figures of those
        after position ``after`` alone: of what happened there, and of the stages that were at work. Its
        latency is the time from the first to the last of these events.
        """
        before, now = self.state_at(run_id, after), self.state_at(run_id, upto)
        with self._db.read() as db:
            head = self._head(db, run_id)
            stages = range_stages.range_stages(self._past(db, head, now.position, now), before.position)
            joined = routing_and_ledger.joined(db, head.run, before.position, before.book, now.book)
        parts = RangeParts(
            stages=len(stages.ids),
            top_stages=len(stages.inside.get(None, ())),
            top_done=stages.top_done,
            narrowed=stages.narrowed,
            joined=joined,
            drift=self._range_drift(run_id, before, now),
        )
        state = range_state(before, now, parts)
        start_us, end_us = self.time_at(run_id, before.position + 1), self.time_at(run_id, now.position)
        if start_us is None or end_us is None or now.position <= before.position:
            return state
        return msgspec.structs.replace(state, latency_ms=(end_us - start_us) / 1_000)

    def _range_drift(self, run_id: str, before: RunState, now: RunState) -> Figures:
        """Figures with the highest drift of the events between two states."""
        if now.figures.drifts == before.figures.drifts:
            return Figures()
        if now.figures.highest_drift != before.figures.highest_drift:
            return now.figures
        figures = Figures()
        for logged in self.iterate(run_id, after=before.position, only=("drift_detected",)):
            if logged.position > now.position:
                break
            figures = with_event(figures, logged.event.data)
        return figures

    def prepare_state(self, run_id: str, position: int, seconds: float) -> StateProgress:
        """Makes keyframes towards a position for about ``seconds``, until `state_at` is quick there."""
        return self._states.prepare(run_id, position, seconds)

    def keep_keyframe(self, run_id: str, state: RunState) -> bool:
        """Stores a state of a run as a keyframe, unless there is one near it.

        Returns ``False`` if that should be tried again later: another thread or process is writing. A history
        that cannot be written is no error.
        """
        return self._states.keep(run_id, state)

    def iterate(
        self, run_id: str, *, after: int = 0, without: Collection[str] = (), only: Collection[str] = ()
    ) -> Iterator[LoggedEvent]:
        """Iterates over the events of a run after position ``after``, in order, except the types in
        ``without``.

        With ``only`` those of these types alone.

        One block of events is in memory at the same time.
        """
        with self._db.read() as db:
            run = self._head(db, run_id).run
        reader, position = BlockReader(most_bytes=0), after
        while True:
            with self._db.read() as db:
                self._same_run(db, run_id, run)
                events = events_table.read(db, reader, run, position, READ_EVENTS, without, only)
            yield from events
            if len(events) < READ_EVENTS:
                return
            position = events[-1].position

    def next_of_type(self, run_id: str, position: int, direction: Literal[1, -1]) -> int | None:
        """The position of the nearest event after (1) or before (-1) a position that has the same type as the
        event there; ``None`` if there is none.
        """
        with self._db.read() as db:
            run = self._head(db, run_id).run
            return events_table.next_of_type(db, self._blocks, run, position, direction)

    def raw_events(self, run_id: str) -> Iterator[EventBytes]:
        """Iterates over the events of a run as they arrived, in order, not decoded."""
        with self._db.read() as db:
            run = self._head(db, run_id).run
        reader, position = BlockReader(most_bytes=0), 1
        while True:
            with self._db.read() as db:
                self._same_run(db, run_id, run)
                part = events_table.raw_events(db, reader, run, position)
            if part is None:
                return
            position, events = part
            yield from events

    # --- many runs -----------------------------------------------------------------------------

    def run_keys(self, choice: RunChoice) -> list[RunKey]:
        """The keys of runs. Raises `RunUnknown` for a run of the choice that is not in the history."""
        return [RunKey(*row) for row in self.run_values(("run_id", "run"), choice)]

    def run_values(self, columns: Sequence[str], choice: RunChoice) -> list[tuple[Any, ...]]:
        """Columns of the table of runs, as a tuple for each run. Raises `RunUnknown` as `run_keys` does."""
        with self._db.read() as db:
            unknown = run_records.unknown_run(db, choice.run_ids or ())
            if unknown is not None:
                raise self._unknown(unknown)
            return run_records.values(db, columns, choice)

    def read_blocks(
        self, runs: Sequence[RunKey], query: BlockQuery, read: Callable[[StoredBlock], T]
    ) -> Iterator[BlockResult[T]]:
        """Applies ``read`` to the blocks of runs, in the order of the runs and their events.

        It is called in several threads, with a block whose parts are read when they are used. The result of a
        block that is damaged is its `DamagedBlock`.
        """
        yield from run_blocks.read_blocks(self._db, runs, query, read)

    def stages_of(self, runs: Sequence[RunKey]) -> Iterator[tuple[RunKey, list[Stage]]]:
        """All stages of each run that has some, in the order of their first mention."""
        with self._db.read() as db:
            yield from run_blocks.bodies(db, "stages", runs, list[Stage])

    def incidents_of(self, runs: Sequence[RunKey]) -> Iterator[tuple[RunKey, list[Incident]]]:
        """All incidents of each run that has some, in the order of their numbers."""
        with self._db.read() as db:
            yield from run_blocks.bodies(db, "incidents", runs, list[Incident])

    def last_id(self, run_id: str) -> str | None:
        """The stream's id of the last event, to resume after it; ``None`` if it has none."""
        record = self.run(run_id)
        return None if record is None else record.last_id

    # --- the run at a position -------------------------------------------------------------------

    def position_at(self, run_id: str, time_us: int) -> int:
        """The last position whose time is at or before a time, in µs since the epoch; 0 if there is none.

        The time at a position is the latest of the events up to there: it never goes back.
        """
        return self._times.position_at(self._run_key(run_id), time_us)

    def time_at(self, run_id: str, position: int) -> int | None:
        """The time at a position, in µs since the epoch; ``None`` before the first event with a time."""
        return self._times.time_at(self._run_key(run_id), position)

    def start_time(self, run_id: str) -> int | None:
        """The time from which those since the start count: the first of the worker's, or ``None``."""
        return self._times.start(self._run_key(run_id))

    def time_axis(self, run_id: str) -> TimeAxis:
        """The times of a run at many positions, and how many events there are when."""
        with self._db.read() as db:
            head = self._head(db, run_id)
        return self._axes.of(head.run, head.events, partial(self._times.axis, head.run))

    def marks(self, run_id: str) -> AxisMarks:
        """What stands on the time axis of a run, at most some hundred marks."""
        with self._db.read() as db:
            head = self._head(db, run_id)
        return self._marks.of(head.run, head.events, partial(self._marks_of, head))

    def _marks_of(self, head: events_table.Head) -> AxisMarks:
        from .axis_marks import MOST_OF_KIND, SLICES, marks  # numpy takes a while to import

        parts = {count: self._times.divided(head.run, count) for count in (MOST_OF_KIND, SLICES)}
        with self._db.read() as db:
            found = marks(db, BlockReader(most_bytes=0), head.run, head.stages, parts.__getitem__)
        times = self._times.times_at(head.run, [mark.position for mark in found.marks])
        timed = [
            msgspec.structs.replace(mark, time_us=time_us)
            for mark, time_us in zip(found.marks, times, strict=True)
        ]
        return msgspec.structs.replace(found, marks=timed)

    # A method with ``upto`` answers as after the first ``upto`` events of the run, in everything: rows,
    # totals, and which stages are inside which. ``None`` means after all events so far. With ``after``, too,
    # rows and totals are those of the events after that position alone: what happened between the two.

    # --- the log -------------------------------------------------------------------------------

    # ``line`` is a line's number in the run's log (from 1), ``index`` its place among the lines that pass a
    # filter (from 0). A method that scans the whole log raises `PatternError` for a pattern that is invalid
    # or takes too long.

    def log_total(
        self, run_id: str, filter: LineFilter = EVERY_LINE, *, after: int = 0, upto: int | None = None
    ) -> int:
        """The number of log lines that pass the filter."""
        return self.log_scan(run_id, filter, after=after, upto=upto).count

    def log_scan(
        self,
        run_id: str,
        filter: LineFilter,
        seconds: float | None = None,
        *,
        after: int = 0,
        upto: int | None = None,
    ) -> LogProgress:
        """Scans the log under a filter for about ``seconds`` and returns the progress.

        The scan continues where an earlier one ended. 0 means not at all; ``None`` means to the end. With
        ``seconds``, an error in a pattern is part of the progress instead of an exception.
        """
        log = self._log(run_id, upto, after)
        return self._index.scan(log.run, self._filter_at(log, filter), log.lines, seconds, log.skip)

    def log_window(
        self,
        run_id: str,
        filter: LineFilter,
        start: int,
        count: int,
        seconds: float | None = None,
        *,
        after: int = 0,
        upto: int | None = None,
    ) -> LogWindow:
        """Reads up to ``count`` log lines that pass the filter, from index ``start`` on.

        With ``seconds`` only a part of the log may be scanned; see `log_scan`.
        """
        log = self._log(run_id, upto, after)
        shown = self._filter_at(log, filter)
        return self._index.window(log.run, shown, log.lines, start, count, seconds, log.skip)

    def log_index(
        self, run_id: str, filter: LineFilter, line: int, *, after: int = 0, upto: int | None = None
    ) -> int:
        """The index of the first log line at or after ``line`` that passes the filter.

        It is the number of passing lines before ``line``, also if none follows.
        """
        log = self._log(run_id, upto, after)
        shown = self._filter_at(log, filter)
        return self._index.matches_before(log.run, shown, log.lines, line, None, log.skip)

    def log_line_at_position(self, run_id: str, position: int, *, upto: int | None = None) -> int:
        """The number of the first log line at or after the event at ``position``."""
        log = self._log(run_id, upto)
        with self._db.read() as db:
            return log_table.lines_before_position(db, self._blocks, log.run, log.lines, position) + 1

    def log_line_at_time(self, run_id: str, time_us: int, *, upto: int | None = None) -> int:
        """The number of the first log line at or after a time, in µs since the epoch.

        If the times of the lines go back and forth, it is one of the lines at which they pass that time.
        """
        log = self._log(run_id, upto)
        with self._db.read() as db:
            return log_table.lines_before_time(db, self._blocks, log.run, log.lines, time_us) + 1

    def log_next(
        self,
        run_id: str,
        filter: LineFilter,
        wanted: LineFilter,
        start: int,
        direction: int,
        *,
        after: int = 0,
        upto: int | None = None,
    ) -> NextLine:
        """Finds the line nearest to index ``start`` under ``filter`` that also passes ``wanted``.

        It follows ``start`` for ``direction`` 1 and precedes it for -1; after the last line the search
        continues at the first, and the reverse. A ``start`` of -1 is before the first line, and the total
        number of lines is after the last.
        """
        log = self._log(run_id, upto, after)
        shown, hits = self._filter_at(log, filter), self._filter_at(log, wanted)
        return self._index.next(log.run, shown, hits, log.lines, start, direction, log.skip)

    def log_facets(
        self, run_id: str, seconds: float | None = None, *, after: int = 0, upto: int | None = None
    ) -> Facets:
        """Counts the log lines by agent and by stage, for about ``seconds``; ``None`` means to the end."""
        log = self._log(run_id, upto, after)
        return self._index.facets(log.run, log.lines, seconds, log.skip)

    def log_rows(self, run_id: str, filter: LineFilter = EVERY_LINE) -> Iterator[StoredLine]:
        """Iterates over the log lines that pass the filter, in order; at most 4,096 are in memory."""
        if filter == EVERY_LINE:
            yield from self._every_line(run_id)
            return
        start = 0
        while True:
            window = self.log_window(run_id, filter, start, _ROWS_AT_ONCE)
            yield from window.rows
            start += len(window.rows)
            if start >= window.total:
                return

    def _every_line(self, run_id: str) -> Iterator[StoredLine]:
        log = self._log(run_id, None)
        reader = BlockReader(most_bytes=0)
        for first in range(1, log.lines + 1, _ROWS_AT_ONCE):
            lines = range(first, min(first + _ROWS_AT_ONCE, log.lines + 1))
            with self._db.read() as db:
                self._same_run(db, run_id, log.run)
                rows = log_table.read_lines(db, reader, log.run, lines)
            yield from rows

    def search_runs(self, search: LogSearch, seconds: float | None = None) -> RunsFound:
        """Searches the logs of all runs for about ``seconds``; ``None`` means to the end.

        A call for the same search continues where an earlier one ended; after the end it adds the runs and
        lines that came since. An invalid or slow pattern is the error of the result.
        """
        return self._searches.found(search, seconds)

    def prepare_search(self) -> None:
        """Loads what a search in the logs needs, so that the first one does not wait for it."""
        from . import line_matching  # noqa: F401  # numpy takes a while

    # --- routing and ledger ------------------------------------------------------------------------

    def routing_window(
        self,
        run_id: str,
        stage_id: str | None,
        start: int,
        count: int,
        *,
        after: int = 0,
        upto: int | None = None,
    ) -> RoutingWindow:
        """Reads up to ``count`` routing decisions, of all stages or one, from index ``start`` on (from 0)."""
        with self._db.read() as db:
            run = self._head(db, run_id).run
            return routing_and_ledger.routing_window(
                db, self._blocks, run, stage_id, start, count, _last(upto), after
            )

    def routing_rows(self, run_id: str) -> Iterator[RoutingRow]:
        """Iterates over the routing decisions of a run, in order."""
        for number, logged in enumerate(self.iterate(run_id, only=("routing_decision",)), 1):
            row = routing_row(logged, number)
            if row is not None:
                yield row

    def ledger_rows(self, run_id: str, types: Collection[str] = LEDGER_TYPES) -> Iterator[LedgerRow]:
        """Iterates over the ledger rows of a run that are of events of these types, in order."""
        with self._db.read() as db:
            run = self._head(db, run_id).run
        reader, position = BlockReader(most_bytes=0), 0
        while True:
            with self._db.read() as db:
                rows = routing_and_ledger.ledger_rows(db, reader, run, position, types)
            if rows is None:
                return
            yield from rows.rows
            position = rows.position

    def incidents(self, run_id: str) -> Iterator[Incident]:
        """Iterates over the incidents of a run in their last state, in order of their numbers."""
        with self._db.read() as db:
            run = self._head(db, run_id).run
        number = 0
        while True:
            with self._db.read() as db:
                part = routing_and_ledger.incidents(db, run, number)
            if not part:
                return
            yield from part
            number = part[-1].number

    def incident(self, run_id: str, number: int) -> Incident | None:
        """An incident of a run in its last state, by its number."""
        with self._db.read() as db:
            found = routing_and_ledger.incidents(db, self._head(db, run_id).run, number - 1, 1)
        return found[0] if found and found[0].number == number else None

    def ledger_window(
        self,
        run_id: str,
        incident: int,
        stage_id: str | None,
        start: int,
        count: int,
        *,
        after: int = 0,
        upto: int | None = None,
    ) -> LedgerWindow:
        """Reads up to ``count`` ledger rows of an incident, from index ``start`` on (from 0).

        The number 0 stands for the checks that passed, those of all stages or of one.
        """
        with self._db.read() as db:
            run = self._head(db, run_id).run
            return routing_and_ledger.ledger_window(
                db, self._blocks, run, incident, stage_id, start, count, _last(upto), after
            )

    def incident_window(
        self,
        run_id: str,
        stage_id: str | None,
        start: int,
        count: int,
        *,
        after: int = 0,
        upto: int | None = None,
    ) -> IncidentWindow:
        """Reads up to ``count`` incidents, of all stages or one, from index ``start`` on (from 0).

        Problems that remain come first; of these and of the others the newest comes first. With ``after`` an
        incident is there if one of its events is.
        """
        book = None if upto is None else self.state_at(run_id, upto).book
        before = self.state_at(run_id, after).book if after > 0 else None
        with self._db.read() as db:
            run = self._head(db, run_id).run
            return routing_and_ledger.incident_window(
                db, self._blocks, run, stage_id, start, count, _last(upto), book, after, before
            )

    # --- stages --------------------------------------------------------------------------------

    def stages(self, run_id: str) -> Iterator[Stage]:
        """Iterates over all stages of a run, in the order of their first mention."""
        with self._db.read() as db:
            run = self._head(db, run_id).run
        number = 0
        while True:
            with self._db.read() as db:
                part = stages_table.stages(db, run, number)
            if not part:
                return
            yield from part
            number = part[-1].number

    def stage_count(self, run_id: str) -> int:
        """The number of all stages of a run."""
        with self._db.read() as db:
            return self._head(db, run_id).stages

    def stage_window(
        self,
        run_id: str,
        parent_id: str | None,
        start: int,
        count: int,
        *,
        after: int = 0,
        upto: int | None = None,
    ) -> StageWindow:
        """Reads up to ``count`` stages directly inside ``parent_id`` (``None``: at the top), from index
        ``start`` on (from 0).

        With ``after`` it is those that were begun or at work after that position, and those around them.
        """
        known = upto is None and after <= 0
        state = None if known else self.state_at(run_id, NUMBER_MASK if upto is None else upto)
        with self._db.read() as db:
            head = self._head(db, run_id)
            if state is None:
                return stages_table.window(db, head.run, parent_id, start, count)
            past = self._past(db, head, upto, state)
            if after <= 0:
                return past_stages.window(past, parent_id, start, count)
            stages = range_stages.range_stages(past, after)
            return range_stages.window(past, stages, parent_id, start, count)

    def stage(self, run_id: str, stage_id: str, *, upto: int | None = None) -> Stage | None:
        """A stage in its last state; ``None`` if the run has none of this id."""
        state = None if upto is None else self.state_at(run_id, upto)
        with self._db.read() as db:
            head = self._head(db, run_id)
            if state is None:
                return stages_table.stage(db, head.run, stage_id)
            return past_stages.stage(self._past(db, head, upto, state), stage_id)

    def stages_named(self, run_id: str, name: str) -> Iterator[Stage]:
        """Iterates over the stages with a name, in upper or lower case, in order."""
        return (stage for stage in self.stages(run_id) if stage.name.casefold() == name.casefold())

    def stage_events(self, run_id: str, stage: Stage) -> list[LoggedEvent]:
        """The last start and the last end of a stage, which hold its input, output and traceback."""
        with self._db.read() as db:
            run = self._head(db, run_id).run
            found = (
                events_table.event_at(db, self._blocks, run, at)
                for at in (stage.started_at, stage.ended_at)
                if at
            )
            return [logged for logged in found if logged is not None]

    # --- artifacts -----------------------------------------------------------------------------

    def artifact_text(
        self, run_id: str, file: str, version: int | None = None, *, upto: int | None = None
    ) -> str | None:
        """The text of an artifact, by its file name; ``None`` if it has no text.

        ``version`` counts from 1; the default is the newest version, as far as it has arrived.
        """
        last = self._last_of_artifact(run_id, file, upto)
        with self._db.read() as db:
            run = self._head(db, run_id).run
            if version is not None:
                return version_text(self._artifact_events(db, run, file, upto), version)
            return newest_text(events_table.artifact_events_back(db, self._blocks, run, file, last + 1))

    def artifact_sources(
        self, run_id: str, file: str, version: int | None = None, *, upto: int | None = None
    ) -> list[SentenceSource]:
        """The sources of an artifact's sentences, in their order; empty if the worker sent none.

        ``version`` counts from 1; the default is the newest version.
        """
        with self._db.read() as db:
            run = self._head(db, run_id).run
            if version is not None:
                return version_sources(self._artifact_events(db, run, file, upto, sources=True), version)
            back = events_table.artifact_events_back(
                db, self._blocks, run, file, _last(upto) + 1, sources=True
            )
            return newest_sources(back)

    def artifact_versions(self, run_id: str, file: str, *, upto: int | None = None) -> list[Artifact]:
        """The last state of each version of an artifact, oldest first; empty for an unknown artifact."""
        with self._db.read() as db:
            run = self._head(db, run_id).run
            return versions(self._artifact_events(db, run, file, upto))

    def artifact_chunks(
        self,
        run_id: str,
        file: str,
        after: int = 0,
        *,
        begun: int = 0,
        stop_chars: int | None = None,
        upto: int | None = None,
    ) -> list[Chunk]:
        """The text that the events after position ``after`` add to an artifact.

        Events before position ``begun``, of versions before, are not read, and their text is not continued.
        With ``stop_chars``, the last chunk is the one with which all chunks have that many characters. The
        last chunk's position is ``after`` for the next call, so that each event is read once.
        """
        chunks: list[Chunk] = []
        chars = 0
        with self._db.read() as db:
            run = self._head(db, run_id).run
            for logged in self._artifact_events(db, run, file, upto, max(after, begun - 1)):
                before = events_table.artifact_events_back(
                    db, self._blocks, run, file, logged.position, first=begun
                )
                added = chunk(logged, before)
                chunks.append(added)
                chars += len(added.text)
                if stop_chars is not None and chars >= stop_chars:
                    break
        return chunks

    def _artifact_events(
        self,
        db: Connection,
        run: int,
        file: str,
        upto: int | None,
        after: int = 0,
        *,
        sources: bool = False,
    ) -> Iterator[LoggedEvent]:
        return events_table.artifact_events(db, self._blocks, run, file, after, _last(upto), sources=sources)

    def _last_of_artifact(self, run_id: str, file: str, upto: int | None) -> int:
        """The position of the last event of an artifact's text, or one after it."""
        if upto is None:
            return NUMBER_MASK
        artifacts = self.state_at(run_id, upto).artifacts
        return next((item.position for item in artifacts if item.file == file), 0)

    # -------------------------------------------------------------------------------------------

    def _set(self, run_id: str, columns: Mapping[str, Any], condition: str = "TRUE") -> None:
        """Sets columns of a run's record if it meets an SQL condition."""
        with self._db.write() as db:
            self._head(db, run_id)
            _set(db, run_id, columns, condition)

    def _delete_some(self, statement: str, run: int) -> int:
        first, last = key_range(run)
        with self._db.write() as db:
            return db.execute(statement, {"run": run, "first": first, "last": last}).rowcount

    def _head(self, db: Connection, run_id: str) -> events_table.Head:
        row = db.execute(
            """SELECT run, events, lines, routing, ledger, last_id, book, stages, ending, newest_us, newest_id
               FROM runs WHERE run_id = ?""",
            (run_id,),
        ).fetchone()
        if row is None:
            raise self._unknown(run_id)
        return events_table.Head(*row)

    def _run_key(self, run_id: str) -> int:
        with self._db.read() as db:
            return self._head(db, run_id).run

    def _same_run(self, db: Connection, run_id: str, run: int) -> None:
        """Raises `RunUnknown` if the run was deleted while it was read."""
        if self._head(db, run_id).run != run:
            raise self._unknown(run_id)

    def _log(self, run_id: str, upto: int | None, after: int = 0) -> _Log:
        """The lines of the first ``upto`` events of a run, without those of the first ``after``."""
        with self._db.read() as db:
            head = self._head(db, run_id)
            lines = head.lines
            if upto is not None and upto >= head.events:
                upto = None
            if upto is not None:
                lines = min(log_table.lines_upto(db, self._blocks, head.run, upto), lines)
            skip = min(log_table.lines_upto(db, self._blocks, head.run, after), lines) if after > 0 else 0
            return _Log(head.run, lines, upto, skip)

    def _filter_at(self, log: _Log, filter: LineFilter) -> LineFilter:
        """A filter that tells which stages were not yet inside its stage."""
        if log.upto is None or filter.stage_id is None:
            return filter
        with self._db.read() as db:
            later = stages_table.inside_later(db, log.run, filter.stage_id, log.upto)
        if later:  # seldom with lines already
            later &= self._index.stages(log.run, log.lines).keys()
        return msgspec.structs.replace(filter, not_yet_inside=frozenset(later)) if later else filter

    def _past(self, db: Connection, head: events_table.Head, upto: int | None, state: RunState) -> PastRun:
        end = stages_table.stored_ending(head.ending)
        return PastRun(db, self._blocks, head.run, _last(upto), state, end)

    def _unknown(self, run_id: str) -> RunUnknown:
        return RunUnknown(
            f"There is no run {run_id!r} in the history {self._db.location}. "
            "See the history's list of runs for their ids."
        )


def _end_record(db: Connection, run_id: str, end: RunState) -> None:
    """Ends the record of a run as its last event says, unless it has ended; the figures stay."""
    if end.over:
        columns = {"status": end.status, "success": end.success, "error": end.error}
        _set(db, run_id, columns, f"status NOT IN {ENDED}")


def _set(db: Connection, run_id: str, columns: Mapping[str, Any], condition: str) -> None:
    assignments, values = run_records.assignments(columns)
    statement = f"UPDATE runs SET {assignments} WHERE run_id = :run_id AND {condition}"
    db.execute(statement, {**values, "run_id": run_id})


def default_path() -> Path:
    """The path of ``history.db`` in `home()`. Raises `HistoryError` if the directory cannot be made."""
    try:
        return home() / "history.db"
    except OSError as error:
        raise HistoryError(
            f"The directory for the history cannot be made: {error}. "
            "Set WORKER_WIDGET_HOME to a writable directory."
        ) from error


def _last(upto: int | None) -> int:
    """The last position that is shown."""
    return NUMBER_MASK if upto is None else min(max(upto, 0), NUMBER_MASK)


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

"""Converts a history of schema 6, which had a row for each event and line, to blocks, and adds to stages
what schema 9 has of them.

It is done in steps of a few thousand events, each in a transaction. So a conversion that was interrupted
continues at the next opening, and other processes can use the file meanwhile.
"""

from __future__ import annotations

import sqlite3
from sqlite3 import Connection
from typing import Final

import msgspec

from ..events import Log, decode
from ..state.log_line import LoggedEvent, log_line, with_derived_line
from ..state.reduce import reduce
from ..state.run_end import END_EVENTS
from ..state.run_state import RunState
from ..state.stages import STAGE_EVENTS
from . import blocks_table, events_table, run_records
from .blocks.block import Derived, block_of
from .blocks_table import BlockReader
from .database import Database, key_range
from .stages_table import AllStageRows

_EVENTS_AT_ONCE: Final = blocks_table.SEALED_EVENTS
_OF_STAGES: Final = ("run_started", *STAGE_EVENTS, *END_EVENTS)
_OLD_TABLES: Final = ("events", "keys", "log", "routing", "ledger")


def convert(db: Database) -> None:
    """Converts all runs that remain to be converted. Raises `HistoryError`."""
    while _convert_some(db):
        pass
    while _place_stages_of_a_run(db):
        pass


def _convert_some(db: Database) -> bool:
    """Converts the next events, and returns whether there were any."""
    with db.write() as connection:
        try:
            row = connection.execute(
                "SELECT run, position, lines, routing, ledger, state FROM unconverted LIMIT 1"
            ).fetchone()
        except sqlite3.OperationalError:
            return False  # the history was made with blocks, or all of it is converted
        if row is None:
            for table in (*_OLD_TABLES, "unconverted"):
                connection.execute(f"DROP TABLE IF EXISTS {table}")
            return False
        run, *before, encoded = row
        state = RunState() if encoded is None else msgspec.json.decode(encoded, type=RunState)
        if not _convert_events(connection, run, blocks_table.Before(*before), state):
            _finish(connection, run, state)
        return True


def _convert_events(db: Connection, run: int, before: blocks_table.Before, state: RunState) -> bool:
    first, last = key_range(run)
    rows = db.execute(
        """SELECT row_key, type, event_id, raw FROM events WHERE row_key BETWEEN ? AND ?
           ORDER BY row_key LIMIT ?""",
        (first + before.events + 1, last, _EVENTS_AT_ONCE),
    ).fetchall()
    if not rows:
        return False
    events = [decode(raw, kind, name) for _, kind, name, raw in rows]
    derived = Derived({}, {})
    for index in with_derived_line(events):
        event = events[index]
        derived.lines[index] = log_line(event, state.book)
        if type(event.data) is Log:
            continue
        ledger_rows = state.counts.ledger
        state = reduce(state, LoggedEvent(before.events + 1 + index, event))
        if state.counts.ledger > ledger_rows:
            derived.incidents[index] = state.ledger[-1].incident
    block = block_of(events, before.events + 1, derived, None)
    blocks_table.append(db, run, before, block)
    db.execute(
        "UPDATE unconverted SET position = ?, lines = ?, routing = ?, ledger = ?, state = ? WHERE run = ?",
        (*before.after(block), msgspec.json.encode(state), run),
    )
    db.execute("DELETE FROM events WHERE row_key BETWEEN ? AND ?", (first, rows[-1][0]))
    return True


def _finish(db: Connection, run: int, state: RunState) -> None:
    first, last = key_range(run)
    blocks_table.seal(db, run)
    db.execute(
        """UPDATE runs SET (lines, routing, ledger) = (
               SELECT lines, routing, ledger FROM unconverted WHERE unconverted.run = runs.run
           ), (newest_us, newest_id) = (
               SELECT max(max_us), max(max_id) FROM blocks WHERE row_key BETWEEN ? AND ?
           ) WHERE run = ?""",
        (first, last, run),
    )
    assignments, values = run_records.assignments(run_records.figures(state))
    db.execute(f"UPDATE runs SET {assignments} WHERE run = :run", {**values, "run": run})
    for table in ("log", "routing", "ledger"):
        db.execute(f"DELETE FROM {table} WHERE row_key BETWEEN ? AND ?", (first, last))
    db.execute("DELETE FROM keys WHERE run = ?", (run,))
    db.execute("DELETE FROM unconverted WHERE run = ?", (run,))


def _place_stages_of_a_run(db: Database) -> bool:
    """Adds to the stages of a run where its events changed them; returns whether a run remained."""
    with db.write() as connection:
        try:
            found = connection.execute("SELECT run FROM unplaced LIMIT 1").fetchone()
        except sqlite3.OperationalError:
            return False
        if found is None:
            connection.execute("DROP TABLE unplaced")
            return False
        (run,) = found
        rows = AllStageRows(connection, run, 0, None)
        reader = BlockReader(most_bytes=0)
        for span in blocks_table.spans(connection, run):
            with blocks_table.skipping_damage():
                for logged in events_table.events_of_types(connection, reader, span, _OF_STAGES):
                    rows.enter(logged)
        rows.write_places()
        connection.execute("DELETE FROM unplaced WHERE run = ?", found)
        return True

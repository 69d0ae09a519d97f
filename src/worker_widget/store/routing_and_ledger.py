"""Windows of a run's routing decisions, ledger rows and incidents, read from the store.

The tables hold which events have a row, and the columns that filters use. The row itself is made from its
event by `worker_widget.state.routing_and_ledger`. Incidents are stored whole.
"""

from __future__ import annotations

from sqlite3 import Connection
from typing import Any, NamedTuple

import msgspec

from ..events import decode
from ..state.incident import Incident
from ..state.incidents import PASSED_CHECKS
from ..state.log_line import LoggedEvent
from ..state.routing_and_ledger import ledger_row, routing_row
from ..state.run_state import LedgerRow, RoutingRow
from .database import NUMBER_MASK, key_range


class RoutingWindow(msgspec.Struct, frozen=True):
    """A range of ``total`` routing decisions: ``rows`` are those from index ``start`` on (from 0)."""

    total: int
    start: int
    rows: list[RoutingRow]


class LedgerWindow(msgspec.Struct, frozen=True):
    """A range of the ``total`` ledger rows of an incident: those from index ``start`` on (from 0)."""

    total: int
    start: int
    rows: list[LedgerRow]


class IncidentWindow(msgspec.Struct, frozen=True):
    """A range of ``total`` incidents: ``rows`` are those from index ``start`` on (from 0).

    ``passed`` is the number of checks that passed, in the same stage or in all.
    """

    total: int
    start: int
    rows: list[Incident]
    passed: int


class _NumberedEvent(NamedTuple):
    """The event of a row; ``number`` is the row's number in its table (from 1)."""

    number: int
    position: int
    type: str
    event_id: str | None
    raw: str


def routing_window(db: Connection, run: int, stage_id: str | None, start: int, count: int) -> RoutingWindow:
    """Up to ``count`` decisions, of all stages or one, from index ``start`` on (from 0)."""
    condition, values = _of_stage(stage_id)
    total = _count(db, run, "routing", condition, values)
    start = min(max(start, 0), total)
    events = _events(db, run, "routing", condition, values, start, count)
    rows = [routing_row(logged, number) for number, logged in events]
    return RoutingWindow(total, start, [row for row in rows if row is not None])


def ledger_window(
    db: Connection, run: int, incident: int, stage_id: str | None, start: int, count: int
) -> LedgerWindow:
    """Up to ``count`` rows of an incident, from index ``start`` on (from 0)."""
    condition, values = _of_stage(stage_id if incident == PASSED_CHECKS else None)
    condition, values = f" AND incident = ?{condition}", [incident, *values]
    total = _count(db, run, "ledger", condition, values)
    start = min(max(start, 0), total)
    events = _events(db, run, "ledger", condition, values, start, count)
    rows = [ledger_row(logged, number, incident) for number, logged in events]
    return LedgerWindow(total, start, [row for row in rows if row is not None])


def incident_window(db: Connection, run: int, stage_id: str | None, start: int, count: int) -> IncidentWindow:
    """Up to ``count`` incidents of all stages or one, from index ``start`` on (from 0)."""
    condition, values = _of_stage(stage_id)
    total = _count(db, run, "incidents", condition, values)
    passed = _count(db, run, "ledger", f" AND incident = ?{condition}", [PASSED_CHECKS, *values])
    start = min(max(start, 0), total)
    first, last = key_range(run)
    (found,) = db.execute(
        f"""SELECT json_group_array(json(body)) FROM (
                SELECT body FROM incidents WHERE row_key BETWEEN ? AND ?{condition}
                ORDER BY unfixed DESC, row_key DESC LIMIT ? OFFSET ?
            )""",
        (first, last, *values, max(count, 0), start),
    ).fetchone()
    return IncidentWindow(total, start, msgspec.json.decode(found, type=list[Incident]), passed)


def _count(db: Connection, run: int, table: str, condition: str, values: list[Any]) -> int:
    first, last = key_range(run)
    (total,) = db.execute(
        f"SELECT count(*) FROM {table} WHERE row_key BETWEEN ? AND ?{condition}", (first, last, *values)
    ).fetchone()
    return int(total)


def _of_stage(stage_id: str | None) -> tuple[str, list[Any]]:
    return ("", []) if stage_id is None else (" AND stage_id = ?", [stage_id])


def _events(
    db: Connection, run: int, table: str, condition: str, values: list[Any], start: int, count: int
) -> list[tuple[int, LoggedEvent]]:
    """The events of a range of rows, each with the row's number.

    One statement with one row, see `database`.
    """
    first, last = key_range(run)
    (found,) = db.execute(
        f"""SELECT json_group_array(json_array(
                page.row_key & {NUMBER_MASK}, events.row_key & {NUMBER_MASK}, type, event_id, hex(raw)
            )) FROM (
                SELECT row_key, event_key FROM {table} WHERE row_key BETWEEN ? AND ?{condition}
                ORDER BY row_key LIMIT ? OFFSET ?
            ) AS page JOIN events ON events.row_key = page.event_key""",
        (first, last, *values, max(count, 0), start),
    ).fetchone()
    rows = sorted(msgspec.json.decode(found, type=list[_NumberedEvent]))
    return [
        (row.number, LoggedEvent(row.position, decode(bytes.fromhex(row.raw), row.type, row.event_id)))
        for row in rows
    ]

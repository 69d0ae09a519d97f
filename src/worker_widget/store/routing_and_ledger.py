"""Stretches of a run's routing decisions and ledger rows, read from the store.

The file says which events tell a row, and what a filter asks of it; the row itself is made of its event
anew, by the rules of `worker_widget.state.reduce`.
"""

from __future__ import annotations

from sqlite3 import Connection
from typing import Any, Final, Literal, NamedTuple, get_args

import msgspec

from ..events import decode
from ..state.log_line import LoggedEvent
from ..state.routing_and_ledger import ledger_row, routing_row
from ..state.run_state import LedgerKind, LedgerRow, RoutingRow
from .database import NUMBER, stretch

LedgerFilter = Literal["all", "problems"] | LedgerKind
"""Which ledger rows to show; problems are those that went wrong or nearly so."""

KINDS: Final = get_args(LedgerKind)


class RoutingWindow(msgspec.Struct, frozen=True):
    """A stretch of the decisions of a stage: ``rows`` are those from ``start`` on (from 0), of ``total``."""

    total: int
    start: int
    rows: list[RoutingRow]


class LedgerWindow(msgspec.Struct, frozen=True):
    """A stretch of the ledger; ``counts`` is how many rows each `LedgerFilter` would show."""

    total: int
    start: int
    rows: list[LedgerRow]
    counts: dict[str, int]


class _Told(NamedTuple):
    n: int
    position: int
    type: str
    event_id: str | None
    raw: str


def routing_window(db: Connection, run: int, stage_id: str | None, start: int, count: int) -> RoutingWindow:
    """``count`` decisions, all or those of one stage, from the ``start``-th on (from 0)."""
    condition, values = _of_stage(stage_id)
    first, last = stretch(run)
    (total,) = db.execute(
        f"SELECT count(*) FROM routing WHERE place BETWEEN ? AND ?{condition}", (first, last, *values)
    ).fetchone()
    start = min(max(start, 0), total)
    told = _events(db, run, "routing", condition, values, start, count)
    rows = [routing_row(logged, n) for n, logged in told]
    return RoutingWindow(total, start, [row for row in rows if row is not None])


def ledger_window(
    db: Connection, run: int, stage_id: str | None, kind: LedgerFilter, start: int, count: int
) -> LedgerWindow:
    """``count`` rows of a kind, of all stages or one, from the ``start``-th on (from 0)."""
    condition, values = _of_stage(stage_id)
    first, last = stretch(run)
    (found,) = db.execute(
        f"""SELECT json_group_array(json_array(kind, problem, rows)) FROM (
                SELECT kind, problem, count(*) AS rows FROM ledger
                WHERE place BETWEEN ? AND ?{condition} GROUP BY kind, problem
            )""",
        (first, last, *values),
    ).fetchone()
    counts = dict.fromkeys(("all", "problems", *KINDS), 0)
    for known, problem, rows in msgspec.json.decode(found, type=list[tuple[str, int, int]]):
        counts["all"] += rows
        counts["problems"] += rows if problem else 0
        counts[known] += rows
    if kind == "problems":
        condition += " AND problem"
    elif kind != "all":
        condition += " AND kind = ?"
        values.append(kind)
    start = min(max(start, 0), counts[kind])
    told = _events(db, run, "ledger", condition, values, start, count)
    entered = [ledger_row(logged, n) for n, logged in told]
    return LedgerWindow(counts[kind], start, [row for row in entered if row is not None], counts)


def _of_stage(stage_id: str | None) -> tuple[str, list[Any]]:
    return ("", []) if stage_id is None else (" AND stage_id = ?", [stage_id])


def _events(
    db: Connection, run: int, table: str, condition: str, values: list[Any], start: int, count: int
) -> list[tuple[int, LoggedEvent]]:
    """The events that tell some rows, each with its row's number. One statement with one row: see
    `database`."""
    first, last = stretch(run)
    (found,) = db.execute(
        f"""SELECT json_group_array(json_array(
                told.place & {NUMBER}, events.place & {NUMBER}, type, event_id, hex(raw)
            )) FROM (
                SELECT place, event FROM {table} WHERE place BETWEEN ? AND ?{condition}
                ORDER BY place LIMIT ? OFFSET ?
            ) AS told JOIN events ON events.place = told.event""",
        (first, last, *values, max(count, 0), start),
    ).fetchone()
    told = sorted(msgspec.json.decode(found, type=list[_Told]))
    return [
        (row.n, LoggedEvent(row.position, decode(bytes.fromhex(row.raw), row.type, row.event_id)))
        for row in told
    ]
